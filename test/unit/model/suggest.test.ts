import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { editDistance, nearest } from '../../../src/model/suggest.ts';

describe('a suggestion', () => {
  test.each([
    ['recpt_bad', ['bad_rcpt', 'rcpt_bad'], 'rcpt_bad'],
    ['conections', ['connections', 'receptions'], 'connections'],
    ['smtp', ['SMTP', 'Control'], 'SMTP'],
    ['rcpt', ['mailfrom', 'rcptto'], 'rcptto'],
    ['re', ['rejections', 'ratio'], undefined],
    ['rec', ['receptions', 'recipients'], undefined],
    ['gizmos', ['connections', 'receptions'], undefined],
    ['x'.repeat(100), ['x'.repeat(101)], undefined],
    ['', ['a'], 'a'],
  ])('for %s', (word, known, meant) => {
    expect(nearest(word, known)).toBe(meant);
  });
});

describe('edit distance', () => {
  test.each([
    ['', 'abc', 3],
    ['abc', 'abc', 0],
    ['abc', 'acb', 1],
    ['windows', 'window', 1],
    ['kitten', 'sitting', 3],
  ])('%s to %s is %i', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
  });

  test('is a distance', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 8 });
    fc.assert(
      fc.property(word, word, (a, b) => {
        const distance = editDistance(a, b);
        expect(distance).toBe(editDistance(b, a));
        expect(distance === 0).toBe(a === b);
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
        expect(distance).toBeGreaterThanOrEqual(Math.abs(a.length - b.length));
      }),
    );
  });
});
