// Goal: hindcast test --coverage adds up what all tests of all files reach, the same whatever the
// number of threads, and --min-coverage holds them to it.
import { expect, test } from 'vitest';
import { newFolder, runHindcast } from './run-hindcast.ts';

const POLICY = `hindcast: 1
rules:
  - name: busy
    count: connections
    per: address
    above: 1
    except: [192.0.2.9]
    then: tag
`;
const SCRIPT = `if ec_test :is "%{vctx_conn:known}" "yes" {
  ec_log "known";
}
`;
const MODULE = `require("msys.core")
local limits = require("limits")
local mod = {}
function mod:validate_connect(ac, vctx)
  if limits.high then
    vctx:set_code(421, "no")
  end
  return msys.core.VALIDATE_CONT
end
msys.registerModule("m", mod)
`;

const testFile = (policy: string, name: string, events: string): string => `hindcast-test: 1
tests:
  - name: ${name}
    policy: ${policy}
    input: { date: 2026-11-20, events: [${events}] }
    expect: [events: { connect: '>= 1' }]
`;

const FILES = {
  'p.yaml': POLICY,
  'lua/m.lua': MODULE,
  'lua/limits.lua': 'return { high = false }\n',
  'tests/a.test.yaml': testFile('../p.yaml', 'quiet', 'at 10:00 connect 192.0.2.1'),
  'tests/b.test.yaml': testFile('../p.yaml', 'busy', 'at 10:00 connect 192.0.2.1 x3 every 1s'),
  'tests/c.test.yaml': testFile('../lua/m.lua', 'module', 'at 10:00 connect 192.0.2.1'),
  'tests/d.test.yaml': testFile(
    '{ file: ../known.siv, phase: connect }',
    'script',
    'at 10:00 connect 192.0.2.1',
  ),
  'known.siv': SCRIPT,
};

const REPORT = `
┌────────────────┬─────────┬──────────┬────────┐
│ covered        │ reached │ branches │      % │
├────────────────┼─────────┼──────────┼────────┤
│ known.siv      │       1 │        3 │  33.33 │
│ lua/limits.lua │       1 │        1 │ 100.00 │
│ lua/m.lua      │       7 │        8 │  87.50 │
│ p.yaml         │       4 │        5 │  80.00 │
│ all            │      13 │       17 │  76.47 │
└────────────────┴─────────┴──────────┴────────┘

not reached:
  known.siv:1:4: the 'if' is taken
  known.siv:2:3: 'ec_log' runs
  lua/m.lua:6:5: the line runs
  p.yaml:7:5: rule 'busy' passes over what it excepts
`;

test('all tests add up, in one thread or in several', async () => {
  const cwd = newFolder(FILES);
  for (const jobs of ['1', '4']) {
    const run = await runHindcast(['test', '--coverage', '--jobs', jobs], { cwd });
    expect(run).toEqual({ code: 0, stderr: '', stdout: expect.stringContaining(REPORT) });
    expect(run.stdout.endsWith(REPORT)).toBe(true);
  }
});

test('too little of it fails, after the results', async () => {
  const cwd = newFolder(FILES);
  const args = ['test', '--jobs', '1', '--min-coverage'];
  const { code, stdout, stderr } = await runHindcast([...args, '76.48'], { cwd });
  expect([code, stderr]).toEqual([
    1,
    'hindcast: the tests reach 76.47 % of the branches, --min-coverage 76.48\n',
  ]);
  expect(stdout.endsWith(REPORT)).toBe(true);
  const just = await runHindcast([...args, '80', 'tests/b.test.yaml'], { cwd });
  expect(just.code).toBe(0);
});

test('JSON has the same, and nothing of it without the option', async () => {
  const cwd = newFolder(FILES);
  const args = ['test', '--jobs', '1', '--format', 'json', 'tests/b.test.yaml'];
  const [plain, covered] = await Promise.all([
    runHindcast(args, { cwd }),
    runHindcast([...args, '--coverage'], { cwd }),
  ]);
  expect(JSON.parse(covered.stdout)).toEqual({
    ...JSON.parse(plain.stdout),
    coverage: {
      reached: 4,
      branches: 5,
      percent: 80,
      files: [
        {
          file: 'p.yaml',
          reached: 4,
          branches: 5,
          percent: 80,
          missed: [{ line: 7, column: 5, branch: "rule 'busy' passes over what it excepts" }],
        },
      ],
    },
  });
});

test('a rule of the test file itself has its place there', async () => {
  const inline = `{ rules: [{ name: a, count: connections, per: address, above: 0, then: tag }] }`;
  const cwd = newFolder({ 'in.test.yaml': testFile(inline, 'own', 'at 10:00 connect 192.0.2.1') });
  const { stdout } = await runHindcast(['test', '--coverage'], { cwd });
  const missed = "\n  in.test.yaml:4:34: rule 'a': the condition does not hold\n";
  expect(stdout.endsWith(`not reached:${missed}`)).toBe(true);
});

test('what cannot be meant is refused', async () => {
  const bare = `hindcast-test: 1
tests:
  - name: bare
    input: { date: 2026-11-20, events: [at 10:00 connect 192.0.2.1] }
    expect: [events: { connect: 1 }]
`;
  const cwd = newFolder({ 'bare.test.yaml': bare });
  const nothing = await runHindcast(['test', '--coverage'], { cwd });
  expect(nothing).toEqual({
    code: 2,
    stdout: '',
    stderr: `hindcast: the tests name no policy that has branches
hint: leave --coverage and --min-coverage out, or name a policy with rules
`,
  });
  for (const least of ['0', '101', '100.01', '87.555', '-1', 'x']) {
    const { code, stderr } = await runHindcast(['test', `--min-coverage=${least}`], { cwd });
    expect([least, code]).toEqual([least, 2]);
    expect(stderr).toContain('expected percent above 0 and up to 100, such as 90 or 87.5.');
  }
});
