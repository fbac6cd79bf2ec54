import { assert } from '../model/errors.ts';
import { startDigest } from './digest.ts';
import { DIGEST_MARK } from './format.ts';
import { readIpv4Rows, readIpv6Rows, type RowColumns } from './journal-rows.ts';
import { readHeader, readSeries, type SeriesHeader } from './reader.ts';
import { RecordReader } from './records.ts';

/**
 * What a series file of one window holds, in columns. Rows of IPv4 addresses come first. The arrays
 * are those of the reader and are valid until it reads the next file.
 */
export interface JournalColumns {
  readonly header: SeriesHeader;
  readonly ipv4Rows: number;
  readonly ipv6Rows: number;
  /** One word for each IPv4 row, ascending as unsigned numbers. */
  readonly ipv4: Int32Array;
  /** Four words for each IPv6 row, ascending as unsigned numbers. */
  readonly ipv6: Int32Array;
  /** Counts of the IPv4 rows, then of the IPv6 rows. */
  readonly counts: Float64Array;
}

/** Mark, 64 digits, line feed. */
const DIGEST_BYTES = DIGEST_MARK.length + 65;

/** Shorter than any row, `0,::,1` and its line feed: bounds the rows that a file can have. */
const LEAST_ROW_BYTES = 7;

const NO_ROWS = 0;

/**
 * Reads journals of addresses from bytes to columns, without a string or an object for each row.
 * `readSeries` is its slow twin: it decides about every file that is not plainly sound, so that a
 * refusal has the same words whoever read the file.
 */
export class JournalReader {
  #ipv4 = new Int32Array(0);
  #ipv6 = new Int32Array(0);
  #counts = new Float64Array(0);

  /**
   * Reads a series file whose rows are all of window 0. A string series comes back without rows.
   *
   * @param file the name that messages show
   * @returns undefined when the file is sound and has rows of other windows
   * @throws UserError as `readSeries` does
   */
  read(bytes: Buffer, file: string): JournalColumns | undefined {
    const records = new RecordReader({ bytes, file });
    const header = readHeader(records);
    const columns = header.type === 'string' ? undefined : this.#readRows(records, header);
    if (columns !== undefined) return columns;
    const { rows, type } = readSeries(bytes, file);
    if (rows.some(({ window }) => window !== 0)) return undefined;
    assert(type === 'string', `${file}: both readers agree that it is sound`);
    const { ipv4, ipv6, counts } = this.#columnsFor(0);
    return { header, ipv4Rows: NO_ROWS, ipv6Rows: NO_ROWS, ipv4, ipv6, counts };
  }

  /** Undefined when anything is not as a sound journal has it. */
  #readRows(records: RecordReader, header: SeriesHeader): JournalColumns | undefined {
    const { bytes } = records.source;
    const rowsStart = records.position;
    const rowsEnd = bytes.length - DIGEST_BYTES;
    const { rowCount, type } = header;
    if (rowsEnd < rowsStart || rowCount * LEAST_ROW_BYTES > rowsEnd - rowsStart) return undefined;
    const columns = this.#columnsFor(rowCount);
    const ipv4 = readIpv4Rows(bytes, { at: rowsStart, rows: 0 }, rowsEnd, columns);
    const all = readIpv6Rows(bytes, ipv4, rowsEnd, columns);
    if (all.at !== rowsEnd || all.rows !== rowCount) return undefined;
    const [ipv4Rows, ipv6Rows] = [ipv4.rows, all.rows - ipv4.rows];
    if (ipv4Rows > 0 && type === 'cidr_ipv6') return undefined;
    if (ipv6Rows > 0 && type === 'cidr') return undefined;
    const digest = startDigest();
    digest.add(bytes.subarray(0, rowsEnd));
    const sealed = `${DIGEST_MARK}${digest.hex()}\n`;
    if (bytes.toString('latin1', rowsEnd) !== sealed) return undefined;
    return { header, ipv4Rows, ipv6Rows, ...columns };
  }

  /** The columns, with room for so many rows. */
  #columnsFor(rows: number): RowColumns {
    if (rows > this.#counts.length) {
      const room = Math.max(rows, this.#counts.length * 2);
      this.#counts = new Float64Array(room);
      this.#ipv4 = new Int32Array(room);
      this.#ipv6 = new Int32Array(room * 4);
    }
    return { ipv4: this.#ipv4, ipv6: this.#ipv6, counts: this.#counts };
  }
}
