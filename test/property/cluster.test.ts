// Goal: what nodes count for themselves, what they tell each other and the manager, and when it
// arrives, is what semantics, section 7, says, however a policy is written.
// Method: random histories of up to four nodes under random policies, written as Sieve++ scripts, as
// a Lua module and as YAML rules; every answer is compared with that of nodes made of plain maps.
import path from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { formatMonitor } from '../../src/model/monitor.ts';
import type { SeriesSnapshot } from '../../src/model/series-snapshot.ts';
import { Vocabulary } from '../../src/model/vocabulary.ts';
import { journalName } from '../../src/series/name.ts';
import { encodeSeries } from '../../src/series/writer.ts';
import { BARE_POLICY } from '../../src/simulate/policy-run.ts';
import {
  allAfter,
  anyPolicy,
  lateHistory,
  NODES,
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
import { hereWith } from '../builders/run-here.ts';
import { inputsOf } from '../builders/rule-histories.ts';
import { replayRows, ReplayRecords } from '../builders/rule-policies.ts';
import { sievePolicy } from '../builders/script-replays.ts';
import { filesBelow, readCsv } from '../e2e/run-hindcast.ts';
import { policyOf, read } from '../unit/policy/yaml/reading.ts';

const TIMEOUT_MS = 20_000;

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
  const { log, replication, monitors } = policy;
  const included = log.included.map((index) => seriesName(index));
  const rules =
    face === 'yaml' ? policyOf(read(yamlOf(policy))) : { ...BARE_POLICY, monitors, ignore: [] };
  const vocabulary = new Vocabulary();
  await replayRows(inputs, rules, {
    vocabulary,
    sources: order.map((rank) => new RowSource(inputs[rank], { rank, vocabulary })),
    sessionTimeoutMs: TIMEOUT_MS,
    sink: records,
    scripts: {
      sieve: sievePolicy(sieveOf(policy)),
      lua: luaPolicy(luaOf(policy)),
      yaml: undefined,
    }[face],
    onFiring: ({ rule, key, timeMs, count }) => firings.push(`${rule} ${key} ${timeMs} ${count}`),
    replication,
    managerLog: { intervalMs: log.intervalMs, includes: (series) => included.includes(series) },
  });
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

/** One of the orders of four inputs. */
function orderOf(number: number): number[] {
  const left = [0, 1, 2, 3];
  return [number % 4, number % 3, number % 2, 0].map((at) => left.splice(at, 1)[0]);
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
    expect(answers).toBeGreaterThan(500);
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

/** A configuration that tells everything, `delayMs` later. */
const configurationOf = ({ monitors, log }: ClusterPolicy, delayMs: number): string => {
  const delay = `max_delay = ${delayMs / 1000}`;
  return `inbound_audit { monitors = ( ${monitors.map((one) => `"${formatMonitor(one)}"`).join(' ')} ) }
sieve {
  script "connect_phase1" { source = "connect.siv" }
  script "rcptto_phase1" { source = "rcptto.siv" }
}
cluster {
  Replicate "metrics" { parameters = "connect;reception;rejection;audit_series" ${delay} }
  Replicate "inbound_cidr" { ${delay} }
  Replicate "eccmgr_metrics" { parameters = "audit_series" ${delay} }
}
as_logger {
  log_interval = ${log.intervalMs / 1000}
  series_include = ( ${log.included.map((index) => `"^${seriesName(index)}$"`).join(' ')} )
}
`;
};

const COLUMNS = ['kind', 'ip', 'session', 'listener', 'service', 'recipient', 'node'] as const;

const csvOf = (rows: readonly EventRow[]): string =>
  [
    `time,phase,code,recipients,${COLUMNS.join(',')}`,
    ...rows.map((row) => {
      const { timeMs, phase = '', code = '', recipients = '' } = row;
      return [timeMs, phase, code, recipients, ...COLUMNS.map((name) => row[name] ?? '')].join(',');
    }),
    '',
  ].join('\n');

describe('logs in files', () => {
  const here = hereWith({});

  /** A report on the logs of these names, file by file. */
  async function reportOf(logs: readonly string[]): Promise<Record<string, string>> {
    const out = path.join(here.folder, 'out');
    const options = ['--config', 'e.conf', '--session-timeout', '20s', '--force', '--out', out];
    const { code } = await here.run(['replay', ...logs.filter((name) => name !== ''), ...options]);
    expect(code).toBe(0);
    return filesBelow(out);
  }

  const filesOf = (journals: readonly SeriesSnapshot[]): Record<string, string> =>
    Object.fromEntries(
      journals.map((one) => {
        const name = journalName(
          one.name,
          one.monitor,
          one.windowZeroMs + one.monitor.intervalMs,
          false,
        );
        return [`series/manager/${name}`, encodeSeries(one).toString('latin1')];
      }),
    );

  test('tell the same under a configuration, named in any order', async () => {
    const delays = fc.constantFrom(0, 1000, 5000, 61_500);
    const run = fc.asyncProperty(
      anyPolicy,
      promptHistory,
      delays,
      fc.nat(23),
      async (given, history, delayMs, shuffle) => {
        const policy = { ...given, replication: allAfter(delayMs) };
        // No two lines are of one moment, which the files' content would have to decide.
        const steps = history.steps.map((step) => ({ ...step, gapMs: step.gapMs + 1 }));
        const { inputs, stream } = inputsOf({ grainMs: 1, steps }, NODES.length);
        const names = inputs.map((rows, index) => {
          here.write(`${index}.csv`, csvOf(rows));
          return rows.length === 0 ? '' : `${index}.csv`;
        });
        for (const [slot, text] of Object.entries(sieveOf(policy))) here.write(`${slot}.siv`, text);
        here.write('e.conf', configurationOf(policy, delayMs));
        const report = await reportOf([0, 1, 2, 3].map((rank) => names[rank]));
        expect(await reportOf(orderOf(shuffle).map((rank) => names[rank]))).toEqual(report);
        const rows = stream.map(([row]) => row);
        const truth = new ClusterTruth(policy, 'sieve').run(rows, TIMEOUT_MS);
        expect(readCsv(report['log.csv'] ?? '').map(({ text }) => text)).toEqual(truth.logs);
        const kept = Object.entries(report).filter(([name]) => name.startsWith('series/manager/'));
        expect(Object.fromEntries(kept)).toEqual(filesOf(truth.journals()));
      },
    );
    await fc.assert(run, { numRuns: 12 });
  });
});
