import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { ALL_NEEDS } from '../../src/model/event.ts';
import { Vocabulary } from '../../src/model/vocabulary.ts';
import type { Condition, Rule, RulePolicy } from '../../src/policy/rule-policy.ts';
import { explainEvents, type Moment } from '../../src/simulate/explain/explain.ts';
import { inputsOf, policyFrom, rulesAndEvents } from '../builders/rule-histories.ts';
import { correlate } from '../builders/correlated-events.ts';
import type { EventRow } from '../builders/event-batches.ts';
import { releaseOf, RowSource } from '../builders/event-sources.ts';
import { ObviousExplanation } from '../builders/obvious-explanation.ts';
import { ObviousRules, type JudgedEvent } from '../builders/obvious-rules.ts';
import { variantsOf } from '../builders/setting-variants.ts';

const TIMEOUT_MS = 20_000;
const LINES = 3;
const PEERS = ['192.0.2.1', '192.0.2.129'] as const;
const KINDS = ['connect', 'rejection', 'connect'] as const;

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

/** Histories as `rulesAndEvents` makes them, but denser: most rules are asked, and count something. */
const anyDenseReplay = rulesAndEvents.map((own) => ({
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
    const twin = new ObviousExplanation(policy, LINES);
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
    const wrong: Rule[] = [];
    await explainAll(inputs, { ...policy, rules }, (moment, index) => {
      let states: ReturnType<Moment['states']>;
      variants.forEach(({ at, rule, fires }, variant) => {
        if (at !== index) return;
        states ??= moment.states()!;
        // There are too many for a matcher each.
        if (states[indexes[variant]].fires !== fires) wrong.push(rule);
      });
    });
    expect(wrong).toEqual([]);
  });
  await fc.assert(run, { numRuns: 60 });
  expect(claims).toBeGreaterThan(50);
});
