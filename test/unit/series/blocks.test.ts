import { expect, test } from 'vitest';

import { UserError } from '../../../src/model/errors.ts';
import { sumBlocks } from '../../../src/series/blocks.ts';
import { series } from './snapshots.ts';

const MIXED = series(
  [
    [0, '9.255.255.255', 1],
    [0, '192.0.2.1', 35],
    [0, '192.0.2.255', 2],
    [0, '192.0.3.0', 1],
    [0, '2001:db8::1', 4],
    [0, '2001:db8:0:1::', 8],
    [3, '192.0.2.1', -2],
    [3, '192.0.2.7', 2],
    [11, '2001:db8::ffff', 5],
  ],
  { type: 'ip' },
);

test('sums by block and window, in the order of addresses', () => {
  expect(sumBlocks(MIXED, { ipv4: 24, ipv6: 64 })).toEqual([
    { block: '9.255.255.0/24', windows: [{ window: 0, count: 1 }], total: 1 },
    {
      block: '192.0.2.0/24',
      windows: [
        { window: 0, count: 37 },
        { window: 3, count: 0 },
      ],
      total: 37,
    },
    { block: '192.0.3.0/24', windows: [{ window: 0, count: 1 }], total: 1 },
    {
      block: '2001:db8::/64',
      windows: [
        { window: 0, count: 4 },
        { window: 11, count: 5 },
      ],
      total: 9,
    },
    { block: '2001:db8:0:1::/64', windows: [{ window: 0, count: 8 }], total: 8 },
  ]);
});

test('at the shortest lengths each family is one block', () => {
  const rows = sumBlocks(MIXED, { ipv4: 0, ipv6: 0 });
  expect(rows.map(({ block, total }) => [block, total])).toEqual([
    ['0.0.0.0/0', 39],
    ['::/0', 17],
  ]);
});

test('at the full lengths each key is its own block', () => {
  const rows = sumBlocks(MIXED, { ipv4: 32, ipv6: 128 });
  expect(rows).toHaveLength(new Set(MIXED.rows.map(({ key }) => key)).size);
  expect(rows.map(({ block }) => block)).toContain('2001:db8:0:1::/128');
});

test('texts lie in no block', () => {
  const texts = series([], { type: 'string' });
  expect(() => sumBlocks(texts, { ipv4: 24, ipv6: 64 })).toThrow(UserError);
});
