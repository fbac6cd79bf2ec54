// Goal: whether a thread of its own reads the logs can be told from the time that it takes alone.
// Method: the same command with one thread and with two, compared byte for byte: over every recorded
// log, over what stands across blocks and files, over stops in the middle, and over mistakes. That
// Ctrl-C ends both is in bad-input.test.ts.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { runKept } from './kept-hindcast.ts';
import { connect, disconnect } from './log-lines.ts';
import { filesBelow, FIXTURES, newFolder, runHindcast } from './run-hindcast.ts';

const LOGS = path.join(FIXTURES, 'logs');
const EVERYTHING = path.join(FIXTURES, 'replay', 'everything.yaml');
const HOW = ['--tz', 'Europe/Berlin', '--year', '2026'];

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly files: Record<string, string>;
}

/** The same run with both; `out` stands for the folder of a report. */
async function withOneAndTwo(args: readonly string[], cwd = newFolder()): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const threads of ['1', '2']) {
    // Of the same name, which the report tells.
    const folder = newFolder();
    const out = path.join(folder, 'out');
    const filled = args.map((word) => (word === 'OUT' ? out : word));
    const run = await runKept([...filled, '--threads', threads], { cwd });
    const text = JSON.stringify(run).replaceAll(folder, 'FOLDER');
    const files = args.includes('OUT') ? filesBelow(folder) : {};
    outcomes.push({ ...(JSON.parse(text) as typeof run), files });
  }
  return outcomes;
}

async function expectSame(args: readonly string[], cwd?: string): Promise<Outcome> {
  const [one, two] = await withOneAndTwo(args, cwd);
  expect(two).toEqual(one);
  return two;
}

describe('the recorded logs of a server, read together', () => {
  test.each(readdirSync(LOGS).filter((name) => !name.includes('.')))('%s', async (name) => {
    const logs = readdirSync(path.join(LOGS, name)).filter(
      (log) => !/events|truth|jsonl/.test(log),
    );
    const files = logs
      .map((log) => path.join(LOGS, name, log))
      .filter((log) => !/expected/.test(log));
    const args = ['replay', ...files, '--out', 'OUT', '--top', 'all'];
    const { code, files: written } = await expectSame([...args, ...HOW]);
    expect(code).toBe(0);
    expect(Object.keys(written)).toContain('out/windows.csv');
  });
});

describe('every command that reads logs', () => {
  const log = path.join(LOGS, 'postfix', 'maillog-20261120.gz');
  const dovecot = path.join(LOGS, 'dovecot', 'mail.log.gz');
  test.each([
    ['inspect', log, dovecot, '--format', 'json'],
    ['convert', log, dovecot],
    ['convert', log, dovecot, '--to', 'ndjson'],
    ['timeline', log, '--ip', '0.0.0.0/0', '--lines'],
    ['top', log, '--last', '10s', '--format', 'json'],
    ['explain', log, '--policy', EVERYTHING, '--firing', '3'],
    ['sweep', log, '--policy', EVERYTHING, '--rule', 'busy', '--above', '1,2,3'],
    ['compare', log, '--policy', EVERYTHING, '--policy', EVERYTHING],
    ['check', EVERYTHING, '--phase', log],
    ['cut', log, '--ip', '0.0.0.0/0', '--out', 'OUT'],
    ['replay', log, '--policy', EVERYTHING, '--enforce'],
    ['replay', log, '--policy', EVERYTHING, '--from', '2026-11-20T17:28:00Z'],
    ['replay', log, '--policy', EVERYTHING, '--to', '2026-11-20T17:28:00Z'],
  ])('%s', async (...args) => {
    const { code, stdout } = await expectSame([...args, ...HOW]);
    expect(code).toBe(0);
    expect(stdout).not.toBe('');
  });
});

/** Lines from `fromSecond` on, one each second, enough for several blocks. */
function linesFrom(fromSecond: number, count: number): string {
  let text = '';
  for (let at = fromSecond; at < fromSecond + count; at++) {
    const clock = new Date(Date.UTC(2026, 10, 20) + at * 1000).toISOString().slice(11, 19);
    const stamp = `Nov 20 ${clock}`;
    const ip = `198.51.100.${at % 250}`;
    const setting = { host: `mx${at % 3}`, pid: 100 + (at % 50) };
    text += connect(stamp, ip, setting) + disconnect(stamp, ip, setting);
  }
  return text;
}

describe('files of a rotation that share lines', () => {
  const cwd = newFolder();
  mkdirSync(path.join(cwd, 'logs'));
  writeFileSync(path.join(cwd, 'logs', 'mail.log.2'), linesFrom(0, 8000));
  writeFileSync(path.join(cwd, 'logs', 'mail.log.1'), linesFrom(6000, 8000));
  // Its last line is cut short, and the next file holds it whole.
  writeFileSync(path.join(cwd, 'logs', 'mail.log'), linesFrom(13_990, 8000).slice(0, -20));

  // A file is opened an hour before its first line may come. What was read ahead of files that are
  // not handled to their end must not be told.
  test.each(['00:45:00', '01:20:00', '03:50:00', '03:53:09', '23:59:59'])(
    'until %s',
    async (to) => {
      const args = ['replay', 'logs', '--policy', EVERYTHING, '--out', 'OUT', '--year', '2026'];
      const until = ['--reorder', '1h', '--to', `2026-11-20T${to}Z`];
      const { code, files } = await expectSame([...args, ...until], cwd);
      expect(code).toBe(0);
      expect(files['out/summary.json']).toContain('mail.log.1');
    },
  );
});

describe('what does not fit', () => {
  test('a block holds more events than its columns, lines are longer than a block', async () => {
    const cwd = newFolder();
    let csv = 'time,kind,ip,node,listener,reason\n';
    for (let row = 0; row < 20_000; row++) {
      csv += `${1_790_000_000 + row},connect,192.0.2.${row % 200},n${row % 300},l${row % 7},\n`;
      if (row % 5000 === 0) {
        const reason = `"${'ä""\n'.repeat(60_000)}\\"`;
        csv += `${1_790_000_000 + row},my_kind,192.0.2.1,,smtp,${reason}\n`;
      }
    }
    writeFileSync(path.join(cwd, 'events.csv'), csv);
    const { stdout } = await expectSame(['convert', 'events.csv'], cwd);
    expect(stdout.split(',my_kind,')).toHaveLength(5);
    const args = ['replay', 'events.csv', '--policy', EVERYTHING, '--out', 'OUT', '--top', 'all'];
    const { files } = await expectSame(args, cwd);
    expect(files['out/keys.csv']).toContain('192.0.2.199');
  });

  test('lines that cannot be read: each is counted, with the first of each shape', async () => {
    const cwd = newFolder();
    let text = '';
    for (let line = 0; line < 6000; line++) {
      text +=
        line % 3 === 0
          ? connect('Nov 20 18:20:00', '198.51.100.1')
          : `${'x'.repeat(line % 90)}\xff\n`;
    }
    writeFileSync(path.join(cwd, 'mail.log'), Buffer.from(text, 'latin1'));
    const { stdout } = await expectSame(['inspect', 'mail.log', '--format', 'json', ...HOW], cwd);
    expect(stdout).toContain('4000');
  });
});

describe('mistakes', () => {
  const cwd = newFolder();
  const log = path.join(LOGS, 'postfix', 'maillog-20261120.gz');
  const bytes = readFileSync(log);
  writeFileSync(path.join(cwd, 'cut.gz'), bytes.subarray(0, bytes.length / 2));
  bytes.fill(0xff, bytes.length / 2, bytes.length / 2 + 500);
  writeFileSync(path.join(cwd, 'damaged.gz'), bytes);
  writeFileSync(path.join(cwd, 'leap.log'), connect('Feb 29 18:20:00', '198.51.100.1'));
  writeFileSync(path.join(cwd, 'a.csv'), 'time,what\n2026-11-20T10:00:00Z,connect\n');
  copyFileSync(log, path.join(cwd, 'mail.gz'));

  test.each([
    [2, ['none.log']],
    [2, ['mail.gz', '--tz', 'Europe/Nowhere']],
    [2, ['mail.gz', '--map', 'time=when']],
    [2, ['leap.log', '--year', '2027']],
    [2, ['a.csv']],
    [74, ['damaged.gz', ...HOW]],
    [74, ['cut.gz', ...HOW]],
  ])('exit %i: %j', async (code, args) => {
    const outcome = await expectSame(['replay', ...args], cwd);
    expect(outcome.code).toBe(code);
    expect(outcome.stderr).toContain('hindcast: ');
  });

  test.each(['0', '3', 'many'])('--threads %s', async (threads) => {
    const { code, stderr } = await runKept(['replay', 'mail.gz', '--threads', threads], { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain('expected a whole number from 1 to 2');
  });
});

test('standard input is read, by the one thread that has it', async () => {
  const stdin = gunzipSync(
    readFileSync(path.join(LOGS, 'postfix', 'maillog-20261120.gz')),
  ).toString();
  const args = ['replay', '-', ...HOW, '--threads'];
  const [one, two] = [
    await runHindcast([...args, '1'], { stdin }),
    await runHindcast([...args, '2'], { stdin }),
  ];
  expect(one.code).toBe(0);
  expect(two).toEqual(one);
});
