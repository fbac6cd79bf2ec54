// Goal: the totals of a node count what a report counts, from its beginning on, also for kinds that
// a CSV brings and over several runs; and a terminal shows as many nodes as it can.
// Method: events of several nodes through a replay, and tallies through the table.
import { expect, test } from 'vitest';

import { Vocabulary } from '../../../src/model/vocabulary.ts';
import { nodeTotalsTable } from '../../../src/report/node-totals.ts';
import { emptyTally } from '../../../src/simulate/empty-tally.ts';
import { NodeTallies } from '../../../src/simulate/node-tallies.ts';
import type { NodeTotals } from '../../../src/simulate/tally.ts';
import { batchOf, NOON_MS, type EventRow } from '../../builders/event-batches.ts';
import { policyOf, replayRows } from '../../builders/rule-policies.ts';

const NOTHING = { ignored: 0, late: 0, tooLate: 0, firings: 0 };
const STOPPED = { stoppedConnections: 0, stoppedMessages: 0, stoppedAccepted: 0 };
const ip = '192.0.2.1';

const event = (seconds: number, kind: string, node: string, more: object = {}): EventRow => ({
  timeMs: NOON_MS + seconds * 1000,
  kind,
  node,
  ip,
  ...more,
});

test('sessions that are open when the report begins count from then on', async () => {
  const rows = [
    event(0, 'connect', 'mx1', { session: 'a' }),
    event(1, 'connect', 'mx1', { session: 'b' }),
    event(2, 'connect', 'mx2', { session: 'c' }),
    event(60, 'disconnect', 'mx1', { session: 'a' }),
    event(61, 'connect', 'mx2', { session: 'd' }),
  ];
  const { tally } = await replayRows(rows, policyOf([]), { fromMs: NOON_MS + 30_000 });
  expect(tally.nodes.map(({ node, sessions }) => ({ node, ...sessions }))).toEqual([
    { node: 'mx1', opened: 0, openAtEnd: 1, peak: 2 },
    { node: 'mx2', opened: 1, openAtEnd: 2, peak: 2 },
  ]);
  expect(tally.sessions).toMatchObject({ opened: 1, openAtEnd: 3, peak: 3 });
});

test('a node without anything in the span of the report is not in it', async () => {
  const rows = [event(0, 'delivery', 'mx1'), event(60, 'delivery', 'mx2')];
  const { tally } = await replayRows(rows, policyOf([]), { fromMs: NOON_MS + 30_000 });
  expect(tally.nodes.map(({ node }) => node)).toEqual(['mx2']);
});

test('kinds of any number are counted, and tallies go on where others ended', () => {
  const vocabulary = new Vocabulary();
  const kinds = Array.from({ length: 100 }, (_, index) => `kind_${index}`);
  const rows = kinds.flatMap((kind, index) =>
    Array.from({ length: (index % 3) + 1 }, () => event(0, kind, index % 2 === 0 ? '' : 'mx1')),
  );
  const batch = batchOf(rows, vocabulary);
  const whole = new NodeTallies(vocabulary);
  rows.forEach((_, row) => whole.count(batch, row));
  expect(whole.tallies.map(({ node }) => node)).toEqual(['', 'mx1']);
  for (const [index, { events }] of whole.tallies.entries()) {
    const own = kinds.flatMap((kind, at) => (at % 2 === index ? [[kind, (at % 3) + 1]] : []));
    expect(events).toEqual(Object.fromEntries(own));
    expect(Object.keys(events)).toEqual(Object.keys(events).sort());
  }

  const half = rows.length / 2;
  let parts: readonly NodeTotals[] = [];
  for (const isFirst of [true, false]) {
    const part = new NodeTallies(vocabulary);
    part.restore(parts);
    rows.forEach((_, row) => {
      if (row < half === isFirst) part.count(batch, row);
    });
    parts = JSON.parse(JSON.stringify(part.tallies)) as NodeTotals[];
  }
  expect(parts).toEqual(whole.tallies);
});

const nodeOf = (node: string, connect: number): NodeTotals => {
  const sessions = { opened: 0, openAtEnd: 0, peak: 0 };
  return { node, events: { connect }, sessions, ...NOTHING, ...STOPPED };
};

test('a table shows the nodes with the most events, in the order of names', () => {
  const nodes = Array.from({ length: 53 }, (_, index) => nodeOf(`mx${100 + index}`, 60 - index));
  const shown = nodeTotalsTable({ ...emptyTally(), nodes })!;
  const names = shown.match(/mx1\d\d/g);
  expect(names).toEqual(nodes.slice(0, 50).map(({ node }) => node));
  expect(shown).toMatch(/\n3 more nodes \(summary\.json of --out\)$/);
  expect(nodeTotalsTable({ ...emptyTally(), nodes: nodes.slice(0, 1) })).toBeUndefined();
  // A name is what a log says: it must not steer a terminal.
  const odd = nodeTotalsTable({ ...emptyTally(), nodes: [nodeOf('\u001B[2J', 1), nodeOf('', 1)] })!;
  expect(odd).toContain('\\x1b[2J');
  expect(odd).toContain('(no name)');
});
