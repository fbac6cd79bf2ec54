// Goal: texts reach scripts as their UTF-8 bytes and come back unharmed.
// Method: known bytes; the way in and out of any text; bytes that are no text.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesOf, textOf } from '../../../../src/policy/lua/bytes.ts';

describe('bytesOf', () => {
  test('known texts', () => {
    expect(bytesOf('plain')).toBe('plain');
    expect(bytesOf('ä€😀')).toBe('\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80');
    expect(bytesOf('\ud800')).toBe('\xef\xbf\xbd');
    expect(bytesOf('\ufeffx')).toBe('\xef\xbb\xbfx');
  });

  test('a text longer than what is encoded at once', () => {
    expect(textOf(bytesOf('ä'.repeat(20_001)))).toBe('ä'.repeat(20_001));
  });

  test('every text comes back, and every character is a byte', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const bytes = bytesOf(text);
        expect(textOf(bytes)).toBe(text);
        expect(bytes).toBe(Buffer.from(text, 'utf8').toString('latin1'));
      }),
    );
  });
});

describe('textOf', () => {
  test('bytes that are no UTF-8 are replaced', () => {
    expect(textOf('a\xffb')).toBe('a\ufffdb');
    expect(textOf('\xc3')).toBe('\ufffd');
  });
});
