import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { formatAddress } from '../../../src/model/address.ts';
import { compareKeys, readAddressKey, RowOrder } from '../../../src/series/key-order.ts';

const out = new Int32Array(4);

test.each([
  ['192.0.2.1', 4],
  ['0.0.0.0', 4],
  ['255.255.255.255', 4],
  ['::', 6],
  ['2001:db8::1', 6],
  ['ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 6],
  ['', 0],
  ['192.0.2', 0],
  ['192.0.2.01', 0],
  ['192.0.2.1 ', 0],
  ['192.0.2.1/32', 0],
  ['19ı.0.2.1', 0],
  ['::ffff:192.0.2.1', 0],
  ['::ffff:c000:201', 0],
  ['2001:DB8::1', 0],
  ['2001:db8:0:0::1', 0],
  ['fe80::1%eth0', 0],
  ['[2001:db8::1]', 0],
  ['1'.repeat(100), 0],
])('the key %j is of family %i', (key, family) => {
  expect(readAddressKey(key, out, 0)).toBe(family);
});

const word = fc.integer({ min: 0, max: 0xffff_ffff });
const address = fc.oneof(
  word.map((w) => ({ value: BigInt(w), key: formatAddress(4, w) })),
  fc
    .tuple(word, word, word, word)
    .filter(([a, b, c]) => a !== 0 || b !== 0 || c !== 0xffff)
    .map((words) => ({
      // Beyond every IPv4 address.
      value: words.reduce((sum, w) => (sum << 32n) | BigInt(w), 1n),
      key: formatAddress(6, ...words),
    })),
);

// Goal: keys sort as the page says. Method: compare with numbers of any size and with bytes.
test('addresses sort as numbers, IPv4 first', () => {
  fc.assert(
    fc.property(address, address, (a, b) => {
      const expected = a.value < b.value ? -1 : Number(a.value > b.value);
      expect(Math.sign(compareKeys('ip', a.key, b.key))).toBe(expected);
    }),
  );
});

test('texts sort as their UTF-8 bytes', () => {
  const text = fc.string({ unit: 'binary' });
  fc.assert(
    fc.property(text, text, (a, b) => {
      const expected = Buffer.compare(Buffer.from(a), Buffer.from(b));
      expect(Math.sign(compareKeys('string', a, b))).toBe(expected);
    }),
  );
});

test('a row that is refused leaves no trace', () => {
  const order = new RowOrder('ip');
  expect(order.check(1, '192.0.2.5')).toBeUndefined();
  expect(order.check(1, 'nonsense')?.field).toBe('key');
  expect(order.check(0, '2001:db8::9')?.field).toBe('window');
  expect(order.check(1, '192.0.2.5')?.field).toBe('key');
  expect(order.check(1, '192.0.2.6')).toBeUndefined();
  expect(order.check(1, '2001:db8::1')).toBeUndefined();
  expect(order.check(2, '192.0.2.1')).toBeUndefined();
});
