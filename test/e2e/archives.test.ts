// Goal: how a log is packed changes nothing of what a run answers, and a log that stands in several
// packings is counted once.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { outputKept, runKept } from './kept-hindcast.ts';
import { FIXTURES, newFolder, outputOf, readCsv } from './run-hindcast.ts';

const gz = readFileSync(path.join(FIXTURES, 'logs/postfix/recorded.log.gz'));
const plain = gunzipSync(gz);
const fixture = (extension: string): Buffer =>
  readFileSync(path.join(FIXTURES, `logs/archives/recorded.log.${extension}`));
const has = (program: string): boolean =>
  spawnSync(program, ['--version'], { stdio: 'ignore', input: '' }).error === undefined;

const ALL = [
  { packing: 'gzip', name: 'maillog.gz', bytes: gz },
  { packing: 'zstd', name: 'maillog.zst', bytes: fixture('zst') },
  { packing: 'xz', name: 'maillog.xz', bytes: fixture('xz'), program: 'xz' },
  { packing: 'bzip2', name: 'maillog.bz2', bytes: fixture('bz2'), program: 'bzip2' },
];
const PACKED = ALL.filter(({ program }) => program === undefined || has(program));
for (const program of ['xz', 'bzip2']) {
  test(`${program} is there to unpack archives`, ({ skip }) => {
    skip(!has(program), `install ${program}, as .ci/run does`);
    expect(PACKED.map(({ packing }) => packing)).toContain(program);
  });
}
const POLICY = path.join(FIXTURES, 'policy/good/first.yaml');
const OPTIONS = ['--year', '2026', '--policy', POLICY];

interface FileJson {
  readonly file: string;
  readonly lines: number;
  readonly packing: string | null;
  readonly unpacked_by?: string | null;
  readonly duplicate_of: string | null;
  readonly ends_early: boolean;
  readonly repeated: number;
  readonly repeated_in: readonly string[];
}
interface Report {
  readonly lines: Readonly<Record<string, number>>;
  readonly files: readonly FileJson[];
}

describe.each(PACKED)('$packing', ({ packing, name, bytes }) => {
  test('gives the reports of the plain log, byte for byte, named or through a pipe', async () => {
    const cwd = newFolder({ maillog: plain, [name]: bytes });
    for (const format of ['json', 'table']) {
      const wanted = await outputKept(['replay', 'maillog', ...OPTIONS, '--format', format], {
        cwd,
      });
      const got = await outputKept(['replay', name, ...OPTIONS, '--format', format], { cwd });
      const same = got
        .replaceAll(name, 'maillog')
        .replace(`"packing": "${packing}"`, '"packing": null')
        .replace(`"size": ${bytes.length}`, `"size": ${plain.length}`);
      expect(same).toBe(wanted);
    }
    const args = ['convert', '-', '--year', '2026'];
    const piped = await outputOf(args, { stdin: bytes });
    expect(piped).toBe(await outputOf(args, { stdin: plain }));
  });
});

test('the same log in every packing is read once, and inspect tells who unpacks', async () => {
  const files = Object.fromEntries(PACKED.map(({ name, bytes }) => [name, bytes]));
  const cwd = newFolder({ maillog: plain, ...files });
  const args = ['inspect', '.', '--year', '2026', '--format', 'json'];
  const report = JSON.parse(await outputKept(args, { cwd })) as Report;
  const alone = JSON.parse(await outputKept(args.with(1, 'maillog'), { cwd })) as Report;
  expect(report.lines).toEqual(alone.lines);
  const [first, ...others] = report.files;
  expect(first).toMatchObject({ file: 'maillog', packing: null, duplicate_of: null });
  expect(others.map(({ file, duplicate_of: copied }) => [file, copied])).toEqual(
    ['bz2', 'gz', 'xz', 'zst']
      .map((extension) => `maillog.${extension}`)
      .filter((name) => PACKED.some((each) => each.name === name))
      .map((name) => [name, 'maillog']),
  );
  const zstd = others.find(({ packing }) => packing === 'zstd');
  expect(zstd?.unpacked_by).toMatch(/^(?:Node|fzstd)$/);
  const table = await outputKept(['inspect', 'maillog.zst', '--year', '2026'], { cwd });
  expect(table).toMatch(/maillog\.zst: .*zstd \(by (?:Node|fzstd)\)/);
});

test('a zstd log that is still written is read as far as it goes, and the report says so', async () => {
  const cwd = newFolder({ 'maillog.zst': fixture('zst').subarray(0, 60_000) });
  const args = ['replay', 'maillog.zst', ...OPTIONS];
  const report = JSON.parse(await outputKept([...args, '--format', 'json'], { cwd })) as Report;
  expect(report.files[0].ends_early).toBe(true);
  expect(report.files[0].lines).toBeGreaterThan(1000);
  const { stdout, stderr } = await runKept(args, { cwd });
  expect(stdout + stderr).toContain('maillog.zst: the zstd data end early; what stands before was');
});

test('a damaged archive is a failure of the disk, exit code 74, and names the file', async () => {
  for (const { packing, name, bytes } of PACKED) {
    const damaged = Buffer.from(bytes);
    damaged.fill(0x55, 20_000, 20_100);
    const cwd = newFolder({ [name]: damaged });
    const { code, stderr } = await runKept(['replay', name, ...OPTIONS], { cwd });
    expect([code, stderr]).toEqual([74, expect.stringContaining(`'${name}': ${packing} data is`)]);
  }
});

describe('a log that was copied before it was truncated', () => {
  const lines = plain.toString('latin1').split('\n').slice(0, -1);
  const text = (from: number, to: number, cut = ''): Buffer =>
    Buffer.from([...lines.slice(from, to), cut].join('\n'), 'latin1');
  const files = {
    // A snapshot, a copy taken while a line was written, and a live log that begins before its end.
    'maillog.3': text(0, 1000),
    'maillog.2.gz': gzipSync(text(0, 3000, lines[3000].slice(0, 60))),
    'maillog.1': text(2000, 5000),
    maillog: text(4900, lines.length),
  };

  test('counts every line once, in any order of the files, and says what was left out', async () => {
    const cwd = newFolder({ ...files, 'whole/maillog': plain });
    const names = Object.keys(files);
    const args = ['--year', '2026', '--format', 'json', '--policy', POLICY];
    const whole = JSON.parse(await outputKept(['replay', 'whole', ...args], { cwd })) as Report;
    const runs = await Promise.all(
      [names, names.toReversed()].map((each) => outputKept(['replay', ...each, ...args], { cwd })),
    );
    expect(runs[1]).toBe(runs[0]);
    const report = JSON.parse(runs[0]) as Report;
    const read = Object.fromEntries(
      report.files.map((file) => [file.file, [file.lines, file.repeated, file.repeated_in]]),
    );
    expect(read).toEqual({
      'maillog.3': [1000, 0, []],
      'maillog.2.gz': [3001, 1001, ['maillog.1', 'maillog.3']],
      'maillog.1': [3000, 1000, ['maillog.2.gz']],
      maillog: [lines.length - 4900, 100, ['maillog.1']],
    });
    expect({ ...report, files: [], lines: {} }).toEqual({ ...whole, files: [], lines: {} });
    expect(report.lines['event']).toBe(whole.lines['event']);
    const table = await outputKept(['inspect', ...names, '--year', '2026'], { cwd });
    expect(table).toContain('1,000 lines left out, repeated in maillog.2.gz');
    expect(table).toContain('100 lines left out, repeated in maillog.1');
  });

  test('makes the events of the whole log, in their order', async () => {
    const cwd = newFolder({ ...files, 'whole/maillog': plain });
    const columns = ['--year', '2026'];
    const withoutPlace = (rows: string): string[] =>
      readCsv(rows).map((row) => JSON.stringify({ ...row, file: '', line: '' }));
    const split = await outputKept(['convert', ...Object.keys(files), ...columns], { cwd });
    const whole = await outputKept(['convert', 'whole', ...columns], { cwd });
    expect(withoutPlace(split)).toEqual(withoutPlace(whole));
  });
});
