import { formatMonitor, MAX_INTERVAL_S, parseMonitor, type Monitor } from '../../model/monitor.ts';
import type { AuditSettings, Given } from '../audit-settings.ts';
import { didYouMean } from '../../model/suggest.ts';
import { unfold, type ConfigurationSource } from './includes.ts';
import { shownPlace, type ConfigurationFile } from './mistakes.ts';
import { isNamed, seenOf, type Option, type Stanza, type TextValue, type Value } from './tree.ts';

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
type OptionName = (typeof OPTIONS)[number];

interface PlacedOption {
  readonly option: Option;
  readonly file: ConfigurationFile;
}
/** What the readers of options share: where mistakes go, and the option at hand. */
interface At extends PlacedOption {
  readonly source: ConfigurationSource;
}

export function readAuditStanza(
  source: ConfigurationSource,
  file: ConfigurationFile,
  stanza: Stanza,
): AuditStanza {
  const options = readOptions(source, file, stanza);
  const read = <Result>(name: OptionName, reader: (at: At) => Result): Result | undefined => {
    const placed = options.get(name);
    return placed && reader({ source, ...placed });
  };
  read('enabled', checkEnabled);
  return {
    monitors: read('monitors', readMonitors),
    maintenanceIntervalMs: read('maintenance_interval', readInterval),
    logDir: read('log_dir', (at) => textOf(at)?.text),
    serializeDir: read('serialize_dir', (at) => textOf(at)?.text),
  };
}

/** The options by name; of two with one name the later counts. */
function readOptions(
  source: ConfigurationSource,
  stanzaFile: ConfigurationFile,
  stanza: Stanza,
): ReadonlyMap<OptionName, PlacedOption> {
  const { mistakes } = source;
  const options = new Map<OptionName, PlacedOption>();
  for (const { statement, file } of unfold(source, stanzaFile, stanza.body)) {
    const written = statement.type === 'stanza' ? statement.keyword : statement.name;
    const name = OPTIONS.find((known) => isNamed(written, known));
    if (name === undefined || statement.type === 'stanza') {
      const hint = name === undefined ? didYouMean(written.text, OPTIONS) : `write ${name} = …`;
      mistakes.add(written, 'option-unknown', [written.text], hint, file.name);
      continue;
    }
    const earlier = options.get(name);
    if (earlier !== undefined) {
      const first = shownPlace(earlier.file, earlier.option);
      mistakes.add(written, 'option-twice', [name, first], undefined, file.name);
    }
    options.set(name, { option: statement, file });
  }
  return options;
}

function readMonitors(at: At): Given<readonly Monitor[]> | undefined {
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

function readInterval(at: At): Given<number> | undefined {
  const { option, file } = at;
  const expected = `whole seconds, 1 to ${MAX_INTERVAL_S}`;
  const text = textOf(at, expected)?.text;
  if (text === undefined) return undefined;
  const seconds = /^\d{1,8}$/.test(text) ? Number(text) : 0;
  if (seconds >= 1 && seconds <= MAX_INTERVAL_S) {
    return { value: seconds * 1000, at: shownPlace(file, option.value) };
  }
  wrongType(at, expected);
  return undefined;
}

function checkEnabled(at: At): void {
  const { option, file, source } = at;
  const expected = 'on, true, enabled or 1, or off, false, disabled or 0';
  const value = textOf(at, expected);
  if (value === undefined) return;
  if (['off', 'false', 'disabled', '0'].some((word) => isNamed(value, word))) {
    source.mistakes.add(option, 'audit-disabled', [], undefined, file.name);
  } else if (!['on', 'true', 'enabled', '1'].some((word) => isNamed(value, word))) {
    wrongType(at, expected);
  }
}

function textOf(at: At, expected = 'a text'): TextValue | undefined {
  const { value }: { value: Value } = at.option;
  if (value.type === 'text') return value;
  wrongType(at, expected);
  return undefined;
}

function wrongType({ source, option, file }: At, expected: string): void {
  const details = [option.name.text, expected, seenOf(option.value)] as const;
  source.mistakes.add(option.value, 'type-wrong', [...details], undefined, file.name);
}
