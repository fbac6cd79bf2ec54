import type { Monitor, WindowRange } from '../../model/monitor.ts';
import type { Condition } from '../rule-policy.ts';
import { SERVICES } from '../../model/event.ts';
import { FILTERS_SCHEMA, KEY_FIELD_SCHEMA, KINDS_SCHEMA } from './filters.ts';
import {
  ABOVE_0,
  choice,
  FROM_0,
  mapping,
  numberSchema,
  whereKey,
  WHOLE_FROM_0,
  without,
  WORD,
  type KeyTable,
  type NumberShape,
  type Schema,
} from './key-table.ts';
import type { Mistakes } from './mistakes.ts';
import {
  countedOf,
  metricMonitor,
  PART_SCHEMA,
  QUANTITY_SCHEMA,
  readDistinct,
  readQuantityName,
  readSessions,
  type Counted,
  type Declared,
  type KeySpace,
} from './quantities.ts';
import { MONITOR_SCHEMA } from './series.ts';
import { addMissing, checkKeys, keyAt, mapOf, numberOf, valueAt } from './shape.ts';
import type { MapValue, Value } from './tree.ts';
import { readEarlier, readWindows, WINDOWS_SCHEMA } from './windows.ts';

const MIN = {
  about: 'Silent until this much was counted; default 1.',
  value: numberSchema(WHOLE_FROM_0),
};

const RATIO_KEYS: KeyTable = {
  of: { about: 'What is held against the other part.', value: PART_SCHEMA, required: true },
  to: { about: 'What it is held against.', value: PART_SCHEMA, required: true },
  above: {
    about: 'Fires when of / to is greater.',
    value: numberSchema(FROM_0),
    required: true,
  },
  min: MIN,
};

const SURGE_KEYS: KeyTable = {
  of: { about: 'What grows.', value: PART_SCHEMA, required: true },
  times: {
    about: 'Fires when window 0 holds more than this many times the mean.',
    value: numberSchema(ABOVE_0),
    required: true,
  },
  before: {
    about: 'The earlier windows whose mean counts: 1..5.',
    value: WINDOWS_SCHEMA,
    required: 'for example before: 1..5',
  },
  min: MIN,
};

const FORM_KEYS = {
  count: {
    about: 'What is counted: connections, receptions, rejections, sessions or a series.',
    value: QUANTITY_SCHEMA,
  },
  ratio: { about: 'One count against another.', value: mapping(RATIO_KEYS) },
  surge: { about: 'Window 0 against the mean of earlier ones.', value: mapping(SURGE_KEYS) },
  distinct: {
    about: 'A field whose different values are counted, over the events of on.',
    value: KEY_FIELD_SCHEMA,
  },
} as const satisfies KeyTable;
type Form = keyof typeof FORM_KEYS;

/** The forms of a condition; exactly one of them says what is counted. */
export const FORMS = Object.keys(FORM_KEYS) as readonly Form[];

const BESIDE_KEYS = {
  monitor: {
    about: 'Which windows are counted, "seconds,windows"; default the first of monitors.',
    value: MONITOR_SCHEMA,
  },
  windows: {
    about: 'The windows added up: 0..2, or 3 for that one; default 0.',
    value: WINDOWS_SCHEMA,
  },
  above: {
    about: 'Fires when the count is greater.',
    value: numberSchema(WHOLE_FROM_0),
  },
  service: { about: 'For count: sessions, the service; default SMTP.', value: choice(SERVICES) },
  listener: { about: 'For count: sessions, the listener; default all.', value: WORD },
  on: { about: 'For distinct, the kind of event whose values count.', value: KINDS_SCHEMA },
  where: { about: 'For distinct, which of these events.', value: FILTERS_SCHEMA },
} as const satisfies KeyTable;
type Beside = keyof typeof BESIDE_KEYS;

/** Keys that stand beside a form. */
export const BESIDE_FORMS = Object.keys(BESIDE_KEYS) as readonly Beside[];

export const CONDITION_KEYS: KeyTable = { ...FORM_KEYS, ...BESIDE_KEYS };

const ONLY_SESSIONS = "only 'count: sessions' has a service and a listener";
const ONLY_DISTINCT = "only 'distinct' has it; a named series says which events it counts";
const NO_WINDOWS = 'sessions are open now, they have no windows';

/** Keys and why they do not belong there. */
type Refused = Readonly<Partial<Record<Beside, string>>>;

/** What must stand beside a form, each with its hint, and what must not, each with its reason. */
interface Fit {
  readonly needs: Readonly<Partial<Record<Beside, string | undefined>>>;
  readonly refuses: Refused;
}

const OF_SESSIONS: Refused = { service: ONLY_SESSIONS, listener: ONLY_SESSIONS };
const OF_DISTINCT: Refused = { on: ONLY_DISTINCT, where: ONLY_DISTINCT };
const OF_WINDOWS: Refused = { monitor: NO_WINDOWS, windows: NO_WINDOWS };
const FITS: Readonly<Record<Form, Fit>> = {
  count: { needs: { above: undefined }, refuses: OF_DISTINCT },
  ratio: {
    needs: {},
    refuses: { above: "it is written inside 'ratio'", ...OF_SESSIONS, ...OF_DISTINCT },
  },
  surge: {
    needs: {},
    refuses: {
      windows: "a surge holds window 0 against those of 'before'",
      above: "a surge has 'times' and 'min'",
      ...OF_SESSIONS,
      ...OF_DISTINCT,
    },
  },
  distinct: {
    needs: { on: 'the kind of event whose values count', above: undefined },
    refuses: OF_SESSIONS,
  },
};

/** The same for the schema: what holds between the keys of one condition. */
export const CONDITION_FITS: Schema = {
  dependentRequired: Object.fromEntries(
    FORMS.map((form) => [form, Object.keys(FITS[form].needs)] as const).filter(
      ([, needs]) => needs.length > 0,
    ),
  ),
  dependentSchemas: Object.fromEntries(
    FORMS.map((form) => [form, without(Object.keys(FITS[form].refuses))]),
  ),
  ...whereKey(
    'count',
    { const: 'sessions' },
    without(Object.keys(OF_WINDOWS)),
    without(Object.keys(OF_SESSIONS)),
  ),
};

/** A condition with what its rule must know to be checked as a whole. */
export interface ReadCondition {
  /** Undefined when a mistake was reported in it. */
  readonly condition: Condition | undefined;
  /** One for each quantity; empty when none could be made out. */
  readonly spaces: readonly KeySpace[];
  /** Kinds of events that it counts; undefined when not known. */
  readonly kinds: readonly string[] | undefined;
  readonly sessions: boolean;
}

const UNREADABLE: ReadCondition = {
  condition: undefined,
  spaces: [],
  kinds: undefined,
  sessions: false,
};

function readAs(condition: Condition | undefined, parts: readonly Counted[]): ReadCondition {
  return {
    condition,
    spaces: parts.map((part) => part.space),
    kinds: parts.flatMap((part) => part.kinds),
    sessions: parts.some((part) => part.quantity.type === 'sessions'),
  };
}

/** Reads the form that `map` (a rule, or one entry of `all:`) holds. */
export function readCondition(declared: Declared, map: MapValue, where: string): ReadCondition {
  const form = FORMS.find((one) => map.members.has(one));
  const value = form && valueAt(map, form);
  if (form === undefined || value === undefined) return UNREADABLE;
  checkFit(declared.mistakes, map, FITS[form], where);
  const readers: Readonly<Record<Form, typeof readRatio>> = {
    count: readCount,
    ratio: readRatio,
    surge: readSurge,
    distinct: readDistinctCount,
  };
  return readers[form](declared, map, value, where);
}

/** Reports what stands beside a form that has no use for it. */
function refuse(mistakes: Mistakes, map: MapValue, reasons: Refused): void {
  for (const [name, reason] of Object.entries(reasons)) {
    const key = keyAt(map, name);
    if (key !== undefined) mistakes.add(key, 'key-misplaced', [name, reason]);
  }
}

function checkFit(mistakes: Mistakes, map: MapValue, { needs, refuses }: Fit, where: string): void {
  refuse(mistakes, map, refuses);
  for (const [name, hint] of Object.entries(needs)) {
    if (keyAt(map, name) === undefined) addMissing(mistakes, map, name, where, hint);
  }
}

function readCount(declared: Declared, map: MapValue, value: Value): ReadCondition {
  const { mistakes } = declared;
  const name = readQuantityName(declared, value, "'count'");
  if (name?.type === 'sessions') {
    refuse(mistakes, map, OF_WINDOWS);
    return readAbove(declared, map, readSessions(declared, map));
  }
  refuse(mistakes, map, OF_SESSIONS);
  let monitor: Monitor | undefined = declared.monitors[0];
  if (name?.type === 'series') {
    refuse(mistakes, map, { monitor: `series '${name.definition.name}' brings its own` });
  } else if (name !== undefined) {
    monitor = metricMonitor(declared, map);
  }
  if (name === undefined || monitor === undefined) {
    return readAbove(declared, map, undefined);
  }
  return readAbove(declared, map, countedOf(name, monitor));
}

function readDistinctCount(declared: Declared, map: MapValue, value: Value): ReadCondition {
  return readAbove(declared, map, readDistinct(declared, map, value));
}

/** `windows` and `above` of a plain count. */
function readAbove(declared: Declared, map: MapValue, counted: Counted | undefined): ReadCondition {
  const windows = readRange(declared, map, [counted]);
  const aboveValue = valueAt(map, 'above');
  const above = aboveValue && numberOf(declared.mistakes, aboveValue, "'above'", WHOLE_FROM_0);
  if (counted === undefined) return UNREADABLE;
  const complete = windows !== undefined && above !== undefined;
  const condition: Condition | undefined = complete
    ? { type: 'count', of: counted.quantity, windows, above }
    : undefined;
  return readAs(condition, [counted]);
}

function readRange(
  declared: Declared,
  map: MapValue,
  parts: readonly (Counted | undefined)[],
): WindowRange | undefined {
  const value = valueAt(map, 'windows');
  if (value === undefined) return { start: 0, end: 0 };
  const monitors = declared.monitorsKnown
    ? parts.flatMap((part) => part?.monitor ?? [])
    : parts.flatMap((part) => (part?.quantity.type === 'series' && part.monitor) || []);
  return readWindows(declared.mistakes, value, "'windows'", monitors);
}

/** The quantities inside `ratio:` or `surge:`, which must have windows. */
function readParts(
  declared: Declared,
  map: MapValue,
  form: 'ratio' | 'surge',
  names: readonly (Value | undefined)[],
): readonly (Counted | undefined)[] {
  const { mistakes } = declared;
  const read = names.map((value) => value && readQuantityName(declared, value, `'${form}'`));
  const allSeries = read.every((name) => name?.type === 'series');
  if (allSeries) {
    const own = form === 'ratio' ? 'both series bring their own' : 'the series brings its own';
    refuse(mistakes, map, { monitor: own });
  }
  const needsMonitor = read.some((name) => name?.type === 'metric');
  const monitor = needsMonitor ? metricMonitor(declared, map) : declared.monitors[0];
  return read.map((name, index) => {
    const value = names[index];
    if (name === undefined || value === undefined) return undefined;
    if (name.type === 'sessions') {
      mistakes.add(value, 'quantity-refused', [`a part of a ${form}`], "use 'count: sessions'");
      return undefined;
    }
    return monitor === undefined && name.type === 'metric'
      ? undefined
      : countedOf(name, monitor ?? declared.monitors[0]);
  });
}

function readRatio(declared: Declared, map: MapValue, value: Value, where: string): ReadCondition {
  const { mistakes } = declared;
  const ratio = mapOf(mistakes, value, "'ratio'");
  if (ratio === undefined) return UNREADABLE;
  checkKeys(mistakes, ratio, RATIO_KEYS, `'ratio' of ${where}`);
  const names = ['of', 'to'].map((key) => valueAt(ratio, key));
  const [of, to] = readParts(declared, map, 'ratio', names);
  const windows = readRange(declared, map, [of, to]);
  const above = readNumber(mistakes, ratio, 'above', FROM_0);
  const min = readMin(mistakes, ratio);
  if (of === undefined || to === undefined) return UNREADABLE;
  if (!sameLength(declared, of, to, names[1] ?? value)) return UNREADABLE;
  const complete = windows !== undefined && above !== undefined && min !== undefined;
  const condition: Condition | undefined = complete
    ? { type: 'ratio', of: of.quantity, to: to.quantity, windows, above, min }
    : undefined;
  return readAs(condition, [of, to]);
}

function sameLength(declared: Declared, of: Counted, to: Counted, place: Value): boolean {
  if (of.monitor === undefined || to.monitor === undefined) return true;
  const [first, second] = [of.monitor.intervalMs, to.monitor.intervalMs];
  if (first === second || !declared.monitorsKnown) return true;
  const seconds = [String(first / 1000), String(second / 1000)] as const;
  const hint = "a metric takes the rule's 'monitor', else the first of monitors:";
  const bySeries = of.quantity.type === 'series' && to.quantity.type === 'series';
  declared.mistakes.add(place, 'monitor-differs', [...seconds], bySeries ? undefined : hint);
  return false;
}

function readSurge(declared: Declared, map: MapValue, value: Value, where: string): ReadCondition {
  const { mistakes } = declared;
  const surge = mapOf(mistakes, value, "'surge'");
  if (surge === undefined) return UNREADABLE;
  checkKeys(mistakes, surge, SURGE_KEYS, `'surge' of ${where}`);
  const [of] = readParts(declared, map, 'surge', [valueAt(surge, 'of')]);
  const times = readNumber(mistakes, surge, 'times', ABOVE_0);
  const beforeValue = valueAt(surge, 'before');
  const monitors = of?.monitor !== undefined && declared.monitorsKnown ? [of.monitor] : [];
  const before = beforeValue && readEarlier(mistakes, beforeValue, monitors);
  const min = readMin(mistakes, surge);
  if (of === undefined) return UNREADABLE;
  const complete = times !== undefined && before !== undefined && min !== undefined;
  const condition: Condition | undefined = complete
    ? { type: 'surge', of: of.quantity, times, before, min }
    : undefined;
  return readAs(condition, [of]);
}

function readNumber(
  mistakes: Mistakes,
  map: MapValue,
  key: string,
  shape: NumberShape,
): number | undefined {
  const value = valueAt(map, key);
  return value && numberOf(mistakes, value, `'${key}'`, shape);
}

function readMin(mistakes: Mistakes, map: MapValue): number | undefined {
  const value = valueAt(map, 'min');
  return value === undefined ? 1 : numberOf(mistakes, value, "'min'", WHOLE_FROM_0);
}
