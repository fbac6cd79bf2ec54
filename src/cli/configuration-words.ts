import { DEFAULT_MONITOR, formatMonitor } from '../model/monitor.ts';
import { visible } from '../model/visible.ts';
import { DEFAULT_MAINTENANCE_INTERVAL_MS } from '../policy/audit-settings.ts';
import type { AuditStanza } from '../policy/ecelerity/audit-stanza.ts';
import type { Configuration } from '../policy/ecelerity/read.ts';

/** What `check` says of a configuration that holds. */
export function configurationWords(configuration: Configuration): string[] {
  const { audit, scripts, hooks, scriptlets, replicas, asLogger } = configuration;
  const words = stanzaWords(audit);
  if (scripts.length > 0) words.push(counted(scripts.length, 'script'));
  if (hooks.length > 0) words.push(`${counted(hooks.length, 'hook')} (not used)`);
  if (scriptlets.length > 0) words.push(counted(scriptlets.length, 'scriptlet'));
  if (replicas.length > 0) {
    words.push(`replicates ${replicas.map(({ name }) => visible(name)).join(' ')} (not used)`);
  }
  if (asLogger !== undefined) words.push('as_logger (not used)');
  return words;
}

/** `esmtp_listener (2), adaptive` */
export function skippedWords(skipped: Configuration['skipped']): string {
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
