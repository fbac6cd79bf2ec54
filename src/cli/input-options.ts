import { UserError } from '../model/errors.ts';
import { EVENT_COLUMNS, KIND_PATTERN, type EventField } from '../model/event.ts';
import { parseDuration, parseTime } from '../model/time.ts';
import { globPattern } from '../model/glob.ts';

/** How logs are read, in the words of the command line; shared by commands and library. */
export interface LogOptions {
  /** Zone of stamps without an offset: one for all, or `glob=Zone` for the inputs that match. */
  readonly tz?: readonly string[] | undefined;
  /** Year of the first line of yearless logs: one for all, or `glob=2026` for those that match. */
  readonly year?: number | readonly string[] | undefined;
  /** How far a line may stand behind newer ones of its file, `10s`; default 10 s. */
  readonly reorder?: string | undefined;
  /** `name=glob`: the inputs that match belong to this node, whatever host their lines name. */
  readonly node?: readonly string[] | undefined;
  readonly inputFormat?: string | undefined;
  /** `time=ts,ip=client`: which column of a CSV holds which field. */
  readonly map?: readonly string[] | undefined;
  /** Kind of the events of a CSV without a `kind` column. */
  readonly kind?: string | undefined;
  /** Whether the first line of a connection counts as its connect, where none is logged. */
  readonly inferConnections?: boolean | undefined;
  /** 1: one thread does everything; 2: another one reads. Default: 2 for large logs. */
  readonly threads?: number | undefined;
}

/** A time a user gave, milliseconds UTC. */
export function timeOption(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const timeMs = parseTime(text);
  if (timeMs !== undefined) return timeMs;
  throw new UserError(
    `${option} ${text}: not a time`,
    'ISO 8601 such as 2026-11-20T17:30:00Z (UTC unless it has an offset), or epoch seconds',
  );
}

/** `--from` and `--to`: half open, either may be missing. */
export function fromToOptions({
  from,
  to,
}: {
  from?: string | undefined;
  to?: string | undefined;
}): {
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
} {
  const fromMs = timeOption('--from', from);
  const toMs = timeOption('--to', to);
  if (fromMs !== undefined && toMs !== undefined && fromMs >= toMs) {
    throw new UserError(`--from ${from} is not before --to ${to}`);
  }
  return { fromMs, toMs };
}

export function durationOption(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  throw new UserError(
    `${option} ${text}: not a duration`,
    'a number with ms, s, m, h or d: 10s, 5m',
  );
}

/** The value that the last matching `glob=value` gives an input, else the last plain value. */
export function valueFor(settings: readonly string[], name: string): string | undefined {
  let plain: string | undefined;
  let special: string | undefined;
  for (const setting of settings) {
    const at = setting.lastIndexOf('=');
    if (at === -1) plain = setting;
    else if (globPattern(setting.slice(0, at)).test(name)) special = setting.slice(at + 1);
  }
  return special ?? plain;
}

/** `--node mx1=mx1/**`: the name of the last setting whose glob matches the input. */
export function nodeFor(settings: readonly string[], name: string): string | undefined {
  let node: string | undefined;
  for (const setting of settings) {
    const at = setting.indexOf('=');
    if (at < 1) throw new UserError(`--node ${setting}: expected name=glob`, '--node mx1="mx1/*"');
    if (globPattern(setting.slice(at + 1)).test(name)) node = setting.slice(0, at);
  }
  return node;
}

export interface Years {
  /** Dates the oldest file of each rotation. */
  readonly plain: number | undefined;
  /** Dates the very input that a glob names. */
  readonly yearFor: (name: string) => number | undefined;
}

export function yearOption(setting: LogOptions['year']): Years {
  if (setting === undefined || typeof setting === 'number') {
    return { plain: setting, yearFor: () => undefined };
  }
  const special: { readonly pattern: RegExp; readonly year: number }[] = [];
  let plain: number | undefined;
  for (const text of setting) {
    const at = text.lastIndexOf('=');
    const year = Number(text.slice(at + 1));
    if (!/^\d{4}$/.test(text.slice(at + 1)) || year < 1970) {
      throw new UserError(`--year ${text}: not a year`, '--year 2026, or --year "mx1/*=2026"');
    }
    if (at === -1) plain = year;
    else special.push({ pattern: globPattern(text.slice(0, at)), year });
  }
  const yearFor = (name: string): number | undefined =>
    special.findLast(({ pattern }) => pattern.test(name))?.year;
  return { plain, yearFor };
}

export function readColumnMap(settings: readonly string[]): Map<EventField, string> {
  const map = new Map<EventField, string>();
  for (const pair of settings.flatMap((setting) => setting.split(','))) {
    const at = pair.indexOf('=');
    const field = pair.slice(0, at) as EventField;
    if (at < 1 || at === pair.length - 1) {
      throw new UserError(`--map ${pair}: expected field=column`, '--map time=ts,ip=client');
    }
    if (!EVENT_COLUMNS.includes(field)) {
      throw new UserError(
        `--map ${pair}: no field '${field}'`,
        `fields: ${EVENT_COLUMNS.join(', ')}`,
      );
    }
    if (map.has(field)) throw new UserError(`--map names '${field}' twice`);
    map.set(field, pair.slice(at + 1));
  }
  return map;
}

export function kindOption(kind: string | undefined): string | undefined {
  if (kind === undefined || KIND_PATTERN.test(kind)) return kind;
  throw new UserError(`--kind ${kind}: not a kind`, 'a word such as connect or rejection');
}
