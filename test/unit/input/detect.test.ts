import { describe, expect, it } from 'vitest';
import { detectFormat, isConverted } from '../../../src/input/detect.ts';
import { EVENT_COLUMNS } from '../../../src/model/event.ts';

const detect = (text: string, timeColumn?: string): unknown =>
  detectFormat(Buffer.from(text), timeColumn);

describe('detecting formats', () => {
  it.each([
    'Nov 20 18:27:13 mx1 postfix/smtpd[1]: connect from x[192.0.2.1]\n',
    '<22>1 2026-11-20T18:27:13+01:00 mx1 postfix 1 - - x\n',
    'cut off\n\nJan 01 00:00:14 mx1 postfix/qmgr[1]: x',
  ])('syslog: %s', (text) => {
    expect(detect(text)).toEqual({ dialect: 'syslog' });
  });

  it.each([
    '2026-11-20 18:44:04 1xUSRj-000000006be-0n1w Completed\n',
    '2026-11-20 18:44:04.565 +0100 [7] SMTP connection from [192.0.2.7] (TCP/IP connection count = 1)',
    '  Subject: torn\n2026-11-20 18:44:04 H=[192.0.2.7] Warning: x\n',
    '2026-11-20 18:44:04 a authenticator failed for [192.0.2.7]: 535 x\n',
  ])('Exim: %s', (text) => {
    expect(detect(text)).toMatchObject({ dialect: 'exim' });
  });

  it('a stamp like that of Exim before the text of another is a syslog', () => {
    const text = '2026-11-20 18:44:04 mx1 postfix/smtpd[1]: connect from x[192.0.2.1]\n';
    expect(detect(text)).toEqual({ dialect: 'syslog' });
  });

  it('delimited headers with a time column', () => {
    expect(detect('time,kind,ip\n')).toEqual({
      dialect: 'csv',
      delimiter: ',',
      header: ['time', 'kind', 'ip'],
    });
    expect(detect('\ufeffip;"Time"\r\n1;2')).toMatchObject({
      delimiter: ';',
      header: ['ip', 'Time'],
    });
    expect(detect('a,b\ttime\n')).toMatchObject({ delimiter: '\t', header: ['a,b', 'time'] });
    expect(detect('ts|ip\n', 'ts')).toMatchObject({ delimiter: '|' });
    expect(detect('ts|ip\n')).toBeUndefined();
  });

  it.each(['', '\n', 'time flies\n', '[1]\n', '\u0000\u0001\u0002'])('nothing: %j', (text) => {
    expect(detect(text)).toBeUndefined();
  });

  it.each([
    ['ndjson', '{"time":1}\n{"x":2}\n'],
    ['ndjson', ' {"ts":1,"client":{"addr":"192.0.2.1"}}\r\n'],
  ])('%s: %j', (dialect, text) => {
    expect(detect(text)).toMatchObject({ dialect });
  });

  it('knows its own output', () => {
    expect(isConverted(Buffer.from(`${EVENT_COLUMNS.join(',')}\r\nx`))).toBe(true);
    expect(isConverted(Buffer.from(`${EVENT_COLUMNS.join(',')},more\n`))).toBe(false);
  });

  it.each([
    [true, '{"time":"2026-11-20T17:27:13Z","kind":"connect","ip":"192.0.2.7","file":"m","line":1}'],
    [true, '{"time":"2026-11-20T17:27:13Z","kind":"clock"}'],
    [false, '{"time":"2026-11-20T17:27:13Z","kind":"connect"}'],
    [false, '{"time":"2026-11-20T17:27:13Z","kind":"connect","line":1,"file":"m"}'],
    [false, '{"time":"2026-11-20T17:27:13Z","kind":"connect","file":"m","line":1,"x":2}'],
    [false, '{"time":1,"kind":'],
  ])('knows its own NDJSON: %s %s', (converted, line) => {
    expect(isConverted(Buffer.from(`${line}\n`))).toBe(converted);
  });
});
