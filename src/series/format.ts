import { formatMonitor } from '../model/monitor.ts';
import type { SeriesSnapshot } from '../model/series-snapshot.ts';
import { formatIso } from '../model/time.ts';

/** The words of `docs/series-format.md`, shared by the writer and the reader. */
export const SIGNATURE = '#hindcast-series,';
export const FORMAT_VERSION = 1;
export const COLUMNS = 'window,key,count';
export const DIGEST_MARK = '#sha256,';

/** Counts beyond this, either way, are not kept without loss. */
export const MAX_COUNT = 2 ** 53;

/** Characters of text that are gathered before they are given away. */
const CHUNK_LENGTH = 64 * 1024;

/** A field of a row or header: quoted as RFC 4180 says, exactly when the format asks for it. */
export function formatField(text: string): string {
  return text === '' || /[",#\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function formatHeader(snapshot: SeriesSnapshot): string {
  const { name, type, monitor, windowZeroMs, rows } = snapshot;
  const lines = [
    `${SIGNATURE}${FORMAT_VERSION}`,
    `#name,${formatField(name)}`,
    `#type,${type}`,
    `#monitor,${formatField(formatMonitor(monitor))}`,
    `#window-zero,${formatIso(windowZeroMs)}`,
    `#rows,${rows.length}`,
    COLUMNS,
  ];
  return `${lines.join('\n')}\n`;
}

/**
 * The text of a series file up to its digest, in pieces of some 64 KB, cut between rows. Rows are
 * taken as they come: the caller has checked them.
 */
export function* formatSeriesChunks(snapshot: SeriesSnapshot): Generator<string, void, undefined> {
  const quotes = snapshot.type === 'string';
  let chunk = formatHeader(snapshot);
  for (const { window, key, count } of snapshot.rows) {
    chunk += `${window},${quotes ? formatField(key) : key},${count}\n`;
    if (chunk.length >= CHUNK_LENGTH) {
      yield chunk;
      chunk = '';
    }
  }
  if (chunk !== '') yield chunk;
}
