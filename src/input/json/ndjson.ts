import type { EventBatch } from '../../model/event-batch.ts';
import { EVENT_COLUMNS, type EventField } from '../../model/event.ts';
import { isFiller } from '../byte-text.ts';
import type { Dialect, ParserSetting } from '../dialects.ts';
import { EventFields, isWanted } from '../event-fields.ts';
import { LINE, type LineClass, type LogParser } from '../port.ts';
import { JSON_TYPE, JsonLine } from './json-line.ts';

/**
 * Events as JSON, one object a line: the fields of `EVENT_COLUMNS` by their own names, or at the
 * paths of the user's map. Where a path has dots, a key of that very name counts as well.
 */
export const NDJSON: Dialect = {
  dialect: 'ndjson',
  owns: (bytes, start, end) => new JsonLine([]).read(bytes, start, end),
  createParser: (setting) => new NdjsonParser(setting),
};

/** Whether a first line was written by `hindcast convert --to ndjson`. */
export function isConvertedJson(firstLine: string): boolean {
  const keys = keysOf(firstLine);
  if (keys.join() === 'time,kind')
    return (JSON.parse(firstLine) as { kind: unknown }).kind === 'clock';
  const converted = EVENT_COLUMNS.filter((column) => keys.includes(column));
  return keys.join() === converted.join() && CONVERTED.every((column) => keys.includes(column));
}

/** The fields that every converted event has. */
const CONVERTED: readonly string[] = ['time', 'kind', 'file', 'line'];

function keysOf(line: string): string[] {
  if (!line.startsWith('{"time":')) return [];
  try {
    return Object.keys(JSON.parse(line) as object);
  } catch {
    return [];
  }
}

class NdjsonParser implements LogParser {
  readonly dialect = 'ndjson';
  lineTime = Number.NaN;
  reason = '';
  readonly #json: JsonLine;
  readonly #fields: EventFields;
  /** Pairs of a value by its path and the value of the key of that name. */
  readonly #flat: Int32Array;

  constructor(setting: ParserSetting) {
    const { map, needs, dater } = setting;
    const paths: string[][] = [];
    const numbers = new Map<string, number>();
    const numberOf = (path: string[]): number => {
      const key = JSON.stringify(path);
      const known = numbers.get(key) ?? paths.push(path) - 1;
      numbers.set(key, known);
      return known;
    };
    const cells = new Map<EventField, number>();
    const flat: number[] = [];
    for (const field of EVENT_COLUMNS) {
      if (!isWanted(field, needs)) continue;
      const name = map?.get(field) ?? field;
      const cell = numberOf(name.split('.'));
      if (name.includes('.')) flat.push(cell, numberOf([name]));
      cells.set(field, cell);
    }
    this.#json = new JsonLine(paths);
    this.#flat = Int32Array.from(flat);
    const zoneOffset = (localMs: number): number => dater.offsetOf(localMs);
    this.#fields = new EventFields({ ...setting, cells, zoneOffset });
  }

  parseLine(batch: EventBatch, start: number, end: number, line: number): LineClass {
    this.lineTime = Number.NaN;
    const { bytes } = batch;
    const json = this.#json;
    if (!json.read(bytes, start, end)) return this.#readOther(bytes, start, end);
    for (let i = 0; i < this.#flat.length; i += 2) this.#take(this.#flat[i], this.#flat[i + 1]);
    const fields = this.#fields;
    const isEvent = fields.append(batch, json, start, line);
    this.lineTime = fields.time;
    this.reason = fields.reason;
    return isEvent ? LINE.event : LINE.unparsed;
  }

  #readOther(bytes: Buffer, start: number, end: number): LineClass {
    let at = start;
    while (at < end && isFiller(bytes[at])) at++;
    if (at === end) return LINE.irrelevant;
    this.reason = 'not JSON';
    return LINE.unparsed;
  }

  /** Where a path leads nowhere, the key that is written like it. */
  #take(cell: number, flat: number): void {
    const { types, starts, ends, escaped } = this.#json;
    if (types[cell] !== JSON_TYPE.missing) return;
    types[cell] = types[flat];
    starts[cell] = starts[flat];
    ends[cell] = ends[flat];
    escaped[cell] = escaped[flat];
  }
}
