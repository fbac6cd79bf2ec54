import { ALL_NEEDS } from '../../src/model/event.ts';
import { Vocabulary } from '../../src/model/vocabulary.ts';
import type { RulePolicy } from '../../src/policy/rule-policy.ts';
import {
  compare,
  type ChangeRow,
  type CompareOptions,
  type Comparison,
} from '../../src/simulate/compare/compare.ts';
import type { EventRow } from './event-batches.ts';
import { RowSource } from './event-sources.ts';

/** Takes rows of several inputs through two policies. */
export async function compareRows(
  inputs: readonly (readonly EventRow[])[],
  policies: Record<'old' | 'new', RulePolicy>,
  options: Partial<CompareOptions> = {},
): Promise<{ readonly comparison: Comparison; readonly rows: ChangeRow[] }> {
  const vocabulary = new Vocabulary();
  const rows: ChangeRow[] = [];
  const comparison = await compare({
    sources: inputs.map((input, rank) => new RowSource(input, { rank, vocabulary })),
    vocabulary,
    needs: ALL_NEEDS,
    old: { policy: policies.old, scripts: undefined },
    new: { policy: policies.new, scripts: undefined },
    fileOf: (source) => `log${source}`,
    onChange: (row) => rows.push(row),
    ...options,
  });
  return { comparison, rows };
}
