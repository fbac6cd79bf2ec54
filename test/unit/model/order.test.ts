import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { compareText } from '../../../src/model/order.ts';

/** Characters on both sides of where UTF-16 and UTF-8 disagree: surrogates stand below U+E000. */
const unit = fc.constantFrom(
  '',
  '\0',
  'a',
  'b',
  'é',
  '\ud7ff',
  '\ue000',
  '\uffff',
  '𐀀',
  '📨',
  '\u{10ffff}',
);
const text = fc.oneof(fc.string({ unit }), fc.string({ unit: 'binary' }));

// Goal: the order of UTF-8 bytes without making them. Method: against Buffer.compare.
test('texts are ordered by their UTF-8 bytes', () => {
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(Math.sign(compareText(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
    { numRuns: 2000 },
  );
});
