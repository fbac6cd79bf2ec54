import { describe, expect, test } from 'vitest';
import { createSyslogParser } from '../../../../src/input/syslog/parser.ts';
import { LINE } from '../../../../src/input/port.ts';
import { EventBatch } from '../../../../src/model/event-batch.ts';
import { ALL_NEEDS } from '../../../../src/model/event.ts';
import { Vocabulary } from '../../../../src/model/vocabulary.ts';
import { BERLIN_2026, parsePostfix, rowOf } from '../event-rows.ts';

const FAILURE = 'warning: a[192.0.2.7]: SASL LOGIN authentication failed: x';

describe('message repeated N times', () => {
  const of = (text: string): ReturnType<typeof parsePostfix> =>
    parsePostfix(`Nov 20 18:27:13 mx1 postfix/smtpd[1]: ${text}`);

  test('counts N times', () => {
    const { rows, classes } = of(`message repeated 3 times: [ ${FAILURE}]`);
    expect(classes).toEqual([1, 0, 0]);
    expect(rows).toHaveLength(3);
    expect(rows[2]).toEqual(rows[0]);
    expect(rows[0]).toMatchObject({ kind: 'auth_failure', ip: '192.0.2.7', reason: 'x' });
  });

  test('the last bracket is not the text', () => {
    expect(of('message repeated 2 times: [ connect from a[192.0.2.7]]').rows).toMatchObject([
      { kind: 'connect', ip: '192.0.2.7' },
      { kind: 'connect', ip: '192.0.2.7' },
    ]);
  });

  test.each([
    ['message repeated 2 times: [ lost connection]', [0, 1, 0]],
    [`message repeated 2 times: ${FAILURE}`, [0, 1, 0]],
    ['message repeated x times: [ connect from a[192.0.2.7]]', [0, 1, 0]],
    ['message repeated 2 times: [ connect from a]', [0, 0, 1]],
  ])('%s', (text, classes) => {
    expect(of(text).classes).toEqual(classes);
  });

  test('two rows stay side by side', () => {
    const kinds = parsePostfix(
      'Nov 20 18:27:13 mx1 postfix/postscreen[1]: message repeated 2 times: [ DISCONNECT [192.0.2.7]:1]',
    ).rows.map((row) => row['kind']);
    expect(kinds).toEqual(['connect', 'disconnect', 'connect', 'disconnect']);
  });
});

describe('last message repeated N times', () => {
  const line = `Nov 20 18:27:13 mx1 postfix/smtpd[1]: ${FAILURE}`;
  const repeated = 'Nov 20 18:28:00 mx1 last message repeated 2 times';

  test('counts the line before it N times more, at its own time', () => {
    const { rows, classes } = parsePostfix([line, repeated, repeated].join('\n'));
    expect(classes).toEqual([3, 0, 0]);
    expect(rows.map((row) => [row['time'], row['line'], row['ip'], row['session']])).toEqual([
      ['2026-11-20T17:27:13Z', 1, '192.0.2.7', 'postfix/smtpd[1]'],
      ...[2, 2, 3, 3].map((number) => [
        '2026-11-20T17:28:00Z',
        number,
        '192.0.2.7',
        'postfix/smtpd[1]',
      ]),
    ]);
  });

  test.each([
    ['nothing before it', [repeated], [0, 0, 1]],
    ['another host', [line, repeated.replace('mx1', 'mx2')], [1, 0, 1]],
    ['an irrelevant line', ['Nov 20 18:27:13 mx1 sshd[1]: x', repeated], [0, 2, 0]],
    ['a line without tag', ['Nov 20 18:27:13 mx1 x', repeated], [0, 2, 0]],
    ['a line without header', [line, 'x', repeated], [1, 0, 2]],
    ['an unparsed line', [line.replace('192.0.2.7', 'y'), repeated], [0, 0, 2]],
  ])('%s', (_, lines, classes) => {
    expect(parsePostfix(lines.join('\n')).classes).toEqual(classes);
  });

  // Goal: the repeated line is found when its block has rolled away.
  // Method: move the kept bytes to the front of another buffer, as a block reader does.
  test('across blocks', () => {
    const vocabulary = new Vocabulary();
    const parser = createSyslogParser({ vocabulary, dater: BERLIN_2026, needs: ALL_NEEDS });
    const first = Buffer.from(`${'x'.repeat(50)}\n${line}\n`);
    expect(parser.carryFrom).toBe(-1);
    parser.parseLine(new EventBatch(vocabulary, first), 51, first.length - 1, 1);
    expect(parser.carryFrom).toBe(51);

    const second = Buffer.from(`${line}\n${repeated}\n`);
    const batch = new EventBatch(vocabulary, second);
    parser.rebase?.(51);
    expect(parser.parseLine(batch, line.length + 1, second.length - 1, 2)).toBe(LINE.event);
    expect(batch.rows).toBe(2);
    expect(rowOf(batch, 1)).toMatchObject({
      ip: '192.0.2.7',
      session: 'postfix/smtpd[1]',
      line: 2,
    });
  });
});
