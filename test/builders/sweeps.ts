import { ALL_NEEDS } from '../../src/model/event.ts';
import { Vocabulary } from '../../src/model/vocabulary.ts';
import type { Rule, RulePolicy } from '../../src/policy/rule-policy.ts';
import type { CellSetting, GroupSetting } from '../../src/simulate/sweep/cell-policy.ts';
import {
  enforceCells,
  type EnforceCellsOptions,
  type EnforcedCell,
} from '../../src/simulate/sweep/enforce-cells.ts';
import { sweep, type Sweep, type SweepOptions } from '../../src/simulate/sweep/sweep.ts';
import type { Tally } from '../../src/simulate/tally.ts';
import type { EventRow } from './event-batches.ts';
import { RowSource } from './event-sources.ts';

export interface Grid {
  readonly above: readonly number[];
  readonly groups: readonly GroupSetting[];
}

/** Sweeps one rule of a policy over the rows of inputs. */
export async function sweepRows(
  inputs: readonly (readonly EventRow[])[],
  policy: RulePolicy,
  rule: Rule,
  grid: Grid,
  options: Partial<SweepOptions> = {},
): Promise<Sweep> {
  return sweep({ ...grid, ...inputsFor(inputs), ...WHOLE, policy, rule, ...options });
}

/** Puts settings of one rule in force over the rows of inputs. */
export async function enforceRows(
  inputs: readonly (readonly EventRow[])[],
  policy: RulePolicy,
  rule: Rule,
  settings: readonly CellSetting[],
  options: Partial<EnforceCellsOptions> = {},
): Promise<EnforcedCell[]> {
  return enforceCells({ ...inputsFor(inputs), ...WHOLE, policy, rule, settings, ...options });
}

const WHOLE = {
  fromMs: undefined,
  toMs: undefined,
  sessionTimeoutMs: undefined,
  clampNegative: undefined,
  labels: undefined,
};

/** Inputs that hold these rows, to be read once. */
export function inputsFor(
  inputs: readonly (readonly EventRow[])[],
): Pick<EnforceCellsOptions, 'sources' | 'vocabulary' | 'needs' | 'fileOf'> {
  const vocabulary = new Vocabulary();
  return {
    sources: inputs.map((rows, rank) => new RowSource(rows, { rank, vocabulary })),
    vocabulary,
    needs: ALL_NEEDS,
    fileOf: (source) => `log${source}`,
  };
}

/** What an enforced replay says of a rule, as a sweep shows it. */
export function enforcedBy({ rules, collateral, enforced, events }: Tally, rule: string): object {
  const index = rules.findIndex(({ name }) => name === rule);
  const { firings, keys, stoppedConnections, stoppedMessages } = rules[index];
  const { senders: _, ...taken } = collateral!.rules[index];
  const block = enforced!.blocks.find((one) => one.rule === rule);
  const tried = (kind: string): object => {
    return { attempts: events[kind] ?? 0, accepted: enforced!.accepted[kind] ?? 0 };
  };
  return {
    firings,
    keys,
    refusedConnections: stoppedConnections,
    refusedMessages: stoppedMessages,
    blocks: block && { begun: block.begun, refused: block.refused },
    taken,
    connections: tried('connect'),
    receptions: tried('reception'),
    rejections: tried('rejection'),
  };
}

/** What a cell and a replay with its setting must agree on. */
export interface Found {
  readonly rule: object;
  readonly taken: object;
  readonly total: object;
  readonly unfed: boolean;
}

/** What a replay has found of a rule. */
export function foundBy({ rules, collateral, unfed }: Tally, rule: string): Found {
  const index = rules.findIndex(({ name }) => name === rule);
  const { firings, keys, stoppedConnections, stoppedMessages, stoppedAccepted } = rules[index];
  const { senders: _, ...taken } = collateral!.rules[index];
  return {
    rule: { firings, keys, stoppedConnections, stoppedMessages, stoppedAccepted },
    taken,
    total: collateral!.total,
    unfed: unfed.some((one) => one.rule === rule),
  };
}

/** What a sweep has found, cell by cell. */
export function cellsOf({ groups, unfed }: Sweep): Found[] {
  return groups.flatMap(({ cells, total }) =>
    cells.map(
      ({ firings, keys, stoppedConnections, stoppedMessages, stoppedAccepted, taken }): Found => ({
        rule: { firings, keys, stoppedConnections, stoppedMessages, stoppedAccepted },
        taken,
        total,
        unfed: unfed.length > 0,
      }),
    ),
  );
}
