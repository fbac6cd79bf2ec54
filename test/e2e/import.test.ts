// Goal: a default policy runs over a log in three commands, and an import never costs a file.
// Method: the built command on the data files of the fixtures.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { runKept } from './kept-hindcast.ts';
import { FIXTURES, newFolder, outputOf, runHindcast } from './run-hindcast.ts';

const FOLDER = path.join(FIXTURES, 'policy', 'vendor');
const LOG = path.join(FIXTURES, 'logs', 'postfix', 'maillog-20261120.gz');
const fixture = (name: string): string => readFileSync(path.join(FOLDER, name), 'utf8');

test('import, check, replay', async () => {
  const cwd = newFolder({ 'dp_config.lua': fixture('dp_config.lua') });
  const { code, stdout, stderr } = await runHindcast(
    ['import', 'dp_config.lua', '--to', 'policy.yaml'],
    { cwd },
  );
  expect([code, stdout]).toEqual([0, '']);
  expect(stderr).toMatch(/\ndp_config\.lua: 6 series, 8 rules, 11 remarks\n$/);
  expect(readdirSync(cwd).toSorted()).toEqual(['dp_config.lua', 'policy.yaml']);
  expect(readFileSync(path.join(cwd, 'policy.yaml'), 'utf8')).toBe(fixture('dp_config.yaml'));
  expect(await outputOf(['check', 'policy.yaml'], { cwd })).toBe(
    'policy.yaml: ok, 6 series, 8 rules\n',
  );
  const args = ['replay', LOG, '--policy', 'policy.yaml', '--tz', 'Europe/Berlin'];
  await outputOf([...args, '--out', 'out'], { cwd });
  const rows = readFileSync(path.join(cwd, 'out', 'firings.csv'), 'utf8')
    .trim()
    .split('\n');
  const fired = new Set(rows.slice(1).map((row) => row.split(',', 1)[0]));
  expect(fired).toEqual(
    new Set(['connections-32', 'connections-24', 'invalid_recipients-24', 'auth_user', 'mailfrom']),
  );
  expect(readdirSync(path.join(cwd, 'out', 'series', 'state')).toSorted()).toEqual([
    'auth_user',
    'dp_connections',
    'invalid_recipients',
  ]);
});

test('every fixture passes check and replays', async () => {
  const names = readdirSync(FOLDER).filter((name) => name.endsWith('.lua'));
  for (const name of names) {
    const cwd = newFolder();
    for (const args of [
      ['import', path.join(FOLDER, name), '--to', 'p.yaml'],
      ['check', 'p.yaml'],
      ['replay', LOG, '--policy', 'p.yaml', '--year', '2026'],
    ]) {
      const { code, stderr } = await runKept(args, { cwd });
      expect([name, ...args, code, stderr]).toEqual([name, ...args, 0, expect.any(String)]);
    }
  }
});

describe('the policy goes', () => {
  const lua = 'msys.dp_config.concurrent_connection_limits = {{ check = true, limit = 5 }}\n';

  test('to stdout without --to, or with -', async () => {
    const cwd = newFolder({ 'a.lua': lua });
    const bare = await runHindcast(['import', 'a.lua'], { cwd });
    expect([bare.code, bare.stderr]).toEqual([0, 'a.lua: 0 series, 1 rule\n']);
    expect(bare.stdout).toMatch(/^# Imported from a\.lua\.\nhindcast: 1\n/);
    const { stdout } = await runHindcast(['import', 'a.lua', '--to', '-'], { cwd });
    expect(stdout).toBe(bare.stdout);
    expect(readdirSync(cwd)).toEqual(['a.lua']);
  });

  test('over no file that exists, unless it is forced', async () => {
    const cwd = newFolder({ 'a.lua': lua, 'p.yaml': 'mine' });
    const args = ['import', 'a.lua', '--to', 'p.yaml'];
    const { code, stderr } = await runKept(args, { cwd });
    expect([code, stderr]).toEqual([
      2,
      'hindcast: p.yaml exists\nhint: take another name, or --force to replace it\n',
    ]);
    expect(readFileSync(path.join(cwd, 'p.yaml'), 'utf8')).toBe('mine');
    expect((await runKept([...args, '--force'], { cwd })).code).toBe(0);
    expect(readFileSync(path.join(cwd, 'p.yaml'), 'utf8')).toContain('hindcast: 1\n');
  });

  test('into a folder that exists', async () => {
    const cwd = newFolder({ 'a.lua': lua });
    const missing = await runKept(['import', 'a.lua', '--to', 'no/p.yaml'], { cwd });
    expect([missing.code, missing.stderr]).toEqual([2, 'hindcast: no such folder: no\n']);
    const folder = await runKept(['import', 'a.lua', '--to', '.', '--force'], { cwd });
    expect([folder.code, folder.stderr]).toEqual([2, 'hindcast: . is a folder\n']);
  });
});

describe('mistakes', () => {
  test.each([
    ['x = = 1', "a.lua:1:5: error: unexpected symbol near '=' [symbol-unexpected]"],
    ['local x\nx.y = 1', "a.lua:2:1: error: attempt to index local 'x' (a nil value) [lua-failed]"],
    ['error("no")', 'a.lua:1:1: error: no [lua-failed]'],
    ['', 'a.lua:1:1: error: nothing here sets audit_series'],
  ])('%j', async (text, message) => {
    const cwd = newFolder();
    writeFileSync(path.join(cwd, 'a.lua'), text);
    const { code, stdout, stderr } = await runKept(['import', 'a.lua', '--to', 'p'], { cwd });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
    expect(existsSync(path.join(cwd, 'p'))).toBe(false);
  });

  test('a file that is not there', async () => {
    const { code, stderr } = await runKept(['import', 'a.lua']);
    expect([code, stderr]).toEqual([2, 'hindcast: no such data file: a.lua\n']);
  });
});
