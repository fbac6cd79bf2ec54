import { placeOf } from '../model/diagnostic.ts';
import type { Place } from '../policy/mistakes.ts';
import {
  itemsSchema,
  mapping,
  namedValues,
  oneKeyOf,
  shared,
  someSchema,
  TEXT,
  TEXT_OR_NUMBER,
  type KeyTable,
  type Schema,
} from '../policy/yaml/key-table.ts';
import { checkKeys, itemsOf, mapOf, someOf, textOf, valueAt } from '../policy/yaml/shape.ts';
import type { MapValue, TextValue, Value } from '../policy/yaml/tree.ts';
import type { TestMistakes } from './codes.ts';
import { eventRows } from './event-rows.ts';
import { readEventLine } from './notation.ts';
import { numberTextOf } from './scalars.ts';
import { DATE_SCHEMA, readDate, type Calendar } from './times.ts';

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

const TEXTS = itemsSchema(TEXT_OR_NUMBER);

/** The texts that stand in for one file: one or the other. */
const TEXT_KEYS: KeyTable = {
  events: {
    about: 'Events, one text each: at TIME KIND [ADDRESS] [xN [every DURATION]] [field=value …].',
    value: someSchema(TEXT),
  },
  lines: { about: 'Lines of a log, as its server writes them.', value: TEXT },
};
const CONTENT_KEYS: KeyTable = {
  ...TEXT_KEYS,
  logs: { about: 'Files, folders and globs, relative to the test file.', value: TEXTS },
  inputs: {
    about: 'Several texts that stand in for files, each by its name.',
    value: namedValues({}, mapping(TEXT_KEYS, oneKeyOf(Object.keys(TEXT_KEYS)))),
  },
};
const LIST_SETTINGS = {
  tz: { about: 'As --tz: zone of stamps without an offset, or glob=zone.', value: TEXTS },
  year: { about: "As --year: year of a yearless log's first line, or glob=year.", value: TEXTS },
  node: { about: 'As --node: inputs that belong to this node, name=glob.', value: TEXTS },
  map: { about: 'As --map: columns of a CSV whose names differ, field=column.', value: TEXTS },
} as const satisfies KeyTable;
const TEXT_SETTINGS = {
  reorder: {
    about: 'As --reorder: how far a line may stand behind newer ones.',
    value: TEXT_OR_NUMBER,
  },
  input_format: { about: 'As --input-format: postfix, csv or tsv.', value: TEXT_OR_NUMBER },
  kind: {
    about: 'As --kind: kind of events of a CSV without such a column.',
    value: TEXT_OR_NUMBER,
  },
} as const satisfies KeyTable;
const INPUT_KEYS: KeyTable = {
  date: { about: 'The day of times that have none: 2026-11-20.', value: DATE_SCHEMA },
  ...CONTENT_KEYS,
  ...LIST_SETTINGS,
  ...TEXT_SETTINGS,
};

/** What is read when a test runs; settings alone may stand for tests with inputs of their own. */
export const WITH_CONTENT: Schema = {
  anyOf: Object.keys(CONTENT_KEYS).map((name) => ({ required: [name] })),
};
export const INPUT_SCHEMA = shared('input', mapping(INPUT_KEYS));

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
  if (!Object.keys(CONTENT_KEYS).some((key) => map.members.has(key))) {
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
      checkKeys(this.#mistakes, input, TEXT_KEYS, `input '${key.text}'`);
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
  const [tz, year, node, columns] = Object.keys(LIST_SETTINGS).map((key) =>
    textsOf(mistakes, map, key),
  );
  const [reorder, inputFormat, kind] = Object.keys(TEXT_SETTINGS).map((key) => {
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
