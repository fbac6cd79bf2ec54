import type { EventSource } from '../../clock/event-source.ts';
import type { Needs } from '../../model/event.ts';
import { DAY_MS } from '../../model/time.ts';
import type { GroupSetting } from './cell-policy.ts';
import { emptyCounts, type CollateralCounts } from '../collateral.ts';
import { EventStream } from '../event-stream.ts';
import { caughtBy, kneeOf, spreadOf, type Spread } from './sweep-curve.ts';
import { COUNT_NAMES, SweepRun, type DayCells, type SweepRunOptions } from './sweep-run.ts';
import type { SourceTally } from '../tally.ts';

export interface SweepOptions extends SweepRunOptions {
  readonly sources: readonly EventSource[];
  readonly needs: Needs;
  readonly toMs: number | undefined;
  readonly sessionTimeoutMs: number | undefined;
}

/** What a replay with one setting tallies of the swept rule. */
export interface SweepCell {
  /** Its number, by which `Sweep.days` has it. */
  readonly cell: number;
  readonly above: number;
  readonly firings: number;
  /** Different keys that fired. */
  readonly keys: number;
  /** Connections and messages that the rule is the first to stop, and how many of these the running system had accepted. */
  readonly stoppedConnections: number;
  readonly stoppedMessages: number;
  readonly stoppedAccepted: number;
  readonly taken: CollateralCounts;
  /** What it takes that was no accepted message. */
  readonly caught: number;
  /** Accepted messages that it takes, by day. */
  readonly acceptedByDay: Spread;
}

/** Cells that differ in the limit alone. */
export interface SweepGroup extends GroupSetting {
  /** What there was to take. */
  readonly total: CollateralCounts;
  /** One for each limit, the lowest first. */
  readonly cells: readonly SweepCell[];
  /** Which of them is the knee; undefined: there is none. */
  readonly knee: number | undefined;
}

export interface Sweep {
  /** Clock at the first and last reported event; undefined when there was none. */
  readonly firstMs: number | undefined;
  readonly lastMs: number | undefined;
  /** Days (UTC) of the span, those without an event included. */
  readonly dayCount: number;
  /** Those with events, in order. */
  readonly days: readonly DayCells[];
  readonly groups: readonly SweepGroup[];
  /** Kinds that the rule counts, when the logs have events of none of them. */
  readonly unfed: readonly string[];
  readonly bySource: readonly (SourceTally | undefined)[];
}

/**
 * Streams dated inputs once through many policies that differ in one rule. Observe mode: every cell
 * is what a replay of its `cellPolicy` finds of the rule.
 */
export async function sweep(options: SweepOptions): Promise<Sweep> {
  const { sources, needs, sessionTimeoutMs, toMs, vocabulary } = options;
  const run = new SweepRun(options);
  const stream = new EventStream({ sources, needs, takers: [run], sessionTimeoutMs, toMs });
  await stream.advance(Infinity);
  run.finish();
  const { firstMs, lastMs, days } = run;
  const isEmpty = lastMs === -Infinity;
  const dayCount = isEmpty ? 0 : Math.floor(lastMs / DAY_MS) - Math.floor(firstMs / DAY_MS) + 1;
  return {
    firstMs: isEmpty ? undefined : firstMs,
    lastMs: isEmpty ? undefined : lastMs,
    dayCount,
    days,
    groups: groupsOf(run, options, dayCount),
    unfed: run.unfed.map((kind) => vocabulary.kinds.name(kind)),
    bySource: run.sources.tallies,
  };
}

function groupsOf(
  run: SweepRun,
  { above, groups }: SweepRunOptions,
  dayCount: number,
): SweepGroup[] {
  const firings = run.firings.values();
  const keys = run.keys.values();
  const connections = run.stopped.connections.values();
  const messages = run.stopped.messages.values();
  const accepted = run.stopped.accepted.values();
  const taken = COUNT_NAMES.map((name) => [name, run.taken[name].values()] as const);
  return groups.map((setting, group) => {
    const cells = above.map((limit, index): SweepCell => {
      const cell = group * above.length + index;
      const counts = emptyCounts();
      for (const [name, values] of taken) counts[name] = values[cell];
      return {
        cell,
        above: limit,
        firings: firings[cell],
        keys: keys[cell],
        stoppedConnections: connections[cell],
        stoppedMessages: messages[cell],
        stoppedAccepted: accepted[cell],
        taken: counts,
        caught: caughtBy(counts),
        acceptedByDay: spreadOf(
          run.days.map((day) => day.accepted[cell]),
          dayCount,
        ),
      };
    });
    const knee = kneeOf(cells.map(({ caught }) => caught));
    return { ...setting, total: run.totalOf(group), cells, knee };
  });
}
