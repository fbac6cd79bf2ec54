import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { formatAddress } from '../../src/model/address.ts';
import type { SeriesSnapshot, SeriesType } from '../../src/model/series-snapshot.ts';
import { addSnapshots, ageSnapshot } from '../../src/series/ageing.ts';
import { sumBlocks } from '../../src/series/blocks.ts';
import { readSeries } from '../../src/series/reader.ts';
import { SERIES_CODES } from '../../src/series/refusal.ts';
import { encodeSeries } from '../../src/series/writer.ts';
import { refusalOf } from '../unit/series/snapshots.ts';

/** A key and what it sorts by: a text that compares by code units as the key does in a file. */
interface SortedKey {
  readonly key: string;
  readonly sort: string;
}

const hex = (values: Iterable<number>, width: number): string =>
  [...values].map((value) => value.toString(16).padStart(width, '0')).join('');

/** Addresses and texts that lie close together, so that windows share keys and prefixes. */
const word = fc.oneof(fc.constantFrom(0, 1, 0xffff, 0xffff_ffff), fc.nat(0xffff_ffff));
const ipv4 = word.map((w): SortedKey => ({ key: formatAddress(4, w), sort: `4${hex([w], 8)}` }));
const ipv6 = fc
  .tuple(word, word, word, word)
  .filter(([a, b, c]) => a !== 0 || b !== 0 || c !== 0xffff)
  .map((words): SortedKey => ({ key: formatAddress(6, ...words), sort: `6${hex(words, 8)}` }));
const nasty = fc.string({ unit: fc.constantFrom('"', ',', '\n', '\r', '#', 'a', 'é', '📨', '') });
const text = fc
  .oneof(nasty, fc.string({ unit: 'binary' }))
  .map((key): SortedKey => ({ key, sort: hex(Buffer.from(key), 2) }));

const KEYS: Readonly<Record<SeriesType, fc.Arbitrary<SortedKey>>> = {
  ip: fc.oneof(ipv4, ipv6),
  cidr: ipv4,
  cidr_ipv6: ipv6,
  string: text,
};

const count = fc
  .oneof(fc.integer({ min: -9, max: 9 }), fc.maxSafeInteger(), fc.constantFrom(2 ** 53, -(2 ** 53)))
  .filter((value) => value !== 0);

const monitor = fc.record({
  intervalMs: fc.constantFrom(1000, 7000, 300_000, 86_400_000, 366 * 86_400_000),
  windows: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.constant(1_000_000)),
});

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

function snapshots(types: readonly SeriesType[]): fc.Arbitrary<SeriesSnapshot> {
  return fc.tuple(fc.constantFrom(...types), monitor).chain(([type, mon]) => {
    const row = fc.record({ window: fc.nat(mon.windows - 1), key: KEYS[type], count });
    const rows = fc.uniqueArray(row, { selector: (r) => `${r.window} ${r.key.sort}` });
    return fc.record({
      name: fc.oneof(
        fc.string({ unit: 'binary', minLength: 1 }),
        nasty.map((name) => `${name}x`),
      ),
      type: fc.constant(type),
      monitor: fc.constant(mon),
      // From the year 1970 to 9999, on a boundary.
      windowZeroMs: fc
        .nat(Math.floor(253_402_300_799_000 / mon.intervalMs))
        .map((index) => index * mon.intervalMs),
      rows: rows.map((all) =>
        all
          .toSorted((a, b) => a.window - b.window || compare(a.key.sort, b.key.sort))
          .map((r) => ({ window: r.window, key: r.key.key, count: r.count })),
      ),
    });
  });
}

const any = snapshots(['ip', 'cidr', 'cidr_ipv6', 'string']);
const addresses = snapshots(['ip', 'cidr', 'cidr_ipv6']);

// Goal: what is written is read, for every series. Method: any snapshot, there and back.
test('every snapshot comes back', () => {
  fc.assert(
    fc.property(any, (snapshot) => {
      const bytes = encodeSeries(snapshot);
      const read = readSeries(bytes, 'file');
      expect(read).toEqual(snapshot);
      expect(encodeSeries(read).equals(bytes)).toBe(true);
    }),
    { numRuns: 500 },
  );
});

// Goal: a damaged file is never loaded. Method: one byte changed, added or taken out, anywhere.
test('every change of a byte is refused', () => {
  const damage = fc.record({
    place: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
    byte: fc.oneof(fc.nat(255), fc.constantFrom(...Buffer.from('"\n,#0'))),
    how: fc.constantFrom('change', 'insert', 'remove'),
  });
  fc.assert(
    fc.property(any, damage, (snapshot, { place, byte, how }) => {
      const bytes = encodeSeries(snapshot);
      const at = Math.floor(place * bytes.length);
      const added = how === 'remove' ? [] : [byte];
      const behind = bytes.subarray(how === 'insert' ? at : at + 1);
      const damaged = Buffer.concat([bytes.subarray(0, at), Buffer.from(added), behind]);
      fc.pre(!damaged.equals(bytes));
      expect(SERIES_CODES).toContain(refusalOf(damaged));
    }),
    { numRuns: 2000 },
  );
});

test('every cut is refused as such', () => {
  const place = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
  fc.assert(
    fc.property(any, place, (snapshot, at) => {
      const bytes = encodeSeries(snapshot);
      const cut = bytes.subarray(0, Math.floor(at * bytes.length));
      expect(refusalOf(cut)).toBe('series-truncated');
    }),
    { numRuns: 1000 },
  );
});

// Goal: ageing in steps is ageing at once, and what it gives can be written.
test('ageing may be done in steps', () => {
  fc.assert(
    fc.property(any, fc.nat(5), fc.nat(5), (snapshot, first, second) => {
      const { intervalMs } = snapshot.monitor;
      fc.pre(snapshot.windowZeroMs + (first + second) * intervalMs < 253_402_300_799_000);
      const middle = ageSnapshot(snapshot, snapshot.windowZeroMs + first * intervalMs);
      const last = ageSnapshot(middle.snapshot, middle.snapshot.windowZeroMs + second * intervalMs);
      const once = ageSnapshot(snapshot, snapshot.windowZeroMs + (first + second) * intervalMs);
      expect(last.snapshot).toEqual(once.snapshot);
      expect(last.dropped.rows + middle.dropped.rows).toBe(once.dropped.rows);
      expect(readSeries(encodeSeries(last.snapshot), 'file')).toEqual(once.snapshot);
    }),
  );
});

// Goal: the merge agrees with sums kept in a map. Method: a snapshot and a part of it, halved.
test('adding agrees with the obvious sum', () => {
  fc.assert(
    fc.property(any, fc.array(fc.boolean()), (snapshot, kept) => {
      const small = snapshot.rows.map((row) => ({ ...row, count: (row.count % 1000) * 2 || 2 }));
      const part = small
        .filter((_, i) => kept[i] ?? true)
        .map((row, i) => ({ ...row, count: i % 3 === 0 ? -row.count : row.count / 2 }));
      const sums = new Map<string, number>();
      for (const { window, key, count: add } of [...small, ...part]) {
        const id = `${window} ${key}`;
        sums.set(id, (sums.get(id) ?? 0) + add);
      }
      const a = { ...snapshot, rows: small };
      const b = { ...snapshot, rows: part };
      const sum = addSnapshots(a, b).snapshot;
      const found = new Map(sum.rows.map((row) => [`${row.window} ${row.key}`, row.count]));
      expect(found).toEqual(new Map([...sums].filter(([, total]) => total !== 0)));
      expect(addSnapshots(b, a).snapshot).toEqual(sum);
      expect(() => encodeSeries(sum)).not.toThrow();
    }),
  );
});

test('blocks of full length hold what the rows hold', () => {
  fc.assert(
    fc.property(addresses, (snapshot) => {
      const blocks = sumBlocks(snapshot, { ipv4: 32, ipv6: 128 });
      const rows = blocks.flatMap(({ block, windows }) =>
        windows.map((at) => `${at.window} ${block.replace(/\/.*$/, '')} ${at.count}`),
      );
      const expected = snapshot.rows.map((row) => `${row.window} ${row.key} ${row.count}`);
      expect(rows.toSorted()).toEqual(expected.toSorted());
    }),
  );
});
