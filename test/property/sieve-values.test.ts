// Goal: numbers, patterns and orders of scripts agree with their obvious definitions on every value.
// Method: random values through the code and through arithmetic on BigInt, a recursive matcher, a
// regular expression and RFC 7208 read word by word.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { isEndless } from '../../src/policy/momentum/endless-pattern.ts';
import { Glob } from '../../src/policy/sieve/glob.ts';
import { mailDate } from '../../src/policy/momentum/mail-date.ts';
import { regExpOf } from '../../src/policy/momentum/pcre.ts';
import { sixDecimals } from '../../src/policy/sieve/six-decimals.ts';
import { leadingNumber, textOf } from '../../src/policy/sieve/value.ts';
import { holds, ScriptStand, xOf } from '../builders/script-run.ts';

/** A double as a fraction over a power of two, without a rounding. */
function fractionOf(value: number): { over: bigint; under: bigint } {
  let under = 1n;
  let scaled = value;
  while (!Number.isInteger(scaled)) {
    scaled *= 2;
    under *= 2n;
  }
  return { over: BigInt(scaled), under };
}

/** Six decimals by long division; halves to the even digit. */
function obviousDecimals(value: number): string {
  const { over, under } = fractionOf(Math.abs(value));
  const scaled = over * 1_000_000n;
  let whole = scaled / under;
  const twice = (scaled % under) * 2n;
  if (twice > under || (twice === under && whole % 2n === 1n)) whole += 1n;
  const digits = String(whole).padStart(7, '0');
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  return `${sign}${digits.slice(0, -6)}.${digits.slice(-6)}`;
}

const halves = fc
  .tuple(fc.integer({ min: -(2 ** 40), max: 2 ** 40 }), fc.integer({ min: 0, max: 9 }))
  .map(([odd, shift]) => odd / 2 ** shift);
const doubles = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.double({ min: -1000, max: 1000, noNaN: true }),
  halves,
);

describe('numbers', () => {
  test('are printed as %f prints them', () => {
    fc.assert(
      fc.property(doubles, (value) => {
        expect(sixDecimals(value)).toBe(obviousDecimals(value));
      }),
      { numRuns: 5000 },
    );
  });

  test('of whole values are added, multiplied and divided exactly', () => {
    const whole = fc.integer({ min: -(2 ** 25), max: 2 ** 25 });
    const stand = new ScriptStand(
      '$a = "%{vctx_conn:a}"; $b = "%{vctx_conn:b}"; $sum = ec_add $a $b; $less = ec_sub $a $b;' +
        '$product = ec_mul $a $b; $rest = ec_mod $a $b;',
    );
    fc.assert(
      fc.property(
        whole,
        whole.filter((b) => b !== 0),
        (a, b) => {
          const context = new Map([
            ['a', String(a)],
            ['b', String(b)],
          ]);
          const message = { context: new Map<string, string>(), sender: '', recipient: '' };
          const { variables } = stand.run({
            session: { memory: { own: undefined }, context, helo: '', message },
          });
          const [left, right] = [BigInt(a), BigInt(b)];
          expect(Number(variables['sum'])).toBe(Number(left + right));
          expect(Number(variables['less'])).toBe(Number(left - right));
          expect(textOf(variables['product']).replace(/^-(?=0\.0)/, '')).toBe(
            `${left * right}.000000`,
          );
          expect(variables['rest']).toBe(String(left % right));
        },
      ),
    );
  });

  test('begin a text where a regular expression says so', () => {
    const parts = fc.constantFrom(
      '1',
      '0',
      '27',
      '.',
      '-',
      '+',
      ' ',
      'a',
      'e5',
      '\t',
      '9'.repeat(16),
    );
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 6 }), (given) => {
        const text = given.join('');
        const match = /^[ \t]*([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))/.exec(text);
        expect(leadingNumber(text)).toBe(match === null ? undefined : Number(match[1]));
      }),
      { numRuns: 5000 },
    );
  });
});

/** `:matches` as RFC 5228 defines it, one character at a time. */
function obviouslyMatches(pattern: readonly string[], text: readonly string[]): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return text.length === 0;
  if (first === '*') {
    return (
      obviouslyMatches(rest, text) || (text.length > 0 && obviouslyMatches(pattern, text.slice(1)))
    );
  }
  if (text.length === 0) return false;
  const isQuoted = first === '\\' && rest.length > 0;
  const wanted = isQuoted ? rest[0] : first;
  const matches = (first === '?' && !isQuoted) || wanted === text[0];
  return matches && obviouslyMatches(isQuoted ? rest.slice(1) : rest, text.slice(1));
}

/** What comes of it, or the words of the error. */
function resultOf<Kind>(make: () => Kind): Kind | string {
  try {
    return make();
  } catch (error) {
    return error instanceof Error ? error.message : '';
  }
}

describe('patterns', () => {
  const letters = fc.array(fc.constantFrom('a', 'b', '😀', '*', '\\'), { maxLength: 8 });
  const patterns = fc.array(fc.constantFrom('a', 'b', '😀', '*', '?', '\\'), { maxLength: 8 });

  test('of :matches agree with a matcher that tries everything', () => {
    let matched = 0;
    fc.assert(
      fc.property(patterns, letters, (pattern, text) => {
        const expected = obviouslyMatches(pattern, text);
        matched += expected ? 1 : 0;
        expect(new Glob(pattern.join(''), false).matches(text.join(''))).toBe(expected);
      }),
      { numRuns: 5000 },
    );
    expect(matched).toBeGreaterThan(200);
  });

  test('of :matches in any letter case agree with folded ones', () => {
    fc.assert(
      fc.property(fc.mixedCase(patterns.map((one) => one.join(''))), letters, (pattern, text) => {
        const folded = new Glob(pattern.toLowerCase(), false).matches(text.join('').toLowerCase());
        expect(new Glob(pattern, true).matches(text.join(''))).toBe(folded);
      }),
    );
  });

  test('are expressions, or errors with a reason', () => {
    const pieces = fc.constantFrom(
      ...'a ( ) [ ] ^ $ \\ - { } {2} ? * + | . (? (?i) [:alpha:] \\Q \\E \\d # (?x) / 😀 \\p'.split(
        ' ',
      ),
    );
    let matched = 0;
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 8 }), (given) => {
        const pattern = resultOf(() => regExpOf(given.join(''), false));
        if (typeof pattern === 'object' && pattern.test('a')) matched++;
        expect(pattern).not.toBe('');
      }),
      { numRuns: 3000 },
    );
    expect(matched).toBeGreaterThan(100);
  });

  test('that mean the same in JavaScript are left as they are', () => {
    const pieces = fc.constantFrom(
      ...'a b . * ? + ( (?: ) [ab] [^a] ^ $ | \\d \\w \\b {1,2} 1'.split(' '),
    );
    const texts = fc.string({ unit: fc.constantFrom('a', 'b', '1', ' '), maxLength: 6 });
    let compiled = 0;
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 7 }), texts, (given, text) => {
        const native = resultOf(() => new RegExp(given.join(''), 'u'));
        // Possessive quantifiers are refused, and `{` alone is a character in PCRE.
        fc.pre(typeof native === 'object' && !/[*+?}]\+/.test(given.join('')));
        fc.pre(!isEndless((native as RegExp).source));
        compiled++;
        expect(regExpOf(given.join(''), false).exec(text)?.slice()).toEqual(
          (native as RegExp).exec(text)?.slice(),
        );
      }),
      { numRuns: 2000 },
    );
    expect(compiled).toBeGreaterThan(500);
  });

  test('that quote everything match their text only', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 12 }), (text) => {
        fc.pre(!text.includes('\\E'));
        const quoted = regExpOf(`\\A\\Q${text}\\E\\z`, false);
        expect(quoted.test(text)).toBe(true);
        expect(quoted.test(`${text}x`)).toBe(false);
      }),
    );
  });
});

test('SPF macros take parts of a domain as RFC 7208 counts them', () => {
  const labels = fc.array(fc.constantFrom('a', 'b', 'cc', 'd-e'), { minLength: 1, maxLength: 6 });
  const digits = fc.integer({ min: 1, max: 8 });
  fc.assert(
    fc.property(labels, digits, fc.boolean(), (parts, kept, reversed) => {
      const sender = `user@${parts.join('.')}`;
      const ordered = reversed ? parts.toReversed() : parts;
      const macro = `$x = "%{spfv1:d${kept}${reversed ? 'r' : ''}}";`;
      expect(xOf(macro, { sender })).toBe(ordered.slice(-kept).join('.'));
    }),
  );
});

test('dates of mail are those of the calendar', () => {
  const times = fc.integer({ min: 0, max: 4_102_444_800_000 });
  fc.assert(
    fc.property(times, (timeMs) => {
      const expected = new Date(timeMs).toUTCString().replace('GMT', '+0000');
      expect(mailDate(timeMs)).toBe(expected);
    }),
  );
});

test('a text compares with a number as with its text, and a list as any of its items', () => {
  const texts = fc.constantFrom('', '1', '10', '9', 'a', 'B', 'b', '1.5');
  const relations = fc.constantFrom('gt', 'ge', 'lt', 'le', 'eq', 'ne');
  const comparators = fc.constantFrom('i;octet', 'i;ascii-casemap', 'i;ascii-numeric');
  fc.assert(
    fc.property(fc.array(texts, { maxLength: 3 }), texts, relations, comparators, (...given) => {
      const [items, other, relation, comparator] = given;
      const tags = `:value "${relation}" :comparator "${comparator}"`;
      const list = `[${items.map((item) => `"${item}"`).join(', ')}]`;
      const one = (item: string): boolean => holds(`ec_test ${tags} "${item}" "${other}"`);
      expect(holds(`ec_test ${tags} $l "${other}"`, `$l = ${list};`)).toBe(items.some(one));
    }),
  );
});
