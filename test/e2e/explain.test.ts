// Goal: the built command explains a decision from every form of a log, as its page shows it.
// Method: one decision from each form, the examples of the page. Which decision is meant, and every
// mistake, is in test/unit/cli/explain.test.ts; what explanations say in test/property.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { connect } from './log-lines.ts';
import { FIXTURES, newFolder, outputOf, ROOT, runHindcast } from './run-hindcast.ts';

const LOG = path.join(FIXTURES, 'logs', 'postfix', 'maillog-20261120.gz');
const FORMS = path.join(FIXTURES, 'replay', 'forms.yaml');
const BERLIN = ['--tz', 'Europe/Berlin'];

test('the same explanation from gzip, plain text, standard input and a converted file', async () => {
  const question = ['--policy', FORMS, '--ip', '[2001:db8:6::1b]', '--at', '2026-11-20 17:27:29'];
  const wanted = await outputOf(['explain', LOG, ...BERLIN, ...question]);
  expect(wanted).toContain('connect of 2001:db8:6::1b at 2026-11-20 17:27:29 UTC\n');
  const plain = gunzipSync(readFileSync(LOG));
  const cwd = newFolder({
    'maillog-20261120.gz': plain,
    'events.csv': await outputOf(['convert', LOG, ...BERLIN]),
  });
  const named = ['explain', 'maillog-20261120.gz', ...BERLIN, ...question];
  expect(await outputOf(named, { cwd, tz: 'Asia/Tokyo' })).toBe(wanted);
  const piped = ['explain', '-', ...BERLIN, '--year', '2026', ...question];
  const fromPipe = await outputOf(piped, { stdin: plain });
  expect(fromPipe.replaceAll(' -:', ' maillog-20261120.gz:')).toBe(wanted);
  // Lines are those of the converted file; all else is the same.
  const withoutLines = (text: string): string => text.replaceAll(/^ +maillog.*\n/gm, '');
  const converted = await outputOf(['explain', 'events.csv', ...question], { cwd });
  expect(withoutLines(converted)).toBe(withoutLines(wanted));
});

describe('docs/explain.md', () => {
  const page = readFileSync(path.join(ROOT, 'docs', 'explain.md'), 'utf8');
  const blocks = [...page.matchAll(/^```console\n\$ hindcast ((?:.*\\\n)*.*)\n([^`]*)```$/gm)];

  test('has examples', () => expect(blocks).toHaveLength(3));

  test.each(blocks.map(([, command, output]) => [command, output]))(
    '%s',
    async (command, output) => {
      const words = command.replaceAll('\\\n', ' ').matchAll(/"([^"]*)"|(\S+)/g);
      const args = Array.from(words, ([word, quoted]) => quoted ?? word);
      const { stdout, stderr } = await runHindcast(args, { cwd: ROOT });
      expect(stdout + stderr).toBe(output);
    },
  );
});

test('standard input and pipes cannot be read twice', async () => {
  const log = connect('2026-11-20T10:00:00Z', '192.0.2.1');
  const cwd = newFolder();
  const question = ['--policy', FORMS, '--firing', '1'];
  const twice = await runHindcast(['explain', '-', ...question], { cwd, stdin: log });
  expect([twice.code, twice.stderr]).toEqual([
    2,
    'hindcast: --firing reads the logs twice, which standard input cannot do\n' +
      'hint: name files, or the decision by --ip and --at\n',
  ]);
  const fifo = path.join(cwd, 'fifo');
  execFileSync('/usr/bin/mkfifo', [fifo]);
  const written = writeFile(fifo, log);
  const pipe = await runHindcast(['explain', 'fifo', ...question], { cwd });
  await written;
  expect([pipe.code, pipe.stderr]).toEqual([
    2,
    'hindcast: --firing reads the logs twice, which a pipe cannot do\n',
  ]);
});
