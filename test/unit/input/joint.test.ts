import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blocksOf, type BlockReader } from '../../../src/input/blocks.ts';
import { findJoint, type Joint } from '../../../src/input/joint.ts';

function find(earlier: string, later: string): Promise<Joint | undefined> {
  const open = (text: string): BlockReader => blocksOf(Buffer.from(text));
  const firstLine = Buffer.from(later.slice(0, later.indexOf('\n') + 1));
  return findJoint(open(earlier), () => Promise.resolve(open(later)), firstLine);
}

describe('the joint of two files', () => {
  it.each([
    ['nothing shared', 'a\nb\n', 'c\nd\n', undefined],
    ['a tail', 'a\nb\nc\n', 'b\nc\nd\n', { lines: 2, contained: false, cutLine: false }],
    [
      'a tail with a cut line',
      'a\nb\nc',
      'b\ncc\nd\n',
      { lines: 1, contained: false, cutLine: true },
    ],
    [
      'a front of the later file',
      'a\nb\n',
      'a\nb\nc\n',
      { lines: 2, contained: false, cutLine: false },
    ],
    [
      'a block inside',
      'a\nb\nc\nd\n',
      'b\nc\n',
      { lines: Infinity, contained: true, cutLine: false },
    ],
    ['lines that go on otherwise', 'a\nb\nx\n', 'b\nc\n', undefined],
    ['the end of a line only', 'ab\nc\n', 'b\nc\nd\n', undefined],
    [
      'equal lines, the longest tail',
      'a\na\na\nb\n',
      'a\na\nb\nc\n',
      { lines: 3, contained: false, cutLine: false },
    ],
    [
      'a false start before the right one',
      'a\nb\na\nc\n',
      'a\nc\nd\n',
      { lines: 2, contained: false, cutLine: false },
    ],
  ])('%s', async (_, earlier, later, joint) => {
    const found = await find(earlier, later);
    expect(found && { ...found, lines: found.contained ? Infinity : found.lines }).toEqual(joint);
  });

  it('is found at a false start and across the pieces that are read', async () => {
    const line = (n: number): string => `line ${n} ${'x'.repeat((n * 37) % 90)}\n`;
    const lines = Array.from({ length: 40_000 }, (_, n) => line(n % 20_000));
    const later = lines.slice(20_000 - 500).concat(['more\n']);
    // Line 19,500 stands twice; from the first place on the files differ at the end only.
    expect(await find(lines.concat(['other\n']).join(''), later.join(''))).toBeUndefined();
    expect(await find(lines.join(''), later.join(''))).toEqual({
      lines: 20_500,
      contained: false,
      cutLine: false,
    });
    const restarted = lines.slice(0, 20_100).concat(['other\n'], lines.slice(19_500));
    expect((await find(restarted.join(''), later.join('')))?.lines).toBe(20_500);
  });

  // Goal: the joint is the one that the words say. Method: compare with the obvious search.
  it('is that of the obvious search', async () => {
    const text = fc
      .array(fc.constantFrom('a\n', 'b\n', 'ab\n'), { minLength: 1, maxLength: 9 })
      .map((lines) => lines.join(''));
    await fc.assert(
      fc.asyncProperty(text, text, fc.nat(2), async (earlier, later, cut) => {
        const shortened = earlier.slice(0, earlier.length - cut);
        const joint = await find(shortened, later);
        const ends = shortened
          .split(/(?<=\n)/)
          .map((_, index, lines) => lines.slice(index).join(''));
        const inside = ends.some((end) => end.startsWith(later));
        const tail = ends.find((end) => end.includes('\n') && later.startsWith(end));
        const lines = inside ? undefined : tail?.split('\n').slice(0, -1).length;
        expect(joint?.contained ?? false).toBe(inside);
        expect(inside ? undefined : joint?.lines).toBe(lines);
      }),
      { numRuns: 2000 },
    );
  });
});
