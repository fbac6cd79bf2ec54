// Goal: the examples of docs/ci.md do what the page says: a good change passes, a bad one does not.
// Method: the files of the page in a folder with a log, and their commands run by a shell, where
// `hindcast` is the built command. What a runner alone can do (check out, install) is left out.
import { spawn } from 'node:child_process';
import { chmodSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { HOME, newFolder, ROOT } from './run-hindcast.ts';

const page = readFileSync(path.join(ROOT, 'docs', 'ci.md'), 'utf8');
const files = Object.fromEntries(
  Array.from(page.matchAll(/^```yaml\n# (\S+)\n([^`]*)```$/gm), ([, name, text]) => [name, text]),
);

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
}
interface Hook {
  readonly entry: string;
  readonly files: string;
  readonly pass_filenames?: boolean;
}

const { jobs } = parse(files['.github/workflows/policies.yaml']) as {
  jobs: Record<string, { steps: Step[] }>;
};
const { steps } = jobs['policies'];
const { repos } = parse(files['.pre-commit-config.yaml']) as { repos: { hooks: Hook[] }[] };

const POLICY = 'policies/mail.yaml';
const LOG = Array.from({ length: 3 }, (_, second) => {
  return `Nov 20 10:00:0${second} mx1 postfix/smtpd[1]: connect from unknown[192.0.2.1]\n`;
}).join('');

const tools = newFolder({
  hindcast: `#!/bin/sh\nexec '${process.execPath}' '${path.join(ROOT, 'bin', 'hindcast.js')}' "$@"\n`,
});
beforeAll(() => chmodSync(path.join(tools, 'hindcast'), 0o755));

/** The folder of the page, with another policy where one is given. */
function repository(policy = files[POLICY]): string {
  return newFolder({ ...files, [POLICY]: policy, 'logs/good.log': LOG });
}

/** The exit code of a command line, run as a runner does. */
function codeOf(command: string, cwd: string): Promise<number | null> {
  const env = { PATH: `${tools}${path.delimiter}${process.env['PATH']}`, HOME };
  const child = spawn('bash', ['-e', '-c', command], { cwd, env, stdio: 'ignore' });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
}

test('the page has its files', () => {
  expect(Object.keys(files)).toEqual([
    POLICY,
    'tests/mail.test.yaml',
    '.github/workflows/policies.yaml',
    '.pre-commit-config.yaml',
  ]);
});

describe('GitHub Actions', () => {
  const commands = steps.flatMap(({ name, run }) => (run && name !== 'Install' ? [run] : []));
  const codes = (policy?: string): Promise<(number | null)[]> => {
    const cwd = repository(policy);
    return Promise.all(commands.map((command) => codeOf(command, cwd)));
  };

  test('the other steps bring hindcast', () => {
    expect(commands).toHaveLength(3);
    const others = steps.filter(({ run = '' }) => !commands.includes(run));
    expect(others.map(({ uses, run }) => uses ?? run)).toEqual([
      expect.stringMatching(/^actions\/checkout@/),
      expect.stringMatching(/^actions\/setup-node@/),
      'npm install --global hindcast',
    ]);
  });

  test('a good policy passes', async () => {
    expect(await codes()).toEqual([0, 0, 0]);
  });

  test('one that stops good traffic fails its tests and the replay', async () => {
    expect(await codes(files[POLICY].replace('above: 3', 'above: 2'))).toEqual([0, 1, 1]);
  });
});

describe('pre-commit', () => {
  /** Runs the hooks that a commit of these files would run. */
  const codes = (changed: readonly string[], policy?: string): Promise<(number | null)[]> => {
    const cwd = repository(policy);
    const runs = repos[0].hooks.flatMap((hook) => {
      const names = changed.filter((name) => new RegExp(hook.files).test(name));
      if (names.length === 0) return [];
      const args = hook.pass_filenames === false ? [] : names;
      return codeOf([hook.entry, ...args].join(' '), cwd);
    });
    return Promise.all(runs);
  };

  test('a good change passes', async () => {
    expect(await codes(['tests/mail.test.yaml', 'README.md'])).toEqual([0]);
    expect(await codes(['README.md'])).toEqual([]);
  });

  test('a policy that is wrongly written does not', async () => {
    expect(await codes([POLICY], files[POLICY].replace('421', '221'))).toEqual([2, 2]);
  });
});
