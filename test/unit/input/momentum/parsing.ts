import { createMomentumParser } from '../../../../src/input/momentum/parser.ts';
import type { ParserSetting } from '../../../../src/input/dialects.ts';
import { FileDater } from '../../../../src/input/dating.ts';
import { LINE } from '../../../../src/input/port.ts';
import { UTC } from '../../../../src/input/zones.ts';
import { ALL_NEEDS } from '../../../../src/model/event.ts';
import { parseText, type EventRow, type Parsed } from '../event-rows.ts';

const DATER = new FileDater({ zone: UTC, firstYear: undefined, reorderMs: 10_000 });

export function settingOf(
  vocabulary: ParserSetting['vocabulary'],
  more: Partial<ParserSetting> = {},
): ParserSetting {
  return {
    name: 'x',
    vocabulary,
    needs: ALL_NEEDS,
    dater: DATER,
    node: undefined,
    map: undefined,
    defaultKind: undefined,
    ...more,
  };
}

export function parseMomentum(text: string | Buffer, more: Partial<ParserSetting> = {}): Parsed {
  return parseText((vocabulary) => createMomentumParser(settingOf(vocabulary, more)), text);
}

/** The one event of one record, without its line. */
export function eventOf(record: string): EventRow {
  const { rows, classes, reasons } = parseMomentum(record);
  if (classes[LINE.event] !== 1 || rows.length !== 1) {
    throw new Error(`${rows.length} events, ${classes.join('/')}, ${reasons.join()}`);
  }
  const { line: _line, ...rest } = rows[0];
  return rest;
}

/** What becomes of a record: `event`, `irrelevant`, or the reason. */
export function outcomeOf(record: string): string {
  const { classes, reasons } = parseMomentum(record);
  if (classes[LINE.unparsed] === 1) return reasons[0];
  return classes[LINE.event] === 1 ? 'event' : 'irrelevant';
}
