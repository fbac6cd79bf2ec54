import * as fc from 'fast-check';

import type { SeriesPlan } from '../../src/engine/port.ts';
import type { WindowRange } from '../../src/model/monitor.ts';
import { REPLICATES } from '../../src/model/replication.ts';
import type { Vocabulary } from '../../src/model/vocabulary.ts';
import type { EventRow } from './event-batches.ts';
import type { ObviousFeed } from './obvious-audit.ts';

/** Random parts of histories: few addresses, texts and kinds, so that events meet each other. */

export const ANY_KIND = [
  'connect',
  'reception',
  'rejection',
  'auth_failure',
  'honeypot_hit',
] as const;

/** Few addresses that share prefixes of many lengths. 203.0.113.0/24 is what policies ignore. */
const ADDRESSES = [
  '192.0.2.1',
  '192.0.2.2',
  '192.0.2.129',
  '198.51.100.7',
  '64.0.2.1',
  '203.0.113.9',
  '2001:db8::1',
  '2001:db8::2',
  '2001:db8:0:1::1',
  '2001:db8:8000::1',
  '3fff::1',
];
export const IGNORED = '203.0.113.0/24';
export const isIgnored = ({ ip }: EventRow): boolean => ip?.startsWith('203.0.113.') === true;
/** Texts whose order by bytes and by UTF-16 units differs. */
const TEXTS = ['a', 'b', 'é', '📨', '\uffee', 'user@example.com', 'a-long-user@example.net'];

export const orUndefined = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined, freq: 5 });

export const anyAddress = fc.constantFrom(...ADDRESSES.slice(0, 3), ...ADDRESSES);
export const anyText = fc.constantFrom(...TEXTS);

export const anyMonitor = fc.record({
  intervalMs: fc.constantFrom(1000, 7000, 60_000),
  windows: fc.integer({ min: 1, max: 5 }),
});
/** Different monitors, often of one interval. */
export const anyMonitors = fc.uniqueArray(anyMonitor, {
  selector: (m) => `${m.intervalMs} ${m.windows}`,
  minLength: 1,
  maxLength: 3,
});

export const anyPrefix = fc.record({
  ipv4: fc.oneof(fc.constantFrom(0, 1, 24, 25, 31, 32), fc.nat(32)),
  ipv6: fc.oneof(fc.constantFrom(0, 32, 33, 64, 65, 127, 128), fc.nat(128)),
});
export const anyScope = fc.constantFrom('cluster', 'node');

/** Two numbers that `rangeIn` folds into a range of windows. */
export const anyRange = fc.tuple(fc.nat(20), fc.nat(20));

export function rangeIn(kept: number, [a, b]: readonly [number, number]): WindowRange {
  const [x, y] = [a % kept, b % kept];
  return { start: Math.min(x, y), end: Math.max(x, y) };
}

export const anySeries = fc.record({
  type: fc.constantFrom('ip', 'cidr', 'cidr_ipv6', 'string'),
  monitor: anyMonitor,
  kinds: fc.uniqueArray(fc.constantFrom(...ANY_KIND), { minLength: 1, maxLength: 3 }),
  code: orUndefined(fc.constantFrom(550, 450)),
  text: fc.constantFrom('user', 'recipient'),
  amount: fc.oneof(
    fc.constantFrom('recipients', 'size'),
    fc.integer({ min: -3, max: 3 }),
    fc.constant(1),
  ),
  serialize: fc.boolean(),
  replicate: fc.constantFrom('none', 'none', ...REPLICATES),
});
export type AnySeries = typeof anySeries extends fc.Arbitrary<infer T> ? T : never;

export type PlannedSeries = SeriesPlan & { readonly feed: ObviousFeed };

/**
 * A series for the engine and for its obvious twin.
 *
 * @param delayMs after which other nodes know of it, where it is replicated; Infinity: never
 */
export function plannedSeries(
  plan: AnySeries,
  name: string,
  vocabulary: Vocabulary,
  delayMs = 0,
): PlannedSeries {
  const { type, monitor, code, amount, serialize, replicate } = plan;
  const toldAfterMs = replicate === 'cluster' ? delayMs : undefined;
  const key = type === 'string' ? plan.text : 'ip';
  const kept = monitor.windows;
  return {
    name,
    type,
    monitor,
    kinds: plan.kinds.map((kind) => vocabulary.kinds.id(kind)!),
    filter: code === undefined ? undefined : (batch, row) => batch.code[row] === code,
    key,
    amount,
    serialize,
    replicate,
    feed: { name, type, monitor, kept, kinds: plan.kinds, code, key, amount, toldAfterMs },
  };
}

/** Bursts, gaps within a window, and gaps over many windows. */
export const anyGapMs = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(0, 0, 1, 999, 1000) },
  { weight: 4, arbitrary: fc.nat(9000) },
  { weight: 1, arbitrary: fc.constantFrom(7000, 60_000, 1_000_000) },
);
/** Whole seconds, as most logs have them, meet the boundaries of windows. */
export const anyGrainMs = fc.constantFrom(1, 1000);

/** How far a late event lies before the clock; 0: not late. */
export const anyLateMs = fc.oneof(
  { weight: 5, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 900 }) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 30_000 }) },
);

/** A record without the keys whose value is undefined. */
export function definedOf<T extends object>(record: T): T {
  return Object.fromEntries(
    Object.entries(record).filter(([, value]) => value !== undefined),
  ) as unknown as T;
}
