import * as fc from 'fast-check';

import { ALL_REPLICATED } from '../../src/model/replication.ts';
import type { Condition, Per, Quantity, Rule, RulePolicy } from '../../src/policy/rule-policy.ts';
import {
  ANY_KIND,
  anyAddress,
  anyGapMs,
  anyGrainMs,
  anyLateMs,
  anyMonitors,
  anyPrefix,
  anyRange,
  anyScope,
  anySeries,
  anyText,
  definedOf,
  IGNORED,
  orUndefined,
  rangeIn,
} from './audit-histories.ts';
import { NOON_MS, type EventRow } from './event-batches.ts';
import { releaseOf } from './event-sources.ts';
import { networks, policyOf, rule, seriesNamed } from './rule-policies.ts';

/** Random policies of every form of rule, and histories in several inputs for them. */

const step = fc.record({
  source: fc.nat(2),
  gapMs: anyGapMs,
  lateMs: anyLateMs,
  kind: fc.constantFrom(
    ...(['connect', 'connect', 'rejection', 'transaction', 'queued', 'disconnect'] as const),
    ...(['removed', 'restart', 'delivery'] as const),
    ...ANY_KIND,
  ),
  ip: orUndefined(anyAddress),
  node: fc.constantFrom('mx1', 'mx2'),
  listener: fc.constantFrom('postfix', 'postfix/submission', 'mx-in'),
  service: fc.constantFrom('SMTP', 'SMTP', 'ECStream'),
  session: orUndefined(fc.constantFrom('p1', 'p2', 'p3')),
  queue_id: orUndefined(fc.constantFrom('A', 'B')),
  phase: orUndefined(fc.constantFrom('connect', 'ehlo', 'mailfrom', 'rcptto', 'data')),
  user: orUndefined(anyText),
  recipient: orUndefined(anyText),
  sender: orUndefined(fc.constantFrom('a@example.com', 'b@mx.Example.com', 'c@example.org')),
  code: fc.constantFrom(0, 450, 550),
  size: orUndefined(fc.integer({ min: 0, max: 9 })),
  recipients: orUndefined(fc.integer({ min: 0, max: 4 })),
  reinjected: fc.constantFrom(false, false, false, false, true),
});

const quantity = fc.record({
  type: fc.constantFrom('metric', 'metric', 'series', 'series', 'sessions', 'distinct'),
  index: fc.nat(),
  metric: fc.constantFrom('connections', 'receptions', 'rejections'),
  service: fc.constantFrom('SMTP', 'SMTP', 'ECStream', 'inbound_cidr'),
  listener: orUndefined(fc.constantFrom('postfix', 'mx-in')),
  kinds: fc.uniqueArray(fc.constantFrom(...ANY_KIND), { minLength: 1, maxLength: 3 }),
  field: fc.constantFrom('user', 'recipient'),
});
type QuantityPlan = typeof quantity extends fc.Arbitrary<infer T> ? T : never;

const rulePlan = fc.record({
  form: fc.constantFrom('count', 'count', 'ratio', 'surge', 'all'),
  of: quantity,
  and: quantity,
  range: anyRange,
  above: fc.integer({ min: 0, max: 3 }),
  part: fc.constantFrom(0, 0.3, 0.5, 1),
  min: fc.integer({ min: 0, max: 3 }),
  times: fc.constantFrom(0, 0.5, 1, 2),
  prefix: anyPrefix,
  at: orUndefined(fc.constantFrom('connect', 'ehlo', 'mailfrom', 'rcptto', 'data', 'spool')),
  scope: anyScope,
  except: fc.constantFrom([], [], ['192.0.2.0/25'], ['2001:db8::/33', '198.51.100.7']),
  exceptDomains: fc.constantFrom([], [], ['example.com']),
  verdict: fc.constantFrom('tag', 'tarpit', 'reject', 'disconnect'),
});
type RulePlan = typeof rulePlan extends fc.Arbitrary<infer T> ? T : never;

export const rulesAndEvents = fc.record({
  monitors: anyMonitors,
  series: fc.array(anySeries, { maxLength: 3 }),
  rules: fc.array(rulePlan, { minLength: 1, maxLength: 5 }),
  /** Until other nodes know of what is replicated. */
  delayMs: fc.constantFrom(0, 0, 0, 1000, 7000),
  grainMs: anyGrainMs,
  steps: fc.array(step, { minLength: 1, maxLength: 80, size: 'max' }),
});
export type RulesAndEvents = typeof rulesAndEvents extends fc.Arbitrary<infer T> ? T : never;

/** Rules that fire often, so that much is taken; rare forms are the business of other tests. */
export function strict(plan: RulesAndEvents): RulesAndEvents {
  const rules = plan.rules.map((own, index) => ({
    ...own,
    form: own.form === 'surge' ? ('count' as const) : own.form,
    above: own.above % 2,
    range: [0, own.range[1]] as [number, number],
    at: index % 2 === 0 ? undefined : own.at,
    except: [] as const,
    verdict: index === 0 && own.verdict === 'tag' ? ('reject' as const) : own.verdict,
  }));
  return { ...plan, rules };
}

/** Long enough for sessions and messages that something takes. */
export const strictHistory = fc
  .tuple(rulesAndEvents, rulesAndEvents)
  .map(([own, more]) => strict({ ...own, steps: [...own.steps, ...more.steps] }));

function verdictOf(type: RulePlan['verdict']): Rule['verdict'] {
  if (type === 'tag') return { type, reason: '' };
  if (type === 'tarpit') return { type, seconds: 5, reason: '' };
  return { type, code: 550, text: 'no' };
}

export function policyFrom(plan: RulesAndEvents): RulePolicy {
  const { monitors, series: plans, rules, delayMs } = plan;
  const replication = { ...ALL_REPLICATED, series: delayMs };
  const series = plans.map((own, index) =>
    seriesNamed(`s${index}`, {
      type: own.type,
      monitor: own.monitor,
      on: own.kinds,
      where:
        own.code === undefined
          ? []
          : [{ field: 'code', matches: [{ type: 'exact', value: String(own.code) }] }],
      key: own.type === 'string' ? own.text : 'ip',
      amount: own.amount,
      replicate: own.replicate,
    }),
  );
  const policy = policyOf([], { monitors, series, ignore: networks(IGNORED), replication });
  return { ...policy, rules: rules.map((own, index) => ruleFrom(own, `r${index}`, policy)) };
}

function quantityFrom(own: QuantityPlan, policy: RulePolicy): Quantity {
  const { monitors, series } = policy;
  if (own.type === 'sessions')
    return { type: 'sessions', service: own.service, listener: own.listener };
  if (own.type === 'distinct') {
    const monitor = monitors[own.index % monitors.length];
    return { type: 'distinct', field: own.field, on: own.kinds, where: [], monitor };
  }
  const candidates = series.filter(({ type }) => type !== 'string');
  if (own.type === 'series' && candidates.length > 0) {
    return { type: 'series', series: candidates[own.index % candidates.length].name };
  }
  return { type: 'metric', metric: own.metric, monitor: monitors[own.index % monitors.length] };
}

function ruleFrom(own: RulePlan, name: string, policy: RulePolicy): Rule {
  let of = quantityFrom(own.of, policy);
  let per: Per = { type: 'prefix', prefix: own.prefix };
  // Some rules count by a text: a string series by its key, different values by the sender.
  const texts = policy.series.filter(({ type }) => type === 'string');
  if (own.of.index % 3 === 0 && own.form !== 'all' && own.form !== 'ratio') {
    if (of.type === 'distinct' && own.form === 'count') per = { type: 'field', field: 'sender' };
    else if (texts.length > 0) {
      const text = texts[own.of.index % texts.length];
      of = { type: 'series', series: text.name };
      per = { type: 'field', field: text.key };
    }
  }
  const [first, ...rest] = conditionsFrom(own, of, policy);
  return rule(name, first, {
    conditions: [first, ...rest],
    per,
    at: own.at,
    scope: own.scope,
    except: networks(...own.except),
    exceptDomains: own.exceptDomains,
    verdict: verdictOf(own.verdict),
  });
}

function conditionsFrom(
  own: RulePlan,
  of: Quantity,
  policy: RulePolicy,
): [Condition, ...Condition[]] {
  const { above, min, times, range } = own;
  const numberOf = (asked: Quantity): number => {
    if (asked.type === 'sessions') return 1;
    if (asked.type !== 'series') return asked.monitor.windows;
    return policy.series.find(({ name }) => name === asked.series)!.monitor.windows;
  };
  const countOf = (asked: Quantity): Condition => {
    return { type: 'count', of: asked, windows: rangeIn(numberOf(asked), range), above };
  };
  if (own.form === 'all') return [countOf(of), countOf(quantityFrom(own.and, policy))];
  const windowed = of.type === 'metric' || of.type === 'series';
  if (own.form === 'surge' && windowed && numberOf(of) > 1) {
    const { start, end } = rangeIn(numberOf(of) - 1, range);
    return [{ type: 'surge', of, times, before: { start: start + 1, end: end + 1 }, min }];
  }
  const to = quantityFrom(
    { ...own.and, type: own.and.type === 'series' ? 'series' : 'metric' },
    policy,
  );
  if (own.form === 'ratio' && windowed) {
    const windows = rangeIn(Math.min(numberOf(of), numberOf(to)), range);
    return [{ type: 'ratio', of, to, windows, above: own.part, min }];
  }
  return [countOf(of)];
}

/** Steps of a history, each in one of a few inputs. */
export interface Steps {
  /** Times are multiples of it. */
  readonly grainMs: number;
  readonly steps: readonly (OrUndefined<Omit<EventRow, 'timeMs' | 'kind'>> & {
    readonly source: number;
    readonly gapMs: number;
    readonly lateMs: number;
    readonly kind: string;
  })[];
}

type OrUndefined<T> = { readonly [Name in keyof T]?: T[Name] | undefined };

/** Rows of the inputs, each in file order, and of all of them in the order of the stream. */
export function inputsOf(
  { steps, grainMs }: Steps,
  number = 3,
): {
  inputs: EventRow[][];
  stream: [EventRow, number][];
} {
  const inputs: EventRow[][] = Array.from({ length: number }, () => []);
  let nowMs = NOON_MS;
  for (const { source, gapMs, lateMs, ...event } of steps) {
    nowMs += gapMs - (gapMs % grainMs);
    const line = inputs[source].length + 1;
    const row = { ...(definedOf(event) as EventRow), timeMs: nowMs - lateMs, line };
    inputs[source].push(lateMs === 0 ? row : { ...row, releaseMs: nowMs });
  }
  const all = inputs.flatMap((rows, rank) => rows.map((row): [EventRow, number] => [row, rank]));
  const stream = all.sort(
    ([a, x], [b, y]) => releaseOf(a) - releaseOf(b) || x - y || a.line! - b.line!,
  );
  return { inputs, stream };
}
