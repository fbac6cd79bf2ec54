import { parse } from 'csv-parse/sync';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { CsvRecord } from '../../src/input/csv-record.ts';
import { WordView } from '../../src/model/words.ts';

/** Every record that the byte reader finds, `undefined` for a malformed one. */
function readAll(text: string, delimiter: string): (string[] | undefined)[] {
  const bytes = Buffer.from(text);
  const record = new CsvRecord(delimiter.charCodeAt(0));
  const records: (string[] | undefined)[] = [];
  for (let start = 0; start < bytes.length;) {
    const end = record.split(bytes, start, bytes.length);
    const fields = Array.from({ length: record.count }, (_, field) => record.text(bytes, field));
    records.push(record.malformed ? undefined : fields);
    start = end < 0 ? bytes.length : end + 1;
  }
  return records;
}

const field = fc.oneof(
  fc.constantFrom('', 'a', '550', 'ä€', ' ', '"', '""', ',', ';', '\n', 'x"y', '\0'),
  fc.string({ unit: fc.constantFrom('a', 'b', ',', ';', '"', '\n', 'é'), maxLength: 6 }),
);
const delimiter = fc.constantFrom(',', ';', '\t', '|');

// Goal: the byte reader agrees with csv-parse, its slow twin.
// Method: write random fields, each with or without needless quotes, and read them by both.
test('well-formed records', () => {
  const value = fc.tuple(field, fc.boolean());
  fc.assert(
    fc.property(
      fc.array(fc.array(value, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 6 }),
      delimiter,
      fc.constantFrom('\n', '\r\n'),
      fc.boolean(),
      (records, separator, lineEnd, closed) => {
        const written = records.map((fields) =>
          fields
            .map(([text, quoted]) =>
              quoted || /["\n]/.test(text) || text.includes(separator) || text === ''
                ? `"${text.replaceAll('"', '""')}"`
                : text,
            )
            .join(separator),
        );
        const text = written.join(lineEnd) + (closed ? lineEnd : '');
        const expected: string[][] = parse(text, {
          delimiter: separator,
          record_delimiter: lineEnd,
          relax_column_count: true,
          skip_empty_lines: false,
        });
        expect(readAll(text, separator)).toEqual(expected);
        expect(expected).toEqual(records.map((fields) => fields.map(([plain]) => plain)));
      },
    ),
    { numRuns: 500 },
  );
});

// Goal: where csv-parse refuses a text, the byte reader finds a malformed record, and only there.
test('any text', () => {
  const unit = fc.constantFrom('a', ',', '"', '\n');
  fc.assert(
    fc.property(fc.string({ unit, minLength: 1, maxLength: 12 }), (text) => {
      let expected: string[][] | undefined;
      try {
        expected = parse(text, { record_delimiter: '\n', relax_column_count: true });
      } catch {
        expected = undefined;
      }
      const records = readAll(text, ',');
      const whole = records.includes(undefined) ? undefined : records;
      expect(whole).toEqual(expected);
    }),
    { numRuns: 3000 },
  );
});

// Goal: a record that a block cuts is asked for again, never split in half.
test('cut records', () => {
  const unit = fc.constantFrom('a', ',', '"', '\n', '\r');
  fc.assert(
    fc.property(fc.string({ unit, minLength: 1, maxLength: 16 }), (text) => {
      const bytes = Buffer.from(text);
      const record = new CsvRecord(44);
      const end = record.split(bytes, 0, bytes.length);
      for (let limit = 0; limit <= bytes.length; limit++) {
        const found = record.split(bytes, 0, limit);
        expect(found).toBe(end >= 0 && limit > end ? end : -1);
      }
    }),
    { numRuns: 1000 },
  );
});

// Goal: the reader of plain records, four bytes a turn, splits as the other one does, and leaves to
// it whatever has a quote or no end.
test('plain records', () => {
  const unit = fc.constantFrom('a', '0', ',', ';', '\t', '|', '"', '\n', '\r', 'é', '\0', '~', '!');
  let read = 0;
  fc.assert(
    fc.property(
      fc.string({ unit, maxLength: 9 }),
      fc.string({ unit, maxLength: 40 }),
      delimiter,
      fc.nat(3),
      (front, text, separator, left) => {
        const bytes = Buffer.from(front + text);
        const words = new WordView().of(bytes);
        const start = Buffer.byteLength(front);
        const limit = Math.max(start, bytes.length - left);
        const plain = new CsvRecord(separator.charCodeAt(0));
        // Fields of a record before it must not shine through.
        plain.split(Buffer.from('"a""b","c""","",d,e\n'), 0, 30);
        const end = plain.splitPlain(words, start, limit);
        const slow = new CsvRecord(separator.charCodeAt(0));
        const slowEnd = slow.split(bytes, start, limit);
        const record = bytes.subarray(start, slowEnd < 0 ? limit : slowEnd);
        const isPlain = slowEnd >= 0 && !record.includes(34);
        const split = (own: CsvRecord, at: number): unknown[] => {
          const fields = Array.from({ length: own.count }, (_, n) => own.text(bytes, n));
          return [at, own.malformed, own.starts.slice(0, own.count), fields];
        };
        expect(isPlain ? split(plain, end) : end).toEqual(isPlain ? split(slow, slowEnd) : -1);
        read += isPlain ? 1 : 0;
      },
    ),
    { numRuns: 6000 },
  );
  expect(read).toBeGreaterThan(1000);
});
