// Goal: the reader of columns agrees with the reader of series files about every file: the same
// rows where it is sound, the same refusal where it is not.
// Method: random journals of addresses, whole and with a byte changed, added or taken out, and
// rows of odd spellings under a digest that is right.
import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { formatAddress } from '../../src/model/address.ts';
import { UserError } from '../../src/model/errors.ts';
import type { SeriesSnapshot } from '../../src/model/series-snapshot.ts';
import { JournalReader, type JournalColumns } from '../../src/series/journal-reader.ts';
import { readSeries } from '../../src/series/reader.ts';
import { encodeSeries } from '../../src/series/writer.ts';
import { journals } from '../builders/journals.ts';

const reader = new JournalReader();

/** Rows as the slow reader gives them. */
function rowsOf({ ipv4Rows, ipv6Rows, ipv4, ipv6, counts }: JournalColumns): unknown[] {
  const first = Array.from({ length: ipv4Rows }, (_, i) => ({
    window: 0,
    key: formatAddress(4, ipv4[i]),
    count: counts[i],
  }));
  const second = Array.from({ length: ipv6Rows }, (_, i) => ({
    window: 0,
    key: formatAddress(6, ipv6[i * 4], ipv6[i * 4 + 1], ipv6[i * 4 + 2], ipv6[i * 4 + 3]),
    count: counts[ipv4Rows + i],
  }));
  return [...first, ...second];
}

/** What a reader makes of some bytes: their rows, or why it refuses them. */
function outcome(read: () => readonly unknown[] | undefined): unknown {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { message: error.message, diagnostics: error.diagnostics };
  }
}

const fast = (bytes: Buffer): unknown =>
  outcome(() => {
    const columns = reader.read(bytes, 'file');
    return columns && rowsOf(columns);
  });
const slow = (bytes: Buffer): unknown =>
  outcome(() => {
    const { rows } = readSeries(bytes, 'file');
    return rows.every(({ window }) => window === 0) ? rows : undefined;
  });

function sealed(lines: readonly string[]): Buffer {
  const text = lines.map((line) => `${line}\n`).join('');
  return Buffer.from(`${text}#sha256,${createHash('sha256').update(text).digest('hex')}\n`);
}

test('every journal is read as the slow reader reads it', () => {
  fc.assert(
    fc.property(journals(), (journal) => {
      const bytes = encodeSeries(journal);
      expect(fast(bytes)).toEqual(journal.rows);
      expect(reader.read(bytes, 'file')?.header).toMatchObject({
        name: journal.name,
        type: journal.type,
        monitor: journal.monitor,
        windowZeroMs: journal.windowZeroMs,
        rowCount: journal.rows.length,
      });
    }),
    { numRuns: 500 },
  );
});

test('a file of several windows is told from a journal', () => {
  fc.assert(
    fc.property(journals(), (journal) => {
      fc.pre(journal.rows.length > 0 && journal.monitor.windows > 1);
      const rows = [...journal.rows, { ...journal.rows[0], window: 1 }];
      const state: SeriesSnapshot = { ...journal, rows };
      expect(reader.read(encodeSeries(state), 'file')).toBeUndefined();
    }),
  );
});

test('every damage is refused in the same words', () => {
  const damage = fc.record({
    place: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
    byte: fc.oneof(fc.nat(255), fc.constantFrom(...Buffer.from('"\n,#0:.-'))),
    how: fc.constantFrom('change', 'insert', 'remove', 'cut'),
  });
  fc.assert(
    fc.property(journals(), damage, (journal, { place, byte, how }) => {
      const bytes = encodeSeries(journal);
      const at = Math.floor(place * bytes.length);
      const added = how === 'change' || how === 'insert' ? [byte] : [];
      const behind = how === 'cut' ? [] : bytes.subarray(how === 'insert' ? at : at + 1);
      const damaged = Buffer.concat([
        bytes.subarray(0, at),
        Buffer.from(added),
        Buffer.from(behind),
      ]);
      fc.pre(!damaged.equals(bytes));
      const found = fast(damaged);
      expect(found).toHaveProperty('diagnostics');
      expect(found).toEqual(slow(damaged));
    }),
    { numRuns: 3000 },
  );
});

/** A file of one row and a right digest. */
const ipv6Row = (key: string): Buffer =>
  sealed([
    '#hindcast-series,1',
    '#name,spam',
    '#type,ip',
    '#monitor,"300,12"',
    '#window-zero,2026-11-01T10:05:00Z',
    '#rows,1',
    'window,key,count',
    `0,${key},1`,
  ]);

// RFC 5952 leaves out the longest run of zeros, of equals the first, and no run of one.
test('every way to leave out groups is judged alike', () => {
  let sound = 0;
  for (let pattern = 0; pattern < 256; pattern++) {
    const groups = pattern.toString(2).padStart(8, '0').split('');
    const spellings = new Set([groups.join(':')]);
    for (let from = 0; from < 8; from++) {
      for (let to = from + 1; to <= 8 && groups[to - 1] === '0'; to++) {
        spellings.add(`${groups.slice(0, from).join(':')}::${groups.slice(to).join(':')}`);
      }
    }
    for (const spelling of spellings) {
      const bytes = ipv6Row(spelling);
      const found = fast(bytes);
      if (Array.isArray(found)) sound++;
      expect(found).toEqual(slow(bytes));
    }
  }
  expect(sound).toBe(256);
});

// The digest of these is right, so that only the check of the row itself can refuse it.
test('every spelling of a row is judged alike', () => {
  const group = fc.constantFrom('0', '1', '00', '0a', 'A', 'ffff', '10000', '', 'db8');
  const ipv6 = fc.oneof(
    fc.array(group, { minLength: 1, maxLength: 9 }).map((groups) => groups.join(':')),
    fc.constantFrom('::', '::1', '1::', '0::1', '::ffff:0:0', '::ffff:192.0.2.1', '1:0:0:2::'),
  );
  const octet = fc.constantFrom('0', '1', '00', '01', '255', '256', '999', '1000', '', '-1');
  const ipv4 = fc.array(octet, { minLength: 3, maxLength: 5 }).map((octets) => octets.join('.'));
  const numbers = [
    '1 -1 0 -0 01 +1 - 1.0 1e3 123456789 1234567890 999999999999999 99999999999999999',
    '9007199254740991 9007199254740992 9007199254740993 9007199254740994 -9007199254740992',
  ];
  const count = fc.constantFrom('', ' 1', '1\r', ...numbers.join(' ').split(' '));
  const window = fc.constantFrom('0', '0', '0', '1', '00', '', '12');
  const row = fc.tuple(window, fc.oneof(ipv4, ipv6), count).map((fields) => fields.join(','));
  const few = fc.constantFrom('0,192.0.2.1,1', '0,192.0.2.2,1', '0,2001:db8::1,1', '0,::1,-1');
  const claimed = fc.option(fc.nat(4), { nil: undefined });
  const type = fc.constantFrom('ip', 'cidr', 'cidr_ipv6');
  let sound = 0;
  fc.assert(
    fc.property(
      type,
      fc.array(fc.oneof(row, few), { maxLength: 3 }),
      claimed,
      (kind, rows, rowCount) => {
        const bytes = sealed([
          '#hindcast-series,1',
          '#name,spam',
          `#type,${kind}`,
          '#monitor,"300,12"',
          '#window-zero,2026-11-01T10:05:00Z',
          `#rows,${rowCount ?? rows.length}`,
          'window,key,count',
          ...rows,
        ]);
        const found = fast(bytes);
        if (Array.isArray(found) && found.length > 0) sound++;
        expect(found).toEqual(slow(bytes));
      },
    ),
    { numRuns: 5000 },
  );
  expect(sound).toBeGreaterThan(0);
});
