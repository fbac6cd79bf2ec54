import { formatMonitor, MAX_INTERVAL_S, parseMonitor, type Monitor } from '../../model/monitor.ts';
import type { AuditSettings, Given } from '../audit-settings.ts';
import type { ConfigurationSource } from './includes.ts';
import { shownPlace } from './mistakes.ts';
import { flagOf, textOf, wholeNumberOf } from './option-values.ts';
import { readBody, type PlacedOption, type PlacedStanza } from './stanza-body.ts';
import { seenOf } from './tree.ts';

/** `inbound_audit { … }` of a configuration, see `docs/semantics.md`, section 8. */
export interface AuditStanza extends AuditSettings {
  /** Where the server keeps journals and state; a replay only shows them. */
  readonly logDir: string | undefined;
  readonly serializeDir: string | undefined;
}

const OPTIONS = [
  'monitors',
  'maintenance_interval',
  'log_dir',
  'serialize_dir',
  'enabled',
] as const;

/** The stanza; another one must say the same. Undefined when there is none. */
export function readAuditStanzas(
  source: ConfigurationSource,
  stanzas: readonly PlacedStanza[],
): AuditStanza | undefined {
  const read = stanzas.map((placed) => ({ placed, audit: readAuditStanza(source, placed) }));
  const first = read.shift();
  if (first === undefined) return undefined;
  for (const { audit, placed } of read) {
    if (meaningOf(audit) === meaningOf(first.audit)) continue;
    const { stanza, file } = placed;
    const at = shownPlace(first.placed.file, first.placed.stanza);
    source.mistakes.add(stanza.keyword, 'audit-differs', [at], undefined, file.name);
  }
  return first.audit;
}

function readAuditStanza(source: ConfigurationSource, placed: PlacedStanza): AuditStanza {
  const body = readBody(source, placed, { options: OPTIONS });
  body.read('enabled', checkEnabled);
  return {
    monitors: body.read('monitors', readMonitors),
    maintenanceIntervalMs: body.read('maintenance_interval', readInterval),
    logDir: body.read('log_dir', (at) => textOf(at)?.text),
    serializeDir: body.read('serialize_dir', (at) => textOf(at)?.text),
  };
}

/** What it says, without where it says so. */
function meaningOf({ monitors, maintenanceIntervalMs, ...folders }: AuditStanza): string {
  const shown = monitors?.value.map((monitor) => formatMonitor(monitor));
  return JSON.stringify({ shown, intervalMs: maintenanceIntervalMs?.value, ...folders });
}

function readMonitors(at: PlacedOption): Given<readonly Monitor[]> | undefined {
  const { option, file, source } = at;
  const { value } = option;
  const monitors = new Map<string, Monitor>();
  const before = source.mistakes.errors;
  const items = value.type === 'list' ? value.items : [value];
  if (items.length === 0) {
    source.mistakes.add(value, 'list-empty', [option.name.text], undefined, file.name);
  }
  for (const item of items) {
    const monitor = item.type === 'text' ? parseMonitor(item.text) : undefined;
    if (monitor !== undefined) monitors.set(formatMonitor(monitor), monitor);
    else {
      const hint = 'write the seconds and the number of windows in quotes: ( "300,6" "1800,4" )';
      source.mistakes.add(item, 'monitor-wrong', [seenOf(item)], hint, file.name);
    }
  }
  if (source.mistakes.errors > before) return undefined;
  return { value: [...monitors.values()], at: shownPlace(file, value) };
}

function readInterval(at: PlacedOption): Given<number> | undefined {
  const seconds = wholeNumberOf(at, 1, MAX_INTERVAL_S, 'whole seconds');
  if (seconds === undefined) return undefined;
  return { value: seconds * 1000, at: shownPlace(at.file, at.option.value) };
}

function checkEnabled(at: PlacedOption): void {
  if (flagOf(at) !== false) return;
  at.source.mistakes.add(at.option, 'audit-disabled', [], undefined, at.file.name);
}
