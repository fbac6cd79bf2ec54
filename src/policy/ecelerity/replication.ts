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
  const delayOf = (type: ReplicaType, parameter?: ReplicaParameter): number | undefined => {
    const replica = cluster?.replicas.findLast((one) => {
      return one.type === type && (parameter === undefined || one.parameters.includes(parameter));
    });
    return replica && (replica.maxDelayMs ?? 0);
  };
  const sessions = delayOf('inbound_cidr');
  return {
    connections: delayOf('metrics', 'connect') ?? sessions,
    receptions: delayOf('metrics', 'reception') ?? sessions,
    rejections: delayOf('metrics', 'rejection') ?? sessions,
    sessions,
    series: delayOf('metrics', 'audit_series'),
    manager: delayOf('eccmgr_metrics', 'audit_series'),
    isSingleNode: cluster === undefined,
  };
}

const COUNTING: ReadonlySet<ReplicaParameter> = new Set(['connect', 'reception', 'rejection']);

/** The parameters of a replica that a replay makes something of. */
export function simulatedParameters({ type, parameters }: Replica): readonly ReplicaParameter[] {
  return parameters.filter((parameter) => {
    if (parameter === 'audit_series') return type === 'metrics' || type === 'eccmgr_metrics';
    return type === 'metrics' && COUNTING.has(parameter);
  });
}

/** Whether a replay makes something of a replica. */
export function isSimulated(replica: Replica): boolean {
  return replica.type === 'inbound_cidr' || simulatedParameters(replica).length > 0;
}

/** The same things told, all of them after `delayMs`. */
export function delayedBy(replication: Replication, delayMs: number): Replication {
  const delayed = (told: number | undefined): number | undefined =>
    told === undefined ? undefined : delayMs;
  return {
    connections: delayed(replication.connections),
    receptions: delayed(replication.receptions),
    rejections: delayed(replication.rejections),
    sessions: delayed(replication.sessions),
    series: delayed(replication.series),
    manager: delayed(replication.manager),
    isSingleNode: replication.isSingleNode,
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
