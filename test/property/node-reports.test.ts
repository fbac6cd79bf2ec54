// Goal: what a report says of one node is what a replay of that node's lines alone would say, where
// rules count by node; and over all nodes its numbers are those of the report, whatever rules count.
// Method: random policies and events of two nodes in several inputs. Each node is replayed alone,
// too, with one event of its own at the beginning and at the end of the log, so that the clocks of
// the replays stand at the same moments. Then sums over the nodes, observed and in force.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { ALL_NEEDS } from '../../src/model/event.ts';
import { Vocabulary } from '../../src/model/vocabulary.ts';
import type { Condition, Rule, RulePolicy } from '../../src/policy/rule-policy.ts';
import { enforce } from '../../src/simulate/enforce/enforce.ts';
import type { NodeSink } from '../../src/simulate/node-reports.ts';
import { replay } from '../../src/simulate/replay.ts';
import type { FiringRow, NodeTotals, Tally } from '../../src/simulate/tally.ts';
import type { EventRow } from '../builders/event-batches.ts';
import { releaseOf, RowSource } from '../builders/event-sources.ts';
import { inputsOf, policyFrom, rulesAndEvents } from '../builders/rule-histories.ts';
import { ReplayRecords } from '../builders/rule-policies.ts';

const NODES = ['mx1', 'mx2'];

/** Hundredths of the log. */
const part = fc.option(fc.noBias(fc.nat(100)), { nil: undefined, freq: 1 });
const plan = fc.record({ history: rulesAndEvents, from: part, to: part });
type Plan = typeof plan extends fc.Arbitrary<infer T> ? T : never;

interface Span {
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
}

/** Inputs in which every node has the first and the last event, and the span that is asked for. */
function logsOf({ history, from, to }: Plan): { inputs: EventRow[][]; span: Span } {
  const { inputs } = inputsOf(history);
  const times = inputs.flat().map(releaseOf);
  const [startMs, endMs] = [Math.min(...times), Math.max(...times)];
  const moment = (at: number | undefined): number | undefined =>
    at && Math.round(startMs + (at / 100) * (endMs - startMs));
  const span = { fromMs: moment(from), toMs: moment(to) };
  const edge = (timeMs: number): EventRow[] =>
    NODES.map((node) => ({ timeMs, kind: 'delivery', node }));
  const lastMs = span.toMs === undefined ? endMs : Math.max(startMs, span.toMs - 1);
  const framed = [edge(startMs), ...inputs, edge(lastMs)];
  const numbered = framed.map((rows) => rows.map((row, index) => ({ ...row, line: index + 1 })));
  return { inputs: numbered, span };
}

interface Replayed {
  readonly tally: Tally;
  readonly whole: ReplayRecords;
  readonly nodes: Map<string, ReplayRecords>;
}

/** @param apart whether the nodes have rows of their own */
async function replayed(
  run: typeof replay | typeof enforce,
  inputs: readonly (readonly EventRow[])[],
  policy: RulePolicy,
  span: Span,
  apart: boolean,
): Promise<Replayed> {
  const vocabulary = new Vocabulary();
  const whole = new ReplayRecords();
  const nodes = new Map<string, ReplayRecords>();
  const nodeSink = (node: string): NodeSink => {
    expect(nodes.has(node)).toBe(false);
    const records = new ReplayRecords();
    nodes.set(node, records);
    return records;
  };
  const { tally } = await run({
    sources: inputs.map((rows, rank) => new RowSource(rows, { rank, vocabulary })),
    vocabulary,
    needs: ALL_NEEDS,
    policy,
    ...span,
    fileOf: (source) => `log${source}`,
    sessionTimeoutMs: 20_000,
    sink: whole,
    nodeSink: apart ? nodeSink : undefined,
    retryMs: undefined,
  });
  return { tally, whole, nodes };
}

const sum = <Of>(all: readonly Of[], of: (one: Of) => number): number =>
  all.reduce((total, one) => total + of(one), 0);

/** A node's tally as that of a replay without others. */
function nodeTallyOf(node: string, tally: Tally): NodeTotals {
  const { events, ignored, late, tooLate, sessions, rules } = tally;
  const { opened, openAtEnd, peak } = sessions;
  const firings = sum(rules, (rule) => rule.firings);
  const stoppedConnections = sum(rules, (rule) => rule.stoppedConnections);
  const stoppedMessages = sum(rules, (rule) => rule.stoppedMessages);
  const stoppedAccepted = sum(rules, (rule) => rule.stoppedAccepted);
  const stopped = { stoppedConnections, stoppedMessages, stoppedAccepted };
  const counts = { events, ignored, late, tooLate, sessions: { opened, openAtEnd, peak } };
  return { node, ...counts, firings, ...stopped };
}

/**
 * The same policy where every rule counts by node, and nothing is replicated; `inbound_cidr` would
 * be of the cluster.
 */
function ofNodes(policy: RulePolicy): RulePolicy {
  const ofNode = (condition: Condition): Condition => {
    const { of } = condition;
    if (of.type !== 'sessions' || of.service !== 'inbound_cidr') return condition;
    return { ...condition, of: { ...of, service: 'SMTP' } };
  };
  const rules = policy.rules.map((rule): Rule => {
    const [first, ...others] = rule.conditions;
    return { ...rule, scope: 'node', conditions: [ofNode(first), ...others.map(ofNode)] };
  });
  const series = policy.series.map((own) => ({ ...own, replicate: 'none' as const }));
  return { ...policy, series, rules };
}

test('a node of a report is the report of that node alone', async () => {
  let rows = 0;
  const run = fc.asyncProperty(plan, async (own) => {
    const { inputs, span } = logsOf(own);
    const byNode = ofNodes(policyFrom(own.history));
    const { tally, nodes, whole } = await replayed(replay, inputs, byNode, span, true);
    for (const node of NODES) {
      const lines = inputs.map((input) => input.filter((row) => (row.node ?? '') === node));
      const alone = await replayed(replay, lines, byNode, span, false);
      const expected = nodeTallyOf(node, alone.tally);
      expect(tally.nodes.find((each) => each.node === node) ?? expected).toEqual(expected);
      expect(nodes.get(node) ?? new ReplayRecords()).toEqual(alone.whole);
    }
    const plain = await replayed(replay, inputs, byNode, span, false);
    expect(plain).toEqual({ tally, whole, nodes: new Map() });
    rows += whole.firings.length + whole.stoppedRows.length;
  });
  await fc.assert(run, { numRuns: 400 });
  expect(rows).toBeGreaterThan(200);
}, 120_000);

/** Firings by rule, key and window. */
function firingsOf(rows: readonly FiringRow[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { rule, key, windowStartMs, firings } of rows) {
    const name = `${rule} ${key} ${windowStartMs}`;
    sums.set(name, (sums.get(name) ?? 0) + firings);
  }
  return sums;
}

test.each([
  ['observed', replay],
  ['in force', enforce],
])(
  'over all nodes a report adds up: %s',
  async (_, how) => {
    const run = fc.asyncProperty(plan, async (own) => {
      const { inputs, span } = logsOf(own);
      const policy = policyFrom(own.history);
      const { tally, whole, nodes } = await replayed(how, inputs, policy, span, true);
      const { nodes: tallies, sessions, rules, events } = tally;
      const kinds = new Set(tallies.flatMap((node) => Object.keys(node.events)));
      const sums = [...kinds].map((kind) => [kind, sum(tallies, (node) => node.events[kind] ?? 0)]);
      expect(Object.fromEntries(sums)).toEqual(events);
      expect(sum(tallies, ({ ignored }) => ignored)).toBe(tally.ignored);
      expect(sum(tallies, ({ late }) => late)).toBe(tally.late);
      expect(sum(tallies, ({ tooLate }) => tooLate)).toBe(tally.tooLate);
      expect(sum(tallies, (node) => node.sessions.opened)).toBe(sessions.opened);
      expect(sum(tallies, (node) => node.sessions.peak)).toBeGreaterThanOrEqual(sessions.peak);
      expect(sum(tallies, ({ firings }) => firings)).toBe(sum(rules, ({ firings }) => firings));
      for (const counted of ['stoppedConnections', 'stoppedMessages', 'stoppedAccepted'] as const) {
        expect(sum(tallies, (node) => node[counted])).toBe(sum(rules, (rule) => rule[counted]));
      }
      for (const { node } of tallies) expect(nodes.has(node)).toBe(true);

      const all = [...nodes.values()];
      expect(firingsOf(all.flatMap(({ firings }) => firings))).toEqual(firingsOf(whole.firings));
      const stopped = all.flatMap(({ stoppedRows }) => stoppedRows);
      expect(stopped).toHaveLength(whole.stoppedRows.length);
      expect(new Set(stopped.map(textOf))).toEqual(new Set(whole.stoppedRows.map(textOf)));
      // The totals of windows, but for the peaks of sessions and what several nodes count.
      const told = policy.series.filter(({ replicate }) => replicate === 'cluster');
      const isTold = new Set(told.map(({ name }) => name));
      const windows = all.flatMap((records) => records.windows);
      for (const { series, monitor, windowStartMs, total, firings } of whole.windows) {
        if (series === 'sessions' || isTold.has(series)) continue;
        const same = windows.filter(
          (window) =>
            window.series === series &&
            window.monitor === monitor &&
            window.windowStartMs === windowStartMs,
        );
        expect(sum(same, (window) => window.total)).toBe(total);
        // A rule may fire at the event of a node that has counted nothing in the window.
        expect(sum(same, (window) => window.firings)).toBeLessThanOrEqual(firings);
      }
    });
    await fc.assert(run, { numRuns: 150 });
  },
  120_000,
);

const textOf = (row: object): string => JSON.stringify(row);
