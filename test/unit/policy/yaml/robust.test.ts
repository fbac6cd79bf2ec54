// Goal: whatever a file holds, the reader answers with a policy or with mistakes, never with an
// exception.
// Method: mutate good and bad policies by characters, lines and words; grow YAML of known words in
// the wrong places; and try the inputs that break YAML readers.
import { readdirSync, readFileSync } from 'node:fs';

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { formatDiagnostic } from '../../../../src/model/diagnostic.ts';
import { needsOf } from '../../../../src/policy/needs.ts';
import { WARNINGS } from '../../../../src/policy/yaml/codes.ts';
import { read, ROOT } from './reading.ts';

const LISTS = { 'partners.cidr': '192.0.2.1\nexample.org\n', 'list-line.cidr': 'x\n' };

/** Control characters are shown as U+FFFD. */
const withoutControls = (text: string): string => text.replace(/[\p{Cc}\uFFFD]/gu, '');

/** What does not hold for the answer to `text`; nothing when all is well. */
function troublesOf(text: string): string[] {
  const { policy, diagnostics, texts } = read(text, LISTS);
  const troubles: string[] = [];
  const must = (holds: boolean, what: string): void => {
    if (!holds) troubles.push(what);
  };
  const errors = diagnostics.filter((one) => one.severity === 'error');
  must((policy === undefined) === errors.length > 0, 'a policy or errors, never both');
  if (policy !== undefined) needsOf(policy);
  let previous = { file: '', start: 0 };
  for (const one of diagnostics) {
    const own = texts.get(one.file);
    must(own !== undefined, `the text of ${one.file}`);
    must(one.start >= 0 && one.end >= one.start, `a range: ${one.start}..${one.end}`);
    must(one.start <= (own ?? '').length, `a place inside the text: ${one.start}`);
    must(previous.file !== one.file || one.start >= previous.start, `order at ${one.start}`);
    const warning = (WARNINGS as ReadonlySet<string>).has(one.code);
    must((one.severity === 'warning') === warning, `the severity of ${one.code}`);
    const shown = formatDiagnostic(one, own ?? '');
    must(withoutControls(shown).includes(withoutControls(one.message)), `the words of ${one.code}`);
    previous = one;
  }
  return troubles;
}

const policies = ['good', 'bad'].flatMap((folder) =>
  readdirSync(`${ROOT}fixtures/policy/${folder}`)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => readFileSync(`${ROOT}fixtures/policy/${folder}/${name}`, 'utf8')),
);
const policy = fc.constantFrom(...policies);
const words = [...new Set(policies.join(' ').match(/[\w@*"/.&<:-]+/g))];
const word = fc.constantFrom(...words);

describe('the reader survives', () => {
  test('cut and patched policies', () => {
    const patch = fc.tuple(
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.nat(12),
      fc.oneof(
        word,
        fc.string({ unit: 'binary', maxLength: 4 }),
        fc.constantFrom(
          '[',
          '}',
          '\t',
          '&a',
          '*a',
          '<<: ',
          '- ',
          '!!str',
          '---\n',
          '\u0000',
          '|',
          '>-',
          '? ',
        ),
      ),
    );
    fc.assert(
      fc.property(policy, fc.array(patch, { minLength: 1, maxLength: 4 }), (text, patches) => {
        let patched = text;
        for (const [where, cut, put] of patches) {
          const at = Math.floor(where * patched.length);
          patched = patched.slice(0, at) + put + patched.slice(at + cut);
        }
        expect(troublesOf(patched)).toEqual([]);
      }),
      { numRuns: 3000 },
    );
  });

  test('policies whose words are exchanged', () => {
    const swap = fc.tuple(fc.nat(400), word);
    fc.assert(
      fc.property(policy, fc.array(swap, { minLength: 1, maxLength: 5 }), (text, swaps) => {
        const parts = text.split(/(\s+|[,{}[\]])/);
        for (const [index, put] of swaps) parts[(index * 2) % parts.length] = put;
        expect(troublesOf(parts.join(''))).toEqual([]);
      }),
      { numRuns: 3000 },
    );
  });

  test('known words in any structure', () => {
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small' },
        word.map((text) => JSON.stringify(text)),
        fc.oneof(fc.integer(), fc.double(), fc.boolean(), fc.constant(null)).map(String),
        fc.array(tie('tree'), { maxLength: 4 }).map((items) => `[${items.join(', ')}]`),
        fc
          .array(fc.tuple(word, tie('tree')), { maxLength: 5 })
          .map((pairs) =>
            pairs.map(([key, value]) => `"${key.replaceAll('"', '')}": ${String(value)}`),
          )
          .map((pairs) => `{${pairs.join(', ')}}`),
      ),
    }));
    const key = fc.constantFrom('monitors', 'ignore', 'lists', 'series', 'rules');
    fc.assert(
      fc.property(fc.array(fc.tuple(key, tree), { maxLength: 5 }), (members) => {
        const body = members.map(([name, value]) => `${name}: ${value}\n`).join('');
        expect(troublesOf(`hindcast: 1\n${body}`)).toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    ['deep flow lists', '['.repeat(50_000)],
    ['deep flow mappings', '{a: '.repeat(50_000)],
    ['deep block lists', '- '.repeat(20_000)],
    [
      'deep block mappings',
      Array.from({ length: 1500 }, (_, i) => `${' '.repeat(i)}a:\n`).join(''),
    ],
    ['a list in itself', 'hindcast: 1\nignore: &a [*a, *a]\n'],
    ['a mapping in itself', 'hindcast: 1\nlists: &a { <<: *a, b: *a }\n'],
    [
      'a rule of itself',
      'hindcast: 1\nrules: &r [&a { name: x, all: [*a, *a], per: *a, then: *a }]\n',
    ],
    ['keys that are no text', 'hindcast: 1\n? [a]\n: b\n? {}\n: c\n1: 2\nnull: 3\n'],
    [
      'a prototype',
      'hindcast: 1\n__proto__: { a: 1 }\nconstructor: 1\nlists: { __proto__: [a.example] }\n',
    ],
    ['a directive', '%YAML 9.9\n%FOO bar\n---\nhindcast: 1\n'],
    ['tags', 'hindcast: !!int 1\nmonitors: !foo ["300,6"]\nignore: !!set { a, b }\n'],
    ['numbers that are none', 'hindcast: .nan\nrules: .inf\n'],
    ['a byte order mark', '\uFEFFhindcast: 1\n'],
    ['Windows lines', 'hindcast: 1\r\nrules: []\r\nfoo: 1\r\n'],
    [
      'a huge regular expression',
      `hindcast: 1
series:
  it:
    { type: ip, monitor: "1,1", on: connect, where: { reason: "/((((a{999}){999}){999}){999})/" } }
`,
    ],
  ])('%s', (_what, text) => {
    expect(troublesOf(text)).toEqual([]);
  });

  test('a growth of aliases in good time', () => {
    const lines = ['a0: &a0 { x: 1, y: 2 }'];
    for (let i = 1; i < 100; i++)
      lines.push(`a${i}: &a${i} { <<: [*a${i - 1}, *a${i - 1}], k${i}: *a${i - 1} }`);
    expect(troublesOf(`hindcast: 1\nlists:\n  ${lines.join('\n  ')}\n`)).toEqual([]);
  });
});
