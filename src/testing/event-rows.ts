import type { EventField } from '../model/event.ts';
import { EVENT_COLUMNS } from '../model/event.ts';
import { formatIso } from '../model/time.ts';
import { csvLine, EVENTS_HEADER } from '../report/csv.ts';
import type { EventLine } from './notation.ts';

interface Row {
  /** Where the event stands in the file: not before the beginning of a line above its own. */
  readonly placeMs: number;
  readonly timeMs: number;
  readonly ip: string;
  /** Which event of its line it is, from 1. */
  readonly number: number;
  readonly of: EventLine;
}

/**
 * The converted CSV (semantics, section 8) that lines of events stand for, in the order of time.
 * Events of a line that begins before a line above it stand behind what happened until then: they
 * are late.
 *
 * @param file the test file, whose lines the events name as their places
 */
export function eventRows(lines: readonly EventLine[], file: string): string {
  const rows: Row[] = [];
  let newestMs = -Infinity;
  for (const of of lines) {
    newestMs = Math.max(newestMs, of.startMs);
    let number = 0;
    for (let time = 0; time < of.times; time++) {
      const timeMs = of.startMs + time * of.everyMs;
      const placeMs = Math.max(timeMs, newestMs);
      for (const ip of of.addresses) rows.push({ placeMs, timeMs, ip, number: ++number, of });
    }
  }
  rows.sort((a, b) => a.placeMs - b.placeMs);
  return EVENTS_HEADER + rows.map((row) => rowText(row, file)).join('');
}

function rowText({ timeMs, ip, number, of }: Row, file: string): string {
  const own: Readonly<Partial<Record<EventField, string | number>>> = {
    time: formatIso(timeMs),
    kind: of.kind,
    ip,
    file,
    line: of.line,
  };
  const values = EVENT_COLUMNS.map((column) => {
    return own[column] ?? (of.fields.get(column) ?? '').replaceAll('{n}', String(number));
  });
  return csvLine(values);
}
