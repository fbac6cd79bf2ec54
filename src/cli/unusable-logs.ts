import { UserError } from '../model/errors.ts';
import type { FileReport } from '../model/file-report.ts';
import { compareText } from '../model/order.ts';
import { totalLines } from '../report/summary.ts';

/**
 * Refuses inputs that hold lines and not one that could be read: a report of nothing would look
 * like a quiet day.
 *
 * @throws {UserError} which says what was read
 */
export function refuseUnusable(files: readonly FileReport[]): void {
  const { unparsed } = totalLines(files);
  if (unparsed === 0 || files.some(hasUsableLine)) return;
  const reasons = new Map<string, number>();
  for (const { reason, lines } of files.flatMap((file) => file.reasons)) {
    reasons.set(reason, (reasons.get(reason) ?? 0) + lines);
  }
  const [[reason]] = [...reasons].sort((a, b) => b[1] - a[1] || compareText(a[0], b[0]));
  const where = files.length === 1 ? files[0].file : `${files.length} files`;
  const counted = unparsed === 1 ? '1 line' : `${unparsed} lines`;
  throw new UserError(
    `no usable line in ${where}: ${counted} unparsed (${reason})`,
    files.some(({ dialect }) => dialect === 'ndjson')
      ? 'whose JSON is it? hindcast inspect shows its lines, --map time=ts,ip=client names its fields'
      : 'is it a mail log? hindcast inspect shows its lines, --input-format names the format',
  );
}

/** The header of a CSV is no event, and usable only with one behind it. */
function hasUsableLine({ dialect, event, irrelevant }: FileReport): boolean {
  return event > 0 || irrelevant > (dialect === 'csv' ? 1 : 0);
}
