import { SERVICES, type EventField } from '../../model/event.ts';
import { formatMonitor, type Monitor } from '../../model/monitor.ts';
import type { Metric, Quantity, SeriesDefinition } from '../rule-policy.ts';
import { readFilters, readKeyField, readKinds } from './filters.ts';
import type { Lists } from './lists.ts';
import type { Mistakes } from './mistakes.ts';
import { BUILT_IN, readMonitor, type SeriesByName } from './series.ts';
import { choice, either, TEXT, type Schema } from './key-table.ts';
import { choiceOf, textOf, valueAt, wordOf } from './shape.ts';
import { didYouMean } from '../../model/suggest.ts';
import type { MapValue, Value } from './tree.ts';

/** What the rules of a policy can refer to. */
export interface Declared {
  readonly mistakes: Mistakes;
  /** Never empty. */
  readonly monitors: readonly Monitor[];
  /** False when the policy's `monitors` is wrong: nothing else is then held against `monitors`. */
  readonly monitorsKnown: boolean;
  /** Where a configuration gives the monitors, as `file:line:column`; undefined: the policy does. */
  readonly monitorsAt: string | undefined;
  readonly lists: Lists;
  readonly series: SeriesByName;
}

/**
 * By what a quantity can be counted: blocks of addresses of these families, the values of one
 * field, or (`distinct`) whichever of the two the rule asks for.
 */
export type KeySpace =
  | { readonly type: 'address'; readonly ipv4: boolean; readonly ipv6: boolean }
  | { readonly type: 'field'; readonly field: EventField; readonly series: string }
  | { readonly type: 'any' };

/** A quantity and what the rest of its rule must know of it. */
export interface Counted {
  readonly quantity: Quantity;
  /** The monitor whose windows are asked; undefined for sessions, which have none. */
  readonly monitor: Monitor | undefined;
  readonly space: KeySpace;
  /** The kinds of events that it counts. */
  readonly kinds: readonly string[];
}

const METRIC_KINDS: Readonly<Record<Metric, string>> = {
  connections: 'connect',
  receptions: 'reception',
  rejections: 'rejection',
};
const METRICS = ['connections', 'receptions', 'rejections'] as const;
const BOTH_FAMILIES: KeySpace = { type: 'address', ipv4: true, ipv6: true };

/** The built-in names first, for editors; any other text may be the name of a series. */
export const QUANTITY_SCHEMA = either(choice(BUILT_IN), TEXT);
/** A part of a ratio or surge, which must have windows. */
export const PART_SCHEMA: Schema = { ...either(choice(METRICS), TEXT), not: { const: 'sessions' } };

/** The word after `count:`, `of:` or `to:`. */
export type QuantityName =
  | { readonly type: 'metric'; readonly metric: Metric }
  | { readonly type: 'series'; readonly definition: SeriesDefinition }
  | { readonly type: 'sessions' };

/** Undefined when the name is unknown, or when the series of that name is wrong itself. */
export function readQuantityName(
  declared: Declared,
  value: Value,
  what: string,
): QuantityName | undefined {
  const { mistakes, series } = declared;
  const name = textOf(mistakes, value, what);
  if (name === undefined) return undefined;
  const metric = METRICS.find((known) => known === name);
  if (metric !== undefined) return { type: 'metric', metric };
  if (name === 'sessions') return { type: 'sessions' };
  const definition = series.get(name);
  if (definition !== undefined) return { type: 'series', definition };
  if (!series.has(name)) {
    const hint = didYouMean(name, [...series.keys(), ...BUILT_IN]) ?? 'declare it under series:';
    mistakes.add(value, 'series-unknown', [name], hint);
  }
  return undefined;
}

/** @param monitor of the metric, see `metricMonitor` */
export function countedOf(
  name: Exclude<QuantityName, { type: 'sessions' }>,
  monitor: Monitor,
): Counted {
  if (name.type === 'metric') {
    const quantity = { type: 'metric', metric: name.metric, monitor } as const;
    return { quantity, monitor, space: BOTH_FAMILIES, kinds: [METRIC_KINDS[name.metric]] };
  }
  const { definition } = name;
  const { type, key } = definition;
  const space: KeySpace =
    type === 'string'
      ? { type: 'field', field: key, series: definition.name }
      : { type: 'address', ipv4: type !== 'cidr_ipv6', ipv6: type !== 'cidr' };
  const quantity = { type: 'series', series: definition.name } as const;
  return { quantity, monitor: definition.monitor, space, kinds: definition.on };
}

/** Metrics are kept for the configured monitors alone; the first is the default. */
export function metricMonitor(declared: Declared, map: MapValue): Monitor | undefined {
  const { mistakes, monitors, monitorsKnown, monitorsAt } = declared;
  const value = valueAt(map, 'monitor');
  if (value === undefined) return monitors[0];
  const monitor = readMonitor(mistakes, value);
  if (monitor === undefined || !monitorsKnown) return monitor;
  const shown = formatMonitor(monitor);
  const kept = monitors.map((one) => formatMonitor(one));
  if (kept.includes(shown)) return monitor;
  const list = kept.map((one) => `"${one}"`).join(', ');
  const place = monitorsAt === undefined ? 'monitors:' : `the monitors of ${monitorsAt}`;
  mistakes.add(value, 'monitor-unknown', [shown, list], `add "${shown}" to ${place}`);
  return undefined;
}

/** The service is SMTP and the listeners are all unless `map` says otherwise. */
export function readSessions(declared: Declared, map: MapValue): Counted | undefined {
  const { mistakes } = declared;
  const serviceValue = valueAt(map, 'service');
  const service =
    serviceValue === undefined ? 'SMTP' : choiceOf(mistakes, serviceValue, "'service'", SERVICES);
  const listenerValue = valueAt(map, 'listener');
  const listener = listenerValue && wordOf(mistakes, listenerValue, "'listener'");
  if (service === undefined) return undefined;
  if (listenerValue !== undefined && listener === undefined) return undefined;
  const quantity = { type: 'sessions', service, listener } as const;
  return { quantity, monitor: undefined, space: BOTH_FAMILIES, kinds: ['connect'] };
}

/** Different values of a field over the events of `on:` that pass `where:`. */
export function readDistinct(declared: Declared, map: MapValue, value: Value): Counted | undefined {
  const { mistakes, lists } = declared;
  const before = mistakes.errors;
  const field = readKeyField(mistakes, value, "'distinct'");
  const onValue = valueAt(map, 'on');
  const on = onValue && readKinds(mistakes, onValue);
  const filterValue = valueAt(map, 'where');
  const filters = filterValue === undefined ? [] : readFilters(mistakes, lists, filterValue);
  const monitorValue = valueAt(map, 'monitor');
  const monitor =
    monitorValue === undefined ? declared.monitors[0] : readMonitor(mistakes, monitorValue);
  if (mistakes.errors > before) return undefined;
  if (field === undefined || on === undefined || monitor === undefined) return undefined;
  const quantity = { type: 'distinct', field, on, where: filters, monitor } as const;
  return { quantity, monitor, space: { type: 'any' }, kinds: on };
}
