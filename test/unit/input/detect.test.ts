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

  it.each(['', '\n', 'time flies\n', '{"time":1}\n', '\u0000\u0001\u0002'])(
    'nothing: %j',
    (text) => {
      expect(detect(text)).toBeUndefined();
    },
  );

  it('knows its own output', () => {
    expect(isConverted(Buffer.from(`${EVENT_COLUMNS.join(',')}\r\nx`))).toBe(true);
    expect(isConverted(Buffer.from(`${EVENT_COLUMNS.join(',')},more\n`))).toBe(false);
  });
});
