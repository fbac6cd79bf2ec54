// Goal: what a user can do with --state, --final and --journal on the built command, and what is
// said when it cannot go on. That cut logs equal whole ones is a property test of its own.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { outputKept, runKept } from './kept-hindcast.ts';
import {
  filesBelow,
  FIXTURES,
  newFolder,
  outputOf,
  runHindcast,
  startHindcast,
} from './run-hindcast.ts';

const LINES = gunzipSync(readFileSync(path.join(FIXTURES, 'logs', 'postfix', 'recorded.log.gz')))
  .toString('latin1')
  .split('\n')
  .slice(0, -1);
const POLICY = path.join(FIXTURES, 'replay', 'resume.yaml');
const YEAR = ['--year', '2026'];
const STATE_FILE = 'hindcast.state';

const log = (from: number, to: number): string => `${LINES.slice(from, to).join('\n')}\n`;
const bodyOf = (file: string): string => {
  const text = readFileSync(file, 'utf8');
  return text.slice(text.indexOf('\n') + 1);
};

/** A folder with the first two pieces of a log, the first of which was replayed into `st`. */
async function begun(): Promise<string> {
  const cwd = newFolder({ one: log(0, 2000), two: log(2000, 4000), three: log(4000, 6000) });
  await outputKept(['replay', 'one', ...YEAR, '--policy', POLICY, '--state', 'st'], { cwd });
  return cwd;
}

async function refusal(args: readonly string[], cwd: string): Promise<string> {
  const run = await runKept(['replay', ...args], { cwd });
  expect(run).toMatchObject({ code: 2, stdout: '' });
  return run.stderr;
}

test('three runs and their end write what one run writes', async () => {
  const cwd = newFolder({ one: log(0, 2500), two: log(2500, 3100), three: log(3100, 6000) });
  const policy = ['--policy', POLICY];
  await outputOf(['replay', 'one', 'two', 'three', ...YEAR, ...policy, '--out', 'whole'], {
    cwd,
  });
  const resumed = [...policy, '--state', 'st', '--journal', 'journals'];
  for (const name of ['one', 'two', 'three']) {
    await outputOf(['replay', name, ...YEAR, ...resumed, '--out', `out-${name}`], { cwd });
  }
  await outputOf(['replay', ...resumed, '--out', 'out-zend', '--final'], { cwd });
  const parts = ['out-one', 'out-two', 'out-three', 'out-zend'];
  for (const name of ['windows.csv', 'keys.csv', 'firings.csv', 'stopped.csv']) {
    const bodies = parts.map((part) => bodyOf(path.join(cwd, part, name)));
    expect(bodies.join('')).toBe(bodyOf(path.join(cwd, 'whole', name)));
    expect(bodies.filter((body) => body !== '').length).toBeGreaterThan(1);
  }
  const whole = filesBelow(path.join(cwd, 'whole', 'series'));
  const journals = filesBelow(path.join(cwd, 'journals'));
  const states = filesBelow(path.join(cwd, 'st'));
  expect(states[STATE_FILE]).toBeDefined();
  delete states[STATE_FILE];
  const prefixed = (folder: string, files: Record<string, string>): [string, string][] =>
    Object.entries(files).map(([name, text]) => [path.join(folder, name), text]);
  expect(Object.fromEntries([...prefixed('log', journals), ...prefixed('state', states)])).toEqual(
    whole,
  );
  expect(Object.keys(journals).length).toBeGreaterThan(10);

  // The whole of a run, its rules and sessions, is in the last summary.
  const read = (part: string): Record<string, unknown> =>
    JSON.parse(readFileSync(path.join(cwd, part, 'summary.json'), 'utf8')) as Record<
      string,
      unknown
    >;
  const { files, lines, state, ...totals } = read('out-zend');
  expect(state).toEqual({
    from: '2026-11-20T18:27:36Z',
    clock: '2026-11-20T18:27:46Z',
    held: 0,
    closed: true,
  });
  expect([files, lines]).toEqual([[], { lines: 0, event: 0, irrelevant: 0, unparsed: 0 }]);
  const { files: _files, lines: _lines, collateral, overlap, ...expected } = read('whole');
  expect(totals).toEqual(expected);
  // What rules take is not stored.
  expect([collateral, overlap]).not.toContain(undefined);
});

test('a persisted series lies in the state folder, where load finds it', async () => {
  const cwd = await begun();
  const shown = await outputKept(['load', 'bad_rcpt', '--dir', 'st', '--format', 'json'], { cwd });
  expect(JSON.parse(shown)).toMatchObject({ name: 'bad_rcpt', monitor: '3,4' });
  expect(readdirSync(path.join(cwd, 'st'))).toEqual(['bad_rcpt', STATE_FILE, 'logins', 'senders']);
});

test('persisted series without a state are what a restarted server finds', async () => {
  const day = (hour: string, address: string): string =>
    `2026-03-01T${hour}:00Z,rejection,${address},rcptto,550\n`;
  const head = 'time,kind,ip,phase,code\n';
  const policy = [
    'hindcast: 1',
    'series:',
    '  bad: { type: ip, monitor: "3600,3", on: rejection, persist: true }',
    '  lost: { type: ip, monitor: "3600,3", on: rejection }',
  ].join('\n');
  const cwd = newFolder({
    'policy.yaml': policy,
    'one.csv': head + day('10:10', '192.0.2.1') + day('12:10', '192.0.2.2'),
    'two.csv': head + day('13:10', '192.0.2.2') + day('13:20', '192.0.2.3'),
  });
  const run = ['--policy', 'policy.yaml', '--reorder', '0s', '--state'];
  await outputKept(['replay', 'one.csv', '--policy', 'policy.yaml', '--out', 'first'], { cwd });
  const folder = path.join('first', 'series', 'state');
  const second = await runKept(['replay', 'two.csv', ...run, folder], { cwd });
  expect(second).toMatchObject({ code: 0 });
  expect(second.stderr).toBe(
    'series bad: dropped rows 1, of windows 1: they had aged out by the first event\n',
  );
  const rows = readFileSync(path.join(cwd, folder, 'bad'), 'utf8')
    .split('\n')
    .slice(7, -2);
  expect(rows).toEqual(['0,192.0.2.2,1', '0,192.0.2.3,1', '1,192.0.2.2,1']);
  expect(existsSync(path.join(cwd, folder, 'lost'))).toBe(false);

  const fresh = newFolder({
    'two.csv': readFileSync(path.join(cwd, 'two.csv')),
    'policy.yaml': policy.replaceAll('3600,3', '3600,4'),
    'st/bad': readFileSync(path.join(cwd, folder, 'bad')),
  });
  expect(await refusal(['two.csv', ...run, 'st'], fresh)).toContain(
    "st/bad was not loaded: series 'bad' has the parameters 3600,4 here, 3600,3 there",
  );
});

test('the state tells the year of the logs that follow, standard input included', async () => {
  const zipped = readFileSync(path.join(FIXTURES, 'logs', 'postfix', 'newyear.log.gz'));
  const lines = gunzipSync(zipped).toString('latin1').split('\n');
  const half = lines.findIndex((line) => line.startsWith('Jan'));
  const text = (from: number, to?: number): string => `${lines.slice(from, to).join('\n')}\n`;
  const cwd = newFolder({ old: text(0, half), new: text(half), late: text(0, 10) });
  await outputKept(['replay', 'old', ...YEAR, '--state', 'st'], { cwd });
  const json = ['--state', 'st', '--format', 'json'];
  // The file is of today, its lines are not.
  const shown = await outputKept(['replay', 'new', ...json, '--state', 'st'], { cwd });
  const { last, files } = JSON.parse(shown) as { last: string; files: { year: unknown }[] };
  expect(last.slice(0, 16)).toBe('2027-01-01T00:01');
  expect(files.map(({ year }) => year)).toEqual([{ first: 2027, source: 'state' }]);
  const more = 'Jan  1 01:00:00 out1 postfix/smtpd[1]: connect from unknown[192.0.2.1]\n';
  const piped = await outputOf(['replay', '-', ...json], { cwd, stdin: more });
  expect(JSON.parse(piped)).toMatchObject({ files: [{ year: { first: 2027, source: 'state' } }] });
  expect(await refusal(['late', ...json], cwd)).toContain('begins with the same line as old');
});

describe('persisted series', () => {
  const head = 'time,kind,ip,phase,code\n';
  const at = (time: string): string => `2026-03-01T${time}Z,rejection,192.0.2.1,rcptto,550\n`;
  const policy =
    'hindcast: 1\nseries:\n  bad: { type: ip, monitor: "3600,3", on: rejection, persist: true }\n';
  const rows = (folder: string): string[] =>
    readFileSync(path.join(folder, 'bad'), 'utf8').split('\n').slice(7, -2);

  test('wait for the first event, which a later run may bring', async () => {
    const cwd = newFolder({
      'policy.yaml': policy,
      'one.csv': head + at('10:10:00'),
      // Held back for the next run: no event has happened.
      'two.csv': head + at('11:10:00'),
      'three.csv': head + at('11:20:00'),
    });
    await outputKept(['replay', 'one.csv', '--policy', 'policy.yaml', '--out', 'first'], { cwd });
    const folder = path.join('first', 'series', 'state');
    const run = ['--policy', 'policy.yaml', '--state', folder];
    await outputKept(['replay', 'two.csv', ...run], { cwd });
    expect(rows(path.join(cwd, folder))).toEqual(['0,192.0.2.1,1']);
    await outputKept(['replay', 'three.csv', ...run, '--final'], { cwd });
    expect(rows(path.join(cwd, folder))).toEqual(['0,192.0.2.1,2', '1,192.0.2.1,1']);
  });

  test('stay as they were where the state cannot be written', async () => {
    const cwd = newFolder({ 'policy.yaml': policy, 'one.csv': head + at('10:10:00') });
    mkdirSync(path.join(cwd, 'st', `${STATE_FILE}.partial`), { recursive: true });
    const run = ['--policy', 'policy.yaml', '--reorder', '0s', '--state', 'st'];
    expect(await runHindcast(['replay', 'one.csv', ...run], { cwd })).toMatchObject({ code: 74 });
    expect(existsSync(path.join(cwd, 'st', 'bad'))).toBe(false);
  });
});

test.each([
  ['--journal', 'out'],
  ['--journal', path.join('out', 'series', 'log')],
  ['--state', path.join('out', 'series', 'state')],
  ['--state', path.join('out', '.partial')],
])('%s %s, which the report replaces, is refused', async (option, folder) => {
  const cwd = newFolder({ one: log(0, 100) });
  const args = ['one', ...YEAR, '--policy', POLICY, '--out', 'out', option, folder];
  expect(await refusal(args, cwd)).toContain(
    `${option} ${folder} is a folder of the report --out out`,
  );
  expect(existsSync(path.join(cwd, 'out'))).toBe(false);
});

test('a report says that it is one of several', async () => {
  const cwd = newFolder({ one: log(0, 2000), two: log(2000, 4000) });
  const args = [...YEAR, '--state', 'st', '--reorder', '0s'];
  const first = await outputKept(['replay', 'one', ...args], { cwd });
  expect(first).toContain('first run of this state; open windows wait for the next run\n');
  const second = await outputKept(['replay', 'two', ...args], { cwd });
  expect(second).toContain(
    'all runs of this state, the last from 2026-11-20 18:27:25 on; open windows wait for the next run\n',
  );
  const last = await outputKept(['replay', '--state', 'st', '--final'], { cwd });
  expect(last).toContain('it is closed\n');
});

test('--fail-on looks at the run at hand, not at those before it', async () => {
  const quiet = LINES.slice(-40).filter((line) => / connect from |reject/.exec(line) === null);
  const cwd = newFolder({ one: log(0, 5960), two: `${quiet.join('\n')}\n` });
  const args = [...YEAR, '--policy', POLICY, '--state', 'st', '--reorder', '0s'];
  const fail = ['--fail-on', 'busy'];
  expect((await runHindcast(['replay', 'one', ...args, ...fail], { cwd })).code).toBe(1);
  expect((await runHindcast(['replay', 'two', ...args, ...fail], { cwd })).code).toBe(0);
});

describe('what cannot go on is refused, and the state stays as it was', () => {
  const two = ['two', ...YEAR, '--policy', POLICY, '--state', 'st'];

  test('another policy, none, another session timeout', async () => {
    const cwd = await begun();
    const other = path.join(FIXTURES, 'policy', 'good', 'first.yaml');
    const before = filesBelow(path.join(cwd, 'st'));
    expect(await refusal(['two', ...YEAR, '--policy', other, '--state', 'st'], cwd)).toContain(
      'the state in st was made with another policy',
    );
    expect(await refusal(['two', ...YEAR, '--state', 'st'], cwd)).toContain('another policy');
    expect(await refusal([...two, '--session-timeout', '5m'], cwd)).toContain(
      'the state in st was made with --session-timeout 600s',
    );
    expect(filesBelow(path.join(cwd, 'st'))).toEqual(before);
  });

  test('a log that was replayed before, also when it has grown or has another name', async () => {
    const cwd = await begun();
    writeFileSync(path.join(cwd, 'grown'), log(0, 2100));
    const stderr = await refusal(['grown', ...two.slice(1)], cwd);
    expect(stderr).toBe(
      'hindcast: grown begins with the same line as one, which was replayed into this state\n' +
        'hint: a log that has grown goes on at line 2001: tail -n +2001 grown\n',
    );
  });

  test('logs from before the clock of the state', async () => {
    const cwd = newFolder({ one: log(3000, 4000), two: log(0, 1000) });
    const args = [...YEAR, '--state', 'st', '--reorder', '0s', '--out', 'out'];
    await outputKept(['replay', 'one', ...args], { cwd });
    const stderr = await refusal(['two', ...args, '--force'], cwd);
    expect(stderr).toContain("these logs end before the state's clock, 2026-11-20T18:27:");
    expect(existsSync(path.join(cwd, 'out', '.partial'))).toBe(false);
  });

  test('spans, no logs, --final without a state, a file as folder', async () => {
    const cwd = await begun();
    expect(await refusal([...two, '--from', '2026-11-20'], cwd)).toContain(
      '--from does not go with',
    );
    expect(await refusal([...two, '--to', '2026-11-20'], cwd)).toContain('--to does not go with');
    expect(await refusal(['--state', 'st', '--policy', POLICY], cwd)).toContain('no logs named');
    expect(await refusal(['two', ...YEAR, '--final'], cwd)).toContain('--final closes the windows');
    expect(await refusal(['two', ...YEAR, '--state', 'one'], cwd)).toContain('one is a file');
    expect(await refusal(['two', ...YEAR, '--state', ''], cwd)).toContain(
      '--state names no folder',
    );
  });

  test('a folder that cannot be made or written, before anything is simulated', async () => {
    const cwd = newFolder({ one: log(0, 500) });
    const args = ['replay', 'one', ...YEAR, '--out', 'out', '--state'];
    const nowhere = await runHindcast([...args, '/proc/hindcast/state'], { cwd });
    expect(nowhere).toMatchObject({ code: 74, stdout: '' });
    expect(nowhere.stderr).toContain('cannot write /proc/hindcast/state');
    expect(readdirSync(cwd)).toEqual(['one']);
    // What a failed run has made is gone.
    writeFileSync(path.join(cwd, 'none'), 'no mail log\n');
    expect(await refusal(['none', ...YEAR, '--state', 'new/st'], cwd)).toContain('no usable line');
    expect(readdirSync(cwd)).toEqual(['none', 'one']);
  });

  test('a closed state', async () => {
    const cwd = await begun();
    await outputKept(['replay', ...two, '--final'], { cwd });
    expect(await refusal(['three', ...two.slice(1)], cwd)).toContain('closed with --final');
  });

  test('a journal that holds other counts', async () => {
    const cwd = newFolder({ one: log(0, 3000), other: log(30, 3000) });
    const args = [...YEAR, '--policy', POLICY, '--journal', 'jr'];
    await outputKept(['replay', 'one', ...args], { cwd });
    const before = filesBelow(path.join(cwd, 'jr'));
    // The same again is the same; something else is refused, unless it shall replace.
    await outputKept(['replay', 'one', ...args], { cwd });
    expect(filesBelow(path.join(cwd, 'jr'))).toEqual(before);
    const stderr = await refusal(['other', ...args], cwd);
    expect(stderr).toMatch(/jr\/\S+ exists and holds other counts/);
    expect(filesBelow(path.join(cwd, 'jr'))).toEqual(before);
    await outputKept(['replay', 'other', ...args, '--force'], { cwd });
    expect(filesBelow(path.join(cwd, 'jr'))).not.toEqual(before);
  });

  test('a damaged state names its file and line', async () => {
    const cwd = await begun();
    const file = path.join(cwd, 'st', STATE_FILE);
    const whole = readFileSync(file);
    const lines = whole.toString().split('\n').length - 1;
    const digest = (bytes: Buffer): Buffer =>
      Buffer.concat([
        bytes,
        Buffer.from(`#sha256,${createHash('sha256').update(bytes).digest('hex')}\n`),
      ]);
    const newer = Buffer.from(whole.toString().replace('#hindcast-state,1', '#hindcast-state,2'));
    const cases: [Buffer, string][] = [
      [Buffer.alloc(0), ':1: the file is empty'],
      [Buffer.from('window,key,count\n'), ':1: expected #hindcast-state,1 at its start'],
      [newer, ':1: expected version 1, found 2'],
      [digest(Buffer.from('#hindcast-state,10\n')), ':1: expected version 1, found 10'],
      [whole.subarray(0, -30), `:${lines}: the file is cut within a line`],
      [whole.subarray(0, -74), `:${lines - 1}: the file is cut within a line`],
      [whole.subarray(0, -73), `:${lines - 1}: the file is cut: its last line is no digest`],
      [
        Buffer.from(whole.toString().replace('"late":0', '"late":1')),
        `:${lines}: the file was altered`,
      ],
    ];
    for (const [bytes, message] of cases) {
      writeFileSync(file, bytes);
      expect(await refusal(two, cwd)).toContain(`${path.join('st', STATE_FILE)}${message}`);
      expect(readFileSync(file).equals(bytes)).toBe(true);
    }
    writeFileSync(file, whole);
    await outputKept(['replay', ...two], { cwd });
  });
});

// Goal: a run that is killed at any moment leaves the state of the run before it, or its own.
// Method: kill -9 at a hundred moments spread over the run; the files that hold a state are then
// one of the two, byte for byte, and the run that follows goes on.
test('kill -9 at a hundred moments loses nothing', async () => {
  const cwd = newFolder({ one: log(0, 2500), two: log(2500, 2900) });
  const kept = ['--state', 'st', '--journal', 'jr', '--reorder', '0s'];
  const args = [...YEAR, '--policy', POLICY, ...kept];
  await outputOf(['replay', 'one', ...args], { cwd });
  const before = filesBelow(path.join(cwd, 'st'));
  const earlier = Object.keys(filesBelow(path.join(cwd, 'jr')));
  const started = performance.now();
  await outputOf(['replay', 'two', ...args], { cwd });
  const tookMs = performance.now() - started;
  const after = filesBelow(path.join(cwd, 'st'));
  expect(after[STATE_FILE]).not.toBe(before[STATE_FILE]);
  const journals = filesBelow(path.join(cwd, 'jr'));
  for (const name of earlier) delete journals[name];
  // A window of a serialized series ends in this piece.
  expect(Object.keys(journals).length).toBeGreaterThan(0);

  let killed = 0;
  async function kill(share: number): Promise<void> {
    const folder = newFolder({ two: log(2500, 2900) });
    mkdirSync(path.join(folder, 'st'));
    for (const [name, text] of Object.entries(before)) {
      writeFileSync(path.join(folder, 'st', name), text, 'latin1');
    }
    const { child, done } = startHindcast(['replay', 'two', ...args, '--out', 'out'], {
      cwd: folder,
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), tookMs * share);
    const { code } = await done;
    clearTimeout(timer);
    if (code === null) killed++;
    const left = filesBelow(path.join(folder, 'st'));
    expect([before[STATE_FILE], after[STATE_FILE]]).toContain(left[STATE_FILE]);
    const finished = left[STATE_FILE] === after[STATE_FILE];
    // The report is there before the state is: nothing that was counted is without its report.
    const report = path.join(folder, 'out', 'manifest.json');
    expect(!finished || existsSync(report)).toBe(true);
    if (killed % 25 !== 1 || finished) return;
    await outputOf(['replay', 'two', ...args, '--out', 'out', '--force'], { cwd: folder });
    expect(filesBelow(path.join(folder, 'st'))).toEqual(after);
    expect(filesBelow(path.join(folder, 'jr'))).toEqual(journals);
  }
  const shares = Array.from({ length: 100 }, (_, index) => 0.3 + index * 0.008);
  const workers = [0, 1].map(async () => {
    for (let share = shares.pop(); share !== undefined; share = shares.pop()) await kill(share);
  });
  await Promise.all(workers);
  expect(killed).toBeGreaterThan(30);
}, 240_000);
