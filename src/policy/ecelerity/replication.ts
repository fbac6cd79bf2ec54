import type { ManagerLog, Replication } from '../../model/replication.ts';
import type { Cluster, Replica, ReplicaParameter, ReplicaType } from './cluster-stanza.ts';
import { patternOf, type AsLogger } from './logger-stanza.ts';

/**
 * What the nodes under a configuration tell each other (`docs/semantics.md`, section 7).
 *
 * The manual explains `ec_ip_connections_cluster` by `metrics` and shows it with `inbound_cidr`, so
 * either enables it.
 *
 * @param cluster undefined: a server by itself
 */
export function replicationOf(cluster: Cluster | undefined): Replication {
  const delayBy = (type: ReplicaType, parameter?: ReplicaParameter): number | undefined => {
    const replica = cluster?.replicas.findLast((one) => {
      return one.type === type && (parameter === undefined || one.parameters.includes(parameter));
    });
    return replica && delayOf(replica, parameter);
  };
  const sessions = delayBy('inbound_cidr');
  const caches = cluster?.replicas.filter(({ type }) => type === 'cache') ?? [];
  return {
    connections: delayBy('metrics', 'connect') ?? sessions,
    receptions: delayBy('metrics', 'reception') ?? sessions,
    rejections: delayBy('metrics', 'rejection') ?? sessions,
    sessions,
    series: delayBy('metrics', 'audit_series'),
    manager: delayBy('eccmgr_metrics', 'audit_series'),
    throttles: delayBy('shared_named_throttles') !== undefined,
    gauges: delayBy('metrics', 'gauge_cache') !== undefined,
    caches: new Set(caches.map(({ name }) => name)),
    isSingleNode: cluster === undefined,
  };
}

/** By type: the parameters that a replay makes something of. */
const SIMULATED: Partial<Record<ReplicaType, readonly ReplicaParameter[]>> = {
  metrics: ['connect', 'reception', 'rejection', 'audit_series', 'gauge_cache'],
  eccmgr_metrics: ['audit_series'],
  // Nodes that join get what is there; in a log they have been there all the time.
  cache: ['snapshot'],
};
/** Types that are simulated whatever their parameters are. */
const WHOLE: ReadonlySet<ReplicaType> = new Set([
  'inbound_cidr',
  'cache',
  'shared_named_throttles',
]);

/** The parameters of a replica that a replay makes something of. */
export function simulatedParameters({ type, parameters }: Replica): readonly ReplicaParameter[] {
  const simulated = (type && SIMULATED[type]) ?? [];
  return parameters.filter((parameter) => simulated.includes(parameter));
}

/** Whether a replay makes something of a replica. */
export function isSimulated(replica: Replica): boolean {
  const { type } = replica;
  return (type !== undefined && WHOLE.has(type)) || simulatedParameters(replica).length > 0;
}

/** How long it takes to arrive, milliseconds. What scripts keep beside series arrives at once. */
export function delayOf({ type, maxDelayMs = 0 }: Replica, parameter?: ReplicaParameter): number {
  const isKept = type === 'cache' || type === 'shared_named_throttles';
  return isKept || parameter === 'gauge_cache' ? 0 : maxDelayMs;
}

/** The same things told, counts and sessions after `delayMs`. */
export function delayedBy(replication: Replication, delayMs: number): Replication {
  const delayed = (told: number | undefined): number | undefined =>
    told === undefined ? undefined : delayMs;
  return {
    ...replication,
    connections: delayed(replication.connections),
    receptions: delayed(replication.receptions),
    rejections: delayed(replication.rejections),
    sessions: delayed(replication.sessions),
    series: delayed(replication.series),
    manager: delayed(replication.manager),
  };
}

/** Undefined when nothing is logged. A pattern that cannot be read here matches nothing. */
export function managerLogOf(asLogger: AsLogger | undefined): ManagerLog | undefined {
  if (asLogger?.logIntervalMs === undefined) return undefined;
  const { logIntervalMs, includeByDefault, include, exclude } = asLogger;
  const patterns = (includeByDefault ? exclude : include)
    .map((text) => patternOf(text))
    .filter((pattern) => pattern !== undefined);
  return {
    intervalMs: logIntervalMs,
    includes: (series) => {
      return patterns.some((pattern) => pattern.test(series)) !== includeByDefault;
    },
  };
}
