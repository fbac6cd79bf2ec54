// Goal: the schemas of the package are those that the command prints, and they fit the files that
// people have: every test file of ours and of the pages is valid, wrong ones are not.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { EXPECTATION_KEYS } from '../../src/testing/expectation-keys.ts';
import { policySchema } from '../../src/policy/yaml/read.ts';
import { readTestFile } from '../../src/testing/test-file.ts';
import { testSchema } from '../../src/testing/test-keys.ts';
import { validatorOf } from '../builders/schema-validator.ts';
import { hereWith } from '../builders/run-here.ts';
import { FIXTURES, outputOf, ROOT } from './run-hindcast.ts';

const here = hereWith({});
const isTest = validatorOf(testSchema());

test.each(['policy', 'test'])(
  'schema/%s.schema.json is fresh; if not: npm run schema',
  async (kind) => {
    const file = readFileSync(path.join(ROOT, 'schema', `${kind}.schema.json`), 'utf8');
    expect(await here.outputOf(['schema', kind])).toBe(file);
  },
);

test('policies are what the command takes it for, and it knows no others', async () => {
  expect(JSON.parse(await outputOf(['schema']))).toEqual(policySchema());
  const { code, stderr } = await here.run(['schema', 'rules']);
  expect(code).toBe(2);
  expect(stderr).toContain('Allowed choices are policy, test.');
});

test('every key says what it means, in a sentence', () => {
  const properties: [string, unknown][] = [];
  const collect = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const schema = value as Record<string, unknown>;
    // A mapping of ours closes its keys; other `properties` only say more of them.
    if (schema['additionalProperties'] === false && 'required' in schema) {
      properties.push(...Object.entries(schema['properties'] as object));
    }
    for (const own of Object.values(schema)) collect(own);
  };
  collect(policySchema());
  collect(testSchema());
  expect(properties.length).toBeGreaterThan(60);
  for (const [name, schema] of properties) {
    const { description } = schema as { description: string };
    expect([name, description]).toEqual([name, expect.stringMatching(/^[A-Za-z].{8,110}$/)]);
  }
});

test('our own files of tests are valid', () => {
  const names = readdirSync(path.join(FIXTURES, 'replay'), { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => name.endsWith('.test.yaml'));
  expect(files.length).toBeGreaterThan(8);
  const texts = files.map((name) => readFileSync(path.join(FIXTURES, 'replay', name), 'utf8'));
  const pages = ['testing.md', 'ci.md'].flatMap((name) => {
    const page = readFileSync(path.join(ROOT, 'docs', name), 'utf8');
    return Array.from(page.matchAll(/^```yaml\n([^`]*)```$/gm), ([, text]) => text);
  });
  const shown = pages.filter((text) => /^hindcast-test: 1$/m.test(text));
  expect(shown.length).toBeGreaterThan(3);
  for (const text of [...texts, ...shown]) {
    expect([text.slice(0, 300), isTest(parse(text))]).toEqual([text.slice(0, 300), true]);
  }
});

const GOOD = {
  'hindcast-test': 1,
  tests: [
    {
      name: 'a',
      input: { events: ['at 2026-11-20T10:00:00Z connect 192.0.2.1'] },
      expect: [{ fires: { rule: 'b' } }],
    },
  ],
};
const [TEST] = GOOD.tests;
const [FIRST] = TEST.expect;

test.each([
  ['no version', { tests: GOOD.tests }],
  ['a newer version', { ...GOOD, 'hindcast-test': 2 }],
  ['an unknown key', { ...GOOD, rules: [] }],
  ['no tests', { 'hindcast-test': 1 }],
  ['an empty list', { ...GOOD, tests: [] }],
  ['a test without a name', { ...GOOD, tests: [{ ...TEST, name: undefined }] }],
  ['a test without events', { ...GOOD, tests: [{ ...TEST, input: { date: '2026-11-20' } }] }],
  ['two expectations in one', { ...GOOD, tests: [{ ...TEST, expect: [{ ...FIRST, late: 1 }] }] }],
  ['no bound', { ...GOOD, tests: [{ ...TEST, expect: [{ late: 'many' }] }] }],
  ['no number', { ...GOOD, tests: [{ ...TEST, expect: [{ stops: { rule: 'b' } }] }] }],
  [
    'a number that has no business there',
    { ...GOOD, tests: [{ ...TEST, expect: [{ blocks: { keys: 1 } }] }] },
  ],
  ['a wrong type', { ...GOOD, clamp_negative: 'yes' }],
  ['a policy of two kinds', { ...GOOD, policy: { file: 'a.yaml', rules: [] } }],
  ['a mistake in the policy', { ...GOOD, policy: { rules: {} } }],
])('%s is refused by the schema and, but for the policy, by the reader', (what, file) => {
  const text = JSON.stringify(file);
  expect(isTest(JSON.parse(text))).toBe(false);
  // An inline policy is read when its test runs.
  const isRead = what === 'a mistake in the policy';
  expect(readTestFile(text, 'a.test.yaml').testFile !== undefined).toBe(isRead);
});

test('the good file of these is good', () => {
  expect(isTest(GOOD)).toBe(true);
  expect(readTestFile(JSON.stringify(GOOD), 'a.test.yaml').diagnostics).toEqual([]);
});

test('the page names all expectations', () => {
  const page = readFileSync(path.join(ROOT, 'docs', 'testing.md'), 'utf8');
  for (const key of Object.keys(EXPECTATION_KEYS)) expect(page).toContain(`\`${key}\``);
});
