import * as fc from 'fast-check';
import { expect } from 'vitest';
import type { LogParser } from '../../src/input/port.ts';
import { EventBatch } from '../../src/model/event-batch.ts';
import { TEXT_FIELDS } from '../../src/model/event.ts';
import { Vocabulary } from '../../src/model/vocabulary.ts';

/** A few of `lines`, each with random pieces of text in random places. */
export function mutatedLines(
  lines: readonly string[],
  pieces: readonly string[],
): fc.Arbitrary<string[]> {
  const edit = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    remove: fc.nat(12),
    insert: fc.oneof(
      fc.constantFrom(...pieces, '\0', '\r', '\xff', '-', '999999999999999999'),
      fc.string({ unit: 'binary-ascii', maxLength: 4 }),
    ),
  });
  const mutated = fc
    .tuple(fc.nat(lines.length - 1), fc.array(edit, { maxLength: 4 }))
    .map(([index, edits]) => {
      let line = lines[index];
      for (const { at, remove, insert } of edits) {
        const start = Math.floor(at * line.length);
        line = line.slice(0, start) + insert + line.slice(start + remove);
      }
      return line.replaceAll('\n', ' ');
    });
  return fc.array(mutated, { minLength: 1, maxLength: 8 });
}

/**
 * Feeds lines to a parser, and checks that every row stands in its line and every line counts once.
 * Returns how many lines it read.
 */
export function readSoundly(
  lines: readonly string[],
  make: (vocabulary: Vocabulary) => LogParser,
): number {
  const bytes = Buffer.from(lines.join('\n'), 'latin1');
  const vocabulary = new Vocabulary();
  const batch = new EventBatch(vocabulary, bytes);
  const parser = make(vocabulary);
  let start = 0;
  lines.forEach((line, index) => {
    const before = batch.rows;
    parser.wantsMore?.(bytes, start, bytes.length);
    const result = parser.parseLine(batch, start, start + line.length, index + 1);
    expect(batch.rows > before).toBe(result === 0);
    expect(result !== 2 || /^[a-z][a-z ]+$/.test(parser.reason)).toBe(true);
    for (let row = before; row < batch.rows; row++) {
      expect(Number.isFinite(batch.time[row])).toBe(true);
      for (let field = 0; field < TEXT_FIELDS.length; field++) {
        const at = batch.spanStart(row, field);
        if (at < 0) continue;
        expect(at).toBeGreaterThanOrEqual(start);
        expect(batch.spanEnd(row, field)).toBeLessThanOrEqual(start + line.length);
      }
    }
    start += line.length + 1;
  });
  return lines.length;
}
