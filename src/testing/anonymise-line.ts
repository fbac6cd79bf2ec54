import type { TextPseudonyms } from './anonymise-text.ts';
import type { CsvField, LineHead } from './cut-line.ts';

/** Tags of daemons that log beside Postfix, and of Postfix itself under any name. */
const KNOWN_TAG =
  /^postfix|^[\w.-]+(?:\/[\w.-]+)*\/[a-z-]+$|^(?:opendkim|opendmarc|amavis|dovecot|rspamd|policyd-spf|postgrey|spamd)$/;

/**
 * A log line with pseudonyms, without its line end. The stamp, the name and number of the process
 * and the punctuation stay; what stands between them and the text goes through as text.
 */
export function anonymiseLine(
  bytes: Buffer,
  start: number,
  head: LineHead,
  names: TextPseudonyms,
): string {
  const part = (from: number, to: number): string => bytes.toString('latin1', from, to);
  const { hostStart, hostEnd, tagStart, tagEnd, pidStart, pidEnd, textStart, end } = head;
  const host = hostEnd > hostStart ? names.host(part(hostStart, hostEnd)) : '';
  const front = part(start, hostStart) + host;
  const text = names.line(part(textStart, end));
  // Without a tag only the host stands before the text.
  if (tagEnd === tagStart) return front + names.text(part(hostEnd, textStart)) + text;
  const tag = part(tagStart, tagEnd);
  const pid = part(pidStart, pidEnd);
  const known = KNOWN_TAG.test(tag) ? tag : names.text(tag);
  const behindTag = pid === '' ? '' : part(tagEnd, pidStart) + pid;
  const behindPid = part(pid === '' ? tagEnd : pidEnd, textStart);
  return front + part(hostEnd, tagStart) + known + behindTag + names.text(behindPid) + text;
}

/** Columns that name nobody. */
const OPEN_COLUMNS: ReadonlySet<string> = new Set([
  'time',
  'kind',
  'service',
  'listener',
  'phase',
  'code',
  'enhanced',
  'size',
  'recipients',
  'verdict',
  'line',
]);
const PROCESS = /^[\w./-]+\[\d+\]$/;

/**
 * The fields of a CSV record with pseudonyms, in order. A column that no field is read from is
 * emptied: nobody knows what stands in it.
 *
 * @param fieldOf the field that a column is read for
 */
export function anonymiseFields(
  fields: readonly CsvField[],
  fieldOf: (column: string) => string | undefined,
  names: TextPseudonyms,
): string[] {
  return fields.map(({ column, text }) => {
    const field = fieldOf(column);
    if (field === undefined || text === '') return '';
    if (OPEN_COLUMNS.has(field)) return text;
    if (field === 'reason') return names.text(text);
    if (field === 'queue_id') return names.queueId(text);
    if (field === 'session' && PROCESS.test(text)) return text;
    return names.value(text);
  });
}
