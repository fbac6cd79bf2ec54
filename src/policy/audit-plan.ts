import type { AuditOptions } from '../engine/audit-engine.ts';
import type { SeriesPlan } from '../engine/port.ts';
import { NetworkSet } from '../model/address.ts';
import type { Vocabulary } from '../model/vocabulary.ts';
import { compileFilters } from './event-filter.ts';
import type { RulePolicy } from './rule-policy.ts';

/** What a policy and its configuration have the audit engine count. */
export function auditPlan(
  policy: RulePolicy,
  vocabulary: Vocabulary,
): Pick<
  AuditOptions,
  'monitors' | 'series' | 'ignore' | 'vocabulary' | 'replication' | 'managerLog'
> {
  const { monitors, ignore, replication, managerLog } = policy;
  const series = policy.series.map(({ on, where, ...plan }): SeriesPlan => ({
    ...plan,
    kinds: kindNumbers(on, vocabulary),
    filter: compileFilters(where),
  }));
  return { monitors, series, ignore: new NetworkSet(ignore), vocabulary, replication, managerLog };
}

/** The kinds of these names, by number. */
export function kindNumbers(names: readonly string[], vocabulary: Vocabulary): number[] {
  return names.map((name) => vocabulary.kinds.id(name)).filter((kind) => kind !== undefined);
}
