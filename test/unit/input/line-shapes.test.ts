import { describe, expect, it } from 'vitest';
import { LineShapes } from '../../../src/input/line-shapes.ts';

function shapesOf(...lines: readonly string[]): LineShapes {
  const shapes = new LineShapes();
  for (const [index, line] of lines.entries()) {
    const bytes = Buffer.from(`\n${line}\n`);
    shapes.add('no header', bytes, 1, bytes.length - 1, index + 1);
  }
  return shapes;
}

const shapeOf = (line: string): string => shapesOf(line).top[0].shape;

describe('the shape of a line', () => {
  it.each([
    ['Nov 20 10:17:42 mx1: 4711 lines', 'Nov 0 0:0:0 mx0: 0 lines'],
    ['from x[192.0.2.7]:2525', 'from x[ADDRESS]:0'],
    ['from [2001:db8::1]:25.', 'from [ADDRESS]:0.'],
    ['gone: 192.0.2.7.', 'gone: ADDRESS.'],
    ['2001:db8:: is a net', 'ADDRESS is a net'],
    ['192.0.2.7, 192.0.2.8', 'ADDRESS, ADDRESS'],
    // Neither is an address.
    ['192.0.2.777 and a192.0.2.7', '0.0.0.0 and a0.0.0.0'],
    ['version 1.2.3 at 10:00:00', 'version 0.0.0 at 0:0:0'],
    ['dead.beef:cafe', 'dead.beef:cafe'],
    ['größer als 5', 'größer als 0'],
    ['', ''],
  ])('%s', (line, shape) => {
    expect(shapeOf(line)).toBe(shape);
  });

  it('is that of the first 200 bytes', () => {
    expect(shapeOf(`${'x'.repeat(199)}1${'y'.repeat(100)}`)).toBe(`${'x'.repeat(199)}0`);
  });
});

describe('shapes of a file', () => {
  it('come by number of lines, then by first line, each with that line', () => {
    const { top, others } = shapesOf('b 1', 'a 1', 'a 22', 'c 1', 'a 333');
    expect(top.map(({ shape, lines, line, text }) => [shape, lines, line, text])).toEqual([
      ['a 0', 3, 2, 'a 1'],
      ['b 0', 1, 1, 'b 1'],
      ['c 0', 1, 4, 'c 1'],
    ]);
    expect(others).toBe(0);
  });

  it('are ten at most, and a thousand are told apart', () => {
    const words = Array.from({ length: 1200 }, (_, index) =>
      String(index).replace(/\d/g, (digit) => '-abcdefghij'.charAt(Number(digit) + 1)),
    );
    const shapes = shapesOf(...words, words[3]);
    expect(shapes.top).toHaveLength(10);
    expect(shapes.top[0]).toMatchObject({ lines: 2, line: 4 });
    expect(shapes.others).toBe(200);
  });
});
