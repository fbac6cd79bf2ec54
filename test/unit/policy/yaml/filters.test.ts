import { describe, expect, test } from 'vitest';

import { formatNetwork } from '../../../../src/model/address.ts';
import type { FieldMatch } from '../../../../src/policy/rule-policy.ts';
import { globPattern } from '../../../../src/model/glob.ts';
import { mistakesIn, policyOf, read, seriesOf } from './reading.ts';

const around = (where: string): string =>
  `{ type: ip, monitor: "60,5", on: rejection, where: ${where} }`;
const LISTS = 'lists: { ours: [192.0.2.0/24, 2001:db8::/32], mixed: [192.0.2.1, example.org] }';

function matchesOf(where: string): readonly FieldMatch[] {
  return seriesOf(around(where), LISTS).where[0].matches;
}

function codesOf(where: string): string[] {
  const text = `hindcast: 1\n${LISTS}\nseries:\n  it: ${around(where)}\n`;
  return mistakesIn(text).map((mistake) => mistake.split(' ')[0]);
}

describe('where', () => {
  test('compares numbers and booleans by their text', () => {
    expect(seriesOf(around('{ code: 550, enhanced: 5.7, user: true }')).where).toEqual([
      { field: 'code', matches: [{ type: 'exact', value: '550' }] },
      { field: 'enhanced', matches: [{ type: 'exact', value: '5.7' }] },
      { field: 'user', matches: [{ type: 'exact', value: 'true' }] },
    ]);
  });

  test('takes any value of a list', () => {
    expect(matchesOf('{ verdict: ["", spam, virus] }')).toEqual([
      { type: 'exact', value: '' },
      { type: 'exact', value: 'spam' },
      { type: 'exact', value: 'virus' },
    ]);
  });

  test('reads a glob', () => {
    expect(matchesOf('{ sender: "*@example.?rg" }')).toEqual([
      { type: 'glob', source: '*@example.?rg', pattern: /^.*@example\..rg$/su },
    ]);
  });

  test('reads a regular expression with its flags', () => {
    expect(matchesOf(String.raw`{ reason: [/user unknown/i, '/^a\/b$/su'] }`)).toEqual([
      { type: 'regex', source: '/user unknown/i', pattern: /user unknown/i },
      { type: 'regex', source: String.raw`/^a\/b$/su`, pattern: /^a\/b$/su },
    ]);
  });

  test('reads networks and lists for ip', () => {
    const matches = matchesOf(
      '{ ip: [ours, "2001:db8:1::1", 198.51.100.0/24, "203.0.113.*", ""] }',
    );
    const shown = matches.map((match) =>
      match.type === 'network' ? formatNetwork(match.network) : match.type,
    );
    expect(shown).toEqual([
      '192.0.2.0/24',
      '2001:db8::/32',
      '2001:db8:1::1/128',
      '198.51.100.0/24',
      'glob',
      'exact',
    ]);
  });

  test('reads ours as a word in any other field', () => {
    expect(matchesOf('{ helo: ours }')).toEqual([{ type: 'exact', value: 'ours' }]);
  });

  test.each([
    ['{ phase: rcpt }', ['word-unknown']],
    ['{ phase: "rcpt*" }', []],
    ['{ verdict: ham }', ['word-unknown']],
    ['{ service: smtp }', ['word-unknown']],
    ['{ code: 55 }', ['number-range']],
    ['{ code: "5*" }', []],
    ['{ code: /^55/ }', []],
    ['{ ip: others }', ['list-unknown']],
    ['{ ip: mixed }', ['list-domains']],
    ['{ ip: 10.0.0.0/33 }', ['network-wrong']],
    ['{ time: 1, line: 2, file: x }', ['field-refused', 'field-refused', 'field-refused']],
    ['{ frm: x }', ['field-unknown']],
    ['{ user: }', ['type-wrong']],
    ['{ user: [[a]] }', ['type-wrong']],
    ['{ user: [] }', ['list-empty']],
    ['{ reason: /(/ }', ['regex-wrong']],
    ['{ reason: /a/g }', ['regex-wrong']],
    ['{ reason: /a/ii }', ['regex-wrong']],
    ['[user]', ['type-wrong']],
  ])('%s', (where, codes) => {
    expect(codesOf(where)).toEqual(codes);
  });
});

describe('a glob', () => {
  test.each([
    ['*@example.com', 'a@example.com', true],
    ['*@example.com', 'a@example.com.test', false],
    ['*@example.com', 'a@exampleXcom', false],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['a?c', 'a\u{1F600}c', true],
    ['a**c', 'a\nc', true],
    ['[a]+(b)|{1}^$\\*', '[a]+(b)|{1}^$\\', true],
  ])('%s on %s', (glob, text, holds) => {
    expect(globPattern(glob).test(text)).toBe(holds);
  });
});

describe('a list', () => {
  const withList = (content: string): string[] =>
    mistakesIn('hindcast: 1\nlists: { it: { file: sub/it.txt } }\n', { 'sub/it.txt': content });

  test('comes from a file beside the policy', () => {
    const text = `hindcast: 1
lists: { it: { file: it.txt } }
rules: [{ name: a, count: connections, above: 1, per: address, except: it, then: tag }]
`;
    const content =
      '\uFEFF# all\r\n192.0.2.7 # one\r\n\r\n[2001:db8::1]/64\r\nMail.Example.ORG.\r\n';
    const reading = read(text, { 'it.txt': content });
    const [rule] = policyOf(reading).rules;
    expect(rule.except.map((one) => formatNetwork(one))).toEqual(['192.0.2.7/32', '2001:db8::/64']);
    expect(rule.exceptDomains).toEqual(['mail.example.org']);
    expect(reading.texts.get('it.txt')).toBe(content);
  });

  test('shows a bad line in its own file', () => {
    const reading = read('hindcast: 1\nlists: { it: { file: sub/it.txt } }\n', {
      'sub/it.txt': '192.0.2.1\n  nobody  # who?\n',
    });
    expect(reading.diagnostics).toMatchObject([
      { code: 'list-line', file: 'sub/it.txt', start: 12, end: 18 },
    ]);
    expect(reading.texts.get('sub/it.txt')).toContain('nobody');
  });

  test.each([
    '192.0.2.256',
    '10.1',
    'a..b',
    '-a.example',
    'a b',
    '@example.org',
    '.example.org',
    'x',
  ])('refuses %s', (line) => {
    expect(withList(`${line}\n`)).toEqual(['list-line 1:1']);
  });

  test.each(['example.org', 'xn--bcher-kva.example', '_dmarc.example.org', 'b\u00FCcher.example'])(
    'takes %s',
    (line) => {
      expect(withList(`${line}\n`)).toEqual([]);
    },
  );

  test('does not list thousands of bad lines', () => {
    const reading = read('hindcast: 1\nlists: { it: { file: it.txt } }\n', {
      'it.txt': 'From: nobody\n'.repeat(5000),
    });
    expect(reading.diagnostics).toHaveLength(20);
    expect(reading.diagnostics.at(-1)?.hint).toBe('4980 more lines of this file cannot be read');
  });
});
