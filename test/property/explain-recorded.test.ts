// Goal: explain's numbers are the engine's, for every firing of a recorded log, and they are true.
// Method: every event at which a rule fires is explained in one pass. From these explanations alone
// the rows of firings.csv are made again; the counts are made again from the events of the log, one
// by one; and the settings that explanations name are put to a replay.
import path from 'node:path';
import { describe, expect, test } from 'vitest';

import { openLogs } from '../../src/cli/open-logs.ts';
import { loadPolicy } from '../../src/cli/policy-file.ts';
import { ALL_NEEDS, EVENT_COLUMNS, type EventField } from '../../src/model/event.ts';
import { fieldValue } from '../../src/model/field-value.ts';
import { Vocabulary } from '../../src/model/vocabulary.ts';
import { needsOf } from '../../src/policy/needs.ts';
import { monitorOf } from '../../src/policy/rule-evaluator.ts';
import type { Condition, FieldFilter, Rule, RulePolicy } from '../../src/policy/rule-policy.ts';
import { explainEvents, type Moment } from '../../src/simulate/explain/explain.ts';
import type {
  CountedPart,
  ExplainedRule,
  Explanation,
} from '../../src/simulate/explain/explanation.ts';
import { replay } from '../../src/simulate/replay.ts';
import type { FiringRow } from '../../src/simulate/tally.ts';
import { inBlock } from '../builders/obvious-audit.ts';
import { ReplayRecords } from '../builders/rule-policies.ts';
import { variantsOf } from '../builders/setting-variants.ts';

const FIXTURES = path.join(import.meta.dirname, '..', '..', 'fixtures');
const LOG = path.join(FIXTURES, 'logs', 'postfix', 'recorded.log.gz');
const DATED = { year: 2026, tz: ['Europe/Berlin'] };
const LINES = 5;

type Fields = Readonly<Record<EventField, string>> & { readonly timeMs: number };

async function opened<Result>(
  needs: { readonly textFields: number },
  use: (logs: Awaited<ReturnType<typeof openLogs>>, vocabulary: Vocabulary) => Promise<Result>,
): Promise<Result> {
  const vocabulary = new Vocabulary();
  const demands = { vocabulary, needs, gapMs: Infinity, signal: undefined };
  const logs = await openLogs([LOG], DATED, demands);
  try {
    return await use(logs, vocabulary);
  } finally {
    logs.close();
  }
}

function firingsOf(policy: RulePolicy): Promise<readonly FiringRow[]> {
  const needs = needsOf(policy);
  return opened(needs, async ({ sources, fileOf }, vocabulary) => {
    const sink = new ReplayRecords();
    await replay({ sources, vocabulary, needs, policy, fileOf, sink });
    return sink.firings;
  });
}

function explainRecorded(
  policy: RulePolicy,
  each: (moment: Moment, index: number) => void,
): Promise<unknown> {
  return opened(ALL_NEEDS, ({ sources, fileOf }, vocabulary) => {
    let index = 0;
    const look = (moment: Moment): boolean => {
      each(moment, index++);
      return true;
    };
    const own = { sources, vocabulary, needs: ALL_NEEDS, policy, fileOf, lines: LINES, look };
    return explainEvents(own);
  });
}

/** Makes rows of firings.csv from explanations. */
function rowsOf(policy: RulePolicy, explanations: readonly Explanation[]): FiringRow[] {
  const rows = new Map<string, FiringRow>();
  for (const { event, rules } of explanations) {
    for (const [index, { name, verdict, fired, key, conditions }] of rules.entries()) {
      if (!fired) continue;
      const { intervalMs } = monitorOf(policy.rules[index], policy);
      const windowStartMs = Math.floor(event.timeMs / intervalMs) * intervalMs;
      const [{ count, limit }] = conditions;
      const id = `${name} ${key} ${windowStartMs}`;
      const known = rows.get(id);
      const { timeMs: lastMs, file, line } = event;
      const first = { rule: name, key, windowStartMs, firings: 0, firstMs: lastMs, lastMs };
      const row = known ?? { ...first, peak: count, limit, verdict, file, line };
      const higher = count > row.peak! ? { peak: count, limit } : {};
      rows.set(id, { ...row, ...higher, firings: row.firings + 1, lastMs });
    }
  }
  return [...rows.values()];
}

const byText = (rows: readonly object[]): string[] => rows.map((row) => JSON.stringify(row)).sort();

function fits(event: Fields, filters: readonly FieldFilter[]): boolean {
  return filters.every(({ field, matches }) =>
    matches.some((match) => {
      if (match.type === 'network') throw new Error('the policies of this test name no network');
      return match.type === 'exact'
        ? event[field] === match.value
        : match.pattern.test(event[field]);
    }),
  );
}

const KIND_OF = {
  connections: 'connect',
  receptions: 'reception',
  rejections: 'rejection',
} as const;

/** Whether an event belongs to the block or text of another one, by the rule. */
function sameKey({ scope, per }: Rule, own: Fields, event: Fields): boolean {
  if (scope === 'node' && event.node !== own.node) return false;
  if (per.type === 'field') return event[per.field] === own[per.field];
  return event.ip !== '' && inBlock(event.ip, own.ip, per.prefix);
}

/** What an event of the same block or text adds to a metric or series. */
function amountOf({ what }: CountedPart, policy: RulePolicy, event: Fields): number {
  if (what.type === 'metric') {
    return Number(event.kind === KIND_OF[what.name as keyof typeof KIND_OF]);
  }
  const series = policy.series.find(({ name }) => what.type === 'series' && name === what.name)!;
  if (!series.on.includes(event.kind) || !fits(event, series.where)) return 0;
  if (event[series.key] === '') return 0;
  return typeof series.amount === 'number' ? series.amount : Number(event[series.amount]);
}

/** Counts a part of a condition again, event by event. */
function recount(
  part: CountedPart,
  condition: Condition,
  rule: Rule,
  policy: RulePolicy,
  events: readonly Fields[],
): { readonly sum: number; readonly windows: CountedPart['windows'] } {
  const own = events.at(-1)!;
  const { intervalMs } = part.monitor!;
  const { start, end } = part.range!;
  const windowOf = ({ timeMs }: Fields): number => Math.floor(timeMs / intervalMs);
  const ageOf = (event: Fields): number => windowOf(own) - windowOf(event);
  const asked = events.filter((event) => {
    return ageOf(event) >= start && ageOf(event) <= end && sameKey(rule, own, event);
  });
  const { of } = condition;
  const countOf = (some: readonly Fields[]): number => {
    if (of.type !== 'distinct') {
      return some.reduce((sum, event) => sum + amountOf(part, policy, event), 0);
    }
    const counted = some.filter((event) => of.on.includes(event.kind) && fits(event, of.where));
    return new Set(counted.map((event) => event[of.field]).filter((value) => value !== '')).size;
  };
  const ages = [...new Set(asked.map(ageOf))].sort((a, b) => a - b);
  const windows = ages
    .map((number) => ({
      number,
      startMs: (windowOf(own) - number) * intervalMs,
      count: countOf(asked.filter((event) => ageOf(event) === number)),
    }))
    .filter(({ count }) => count !== 0);
  return { sum: countOf(asked), windows };
}

function checkRule(
  explained: ExplainedRule,
  rule: Rule,
  policy: RulePolicy,
  events: readonly Fields[],
): number {
  let checked = 0;
  explained.conditions.forEach(({ parts, count }, index) => {
    const [first] = parts;
    expect(count).toBe(first.sum);
    for (const part of parts) {
      if (part.what.type === 'sessions') continue;
      const again = recount(part, rule.conditions[index], rule, policy, events);
      expect([rule.name, part.sum, part.windows]).toEqual([rule.name, again.sum, again.windows]);
      checked++;
    }
  });
  return checked;
}

describe.each([
  ['policy/good/first.yaml', 50],
  ['policy/good/full.yaml', 5],
  ['policy/good/t2.yaml', 14],
  ['replay/everything.yaml', 140],
  ['replay/forms.yaml', 100],
])('%s', (file, leastRows) => {
  const { policy } = loadPolicy(path.join(FIXTURES, file));

  test('every firing, and every other setting', async () => {
    const rows = await firingsOf(policy);
    expect(rows.length).toBeGreaterThanOrEqual(leastRows);
    const firsts = new Set(rows.map((row) => `${row.rule} ${row.line} ${row.key}`));
    const explanations: Explanation[] = [];
    const events: Fields[] = [];
    const variants: { readonly rule: Rule; readonly fires: boolean; readonly at: number }[] = [];
    const keptOf = (condition: Condition): number =>
      Math.min(
        ...(condition.type === 'ratio' ? [condition.of, condition.to] : [condition.of]).map(
          (of) =>
            monitorOf({ ...policy.rules[0], conditions: [{ ...condition, of }] }, policy).windows,
        ),
      );
    let checked = 0;
    let silent = 0;
    let explained = 0;
    await explainRecorded(policy, (moment, index) => {
      const { batch, row } = moment;
      const fields = EVENT_COLUMNS.map((field) => [field, fieldValue(batch, row, field)] as const);
      const own = Object.fromEntries(fields) as Record<EventField, string>;
      events.push({ ...own, timeMs: batch.time[row] });
      const states = moment.states() ?? [];
      // Of the events at which nothing fires some are enough.
      if (!states.some(({ fires }) => fires) && index % 40 !== 0) return;
      const explanation = moment.explain();
      explanations.push(explanation);
      explanation.rules.forEach((rule, at) => {
        if (rule.notJudged !== undefined) return;
        const isFirst = firsts.has(`${rule.name} ${explanation.event.line} ${rule.key}`);
        if (!isFirst && index % 40 !== 0) return;
        if (!rule.fired) silent++;
        checked += checkRule(rule, policy.rules[at], policy, events);
        const family = explanation.event.ip.includes(':') ? 'ipv6' : 'ipv4';
        // A replay with a rule for each of them costs the most here.
        if (explained++ % 12 !== 0) return;
        for (const variant of variantsOf(policy.rules[at], rule, family, keptOf)) {
          variants.push({ ...variant, at: index });
        }
      });
    });
    expect(byText(rowsOf(policy, explanations))).toEqual(byText(rows));
    expect(checked).toBeGreaterThanOrEqual(rows.length / 2);
    expect(silent).toBeGreaterThan(5);

    const numbers = new Map<string, number>();
    const rules: Rule[] = [];
    const asked = new Map<number, { readonly number: number; readonly fires: boolean }[]>();
    for (const { rule, fires, at } of variants) {
      const text = JSON.stringify(rule);
      const number = numbers.get(text) ?? rules.length;
      if (number === rules.length) rules.push({ ...rule, name: `v${number}` });
      numbers.set(text, number);
      asked.set(at, [...(asked.get(at) ?? []), { number, fires }]);
    }
    await explainRecorded({ ...policy, rules }, (moment, index) => {
      const own = asked.get(index);
      if (own === undefined) return;
      const states = moment.states()!;
      const wrong = own.filter(({ number, fires }) => states[number].fires !== fires);
      expect(wrong.map(({ number }) => rules[number])).toEqual([]);
    });
  });
});
