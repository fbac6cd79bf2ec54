import type {
  ReplaySink,
  FiringRow,
  LoggedRow,
  TopKey,
  StoppedRow,
  WindowRow,
} from '../../src/simulate/tally.ts';
import { BARE_POLICY } from '../../src/simulate/policy-run.ts';
import { replay, type ReplayOptions, type ReplayResult } from '../../src/simulate/replay.ts';
import type { EnforcedWindowRow } from '../../src/simulate/enforce/enforced-windows.ts';
import { parseNetwork, type Network } from '../../src/model/address.ts';
import { ALL_NEEDS } from '../../src/model/event.ts';
import type { SeriesSnapshot } from '../../src/model/series-snapshot.ts';
import { formatIso } from '../../src/model/time.ts';
import { Vocabulary } from '../../src/model/vocabulary.ts';
import type {
  Condition,
  Metric,
  Quantity,
  Rule,
  RulePolicy,
  SeriesDefinition,
} from '../../src/policy/rule-policy.ts';
import type { EventRow } from './event-batches.ts';
import { RowSource } from './event-sources.ts';

/** `"300,6"` of the built-in policy. */
const [DEFAULT] = BARE_POLICY.monitors;

export const metric = (name: Metric, monitor = DEFAULT): Quantity => ({
  type: 'metric',
  metric: name,
  monitor,
});

export const count = (of: Quantity, above: number, start = 0, end = start): Condition => ({
  type: 'count',
  of,
  windows: { start, end },
  above,
});

/** A rule per address that tags, unless `change` says otherwise. */
export function rule(name: string, condition: Condition, change: Partial<Rule> = {}): Rule {
  return {
    name,
    conditions: [condition],
    per: { type: 'prefix', prefix: { ipv4: 32, ipv6: 128 } },
    at: undefined,
    except: [],
    exceptDomains: [],
    counts: 'attempts',
    scope: 'cluster',
    verdict: { type: 'tag', reason: '' },
    blockMs: undefined,
    ...change,
  };
}

/** A series of both families that counts refusals, unless `change` says otherwise. */
export function seriesNamed(
  name: string,
  change: Partial<SeriesDefinition> = {},
): SeriesDefinition {
  return {
    name,
    type: 'ip',
    monitor: DEFAULT,
    on: ['rejection'],
    where: [],
    key: 'ip',
    amount: 1,
    persist: false,
    serialize: false,
    replicate: 'none',
    ...change,
  };
}

export function policyOf(rules: readonly Rule[], change: Partial<RulePolicy> = {}): RulePolicy {
  return { ...BARE_POLICY, rules, ...change };
}

export const networks = (...texts: string[]): Network[] => texts.map((text) => parseNetwork(text)!);

/** A sink that keeps everything, in order. */
export class ReplayRecords implements ReplaySink {
  readonly windows: WindowRow[] = [];
  /** Rows of keys.csv, but for their share. */
  readonly keys: object[] = [];
  readonly firings: FiringRow[] = [];
  readonly stoppedRows: StoppedRow[] = [];
  readonly journals: SeriesSnapshot[] = [];
  readonly managerJournals: SeriesSnapshot[] = [];
  readonly log: LoggedRow[] = [];
  readonly enforcedRows: EnforcedWindowRow[] = [];

  window(row: WindowRow, top: readonly TopKey[]): void {
    this.windows.push(row);
    const { series, monitor, windowStartMs } = row;
    top.forEach((key, index) => {
      this.keys.push({ series, monitor, windowStartMs, rank: index + 1, ...key });
    });
  }

  firing({ rule: name, key, windowStartMs, firings, firstMs, lastMs, ...row }: FiringRow): void {
    const { peak, limit, verdict, file, line } = row;
    const own = { rule: name, key, windowStartMs, firings, firstMs, lastMs };
    this.firings.push({ ...own, peak, limit, verdict, file, line });
  }

  stopped(row: StoppedRow): void {
    this.stoppedRows.push(row);
  }

  enforced(row: EnforcedWindowRow): void {
    this.enforcedRows.push(row);
  }

  journal(snapshot: SeriesSnapshot): void {
    this.journals.push(snapshot);
  }

  managerJournal(snapshot: SeriesSnapshot): void {
    this.managerJournals.push(snapshot);
  }

  logged(row: LoggedRow): void {
    this.log.push(row);
  }
}

export interface Replayed extends ReplayResult {
  readonly records: ReplayRecords;
}

/** Replays rows of one input (or one input for each list of rows) under a policy. */
export async function replayRows(
  rows: readonly EventRow[] | readonly (readonly EventRow[])[],
  policy: RulePolicy,
  options: Partial<ReplayOptions> = {},
): Promise<Replayed> {
  const vocabulary = options.vocabulary ?? new Vocabulary();
  const records = new ReplayRecords();
  const inputs = (Array.isArray(rows[0]) ? rows : [rows]) as readonly (readonly EventRow[])[];
  const sources = inputs.map((input, rank) => new RowSource(input, { rank, vocabulary }));
  const fileOf = (source: number): string => `log${source}`;
  const result = await replay({
    sources,
    vocabulary,
    needs: ALL_NEEDS,
    policy,
    fileOf,
    sink: records,
    ...options,
  });
  return { ...result, records };
}

/** `rule key 12:05 x3 peak 7 > 4`: a row of firings.csv, short. */
export function firingText(row: FiringRow): string {
  const { rule: name, key, windowStartMs, firings, peak, limit } = row;
  const start = formatIso(windowStartMs).slice(11, 16);
  return `${name} ${key} ${start} x${firings} peak ${peak} > ${limit}`;
}
