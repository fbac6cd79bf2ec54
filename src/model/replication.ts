/** Where an add to a series goes: its own node, all nodes, or its own node and the manager. */
export const REPLICATES = ['none', 'cluster', 'manager'] as const;
export type Replicate = (typeof REPLICATES)[number];

/**
 * What the nodes of a replay tell each other (semantics, section 7). Each number is how long it
 * takes to arrive, in milliseconds; undefined: it is not told, and views of the cluster are the
 * node's own. What is told without a number arrives at once.
 */
export interface Replication {
  readonly connections: number | undefined;
  readonly receptions: number | undefined;
  readonly rejections: number | undefined;
  /** Open sessions: `inbound_cidr`. */
  readonly sessions: number | undefined;
  /** Adds to series that are replicated to the cluster. */
  readonly series: number | undefined;
  /** Adds to series that are replicated to the manager. */
  readonly manager: number | undefined;
  /** Shared throttles: one for the cluster; false: each node has its own. */
  readonly throttles: boolean;
  /** Gauge caches that ask to be replicated. */
  readonly gauges: boolean;
  /** Cluster caches that are replicated, by name. */
  readonly caches: 'all' | ReadonlySet<string>;
  /**
   * A server without a cluster, where adds to a Lua series of the cluster count nothing; undefined:
   * no configuration says.
   */
  readonly isSingleNode: boolean | undefined;
}

/** Without a configuration everything is told at once. */
export const ALL_REPLICATED: Replication = {
  connections: 0,
  receptions: 0,
  rejections: 0,
  sessions: 0,
  series: 0,
  manager: 0,
  throttles: true,
  gauges: true,
  caches: 'all',
  isSingleNode: undefined,
};

/** How the manager keeps journals: `as_logger` (semantics, section 7). */
export interface ManagerLog {
  readonly intervalMs: number;
  /** Whether the series of this name are kept. */
  readonly includes: (series: string) => boolean;
}
