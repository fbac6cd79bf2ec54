import type { FileReport } from '../model/file-report.ts';
import { TYING_KINDS } from '../model/event.ts';
import { formatIso } from '../model/time.ts';
import { counted, duration, grouped, plainTable } from './plain-table.ts';

/** What `inspect` shows: formats, line accounting, time report, shapes of unparsed lines. */
export function inspectTable(files: readonly FileReport[], events: Record<string, number>): string {
  const rows = files.map((file) => [
    file.file,
    file.dialect ?? 'unknown',
    grouped(file.lines),
    grouped(file.event),
    grouped(file.irrelevant),
    grouped(file.unparsed),
    file.firstMs === undefined ? '' : formatIso(file.firstMs),
    file.lastMs === undefined ? '' : formatIso(file.lastMs),
  ]);
  const head = ['file', 'format', 'lines', 'events', 'irrelevant', 'unparsed', 'first', 'last'];
  const parts = [plainTable(head, rows)];
  const counts = Object.entries(events).map(([kind, count]) => [kind, grouped(count)]);
  if (counts.length > 0) parts.push(plainTable(['event', 'count'], counts));
  for (const file of files) parts.push(...timeReport(file), ...unparsedReport(file));
  return `${parts.join('\n')}\n`;
}

function timeReport(file: FileReport): string[] {
  const facts = [dating(file)];
  if (file.archive !== undefined) facts.push(...packing(file.archive));
  if (file.zone !== undefined) facts.push(`stamps are in ${file.zone}`);
  if (file.late > 0) facts.push(`${grouped(file.late)} late`);
  if (file.tooLate > 0) facts.push(`${grouped(file.tooLate)} too late`);
  if (file.quarantined > 0) facts.push(`${grouped(file.quarantined)} quarantined`);
  if (file.gaps > 0) facts.push(counted(file.gaps, 'gap'));
  if (file.repeated > 0) {
    facts.push(
      `${counted(file.repeated, 'line')} left out, repeated in ${file.repeatedIn.join(', ')}`,
    );
  }
  if (file.overlaps.length > 0) facts.push(`overlaps ${file.overlaps.join(', ')}`);
  const rows = [`${file.file}: ${facts.join('; ')}`];
  const lacking = file.lacks.filter((kind) => !TYING_KINDS.includes(kind));
  if (lacking.length > 0 && file.event > 0) {
    rows.push(`  such a log shows no ${list(lacking)}: no rule can count them`);
  }
  if (file.infers.length > 0) rows.push(`  ${list(file.infers)} inferred: a lower bound`);
  for (const { fromMs, toMs, line } of file.longestGaps) {
    rows.push(
      `  silent for ${duration(toMs - fromMs)} from ${formatIso(fromMs)}, before line ${line}`,
    );
  }
  for (const { line, timeMs } of file.quarantinedLines) {
    rows.push(`  line ${line} jumps ahead to ${formatIso(timeMs)}`);
  }
  return rows;
}

const list = (kinds: readonly string[]): string => kinds.join(', ');

function packing(archive: NonNullable<FileReport['archive']>): string[] {
  const facts = [`${archive.kind} (by ${archive.by})`];
  if (archive.endsEarly) facts.push('ends early');
  if (archive.trailingGarbage) facts.push('trailing garbage left out');
  return facts;
}

function dating({ year, firstMs, duplicateOf }: FileReport): string {
  if (duplicateOf !== undefined) return `not read, same content as ${duplicateOf}`;
  if (firstMs === undefined) return 'no line with a time';
  return year === undefined ? 'full dates' : `year ${year.first} from ${year.source}`;
}

function unparsedReport(file: FileReport): string[] {
  const rows = file.reasons.map(
    ({ reason, lines }) => `  ${counted(lines, 'line')} unparsed: ${reason}`,
  );
  for (const { reason, shape, lines, line, text } of file.shapes) {
    rows.push(`  ${file.file}:${line}: ${reason}: ${JSON.stringify(text)}`);
    if (lines > 1) rows.push(`    and ${grouped(lines - 1)} more like ${JSON.stringify(shape)}`);
  }
  if (file.otherShapes > 0) rows.push(`  ${counted(file.otherShapes, 'line')} of other shapes`);
  return rows;
}
