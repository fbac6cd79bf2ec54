// Goal: logs of several nodes in files tell what nodes of plain maps tell, whatever the order in
// which they are named and wherever they are cut and resumed.
// Method: random histories written as CSV, a file for each node, under a configuration that
// replicates everything; reports and journals are compared byte for byte.
import path from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { formatMonitor } from '../../src/model/monitor.ts';
import type { SeriesSnapshot } from '../../src/model/series-snapshot.ts';
import { journalName } from '../../src/series/name.ts';
import { encodeSeries } from '../../src/series/writer.ts';
import {
  allAfter,
  anyPolicy,
  NODES,
  orderOf,
  promptHistory,
  seriesName,
  type ClusterHistory,
  type ClusterPolicy,
} from '../builders/cluster-plans.ts';
import { sieveOf, yamlOf } from '../builders/cluster-texts.ts';
import { ClusterTruth } from '../builders/cluster-truth.ts';
import type { EventRow } from '../builders/event-batches.ts';
import { inputsOf } from '../builders/rule-histories.ts';
import { hereWith } from '../builders/run-here.ts';
import { filesBelow, readCsv } from '../e2e/run-hindcast.ts';

const TIMEOUT_MS = 30_000;
const here = hereWith({});

/** A configuration that tells everything, `delayMs` later. */
function configurationOf({ monitors, log }: ClusterPolicy, delayMs: number): string {
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
}

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

/** Writes a log for each node that has a line; their names. */
function write(rows: readonly EventRow[], prefix = ''): string[] {
  return NODES.flatMap((node, index) => {
    const own = rows.filter((row) => row.node === node);
    if (own.length === 0) return [];
    here.write(`${prefix}${index}.csv`, csvOf(own));
    return [`${prefix}${index}.csv`];
  });
}

/** Replays logs under the configuration; the report, file by file. */
async function reportOf(...args: readonly string[]): Promise<Record<string, string>> {
  const out = path.join(here.folder, 'out');
  const options = ['--config', 'e.conf', '--session-timeout', `${TIMEOUT_MS / 1000}s`];
  const run = await here.run(['replay', ...args, ...options, '--force', '--out', out]);
  if (run.code !== 0) throw new Error(run.stderr);
  return filesBelow(out);
}

const clampsOf = ({ clampNegative }: ClusterPolicy): string[] =>
  clampNegative ? ['--clamp-negative'] : [];

/** The files of some journals, as in a report. */
const filesOf = (journals: readonly SeriesSnapshot[]): Record<string, string> =>
  Object.fromEntries(
    journals.map((one) => {
      const endMs = one.windowZeroMs + one.monitor.intervalMs;
      const name = journalName(one.name, one.monitor, endMs, false);
      return [`series/manager/${name}`, encodeSeries(one).toString('latin1')];
    }),
  );

const below = (report: Record<string, string>, folder: string): Record<string, string> =>
  Object.fromEntries(Object.entries(report).filter(([name]) => name.startsWith(folder)));

/** No two lines are of one moment, which the contents of the files would have to put in order. */
function rowsOf(history: ClusterHistory): EventRow[] {
  const steps = history.steps.map((step) => ({ ...step, gapMs: step.gapMs + 1 }));
  return inputsOf({ grainMs: 1, steps }, NODES.length).stream.map(([row]) => row);
}

const anyRun = fc.tuple(anyPolicy, promptHistory, fc.constantFrom(0, 1000, 5000, 61_500));

test('scripts are told the same, in whatever order files are named', async () => {
  const run = fc.asyncProperty(anyRun, fc.nat(23), async ([given, history, delayMs], shuffle) => {
    const policy = { ...given, replication: allAfter(delayMs) };
    const rows = rowsOf(history);
    const logs = write(rows);
    for (const [slot, text] of Object.entries(sieveOf(policy))) here.write(`${slot}.siv`, text);
    here.write('e.conf', configurationOf(policy, delayMs));
    const report = await reportOf(...logs, ...clampsOf(policy));
    const turned = orderOf(shuffle).flatMap((index) => logs[index] ?? []);
    expect(await reportOf(...turned, ...clampsOf(policy))).toEqual(report);
    const truth = new ClusterTruth(policy, 'sieve').run(rows, TIMEOUT_MS);
    expect(readCsv(report['log.csv'] ?? '').map(({ text }) => text)).toEqual(truth.logs);
    expect(below(report, 'series/manager/')).toEqual(filesOf(truth.journals()));
  });
  await fc.assert(run, { numRuns: 10 });
});

/** What several runs, each on the state of the one before, have left together. */
async function leftBy(
  pieces: readonly (readonly EventRow[])[],
  ...more: readonly string[]
): Promise<Record<string, string>> {
  const state = path.join(here.folder, `state${states++}`);
  const left: Record<string, string> = {};
  for (const [index, rows] of [...pieces, []].entries()) {
    const final = index === pieces.length ? ['--final'] : [];
    const options = ['--policy', 'rules.yaml', '--reorder', '0s', '--state', state, ...more];
    const report = await reportOf(...write(rows, `piece${index}-`), ...options, ...final);
    for (const name of ['windows.csv', 'keys.csv', 'firings.csv']) {
      const text = report[name];
      // Without the header. Files of other pieces have other names.
      const body = text.slice(text.indexOf('\n') + 1).replaceAll(/piece\d+-(\d).csv,\d+$/gm, '$1');
      left[name] = (left[name] ?? '') + body;
    }
    for (const [name, text] of Object.entries(below(report, 'series/manager/'))) {
      expect(left[name], `${name} is written once`).toBeUndefined();
      left[name] = text;
    }
  }
  return left;
}
let states = 0;

test('logs that are cut and resumed tell what the whole tells', async () => {
  const cuts = fc.array(fc.nat(49), { minLength: 1, maxLength: 3 });
  const run = fc.asyncProperty(anyRun, cuts, async ([policy, history, delayMs], places) => {
    const rows = rowsOf(history);
    here.write('rules.yaml', yamlOf(policy));
    here.write('e.conf', configurationOf(policy, delayMs));
    for (const slot of ['connect.siv', 'rcptto.siv']) here.write(slot, '');
    const at = [0, ...places.toSorted((a, b) => a - b), rows.length];
    const pieces = at.slice(1).map((end, index) => rows.slice(at[index], end));
    const clamps = clampsOf(policy);
    const left = await leftBy(
      pieces.filter((piece) => piece.length > 0),
      ...clamps,
    );
    expect(left).toEqual(await leftBy([rows], ...clamps));
    const truth = new ClusterTruth({ ...policy, replication: allAfter(delayMs) }, 'yaml');
    truth.run(rows, TIMEOUT_MS);
    expect(below(left, 'series/manager/')).toEqual(filesOf(truth.journals()));
  });
  await fc.assert(run, { numRuns: 10 });
});
