import * as fc from 'fast-check';

import type { Prefix } from '../../src/model/address.ts';
import { formatMonitor } from '../../src/model/monitor.ts';
import { ALL_REPLICATED, REPLICATES, type Replication } from '../../src/model/replication.ts';
import { anyGrainMs, anyLateMs, orUndefined, rangeIn } from './audit-histories.ts';

/** Random histories of several nodes, and what is counted and asked there, however it is written. */

export const METRICS = ['connections', 'receptions', 'rejections'] as const;
/** Close together, and mostly in one block, so that nodes meet the same peers. */
const anyPeer = fc.constantFrom(
  '192.0.2.1',
  '192.0.2.1',
  '192.0.2.2',
  '192.0.2.129',
  '198.51.100.7',
  '2001:db8::1',
  '2001:db8::2',
  '3fff::1',
);
/** Most events of a history lie within the windows of some monitor. */
const gapMs = fc.oneof(
  { weight: 15, arbitrary: fc.constantFrom(0, 0, 1, 999, 1000, 2000, 5000) },
  { weight: 15, arbitrary: fc.nat(4000) },
  { weight: 1, arbitrary: fc.constantFrom(60_000, 1_000_000) },
);
const anyMonitor = fc.record({
  intervalMs: fc.constantFrom(5000, 7000, 60_000, 60_000),
  windows: fc.integer({ min: 1, max: 5 }),
});

/** One of them has no name. */
export const NODES = ['mx1', 'mx2', 'mx3', ''] as const;

const line = fc.record({
  /** The file, and the node that wrote it. */
  source: fc.nat(NODES.length - 1),
  gapMs,
  kind: fc.constantFrom(
    ...(['connect', 'connect', 'connect', 'connect', 'disconnect', 'rejection'] as const),
    'reception',
  ),
  ip: fc.option(anyPeer, { nil: undefined, freq: 20 }),
  session: fc.constantFrom('p1', 'p2', 'p3', 'p4', 'p5'),
  listener: fc.constantFrom('25', '587'),
  service: fc.constantFrom('SMTP', 'SMTP', 'ECStream'),
  recipient: orUndefined(fc.constantFrom('a@example.com', 'b@example.com')),
});

const historyOf = (lateMs: fc.Arbitrary<number>): fc.Arbitrary<ClusterHistory> =>
  fc
    .record({
      grainMs: anyGrainMs,
      lines: fc.array(fc.tuple(line, lateMs), { minLength: 5, maxLength: 50, size: 'max' }),
    })
    .map(({ grainMs, lines }) => {
      const steps = lines.map(([{ source, ...rest }, late]) => {
        const isRefused = rest.kind === 'rejection';
        const more = isRefused ? ({ phase: 'rcptto', code: 550 } as const) : { recipients: 1 };
        return { ...rest, ...more, source, node: NODES[source], lateMs: late };
      });
      return { grainMs, steps };
    });

/** Lines of the nodes, each node with a file of its own; made into rows by `inputsOf`. */
export interface ClusterHistory {
  readonly grainMs: number;
  readonly steps: readonly (Omit<typeof line extends fc.Arbitrary<infer T> ? T : never, 'kind'> & {
    readonly kind: string;
    readonly node: string;
    readonly lateMs: number;
  })[];
}

export const promptHistory = historyOf(fc.constant(0));
export const lateHistory = historyOf(anyLateMs);

/** What a step counts in: a phase, or the end of a session. */
export type StepPlace = 'connect' | 'rcptto' | 'end';

const place = fc.constantFrom<StepPlace[]>('connect', 'connect', 'rcptto', 'end');
const mask = fc.constantFrom(undefined, 0, 16, 24, 24);

/** Mostly from the present window on. */
const range = fc.tuple(fc.constantFrom(0, 0, 0, 1, 2), fc.nat(20));

const addStep = fc.record({
  type: fc.constant('add' as const),
  at: place,
  series: fc.nat(),
  amount: fc.constantFrom(1, 1, 2, 3, -1, -2),
  /** In Sieve each add says it, elsewhere the series. */
  replicate: fc.constantFrom(...REPLICATES, 'cluster' as const, 'cluster' as const),
  /** Without a hash, which cannot say `replicate`. */
  isShort: fc.boolean(),
});
/** Lua alone can. */
const removeStep = fc.record({
  type: fc.constant('remove' as const),
  at: place,
  series: fc.nat(),
  mask,
});
const seriesStep = fc.record({
  type: fc.constant('series' as const),
  at: place,
  series: fc.nat(),
  mask,
  range,
  scope: fc.constantFrom('node', 'all'),
  isShort: fc.boolean(),
  above: fc.nat(2),
});
const metricStep = fc.record({
  type: fc.constant('metric' as const),
  at: place,
  metric: fc.constantFrom(...METRICS, 'connections' as const, 'connections' as const),
  monitor: fc.nat(),
  mask,
  range,
  /** Of YAML. */
  scope: fc.constantFrom('node', 'all'),
  /** Of scripts. */
  view: fc.constantFrom('node', 'cluster', 'cluster'),
  above: fc.nat(2),
});
const sessionStep = fc.record({
  type: fc.constant('sessions' as const),
  at: fc.constantFrom<StepPlace[]>('connect', 'connect', 'rcptto'),
  /** A listener is that of the event. */
  of: fc.constantFrom(
    'SMTP',
    'ECStream',
    'inbound_cidr',
    'inbound_cidr',
    'inbound_cidr',
    'listener',
  ),
  mask,
  scope: fc.constantFrom('node', 'all'),
  above: fc.nat(2),
});

const anyStep = fc.oneof(
  { weight: 6, arbitrary: addStep },
  { weight: 1, arbitrary: removeStep },
  { weight: 6, arbitrary: seriesStep },
  { weight: 4, arbitrary: metricStep },
  { weight: 4, arbitrary: sessionStep },
);
export type ClusterStep = typeof anyStep extends fc.Arbitrary<infer T> ? T : never;
export type AskStep = Exclude<ClusterStep, { readonly type: 'add' | 'remove' }>;

const delayMs = fc.constantFrom(0, 0, 1, 1000, 5000, 7000, 61_500);
const maybeDelayMs = fc.option(delayMs, { nil: undefined, freq: 4 });
/** All is told, as without a configuration, and arrives so much later. */
export function allAfter(all: number): Replication {
  const metrics = { connections: all, receptions: all, rejections: all };
  const others = { sessions: all, series: all, manager: all, isSingleNode: false };
  return { ...ALL_REPLICATED, ...metrics, ...others };
}

const anyReplication: fc.Arbitrary<Replication> = fc.oneof(
  delayMs.map((all) => allAfter(all)),
  fc
    .record({
      connections: maybeDelayMs,
      receptions: maybeDelayMs,
      rejections: maybeDelayMs,
      sessions: maybeDelayMs,
      series: maybeDelayMs,
      manager: maybeDelayMs,
      isSingleNode: fc.constantFrom(false, false, true),
    })
    .map((replication) => ({ ...ALL_REPLICATED, ...replication })),
);

const series = fc.record({
  monitor: anyMonitor,
  /** Those of Sieve++ are of type `ip`. */
  type: fc.constantFrom('cidr', 'cidr', 'cidr_ipv6', 'string'),
  replicate: fc.constantFrom(...REPLICATES, 'cluster' as const, 'cluster' as const),
  /** What a YAML series counts. */
  kinds: fc.uniqueArray(fc.constantFrom('connect', 'rejection', 'reception', 'disconnect'), {
    minLength: 1,
    maxLength: 2,
  }),
  amount: fc.constantFrom(1, 1, 2, -1),
});

export const anyPolicy = fc.record({
  monitors: fc.uniqueArray(anyMonitor, { selector: formatMonitor, minLength: 1, maxLength: 2 }),
  series: fc.array(series, { minLength: 1, maxLength: 2 }),
  steps: fc.array(anyStep, { minLength: 3, maxLength: 10, size: 'max' }),
  replication: anyReplication,
  clampNegative: fc.constantFrom(false, false, true),
  /** The manager keeps journals of the series whose names it includes. */
  log: fc.record({
    intervalMs: fc.constantFrom(1000, 10_000, 60_000, 900_000),
    included: fc.uniqueArray(fc.nat(1), { minLength: 1, maxLength: 2 }),
  }),
});
export type ClusterPolicy = typeof anyPolicy extends fc.Arbitrary<infer T> ? T : never;

/** The steps, whose series and monitors are drawn as any number, with those that the policy has. */
export function stepsOf({ steps, series: all, monitors }: ClusterPolicy): ClusterStep[] {
  return steps.map((step) => {
    if (step.type === 'sessions') return step;
    if (step.type === 'metric') return { ...step, monitor: step.monitor % monitors.length };
    return { ...step, series: step.series % all.length };
  });
}

export const seriesName = (index: number): string => `s${index}`;

/** The windows that a step asks. */
export function windowsOf(
  { monitors, series: all }: ClusterPolicy,
  step: AskStep & { readonly type: 'metric' | 'series' },
): { readonly start: number; readonly end: number } {
  const monitor = step.type === 'metric' ? monitors[step.monitor] : all[step.series].monitor;
  return rangeIn(monitor.windows, step.range);
}

/** The block that a step asks; scripts have one mask for both families. */
export function prefixOf(bits: number | undefined): Prefix {
  return bits === undefined ? { ipv4: 32, ipv6: 128 } : { ipv4: bits, ipv6: bits };
}

/** One of the 24 orders of four inputs. */
export function orderOf(number: number): number[] {
  const left = [0, 1, 2, 3];
  return [number % 4, number % 3, number % 2, 0].map((at) => left.splice(at, 1)[0]);
}
