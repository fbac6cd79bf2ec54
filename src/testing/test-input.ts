import { placeOf } from '../model/diagnostic.ts';
import type { Place } from '../policy/mistakes.ts';
import { checkKeys, itemsOf, mapOf, someOf, textOf, valueAt } from '../policy/yaml/shape.ts';
import type { MapValue, TextValue, Value } from '../policy/yaml/tree.ts';
import type { TestMistakes } from './codes.ts';
import { eventRows } from './event-rows.ts';
import { readEventLine } from './notation.ts';
import { numberTextOf } from './scalars.ts';
import { readDate, type Calendar } from './times.ts';

/** The logs of a test: files, and texts that stand in for files. */
export interface TestInput {
  /** Files, folders and globs, relative to the test file. */
  readonly logs: readonly string[];
  readonly texts: readonly { readonly name: string; readonly text: string }[];
  readonly options: LogSettings;
  readonly place: Place;
}

/** The options of replay about logs, as written. */
export interface LogSettings {
  readonly tz?: readonly string[];
  readonly year?: readonly string[];
  readonly reorder?: string;
  readonly node?: readonly string[];
  readonly inputFormat?: string;
  readonly map?: readonly string[];
  readonly kind?: string;
}

/** The test file around an input. */
export interface Surroundings {
  readonly text: string;
  readonly file: string;
  /** What stands for an input that is not there. */
  readonly place: Place;
}

const CONTENT_KEYS = ['events', 'lines', 'logs', 'inputs'] as const;
const LIST_SETTINGS = ['tz', 'year', 'node', 'map'] as const;
const TEXT_SETTINGS = ['reorder', 'input_format', 'kind'] as const;
const INPUT_KEYS = ['date', ...CONTENT_KEYS, ...LIST_SETTINGS, ...TEXT_SETTINGS];

/** The date of a test: that of its own input, else that of the file's. */
export function readCalendar(
  mistakes: TestMistakes,
  inputs: readonly (Value | undefined)[],
): Calendar {
  for (const input of inputs) {
    const date = input?.type === 'map' ? valueAt(input, 'date') : undefined;
    if (date !== undefined) return { dateMs: readDate(mistakes, date) };
  }
  return { dateMs: undefined };
}

export function readInput(
  mistakes: TestMistakes,
  value: Value | undefined,
  calendar: Calendar,
  around: Surroundings,
): TestInput | undefined {
  if (value === undefined) {
    mistakes.add(around.place, 'input-missing', []);
    return undefined;
  }
  const map = mapOf(mistakes, value, "'input'");
  if (map === undefined) return undefined;
  checkKeys(mistakes, map, INPUT_KEYS, "'input'");
  if (!CONTENT_KEYS.some((key) => map.members.has(key))) {
    mistakes.add(value, 'input-missing', []);
  }
  const reader = new InputReader(mistakes, calendar, around);
  const texts = [...reader.texts(map, ''), ...reader.inputs(valueAt(map, 'inputs'))];
  const logs = textsOf(mistakes, map, 'logs') ?? [];
  return { logs, texts, options: readSettings(mistakes, map), place: value };
}

class InputReader {
  readonly #mistakes: TestMistakes;
  readonly #calendar: Calendar;
  readonly #around: Surroundings;

  constructor(mistakes: TestMistakes, calendar: Calendar, around: Surroundings) {
    this.#mistakes = mistakes;
    this.#calendar = calendar;
    this.#around = around;
  }

  /** `inputs:`, each by its name. */
  inputs(value: Value | undefined): TestInput['texts'] {
    const map = value && mapOf(this.#mistakes, value, "'inputs'");
    return [...(map?.members.values() ?? [])].flatMap(({ key, value: own }) => {
      const input = mapOf(this.#mistakes, own, `input '${key.text}'`);
      if (input === undefined) return [];
      checkKeys(this.#mistakes, input, ['events', 'lines'], `input '${key.text}'`);
      const texts = this.texts(input, key.text);
      if (texts.length === 0) this.#mistakes.add(own, 'input-missing', []);
      return texts;
    });
  }

  /** What `events:` and `lines:` stand for; `name` empty: they are named by their keys. */
  texts(map: MapValue, name: string): { name: string; text: string }[] {
    const [events, lines] = [valueAt(map, 'events'), valueAt(map, 'lines')];
    const found: { name: string; text: string }[] = [];
    if (events !== undefined) {
      found.push({ name: name || 'events', text: this.#events(events) });
    }
    const text = lines && textOf(this.#mistakes, lines, "'lines'");
    if (text !== undefined) found.push({ name: name || 'lines', text });
    if (name !== '' && found.length > 1) {
      this.#mistakes.add(map, 'key-misplaced', ['lines', 'an input has events or lines']);
    }
    return found;
  }

  #events(value: Value): string {
    const mistakes = this.#mistakes;
    const { text, file } = this.#around;
    const lines = someOf(mistakes, value, "'events'").flatMap((item) => {
      const event = textOf(mistakes, item, 'an event');
      if (event === undefined || item.type !== 'text') return [];
      const start = startOf(item, text);
      const source = { text: event, start, whole: item };
      const { line } = placeOf(text, item.start);
      return readEventLine(mistakes, source, this.#calendar, line) ?? [];
    });
    return eventRows(lines, file);
  }
}

/** Where the words of a text begin in the file; undefined where quotes or folding change them. */
function startOf({ text, start }: TextValue, whole: string): number | undefined {
  return [start, start + 1].find((at) => whole.startsWith(text, at));
}

function readSettings(mistakes: TestMistakes, map: MapValue): LogSettings {
  const [tz, year, node, columns] = LIST_SETTINGS.map((key) => textsOf(mistakes, map, key));
  const [reorder, inputFormat, kind] = TEXT_SETTINGS.map((key) => {
    const value = valueAt(map, key);
    if (value === undefined) return undefined;
    return numberTextOf(value) ?? textOf(mistakes, value, `'${key}'`);
  });
  const settings = { tz, year, node, map: columns, reorder, inputFormat, kind };
  return Object.fromEntries(
    Object.entries(settings).filter(([, value]) => value !== undefined),
  ) as LogSettings;
}

function textsOf(mistakes: TestMistakes, map: MapValue, key: string): string[] | undefined {
  const value = valueAt(map, key);
  if (value === undefined) return undefined;
  return itemsOf(value).flatMap((item) => {
    return numberTextOf(item) ?? textOf(mistakes, item, `'${key}'`) ?? [];
  });
}
