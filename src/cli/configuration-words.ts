import { DEFAULT_MONITOR, formatMonitor } from '../model/monitor.ts';
import { visible } from '../model/visible.ts';
import { DEFAULT_MAINTENANCE_INTERVAL_MS } from '../policy/audit-settings.ts';
import type { AuditStanza } from '../policy/ecelerity/audit-stanza.ts';
import type { Replica } from '../policy/ecelerity/cluster-stanza.ts';
import type { AsLogger } from '../policy/ecelerity/logger-stanza.ts';
import type { Configuration } from '../policy/ecelerity/read.ts';
import { delayOf, isSimulated, simulatedParameters } from '../policy/ecelerity/replication.ts';

/** What `check` says of a configuration that holds. */
export function configurationWords(configuration: Configuration): string[] {
  const { audit, scripts, hooks, scriptlets } = configuration;
  const words = audit === undefined ? ['no inbound_audit'] : stanzaWords(audit);
  if (scripts.length > 0) words.push(counted(scripts.length, 'script'));
  if (hooks.length > 0) words.push(`${counted(hooks.length, 'hook')} (not used)`);
  if (scriptlets.length > 0) words.push(counted(scriptlets.length, 'scriptlet'));
  return words;
}

/** What `check` says beside that: of the cluster, its manager, and what is not read. */
export function clusterLines({ cluster, asLogger, skipped }: Configuration): string[] {
  const lines: string[] = [];
  if (cluster !== undefined) {
    const told = cluster.replicas.filter((replica) => isSimulated(replica));
    const shown = told.flatMap((replica) => replicaWords(replica));
    lines.push(`replicates: ${shown.length === 0 ? 'nothing' : shown.join(', ')}`);
    const untold = cluster.replicas.flatMap((replica) => untoldWords(replica));
    if (untold.length > 0) lines.push(`not simulated: ${untold.join(', ')}`);
  }
  if (asLogger !== undefined) lines.push(`as_logger: ${loggerWords(asLogger)}`);
  if (skipped.size > 0) lines.push(`skipped: ${skippedWords(skipped)}`);
  return lines;
}

/** `metrics (connect reception) after 1.5 s`, and by itself what is not delayed with it. */
function replicaWords(replica: Replica): string[] {
  const { name, type } = replica;
  const parameters = simulatedParameters(replica);
  const delays = parameters.map((parameter) => delayOf(replica, parameter));
  const all = parameters.length === 0 ? [delayOf(replica)] : new Set(delays);
  return [...all].map((delayMs) => {
    const told = parameters.filter((_, at) => delays[at] === delayMs);
    const details = [...(type === name ? [] : [String(type)]), ...told];
    const delay = delayMs === 0 ? 'at once' : `after ${delayMs / 1000} s`;
    return `${withDetails(name, details)} ${delay}`;
  });
}

/** `outbound_cidr`, `metrics (delivery)`; nothing where all of it is simulated. */
function untoldWords(replica: Replica): string[] {
  const { name, type, parameters } = replica;
  const simulated = simulatedParameters(replica);
  const untold = parameters.filter((parameter) => !simulated.includes(parameter));
  const isMetrics = type === 'metrics' || type === 'eccmgr_metrics';
  if (isMetrics && parameters.length === 0) return [withDetails(name, ['no parameters'])];
  return untold.length > 0 || !isSimulated(replica) ? [withDetails(name, untold)] : [];
}

function withDetails(name: string, details: readonly string[]): string {
  return details.length === 0 ? visible(name) : `${visible(name)} (${details.join(' ')})`;
}

/** `every 60 s, all series but "spam$" "^other", base_dir /var/log/example (not used)` */
function loggerWords(asLogger: AsLogger): string {
  const { logIntervalMs, baseDir, includeByDefault, include, exclude } = asLogger;
  const words: string[] = [];
  if (logIntervalMs === undefined) words.push('nothing, without log_interval');
  else {
    const patterns = (includeByDefault ? exclude : include).map((text) => `"${visible(text)}"`);
    const [few, none] = includeByDefault
      ? ['all series but', 'all series']
      : ['series', 'no series'];
    words.push(
      `every ${logIntervalMs / 1000} s`,
      [patterns.length === 0 ? none : few, ...patterns].join(' '),
    );
  }
  if (baseDir !== undefined) words.push(`base_dir ${visible(baseDir)} (not used)`);
  return words.join(', ');
}

/** `esmtp_listener (2), adaptive` */
function skippedWords(skipped: Configuration['skipped']): string {
  const words = [...skipped].map(([keyword, count]) => {
    return count === 1 ? visible(keyword) : `${visible(keyword)} (${count})`;
  });
  return words.join(', ');
}

export function intervalWords(intervalMs: number): string {
  return `maintenance_interval ${intervalMs / 1000}`;
}

function stanzaWords({ monitors, maintenanceIntervalMs, ...folders }: AuditStanza): string[] {
  const kept = monitors?.value ?? [DEFAULT_MONITOR];
  const words = [
    `monitors ${kept.map((monitor) => `"${formatMonitor(monitor)}"`).join(' ')}`,
    intervalWords(maintenanceIntervalMs?.value ?? DEFAULT_MAINTENANCE_INTERVAL_MS),
  ];
  if (folders.logDir !== undefined) words.push(`log_dir ${visible(folders.logDir)} (not used)`);
  if (folders.serializeDir !== undefined) {
    words.push(`serialize_dir ${visible(folders.serializeDir)} (not used)`);
  }
  return words;
}

function counted(count: number, what: string): string {
  return count === 1 ? `1 ${what}` : `${count} ${what}s`;
}
