// Goal: what nodes count for themselves, what they tell each other and the manager, and when it
// arrives, is what semantics, section 7, says, however a policy is written.
// Method: random histories of up to four nodes under random policies, written as Sieve++ scripts, as
// a Lua module and as YAML rules; every answer is compared with that of nodes made of plain maps.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import type { ManagerLog } from '../../src/model/replication.ts';
import { Vocabulary } from '../../src/model/vocabulary.ts';
import { BARE_POLICY } from '../../src/simulate/policy-run.ts';
import {
  anyPolicy,
  lateHistory,
  NODES,
  orderOf,
  promptHistory,
  seriesName,
  type ClusterHistory,
  type ClusterPolicy,
} from '../builders/cluster-plans.ts';
import { luaOf, sieveOf, yamlOf } from '../builders/cluster-texts.ts';
import { ClusterTruth, type Face } from '../builders/cluster-truth.ts';
import type { EventRow } from '../builders/event-batches.ts';
import { RowSource } from '../builders/event-sources.ts';
import { luaPolicy } from '../builders/lua-replays.ts';
import { inOrder, type ClusterWindow } from '../builders/obvious-cluster.ts';
import { inputsOf } from '../builders/rule-histories.ts';
import { replayRows, ReplayRecords } from '../builders/rule-policies.ts';
import { sievePolicy } from '../builders/script-replays.ts';
import { policyOf, read } from '../unit/policy/yaml/reading.ts';

const TIMEOUT_MS = 30_000;

interface Told {
  readonly logs: readonly string[];
  readonly firings: readonly string[];
  readonly records: ReplayRecords;
}

/** @param order of the inputs, which must not matter */
async function replayed(
  policy: ClusterPolicy,
  face: Face,
  inputs: readonly (readonly EventRow[])[],
  order: readonly number[] = inputs.map((_, rank) => rank),
): Promise<Told> {
  const records = new ReplayRecords();
  const firings: string[] = [];
  const { log, replication, monitors, clampNegative } = policy;
  const included = log.included.map((index) => seriesName(index));
  const written =
    face === 'yaml' ? policyOf(read(yamlOf(policy))) : { ...BARE_POLICY, monitors, ignore: [] };
  const managerLog: ManagerLog = {
    intervalMs: log.intervalMs,
    includes: (series) => included.includes(series),
  };
  const vocabulary = new Vocabulary();
  await replayRows(
    inputs,
    { ...written, replication, managerLog },
    {
      vocabulary,
      sources: order.map((rank) => new RowSource(inputs[rank], { rank, vocabulary })),
      sessionTimeoutMs: TIMEOUT_MS,
      sink: records,
      clampNegative,
      scripts: {
        sieve: sievePolicy(sieveOf(policy)),
        lua: luaPolicy(luaOf(policy)),
        yaml: undefined,
      }[face],
      onFiring: ({ rule, key, timeMs, count }) => firings.push(`${rule} ${key} ${timeMs} ${count}`),
    },
  );
  return { logs: records.log.map(({ text }) => text), firings, records };
}

const windowText = ({ series, monitor, windowStartMs, total, keys }: ClusterWindow): string =>
  JSON.stringify([series, monitor.intervalMs, monitor.windows, windowStartMs, total, keys]);

/** @returns how many of the answers that were compared hang on other nodes */
async function compare(
  policy: ClusterPolicy,
  face: Face,
  history: ClusterHistory,
): Promise<number> {
  const { inputs, stream } = inputsOf(history, NODES.length);
  const rows = stream.map(([row]) => row);
  const truth = new ClusterTruth(policy, face).run(rows, TIMEOUT_MS);
  const { logs, firings, records } = await replayed(policy, face, inputs);
  expect(logs).toEqual(truth.logs);
  expect(firings).toEqual(truth.firings);
  const counted = records.windows.filter(({ series }) => series !== 'sessions');
  expect(counted.map((row) => windowText(row)).sort()).toEqual(
    truth
      .windows()
      .map((row) => windowText(row))
      .sort(),
  );
  expect(inOrder(records.managerJournals)).toEqual(truth.journals());
  return truth.fromOthers;
}

/** A module that has run at no event of a session, late as they were, is not told of its end. */
const withoutEnds = (policy: ClusterPolicy): ClusterPolicy => {
  return { ...policy, steps: policy.steps.filter(({ at }) => at !== 'end') };
};

describe.each<[Face]>([['sieve'], ['lua'], ['yaml']])('%s', (face) => {
  test.each([
    ['in order', promptHistory],
    ['with late lines', lateHistory],
  ] as const)('nodes tell each other what they count, %s', async (_, history) => {
    let answers = 0;
    await fc.assert(
      fc.asyncProperty(anyPolicy, history, async (policy, own) => {
        const isPrompt = history === promptHistory || face === 'yaml';
        answers += await compare(isPrompt ? policy : withoutEnds(policy), face, own);
      }),
      { numRuns: 100 },
    );
    expect(answers).toBeGreaterThan(200);
  });

  test('whatever the order of the inputs', async () => {
    await fc.assert(
      fc.asyncProperty(anyPolicy, lateHistory, fc.nat(23), async (policy, history, shuffle) => {
        const { inputs } = inputsOf(history, NODES.length);
        const turned = await replayed(policy, face, inputs, orderOf(shuffle));
        expect(turned).toEqual(await replayed(policy, face, inputs));
      }),
      { numRuns: 25 },
    );
  });
});
