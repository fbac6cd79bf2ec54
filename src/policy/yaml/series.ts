import type { EventField } from '../../model/event.ts';
import { MONITOR_PATTERN, parseMonitor, type Monitor } from '../../model/monitor.ts';
import { REPLICATES } from '../../model/replication.ts';
import { SERIES_TYPES, type SeriesType } from '../../model/series-snapshot.ts';
import type { SeriesDefinition } from '../rule-policy.ts';
import {
  FILTERS_SCHEMA,
  KEY_FIELD_SCHEMA,
  KINDS_SCHEMA,
  readFilters,
  readKeyField,
  readKinds,
} from './filters.ts';
import {
  BOOLEAN,
  choice,
  either,
  mapping,
  matching,
  namedValues,
  numberSchema,
  shared,
  whereKey,
  WHOLE_NOT_0,
  type KeyTable,
} from './key-table.ts';
import type { Lists } from './lists.ts';
import type { Mistakes } from './mistakes.ts';
import { booleanOf, checkKeys, choiceOf, headOf, mapOf, numberOf, valueAt } from './shape.ts';
import { didYouMean } from '../../model/suggest.ts';
import { seenOf, type MapValue, type TextValue, type Value } from './tree.ts';

/** By name; undefined for a series that is declared but wrong. */
export type SeriesByName = ReadonlyMap<string, SeriesDefinition | undefined>;

/** What every policy can count without declaring it. */
export const BUILT_IN = ['connections', 'receptions', 'rejections', 'sessions'] as const;

const AMOUNT_FIELDS = ['recipients', 'size'] as const;
const AMOUNT = { ...WHOLE_NOT_0, words: `${WHOLE_NOT_0.words}, recipients or size` };

export const MONITOR_SCHEMA = shared('monitor', matching(MONITOR_PATTERN));

const SERIES_KEYS: KeyTable = {
  type: {
    about: 'What it is keyed by: addresses of both families, of IPv4, of IPv6, or a text.',
    value: choice(SERIES_TYPES),
    required: `types are ${SERIES_TYPES.join(', ')}`,
  },
  monitor: {
    about: 'Its own windows, "seconds,windows" in quotes.',
    value: MONITOR_SCHEMA,
    required: 'a series brings its own, for example monitor: "300,12"',
  },
  on: {
    about: 'The kind of event that adds, or a list of kinds.',
    value: KINDS_SCHEMA,
    required: 'the kind of event that adds',
  },
  where: { about: 'Which of these events; all fields must match.', value: FILTERS_SCHEMA },
  key: { about: 'The field that a string series counts by.', value: KEY_FIELD_SCHEMA },
  amount: {
    about: 'What is added: a whole number other than 0 (default 1), recipients or size.',
    value: either(choice(AMOUNT_FIELDS), numberSchema(AMOUNT)),
  },
  persist: { about: 'Write the whole series at the end.', value: BOOLEAN },
  serialize: { about: 'Write each window that holds anything.', value: BOOLEAN },
  replicate: {
    about: 'Who counts what a node adds: it alone (none, the default), cluster, or manager.',
    value: choice(REPLICATES),
  },
};
/** Series of addresses are keyed by them, others by the field that they name. */
const KEY_BY_TYPE = whereKey(
  'type',
  { const: 'string' },
  { required: ['key'] },
  { properties: { key: { const: 'ip' } } },
);

/** The name is a cell of CSV reports and a word of queries. */
// oxlint-disable-next-line no-control-regex -- control characters are what it refuses
const SERIES_NAME = /^(?! )[^\u0000-\u001F\u007F,"']+(?<! )$/;

export const SERIES_SCHEMA = namedValues(
  { ...matching(SERIES_NAME), not: choice(BUILT_IN) },
  mapping(SERIES_KEYS, KEY_BY_TYPE),
);

export function readSeries(mistakes: Mistakes, lists: Lists, value: Value): SeriesByName {
  const series = new Map<string, SeriesDefinition | undefined>();
  for (const [name, member] of mapOf(mistakes, value, "'series'")?.members ?? []) {
    checkName(mistakes, member.key);
    const map = mapOf(mistakes, member.value, `series '${name}'`);
    series.set(name, map && readDefinition(mistakes, lists, name, map));
  }
  return series;
}

function checkName(mistakes: Mistakes, key: TextValue): void {
  if (BUILT_IN.some((name) => name === key.text)) {
    mistakes.add(key, 'name-reserved', [key.text]);
  } else if (!SERIES_NAME.test(key.text)) {
    const allowed = 'it is empty, or has a comma, a quote or spaces around it';
    mistakes.add(key, 'name-wrong', ['a series', key.text, allowed]);
  }
}

function readDefinition(
  mistakes: Mistakes,
  lists: Lists,
  name: string,
  map: MapValue,
): SeriesDefinition | undefined {
  const where = `series '${name}'`;
  const before = mistakes.errors;
  checkKeys(mistakes, map, SERIES_KEYS, where);
  const typeValue = valueAt(map, 'type');
  const type = typeValue && choiceOf(mistakes, typeValue, "'type'", SERIES_TYPES);
  const monitorValue = valueAt(map, 'monitor');
  const monitor = monitorValue && readMonitor(mistakes, monitorValue);
  const onValue = valueAt(map, 'on');
  const on = onValue && readKinds(mistakes, onValue);
  const whereValue = valueAt(map, 'where');
  const filters = whereValue && readFilters(mistakes, lists, whereValue);
  const key = type && readKey(mistakes, name, type, map);
  const amountValue = valueAt(map, 'amount');
  const amount = amountValue === undefined ? 1 : readAmount(mistakes, amountValue);
  const persist = readSwitch(mistakes, map, 'persist');
  const serialize = readSwitch(mistakes, map, 'serialize');
  const replicateValue = valueAt(map, 'replicate');
  const replicate =
    replicateValue === undefined
      ? 'none'
      : choiceOf(mistakes, replicateValue, "'replicate'", REPLICATES);
  if (mistakes.errors > before) return undefined;
  if (type === undefined || monitor === undefined || on === undefined) return undefined;
  if (key === undefined || amount === undefined || replicate === undefined) return undefined;
  const written = { persist, serialize, replicate };
  return { name, type, monitor, on, where: filters ?? [], key, amount, ...written };
}

/** Reads `"300,6"`: seconds of a window, number of windows. */
export function readMonitor(mistakes: Mistakes, value: Value): Monitor | undefined {
  const monitor = value.type === 'text' ? parseMonitor(value.text) : undefined;
  if (monitor === undefined) {
    const hint = 'write the seconds and the number of windows in quotes: "300,6"';
    mistakes.add(value, 'monitor-wrong', [seenOf(value)], hint);
  }
  return monitor;
}

function readSwitch(mistakes: Mistakes, map: MapValue, key: string): boolean {
  const value = valueAt(map, key);
  return value !== undefined && booleanOf(mistakes, value, `'${key}'`) === true;
}

function readKey(
  mistakes: Mistakes,
  name: string,
  type: SeriesType,
  map: MapValue,
): EventField | undefined {
  const value = valueAt(map, 'key');
  if (value === undefined) {
    if (type !== 'string') return 'ip';
    mistakes.add(headOf(map), 'key-missing', [name], 'name a field, for example key: user');
    return undefined;
  }
  const field = readKeyField(mistakes, value, "'key'");
  if (field !== undefined && type !== 'string' && field !== 'ip') {
    mistakes.add(value, 'key-address', [type, field], 'type: string takes any field');
  }
  return field;
}

function readAmount(mistakes: Mistakes, value: Value): SeriesDefinition['amount'] | undefined {
  if (value.type !== 'text') return numberOf(mistakes, value, "'amount'", AMOUNT);
  const field = AMOUNT_FIELDS.find((name) => name === value.text);
  if (field === undefined) {
    const hint = didYouMean(value.text, AMOUNT_FIELDS);
    mistakes.add(value, 'type-wrong', ["'amount'", AMOUNT.words, seenOf(value)], hint);
  }
  return field;
}
