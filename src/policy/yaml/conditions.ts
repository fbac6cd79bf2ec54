import type { Monitor, WindowRange } from '../../model/monitor.ts';
import type { Condition } from '../rule-policy.ts';
import {
  FITS,
  FORMS,
  OF_SESSIONS,
  OF_WINDOWS,
  RATIO_KEYS,
  SURGE_KEYS,
  type Fit,
  type Form,
  type Refused,
} from './condition-keys.ts';
import { ABOVE_0, FROM_0, WHOLE_FROM_0, type NumberShape } from './key-table.ts';
import type { Mistakes } from './mistakes.ts';
import {
  countedOf,
  metricMonitor,
  readDistinct,
  readQuantityName,
  readSessions,
  type Counted,
  type Declared,
  type KeySpace,
} from './quantities.ts';
import { addMissing, checkKeys, keyAt, mapOf, numberOf, valueAt } from './shape.ts';
import type { MapValue, Value } from './tree.ts';
import { readEarlier, readWindows } from './windows.ts';

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
