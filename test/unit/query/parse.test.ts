// Goal: a query is read as docs/query.md says, and a wrong one is refused where it is wrong.
import { describe, expect, test } from 'vitest';

import { formatNetwork } from '../../../src/model/address.ts';
import type { Diagnostic } from '../../../src/model/diagnostic.ts';
import { UserError } from '../../../src/model/errors.ts';
import { isSyntaxMistake, QUERY_CODES } from '../../../src/query/mistakes.ts';
import { parseQuery } from '../../../src/query/parse.ts';
import type { CountQuery } from '../../../src/query/query.ts';
import { errorOf } from '../series/snapshots.ts';

function countQuery(clauses: string, block = '192.0.2.0/24', series = 'spam'): CountQuery {
  const query = parseQuery(`show count for ${block} in ${series} ${clauses}`);
  if (query.kind !== 'count') throw new Error(`${clauses}: read as ${query.kind}`);
  return query;
}

/** 2008-04-23T00:00:00Z */
const DAY_23 = 1_208_908_800_000;
const HOUR = 3_600_000;

test('reads the short queries', () => {
  expect(parseQuery('show available')).toEqual({ kind: 'available' });
  expect(parseQuery('  cache   details ')).toEqual({ kind: 'cache' });
  expect(parseQuery('SHOW Available')).toEqual({ kind: 'available' });
});

test('without clauses: every address, by address, all of time', () => {
  expect(countQuery('')).toMatchObject({
    series: [{ name: 'spam', monitor: undefined }],
    union: false,
    span: { kind: 'span', fromMs: -Infinity, toMs: Infinity },
    sizes: { from: 32, to: 32 },
    order: 'cidr',
    aggregate: 'none',
    limit: Infinity,
    threshold: -Infinity,
  });
  expect(countQuery('', '2001:db8::/32').sizes).toEqual({ from: 128, to: 128 });
});

test('clauses stand in any order', () => {
  const text =
    'limit 3 order by count threshold 5 cidrsize 25 to 30 since 20080423 aggregate daily';
  expect(countQuery(text)).toMatchObject({
    span: { kind: 'span', fromMs: DAY_23, toMs: Infinity },
    sizes: { from: 25, to: 30 },
    order: 'count',
    aggregate: 'day',
    limit: 3,
    threshold: 5,
  });
});

test.each([
  ['192.0.2.77/24', '192.0.2.0/24'],
  ['192.0.2.77', '192.0.2.77/32'],
  ['0.0.0.0/0', '0.0.0.0/0'],
  ['[2001:db8::1]/32', '2001:db8::/32'],
  ['2001:DB8::1', '2001:db8::1/128'],
  ['::/0', '::/0'],
])('the block %s is %s', (written, block) => {
  expect(formatNetwork(countQuery('', written).block)).toBe(block);
});

test('aggregate counts the block as a whole', () => {
  expect(countQuery('aggregate')).toMatchObject({
    aggregate: 'window',
    sizes: { from: 24, to: 24 },
  });
  expect(countQuery('aggregate cidrsize 32').sizes).toEqual({ from: 32, to: 32 });
});

test.each([
  ['on 20080423', DAY_23, DAY_23 + 24 * HOUR],
  ['on 2008-04-23', DAY_23, DAY_23 + 24 * HOUR],
  ['since 20080423T120000', DAY_23 + 12 * HOUR, Infinity],
  ['since 2008-04-23T12:00Z', DAY_23 + 12 * HOUR, Infinity],
  ['from 20080423 to 20080423', DAY_23, DAY_23 + 24 * HOUR],
  ['from 20080423T120000 to 20080423T130000', DAY_23 + 12 * HOUR, DAY_23 + 13 * HOUR],
  ['from 20080423T120000 to 20080424', DAY_23 + 12 * HOUR, DAY_23 + 48 * HOUR],
])('%s', (clause, fromMs, toMs) => {
  expect(countQuery(clause).span).toEqual({ kind: 'span', fromMs, toMs });
});

test('on a moment is the window that holds it', () => {
  const atMs = DAY_23 + 12 * HOUR + 1000;
  expect(countQuery('on 20080423T120001').span).toEqual({ kind: 'moment', atMs });
});

describe('names of series', () => {
  const namesOf = (series: string): unknown =>
    countQuery('', '192.0.2.0/24', series).series.map(({ name, monitor }) => [
      name,
      monitor && [monitor.intervalMs, monitor.windows],
    ]);

  test.each([
    [
      'spam, virus',
      [
        ['spam', undefined],
        ['virus', undefined],
      ],
    ],
    [
      'spam ,virus',
      [
        ['spam', undefined],
        ['virus', undefined],
      ],
    ],
    [
      'union(spam,virus)',
      [
        ['spam', undefined],
        ['virus', undefined],
      ],
    ],
    ['UNION ( spam )', [['spam', undefined]]],
    ['union', [['union', undefined]]],
    [
      'spam.300,12, virus',
      [
        ['spam', [300_000, 12]],
        ['virus', undefined],
      ],
    ],
    [
      'union(spam.300,12,spam.600,6)',
      [
        ['spam', [300_000, 12]],
        ['spam', [600_000, 6]],
      ],
    ],
    ['"a ""b"", c".300,12', [['a "b", c', [300_000, 12]]]],
    ['"a.300,12"', [['a.300,12', undefined]]],
    ['"a.300,12".600,6', [['a.300,12', [600_000, 6]]]],
    [
      '"limit", a.b',
      [
        ['limit', undefined],
        ['a.b', undefined],
      ],
    ],
    [
      '"a.300",12',
      [
        ['a.300', undefined],
        ['12', undefined],
      ],
    ],
  ])('%s', (series, expected) => {
    expect(namesOf(series)).toEqual(expected);
  });
});

/** Each code that the text alone can have, with the whole message. */
const WRONG: readonly (readonly [string, string, string])[] = [
  [
    'query-word',
    'shwo available',
    `query:1:1: error: expected 'show' or 'cache', found 'shwo' [query-word]
1 shwo available
  ^^^^
hint: did you mean 'show'?`,
  ],
  [
    'query-word',
    'show count for 192.0.2.0/24 in spam orderby count',
    `query:1:37: error: expected 'from', 'since', 'on', 'cidrsize', 'order', 'aggregate', 'limit', 'threshold' or the end of the query, found 'orderby' [query-word]
1 show count for 192.0.2.0/24 in spam orderby count
                                      ^^^^^^^
hint: did you mean 'order'?`,
  ],
  [
    'query-word',
    'show count for 192.0.2.0/24 in union(spam virus)',
    `query:1:43: error: expected ',' or ')', found 'virus' [query-word]
1 show count for 192.0.2.0/24 in union(spam virus)
                                            ^^^^^`,
  ],
  [
    'query-cut',
    'show count for 192.0.2.0/24 in',
    `query:1:31: error: the query ends here, expected the name of a series [query-cut]
1 show count for 192.0.2.0/24 in
                                ^`,
  ],
  [
    'query-quote',
    'show count for 192.0.2.0/24 in "spam',
    `query:1:32: error: the quote that opens here is never closed [query-quote]
1 show count for 192.0.2.0/24 in "spam
                                 ^`,
  ],
  [
    'query-network',
    'show count for 192.0.2.0/33 in spam',
    `query:1:16: error: '192.0.2.0/33' is not an address or network [query-network]
1 show count for 192.0.2.0/33 in spam
                 ^^^^^^^^^^^^
hint: such as 192.0.2.0/24, 192.0.2.7, 2001:db8::/32 or [2001:db8::]/32`,
  ],
  [
    'query-time',
    'show count for 192.0.2.0/24 in spam since 20080231',
    `query:1:43: error: '20080231' is no time [query-time]
1 show count for 192.0.2.0/24 in spam since 20080231
                                            ^^^^^^^^
hint: times are UTC: 20080423, or 20080605T120000`,
  ],
  [
    'query-span',
    'show count for 192.0.2.0/24 in spam from 20080424 to 20080423',
    `query:1:54: error: this is not after the start of the span [query-span]
1 show count for 192.0.2.0/24 in spam from 20080424 to 20080423
                                                       ^^^^^^^^
hint: the earlier time comes first; a date as the end means the end of that day`,
  ],
  [
    'query-number',
    'show count for 192.0.2.0/24 in spam limit ten',
    `query:1:43: error: expected a whole number after 'limit', found 'ten' [query-number]
1 show count for 192.0.2.0/24 in spam limit ten
                                            ^^^`,
  ],
  [
    'query-number',
    'show count for 192.0.2.0/24 in spam.0,12',
    `query:1:37: error: expected a monitor such as 300,12, found 0,12 [query-number]
1 show count for 192.0.2.0/24 in spam.0,12
                                      ^^^^`,
  ],
  [
    'query-size',
    'show count for 192.0.2.0/24 in spam cidrsize 16',
    `query:1:46: error: blocks of /16 are wider than 192.0.2.0/24, which is asked for [query-size]
1 show count for 192.0.2.0/24 in spam cidrsize 16
                                               ^^
hint: ask for a wider block, or for cidrsize 24 or above`,
  ],
  [
    'query-size',
    'show count for 192.0.2.0/24 in spam cidrsize 64',
    `query:1:46: error: expected a prefix length up to 32 for IPv4, found 64 [query-size]
1 show count for 192.0.2.0/24 in spam cidrsize 64
                                               ^^`,
  ],
  [
    'query-size',
    'show count for 192.0.2.0/24 in spam cidrsize 32 to 24',
    `query:1:46: error: the shorter prefix length comes first [query-size]
1 show count for 192.0.2.0/24 in spam cidrsize 32 to 24
                                               ^^^^^^^^
hint: cidrsize 24 to 32`,
  ],
  [
    'query-twice',
    'show count for 192.0.2.0/24 in spam limit 1 limit 2',
    `query:1:45: error: 'limit' is given twice [query-twice]
1 show count for 192.0.2.0/24 in spam limit 1 limit 2
                                              ^^^^^`,
  ],
  [
    'query-twice',
    'show count for 192.0.2.0/24 in spam on 20080423 since 20080423',
    `query:1:49: error: 'since' after 'on': one of them [query-twice]
1 show count for 192.0.2.0/24 in spam on 20080423 since 20080423
                                                  ^^^^^`,
  ],
  [
    'query-twice',
    'show count for 192.0.2.0/24 in spam, spam',
    `query:1:38: error: the series 'spam' is named twice [query-twice]
1 show count for 192.0.2.0/24 in spam, spam
                                       ^^^^`,
  ],
];

test.each(WRONG)('%s: %s', (code, text, shown) => {
  const error = errorOf(() => parseQuery(text));
  if (!(error instanceof UserError)) throw error;
  expect(error.message).toBe(shown);
  expect(error.diagnostics.map((diagnostic) => diagnostic.code)).toEqual([code]);
  expect(isSyntaxMistake(error)).toBe(true);
});

test('every code of a wrong text is shown above', () => {
  const shown = [...new Set(WRONG.map(([code]) => code))].toSorted();
  expect(shown).toEqual(QUERY_CODES.filter((code) => code.startsWith('query-')).toSorted());
});

/** Where a query is wrong; undefined when it is not. Fails on any other error. */
function placeOfMistake(text: string): Diagnostic | undefined {
  try {
    parseQuery(text);
    return undefined;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return error.diagnostics[0];
  }
}

// Goal: whatever is left out or put twice, a query is read or refused with a place in it.
test('every part of a query may be missing', () => {
  const words =
    'show count for 192.0.2.0/24 in union ( spam , virus ) from 20080423 to 20080424 ' +
    'cidrsize 24 to 32 order by count aggregate daily limit 10 threshold 5';
  const parts = words.split(' ');
  for (let i = 0; i < parts.length; i++) {
    for (const change of [[], [parts[i], parts[i]], ['#']]) {
      const text = parts.toSpliced(i, 1, ...change).join(' ');
      const { start, end } = placeOfMistake(text) ?? { start: 0, end: 0 };
      expect(start).toBeLessThanOrEqual(end);
      expect(end).toBeLessThanOrEqual(text.length);
    }
  }
});
