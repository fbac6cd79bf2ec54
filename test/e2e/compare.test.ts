// Goal: a comparison shows where two policies part, however they are written, and says what it
// wants where it is asked wrongly.
// Method: the built command over a recorded log and over small ones.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { connect } from './log-lines.ts';
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

const LOG = path.join(FIXTURES, 'logs', 'postfix', 'recorded.rfc3339.log.gz');
const MONITORS = '"5,6"';

const yaml = (above: number): string => `hindcast: 1
monitors: [${MONITORS}]
rules:
  - { name: busy, count: connections, windows: 0..5, per: address, above: ${above}, at: connect, then: { disconnect: "421 no" } }
`;
const sieve = (above: number): string => `$h = hash_create;
hash_set $h "monitor" ${MONITORS}; hash_set $h "period_start" 0; hash_set $h "period_end" 5;
$c = ec_ip_connections $h;
if ec_test :value "gt" :comparator "i;ascii-numeric" "\${c}" "${above}" { ec_disconnect 421 "no"; }
`;
const lua = (above: number): string => `local mod = {}
function mod:validate_connect(ac, vctx)
  if msys.audit.connections(${MONITORS}, { startv = 0, endv = 5 }) > ${above} then
    vctx:disconnect(421, "no")
    return msys.core.VALIDATE_DONE
  end
  return msys.core.VALIDATE_CONT
end
msys.registerModule("limits", mod)
`;
const FILES = {
  'old.yaml': yaml(8),
  'new.yaml': yaml(5),
  'old.siv': sieve(8),
  'new.siv': sieve(5),
  'old.lua': lua(8),
  'e.conf': `inbound_audit { monitors = ( ${MONITORS} ) }\n`,
};

interface Setting {
  readonly logs?: readonly string[];
  readonly files?: Readonly<Record<string, string | Buffer>>;
  readonly stdin?: Buffer;
}

async function compare(
  older: string,
  newer: string,
  more: readonly string[] = [],
  { logs = [LOG], files = {}, stdin = Buffer.alloc(0) }: Setting = {},
): Promise<Run & { readonly cwd: string }> {
  const cwd = newFolder({ ...FILES, ...files });
  const policies = ['--policy', older, '--policy', newer];
  const run = await runHindcast(['compare', ...logs, ...policies, ...more], { cwd, stdin });
  return { ...run, cwd };
}

interface Summary {
  readonly stoppable: Readonly<Record<string, number>>;
  readonly judged: Readonly<Record<string, number>>;
  readonly classes: readonly (Readonly<Record<string, number>> & { readonly class: string })[];
  readonly first_difference: Readonly<Record<string, unknown>> | null;
  readonly movers: readonly { readonly block: string; readonly events: number }[];
}

const json = async (...args: Parameters<typeof compare>): Promise<Summary> => {
  const [older, newer, more = [], setting] = args;
  const { code, stdout, stderr } = await compare(
    older,
    newer,
    [...more, '--format', 'json'],
    setting,
  );
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout) as Summary;
};

const PHASE = ['--config', 'e.conf', '--phase', 'connect'];

test.each([
  ['old.yaml', 'old.yaml', []],
  ['old.yaml', 'old.siv', PHASE],
  ['old.lua', 'old.yaml', ['--config', 'e.conf']],
])('%s and %s: no difference', async (older, newer, more) => {
  const { code, stdout, stderr } = await compare(older, newer, more);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout.split('\n')).toEqual([
    'recorded.rfc3339.log.gz: 6,000 lines = 4,341 events + 1,659 irrelevant + 0 unparsed',
    '2026-11-20 17:27:13 to 2026-11-20 17:27:46 UTC (33 s)',
    `old ${older}, new ${newer}`,
    'no difference',
    '',
  ]);
});

test('an edited limit, in every way to write it', async () => {
  const edited = await json('old.yaml', 'new.yaml');
  expect(edited.stoppable['newly_stopped']).toBeGreaterThan(20);
  expect([edited.stoppable['newly_freed'], edited.judged['changed']]).toEqual([0, 0]);
  for (const [older, newer] of [
    ['old.siv', 'new.yaml'],
    ['old.lua', 'new.siv'],
  ]) {
    const same = await json(older, newer, PHASE);
    expect([newer, same.classes]).toEqual([newer, edited.classes]);
    expect(same.movers.map(({ block, events }) => [block, events])).toEqual(
      edited.movers.map(({ block, events }) => [block, events]),
    );
  }
});

test('the difference of two replays', async () => {
  const cwd = newFolder(FILES);
  const stopped: Set<string>[] = [];
  for (const policy of ['old.yaml', 'new.yaml']) {
    await outputOf(['replay', LOG, '--policy', policy, '--out', policy.slice(0, 3)], { cwd });
    const rows = readCsv(readFileSync(path.join(cwd, policy.slice(0, 3), 'stopped.csv'), 'utf8'));
    stopped.push(new Set(rows.map(({ line }) => line)));
  }
  await outputOf(
    ['compare', LOG, '--policy', 'old.yaml', '--policy', 'new.yaml', '--out', 'diff'],
    { cwd },
  );
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

test('files agree with the summary, and stand alone in their folder', async () => {
  const { code, stdout, stderr, cwd } = await compare('old.yaml', 'new.yaml', [
    '--out',
    'diff',
    '--format',
    'json',
    '--limit',
    '2',
  ]);
  expect([code, stderr]).toEqual([0, '']);
  const files = filesBelow(path.join(cwd, 'diff'));
  expect(Object.keys(files)).toEqual([
    'changes.csv',
    'manifest.json',
    'movers.csv',
    'summary.json',
  ]);
  expect(files['summary.json']).toBe(stdout);
  const { classes, stoppable, movers, first_difference: first } = JSON.parse(stdout) as Summary;
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
  const cwd = newFolder(FILES);
  await outputOf(['replay', LOG, '--policy', 'old.yaml', '--out', 'out'], { cwd });
  const before = filesBelow(path.join(cwd, 'out'));
  const args = ['compare', LOG, '--policy', 'old.yaml', '--policy', 'new.yaml', '--out', 'out'];
  const { code, stderr } = await runHindcast(args, { cwd });
  expect([code, stderr]).toEqual([
    2,
    'hindcast: out is not empty\n' +
      'hint: name a folder that does not exist yet, or replace the report with --force\n',
  ]);
  expect(filesBelow(path.join(cwd, 'out'))).toEqual(before);
  await outputOf([...args, '--force'], { cwd });
  expect(Object.keys(filesBelow(path.join(cwd, 'out')))).toHaveLength(4);
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
  expect(piped.classes).toEqual((JSON.parse(shown) as Summary).classes);
});

test('the span, and what one policy alone counts', async () => {
  const late = ['--from', '2026-11-20T17:27:30Z', '--to', '2026-11-20T17:27:40Z'];
  const { classes, first_difference: first } = await json('old.yaml', 'new.yaml', late);
  const whole = await json('old.yaml', 'new.yaml');
  expect(classes[0]['events']).toBeLessThan(whole.classes[0]['events']);
  expect(String(first?.['time']) >= '2026-11-20T17:27:30').toBe(true);

  const ignoring = yaml(5).replace('rules:', 'ignore: [0.0.0.0/0, "::/0"]\nrules:');
  const freed = await json('new.yaml', 'blind.yaml', [], { files: { 'blind.yaml': ignoring } });
  expect(freed.classes[0]['events']).toBe(whole.classes[0]['events']);
  expect(freed.stoppable['newly_stopped']).toBe(0);
  const alone = await json('none.yaml', 'new.yaml', [], {
    files: { 'none.yaml': yaml(100_000) },
  });
  expect(freed.stoppable['newly_freed']).toBe(alone.stoppable['newly_stopped']);
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
    const { classes, stoppable, judged } = JSON.parse(stdout) as Summary;
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

  test('every metric is measured by itself', async () => {
    const files = { 'tag.yaml': yaml(8).replace('{ disconnect: "421 no" }', 'tag') };
    const metrics = ['connections', 'accepted', 'rejected'];
    const budgets = (word: string): string[] =>
      metrics.flatMap((metric) => ['--fail-on', `newly-${word}-${metric} > 0`]);
    const forth = await compare('tag.yaml', 'new.yaml', [...AS_JSON, ...budgets('stopped')], {
      files,
    });
    const { classes } = JSON.parse(forth.stdout) as Summary;
    const stopped = Object.fromEntries(classes.map((one) => [one.class, one['newly_stopped']]));
    const back = await compare('new.yaml', 'tag.yaml', budgets('freed'), { files });
    for (const [word, { code, stderr }] of [
      ['stopped', forth],
      ['freed', back],
    ] as const) {
      expect(code).toBe(1);
      const found = stderr.split('\n').map((text) => text.split(' ').slice(1, 3).join(' '));
      expect(found.slice(0, 3)).toEqual(
        metrics.map((metric) => `newly-${word}-${metric} ${stopped[metric]}`),
      );
    }
    const other = { 'tarpit.yaml': yaml(8).replace('{ disconnect: "421 no" }', '{ tarpit: 5 }') };
    const changed = await compare('tag.yaml', 'tarpit.yaml', ['--fail-on', 'changed > 0'], {
      files: { ...files, ...other },
    });
    expect(changed.code).toBe(1);
    expect(changed.stderr).toMatch(
      /^hindcast: changed \d+ of 4513 \([\d.]+ %\) > 0 \(--fail-on\)\n$/,
    );
    expect(changed.stdout).toContain('old tag (busy), new tarpit (busy)');
  });
});

test.each([
  [['--policy', 'old.yaml'], 'compare takes two policies, and one is named'],
  [
    ['--policy', 'old.yaml', '--policy', 'new.yaml', '--fail-on', 'changed < 1'],
    "--fail-on changed < 1: '<' is not allowed here",
  ],
])('a mistake ends with 2: %s', async (args, words) => {
  const cwd = newFolder(FILES);
  const { code, stdout, stderr } = await runHindcast(['compare', LOG, ...args], { cwd });
  expect([code, stdout, stderr.split('\n', 1)]).toEqual([2, '', [`hindcast: ${words}`]]);
});

test('each script in its own phase; options of scripts beside a YAML policy', async () => {
  const both = ['--config', 'e.conf', '--phase', 'connect', '--phase', 'ehlo'];
  const { stoppable } = await json('old.siv', 'old.siv', both);
  expect(stoppable['newly_freed']).toBeGreaterThan(0);
  const strict = await json('old.yaml', 'old.siv', [...PHASE, '--strict', '--sliding', 'average']);
  expect(strict.first_difference).toBeNull();
});

test('who is known to be good or bad is counted for both policies', async () => {
  const files = { 'good.cidr': '198.51.100.0/24\n', 'bad.cidr': '198.18.0.0/15\n' };
  const more = ['--good', 'good.cidr', '--bad', 'bad.cidr', '--out', 'diff'];
  const { code, stdout, stderr, cwd } = await compare('old.yaml', 'new.yaml', more, { files });
  expect([code, stderr]).toEqual([0, '']);
  const report = filesBelow(path.join(cwd, 'diff'));
  const summary = JSON.parse(report['summary.json']) as Record<
    'old' | 'new',
    { collateral: { rules: { good: number; bad: number }[] } }
  >;
  const labelled = (['old', 'new'] as const).map((side) => summary[side].collateral.rules[0]);
  expect(labelled[1].bad).toBeGreaterThan(labelled[0].bad);
  const cells = stdout
    .match(/│ busy +│(.*)│\n/)![1]
    .split('│')
    .map((cell) => Number(cell));
  expect([cells.slice(3, 5), cells.slice(8)]).toEqual(labelled.map(({ good, bad }) => [good, bad]));
  expect(JSON.parse(report['manifest.json'])).toHaveProperty('labels.sha256');
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
