// Goal: an update lets every test pass, changes what failed and nothing else, and changes nothing
// the second time.
// Method: random tests over random events, written in random styles with comments everywhere. The
// package for YAML says what is in the files, and the diff is applied line by line.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { updateTestFile, writeUpdate } from '../../src/cli/update-test-file.ts';
import { editDiff } from '../../src/report/edit-diff.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'hindcast-update-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const FILE = path.join(folder, 'a.test.yaml');
const HEAD = `hindcast-test: 1 # file
policy:
  rules:
    - { name: busy, count: connections, per: address, above: 2, then: { reject: '421 4.7.0 no' } }
    - { name: rare, count: connections, per: { ipv4: 30, ipv6: 64 }, above: 9, then: tag }
input: { date: 2026-11-20 }
tests:
`;

const style = fc.constantFrom('flow', 'lines', 'loose', 'block');
const number = fc.oneof(
  fc.nat(12).map(String),
  fc.nat(12).map((value) => `'>= ${value}'`),
  fc.nat(12).map((value) => `"< ${value}"`),
  fc.nat(12).map((value) => `${value}..${value + 4}`),
);
const key = fc.constantFrom('192.0.2.1', '192.0.2.2/32', '192.0.2.0/30', '2001:db8::1');
const within = fc.constantFrom('10:00..10:01', '10:00:03..10:10');
const rule = fc.constantFrom('busy', 'rare');
const optional = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });
const item = fc.oneof(
  fc.record({
    name: fc.constant('fires'),
    members: fc.record({
      firings: optional(number),
      rule,
      key: optional(key),
      peak: optional(number),
      within: optional(within),
      keys: optional(number),
    }),
  }),
  {
    weight: 4,
    arbitrary: fc.record({
      name: fc.constant('never'),
      members: fc.record({ key: optional(key), rule, within: optional(within) }),
    }),
  },
  fc.record({
    name: fc.constant('count'),
    members: fc.record({
      series: fc.constant('connections'),
      is: number,
      block: fc.constant('192.0.2.0/24'),
      at: fc.constantFrom('10:00:05', '10:02'),
    }),
  }),
  fc.record({
    name: fc.constant('stops'),
    members: fc.record({ rule: optional(rule), connections: number, messages: optional(number) }),
  }),
  fc.record({ name: fc.constant('events'), members: fc.record({ connect: number }) }),
  fc.record({ name: fc.constantFrom('unparsed', 'collateral', 'late'), members: number }),
  {
    weight: 4,
    arbitrary: fc.record({ name: fc.constant('unexpected'), members: fc.constant('fail') }),
  },
);
const event = fc
  .record({
    ip: fc.constantFrom('192.0.2.1', '192.0.2.2', '192.0.2.{1..3}', '2001:db8::{1..2}'),
    times: fc.integer({ min: 1, max: 5 }),
    second: fc.nat(59),
  })
  .map(({ ip, times, second }) => {
    return `'at 10:0${times % 3}:${String(second).padStart(2, '0')} connect ${ip} x${times} every 1s'`;
  });
const oneTest = fc.record({
  events: fc.array(event, { minLength: 1, maxLength: 4 }),
  list: fc.constantFrom('block', 'block', 'flow', 'empty', 'below', 'nothing', 'missing', 'single'),
  items: fc.array(fc.record({ item, style }), { minLength: 1, maxLength: 5 }),
  isFlow: fc.boolean(),
});
type OneTest = typeof oneTest extends fc.Arbitrary<infer Value> ? Value : never;
type Item = { item: { name: string; members: string | object }; style: string };

let comments = 0;
const comment = (): string => `# c${comments++}`;

function membersOf(members: object): string[] {
  return Object.entries(members).flatMap(([name, value]: [string, unknown]) => {
    return value === undefined ? [] : [`${name}: ${value as string}`];
  });
}

/** An item without its dash; lines but the first begin with `indent`. */
function itemText({ item: { name, members }, style: own }: Item, indent: string): string {
  if (typeof members === 'string') return `${name}: ${members}`;
  const parts = membersOf(members);
  if (own === 'flow') return `${name}: { ${parts.join(', ')} }`;
  if (own === 'block') {
    return `${name}: ${comment()}${parts.map((part) => `\n${indent}    ${part} ${comment()}`).join('')}`;
  }
  const last = parts.length - 1;
  const lines = parts.map((part, index) => {
    return `${indent}      ${part}${index < last || own === 'loose' ? ',' : ''} ${comment()}`;
  });
  return `${name}:\n${indent}    {\n${lines.join('\n')}\n${indent}    }`;
}

function flowItem({ item: own }: Item): string {
  return `{ ${itemText({ item: own, style: 'flow' }, '')} }`;
}

function testText(name: number, own: OneTest): string {
  const { events, list, items, isFlow } = own;
  const input = `input: { date: 2026-11-20, events: [${events.join(', ')}] }`;
  const flow = items.map(flowItem).join(', ');
  if (isFlow) {
    const expects = list === 'missing' ? '' : `, expect: [${list === 'empty' ? '' : flow}]`;
    return `  - { name: t${name}, ${input}${expects} } ${comment()}\n`;
  }
  const head = `  - name: t${name} ${comment()}\n    ${input}\n`;
  const block = items
    .map((one) => `      - ${itemText(one, '      ')} ${one.style === 'block' ? '' : comment()}\n`)
    .join(`      ${comment()}\n`);
  const tails = {
    missing: '',
    nothing: `    expect: ${comment()}\n`,
    empty: `    expect: [] ${comment()}\n`,
    below: `    expect:\n      [] ${comment()}\n`,
    single: `    expect:\n      unexpected: fail ${comment()}\n`,
    flow: `    expect: [${flow}] ${comment()}\n`,
    block: `    expect:\n${block}`,
  };
  return `${head}${tails[list as keyof typeof tails]}\n  ${comment()}\n`;
}

type Parsed = { tests: { expect?: object[] | object | null }[] };

/** What an update may not touch: all but the expectations. */
function besides(text: string): unknown {
  const file = parse(text) as Parsed;
  return { ...file, tests: file.tests.map((own) => ({ ...own, expect: undefined })) };
}

const NUMBERS = ['firings', 'keys', 'peak', 'is', 'connections', 'messages', 'connect'];

/** An expectation without its numbers and without what an update may turn round. */
function keptOf(own: object): unknown {
  const [[name, value]] = Object.entries(own) as [string, unknown][];
  if (typeof value !== 'object' || value === null) return value === 'fail' ? value : name;
  const members = Object.entries(value).filter(([member]) => !NUMBERS.includes(member));
  return [name === 'never' ? 'fires' : name, Object.fromEntries(members)];
}

function expectationsOf(text: string): object[][] {
  return (parse(text) as Parsed).tests.map(({ expect: own }) => [own ?? []].flat());
}

/** Whether other expectations of the list speak of all that this one does. */
function isSpokenOf(added: object, list: readonly object[]): boolean {
  const { fires } = added as { fires: { rule: string; key: string } };
  return list.some((other) => {
    const own = (other as { fires?: { rule: string; key?: string; within?: string } }).fires;
    if (own === undefined || other === added || own.within !== undefined) return false;
    return own.rule === fires.rule && (own.key === undefined || fires.key.startsWith(own.key));
  });
}

/** Applies a diff as its reader would. */
function patched(text: string, diff: string): string {
  const lines = text.split('\n');
  const put: string[] = [];
  let at = 0;
  for (const row of diff.split('\n').slice(2, -1)) {
    const hunk = /^@@ -(\d+),(\d+) \+(\d+),(\d+) @@$/.exec(row);
    if (hunk !== null) {
      const [first, cut, next, more] = hunk.slice(1).map(Number);
      const start = cut === 0 ? first : first - 1;
      while (at < start) put.push(lines[at++]);
      if (next !== (more === 0 ? put.length : put.length + 1)) return `wrong place: ${row}`;
    } else if (row.startsWith('-')) {
      if (lines[at++] !== row.slice(1)) return `not there: ${row}`;
    } else put.push(row.slice(1));
  }
  return [...put, ...lines.slice(at)].join('\n');
}

test('an update changes what fails, once', async () => {
  const seen = { updated: 0, kept: 0 };
  const run = fc.asyncProperty(
    fc.array(oneTest, { minLength: 1, maxLength: 3 }),
    fc.boolean(),
    async (tests, isWindows) => {
      comments = 0;
      const unixText = HEAD + tests.map((own, index) => testText(index, own)).join('');
      const text = isWindows ? unixText.replaceAll('\n', '\r\n') : unixText;
      writeFileSync(FILE, text);
      const { update, outcomes } = await updateTestFile(FILE, /(?:)/u);
      const failed = outcomes.flatMap((one) => one.expectations.filter(({ passed }) => !passed));
      expect(failed).toEqual([]);
      expect(outcomes.every(({ expectations }) => expectations.length > 0)).toBe(true);
      writeUpdate(update);
      const after = readFileSync(FILE, 'utf8');

      const again = await updateTestFile(FILE, /(?:)/u);
      expect(again.update.edits).toEqual([]);
      writeUpdate(again.update);
      expect(readFileSync(FILE, 'utf8')).toBe(after);

      expect(besides(after)).toEqual(besides(text));
      expect(after.match(/# c\d+/g)).toEqual(text.match(/# c\d+/g));
      expect(/[^\r]\n/.test(after)).toBe(!isWindows);
      const now = expectationsOf(after);
      const before = expectationsOf(text);
      before.forEach((list, index) => {
        expect(now[index].slice(0, list.length).map(keptOf)).toEqual(list.map(keptOf));
        seen.kept += list.length;
        const added = list.length === 0 ? [] : now[index].slice(list.length);
        expect(added.filter((one) => isSpokenOf(one, now[index]))).toEqual([]);
      });
      seen.updated += Math.min(1, update.edits.length);
      const diff = editDiff(FILE, text, update.edits);
      expect(patched(unixText, diff)).toBe(after.replaceAll('\r\n', '\n'));
    },
  );
  await fc.assert(run, { numRuns: 200 });
  expect(seen.updated).toBeGreaterThan(50);
  expect(seen.kept).toBeGreaterThan(50);
});
