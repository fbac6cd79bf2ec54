// Goal: a comparison leaves the files that it promises, and ends as it should.
// Method: the built command over a recorded log and over small ones. test/unit/cli/compare-logs.test.ts
// has what is compared.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { COMPARED } from '../builders/compared-policies.ts';
import { connect } from './log-lines.ts';
import { runKept } from './kept-hindcast.ts';
import {
  filesBelow,
  FIXTURES,
  newFolder,
  outputOf,
  readCsv,
  runHindcast,
  tally,
  type Run,
} from './run-hindcast.ts';
import { comparisonOf, type ComparisonSummary } from '../builders/comparison-summary.ts';

const LOG = path.join(FIXTURES, 'logs', 'postfix', 'recorded.rfc3339.log.gz');

interface Setting {
  readonly logs?: readonly string[];
  readonly files?: Readonly<Record<string, string | Buffer>>;
  readonly stdin?: Buffer;
}

async function compare(
  older: string,
  newer: string,
  more: readonly string[] = [],
  { logs = [LOG], files = {}, stdin }: Setting = {},
): Promise<Run & { readonly cwd: string }> {
  const cwd = newFolder({ ...COMPARED, ...files });
  const policies = ['--policy', older, '--policy', newer];
  const args = ['compare', ...logs, ...policies, ...more];
  const run = stdin === undefined ? runKept(args, { cwd }) : runHindcast(args, { cwd, stdin });
  return { ...(await run), cwd };
}

const json = async (...args: Parameters<typeof compare>): Promise<ComparisonSummary> => {
  const [older, newer, more = [], setting] = args;
  return comparisonOf(await compare(older, newer, [...more, '--format', 'json'], setting));
};

describe('a comparison beside the replays of its policies', () => {
  const cwd = newFolder(COMPARED);
  let stdout: string;

  beforeAll(async () => {
    for (const side of ['old', 'new']) {
      await outputOf(['replay', LOG, '--policy', `${side}.yaml`, '--out', side], { cwd });
    }
    const words = ['--policy', 'old.yaml', '--policy', 'new.yaml', '--out', 'diff'];
    const shown = ['--format', 'json', '--limit', '2'];
    stdout = await outputOf(['compare', LOG, ...words, ...shown], { cwd });
  });

  test('the difference of two replays', () => {
    const stopped = ['old', 'new'].map((folder) => {
      const rows = readCsv(readFileSync(path.join(cwd, folder, 'stopped.csv'), 'utf8'));
      return new Set(rows.map(({ line }) => line));
    });
    const changes = readCsv(readFileSync(path.join(cwd, 'diff', 'changes.csv'), 'utf8'));
    const refused = changes.filter((row) => row['new_verdict'] === 'disconnect');
    expect(refused.map(({ line }) => line)).toEqual(
      [...stopped[1]].filter((line) => !stopped[0].has(line)),
    );
    // What goes with a refused connection has no verdict of its own.
    const others = changes.filter((row) => row['new_verdict'] !== 'disconnect');
    expect(others.length).toBeGreaterThan(20);
    for (const row of others) {
      const { change, old_rule: oldRule, new_rule: newRule, new_verdict: verdict } = row;
      expect([change, oldRule, newRule, verdict]).toEqual(['newly_stopped', '', 'busy', 'none']);
    }
  });

  test('files agree with the summary, and stand alone in their folder', () => {
    const files = filesBelow(path.join(cwd, 'diff'));
    expect(Object.keys(files)).toEqual([
      'changes.csv',
      'manifest.json',
      'movers.csv',
      'summary.json',
    ]);
    expect(files['summary.json']).toBe(stdout);
    const {
      classes,
      stoppable,
      movers,
      first_difference: first,
    } = JSON.parse(stdout) as ComparisonSummary;
    const changes = readCsv(files['changes.csv']);
    expect(files['changes.csv'].split('\n', 1)).toEqual([
      'time,change,old_rule,new_rule,old_verdict,new_verdict,kind,ip,sender,recipient,recipients,' +
        'queue_id,logged,file,line',
    ]);
    const kinds = tally(changes.map((row) => row['kind']));
    const stopped = Object.fromEntries(classes.map((one) => [one.class, one['newly_stopped']]));
    expect(kinds).toEqual({
      connect: stopped['connections'],
      reception: stopped['accepted'],
      rejection: stopped['rejected'] + stopped['greylisted'],
      auth_failure: stopped['auth_failure'],
      transaction: stopped['begun'],
    });
    expect(first).toEqual({ ...changes[0], line: Number(changes[0]['line']) });
    const rows = readCsv(files['movers.csv']);
    expect(movers).toHaveLength(2);
    expect(rows.slice(0, 2).map((row) => row['block'])).toEqual(movers.map(({ block }) => block));
    const sum = rows.reduce((events, row) => events + Number(row['events']), 0);
    expect(sum).toBe(stoppable['newly_stopped']);
    const manifest = JSON.parse(files['manifest.json']) as Record<string, unknown>;
    expect(manifest).toMatchObject({
      old: { policy: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string } },
      options: { limit: 2 },
      inputs: [{ name: 'recorded.rfc3339.log.gz' }],
    });
    expect(manifest['old']).not.toEqual(manifest['new']);
  });

  test('a folder that holds something is not touched without --force, and is replaced whole', async () => {
    const before = filesBelow(path.join(cwd, 'new'));
    const args = ['compare', LOG, '--policy', 'old.yaml', '--policy', 'new.yaml', '--out', 'new'];
    const { code, stderr } = await runHindcast(args, { cwd });
    expect([code, stderr]).toEqual([
      2,
      'hindcast: new is not empty\n' +
        'hint: name a folder that does not exist yet, or replace the report with --force\n',
    ]);
    expect(filesBelow(path.join(cwd, 'new'))).toEqual(before);
    await outputOf([...args, '--force'], { cwd });
    expect(Object.keys(filesBelow(path.join(cwd, 'new')))).toHaveLength(4);
  });
});

test('the same bytes whatever the order of logs, the zone and the way in', async () => {
  const plain = gunzipSync(readFileSync(LOG));
  const lines = plain.toString().split(/(?<=\n)/);
  const files = {
    'logs/b.log': lines.slice(0, 2500).join(''),
    'logs/a.log': gzipSync(lines.slice(2500).join('')),
  };
  const seen = new Set<string>();
  for (const logs of [['logs'], ['logs/b.log', 'logs/a.log']]) {
    const more = ['--out', 'diff', '--format', 'json'];
    const { code, stdout, cwd } = await compare('old.yaml', 'new.yaml', more, { logs, files });
    expect(code).toBe(0);
    seen.add(JSON.stringify([stdout, filesBelow(path.join(cwd, 'diff'))]));
  }
  expect(seen.size).toBe(1);
  const piped = await json('old.yaml', 'new.yaml', [], { logs: ['-'], stdin: plain });
  const [[shown]] = Array.from(seen, (text) => JSON.parse(text) as [string]);
  expect(piped.classes).toEqual((JSON.parse(shown) as ComparisonSummary).classes);
});

describe('--fail-on', () => {
  const AS_JSON = ['--format', 'json'];

  test('exit 1 and a line for each budget that holds', async () => {
    const { code, stdout, stderr, cwd } = await compare('old.yaml', 'new.yaml', [
      ...AS_JSON,
      '--out',
      'diff',
      ...[
        'newly-stopped-accepted > 0.1 %',
        'newly-stopped-accepted>100',
        'newly-freed > 0',
      ].flatMap((budget) => ['--fail-on', budget]),
      ...['newly-stopped >= 30', 'changed > 0%'].flatMap((budget) => ['--fail-on', budget]),
    ]);
    const { classes, stoppable, judged } = JSON.parse(stdout) as ComparisonSummary;
    const accepted = classes.find((one) => one.class === 'accepted')!;
    const [count, all] = [accepted['newly_stopped'], accepted['events']];
    const percent = (part: number, whole: number): number =>
      Number(((100 * part) / whole).toFixed(4));
    const { newly_stopped: total, events } = stoppable;
    expect([code, total, judged['changed']]).toEqual([1, 30, 0]);
    expect(stderr.split('\n')).toEqual([
      `hindcast: newly-stopped-accepted ${count} of ${all} (${percent(count, all)} %) > 0.1 % (--fail-on)`,
      `hindcast: newly-stopped 30 of ${events} (${percent(total, events)} %) >= 30 (--fail-on)`,
      '',
    ]);
    // The report is written all the same.
    expect(Object.keys(filesBelow(path.join(cwd, 'diff')))).toHaveLength(4);
  });
});

// test/unit/cli/compare.test.ts has the others.
test('a mistake ends with 2', async () => {
  const cwd = newFolder(COMPARED);
  const args = ['compare', LOG, '--policy', 'old.yaml', '--policy', 'new.yaml'];
  const run = await runHindcast([...args, '--fail-on', 'changed < 1'], { cwd });
  expect([run.code, run.stdout]).toEqual([2, '']);
  expect(run.stderr).toContain("hindcast: --fail-on changed < 1: '<' is not allowed here\n");
});

test('what a reader should know goes to stderr, and unparsed lines may end the run with 3', async () => {
  const files = {
    'mail.log': `${connect('2026-11-20T10:00:00Z', '192.0.2.1')}Dear postmaster,\n`,
    'spool.yaml':
      'hindcast: 1\nrules: [{ name: mail, count: receptions, per: address, above: 5, then: tag }]\n',
  };
  const setting = { logs: ['mail.log'], files };
  const { code, stdout, stderr } = await compare(
    'old.yaml',
    'spool.yaml',
    ['--max-unparsed', '0'],
    setting,
  );
  expect(code).toBe(3);
  expect(stdout).toContain('no difference\n');
  expect(stderr).toBe(
    'new: rule mail counted nothing: the logs hold no reception\n' +
      'mail.log: 1 line unparsed: no header\n' +
      'hindcast: unparsed lines: 1, more than --max-unparsed 0\n',
  );
});
