// Goal: what nodes count for themselves, what they tell each other and the manager, and when it
// arrives, is what semantics, section 7, says, however a policy is written.
// Method: random histories of up to four nodes under random policies, written as Sieve++ scripts, as
// a Lua module and as YAML rules; every answer is compared with that of nodes made of plain maps.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { ALL_NEEDS } from '../../src/model/event.ts';
import type { ManagerLog } from '../../src/model/replication.ts';
import { Vocabulary } from '../../src/model/vocabulary.ts';
import type { Rule } from '../../src/policy/rule-policy.ts';
import { enforce } from '../../src/simulate/enforce/enforce.ts';
import { BARE_POLICY } from '../../src/simulate/policy-run.ts';
import { replay, type ReplayOptions } from '../../src/simulate/replay.ts';
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
import { ReplayRecords } from '../builders/rule-policies.ts';
import { sievePolicy } from '../builders/script-replays.ts';
import { policyOf, read } from '../unit/policy/yaml/reading.ts';

const TIMEOUT_MS = 30_000;

interface Told {
  readonly logs: readonly string[];
  readonly firings: readonly string[];
  readonly records: ReplayRecords;
}

/**
 * Replays inputs, or enforces.
 *
 * @param order of the inputs, which must not matter
 */
async function replayed(
  policy: ClusterPolicy,
  face: Face,
  inputs: readonly (readonly EventRow[])[],
  order: readonly number[] = inputs.map((_, rank) => rank),
  run: (options: ReplayOptions) => Promise<unknown> = replay,
): Promise<Told> {
  const records = new ReplayRecords();
  const firings: string[] = [];
  const { log, replication, monitors, clampNegative } = policy;
  const included = log.included.map((index) => seriesName(index));
  const managerLog: ManagerLog = {
    intervalMs: log.intervalMs,
    includes: (series) => included.includes(series),
  };
  const written =
    face === 'yaml' ? policyOf(read(yamlOf(policy))) : { ...BARE_POLICY, monitors, ignore: [] };
  const vocabulary = new Vocabulary();
  await run({
    vocabulary,
    sources: order.map((rank) => new RowSource(inputs[rank], { rank, vocabulary })),
    needs: ALL_NEEDS,
    fileOf: (source) => NODES[source],
    policy: { ...written, replication, managerLog },
    scripts: {
      sieve: sievePolicy(sieveOf(policy)),
      lua: luaPolicy(luaOf(policy)),
      yaml: undefined,
    }[face],
    sessionTimeoutMs: TIMEOUT_MS,
    clampNegative,
    sink: records,
    onFiring: ({ rule, key, timeMs, count }) => firings.push(`${rule} ${key} ${timeMs} ${count}`),
  });
  return { logs: records.log.map(({ text }) => text), firings, records };
}

/**
 * Windows as text. Of keys that were taken out on one node it is not said whether a window has them
 * still, with 0.
 */
function windowTexts(windows: readonly ClusterWindow[], removes: boolean): string[] {
  const counted = windows.filter(({ series, total }) => {
    return series !== 'sessions' && !(removes && total === 0);
  });
  return counted
    .map(({ series, monitor, windowStartMs, total, keys }) => {
      const { intervalMs, windows: number } = monitor;
      return `${series} ${intervalMs} ${number} ${windowStartMs} ${total} ${removes ? '' : keys}`;
    })
    .sort();
}

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
  const removes = face === 'lua' && policy.steps.some(({ type }) => type === 'remove');
  expect(windowTexts(records.windows, removes)).toEqual(windowTexts(truth.windows(), removes));
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
      { numRuns: 70 },
    );
    expect(answers).toBeGreaterThan(100);
  });

  test('whatever the order of the inputs', async () => {
    await fc.assert(
      fc.asyncProperty(anyPolicy, lateHistory, fc.nat(23), async (policy, history, shuffle) => {
        const { inputs } = inputsOf(history, NODES.length);
        const turned = await replayed(policy, face, inputs, orderOf(shuffle));
        expect(turned).toEqual(await replayed(policy, face, inputs));
      }),
      { numRuns: 15 },
    );
  });

  test('a policy that refuses nobody is told the same when it is in force', async () => {
    await fc.assert(
      fc.asyncProperty(anyPolicy, lateHistory, async (policy, history) => {
        const { inputs } = inputsOf(history, NODES.length);
        const inForce = await replayed(policy, face, inputs, undefined, (options) => {
          // Nothing is refused, so both readings are one.
          const rules = options.policy!.rules.map((rule, index): Rule => {
            return { ...rule, counts: index % 2 === 0 ? 'attempts' : 'accepted' };
          });
          return enforce({ ...options, policy: { ...options.policy!, rules }, retryMs: undefined });
        });
        const observed = await replayed(policy, face, inputs);
        // Beside each window stands what was observed in it.
        expect(inForce.records.enforcedRows).toHaveLength(observed.records.windows.length);
        inForce.records.enforcedRows.length = 0;
        expect(inForce).toEqual(observed);
      }),
      { numRuns: 15 },
    );
  });
});
