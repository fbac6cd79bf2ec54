import { UserError } from '../model/errors.ts';
import { ALL_REPLICATED, type Replication } from '../model/replication.ts';
import { visible } from '../model/visible.ts';
import { MAX_DELAY_S, type Replica } from '../policy/ecelerity/cluster-stanza.ts';
import type { AsLogger } from '../policy/ecelerity/logger-stanza.ts';
import type { Configuration } from '../policy/ecelerity/read.ts';
import {
  delayedBy,
  isSimulated,
  replicationOf,
  simulatedParameters,
} from '../policy/ecelerity/replication.ts';
import type { RulePolicy } from '../policy/rule-policy.ts';
import { durationOption } from './input-options.ts';

/** What is said of a cluster beside its configuration; the same words as the command line's. */
export interface ClusterOptions {
  /** How long everything that is replicated takes to arrive, `1.5s`. */
  readonly maxDelay?: string | undefined;
}

/**
 * What the nodes of a run tell each other.
 *
 * @param configuration undefined: everything is told
 * @throws {UserError} when a delay is no duration, longer than a day, or delays nothing
 */
export function replicationFor(
  configuration: Configuration | undefined,
  { maxDelay }: ClusterOptions,
): Replication {
  const replication = configuration ? replicationOf(configuration.cluster) : ALL_REPLICATED;
  const delayMs = durationOption('--max-delay', maxDelay);
  if (delayMs === undefined) return replication;
  if (delayMs > MAX_DELAY_S * 1000) {
    throw new UserError(`--max-delay ${maxDelay}: longer than a day`, '--max-delay 1.5s');
  }
  const told = Object.values(replication).some((delay) => typeof delay === 'number');
  if (!told)
    throw new UserError('--max-delay delays replicated counts and sessions, and there are none');
  return delayedBy(replication, delayMs);
}

/** Of series of a policy that nothing replicates as they ask. */
export function replicationWarnings({ file, series, replication }: RulePolicy): string[] {
  const { series: toCluster, manager: toManager } = replication ?? ALL_REPLICATED;
  return series.flatMap(({ name, replicate }) => {
    const delayMs = replicate === 'manager' ? toManager : toCluster;
    if (replicate === 'none' || delayMs !== undefined) return [];
    const where = `series '${visible(name)}' is replicated to the ${replicate}`;
    const alone = 'no Replicate of the configuration does that: each node has its own alone';
    return [`${file}: warning: ${where}, and ${alone}`];
  });
}

/** What is set of a cluster, by the names of its stanzas, for the manifest. */
export function clusterSettings({ cluster, asLogger }: Configuration): Record<string, unknown> {
  const replicas = cluster?.replicas.filter((replica) => isSimulated(replica));
  return {
    replicate:
      replicas &&
      Object.fromEntries(replicas.map((replica) => [replica.name, replicaJson(replica)])),
    as_logger: asLogger?.logIntervalMs === undefined ? undefined : loggerJson(asLogger),
  };
}

function replicaJson(replica: Replica): object {
  const { name, type, maxDelayMs } = replica;
  const parameters = simulatedParameters(replica);
  return {
    ...(type === name ? {} : { type }),
    ...(parameters.length === 0 ? {} : { parameters: parameters.join(';') }),
    ...(maxDelayMs === undefined ? {} : { max_delay: maxDelayMs / 1000 }),
  };
}

function loggerJson({ logIntervalMs, includeByDefault, include, exclude }: AsLogger): object {
  return {
    log_interval: logIntervalMs! / 1000,
    ...(includeByDefault
      ? { series_include_default: 'all', series_exclude: exclude }
      : { series_include_default: 'none', series_include: include }),
  };
}
