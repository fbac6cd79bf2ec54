import type { Monitor } from '../model/monitor.ts';
import type { SeriesSnapshot } from '../model/series-snapshot.ts';
import type { CounterClass, NoteKind } from '../policy/script-policy.ts';
import type { SessionEnd } from '../correlate/session-table.ts';
import type { EnforcedWindowRow } from './enforce/enforced-windows.ts';
import type { CollateralTally } from './collateral.ts';
import type { RetryTally } from './enforce/retries.ts';
import type { OverlapRow } from './rule-overlap.ts';

/** A row of windows.csv: one window of a metric or series that saw an event. */
export interface WindowRow {
  readonly series: string;
  readonly monitor: Monitor;
  readonly windowStartMs: number;
  readonly total: number;
  readonly keys: number;
  readonly topKey: string;
  readonly topCount: number;
  readonly firings: number;
}

/** One of the highest keys of a window: with its window, a row of keys.csv. */
export interface TopKey {
  readonly key: string;
  readonly count: number;
}

/** A row of firings.csv: one (rule, key, window) in which the rule fired at least once. */
export interface FiringRow {
  readonly rule: string;
  readonly key: string;
  readonly windowStartMs: number;
  readonly firings: number;
  readonly firstMs: number;
  readonly lastMs: number;
  /** Largest count seen, and what the count had to exceed at that moment; a script has neither. */
  readonly peak: number | undefined;
  readonly limit: number | undefined;
  readonly verdict: string;
  /** The event of the first firing. */
  readonly file: string;
  readonly line: number;
}

/** A row of stopped.csv: an event that a verdict would have stopped, with the first rule in order. */
export interface StoppedRow {
  readonly timeMs: number;
  readonly rule: string;
  readonly verdict: string;
  readonly kind: string;
  readonly ip: string;
  readonly sender: string;
  readonly recipient: string;
  readonly recipients: string;
  readonly queueId: string;
  /** How the running system judged it. */
  readonly logged: string;
  readonly file: string;
  readonly line: number;
}

/** Where the rows of a replay go while the clock runs, each kind in its final order. */
export interface ReplaySink {
  /** @param top the window's highest keys, highest first */
  window(row: WindowRow, top: readonly TopKey[]): void;
  firing(row: FiringRow): void;
  stopped(row: StoppedRow): void;
  journal(snapshot: SeriesSnapshot): void;
  /** An interval that the manager of a cluster has counted (`as_logger`). */
  managerJournal(snapshot: SeriesSnapshot): void;
  /** A line that a script logs. */
  logged(row: LoggedRow): void;
  /** A window of a policy in force. */
  enforced(row: EnforcedWindowRow): void;
}

/** A row of log.csv. */
export interface LoggedRow {
  readonly timeMs: number;
  /** Name and line of the script: `limits.siv:42`. */
  readonly place: string;
  /** The file that the script names; empty: the paniclog. */
  readonly target: string;
  readonly text: string;
  readonly ip: string;
  /** The event at hand. */
  readonly file: string;
  readonly line: number;
}

/** Firings of one key in neighbouring windows, joined. */
export interface Episode {
  readonly key: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly windows: number;
  readonly firings: number;
  /** Undefined for a script. */
  readonly peak: number | undefined;
}

/** Connections and messages that a verdict stops once, each under the first rule to do so. */
export interface StoppedCounts {
  stoppedConnections: number;
  stoppedMessages: number;
  /** Of these, what the running system had accepted. */
  stoppedAccepted: number;
}

export interface RuleTally extends StoppedCounts {
  readonly name: string;
  readonly verdict: string;
  firings: number;
  /** Different keys that fired. */
  keys: number;
  firstMs: number | undefined;
  lastMs: number | undefined;
  episodes: number;
  /** The episodes with the most firings, at most ten. */
  topEpisodes: Episode[];
}

/** A series that met events which it could not take. */
export interface SeriesNote {
  readonly series: string;
  readonly wrongFamily: number;
  readonly withoutKey: number;
  readonly withoutAmount: number;
  readonly negative: boolean;
}

export interface UnfedRule {
  readonly rule: string;
  readonly kinds: readonly string[];
}

/** Something that the reader of a report should know about a place in a script. */
export interface ScriptNote {
  /** `limits.siv:42` */
  readonly place: string;
  readonly kind: NoteKind;
  /** What was seen the first time. */
  readonly text: string;
  times: number;
}

/** A row of the `stats` table: a counter of a phase. */
export interface StatsRow {
  /** The slot of the script: `connect_phase1`. */
  readonly phase: string;
  readonly counter: string;
  readonly kind: CounterClass;
  count: number;
}

/** What scripts have told beside their verdicts. */
export interface ScriptTally {
  /** In the order in which they were first seen. */
  readonly notes: ScriptNote[];
  /** By phase in the order of a session, then by counter and class. */
  stats: StatsRow[];
  /** Lines logged, and the first of them. */
  logged: number;
  readonly firstLogged: LoggedRow[];
}

/** The total of a window that has closed. */
export type ClosedTotals = Pick<WindowRow, 'series' | 'monitor' | 'windowStartMs' | 'total'>;

/** What a policy in force changed; the tally that it belongs to has the attempts. */
export interface EnforcedTally {
  /** The same policy on the same events, without effect. */
  readonly observed: Tally;
  /** Reported events that no rule refused, by kind. */
  readonly accepted: Readonly<Record<string, number>>;
  /** Of each rule with `for:`: blocks begun, and connects that they refused. */
  readonly blocks: readonly {
    readonly rule: string;
    readonly begun: number;
    readonly refused: number;
  }[];
  /** Sessions that were slowed down, by how much in all, and those held when the log ended. */
  readonly tarpits: {
    readonly sessions: number;
    readonly seconds: number;
    readonly heldAtEnd: number;
  };
  readonly retries: RetryTally | undefined;
}

/** What of a report is one node's; over all nodes it adds up, but for the most sessions open. */
export interface NodeTotals extends Readonly<StoppedCounts> {
  /** Empty: that of the lines without a host. */
  readonly node: string;
  /** As in the report: by kind, ignored ones left out. */
  readonly events: Readonly<Record<string, number>>;
  readonly ignored: number;
  readonly late: number;
  readonly tooLate: number;
  readonly sessions: {
    readonly opened: number;
    readonly openAtEnd: number;
    /** Most sessions open at one moment. */
    readonly peak: number;
  };
  readonly firings: number;
}

/** What a replay found: everything that a report shows. */
export interface Tally {
  /** Clock at the first and last reported event; undefined when there was none. */
  firstMs: number | undefined;
  lastMs: number | undefined;
  /** Reported events by kind, ignored ones left out, in the order of the kinds' names. */
  events: Record<string, number>;
  /** Events of peers that the policy ignores, and of messages that a filter handed back. */
  ignored: number;
  late: number;
  tooLate: number;
  sessions: {
    opened: number;
    /** `refused`: closed by a rule, where the policy is in force. */
    ended: Record<SessionEnd | 'refused', number>;
    /** Disconnects whose connect the log does not show. */
    unopened: number;
    openAtEnd: number;
    /** Most sessions open at one moment. */
    peak: number;
    peakMs: number | undefined;
  };
  /** Every node that the report has something of, in the order of names. */
  nodes: readonly NodeTotals[];
  rules: RuleTally[];
  notes: SeriesNote[];
  /** Rules that counted nothing because the logs hold no event of the kinds that they count. */
  unfed: UnfedRule[];
  /** What was counted, in the order in which it was first seen to close a window. */
  series: SeriesTally[];
  /** Undefined for a policy without scripts. */
  scripts: ScriptTally | undefined;
  /** Rules that would have refused the same events; not of a run with a state. */
  overlap: readonly OverlapRow[];
  /** What rules take; undefined where nobody asked, or no rule refuses. */
  collateral: CollateralTally | undefined;
  /** Beside what was observed; undefined where the policy was not in force. */
  enforced: EnforcedTally | undefined;
  /** Facts about each input, by rank. */
  bySource: SourceTally[];
}

export interface SeriesTally {
  readonly series: string;
  readonly monitor: Monitor;
  total: number;
  /** Windows that saw an event. */
  windows: number;
  /** The window with the highest total; the earliest of equal ones. */
  busiest: WindowRow;
}

export interface SourceTally {
  /** Lines whose rows turned out to be no event (a retry in the queue, say): irrelevant ones. */
  dropped: number;
  late: number;
  tooLate: number;
}
