// Goal: hindcast test holds tests to the coverage that the user asks for, and tells it as JSON.
import { expect, test } from 'vitest';
import { COVERED_FILES, testFile } from '../../builders/covered-files.ts';
import { hereWith } from '../../builders/run-here.ts';

const here = hereWith(COVERED_FILES);
const ONE = ['test', '--jobs', '1'];

test('too little of it fails, after the results', async () => {
  const least = [...ONE, 'tests', '--min-coverage'];
  const { code, stdout, stderr } = await here.run([...least, '76.48']);
  expect([code, stderr]).toEqual([
    1,
    'hindcast: the tests reach 76.47 % of the branches, --min-coverage 76.48\n',
  ]);
  expect(stdout).toMatch(/all passed\n\n┌/);
  expect(stdout).toMatch(/not reached:\n {2}known.siv:1:4: the 'if' is taken\n/);
  expect((await here.run([...least, '76.47'])).code).toBe(0);
  // Just enough is enough.
  const just = [...ONE, 'tests/b.test.yaml', '--min-coverage'];
  expect((await here.run([...just, '80'])).code).toBe(0);
  expect((await here.run([...just, '80.01'])).code).toBe(1);
});

test('JSON has the same, and nothing of it without the option', async () => {
  const args = [...ONE, '--format', 'json', 'tests/b.test.yaml'];
  const plain = JSON.parse(await here.outputOf(args)) as object;
  const covered = JSON.parse(await here.outputOf([...args, '--coverage'])) as object;
  expect(Object.keys(plain)).not.toContain('coverage');
  const numbers = { reached: 4, branches: 5, percent: 80 };
  const missed = [{ line: 7, column: 5, branch: "rule 'busy' passes over what it excepts" }];
  const coverage = { ...numbers, files: [{ file: 'p.yaml', ...numbers, missed }] };
  expect(covered).toEqual({ ...plain, coverage });
});

test('a workflow log has it behind the annotations', async () => {
  const args = [...ONE, '--format', 'github', 'tests/a.test.yaml', '--coverage'];
  const output = await here.outputOf(args);
  expect(output).toMatch(/^1 test in 1 file: all passed\n\n┌/);
});

test('a rule of the test file itself has its place there', async () => {
  const inline = '{ rules: [{ name: a, count: connections, per: address, above: 0, then: tag }] }';
  here.write('in.test.yaml', testFile(inline, 'own', 'at 10:00 connect 192.0.2.1'));
  const output = await here.outputOf([...ONE, 'in.test.yaml', '--coverage']);
  const missed = "in.test.yaml:4:34: rule 'a': the condition does not hold";
  expect(output).toMatch(new RegExp(`not reached:\n {2}${missed}\n$`));
});

test('what cannot be meant is refused', async () => {
  here.write(
    'bare.test.yaml',
    `hindcast-test: 1
tests:
  - name: bare
    input: { date: 2026-11-20, events: [at 10:00 connect 192.0.2.1] }
    expect: [events: { connect: 1 }]
`,
  );
  expect(await here.run([...ONE, 'bare.test.yaml', '--coverage'])).toEqual({
    code: 2,
    stdout: '',
    stderr: `hindcast: the tests name no policy that has branches
hint: leave --coverage and --min-coverage out, or name a policy with rules
`,
  });
  for (const least of ['0', '101', '100.01', '87.555', '-1', 'x']) {
    const { code, stderr } = await here.run([...ONE, 'tests', `--min-coverage=${least}`]);
    expect([least, code]).toEqual([least, 2]);
    expect(stderr).toContain('expected percent above 0 and up to 100, such as 90 or 87.5.');
  }
});
