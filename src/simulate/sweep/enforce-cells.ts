import type { EventSource } from '../../clock/event-source.ts';
import type { Needs } from '../../model/event.ts';
import type { Vocabulary } from '../../model/vocabulary.ts';
import type { Rule, RulePolicy } from '../../policy/rule-policy.ts';
import type { CollateralCounts, Labels } from '../collateral.ts';
import { EnforcedRun } from '../enforce/enforced-run.ts';
import { EventStream } from '../event-stream.ts';
import type { Tally } from '../tally.ts';
import { cellPolicy, type CellSetting } from './cell-policy.ts';

export interface EnforceCellsOptions {
  readonly sources: readonly EventSource[];
  readonly vocabulary: Vocabulary;
  readonly needs: Needs;
  readonly policy: RulePolicy;
  /** One of the policy. */
  readonly rule: Rule;
  readonly settings: readonly CellSetting[];
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
  readonly sessionTimeoutMs: number | undefined;
  readonly clampNegative: boolean | undefined;
  readonly labels: Labels | undefined;
  readonly fileOf: (source: number) => string;
}

/** Events of a kind that were tried, and of these what no rule refused. */
export interface Tried {
  readonly attempts: number;
  readonly accepted: number;
}

/** What the swept rule does under one setting where the policy is in force. */
export interface EnforcedCell {
  readonly firings: number;
  /** Different keys that fired. */
  readonly keys: number;
  readonly refusedConnections: number;
  readonly refusedMessages: number;
  /** Blocks begun, and connects that they refused; undefined: the rule has no `for:`. */
  readonly blocks: { readonly begun: number; readonly refused: number } | undefined;
  readonly taken: CollateralCounts;
  /** Of all traffic, whichever rule refuses it. */
  readonly connections: Tried;
  readonly receptions: Tried;
  readonly rejections: Tried;
}

/**
 * Replays inputs once with the policy in force under each of some settings: every cell is what
 * `enforce` with its `cellPolicy` tallies of the rule (semantics, section 6). Nobody comes back.
 */
export async function enforceCells(options: EnforceCellsOptions): Promise<EnforcedCell[]> {
  const { policy, rule, settings, labels, sources, needs, sessionTimeoutMs, toMs } = options;
  const takers = settings.map(
    (setting) =>
      new EnforcedRun({
        vocabulary: options.vocabulary,
        policy: cellPolicy(policy, rule, setting),
        fromMs: options.fromMs,
        toMs,
        clampNegative: options.clampNegative,
        top: 0,
        fileOf: options.fileOf,
        collateral: { labels },
        retryMs: undefined,
      }),
  );
  const stream = new EventStream({ sources, needs, takers, sessionTimeoutMs, toMs });
  await stream.advance(Infinity);
  const index = policy.rules.indexOf(rule);
  return takers.map((run) => {
    // What was observed is what the sweep has found; nobody asks these tallies for it.
    run.finish();
    return cellOf(run.tally, index);
  });
}

function cellOf({ rules, collateral, enforced, events }: Tally, index: number): EnforcedCell {
  const { name, firings, keys, stoppedConnections, stoppedMessages } = rules[index];
  const { senders: _, ...taken } = collateral!.rules[index];
  const block = enforced!.blocks.find((one) => one.rule === name);
  const tried = (kind: string): Tried => {
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
