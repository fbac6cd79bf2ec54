// Goal: in force, what a rule refuses is taken back wherever the accepted reading has it, at other
// nodes and on its way to them (semantics, sections 6 and 7).
// Method: a few lines of two nodes, a log for each; what a rule counts at each of them stands beside
// it, worked out by hand. Times are seconds after noon.
import { expect, test } from 'vitest';

import { ALL_NEEDS } from '../../../src/model/event.ts';
import { ALL_REPLICATED } from '../../../src/model/replication.ts';
import { Vocabulary } from '../../../src/model/vocabulary.ts';
import { enforce } from '../../../src/simulate/enforce/enforce.ts';
import { NOON_MS } from '../../builders/event-batches.ts';
import { RowSource } from '../../builders/event-sources.ts';
import { connect } from '../../builders/node-histories.ts';
import { ReplayRecords } from '../../builders/rule-policies.ts';
import { policyOf, read } from '../policy/yaml/reading.ts';

/** What `seen` counts at each of its firings, by its reading and what the series replicates. */
async function seen(counts: string, replicate: string, delayMs: number): Promise<string[]> {
  const policy = policyOf(
    read(`hindcast: 1
monitors: ["10,3"]
series: { s: { type: ip, monitor: "10,3", on: connect, replicate: ${replicate} } }
rules:
  - { name: again, count: connections, windows: 0..2, per: address, above: 1, scope: node, then: { reject: "450 no" } }
  - { name: seen, count: s, windows: 0..2, per: address, above: 0, scope: node, counts: ${counts}, then: tag }
`),
  );
  // The second one of mx1 is refused, and so is the second one of mx2.
  const inputs = [
    [connect('mx1', 0), connect('mx1', 1)],
    [connect('mx2', 2.5), connect('mx2', 4)],
  ];
  const vocabulary = new Vocabulary();
  const found: string[] = [];
  const managerLog = { intervalMs: 20_000, includes: () => true };
  const replication = { ...ALL_REPLICATED, series: delayMs, manager: delayMs };
  const records = new ReplayRecords();
  await enforce({
    vocabulary,
    sources: inputs.map((rows, rank) => new RowSource(rows, { rank, vocabulary })),
    needs: ALL_NEEDS,
    fileOf: (source) => `mx${source + 1}`,
    policy: { ...policy, replication, managerLog },
    retryMs: undefined,
    sink: records,
    onFiring: ({ rule, file, timeMs, count }) => {
      if (rule === 'seen') found.push(`${(timeMs - NOON_MS) / 1000} ${file}: ${count}`);
    },
  });
  expect(records.managerJournals.map(({ rows }) => rows)).toEqual(
    // The manager counts attempts.
    replicate === 'none' ? [] : [[{ window: 0, key: '192.0.2.1', count: 4 }]],
  );
  return found;
}

test.each<[string, string, number, string[]]>([
  ['attempts', 'cluster', 0, ['0 mx1: 1', '1 mx1: 2', '2.5 mx2: 3', '4 mx2: 4']],
  // The event at hand is part of the count; those that were refused before are not.
  ['accepted', 'cluster', 0, ['0 mx1: 1', '1 mx1: 2', '2.5 mx2: 2', '4 mx2: 3']],
  ['accepted', 'none', 0, ['0 mx1: 1', '1 mx1: 2', '2.5 mx2: 1', '4 mx2: 2']],
  ['accepted', 'manager', 0, ['0 mx1: 1', '1 mx1: 2', '2.5 mx2: 1', '4 mx2: 2']],
  // At 2.5 that of 0 has arrived; at 4 that of 1, which was taken back on its way, would have.
  ['attempts', 'cluster', 2000, ['0 mx1: 1', '1 mx1: 2', '2.5 mx2: 2', '4 mx2: 4']],
  ['accepted', 'cluster', 2000, ['0 mx1: 1', '1 mx1: 2', '2.5 mx2: 2', '4 mx2: 3']],
])(
  '%s of a series with replicate: %s and a delay of %i',
  async (counts, replicate, delayMs, expected) => {
    expect(await seen(counts, replicate, delayMs)).toEqual(expected);
  },
);
