import * as fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, test } from 'vitest';

import {
  NetworkSet,
  compareNetworks,
  formatAddress,
  formatNetwork,
  maskWord,
  parseNetwork,
  readAddress,
  readAddressText,
} from '../../../src/model/address.ts';

/** What `readAddress` makes of a text, as text again; undefined when it is no address. */
function read(text: string): string | undefined {
  const bytes = Buffer.from(`<${text}>`);
  const out = new Int32Array(6).fill(-7);
  const family = readAddress(bytes, 1, bytes.length - 1, out, 1);
  // Nothing beside the four words is touched.
  expect([out[0], out[5]]).toEqual([-7, -7]);
  if (family === 0) return undefined;
  const rest = [...out.subarray(2, 5)];
  expect(family === 4 ? rest : [0, 0, 0]).toEqual([0, 0, 0]);
  return formatAddress(family, out[1], out[2], out[3], out[4]);
}

/** The same by ipaddr.js, which takes the long obsolete `::192.0.2.1` for an IPv4 address. */
function obvious(text: string): string | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text).toString();
  if (!ipaddr.IPv6.isValid(text)) return undefined;
  const address = ipaddr.process(text);
  return address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString();
}

const word16 = fc.oneof(fc.constantFrom(0, 0, 0, 1, 0xffff, 0x0db8), fc.nat(0xffff));
const hextets = fc.array(word16, { minLength: 8, maxLength: 8 });
const octet = fc.oneof(fc.constantFrom(0, 1, 9, 10, 99, 100, 255), fc.nat(255));
const dotted = fc.array(octet, { minLength: 4, maxLength: 4 }).map((octets) => octets.join('.'));

/** Every spelling of a group: leading zeros and upper case too. */
const spelled = fc.tuple(word16, fc.nat(4), fc.boolean()).map(([value, width, upper]) => {
  const text = value.toString(16).padStart(width, '0');
  return upper ? text.toUpperCase() : text;
});
const long = fc.array(spelled, { minLength: 8, maxLength: 8 }).map((groups) => groups.join(':'));
const shortened = fc
  .tuple(fc.array(spelled, { maxLength: 7 }), fc.array(spelled, { maxLength: 7 }))
  .filter(([head, tail]) => head.length + tail.length <= 7)
  .map(([head, tail]) => `${head.join(':')}::${tail.join(':')}`);
const mixed = fc
  .tuple(
    fc.constantFrom('::', '::ffff:', '64:ff9b::', '1:2:3:4:5:6:', '::FFFF:0:', '0:0::'),
    dotted,
  )
  .map(([head, tail]) => head + tail);
const noise = fc.string({
  unit: fc.constantFrom('0', '1', '2', '9', '25', '255', '256', 'a', 'f', 'g', 'ffff', 'db8'),
  maxLength: 3,
});
const nearly = fc
  .array(fc.tuple(noise, fc.constantFrom('.', ':', '::', '', '-')), { maxLength: 9 })
  .map((parts) => parts.map(([text, sign]) => text + sign).join(''));

describe('reading an address', () => {
  test.each([
    ['192.0.2.7', '192.0.2.7'],
    ['255.255.255.255', '255.255.255.255'],
    ['0.0.0.0', '0.0.0.0'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['0064:ff9b::1', '64:ff9b::1'],
    ['0000:0000:0000:0000:0000:0000:0000:0001', '::1'],
    ['00:1::', '0:1::'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::ffff:c000:201', '192.0.2.1'],
    ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
    ['::192.0.2.1', '::c000:201'],
    ['fe80::1%eth0', 'fe80::1'],
  ])('%s is %s', (text, expected) => {
    expect(read(text)).toBe(expected);
  });

  /** The last ones are names of hosts that begin like an address. */
  const none = `1 12 1.2.3 1.2.3. .1.2.3 1.2.3.4. 1.2.3.4.5 256.1.1.1 1.2.3.256 01.2.3.4 1.2.3.04
    1.2.3.1234 1234.1.1.1 10.0.0.1234 : :1 1: ::: 1:::2 1::2::3 1:2:3:4:5:6:7 1:2:3:4:5:6:7:8:9
    1:2:3:4:5:6:7:8:: 1::2:3:4:5:6:7:8 12345:: g::1 ::1.2.3 ::1.2.3.4:5 1:2:3:4:5:6:7:1.2.3.4
    ::a.b.c.d [::1] ::1/64 192.0.2.1/24 1.2.3.4%eth0
    abc.example ab.example.com face.example unknown mail dead.beef a.b`;
  test.each(['', ...none.split(/\s+/)])('%s is none', (text) => {
    expect(read(text)).toBeUndefined();
  });

  // Goal: one reader for every spelling.
  // Method: spellings, and what nearly is one, against ipaddr.js.
  test('agrees with ipaddr.js', () => {
    fc.assert(
      fc.property(fc.oneof(dotted, long, shortened, mixed, nearly), (text) => {
        fc.pre(!/^::[\d.]+$/.test(text));
        expect(read(text)).toBe(obvious(text));
      }),
      { numRuns: 5000 },
    );
  });
});

describe('writing an address', () => {
  test('IPv6 is RFC 5952', () => {
    fc.assert(
      fc.property(hextets, (groups) => {
        const words = [0, 2, 4, 6].map((at) => (groups[at] << 16) | groups[at + 1]);
        const [w0, w1, w2, w3] = words;
        const expected = new ipaddr.IPv6(groups).toRFC5952String();
        expect(formatAddress(6, w0, w1, w2, w3)).toBe(expected);
        const unsigned = words.map((word) => word >>> 0);
        expect(formatAddress(6, unsigned[0], unsigned[1], unsigned[2], unsigned[3])).toBe(expected);
      }),
      { numRuns: 1000 },
    );
  });

  test('what is written is read', () => {
    const spellings = fc.oneof(dotted, long);
    fc.assert(
      fc.property(spellings, (text) => {
        const written = read(text);
        expect(read(written ?? '')).toBe(written);
      }),
    );
  });
});

describe('a network', () => {
  test.each([
    ['192.0.2.7', '192.0.2.7/32'],
    ['192.0.2.255/24', '192.0.2.0/24'],
    [' 192.0.2.0/24 ', '192.0.2.0/24'],
    ['255.255.255.255/0', '0.0.0.0/0'],
    ['255.255.255.255/1', '128.0.0.0/1'],
    ['2001:db8::1', '2001:db8::1/128'],
    ['[2001:db8::1]/64', '2001:db8::/64'],
    ['[2001:db8::1]', '2001:db8::1/128'],
    ['2001:db8:ffff::/33', '2001:db8:8000::/33'],
    ['::ffff:192.0.2.7', '192.0.2.7/32'],
    ['::ffff:192.0.2.7/120', '192.0.2.0/24'],
    ['fe80::1%eth0', 'fe80::1/128'],
  ])('%s is %s', (text, expected) => {
    expect(formatNetwork(parseNetwork(text)!)).toBe(expected);
  });

  const none = `example.com 10.1 0x7f.1 127.1 010.0.0.1 192.0.2.0/33 ::/129 192.0.2.0/ /24
    192.0.2.0/a 192.0.2.0/24/24 ::ffff:192.0.2.7/64 1.2.3`;
  test.each(['', ...none.split(/\s+/)])('%s is none', (text) => {
    expect(parseNetwork(text)).toBeUndefined();
  });

  test('agrees with ipaddr.js at every length', () => {
    const block = fc.oneof(
      fc.tuple(dotted, fc.nat(32)),
      fc.tuple(long, fc.nat(128)).filter(([text]) => !(obvious(text) ?? '').includes('.')),
    );
    fc.assert(
      fc.property(block, ([text, bits]) => {
        const kind = text.includes(':') ? ipaddr.IPv6 : ipaddr.IPv4;
        const start = kind.networkAddressFromCIDR(`${text}/${bits}`);
        const own = start instanceof ipaddr.IPv6 ? start.toRFC5952String() : start.toString();
        expect(formatNetwork(parseNetwork(`${text}/${bits}`)!)).toBe(`${own}/${bits}`);
      }),
      { numRuns: 1000 },
    );
  });

  test('stands before others: IPv4 first, by address, the shorter prefix first', () => {
    const texts = [
      '9.0.0.0/8',
      '10.0.0.0/8',
      '10.0.0.0/9',
      '200.0.0.0/8',
      '1::/16',
      '1::/17',
      'ffff::/16',
    ];
    const shuffled = [3, 5, 0, 6, 2, 4, 1].map((at) => parseNetwork(texts[at])!);
    expect(shuffled.sort(compareNetworks).map(formatNetwork)).toEqual(texts);
  });

  test('has a mask', () => {
    expect([0, 1, 31, 32, 33, 64, 128].map((bits) => maskWord(bits, 0) >>> 0)).toEqual([
      0, 0x8000_0000, 0xffff_fffe, 0xffff_ffff, 0xffff_ffff, 0xffff_ffff, 0xffff_ffff,
    ]);
    expect([0, 32, 33, 64, 65, 128].map((bits) => maskWord(bits, 1) >>> 0)).toEqual([
      0, 0, 0x8000_0000, 0xffff_ffff, 0xffff_ffff, 0xffff_ffff,
    ]);
  });
});

describe('a set of networks', () => {
  const near4 = fc.constantFrom('192.0.2.0', '192.0.2.1', '192.0.2.128', '192.0.3.0', '200.0.0.1');
  const near6 = fc.constantFrom('2001:db8::', '2001:db8::1', '2001:db8:0:1::', '2001:db8:8000::1');
  const anyNetwork = fc.oneof(fc.tuple(near4, fc.nat(32)), fc.tuple(near6, fc.nat(128)));

  // Goal: exact for every mask. Method: close addresses and all lengths, against ipaddr.js.
  test('agrees with ipaddr.js', () => {
    fc.assert(
      fc.property(
        fc.array(anyNetwork, { maxLength: 4 }),
        fc.oneof(near4, near6),
        (blocks, text) => {
          const set = new NetworkSet(blocks.map(([ip, bits]) => parseNetwork(`${ip}/${bits}`)!));
          const peer = ipaddr.parse(text);
          const expected = blocks.some(([ip, bits]) => {
            const own = ipaddr.parse(ip);
            return own.kind() === peer.kind() && peer.match(own, bits);
          });
          const words = new Int32Array(9);
          const bytes = Buffer.from(text);
          const family = readAddress(bytes, 0, bytes.length, words, 5);
          expect(set.has(family, words, 5)).toBe(expected);
          expect(set.empty).toBe(blocks.length === 0);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('has no event without a peer', () => {
    expect(new NetworkSet([parseNetwork('0.0.0.0/0')!]).has(0, new Int32Array(4), 0)).toBe(false);
    expect(new NetworkSet([parseNetwork('::/0')!]).has(0, new Int32Array(4), 0)).toBe(false);
  });
});

test('a text that is no address leaves zeros, whatever was read before', () => {
  const words = new Int32Array(4);
  for (const text of ['', '192.0.2.1x', '192.0.2', '192.0.2.256', 'mx1']) {
    expect(readAddressText('192.0.2.200', words)).toBe(4);
    expect(readAddressText(text, words)).toBe(0);
    expect([...words]).toEqual([0, 0, 0, 0]);
  }
  expect(readAddressText('192.0.2.2', words)).toBe(4);
  expect([words[0] & 0xff, words[1]]).toEqual([2, 0]);
});
