import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { ByteIndex } from '../../src/correlate/byte-index.ts';
import { WordView } from '../../src/model/words.ts';

/** Keys around the room for them (two words): short ones, ones that share it, and long ones. */
const anyKey = fc.oneof(
  fc.nat(60).map((n) => `K${n}`),
  fc.constantFrom('', 'a', 'b', 'abcdefgh', 'abcdefgi', 'abcdefg', 'abcdefghi', 'abcdefghj'),
  fc.constantFrom('x'.repeat(300), `${'x'.repeat(299)}y`, '\0', '\0\0', 'é', 'ÿ'),
  // Of every length around those that are read as six words, and different in one place.
  fc.tuple(fc.nat(40), fc.nat(40)).map(([length, at]) => {
    const same = 'abcdefghijklmnopqrstuvwxyz0123456789ABCDE'.slice(0, length);
    return at < length ? `${same.slice(0, at)}-${same.slice(at + 1)}` : same;
  }),
);
const anyAction = fc.record({
  remove: fc.constantFrom(false, false, true),
  key: anyKey,
  node: fc.nat(1),
  tag: fc.nat(2),
});

interface Entry {
  readonly node: number;
  readonly key: string;
  readonly tag: number;
}

const wordsOf = (text: string): Int32Array => new WordView().of(Buffer.from(text));

/** `find` as its page says: the asked tag, else the only one there is. */
function obvious(
  entries: ReadonlyMap<number, Entry>,
  node: number,
  key: string,
  tag: number,
): number {
  const same = [...entries].filter(([, entry]) => entry.node === node && entry.key === key);
  const own = same.find(([, entry]) => entry.tag === tag);
  if (own !== undefined) return own[0];
  return same.length === 1 ? same[0][0] : 0;
}

// Goal: what is inserted is found until it is removed, and nothing else is.
// Method: random histories against a map; after each step every key is asked with every tag.
test('an index agrees with a map', () => {
  const history = fc.array(anyAction, { maxLength: 200, size: 'max' });
  fc.assert(
    fc.property(fc.constantFrom(2, 8), history, (words, actions) => {
      const index = new ByteIndex(words);
      const entries = new Map<number, Entry>();
      // Keys stand somewhere in a block, between other bytes.
      const block = (key: string): [Int32Array, number, number] => {
        const bytes = Buffer.from(key);
        return [wordsOf(`[${key}]`), 1, 1 + bytes.length];
      };
      for (const { remove, key, node, tag } of actions) {
        const slot = index.find(node, ...block(key), tag);
        expect(slot).toBe(obvious(entries, node, key, tag));
        if (slot !== 0 && remove) {
          index.remove(slot);
          entries.delete(slot);
        } else if (slot === 0 || index.tag(slot) !== tag) {
          const fresh = index.insert(tag);
          if (fresh > 0 && fresh < index.capacity) entries.set(fresh, { node, key, tag });
        }
        // Also short of one when a slot is given that is in use.
        expect(index.size).toBe(entries.size);
      }
      for (const [slot, { node, key, tag }] of entries) {
        expect(index.find(node, ...block(key), tag)).toBe(slot);
        expect([index.node(slot), index.tag(slot)]).toEqual([node, tag]);
        expect(Buffer.from(index.key(slot), 'latin1').toString()).toBe(key);
      }
    }),
    { numRuns: 200 },
  );
});

test('slots stay dense: those of removed keys are given again', () => {
  const index = new ByteIndex(2);
  for (let round = 0; round < 50; round++) {
    const slots = Array.from({ length: 100 }, (_, k) => {
      const key = `${round}.${k}`;
      expect(index.find(0, wordsOf(key), 0, key.length, 0)).toBe(0);
      return index.insert(0);
    });
    expect(Math.max(...slots)).toBe(100);
    for (const slot of slots) index.remove(slot);
  }
  expect(index.size).toBe(0);
});
