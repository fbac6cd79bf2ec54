// Goal: a line is a repetition exactly as often as the other log has it.
// Method: random lists of few different lines against a map.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { LineCounts } from '../../../../src/input/exim/line-counts.ts';
import { readableBlock, WordView } from '../../../../src/model/words.ts';

test('takes what was counted, and no more', () => {
  const line = fc.oneof(
    fc.constantFrom('a', 'ab', 'abc', 'abcd', 'abcde', 'abcdabcd', 'dcba'),
    fc.string({ maxLength: 12 }),
  );
  const lines = fc.array(line, { maxLength: 40 });
  const each = (
    texts: readonly string[],
    take: (words: Int32Array, start: number, end: number) => unknown,
  ): unknown[] =>
    texts.map((text, index) => {
      // At every alignment.
      const bytes = readableBlock(Buffer.from('x'.repeat(index % 4) + text));
      return take(new WordView().of(bytes), index % 4, bytes.length);
    });
  fc.assert(
    fc.property(lines, lines, (repeated, original) => {
      const counts = new LineCounts(4);
      each(repeated, (words, start, end) => counts.know(words, start, end));
      each(original, (words, start, end) => counts.count(words, start, end));
      const naive = (): boolean[] => {
        const left = [...original];
        return repeated.map((text) => {
          const at = left.indexOf(text);
          if (at >= 0) left.splice(at, 1);
          return at >= 0;
        });
      };
      // Each copy is taken from anew.
      for (const copy of [counts.copy(), counts.copy()]) {
        const taken = each(repeated, (words, start, end) => copy.take(words, start, end));
        expect(taken).toEqual(naive());
      }
    }),
    { numRuns: 300 },
  );
});
