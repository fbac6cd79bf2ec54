import { createJournaldParser } from '../../src/input/json-syslog/journald.ts';
import { createRsyslogJsonParser } from '../../src/input/json-syslog/rsyslog-json.ts';
import type { LogParser } from '../../src/input/port.ts';
import { ALL_NEEDS } from '../../src/model/event.ts';
import { HOUR_MS } from '../../src/model/time.ts';
import type { Vocabulary } from '../../src/model/vocabulary.ts';

/** A syslog line in parts. */
export interface EnclosedLine {
  /** RFC 3339 with an offset. */
  readonly stamp: string;
  readonly host: string;
  readonly tag: string;
  readonly pid: string;
  readonly text: string;
}

export const journald = (vocabulary: Vocabulary): LogParser =>
  createJournaldParser({ vocabulary, needs: ALL_NEEDS, node: undefined });

/** Times without an offset are Berlin's winter time. */
export const rsyslogJson = (vocabulary: Vocabulary): LogParser =>
  createRsyslogJsonParser({
    vocabulary,
    needs: ALL_NEEDS,
    node: undefined,
    zoneOffset: () => HOUR_MS,
  });

/** JSON of a text, with every character escaped for which `chosen` says so beside those that must be. */
export function quoted(text: string, chosen: (place: number) => boolean = () => false): string {
  const units = Array.from({ length: text.length }, (_, place) => {
    const hex = text.charCodeAt(place).toString(16).padStart(4, '0');
    const half = text.charCodeAt(place) >> 11 === 0x1b;
    if (chosen(place) && !half) return `\\u${place % 2 === 0 ? hex : hex.toUpperCase()}`;
    return text[place] === '"' || text[place] === '\\' || text[place] < ' '
      ? JSON.stringify(text[place]).slice(1, -1)
      : text[place];
  });
  return `"${units.join('')}"`;
}

export function journaldLine(
  { stamp, host, tag, pid, text }: EnclosedLine,
  chosen?: (place: number) => boolean,
): string {
  const time = `${Date.parse(stamp)}049`;
  return `{"SYSLOG_IDENTIFIER":${quoted(tag)},"__REALTIME_TIMESTAMP":"1","MESSAGE":${quoted(text, chosen)},"_SOURCE_REALTIME_TIMESTAMP":"${time}","SYSLOG_PID":"${pid}","_HOSTNAME":${quoted(host)}}`;
}

export function rsyslogLine(
  { stamp, host, tag, pid, text }: EnclosedLine,
  chosen?: (place: number) => boolean,
): string {
  const slashes = quoted(`${tag}[${pid}]:`).replaceAll('/', String.raw`\/`);
  return `{"timestamp":"${stamp}", "host":${quoted(host)}, "tag":${slashes}, "program":"postfix", "message":${quoted(` ${text}`, chosen)}}`;
}
