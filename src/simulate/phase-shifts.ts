import type { EventSource } from '../clock/event-source.ts';
import { compareNetworks, parseNetwork, type Network } from '../model/address.ts';
import type { Needs } from '../model/event.ts';
import { compareText } from '../model/order.ts';
import type { Vocabulary } from '../model/vocabulary.ts';
import type { Rule, RulePolicy } from '../policy/rule-policy.ts';
import { EventStream } from './event-stream.ts';
import { PolicyRun } from './policy-run.ts';
import { SILENT_SINK } from './silent-sink.ts';
import type { FiringRow, RuleTally, SourceTally } from './tally.ts';

/** How many edge keys of a rule are listed. */
const LISTED_EDGES = 10;

export interface PhaseShiftsOptions {
  readonly sources: readonly EventSource[];
  readonly vocabulary: Vocabulary;
  readonly needs: Needs;
  readonly policy: RulePolicy;
  /** Number of shifts: at shift k windows begin k / steps of their interval later. */
  readonly steps: number;
  readonly sessionTimeoutMs?: number | undefined;
  /** Name of an input by rank. */
  readonly fileOf: (source: number) => string;
}

/** A key that fired at some shifts only. */
export interface EdgeKey {
  readonly key: string;
  /** At which it fired, in order. */
  readonly shifts: readonly number[];
  /** Highest count over all shifts, and what it had to exceed. */
  readonly peak: number;
  readonly limit: number;
}

/** What a rule found at one shift. */
export type ShiftTally = Pick<
  RuleTally,
  'firings' | 'keys' | 'stoppedConnections' | 'stoppedMessages'
>;

export interface ShiftedRule {
  readonly name: string;
  readonly verdict: string;
  /** Whether it counts in windows, so that a shift can change it. */
  readonly windowed: boolean;
  /** By shift; at 0 what a replay finds. */
  readonly byShift: readonly ShiftTally[];
  /** Number of keys that fired at every shift, and of those that fired at some only. */
  readonly steadyKeys: number;
  readonly edgeKeys: number;
  /** Of the latter those that came closest to their limit, closest first; at most ten. */
  readonly edges: readonly EdgeKey[];
}

export interface PhaseShifts {
  readonly steps: number;
  /** Clock at the first and last event; undefined when there was none. */
  readonly firstMs: number | undefined;
  readonly lastMs: number | undefined;
  /** In the order of the policy. */
  readonly rules: readonly ShiftedRule[];
  /** As an unshifted replay leaves them. */
  readonly bySource: readonly SourceTally[];
}

/**
 * Replays a policy once for each shift of its windows, all in one pass over the events, and tells
 * which keys fire wherever the windows begin (docs/phase.md). Memory is that of so many replays.
 */
export async function phaseShifts(options: PhaseShiftsOptions): Promise<PhaseShifts> {
  const { sources, needs, policy, steps, sessionTimeoutMs } = options;
  const runs = Array.from({ length: steps }, (_, step) => new ShiftedRun(options, step));
  const takers = runs.map(({ run }) => run);
  const stream = new EventStream({ sources, needs, takers, sessionTimeoutMs });
  await stream.advance(Infinity);
  for (const run of takers) run.finish(false);
  const { firstMs, lastMs, bySource } = takers[0].tally;
  const rules = policy.rules.map((rule, index) => shiftedRule(rule, index, runs));
  return { steps, firstMs, lastMs, rules, bySource };
}

type Peak = Pick<EdgeKey, 'peak' | 'limit'>;

/** The replay of one shift, and the highest count of each key that fires. */
class ShiftedRun {
  readonly run: PolicyRun;
  /** By the name of the rule, then by key. */
  readonly peaks = new Map<string, Map<string, Peak>>();

  constructor({ policy, steps, vocabulary, fileOf }: PhaseShiftsOptions, step: number) {
    for (const { name } of policy.rules) this.peaks.set(name, new Map());
    const sink = { ...SILENT_SINK, firing: (row: FiringRow) => this.#note(row) };
    this.run = new PolicyRun({
      vocabulary,
      // The rows of a journal cost time, and here nobody writes them.
      policy: {
        ...policy,
        series: policy.series.map((own) => ({ ...own, serialize: false })),
        managerLog: undefined,
      },
      shift: { step, of: steps },
      top: 1,
      fileOf,
      sink,
    });
  }

  #note({ rule, key, peak, limit }: FiringRow): void {
    const keys = this.peaks.get(rule)!;
    const known = keys.get(key);
    if (known === undefined || peak! > known.peak) keys.set(key, { peak: peak!, limit: limit! });
  }
}

function shiftedRule(rule: Rule, index: number, runs: readonly ShiftedRun[]): ShiftedRule {
  const { name, verdict, conditions } = rule;
  const byKey = new Map<string, Peak & { readonly shifts: number[] }>();
  runs.forEach(({ peaks }, shift) => {
    for (const [key, own] of peaks.get(name)!) {
      const known = byKey.get(key);
      const shifts = known?.shifts ?? [];
      shifts.push(shift);
      if (known === undefined || own.peak > known.peak) byKey.set(key, { ...own, shifts });
    }
  });
  const isBlock = rule.per.type === 'prefix';
  const edges = Array.from(byKey, ([key, own]): RankedEdge => {
    return { edge: { key, ...own }, block: isBlock ? parseNetwork(key) : undefined };
  }).filter(({ edge }) => edge.shifts.length < runs.length);
  edges.sort(compareEdges);
  return {
    name,
    verdict: verdict.type,
    windowed: conditions.some(({ of }) => of.type !== 'sessions'),
    byShift: runs.map(({ run }) => {
      const { firings, keys, stoppedConnections, stoppedMessages } = run.tally.rules[index];
      return { firings, keys, stoppedConnections, stoppedMessages };
    }),
    steadyKeys: byKey.size - edges.length,
    edgeKeys: edges.length,
    edges: edges.slice(0, LISTED_EDGES).map(({ edge }) => edge),
  };
}

interface RankedEdge {
  readonly edge: EdgeKey;
  /** Undefined where the key is a text. */
  readonly block: Network | undefined;
}

function compareEdges(a: RankedEdge, b: RankedEdge): number {
  const byExcess = excess(a.edge) - excess(b.edge);
  if (byExcess !== 0) return byExcess;
  return a.block === undefined || b.block === undefined
    ? compareText(a.edge.key, b.edge.key)
    : compareNetworks(a.block, b.block);
}

/** How far a peak lies above its limit, in proportion to the limit; one below 1 counts as 1. */
function excess({ peak, limit }: EdgeKey): number {
  return (peak - limit) / Math.max(1, Math.abs(limit));
}
