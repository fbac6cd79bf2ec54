import type { SeriesType } from '../model/series-snapshot.ts';

/**
 * What an audit engine holds between two runs, as plain values: names instead of numbers of the
 * run's vocabulary, and everything sorted, so that equal engines give equal states.
 */
export interface AuditState {
  /** Clock at the first event, milliseconds UTC. */
  readonly startMs: number;
  readonly sawSession: boolean;
  /** The present window of everything that rolls at the same boundaries. */
  readonly groups: readonly { readonly intervalMs: number; readonly current: number }[];
  /** Metrics by monitor, then named series, in the order of the policy. */
  readonly feeds: readonly FeedState[];
  /** The gauge of all sessions, then those that rules ask, in their order. */
  readonly gauges: readonly GaugeState[];
  /** By interval, then in the order of the rules. */
  readonly distinct: readonly DistinctState[];
  readonly cluster: ClusterState;
  /** In the order in which they began. */
  readonly journals: readonly ManagerJournalState[];
}

/** Counts of one window: a count for each key, in the order of keys; counts may be 0. */
export interface WindowCounts {
  /** Number of the window: its start divided by the interval. */
  readonly window: number;
  readonly keys: readonly string[];
  readonly counts: readonly number[];
}

export interface FeedState {
  readonly name: string;
  readonly isMetric: boolean;
  readonly type: SeriesType;
  /** As in a policy: `300,12`. */
  readonly monitor: string;
  readonly current: number;
  readonly negative: boolean;
  readonly wrongFamily: number;
  readonly withoutKey: number;
  readonly withoutAmount: number;
  /** Windows that saw something, oldest first. */
  readonly windows: readonly WindowCounts[];
  /** What each node counts; null: nobody asks. */
  readonly nodes: FeedNodesState | null;
}

/** The places that count one thing, see `FeedNodes`; by the names of the nodes. */
export interface FeedNodesState {
  readonly own: readonly NodeWindows[];
  readonly pending: readonly NodeWindows[];
  readonly spread: readonly WindowCounts[] | null;
}

interface NodeWindows {
  readonly node: string;
  readonly windows: readonly WindowCounts[];
}

/** The nodes that were seen, and what is on its way between them. */
export interface ClusterState {
  readonly nodes: readonly string[];
  readonly isSplit: boolean;
  readonly onTheWay: readonly ArrivalState[];
}

export interface ArrivalState {
  readonly dueMs: number;
  /** Number of the feed. */
  readonly feed: number;
  readonly to: 'nodes' | 'manager';
  readonly from: string;
  readonly key: { readonly family: number; readonly ip: readonly number[]; readonly text: string };
  readonly amount: number;
  readonly window: number;
  readonly timeMs: number;
}

/** What the manager keeps of the series of one name. */
export interface ManagerJournalState {
  readonly name: string;
  readonly type: SeriesType;
  readonly windows: readonly WindowCounts[];
}

export interface GaugeState {
  readonly open: number;
  /** Most sessions open at once in the present window. */
  readonly peak: number;
  /** Blocks with a session open at some time of the present window. */
  readonly levels: readonly LevelsState[];
}

export interface LevelsState {
  /** Empty where nodes are counted together. */
  readonly node: string;
  readonly keys: readonly string[];
  readonly open: readonly number[];
  readonly peaks: readonly number[];
}

export interface DistinctState {
  readonly current: number;
  /** The values that each window saw: node (empty where nodes are counted together), key, value. */
  readonly windows: readonly {
    readonly window: number;
    readonly pairs: readonly (readonly [node: string, key: string, value: string])[];
  }[];
}
