import { describe, expect, it } from 'vitest';
import { detectFormat } from '../../../../src/input/detect.ts';
import { RSYSLOG_JSON } from '../../../../src/input/json-syslog/rsyslog-json.ts';
import { rsyslogJson } from '../../../builders/enclosed-lines.ts';
import { type EventRow, parseText } from '../event-rows.ts';

const TIME = '2026-11-20T18:27:13.049295+01:00';
const EVENT = {
  time: '2026-11-20T17:27:13.049Z',
  kind: 'connect',
  ip: '192.0.2.7',
  node: 'mx1',
  listener: 'postfix',
  session: 'postfix/smtpd[19832]',
  phase: 'connect',
  line: 1,
};
type Fields = Readonly<Record<string, unknown>>;
const PLAIN = { timestamp: TIME, host: 'mx1' };
const TEXT = ' connect from x.example[192.0.2.7]';
const TAG = 'postfix/smtpd[19832]:';

function outcomeOf(record: Fields): EventRow | string {
  const { rows, classes, reasons } = parseText(rsyslogJson, JSON.stringify(record));
  if (classes[2] > 0) return reasons[0];
  return classes[0] > 0 ? rows[0] : 'irrelevant';
}

describe('names', () => {
  it.each<[string, Fields]>([
    [
      'a template of our recording',
      { ...PLAIN, tag: TAG, program: 'postfix', procid: '19832', message: TEXT },
    ],
    [
      'jsonmesg',
      {
        msg: TEXT,
        rawmsg: '<22>x',
        timereported: TIME,
        hostname: 'mx1',
        syslogtag: TAG,
        timegenerated: '2026-11-20T18:27:14+01:00',
        programname: 'postfix',
        procid: '19832',
        '$!': null,
      },
    ],
    [
      'Logstash',
      {
        '@timestamp': TIME,
        host: 'mx1',
        programname: 'postfix/smtpd',
        procid: '19832',
        message: TEXT,
      },
    ],
    [
      'RFC 5424',
      { time: TIME, hostname: 'mx1', 'app-name': 'postfix/smtpd', procid: 19832, msg: TEXT },
    ],
    [
      'short names',
      { time: TIME, source: 'mx1', ident: 'postfix/smtpd', pid: 19832, message: TEXT },
    ],
    ['a tag with a colon', { ...PLAIN, tag: 'postfix/smtpd:', pid: '19832', msg: TEXT }],
    [
      'names that are null',
      { ...PLAIN, hostname: null, syslogtag: null, tag: TAG, msg: null, message: TEXT },
    ],
  ])('%s', (_name, record) => {
    expect(outcomeOf(record)).toEqual(EVENT);
  });
});

describe('tags', () => {
  it.each<[string, Fields, string | undefined]>([
    ['cut at the slash', { tag: 'postfix[19832]:' }, 'postfix[19832]'],
    ['without a process id', { tag: 'postfix/smtpd' }, undefined],
    ['with none', { tag: 'postfix/smtpd', procid: '-' }, undefined],
    ['with an odd one', { tag: 'postfix/smtpd[0x7f]' }, 'postfix/smtpd[0x7f]'],
    ['with a long one', { tag: 'postfix/smtpd[99999999]' }, 'postfix/smtpd[99999999]'],
    ['with zeros', { tag: 'postfix/smtpd[007]' }, 'postfix/smtpd[007]'],
  ])('%s', (_name, fields, session) => {
    const event = outcomeOf({ ...PLAIN, ...fields, msg: TEXT });
    expect(event).toMatchObject({ kind: 'connect', ip: '192.0.2.7' });
    expect((event as EventRow)['session']).toBe(session);
  });
});

it('the tags of other programs take no room', () => {
  const lines = Array.from({ length: 10_000 }, (_, n) => ({
    ...PLAIN,
    tag: `job-${n}:`,
    msg: ' x',
  }));
  const text = [...lines, { ...PLAIN, tag: TAG, msg: TEXT }].map((line) => JSON.stringify(line));
  const { classes } = parseText(rsyslogJson, text.join('\n'));
  expect(classes).toEqual([1, 10_000, 0]);
});

describe('times', () => {
  const timeOf = (timestamp: unknown): unknown => {
    const event = outcomeOf({ host: 'mx1', timestamp, tag: TAG, msg: TEXT });
    return typeof event === 'string' ? event : event['time'];
  };
  it.each<[unknown, string]>([
    ['2026-11-20T18:27:13+01:00', '2026-11-20T17:27:13Z'],
    ['2026-11-20T17:27:13Z', '2026-11-20T17:27:13Z'],
    ['2026-11-20T17:27:60Z', '2026-11-20T17:27:59Z'],
    ['2026-11-20T18:27:13.5', '2026-11-20T17:27:13.500Z'],
    ['2026-11-20 18:27:13', '2026-11-20T17:27:13Z'],
    [1795195633, '2026-11-20T17:27:13Z'],
    ['1795195633.049', '2026-11-20T17:27:13.049Z'],
    [1795195633049, '2026-11-20T17:27:13.049Z'],
    ['Nov 20 18:27:13', 'no such time'],
    ['2026-11-31T18:27:13Z', 'no such time'],
    ['', 'no such time'],
    [null, 'no time stamp'],
    ['2026'.repeat(20), 'no such time'],
  ])('%j', (stamp, time) => {
    expect(timeOf(stamp)).toBe(time);
  });

  it('of one file, in any mixture', () => {
    const stamps = [
      ['2026-11-20T18:27:13.049295+01:00', '2026-11-20T17:27:13.049Z'],
      ['2026-11-20T18:27:59.000001+01:00', '2026-11-20T17:27:59Z'],
      ['2026-11-20T18:27:60.000001+01:00', '2026-11-20T17:27:59Z'],
      ['2026-11-20T18:27:14.049295+02:00', '2026-11-20T16:27:14.049Z'],
      ['2026-11-20T18:28:14.049+01:00', '2026-11-20T17:28:14.049Z'],
      ['2026-11-20T18:28:15.049+05:30', '2026-11-20T12:58:15.049Z'],
      ['2026-11-20T18:28:16.049+05:30', '2026-11-20T12:58:16.049Z'],
      ['2026-11-20T18:28:17.049', '2026-11-20T17:28:17.049Z'],
      ['2026-11-20T18:28:1x.049+05:30', undefined],
    ];
    const text = stamps.map(([timestamp]) =>
      JSON.stringify({ timestamp, host: 'mx1', tag: TAG, msg: TEXT }),
    );
    const { rows, reasons } = parseText(rsyslogJson, text.join('\n'));
    expect(rows.map((row) => row['time'])).toEqual(stamps.slice(0, -1).map(([, time]) => time));
    expect(reasons).toEqual(['no such time']);
  });
});

describe('texts', () => {
  it.each<[string, Fields]>([
    ['irrelevant', { tag: 'cron[1]:', msg: ' x' }],
    ['irrelevant', { tag: '', msg: ' x' }],
    ['irrelevant', { msg: ' x' }],
    ['irrelevant', { tag: TAG, msg: '' }],
    ['irrelevant', { tag: 'postfix/anvil[1]:' }],
    ['no text', { tag: TAG }],
    ['no text', { tag: TAG, msg: {} }],
    ['repeats a line that is not there', { msg: ' last message repeated 3 times' }],
    ['no peer', { tag: TAG, msg: 'connect from x' }],
  ])('%s: %j', (outcome, fields) => {
    expect(outcomeOf({ ...PLAIN, ...fields })).toBe(outcome);
  });

  it('that are repeated count as often, escaped or not', () => {
    for (const name of ['x', '\\"/']) {
      const msg = ` message repeated 3 times: [ connect from ${name}[192.0.2.7]]`;
      const { rows } = parseText(rsyslogJson, JSON.stringify({ ...PLAIN, tag: TAG, msg }));
      expect(rows).toEqual([EVENT, EVENT, EVENT].map(({ time }) => ({ ...EVENT, time })));
    }
  });
});

describe('detection', () => {
  const record = { ...PLAIN, tag: TAG, message: TEXT };
  it.each<[boolean, Fields]>([
    [true, record],
    [true, { ...record, host: undefined }],
    [false, { ...record, tag: undefined }],
    [false, { ...record, message: undefined }],
    [false, { ...record, timestamp: undefined }],
    [false, { ...record, kind: 'connect' }],
    [false, { timestamp: 1795195633, type: 'Reception', sender: 'a@sender.example' }],
    [false, { level: 'NOTICE', uuid: 'A-B', origin: 'core', message: 'connect', timestamp: TIME }],
  ])('%s: %j', (owned, fields) => {
    const format = detectFormat(Buffer.from(`${JSON.stringify(fields)}\n`));
    expect(format === RSYSLOG_JSON).toBe(owned);
  });
});
