// Goal: a program gets from `import { replay } from 'hindcast'` what the command line shows, typed.
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { loadLibrary } from './load-library.ts';
import { connect } from './log-lines.ts';
import { filesBelow, FIXTURES, newFolder, outputOf, ROOT } from './run-hindcast.ts';

const run = promisify(execFile);
const LOG = path.join(FIXTURES, 'logs', 'postfix', 'recorded.log.gz');
const POLICY = path.join(FIXTURES, 'replay', 'everything.yaml');

let library: Awaited<ReturnType<typeof loadLibrary>>;
beforeAll(async () => {
  library = await loadLibrary();
});

/** A folder of a program that has hindcast installed. */
function newProgram(files: Readonly<Record<string, string>>): string {
  const folder = newFolder({ 'package.json': '{ "type": "module" }', ...files });
  mkdirSync(path.join(folder, 'node_modules', '@types'), { recursive: true });
  symlinkSync(ROOT, path.join(folder, 'node_modules', 'hindcast'));
  const types = path.join(ROOT, 'node_modules', '@types', 'node');
  symlinkSync(types, path.join(folder, 'node_modules', '@types', 'node'));
  return folder;
}

describe('a program', () => {
  test('imports it by its name', async () => {
    const cwd = newProgram({
      'mail.log': connect('2026-11-20T10:00:00Z', '192.0.2.1'),
      'run.js': `import { replay, UserError } from 'hindcast';
const { report } = await replay({ logs: ['mail.log'] });
console.log(JSON.stringify(report.tally.events));
await replay({ logs: ['missing.log'] }).catch((error) => console.log(error instanceof UserError));
`,
    });
    const { stdout } = await run(process.execPath, ['run.js'], { cwd });
    expect(stdout).toBe('{"connect":1}\ntrue\n');
  });

  test('is checked against its types', async () => {
    const cwd = newProgram({
      'good.ts': `import { replay, type ReplayLogsOptions, type Tally } from 'hindcast';
const options: ReplayLogsOptions = { logs: ['mail.log'], policy: { text: '' }, top: Infinity };
const { report, series } = await replay(options);
const tally: Tally = report.tally;
const connects: number | undefined = tally.events['connect'];
export const rows: string[] = series.flatMap(({ rows }) => rows.map(({ key }) => key));
export const first: number | undefined = report.files[0]?.firstMs ?? connects;
`,
      'bad.ts': `import { replay } from 'hindcast';
await replay({ logs: 'mail.log' });
await replay({ logs: [], polisy: 'policy.yaml' });
`,
      'tsconfig.json': JSON.stringify({
        compilerOptions: {
          module: 'node20',
          target: 'es2023',
          strict: true,
          noEmit: true,
          types: ['node'],
        },
      }),
    });
    const tsc = path.join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
    const failed = await run(process.execPath, [tsc, '--pretty', 'false'], { cwd }).then(
      () => '',
      (error: unknown) => (error as { stdout: string }).stdout,
    );
    const errors = failed
      .trimEnd()
      .split('\n')
      .filter((line) => !line.startsWith(' '));
    expect(errors.map((line) => /^[^:]*: error TS\d+/.exec(line)?.[0])).toEqual([
      'bad.ts(2,16): error TS2322',
      'bad.ts(3,26): error TS2561',
    ]);
  });
});

describe('replay', () => {
  const options = { logs: [LOG], year: 2026, tz: ['Europe/Berlin'] };

  test("gives the command line's summary and writes its files", async () => {
    const cwd = newFolder();
    const args = ['replay', LOG, '--year', '2026', '--tz', 'Europe/Berlin', '--policy', POLICY];
    const more = ['--from', '2026-11-20T17:27:20Z', '--top', '3', '--out', 'out'];
    const json = await outputOf([...args, ...more, '--format', 'json'], { cwd });
    const from = '2026-11-20T17:27:20Z';
    const { summary, report, warnings } = await library.replay({
      ...options,
      policy: POLICY,
      from,
      top: 3,
      out: path.join(cwd, 'out2'),
    });
    expect(summary).toEqual(JSON.parse(json));
    const files = filesBelow(path.join(cwd, 'out2'));
    expect(files).toEqual(filesBelow(path.join(cwd, 'out')));
    expect(warnings).toEqual([]);
    expect(report.tally.firstMs).toBeGreaterThanOrEqual(Date.parse(from));
    expect(report.tally.rules.map(({ name }) => name)).toContain('busy');
  });

  test('takes a policy as text, its lists from beside the file that it names', async () => {
    const cwd = newFolder({ 'friends.txt': '192.0.2.25\n198.18.40.99\n' });
    const text = `hindcast: 1
lists: { friends: { file: friends.txt } }
rules: [{ name: a, count: connections, per: address, above: 10, except: friends, then: tag }]
`;
    const policy = { text, file: path.join(cwd, 'inline.yaml') };
    const { report } = await library.replay({ ...options, policy });
    expect(report.policy).toBe('inline.yaml');
    expect(report.tally.rules[0]).toMatchObject({ name: 'a', keys: 1 });
    expect(report.tally.rules[0].topEpisodes.map(({ key }) => key)).toEqual(['192.0.2.40/32']);
  });

  test('reports the mistakes of a policy as values', async () => {
    const text = 'hindcast: 1\nrules: [{ name: a, cuont: connections, above: 1, then: tag }]\n';
    const failed = library.replay({ ...options, policy: { text, file: 'p.yaml' } });
    await expect(failed).rejects.toBeInstanceOf(library.UserError);
    const { diagnostics } = (await failed.catch((error: unknown) => error)) as InstanceType<
      typeof library.UserError
    >;
    expect(
      diagnostics.map(({ code, file, start }) => [code, file, text.slice(start, start + 5)]),
    ).toContainEqual(['key-unknown', 'p.yaml', 'cuont']);
  });

  test('refuses to split a report by what it knows nothing of', async () => {
    const by = 'listener' as 'node';
    const failed = library.replay({ ...options, by, out: path.join(newFolder(), 'out') });
    await expect(failed).rejects.toThrow("by: 'listener' is nothing that a report is split by");
  });

  test('ends when its signal is aborted, before and during the run', async () => {
    const out = path.join(newFolder(), 'out');
    const early = library.replay({ ...options, out, signal: AbortSignal.abort() });
    await expect(early).rejects.toBeInstanceOf(library.InterruptedError);

    const controller = new AbortController();
    const late = library.replay({
      ...options,
      out,
      signal: controller.signal,
      onOpen: (progress) => {
        expect(progress().total).toBeGreaterThan(0);
        controller.abort();
      },
    });
    await expect(late).rejects.toBeInstanceOf(library.InterruptedError);
    expect(filesBelow(path.dirname(out))).toEqual({});
  });

  test('has an error for a limit, and one for the disk', async () => {
    await expect(library.replay({ ...options, maxKeys: 3 })).rejects.toBeInstanceOf(
      library.CheckError,
    );
    const cut = path.join(newFolder({ 'a.gz': readFileSync(LOG).subarray(0, 5000) }), 'a.gz');
    await expect(library.replay({ ...options, logs: [cut] })).rejects.toBeInstanceOf(
      library.DiskError,
    );
  });
});
