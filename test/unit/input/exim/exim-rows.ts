import { EXIM } from '../../../../src/input/exim/parser.ts';
import type { ParserSetting } from '../../../../src/input/dialects.ts';
import { LINE, type LogParser } from '../../../../src/input/port.ts';
import { FileDater } from '../../../../src/input/dating.ts';
import { createZone } from '../../../../src/input/zones.ts';
import { ALL_NEEDS } from '../../../../src/model/event.ts';
import type { Vocabulary } from '../../../../src/model/vocabulary.ts';
import { parseText, type EventRow, type Parsed } from '../event-rows.ts';

export function eximParser(
  vocabulary: Vocabulary,
  setting: Partial<ParserSetting> = {},
): LogParser {
  return EXIM.createParser({
    name: 'mainlog',
    vocabulary,
    needs: ALL_NEEDS,
    dater: new FileDater({
      zone: createZone('Europe/Berlin')!,
      firstYear: undefined,
      reorderMs: 0,
    }),
    node: undefined,
    map: undefined,
    defaultKind: undefined,
    ...setting,
  });
}

export function parseExim(text: string | Buffer): Parsed {
  return parseText((vocabulary) => eximParser(vocabulary), text);
}

export const STAMP = '2026-11-20 18:44:04 ';
const OPEN = `${STAMP}SMTP connection from [192.0.2.250]:1 (TCP/IP connection count = 1)\n`;

/** The events of one text in a log that shows connections, without what is the same for all. */
export function eventsOf(text: string): EventRow[] {
  const { rows } = parseExim(`${OPEN}${STAMP}${text}\n`);
  return rows.slice(1).map(({ time: _time, line: _line, ...rest }) => rest);
}

/** What becomes of one text: `event`, `irrelevant`, or the reason. */
export function outcomeOf(text: string): string {
  const { classes, reasons } = parseExim(`${STAMP}${text}\n`);
  if (classes[LINE.unparsed] === 1) return reasons[0];
  return classes[LINE.event] === 1 ? 'event' : 'irrelevant';
}
