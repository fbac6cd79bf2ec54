import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { LINE, type LogParser } from '../../../src/input/port.ts';
import type { StampDater } from '../../../src/input/stamp-dater.ts';
import { createSyslogParser } from '../../../src/input/syslog/parser.ts';
import { formatAddress } from '../../../src/model/address.ts';
import { EventBatch, FLAG } from '../../../src/model/event-batch.ts';
import { ALL_NEEDS, LOGGED, PHASES, TEXT_FIELDS, type Needs } from '../../../src/model/event.ts';
import { DAY_MS, daysFromCivil, formatIso, HOUR_MS } from '../../../src/model/time.ts';
import { Vocabulary } from '../../../src/model/vocabulary.ts';
import { readableBlock } from '../../../src/model/words.ts';

/** An event with only the fields that are set. */
export type EventRow = Readonly<Record<string, string | number | boolean>>;

export interface Parsed {
  readonly rows: readonly EventRow[];
  /** Lines by class: event, irrelevant, unparsed. */
  readonly classes: readonly [number, number, number];
  /** Reasons of the unparsed lines, in order. */
  readonly reasons: readonly string[];
}

/** Every stamp without a zone is Berlin's winter time, every one without a year of 2026. */
export const BERLIN_2026: StampDater = {
  steady: true,
  follow: () => undefined,
  toUtc(header) {
    if (header.stamp === 'absolute') return header.localMs - header.offsetMs;
    if (header.stamp === 'zoneless') return header.localMs - HOUR_MS;
    if (header.month === 2 && header.day === 29) return Number.NaN;
    return daysFromCivil(2026, header.month, header.day) * DAY_MS + header.msOfDay - HOUR_MS;
  },
};

export function rowOf(batch: EventBatch, row: number): EventRow {
  const fields: Record<string, string | number | boolean> = {
    time: formatIso(batch.time[row]),
    kind: batch.vocabulary.kinds.name(batch.kind[row]),
  };
  const family = batch.family[row];
  if (family === 4 || family === 6) {
    const [a, b, c, d] = batch.ip.subarray(row * 4, row * 4 + 4);
    fields['ip'] = formatAddress(family, a, b, c, d);
  }
  const set = (name: string, value: string | number, unset: string | number): void => {
    if (value !== unset) fields[name] = value;
  };
  set('node', batch.vocabulary.nodes.name(batch.node[row]), '');
  set('listener', batch.vocabulary.listeners.name(batch.listener[row]), '');
  set('service', batch.vocabulary.services.name(batch.service[row]), 'SMTP');
  set('phase', PHASES[batch.phase[row]], '');
  set('code', batch.code[row], 0);
  set('verdict', LOGGED[batch.verdict[row]], '');
  set('size', batch.size[row], -1);
  set('recipients', batch.recipients[row], -1);
  TEXT_FIELDS.forEach((name, field) => set(name, batch.text(row, field), ''));
  if ((batch.flags[row] & FLAG.reinjected) !== 0) fields['reinjected'] = true;
  fields['line'] = batch.line[row];
  return fields;
}

/** Feeds text to a parser as one batch, record by record. */
export function parseText(
  make: (vocabulary: Vocabulary) => LogParser,
  text: string | Buffer,
): Parsed {
  const bytes = readableBlock(typeof text === 'string' ? Buffer.from(text) : text);
  const vocabulary = new Vocabulary();
  const batch = new EventBatch(vocabulary, bytes);
  const parser = make(vocabulary);
  const classes: [number, number, number] = [0, 0, 0];
  const reasons: string[] = [];
  let line = 0;
  for (let start = 0; start < bytes.length;) {
    let end =
      parser.findRecordEnd?.(bytes, start, bytes.length) ?? bytes.subarray(start).indexOf(10);
    if (parser.findRecordEnd === undefined && end >= 0) end += start;
    if (end < 0) end = bytes.length;
    parser.wantsMore?.(bytes, start, bytes.length);
    const result = parser.parseLine(batch, start, end, ++line);
    classes[result]++;
    if (result === LINE.unparsed) reasons.push(parser.reason);
    start = end + 1;
  }
  const rows = Array.from({ length: batch.rows }, (_, row) => rowOf(batch, row));
  return { rows, classes, reasons };
}

export function parsePostfix(
  text: string | Buffer,
  needs: Needs = ALL_NEEDS,
  node?: string,
): Parsed {
  return parseText(
    (vocabulary) => createSyslogParser({ vocabulary, dater: BERLIN_2026, needs, node }),
    text,
  );
}

const STAMP = 'Nov 20 18:27:13 mx1 ';

/** The one event of one line behind `Nov 20 18:27:13 mx1 `, without what that prefix gives. */
export function eventOf(tagAndText: string): EventRow {
  const { rows, classes, reasons } = parsePostfix(STAMP + tagAndText);
  if (classes[LINE.event] !== 1 || rows.length !== 1) {
    throw new Error(`${rows.length} events, ${classes.join('/')}, ${reasons.join()}`);
  }
  const { time: _time, node: _node, line: _line, ...rest } = rows[0];
  return rest;
}

/** What becomes of lines of one daemon: `event`, `irrelevant`, or the reason. */
export function outcomeOf(tagAndText: string): string {
  const { classes, reasons } = parsePostfix(STAMP + tagAndText);
  if (classes[LINE.unparsed] === 1) return reasons[0];
  return classes[LINE.event] === 1 ? 'event' : 'irrelevant';
}

export function fixture(name: string): Buffer {
  const path = new URL(`../../../fixtures/logs/${name}`, import.meta.url);
  const bytes = readFileSync(path);
  return name.endsWith('.gz') ? gunzipSync(bytes) : bytes;
}
