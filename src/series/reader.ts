import { formatMonitor, parseMonitor, type Monitor } from '../model/monitor.ts';
import {
  SERIES_TYPES,
  type SeriesRow,
  type SeriesSnapshot,
  type SeriesType,
} from '../model/series-snapshot.ts';
import { formatIso, parseIso } from '../model/time.ts';
import { startDigest } from './digest.ts';
import { COLUMNS, DIGEST_MARK, FORMAT_VERSION, MAX_COUNT, SIGNATURE } from './format.ts';
import { RowOrder } from './key-order.ts';
import { readField, RecordReader, type ByteRange } from './records.ts';
import { refuse, type SeriesCode, type SeriesSource } from './refusal.ts';

const COMMA = 44;
const HASH = 35;

/** The format's page, named where a user brings a file of something else. */
const ONLY_OURS = 'hindcast reads only series files that hindcast wrote: docs/series-format.md';

/** How much of a line that makes no sense is marked, in bytes. */
const MARKED_BYTES = 60;

/** How much of a digest is shown, in characters: enough to tell two apart. */
const SHOWN_DIGITS = 12;

const textAt = (source: SeriesSource, range: ByteRange): string =>
  source.bytes.toString('latin1', range.start, range.end);

function readVersion(records: RecordReader): void {
  const { source } = records;
  const { bytes } = source;
  const head = bytes.toString('latin1', 0, SIGNATURE.length);
  if (head !== SIGNATURE && !SIGNATURE.startsWith(head)) {
    const end = Math.min(MARKED_BYTES, `${textAt(source, { start: 0, end: 512 })}\n`.indexOf('\n'));
    const message = `expected ${SIGNATURE}${FORMAT_VERSION} at the start of a series file`;
    refuse(source, { code: 'series-foreign', start: 0, end, message, hint: ONLY_OURS });
  }
  const record = records.next(`${SIGNATURE}${FORMAT_VERSION}`);
  const range = { start: record.start + SIGNATURE.length, end: record.end };
  const version = textAt(source, range);
  if (version === String(FORMAT_VERSION)) return;
  if (/^[1-9]\d*$/.test(version)) {
    const message = `expected version ${FORMAT_VERSION}, found ${version.slice(0, 20)}`;
    const hint = 'a newer hindcast wrote this file; read it with that one';
    refuse(source, { code: 'series-newer', ...range, message, hint });
  }
  if (version.endsWith('\r')) {
    const message = 'expected a line feed alone at the end of the line, found CR LF';
    const hint = 'an editor or a spreadsheet has saved this file again; use the original';
    refuse(source, {
      code: 'series-altered',
      start: record.end - 1,
      end: record.end,
      message,
      hint,
    });
  }
  refuse(source, { code: 'series-header', ...range, message: 'expected the version, a number' });
}

/** A header line `mark` + value: the bytes of the value. */
function headerRange(records: RecordReader, mark: string): ByteRange {
  const record = records.next(`the line ${mark}…`);
  const end = Math.min(record.end, record.start + mark.length);
  if (textAt(records.source, { start: record.start, end }) !== mark) {
    refuseLine(records.source, record, 'series-header', `expected the line ${mark}…`);
  }
  return { start: end, end: record.end };
}

function refuseLine(source: SeriesSource, at: ByteRange, code: SeriesCode, message: string): never {
  const end = Math.min(at.end, at.start + MARKED_BYTES);
  refuse(source, { code, start: at.start, end, message });
}

/** The value of a header line as `parse` understands it; `kind` says what a message expects. */
function headerValue<T>(
  records: RecordReader,
  mark: string,
  kind: string,
  parse: (text: string) => T | undefined,
): T {
  const range = headerRange(records, mark);
  const value = parse(readField(records.source, range, 'series-header'));
  if (value === undefined) refuseLine(records.source, range, 'series-header', `expected ${kind}`);
  return value;
}

function parseWindowZero(text: string, { intervalMs }: Monitor): number | undefined {
  const ms = parseIso(text)?.localMs;
  if (ms === undefined || formatIso(ms) !== text) return undefined;
  return ms % intervalMs === 0 ? ms : undefined;
}

/** What stands above the rows of a series file. */
export interface SeriesHeader {
  readonly name: string;
  readonly type: SeriesType;
  readonly monitor: Monitor;
  readonly windowZeroMs: number;
  readonly rowCount: number;
}

/** Reads everything above the rows; refuses what is no header. The records then stand at row 1. */
export function readHeader(records: RecordReader): SeriesHeader {
  readVersion(records);
  const name = headerValue(records, '#name,', 'a name', (text) => (text === '' ? undefined : text));
  const types = SERIES_TYPES.join(', ');
  const type = headerValue(records, '#type,', `one of ${types}`, (text) =>
    SERIES_TYPES.find((known) => known === text),
  );
  const monitor = headerValue(records, '#monitor,', 'a monitor such as "300,12"', (text) => {
    const parsed = parseMonitor(text);
    return parsed !== undefined && formatMonitor(parsed) === text ? parsed : undefined;
  });
  const seconds = monitor.intervalMs / 1000;
  const moment = `a time such as 2026-11-01T10:05:00Z, a multiple of ${seconds} s since 1970`;
  const windowZeroMs = headerValue(records, '#window-zero,', moment, (text) =>
    parseWindowZero(text, monitor),
  );
  const rowCount = headerValue(records, '#rows,', 'the number of rows', (text) =>
    /^(?:0|[1-9]\d{0,14})$/.test(text) ? Number(text) : undefined,
  );
  const columns = records.next(`the column names ${COLUMNS}`);
  if (textAt(records.source, columns) !== COLUMNS) {
    refuseLine(records.source, columns, 'series-header', `expected the column names ${COLUMNS}`);
  }
  return { name, type, monitor, windowZeroMs, rowCount };
}

function parseCount(text: string): number | undefined {
  if (!/^-?[1-9]\d{0,15}$/.test(text)) return undefined;
  const count = Number(text);
  // A number that cannot be held exactly is read as its neighbour, which has another text.
  return Math.abs(count) <= MAX_COUNT && String(count) === text ? count : undefined;
}

/** One row in `record`; `order` has seen the rows before it. */
function readRow(
  source: SeriesSource,
  record: ByteRange,
  header: SeriesHeader,
  order: RowOrder,
): SeriesRow {
  const { bytes } = source;
  const first = bytes.indexOf(COMMA, record.start);
  const last = bytes.lastIndexOf(COMMA, record.end - 1);
  if (first === -1 || first >= last) {
    refuseLine(source, record, 'series-row', `expected a row ${COLUMNS}`);
  }
  const windowRange = { start: record.start, end: first };
  const keyRange = { start: first + 1, end: last };
  const countRange = { start: last + 1, end: record.end };
  const windowText = textAt(source, windowRange);
  const { windows } = header.monitor;
  const window = /^(?:0|[1-9]\d{0,6})$/.test(windowText) ? Number(windowText) : windows;
  if (window >= windows) {
    refuseLine(source, windowRange, 'series-row', `expected a window from 0 to ${windows - 1}`);
  }
  const key = readField(source, keyRange, 'series-row');
  const count = parseCount(textAt(source, countRange));
  if (count === undefined) {
    const message = 'expected a count: whole, not 0, within ±2^53';
    refuseLine(source, countRange, 'series-row', message);
  }
  const trouble = order.check(window, key);
  if (trouble !== undefined) {
    const range = trouble.field === 'key' ? keyRange : windowRange;
    refuseLine(source, range, 'series-row', `expected ${trouble.expected}`);
  }
  return { window, key, count };
}

function readRows(records: RecordReader, header: SeriesHeader): SeriesRow[] {
  const { source } = records;
  const order = new RowOrder(header.type);
  const rows: SeriesRow[] = [];
  while (rows.length < header.rowCount) {
    const record = records.next(`row ${rows.length + 1} of ${header.rowCount}`);
    if (source.bytes[record.start] === HASH) {
      const message = `expected ${header.rowCount} rows, found ${rows.length}`;
      refuseLine(source, record, 'series-truncated', message);
    }
    rows.push(readRow(source, record, header, order));
  }
  return rows;
}

/** The digest line, compared with the bytes before it, and the end of the file behind it. */
function checkDigest(records: RecordReader, rowCount: number): void {
  const { source } = records;
  const record = records.next(`the line ${DIGEST_MARK}…`);
  const line = textAt(source, record);
  if (!line.startsWith(DIGEST_MARK)) {
    const message = `expected the line ${DIGEST_MARK}… after ${rowCount} rows`;
    refuseLine(source, record, 'series-row', message);
  }
  const range = { start: record.start + DIGEST_MARK.length, end: record.end };
  const said = line.slice(DIGEST_MARK.length);
  if (!/^[0-9a-f]{64}$/.test(said)) {
    refuseLine(source, range, 'series-altered', 'expected 64 hexadecimal digits');
  }
  if (!records.atEnd) {
    const start = records.position;
    const end = start + 1;
    const message = 'expected the end of the file after its digest';
    refuse(source, { code: 'series-altered', start, end, message });
  }
  const digest = startDigest();
  digest.add(source.bytes.subarray(0, record.start));
  const found = digest.hex();
  if (found === said) return;
  const message =
    `expected digest ${found.slice(0, SHOWN_DIGITS)}… of the bytes before this line, ` +
    `found ${said.slice(0, SHOWN_DIGITS)}…`;
  const hint = 'the file was changed after it was written; use the original';
  refuse(source, { code: 'series-altered', ...range, message, hint });
}

/**
 * Reads a series file: see `docs/series-format.md`.
 *
 * The structure is checked before the digest, so that a refusal names the line at fault where there
 * is one. Nothing is returned unless everything holds.
 *
 * @param file the name that messages show
 * @throws UserError with one diagnostic, whose code is a `SeriesCode`
 */
export function readSeries(bytes: Buffer, file: string): SeriesSnapshot {
  const records = new RecordReader({ bytes, file });
  const header = readHeader(records);
  const rows = readRows(records, header);
  checkDigest(records, header.rowCount);
  const { name, type, monitor, windowZeroMs } = header;
  return { name, type, monitor, windowZeroMs, rows };
}
