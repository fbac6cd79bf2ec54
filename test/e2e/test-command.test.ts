// Goal: hindcast test says which tests failed and why, the same whatever the number of threads, and
// never takes an empty run for a good one.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { outputKept, runKept } from './kept-hindcast.ts';
import { FIXTURES, newFolder, ROOT, runHindcast } from './run-hindcast.ts';

const HEAD = `hindcast-test: 1
policy:
  rules:
    - { name: busy, count: connections, per: address, above: 1, then: { reject: '421 4.7.0 "no" & <so>' } }
`;
const test1 = (name: string, expectation: string): string => `  - name: ${name}
    input: { date: 2026-11-20, events: [at 10:00 connect 192.0.2.1 x2 every 1s] }
    expect:
      - ${expectation}
`;
const GOOD = `${HEAD}tests:\n${test1('good', 'fires: { rule: busy }')}`;
const BAD = `${HEAD}tests:
${test1('fires, but less', 'fires: { rule: busy, firings: 2 }')}${test1('never & <none>', 'never: { rule: busy }')}${test1('loud', 'unexpected: fail')}`;

test('the engine behaves as its test files say', async () => {
  const output = await outputKept(['test', path.join('fixtures', 'replay'), '--jobs', '1'], {
    cwd: ROOT,
  });
  expect(output).toMatch(
    /^(?:ok {6}fixtures\/replay\/.*\n){70,}\d+ tests in 1\d files: all passed\n$/,
  );
});

test('what failed is shown with the decision behind it', async () => {
  const cwd = newFolder({ 'a/bad.test.yaml': BAD, 'good.test.yaml': GOOD });
  const { code, stdout, stderr } = await runKept(['test', '--ascii'], { cwd });
  expect([code, stderr]).toEqual([1, '']);
  expect(stdout).toContain(`FAILED  a/bad.test.yaml: fires, but less
  a/bad.test.yaml:9:9: fires: { rule: busy, firings: 2 }
  expected  firings 2
  got       firings 1
  connect of 192.0.2.1 at 2026-11-20 10:00:00 UTC
    phase           connect
    phases implied  connect
    a/bad.test.yaml:7:2026-11-20T10:00:00Z,connect,192.0.2.1,,,,,,,,,,,,,,,,,a/bad.test.yaml,7

  no rule refuses it

  1  busy (reject): did not fire, 1 is not above 1 (1 more needed)
     connections of 192.0.2.1/32, window 0 of "300,6"
       0  2026-11-20 10:00:00  1  ########################
       sum 1
`);
  // The firings that should not have been are explained at their event.
  expect(stdout).toContain(
    'got       firings 1\n  connect of 192.0.2.1 at 2026-11-20 10:00:01 UTC',
  );
  expect(stdout).toContain('1  busy (reject): FIRED, 2 > 1');
  expect(stdout).toContain('got       firings 1: busy 192.0.2.1/32 at 2026-11-20T10:00:01Z\n');
  expect(stdout).toContain('ok      good.test.yaml: good\n');
  expect(stdout).toMatch(/4 tests in 2 files: 3 failed\n$/);
});

test('threads change nothing, and --run chooses', async () => {
  const cwd = newFolder({ 'a.test.yaml': BAD, 'b.test.yaml': GOOD, 'c/d.test.yml': GOOD });
  const runs = [];
  for (const jobs of ['1', '2', '7']) {
    const args = ['test', '.', 'b.test.yaml', '--jobs', jobs, '--junit', `${jobs}.xml`];
    // Each in a process of its own, which ends when its threads have.
    const { code, stdout } = await runHindcast([...args, '--format', 'json'], { cwd });
    runs.push([code, stdout, readFileSync(path.join(cwd, `${jobs}.xml`), 'utf8')]);
  }
  expect(runs[1]).toEqual(runs[0]);
  expect(runs[2]).toEqual(runs[0]);
  const { stdout } = await runKept(['test', '--run', '^go{2}d$|loud'], { cwd });
  expect(stdout).toMatch(/3 tests in 3 files: 1 failed\n$/);
});

test('JSON has every expectation with its place', async () => {
  const cwd = newFolder({ 'bad.test.yaml': BAD });
  const { stdout } = await runKept(['test', 'bad.test.yaml', '--format', 'json'], { cwd });
  const { results, ...rest } = JSON.parse(stdout) as { results: Record<string, unknown>[] };
  expect(rest).toMatchObject({ tests: 3, failed: 3 });
  expect(results[0]).toMatchObject({ file: 'bad.test.yaml', line: 6, passed: false });
  expect(results[0]['expectations']).toMatchObject([
    {
      line: 9,
      column: 9,
      text: 'fires: { rule: busy, firings: 2 }',
      passed: false,
      expected: 'firings 2',
      got: 'firings 1',
      explanation: { rules: [{ name: 'busy', fired: false }] },
    },
  ]);
});

test('GitHub gets an annotation for each expectation', async () => {
  const cwd = newFolder({ 'bad.test.yaml': BAD });
  const { stdout } = await runKept(['test', '--format', 'github'], { cwd });
  expect(stdout.split('\n')[0]).toBe(
    '::error file=bad.test.yaml,line=9,col=9,title=fires%2C but less::' +
      'fires: { rule: busy, firings: 2 }%0Aexpected firings 2%0Agot firings 1',
  );
});

/** Elements of an XML without comments and the like: name, attributes, and its own children. */
interface Element {
  readonly name: string;
  readonly attributes: Record<string, string>;
  readonly children: Element[];
}

function parseXml(text: string): Element {
  const root: Element = { name: '', attributes: {}, children: [] };
  const open = [root];
  let rest = text.replace(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n/, '');
  expect(rest).not.toBe(text);
  while (rest !== '') {
    const tag = /^<(\/?)([a-z]+)((?: [a-z]+="[^"<]*")*)(\/?)>/.exec(rest);
    if (tag === null) {
      const words = /^(?:[^<&]|&(?:amp|lt|gt|quot);)+/.exec(rest);
      if (words === null) throw new Error(`not XML: ${rest.slice(0, 40)}`);
      rest = rest.slice(words[0].length);
      continue;
    }
    const [whole, close, name, attributes, empty] = tag;
    if (close === '/') {
      const ended = open.pop()!.name;
      if (ended !== name) throw new Error(`${name} ends ${ended}`);
    } else {
      const pairs = attributes.matchAll(/ ([a-z]+)="([^"]*)"/g);
      const own = Object.fromEntries(Array.from(pairs, ([, key, value]) => [key, value]));
      const element = { name, attributes: own, children: [] };
      open.at(-1)!.children.push(element);
      if (empty === '') open.push(element);
    }
    rest = rest.slice(whole.length);
  }
  expect(open).toHaveLength(1);
  expect(root.children).toHaveLength(1);
  return root.children[0];
}

// What the schema that Jenkins validates against allows and requires of the elements we write.
const SCHEMA: Readonly<
  Record<string, { required: string[]; optional: string[]; children: string[] }>
> = {
  testsuites: {
    required: [],
    optional: ['name', 'time', 'tests', 'failures', 'errors'],
    children: ['testsuite'],
  },
  testsuite: {
    required: ['name', 'tests', 'failures', 'errors'],
    optional: ['time', 'skipped', 'timestamp', 'hostname', 'id', 'package', 'file'],
    children: ['testcase', 'properties', 'system-out', 'system-err', 'testsuite'],
  },
  testcase: {
    required: ['name'],
    optional: ['classname', 'time', 'group'],
    children: ['skipped', 'error', 'failure', 'system-out', 'system-err'],
  },
  failure: { required: [], optional: ['type', 'message'], children: [] },
};

function checkElement({ name, attributes, children }: Element): void {
  const { required, optional, children: known } = SCHEMA[name];
  const names = Object.keys(attributes);
  expect(names).toEqual(expect.arrayContaining(required));
  for (const own of names) expect([...required, ...optional]).toContain(own);
  for (const child of children) {
    expect(known).toContain(child.name);
    checkElement(child);
  }
}

test('JUnit is what the schema of Jenkins allows', async () => {
  const cwd = newFolder({ 'bad.test.yaml': BAD, 'good.test.yaml': GOOD });
  await runKept(['test', '--junit', 'out.xml'], { cwd });
  const suites = parseXml(readFileSync(path.join(cwd, 'out.xml'), 'utf8'));
  expect(suites.name).toBe('testsuites');
  checkElement(suites);
  expect(suites.attributes).toMatchObject({ tests: '4', failures: '3', errors: '0' });
  expect(suites.children.map(({ attributes }) => attributes)).toEqual([
    { name: 'bad.test.yaml', tests: '3', failures: '3', errors: '0' },
    { name: 'good.test.yaml', tests: '1', failures: '0', errors: '0' },
  ]);
  const [, never] = suites.children[0].children;
  expect(never.attributes).toEqual({
    name: 'never &amp; &lt;none&gt;',
    classname: 'bad.test.yaml',
  });
  expect(never.children[0].attributes).toEqual({
    type: 'expectation',
    message: 'never: { rule: busy }: expected firings 0, got firings 1',
  });
});

describe('mistakes end with 2 and are no results', () => {
  const cases: [string, Record<string, string>, string[], string][] = [
    ['no tests', {}, [], "hindcast: no tests in '.'\nhint: their names end in .test.yaml\n"],
    ['a missing file', {}, ['x.test.yaml'], 'hindcast: no such test file: x.test.yaml\n'],
    [
      'no such name',
      { 'a.test.yaml': GOOD },
      ['--run', 'nothing'],
      'hindcast: --run nothing: no test has such a name\n',
    ],
    [
      'a regular expression',
      { 'a.test.yaml': GOOD },
      ['--run', '('],
      'hindcast: --run (: Invalid regular expression: /(/u: Unterminated group\n',
    ],
    [
      'bars in JSON',
      { 'a.test.yaml': GOOD },
      ['--ascii', '--format', 'json'],
      'hindcast: --ascii draws bars, and json has none\n',
    ],
    [
      'a folder for JUnit',
      { 'a.test.yaml': GOOD },
      ['--junit', 'no/x.xml'],
      'hindcast: --junit no/x.xml: not a file in a folder that exists\n',
    ],
    [
      'no expectations',
      { 'a.test.yaml': GOOD.replace('- fires: { rule: busy }', '[]') },
      [],
      `a.test.yaml:9:7: error: 'expect' is an empty list [list-empty]\n9       []\n        ^^\n`,
    ],
    [
      'a missing log',
      {
        'a.test.yaml':
          'hindcast-test: 1\ntests:\n  - { name: a, input: { logs: x.log }, expect: [{ unparsed: 0 }] }\n',
      },
      [],
      "a.test.yaml:3:23: error: no such file or folder: 'x.log' [run-refused]\n",
    ],
  ];
  test.each(cases)('%s', async (_what, files, args, message) => {
    const run = await runKept(['test', ...args], { cwd: newFolder(files) });
    expect([run.code, run.stdout]).toEqual([2, '']);
    expect(run.stderr.slice(0, message.length)).toBe(message);
  });

  test('mistakes of all files are shown, each once', async () => {
    const bad = GOOD.replace('rule: busy }', 'rule: bussy }');
    const cwd = newFolder({ 'a.test.yaml': bad, 'b.test.yaml': bad, 'c.test.yaml': GOOD });
    const { code, stderr } = await runKept(['test', '--jobs', '2'], { cwd });
    expect(code).toBe(2);
    expect(stderr).toBe(
      ['a', 'b']
        .map(
          (name) => `${name}.test.yaml:9:9: error: unknown rule 'bussy' [rule-unknown]
9       - fires: { rule: bussy }
          ^^^^^
hint: did you mean 'busy'?
`,
        )
        .join('\n'),
    );
  });
});

describe('any policy and any log', () => {
  const log = path.join(FIXTURES, 'logs', 'postfix', 'recorded.log.gz');
  const policyOf = (policy: string, expectation: string): string => `hindcast-test: 1
policy: ${policy}
tests:
  - name: of any face
    input: { date: 2026-11-20, events: [at 10:00 connect 192.0.2.1] }
    expect: [${expectation}]
`;

  test('a Sieve script is asked in its phase', async () => {
    const cwd = newFolder({
      'p/limits.siv': 'require ["ec_rate"];\nec_action 550 "5.7.1 no";\n',
      'a.test.yaml': policyOf(
        '{ file: p/limits.siv, phase: connect }',
        '{ fires: { rule: "limits.siv:2", verdict: reject, firings: 1 } }, { stops: { connections: 1 } }',
      ),
    });
    const { code, stdout, stderr } = await runKept(['test'], { cwd });
    expect([code, stderr, stdout]).toEqual([0, '', expect.stringContaining('all passed')]);
  });

  test('logs are looked for beside the test file', async () => {
    const cwd = newFolder({
      'sub/mail.log.gz': readFileSync(log),
      'sub/a.test.yaml': `hindcast-test: 1
tests:
  - { name: recorded, input: { logs: mail.log.gz, year: 2026 }, expect: [{ unparsed: '>= 0' }, { events: { connect: '> 10' } }] }
`,
    });
    expect(await outputKept(['test', '--jobs', '1'], { cwd })).toContain('all passed');
  });

  test('a state is gone on from, and left as it is', async () => {
    const cwd = newFolder({
      'p.yaml': HEAD.replace('hindcast-test: 1\npolicy:\n', 'hindcast: 1\n').replaceAll(
        /^ {2}/gm,
        '',
      ),
      'one.csv':
        'time,kind,ip\n2026-11-20T10:00:00Z,connect,192.0.2.1\n2026-11-20T10:01:00Z,connect,192.0.2.2\n',
      'a.test.yaml': `hindcast-test: 1
policy: p.yaml
tests:
  - name: the second of a run before
    state: st
    input: { date: 2026-11-20, events: [at 10:02 connect 192.0.2.1] }
    expect: [{ fires: { rule: busy, peak: 2 } }]
`,
    });
    const before = ['replay', 'one.csv', '--policy', 'p.yaml', '--state', 'st'];
    expect((await runKept(before, { cwd })).code).toBe(0);
    for (let time = 0; time < 2; time++) {
      expect(await outputKept(['test'], { cwd })).toContain('all passed');
    }
  });
});
