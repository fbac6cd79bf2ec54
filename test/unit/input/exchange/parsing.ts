import { createExchangeParser } from '../../../../src/input/exchange/parser.ts';
import type { ParserSetting } from '../../../../src/input/dialects.ts';
import { parseText, type Parsed } from '../event-rows.ts';
import { settingOf } from '../momentum/parsing.ts';

export function parseExchange(text: string | Buffer, more: Partial<ParserSetting> = {}): Parsed {
  return parseText((vocabulary) => createExchangeParser(settingOf(vocabulary, more)), text);
}

/** As a cell of CSV, with quotes where it needs them. */
export function quoted(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

export const TIME = '2026-11-20T19:30:01.250Z';
export const RECEIVE_HEADER = [
  '#Log-type: SMTP Receive Protocol Log',
  '#Fields: date-time,connector-id,session-id,sequence-number,local-endpoint,remote-endpoint,event,data,context',
  '',
].join('\n');

/** A protocol log of records with session, remote endpoint, event and data. */
export function receiveLog(
  records: readonly (readonly [session: string, remote: string, event: string, data: string])[],
): string {
  const lines = records.map(([session, remote, event, data], index) => {
    const connector = String.raw`MX1\Default MX1`;
    return [
      TIME,
      connector,
      session,
      index,
      '192.0.2.2:25',
      remote,
      event,
      quoted(data),
      '',
    ].join();
  });
  return `${RECEIVE_HEADER}${lines.join('\n')}\n`;
}

/** A tracking log of one record with these columns, in their order, behind `date-time`. */
export function trackingLog(columns: Readonly<Record<string, string>>): string {
  const names = ['date-time', ...Object.keys(columns)].join(',');
  const cells = [TIME, ...Object.values(columns).map(quoted)].join(',');
  return `#Log-type: Message Tracking Log\n#Fields: ${names}\n${cells}\n`;
}
