// Goal: hindcast test --update shows and writes what happened, whole or not at all.
import { chmodSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { outputKept, runKept } from './kept-hindcast.ts';
import { newFolder } from './run-hindcast.ts';

const HEAD = `hindcast-test: 1
policy:
  rules:
    - { name: busy, count: connections, per: address, above: 1, then: { reject: '421 4.7.0 no' } }
input: { date: 2026-11-20, events: [at 10:00 connect 192.0.2.1 x3 every 1s] }
tests:
`;
const BAD = `${HEAD}  - name: less
    expect:
      - fires: { rule: busy, firings: 5, peak: '>= 2' } # once five
      - never:
          rule: busy
      - fires: { firings: 3, rule: busy, key: 192.0.2.2, peak: 4, keys: 1 }
  - name: none
    expect: []
`;
const GOOD = `${HEAD}  - name: less
    expect:
      - fires: { rule: busy, firings: 2, peak: '>= 2' } # once five
      - fires:
          rule: busy
          firings: 2
      - never: { rule: busy, key: 192.0.2.2 }
  - name: none
    expect:
      - fires: { rule: busy, key: 192.0.2.1/32, firings: 2 }
      - stops: { rule: busy, connections: 2, messages: 0 }
      - collateral: 0
      - unparsed: 0
      - unexpected: fail
`;
const DIFF = `--- a.test.yaml
+++ a.test.yaml
@@ -9,2 +9,2 @@
-      - fires: { rule: busy, firings: 5, peak: '>= 2' } # once five
-      - never:
+      - fires: { rule: busy, firings: 2, peak: '>= 2' } # once five
+      - fires:
@@ -12,1 +12,2 @@
-      - fires: { firings: 3, rule: busy, key: 192.0.2.2, peak: 4, keys: 1 }
+          firings: 2
+      - never: { rule: busy, key: 192.0.2.2 }
@@ -14,1 +15,6 @@
-    expect: []
+    expect:
+      - fires: { rule: busy, key: 192.0.2.1/32, firings: 2 }
+      - stops: { rule: busy, connections: 2, messages: 0 }
+      - collateral: 0
+      - unparsed: 0
+      - unexpected: fail
`;
const RESULTS = `
ok      a.test.yaml: less
ok      a.test.yaml: none
2 tests in 1 file: all passed
`;
const read = (cwd: string, file = 'a.test.yaml'): string => {
  return readFileSync(path.join(cwd, file), 'utf8');
};

test('shown first, then written, and nothing is left to do', async () => {
  const cwd = newFolder({ 'a.test.yaml': BAD });
  chmodSync(path.join(cwd, 'a.test.yaml'), 0o640);
  const dry = await outputKept(['test', '--update', '--dry-run', '--jobs', '1'], { cwd });
  expect(dry).toBe(`${DIFF}would update 8 expectations in a.test.yaml\n${RESULTS}`);
  expect(read(cwd)).toBe(BAD);
  const wet = await outputKept(['test', '--update', '--jobs', '1'], { cwd });
  expect(wet).toBe(`${DIFF}updated 8 expectations in a.test.yaml\n${RESULTS}`);
  expect(read(cwd)).toBe(GOOD);
  expect(readdirSync(cwd)).toEqual(['a.test.yaml']);
  expect(statSync(path.join(cwd, 'a.test.yaml')).mode & 0o777).toBe(0o640);
  const again = await outputKept(['test', '--update', '--jobs', '1'], { cwd });
  expect(again).toBe(RESULTS.slice(1));
});

test('--run limits what is updated, and a link stays one', async () => {
  const cwd = newFolder({ 'real.yaml': BAD });
  symlinkSync('real.yaml', path.join(cwd, 'a.test.yaml'));
  const output = await outputKept(['test', '--update', '--run', 'less', '--jobs', '1'], { cwd });
  expect(output).toMatch(/updated 3 expectations in a\.test\.yaml\n\nok {6}[^\n]*less\n1 test /);
  expect(read(cwd, 'real.yaml')).toContain('firings: 2');
  expect(read(cwd, 'real.yaml')).toContain('expect: []');
  expect(readdirSync(cwd)).toEqual(['a.test.yaml', 'real.yaml']);
});

test('a file with a mistake is not touched, and others are', async () => {
  const wrong = BAD.replace('rule: busy, firings: 5', 'rule: bussy, firings: 5');
  const cwd = newFolder({ 'a.test.yaml': BAD, 'b.test.yaml': wrong });
  const { code, stdout, stderr } = await runKept(['test', '--update', '--jobs', '1'], { cwd });
  expect([code, stdout]).toEqual([2, `${DIFF}updated 8 expectations in a.test.yaml\n\n`]);
  expect(stderr).toContain("b.test.yaml:9:9: error: unknown rule 'bussy' [rule-unknown]");
  expect([read(cwd), read(cwd, 'b.test.yaml')]).toEqual([GOOD, wrong]);
});

test('what cannot be updated stays and fails', async () => {
  const files = {
    'a.test.yaml': '  - { name: never without a rule, expect: [{ never: {} }] }\n',
    'b.test.yaml': `  - { name: anchor, expect: &all [{ fires: { rule: busy, firings: 2 } }] }
  - { name: alias, to: 10:00:01, expect: *all }\n`,
    'c.test.yaml': '  - { name: a tag, expect: [{ fires: { rule: busy, firings: !!int 5 } }] }\n',
  };
  const cwd = newFolder(
    Object.fromEntries(Object.entries(files).map(([name, text]) => [name, HEAD + text])),
  );
  const run = await runKept(['test', '--update', '--jobs', '1'], { cwd });
  expect([run.code, run.stderr]).toEqual([1, '']);
  expect(run.stdout.match(/^(?:ok|FAILED).*/gm)).toEqual([
    'FAILED  a.test.yaml: never without a rule',
    'ok      b.test.yaml: anchor',
    'FAILED  b.test.yaml: alias',
    'FAILED  c.test.yaml: a tag',
  ]);
  for (const [name, text] of Object.entries(files)) expect(read(cwd, name)).toBe(HEAD + text);
});

test('mistakes that only an update makes', async () => {
  const shared = `  - { name: a, expect: [{ never: &n { rule: busy } }, { never: { <<: *n, key: x } }] }\n`;
  const nothing = `  - { name: a, expect: &e [] }\n  - { name: b, expect: *e }\n`;
  const latin = Buffer.concat([Buffer.from(BAD), Buffer.from([0x23, 0x20, 0xff, 0x0a])]);
  const files = { 'a.test.yaml': HEAD + shared, 'b.test.yaml': HEAD + nothing };
  const cwd = newFolder(files);
  const run = await runKept(['test', '--update', '--jobs', '1'], { cwd });
  expect(run.code).toBe(2);
  expect(run.stderr).toContain(
    'hindcast: a.test.yaml: its expectations cannot be updated in place\n' +
      'hint: write out what stands behind anchors and aliases\n',
  );
  expect(read(cwd)).toBe(files['a.test.yaml']);
  expect(run.stderr).toContain("b.test.yaml:8:13: error: 'expect' is an empty list [list-empty]");
  expect(read(cwd, 'b.test.yaml')).toBe(files['b.test.yaml']);

  const other = newFolder({ 'a.test.yaml': latin });
  const { code, stderr } = await runKept(['test', '--update', '--jobs', '1'], { cwd: other });
  expect([code, stderr]).toEqual([
    2,
    'hindcast: a.test.yaml is no UTF-8, or has changed meanwhile\nhint: run it again\n',
  ]);
  expect(readFileSync(path.join(other, 'a.test.yaml')).equals(latin)).toBe(true);
});

test('of very many the first fifty are added, or all by rule', async () => {
  const many = HEAD.replace('192.0.2.1 x3 every 1s', "'192.0.2.{1..60} x2'").replace(
    "[at 10:00 connect '192.0.2.{1..60} x2']",
    "['at 10:00 connect 192.0.2.{1..60} x2']",
  );
  const loud = '  - name: loud\n    expect:\n      - unexpected: fail\n';
  const cwd = newFolder({ 'a.test.yaml': `${many}${loud}  - name: quiet\n` });
  const { code, stdout } = await runKept(['test', '--update', '--jobs', '1'], { cwd });
  expect(code).toBe(1);
  expect(stdout).toContain('left out 10 more unexpected keys in a.test.yaml\n');
  expect(stdout).toContain('firings 10: busy 192.0.2.51/32 at');
  expect(read(cwd)).toContain('192.0.2.50/32, firings: 1 }\n  - name: quiet\n    expect:\n');
  expect(read(cwd)).toContain('      - fires: { rule: busy, firings: 60, keys: 60 }\n');
  const rest = await outputKept(['test', '--update', '--jobs', '1'], { cwd });
  expect(rest).toContain('updated 10 expectations');
});

describe('options that do not go together', () => {
  const why = 'tells of tests as they are, and --update changes them';
  const first = '\nhint: update first, then run them again\n';
  const cases: [string[], string][] = [
    [['--update', '--junit', 'x.xml'], `--junit ${why}${first}`],
    [['--update', '--coverage'], `--coverage ${why}${first}`],
    [['--update', '--format', 'github'], `--format github ${why}${first}`],
    [['--dry-run'], '--dry-run shows what --update would write\nhint: add --update\n'],
  ];
  test.each(cases)('%s', async (args, message) => {
    const run = await runKept(['test', ...args], { cwd: newFolder({ 'a.test.yaml': BAD }) });
    expect(run).toEqual({ code: 2, stdout: '', stderr: `hindcast: ${message}` });
  });
});
