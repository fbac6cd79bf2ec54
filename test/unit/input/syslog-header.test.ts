import { describe, expect, test } from 'vitest';
import { SyslogHeader } from '../../../src/input/syslog-header.ts';
import { formatIso } from '../../../src/model/time.ts';

const TAIL = 'mx1 postfix/smtpd[19832]: connect from a[192.0.2.1]';

function read(line: string, header = new SyslogHeader()): Record<string, unknown> {
  const bytes = Buffer.from(`xx${line}\n`);
  if (!header.read(bytes, 2, bytes.length - 1)) return { reason: header.reason };
  const cut = (start: number, end: number): string => bytes.toString('utf8', start, end);
  return {
    stamp: header.stamp,
    date: `${header.year}-${header.month}-${header.day}`,
    ms: header.msOfDay,
    host: cut(header.hostStart, header.hostEnd),
    tag: cut(header.tagStart, header.tagEnd),
    pid: cut(header.pidStart, header.pidEnd),
    text: cut(header.textStart, header.end),
  };
}

const TEXT = {
  host: 'mx1',
  tag: 'postfix/smtpd',
  pid: '19832',
  text: 'connect from a[192.0.2.1]',
};
const CLOCK = ((18 * 60 + 27) * 60 + 13) * 1000;
const YEARLESS = { stamp: 'yearless', date: '0-11-20', ms: CLOCK, ...TEXT };

describe('forms without a year', () => {
  test.each([
    ['RFC 3164', `Nov 20 18:27:13 ${TAIL}`],
    ['with priority', `<22>Nov 20 18:27:13 ${TAIL}`],
    ['with FreeBSD facility', `Nov 20 18:27:13 <mail.notice> ${TAIL}`],
    ['with weekday', `Fri Nov 20 18:27:13 ${TAIL}`],
    ['CRLF', `Nov 20 18:27:13 ${TAIL}\r`],
    ['blanks and NULs behind', `Nov 20 18:27:13 ${TAIL} \0\0 \r`],
    ['two blanks before the host', `Nov 20 18:27:13  ${TAIL}`],
    ['byte order mark', `\u{feff}Nov 20 18:27:13 ${TAIL}`],
  ])('%s', (_, line) => {
    expect(read(line)).toEqual(YEARLESS);
  });

  test.each([
    ['Nov  1 00:00:00', '0-11-1', 0],
    ['Nov 01 00:00:00', '0-11-1', 0],
    ['Nov 1 00:00:01', '0-11-1', 1000],
    ['Feb 29 23:59:59', '0-2-29', 86_399_000],
    ['Dec 31 23:59:60', '0-12-31', 86_399_000],
    ['Jan 31 01:02:03.0459', '0-1-31', 3_723_045],
  ])('%s', (stamp, date, ms) => {
    expect(read(`${stamp} ${TAIL}`)).toEqual({ stamp: 'yearless', date, ms, ...TEXT });
  });

  test('the weekday is kept', () => {
    const header = new SyslogHeader();
    read(`Fri Nov 20 18:27:13 ${TAIL}`, header);
    expect(header.weekday).toBe(5);
    read(`Nov 20 18:27:14 ${TAIL}`, header);
    expect(header.weekday).toBe(-1);
  });
});

describe('full dates', () => {
  const utc = (stamp: string): string => {
    const header = new SyslogHeader();
    read(`${stamp} ${TAIL}`, header);
    return `${header.stamp} ${formatIso(header.localMs - header.offsetMs)}`;
  };

  test.each([
    ['2026-11-20T18:27:13+01:00', 'absolute 2026-11-20T17:27:13Z'],
    ['2026-11-20T18:27:13.049295+01:00', 'absolute 2026-11-20T17:27:13.049Z'],
    ['2026-11-20T18:27:13.049999999-0330', 'absolute 2026-11-20T21:57:13.049Z'],
    ['2026-11-20T18:27:13.9Z', 'absolute 2026-11-20T18:27:13.900Z'],
    ['2026-11-20 18:27:13,049+01', 'absolute 2026-11-20T17:27:13.049Z'],
    ['2026-11-20T18:27:13', 'zoneless 2026-11-20T18:27:13Z'],
    ['2028-02-29 00:00:00', 'zoneless 2028-02-29T00:00:00Z'],
    ['Fri Nov 20 18:27:13 2026', 'zoneless 2026-11-20T18:27:13Z'],
    ['Nov 20 18:27:13 2026', 'zoneless 2026-11-20T18:27:13Z'],
    ['<22>2026-11-20T18:27:13Z', 'absolute 2026-11-20T18:27:13Z'],
  ])('%s', (stamp, expected) => {
    expect(utc(stamp)).toBe(expected);
    expect(read(`${stamp} ${TAIL}`)).toMatchObject(TEXT);
  });
});

describe('RFC 5424', () => {
  const head = '<22>1 2026-11-20T18:27:13Z mx1 postfix 19832 -';
  const expected = { ...TEXT, tag: 'postfix' };

  test.each([
    ['no structured data', `${head} - connect from a[192.0.2.1]`],
    ['one element', `${head} [a@1 b="c"] connect from a[192.0.2.1]`],
    ['two elements', `${head} [a@1 b="c"][d@2] connect from a[192.0.2.1]`],
    ['escapes', String.raw`${head} [a b="\"]\\\] x" c=""] connect from a[192.0.2.1]`],
    ['byte order mark', `${head} - \u{feff}connect from a[192.0.2.1]`],
    ['two blanks', `${head} -  connect from a[192.0.2.1]`],
  ])('%s', (_, line) => {
    expect(read(line)).toMatchObject(expected);
  });

  test('nil values', () => {
    const line = '<22>1 2026-11-20T18:27:13Z - - - - - text';
    expect(read(line)).toMatchObject({ host: '', tag: '', pid: '', text: 'text' });
    expect(read('<22>1 - mx1 postfix 1 - - text')).toEqual({ reason: 'no header' });
  });

  test('an unfinished element ends with the line', () => {
    expect(read(`${head} [a b="c`)).toMatchObject({ text: '' });
  });
});

describe('tags', () => {
  test.each([
    ['mx1 postfix/submission/smtpd[1]: x', 'mx1', 'postfix/submission/smtpd', '1', 'x'],
    ['mx1 dovecot: imap-login: x', 'mx1', 'dovecot', '', 'imap-login: x'],
    ['mx1 last message repeated 2 times', 'mx1', '', '', 'last message repeated 2 times'],
    ['mx1 sm-mta[2794] x', 'mx1', 'sm-mta', '2794', 'x'],
    ['mx1 open[1 x', 'mx1', '', '', 'open[1 x'],
    ['mx1', 'mx1', '', '', ''],
    ['mx1 kernel:', 'mx1', 'kernel', '', ''],
    ['postfix/smtpd[19832]: x', '', 'postfix/smtpd', '19832', 'x'],
    ['2001:db8::1 postfix/smtpd[19832]: x', '2001:db8::1', 'postfix/smtpd', '19832', 'x'],
  ])('%s', (rest, host, tag, pid, text) => {
    expect(read(`Nov 20 18:27:13 ${rest}`)).toMatchObject({ host, tag, pid, text });
  });

  test('numbers follow the tag through a long file', () => {
    const tags = Array.from({ length: 400 }, (_, i) => `postfix-${i}/service${i % 7}/smtpd`);
    const header = new SyslogHeader((tag) => tags.indexOf(tag));
    for (let i = 0; i < 2000; i++) {
      const expected = (i * 7919) % tags.length;
      read(`Nov 20 18:27:13 mx1 ${tags[expected]}[${i}]: x`, header);
      expect(header.tagNumber).toBe(expected);
    }
  });
});

describe('no usable header', () => {
  test.each([
    ['', 'no header'],
    ['\0\0\0\0', 'no header'],
    ['connect from a[192.0.2.1]', 'no header'],
    ['Nov 20 18:27:13', 'no header'],
    ['Nov 20 18:27', 'no header'],
    ['Nov 20 18:27:13mx1 x', 'no header'],
    ['Nov xx 18:27:13 mx1 x', 'no header'],
    ['Nox 20 18:27:13 mx1 x', 'no header'],
    ['2026-11-20', 'no header'],
    ['2026-11-20T18:27:13+1 mx1 x', 'no header'],
    ['20xx-11-20T18:27:13Z mx1 x', 'no header'],
    ['<22>', 'no header'],
    ['Nov 31 18:27:13 mx1 x', 'no such time'],
    ['Feb 30 18:27:13 mx1 x', 'no such time'],
    ['Nov 00 18:27:13 mx1 x', 'no such time'],
    ['Nov 20 24:00:00 mx1 x', 'no such time'],
    ['Nov 20 23:60:00 mx1 x', 'no such time'],
    ['Nov 20 23:00:61 mx1 x', 'no such time'],
    ['2026-13-20T18:27:13Z mx1 x', 'no such time'],
    ['2027-02-29T18:27:13Z mx1 x', 'no such time'],
    ['0000-01-01T00:00:00Z mx1 x', 'no such time'],
    ['2026-11-20T18:27:13+24:00 mx1 x', 'no such time'],
    ['Feb 29 18:27:13 2027 mx1 x', 'no such time'],
  ])('%j', (line, reason) => {
    expect(read(line)).toEqual({ reason });
  });

  test('a line may end at the end of the bytes', () => {
    const whole = '<22>1 2026-11-20T18:27:13.5+01:00 mx1 postfix 19832 - [a b="c"] text';
    const header = new SyslogHeader();
    for (let length = 0; length <= whole.length; length++) {
      const bytes = Buffer.from(whole.slice(0, length));
      const ok = header.read(bytes, 0, bytes.length);
      expect(ok).toBe(header.reason === '');
      expect(!ok || header.textStart <= header.end).toBe(true);
    }
  });
});

// Goal: what is remembered from the line before never shows in the result.
// Method: the same lines in one instance, in any order, and each in a fresh one.
test('memory changes nothing', () => {
  const lines = [
    `Nov 20 18:27:13 ${TAIL}`,
    `Nov 20 18:27:14 ${TAIL}`,
    `Nov 20 18:27:13 mx10 postfix/smtpd[7]: x`,
    `Nov 20 18:27:13 mx postfix-out/qmgr[7]: x`,
    `2026-11-20T18:27:13.049295+01:00 ${TAIL}`,
    `2026-11-20T18:27:13.049295+02:00 ${TAIL}`,
    `2026-11-20T18:27:13 ${TAIL}`,
    `<22>1 2026-11-20T18:27:13Z mx1 postfix 19832 - - x`,
    `Nov 31 18:27:13 ${TAIL}`,
    'no header',
    `Fri Nov 20 18:27:13 2026 ${TAIL}`,
  ];
  const header = new SyslogHeader();
  for (const a of lines) {
    for (const b of lines) {
      read(a, header);
      expect(read(b, header), `${a} then ${b}`).toEqual(read(b));
    }
  }
});

test('stampChanged and hostChanged compare with the line before', () => {
  const header = new SyslogHeader();
  const changes = ['13 mx1', '13 mx1', '14 mx1', '14 mx2', '14 mx2'].map((rest) => {
    read(`Nov 20 18:27:${rest} postfix/smtpd[1]: x`, header);
    return [header.stampChanged, header.hostChanged];
  });
  expect(changes).toEqual([
    [true, true],
    [false, false],
    [true, false],
    [false, true],
    [false, false],
  ]);
});
