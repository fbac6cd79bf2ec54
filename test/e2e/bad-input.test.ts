// Goal: whatever is wrong, the user reads what it is and what was read, the exit code tells whose
// fault it was, and no half report is left behind.
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { connect } from './log-lines.ts';
import { outputKept, runKept } from './kept-hindcast.ts';
import {
  filesBelow,
  FIXTURES,
  HOME,
  newFolder,
  outputOf,
  readCsv,
  ROOT,
  runHindcast,
  startHindcast,
} from './run-hindcast.ts';

/** Peak memory in kilobytes. Where `/proc` tells it, without the tests' own from before the command. */
const TELL_PEAK = `
import { existsSync, readFileSync } from 'node:fs';
const status = '/proc/self/status';
process.on('exit', () => {
  const { maxRSS } = process.resourceUsage();
  const text = existsSync(status) ? readFileSync(status, 'utf8') : '';
  process.stderr.write(/VmHWM:\\s*(\\d+)/.exec(text)?.[1] ?? String(maxRSS));
});
`;

const LINE = connect('2026-11-20T10:00:00Z', '192.0.2.1');
const POLICY = `hindcast: 1
rules:
  - { name: any, count: connections, above: 0, per: address, then: tag }
  - { name: many, count: connections, above: 1000, per: address, then: tag }
`;
const RECORDED = path.join(FIXTURES, 'logs', 'postfix', 'recorded.rfc3339.log.gz');

/** Runs a command that must fail: nothing on stdout, and the files of its folder as they were. */
async function failure(
  files: Readonly<Record<string, string | Buffer>>,
  args: readonly string[],
): Promise<{ code: number | null; stderr: string }> {
  const cwd = newFolder(files);
  const before = filesBelow(cwd);
  const { code, stdout, stderr } = await runKept(args, { cwd });
  expect(stdout).toBe('');
  expect(filesBelow(cwd)).toEqual(before);
  expect(existsSync(path.join(cwd, 'report'))).toBe(false);
  return { code, stderr };
}

const replayTo = (...args: string[]): string[] => ['replay', ...args, '--out', 'report'];

describe('an input', () => {
  const missing = "hindcast: no such file or folder: 'mail.log'\nhint: name log files,";
  const unusable = 'is it a mail log? hindcast inspect shows its lines, --input-format';
  const cut = gzipSync(LINE.repeat(1000)).subarray(0, 80);

  test.each<[string, Record<string, string | Buffer>, string, number, string]>([
    ['that is missing', {}, 'mail.log', 2, missing],
    ['in a missing folder', {}, 'no/mail.log', 2, "no such file or folder: 'no/mail.log'"],
    ['below a file', { a: '' }, 'a/mail.log', 2, "no such file or folder: 'a/mail.log'"],
    ['that no file matches', {}, 'mail*', 2, "hindcast: no file matches 'mail*'\nhint: quote"],
    [
      'that is a folder without logs',
      { 'logs/a.yaml': POLICY },
      'logs',
      2,
      "no log files in 'logs'",
    ],
    [
      'of random bytes',
      {
        junk: Buffer.from(Uint8Array.from({ length: 9000 }, (_, i) => (i * 7919 + (i >> 3)) % 256)),
      },
      'junk',
      2,
      'hindcast: no usable line in junk: ',
    ],
    [
      'without a usable line',
      { 'notes.txt': 'Buy milk\nCall Bob\n' },
      'notes.txt',
      2,
      `hindcast: no usable line in notes.txt: 2 lines unparsed (no header)\nhint: ${unusable}`,
    ],
    [
      'of events without a usable time',
      { 'a.csv': 'time,kind,ip\nnoon,connect,192.0.2.1\n' },
      'a.csv',
      2,
      'hindcast: no usable line in a.csv: 1 line unparsed (no such time)\n',
    ],
    [
      'packed with lz4',
      { 'mail.log.lz4': Buffer.from('04224d186440a7', 'hex') },
      'mail.log.lz4',
      2,
      "'mail.log.lz4' is packed with lz4, which is not read directly\nhint: unpack it first",
    ],
    [
      'packed with lzma',
      { 'mail.log.lzma': Buffer.from('5d00008000ffffffffffffffff00', 'hex') },
      'mail.log.lzma',
      2,
      "'mail.log.lzma' is packed with lzma, which is not read directly\nhint: unpack it first",
    ],
    [
      'packed with zip',
      { 'mail.log.zip': Buffer.from('504b0304140000', 'hex') },
      'mail.log.zip',
      2,
      "'mail.log.zip' is packed with zip, which is not read directly\nhint: unpack it first",
    ],
    [
      'of damaged zstd data',
      { 'mail.log.zst': Buffer.from('28b52ffd0058070000', 'hex') },
      'mail.log.zst',
      74,
      "'mail.log.zst': zstd data is damaged after",
    ],
    ['cut short', { 'mail.log.gz': cut }, 'mail.log.gz', 74, 'gzip data ends early after 80 bytes'],
    [
      'of damaged gzip data',
      {
        'mail.log.gz': Buffer.concat([gzipSync(LINE.repeat(9)).subarray(0, 40), Buffer.alloc(90)]),
      },
      'mail.log.gz',
      74,
      "'mail.log.gz': gzip data ",
    ],
  ])('%s', async (_, files, log, wantedCode, words) => {
    const { code, stderr } = await failure(files, replayTo(log));
    expect(stderr).toContain(words);
    expect(code).toBe(wantedCode);
  });

  test('cut short far behind its front leaves no report either', async () => {
    const later = connect('2026-11-20T11:00:00Z', '192.0.2.2').repeat(50_000);
    const files = { 'a.log': LINE, 'b.log.gz': gzipSync(later).subarray(0, 2000) };
    const { code, stderr } = await failure(files, replayTo('.'));
    expect([code, stderr]).toEqual([
      74,
      "hindcast: 'b.log.gz': gzip data ends early after 2000 bytes\n",
    ]);
  });

  test('that is empty is a quiet day', async () => {
    const cwd = newFolder({ 'mail.log': '' });
    const table = await outputKept(['replay', 'mail.log'], { cwd });
    expect(table).toBe(
      'mail.log: 0 lines = 0 events + 0 irrelevant + 0 unparsed\nnothing to read\n',
    );
  });

  test('that only inspect may show: it says what the lines are', async () => {
    const cwd = newFolder({ 'notes.txt': 'Buy milk\n\u001b[31mCall Bob\n' });
    const shown = await outputOf(['inspect', 'notes.txt'], { cwd });
    expect(shown).toContain('notes.txt: no line with a time\n');
    expect(shown).toContain('  2 lines unparsed: no header\n');
    expect(shown).toContain('  notes.txt:1: no header: "Buy milk"\n');
    // What a stranger wrote must not reach the terminal as it is.
    expect(shown).toContain(String.raw`  notes.txt:2: no header: "\u001b[31mCall Bob"`);
  });

  test('of which some lines are junk says how many', async () => {
    const cwd = newFolder({ 'mail.log': `junk\n${LINE}` });
    const table = await outputKept(['replay', 'mail.log'], { cwd });
    expect(table).toContain('mail.log: 2 lines = 1 event + 0 irrelevant + 1 unparsed\n');
    expect(table).toContain('mail.log: 1 line unparsed: no header\n');
  });

  test('with NUL bytes and broken UTF-8 is read around them', async () => {
    const reject = Buffer.concat([
      Buffer.from('2026-11-20T10:00:00Z mx1 postfix/smtpd[2]: NOQUEUE: reject: RCPT from '),
      Buffer.from('unknown[192.0.2.1]: 550 5.1.1 <a@example.net>: Recipient address rejected: '),
      Buffer.from('User unknown; from=<'),
      Buffer.from([0xff, 0xc3]),
      Buffer.from('@example.com> to=<a@example.net> proto=SMTP helo=<x\0y>\n'),
    ]);
    // A log server that lost its power leaves a run of NUL bytes.
    const nuls = Buffer.concat([Buffer.alloc(5000), Buffer.from('\n')]);
    const log = Buffer.concat([Buffer.from(LINE), nuls, reject, Buffer.from(LINE)]);
    const cwd = newFolder({ 'mail.log': log });
    const json = await outputKept(['inspect', 'mail.log', '--format', 'json'], { cwd });
    const { lines } = JSON.parse(json) as { lines: unknown };
    expect(lines).toEqual({ lines: 4, event: 3, irrelevant: 0, unparsed: 1 });
    const rows = readCsv(await outputKept(['convert', 'mail.log'], { cwd }));
    expect(rows.map(({ kind }) => kind)).toEqual(['connect', 'rejection', 'connect']);
    expect(rows[1]['sender']).toBe(String.raw`\xff\xc3@example.com`);
  });

  test('with a line of 100 MB takes no more memory than another', async () => {
    const cwd = newFolder();
    const piece = Buffer.alloc(1_000_000, 'x');
    const file = openSync(path.join(cwd, 'mail.log'), 'w');
    writeSync(file, LINE);
    for (let i = 0; i < 100; i++) writeSync(file, piece);
    writeSync(file, `\n${LINE}`);
    closeSync(file);
    writeFileSync(path.join(cwd, 'peak.mjs'), TELL_PEAK);
    const { code, stdout, stderr } = await runHindcast(['replay', 'mail.log', '--format', 'json'], {
      cwd,
      nodeOptions: ['--import', './peak.mjs'],
    });
    expect(code).toBe(0);
    const { lines, files } = JSON.parse(stdout) as { lines: unknown; files: unknown };
    expect(lines).toEqual({ lines: 3, event: 2, irrelevant: 0, unparsed: 1 });
    expect(files).toMatchObject([{ reasons: [{ reason: 'line too long', lines: 1 }] }]);
    // Kilobytes.
    expect(Number(stderr)).toBeGreaterThan(10_000);
    expect(Number(stderr)).toBeLessThan(300_000);
  });
});

describe('the command line', () => {
  const log = { 'mail.log': LINE, 'policy.yaml': POLICY };
  const withPolicy = ['--policy', 'policy.yaml'];

  test.each<[readonly string[], string]>([
    [['replay', 'mail.log', '--wat'], "error: unknown option '--wat'\n(hindcast --help lists"],
    [['frobnicate'], "error: unknown command 'frobnicate'\n(hindcast --help lists"],
    [['replay'], 'hindcast: no logs named'],
    [replayTo('mail.log', '--tz', 'Mars/Base'), '--tz Mars/Base: no such zone\nhint: an IANA name'],
    [replayTo('mail.log', '--tz', '*.log=CET1'), '--tz CET1: no such zone'],
    [replayTo('mail.log', '--from', 'noon'), '--from noon: not a time\nhint: ISO 8601 such as'],
    [replayTo('mail.log', '--to', '2026-02-29'), '--to 2026-02-29: not a time'],
    [
      replayTo('mail.log', '--from', '2026-11-21', '--to', '2026-11-20T23:59:59Z'),
      '--from 2026-11-21 is not before --to 2026-11-20T23:59:59Z',
    ],
    [replayTo('mail.log', '--year', '26'), '--year 26: not a year'],
    [replayTo('mail.log', '--year', 'mail*=last'), '--year mail*=last: not a year'],
    [replayTo('mail.log', '--reorder', 'soon'), '--reorder soon: not a duration'],
    [replayTo('mail.log', '--session-timeout', '-1'), '--session-timeout -1: not a duration'],
    [replayTo('mail.log', '--node', 'mx1'), '--node mx1: expected name=glob'],
    [
      replayTo('mail.log', '--map', 'client=ip'),
      "--map client=ip: no field 'client'\nhint: fields:",
    ],
    [replayTo('mail.log', '--map', 'ip'), '--map ip: expected field=column'],
    [replayTo('mail.log', '--kind', 'A B'), '--kind A B: not a kind'],
    [replayTo('mail.log', '--input-format', 'qmail'), '--input-format qmail: no such format'],
    // A filter writes beside a mail server and has no log of its own.
    [replayTo('mail.log', '--input-format', 'rspamd'), '--input-format rspamd: no such format'],
    [replayTo('mail.log', '--format', 'xml'), "argument 'xml' is invalid. Allowed choices are"],
    [replayTo('mail.log', '--top', 'few'), "argument 'few' is invalid. expected a whole number"],
    [replayTo('mail.log', '--max-keys', '0'), "argument '0' is invalid. expected a whole number"],
    [replayTo('mail.log', '--policy', 'no.yaml'), 'no such policy file: no.yaml'],
    [replayTo('mail.log', '--policy', '.'), '. is a folder, not a policy file'],
    [replayTo('mail.log', '--fail-on', 'any'), '--fail-on needs a --policy'],
    [
      replayTo('mail.log', ...withPolicy, '--fail-on', 'other'),
      '--fail-on other: no such rule in policy.yaml\nhint: rules: any, many',
    ],
    [['replay', 'mail.log', '--out', ''], '--out names no folder'],
    [['show', 'mail.log', '--per', '33,128'], '--per 33,128: not a prefix length'],
    [['convert', 'mail.log', '--to', 'xml'], "argument 'xml' is invalid."],
    [['check', 'no.yaml'], 'no such policy file: no.yaml'],
  ])('%j is the mistake of the user', async (args, words) => {
    const { code, stderr } = await failure(log, args);
    expect(stderr).toContain(words);
    expect(code).toBe(2);
  });

  test('without a command shows the help and fails', async () => {
    const { code, stdout, stderr } = await runHindcast([]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^Usage: hindcast \[options\] \[command\]\n/);
  });

  test('a policy with mistakes shows each where it stands', async () => {
    const bad = 'fixtures/policy/bad';
    const file = `${bad}/word-unknown.yaml`;
    const wanted = readFileSync(path.join(ROOT, bad, 'word-unknown.txt'), 'utf8');
    const out = path.join(newFolder(), 'report');
    const replay = ['replay', RECORDED, '--policy', file, '--out', out];
    expect(await runHindcast(replay, { cwd: ROOT })).toEqual({
      code: 2,
      stdout: '',
      stderr: wanted,
    });
    expect(existsSync(out)).toBe(false);
    expect(await runHindcast(['check', file], { cwd: ROOT })).toEqual({
      code: 2,
      stdout: '',
      stderr: `${wanted}\n${file}: 5 errors\n`,
    });
  });

  test('check goes on behind a policy with mistakes', async () => {
    const cwd = newFolder({ 'bad.yaml': 'hindcast: 2\n', 'good.yaml': POLICY });
    const { code, stdout, stderr } = await runKept(['check', 'bad.yaml', 'good.yaml'], { cwd });
    expect([code, stdout]).toEqual([2, 'good.yaml: ok, 0 series, 2 rules\n']);
    expect(stderr).toMatch(/^bad\.yaml:1:11: error: .* \[version-newer\]\n/);
  });
});

describe('a check that the user asked for', () => {
  const files = { 'mail.log': `junk\n${LINE}`, 'policy.yaml': POLICY };
  const run = (cwd: string, ...args: string[]): ReturnType<typeof runHindcast> =>
    runHindcast(['replay', 'mail.log', '--policy', 'policy.yaml', '--out', 'out', ...args], {
      cwd,
    });

  test('--fail-on: exit 1 when the rule fired, and the report is there', async () => {
    const cwd = newFolder(files);
    const { code, stdout, stderr } = await run(cwd, '--fail-on', 'any', '--fail-on', 'many');
    expect([code, stderr]).toEqual([1, 'hindcast: rule any fired (--fail-on), firings: 1\n']);
    expect(stdout).toContain('│ any ');
    expect(readdirSync(path.join(cwd, 'out'))).toContain('manifest.json');
  });

  test('--fail-on: exit 0 when it did not', async () => {
    expect(await run(newFolder(files), '--fail-on', 'many')).toMatchObject({ code: 0, stderr: '' });
  });

  test('--max-unparsed: exit 3 above it, and the report is there', async () => {
    const cwd = newFolder(files);
    const { code, stderr } = await run(cwd, '--max-unparsed', '0');
    expect([code, stderr]).toEqual([
      3,
      'hindcast: unparsed lines: 1, more than --max-unparsed 0\n',
    ]);
    expect(readdirSync(path.join(cwd, 'out'))).toContain('manifest.json');
    expect((await run(newFolder(files), '--max-unparsed', '1')).code).toBe(0);
    const inspected = await runKept(['inspect', 'mail.log', '--max-unparsed', '0'], { cwd });
    expect(inspected).toMatchObject({
      code: 3,
      stderr: 'hindcast: unparsed lines: 1, more than --max-unparsed 0\n',
    });
  });

  test('--max-keys: exit 1 when reached, and no report', async () => {
    const cwd = newFolder();
    const args = ['replay', RECORDED, '--out', 'out', '--max-keys', '100'];
    expect(await runHindcast(args, { cwd })).toEqual({
      code: 1,
      stdout: '',
      stderr: 'hindcast: more than 100 keys in memory (--max-keys)\n',
    });
    expect(readdirSync(cwd)).toEqual([]);
  });
});

describe('--out', () => {
  test('is never overwritten unless told', async () => {
    const cwd = newFolder({ 'mail.log': LINE, 'policy.yaml': POLICY });
    await outputKept(['replay', 'mail.log', '--out', 'out', '--policy', 'policy.yaml'], { cwd });
    const first = filesBelow(path.join(cwd, 'out'));
    const again = ['replay', 'mail.log', '--out', 'out'];
    expect(await runKept(again, { cwd })).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'hindcast: out is not empty\n' +
        'hint: name a folder that does not exist yet, or replace the report with --force\n',
    });
    expect(filesBelow(path.join(cwd, 'out'))).toEqual(first);

    await outputKept(['replay', 'mail.log', '--out', 'out', '--force'], { cwd });
    const replaced = filesBelow(path.join(cwd, 'out'));
    expect(Object.keys(replaced)).toEqual(Object.keys(first));
    expect(JSON.parse(replaced['summary.json'])).toMatchObject({ policy: null, rules: [] });
  });

  test('keeps the old report when the run that would replace it fails', async () => {
    const cwd = newFolder({ 'mail.log': LINE, 'cut.gz': gzipSync(LINE).subarray(0, 40) });
    await outputOf(['replay', 'mail.log', '--out', 'out'], { cwd });
    const first = filesBelow(path.join(cwd, 'out'));
    const { code } = await runHindcast(['replay', 'cut.gz', '--out', 'out', '--force'], { cwd });
    expect(code).toBe(74);
    expect(filesBelow(path.join(cwd, 'out'))).toEqual(first);
  });

  test('may be an empty folder, or a new one in a new one', async () => {
    const cwd = newFolder({ 'mail.log': LINE });
    mkdirSync(path.join(cwd, 'empty'));
    for (const out of ['empty', 'new/report']) {
      await outputKept(['replay', 'mail.log', '--out', out], { cwd });
      expect(readdirSync(path.join(cwd, out))).toContain('manifest.json');
    }
  });

  test.each<[string, number, string]>([
    ['a-file', 2, 'hindcast: a-file is a file, not a folder\n'],
    ['a-file/out', 2, 'a-file is a file, not a folder\n'],
    // Nobody, not even root, makes a folder there.
    ['/proc/hindcast/out', 74, 'hindcast: cannot write /proc/hindcast/out: '],
  ])('%s cannot be written', async (out, wantedCode, words) => {
    const files = { 'mail.log': LINE, 'a-file': '' };
    const { code, stderr } = await failure(files, ['replay', 'mail.log', '--out', out]);
    expect(stderr).toContain(words);
    expect(code).toBe(wantedCode);
  });

  test('takes all that a run writes', async () => {
    const cwd = newFolder({ 'logs/mail.log': LINE, 'policy.yaml': POLICY });
    const before = filesBelow(cwd);
    const args = ['replay', 'logs', '--policy', 'policy.yaml', '--out', 'out'];
    await outputOf(args, { cwd });
    const after = filesBelow(cwd);
    for (const [name, content] of Object.entries(before)) expect(after[name]).toBe(content);
    const written = Object.keys(after).filter((name) => !(name in before));
    expect(written.toSorted()).toEqual([
      'out/firings.csv',
      'out/keys.csv',
      'out/manifest.json',
      'out/stopped.csv',
      'out/summary.json',
      'out/windows.csv',
    ]);
    expect(readdirSync(HOME)).toEqual([]);
  });
});

// Goal: whoever takes results slowly costs time and no memory.
// Method: read nothing, see how far the command gets into a log much longer than that, then read all.
// Where there is no /proc, nobody tells how far it gets.
test.skipIf(!existsSync('/proc/self/io')).each([
  ['convert', 'mail.log'],
  ['timeline', 'mail.log', '--ip', '0.0.0.0/0', '--lines'],
])('%s waits for a reader that takes its time', async (...args) => {
  const cwd = newFolder();
  const lines = 300_000;
  const times = Array.from({ length: lines }, (_, at) => new Date(1_790_000_000_000 + at * 1000));
  const log = times.map((time) => connect(time.toISOString(), '192.0.2.1')).join('');
  writeFileSync(path.join(cwd, 'mail.log'), log);
  const { child, done } = startHindcast(args, { cwd });
  await once(child.stdout, 'data');
  child.stdout.pause();
  const read = (): number => {
    const [, bytes] = /rchar: (\d+)/.exec(readFileSync(`/proc/${child.pid}/io`, 'latin1'))!;
    return Number(bytes);
  };
  // It stands still where two looks see the same.
  for (let before = -1; read() !== before; await delay(300)) before = read();
  expect(read()).toBeLessThan(log.length * 0.7);
  child.stdout.resume();
  const { code, stdout } = await done;
  expect(code).toBe(0);
  expect(stdout.split('192.0.2.').length).toBeGreaterThan(lines);
});

describe('a run that ends early', () => {
  test('because nobody reads on: success', async () => {
    const { child, done } = startHindcast(['convert', RECORDED]);
    child.stdout.once('data', () => child.stdout.destroy());
    const { code, stderr } = await done;
    expect([code, stderr]).toEqual([0, '']);
  });

  test.each(['1', '2'])('because of Ctrl-C, %s threads: no report at all', async (threads) => {
    const cwd = newFolder();
    const file = openSync(path.join(cwd, 'mail.log'), 'w');
    const block = Buffer.from(LINE.repeat(20_000));
    for (let written = 0; written < 200_000_000;) written += writeSync(file, block);
    closeSync(file);
    const args = ['replay', 'mail.log', '--out', 'reports/today', '--threads', threads];
    const { child, done } = startHindcast(args, { cwd });
    const partial = path.join(cwd, 'reports', 'today', '.partial');
    while (!existsSync(partial) && child.exitCode === null) await delay(5);
    child.kill('SIGINT');
    expect(await done).toEqual({
      code: 130,
      stdout: '',
      stderr: 'hindcast: interrupted, no report was written\n',
    });
    expect(readdirSync(cwd)).toEqual(['mail.log']);
  });

  test('because of Ctrl-C while it waits for its input', async () => {
    const cwd = newFolder();
    const args = ['replay', '-', '--out', 'out'];
    const { child, done } = startHindcast(args, { cwd, stdin: null });
    // More than a pipe holds: once it is gone, the run is reading.
    await new Promise((resolve) => {
      child.stdin.write(LINE.repeat(5000), resolve);
    });
    child.kill('SIGINT');
    const { code, stderr } = await done;
    expect([code, stderr]).toEqual([130, 'hindcast: interrupted, no report was written\n']);
    expect(readdirSync(cwd)).toEqual([]);
  });
});
