import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { ALL_NEEDS } from '../../src/model/event.ts';
import { Vocabulary } from '../../src/model/vocabulary.ts';
import type { Condition, Quantity, Rule, RulePolicy } from '../../src/policy/rule-policy.ts';
import { explainEvents, type Moment } from '../../src/simulate/explain.ts';
import type { CountedPart, ExplainedRule, Explanation } from '../../src/simulate/explanation.ts';
import { anyReplay, inputsOf, policyFrom } from '../builders/any-replays.ts';
import { correlate } from '../builders/correlated-events.ts';
import type { EventRow } from '../builders/event-batches.ts';
import { releaseOf, RowSource } from '../builders/event-sources.ts';
import { inBlock } from '../builders/obvious-audit.ts';
import { ObviousRules, type JudgedEvent } from '../builders/obvious-rules.ts';
import { variantsOf } from '../builders/setting-variants.ts';

const TIMEOUT_MS = 20_000;
const LINES = 3;
const PEERS = ['192.0.2.1', '192.0.2.129'] as const;
const KINDS = ['connect', 'rejection', 'connect'] as const;
const ADDRESS = { ipv4: 32, ipv6: 128 };

async function explainAll(
  inputs: readonly EventRow[][],
  policy: RulePolicy,
  each: (moment: Moment, index: number) => void,
): Promise<void> {
  const vocabulary = new Vocabulary();
  const sources = inputs.map((input, rank) => new RowSource(input, { rank, vocabulary }));
  let index = 0;
  await explainEvents({
    sources,
    vocabulary,
    needs: ALL_NEEDS,
    policy,
    sessionTimeoutMs: TIMEOUT_MS,
    fileOf: (source) => `log${source}`,
    lines: LINES,
    look: (moment) => {
      each(moment, index++);
      return true;
    },
  });
}

/** Histories as `anyReplay` makes them, but denser: most rules are asked, and count something. */
const anyDenseReplay = anyReplay.map((own) => ({
  ...own,
  rules: own.rules.map((rule, index) => (index % 3 === 2 ? rule : { ...rule, at: undefined })),
  steps: own.steps.map((step, index) => ({
    ...step,
    gapMs: index % 8 === 7 ? step.gapMs : step.gapMs % 500,
    lateMs: index % 4 === 3 ? step.lateMs : 0,
    kind: index % 2 === 0 ? KINDS[index % 3] : step.kind,
    ip: index % 2 === 0 ? PEERS[index % 5 === 0 ? 1 : 0] : step.ip,
  })),
}));

/** An event that a rule's first condition counted. */
interface Counted {
  readonly event: JudgedEvent;
  readonly window: number;
}

/** Explains by reading everything again: the twin. */
class ObviousExplanation {
  readonly #policy: RulePolicy;
  readonly #obvious: ObviousRules;
  /** By rule, in the order of the stream. */
  readonly #counted: Counted[][];
  readonly #peers = new Set<string>();

  constructor(policy: RulePolicy) {
    this.#policy = policy;
    this.#obvious = new ObviousRules(policy);
    this.#counted = policy.rules.map(() => []);
  }

  take(event: JudgedEvent): void {
    const obvious = this.#obvious;
    obvious.take(event, -Infinity);
    const { row } = obvious.current;
    if (row.ip !== undefined) this.#peers.add(row.ip);
    this.#policy.rules.forEach(({ conditions: [first] }, index) => {
      if (!obvious.wasAdded(first, first.of)) return;
      const { intervalMs } = obvious.monitorOf(first.of);
      const window = Math.floor(row.timeMs / intervalMs);
      this.#counted[index].push({ event: obvious.current, window });
    });
  }

  check(explanation: Explanation): void {
    const obvious = this.#obvious;
    const fired = explanation.rules.filter((rule) => rule.fired);
    expect(fired.map(({ name }) => name)).toEqual([...obvious.hits.keys()]);
    for (const { name, conditions } of fired) {
      const [{ count, limit }] = conditions;
      expect({ count, limit }).toEqual(obvious.hits.get(name));
    }
    const refuses = this.#policy.rules.find(({ name, verdict }) => {
      return obvious.hits.has(name) && (verdict.type === 'reject' || verdict.type === 'disconnect');
    });
    expect(explanation.refusedBy).toBe(refuses?.name);
    explanation.rules.forEach((rule, index) => {
      if (rule.notJudged === undefined) this.#checkRule(rule, index);
      else expect(rule.fired).toBe(false);
    });
  }

  #checkRule(explained: ExplainedRule, index: number): void {
    const rule = this.#policy.rules[index];
    rule.conditions.forEach((condition, at) => {
      const { parts, contributors } = explained.conditions[at];
      for (const part of parts) this.#checkPart(rule, condition, part);
      const [{ range, sum }] = parts;
      const windows = range ?? { start: 0, end: 0 };
      if (condition.type !== 'surge' && condition.of.type !== 'sessions') {
        expect(range).toEqual(condition.windows);
      }
      this.#checkContributors(rule, condition, windows, contributors);
      if (contributors === undefined || condition.of.type === 'distinct') return;
      const all = contributors.top.reduce((total, { count }) => total + count, 0);
      if (contributors.total === contributors.top.length) expect(all).toBe(sum);
    });
    this.#checkLines(rule, explained, index);
  }

  #checkPart(rule: Rule, condition: Condition, part: CountedPart): void {
    const obvious = this.#obvious;
    const { role, range, sum, windows } = part;
    const of: Quantity = role === 'to' && condition.type === 'ratio' ? condition.to : condition.of;
    const value = (start: number, end: number): number =>
      obvious.value(rule, condition, of, { start, end }, obvious.current);
    if (range === undefined) {
      expect(sum).toBe(value(0, 0));
      return;
    }
    expect(sum).toBe(value(range.start, range.end));
    const { intervalMs } = obvious.monitorOf(of);
    const current = Math.floor(obvious.current.nowMs / intervalMs);
    const wanted = [];
    for (let number = range.start; number <= range.end; number++) {
      const count = value(number, number);
      if (count !== 0) wanted.push({ number, startMs: (current - number) * intervalMs, count });
    }
    expect(windows).toEqual(wanted);
    if (of.type === 'distinct') expect(part.values?.total).toBe(sum);
    else expect(windows.reduce((total, { count }) => total + count, 0)).toBe(sum);
  }

  #checkContributors(
    rule: Rule,
    condition: Condition,
    windows: { readonly start: number; readonly end: number },
    contributors: ExplainedRule['conditions'][number]['contributors'],
  ): void {
    const obvious = this.#obvious;
    const { row } = obvious.current;
    if (rule.per.type === 'field' || condition.of.type === 'distinct') return;
    const { prefix } = rule.per;
    const own: Rule = { ...rule, per: { type: 'prefix', prefix: ADDRESS } };
    const counts = [...this.#peers].filter(
      (ip) => row.ip !== undefined && inBlock(ip, row.ip, prefix),
    );
    const wanted = counts
      .map((key) => {
        const event = { ...obvious.current, row: { ...row, ip: key } };
        return { key, count: obvious.value(own, condition, condition.of, windows, event) };
      })
      .filter(({ count }) => count !== 0);
    expect(contributors?.total).toBe(wanted.length);
    const best = wanted.map(({ count }) => count).sort((a, b) => b - a);
    expect(contributors?.top.map(({ count }) => count)).toEqual(best.slice(0, 5));
    for (const one of contributors?.top ?? []) expect(wanted).toContainEqual(one);
  }

  #checkLines(rule: Rule, { lines, conditions }: ExplainedRule, index: number): void {
    const obvious = this.#obvious;
    const [first] = rule.conditions;
    if (first.of.type === 'sessions') {
      expect(lines.total).toBe(conditions[0].count);
      expect(lines.newest).toHaveLength(Math.min(LINES, lines.total));
      return;
    }
    const { intervalMs } = obvious.monitorOf(first.of);
    const current = Math.floor(obvious.current.nowMs / intervalMs);
    const range = first.type === 'surge' ? { start: 0, end: 0 } : first.windows;
    const wanted = this.#counted[index]
      .filter(({ event, window }) => {
        const age = current - window;
        return age >= range.start && age <= range.end && this.#sameKey(rule, event.row);
      })
      .reverse()
      .sort((a, b) => b.window - a.window);
    expect(lines.total).toBe(wanted.length);
    expect(lines.newest.map(({ file, line }) => `${file}:${line}`)).toEqual(
      wanted.slice(0, LINES).map(({ event }) => `${event.file}:${event.line}`),
    );
  }

  #sameKey(rule: Rule, other: EventRow): boolean {
    const { row } = this.#obvious.current;
    if (rule.scope === 'node' && row.node !== other.node) return false;
    if (rule.per.type === 'field') {
      const field = rule.per.field as 'user' | 'recipient' | 'sender';
      return (row[field] ?? '') === (other[field] ?? '');
    }
    if (row.ip === undefined || other.ip === undefined) return row.ip === other.ip;
    return inBlock(row.ip, other.ip, rule.per.prefix);
  }
}

// Goal: an explanation says what was counted, by whom and on which lines; the settings that it
// names change the answer, and no nearer one does.
// Method: random policies and inputs, explained at every event, against counts that read all events
// again; then the same inputs under the same rules with each named and each nearer setting.
test('an explanation agrees with the obvious one, and its settings with replays', async () => {
  let claims = 0;
  const run = fc.asyncProperty(anyDenseReplay, fc.nat(2), async (own, chosen) => {
    const policy = policyFrom(own);
    const { inputs, stream } = inputsOf(own);
    const { events } = correlate(
      stream.map(([row]) => row),
      TIMEOUT_MS,
    );
    const judged = stream.flatMap(([row, rank], index): JudgedEvent[] => {
      const correlated = events[index];
      if (correlated.kind === 'dropped') return [];
      const nowMs = releaseOf(row);
      return [{ row, correlated, nowMs, file: `log${rank}`, line: row.line! }];
    });
    const twin = new ObviousExplanation(policy);
    const variants: { readonly rule: Rule; readonly fires: boolean; readonly at: number }[] = [];
    const keptOf = (condition: Condition): number => {
      const parts = condition.type === 'ratio' ? [condition.of, condition.to] : [condition.of];
      const monitors = parts.map((of) => new ObviousRules(policy).monitorOf(of));
      return Math.min(...monitors.map(({ windows }) => windows));
    };
    let explained = 0;
    await explainAll(inputs, policy, (moment, index) => {
      const { nowMs, file, line } = judged[index];
      const explanation = moment.explain();
      expect({ nowMs: moment.nowMs, file, line }).toMatchObject({
        nowMs,
        file: explanation.event.file,
        line: explanation.event.line,
      });
      twin.take(judged[index]);
      twin.check(explanation);
      explained++;
      if (index % 3 !== chosen) return;
      const { ip } = explanation.event;
      const family = ip === '' ? undefined : ip.includes(':') ? 'ipv6' : 'ipv4';
      explanation.rules.forEach((rule, at) => {
        if (rule.notJudged !== undefined) return;
        claims += rule.changes.length;
        for (const variant of variantsOf(policy.rules[at], rule, family, keptOf)) {
          variants.push({ ...variant, at: index });
        }
      });
    });
    expect(explained).toBe(judged.length);

    const names = new Map<string, number>();
    const rules: Rule[] = [];
    const indexes = variants.map(({ rule }) => {
      const text = JSON.stringify(rule);
      const known = names.get(text) ?? rules.length;
      if (known === rules.length) rules.push({ ...rule, name: `v${known}` });
      names.set(text, known);
      return known;
    });
    await explainAll(inputs, { ...policy, rules }, (moment, index) => {
      let states: ReturnType<Moment['states']>;
      variants.forEach(({ at, rule, fires }, variant) => {
        if (at !== index) return;
        states ??= moment.states()!;
        // Only what differs is worth a matcher: there are very many.
        if (states[indexes[variant]].fires !== fires) expect([rule, fires]).toEqual([rule, !fires]);
      });
    });
  });
  await fc.assert(run, { numRuns: 60 });
  expect(claims).toBeGreaterThan(50);
});
