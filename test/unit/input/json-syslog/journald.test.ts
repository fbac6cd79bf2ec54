import { describe, expect, it } from 'vitest';
import { detectFormat } from '../../../../src/input/detect.ts';
import {
  createJournaldParser,
  JOURNAL_EXPORT,
  JOURNALD,
} from '../../../../src/input/json-syslog/journald.ts';
import { UserError } from '../../../../src/model/errors.ts';
import { ALL_NEEDS } from '../../../../src/model/event.ts';
import { Vocabulary } from '../../../../src/model/vocabulary.ts';
import { EventBatch } from '../../../../src/model/event-batch.ts';
import { journald } from '../../../builders/enclosed-lines.ts';
import { tally } from '../../../e2e/run-hindcast.ts';
import { type EventRow, fixture, parsePostfix, parseText } from '../event-rows.ts';

const CONNECT = {
  MESSAGE: 'connect from x.example[192.0.2.7]',
  SYSLOG_IDENTIFIER: 'postfix/smtpd',
  SYSLOG_PID: '19832',
  _PID: '7',
  _HOSTNAME: 'mx1',
  _SOURCE_REALTIME_TIMESTAMP: '1795197453085429',
  __REALTIME_TIMESTAMP: '1795197453999999',
};
const EVENT = {
  time: '2026-11-20T17:57:33.085Z',
  kind: 'connect',
  ip: '192.0.2.7',
  node: 'mx1',
  listener: 'postfix',
  session: 'postfix/smtpd[19832]',
  phase: 'connect',
  line: 1,
};
type Fields = Readonly<Record<string, unknown>>;
const record = (changes: Fields): string => JSON.stringify({ ...CONNECT, ...changes });
const bytesOf = (text: string): number[] => [...Buffer.from(text, 'latin1')];

/** The event of one record, or the reason why it is unparsed, or `irrelevant`. */
function outcomeOf(text: string): EventRow | string {
  const { rows, classes, reasons } = parseText(journald, text);
  if (classes[2] > 0) return reasons[0];
  return classes[0] > 0 ? rows[0] : 'irrelevant';
}

describe('records', () => {
  it.each<[string, Fields, Fields]>([
    ['as they come', {}, {}],
    [
      'time of receipt',
      { _SOURCE_REALTIME_TIMESTAMP: undefined },
      { time: '2026-11-20T17:57:33.999Z' },
    ],
    ['time as number', { _SOURCE_REALTIME_TIMESTAMP: 1795197453085429 }, {}],
    ['pid of the process', { SYSLOG_PID: undefined }, { session: 'postfix/smtpd[7]' }],
    ['no pid', { SYSLOG_PID: undefined, _PID: undefined }, { session: undefined }],
    ['no host', { _HOSTNAME: undefined }, { node: undefined }],
    [
      'fields that came twice',
      {
        SYSLOG_IDENTIFIER: ['postfix/smtpd', 'x'],
        SYSLOG_PID: ['19832', '1'],
        _HOSTNAME: ['mx1', 'mx2'],
      },
      {},
    ],
    ['two messages', { MESSAGE: [CONNECT.MESSAGE, 'connect from y[192.0.2.8]'] }, {}],
    ['two messages, escaped', { MESSAGE: ['connect from "[192.0.2.9]', 'x'] }, { ip: '192.0.2.9' }],
    ['bytes', { MESSAGE: bytesOf('connect from \xe4.example[192.0.2.8]') }, { ip: '192.0.2.8' }],
    [
      'bytes in a text',
      {
        MESSAGE: bytesOf(
          'NOQUEUE: reject: MAIL from x[192.0.2.7]: 550 5.1.1 <\xe4>: no; from=<\xe4> proto=SMTP',
        ),
      },
      {
        kind: 'rejection',
        phase: 'mailfrom',
        code: 550,
        enhanced: '5.1.1',
        sender: '\\xe4',
        verdict: 'rejected',
        reason: '<\\xe4>: no',
      },
    ],
    ['a cut identifier', { SYSLOG_IDENTIFIER: 'postfix' }, { session: 'postfix[19832]' }],
    [
      'another instance',
      { SYSLOG_IDENTIFIER: 'postfix-out/smtps/smtpd' },
      { listener: 'postfix-out/smtps', session: 'postfix-out/smtps/smtpd[19832]' },
    ],
  ])('%s', (_name, changes, differs) => {
    const event: Record<string, unknown> = { ...EVENT, ...differs };
    for (const name in event) if (event[name] === undefined) delete event[name];
    expect(outcomeOf(record(changes))).toEqual(event);
  });

  it.each<[string, Fields]>([
    ['no text', { MESSAGE: null }],
    ['no text', { MESSAGE: undefined }],
    ['no text', { MESSAGE: [] }],
    ['text cannot be read', { MESSAGE: [99, 300] }],
    ['text cannot be read', { MESSAGE: [[99], [100]] }],
    ['no peer', { MESSAGE: 'connect from nobody' }],
    ['no time stamp', { _SOURCE_REALTIME_TIMESTAMP: undefined, __REALTIME_TIMESTAMP: undefined }],
    ['no time stamp', { _SOURCE_REALTIME_TIMESTAMP: 'soon', __REALTIME_TIMESTAMP: '12' }],
    ['irrelevant', { SYSLOG_IDENTIFIER: 'cron', MESSAGE: null }],
    ['irrelevant', { SYSLOG_IDENTIFIER: undefined }],
    ['irrelevant', { SYSLOG_IDENTIFIER: [112, 111] }],
    ['irrelevant', { MESSAGE: 'connection cache size limit' }],
  ])('%s: %j', (outcome, changes) => {
    expect(outcomeOf(record(changes))).toBe(outcome);
  });

  it.each(['', '{', 'Nov 20 18:27:13 mx1 postfix/smtpd[1]: x', '[]', `${record({})}x`])(
    'no JSON: %s',
    (text) => {
      expect(outcomeOf(text === '' ? '\n' : text)).toBe('not JSON');
    },
  );

  it('the record is the line of its event, also where its text was decoded', () => {
    const text = record({ MESSAGE: 'connect from "x"/y[192.0.2.7]' });
    const vocabulary = new Vocabulary();
    const batch = new EventBatch(vocabulary, Buffer.from(`\x1e${text}\n`));
    const parser = createJournaldParser({ vocabulary, needs: ALL_NEEDS, node: 'mx9' });
    expect(parser.dialect).toBe('journald');
    expect(parser.parseLine(batch, 0, text.length + 1, 1)).toBe(0);
    expect(batch.lineText(0)).toBe(`\x1e${text}`);
    expect(vocabulary.nodes.name(batch.node[0])).toBe('mx9');
    expect(parser.dialect).toBe('postfix');
  });
});

it.each(['Nov 20 18:57:33', '2026-11-20T18:57:33+01:00', '2026-11-20T18:57:33+0100'])(
  'the forms of -o short are a syslog: %s',
  (stamp) => {
    const text = `${stamp} mx1 postfix/smtpd[19832]: ${CONNECT.MESSAGE}\n`;
    expect(detectFormat(Buffer.from(text))).toEqual({ dialect: 'syslog' });
    expect(parsePostfix(text).rows).toEqual([{ ...EVENT, time: '2026-11-20T17:57:33Z' }]);
  },
);

describe('a record that comes twice', () => {
  const at = (id: string, number: number): string =>
    record({ __CURSOR: `s=${id};i=${number.toString(16)};b=3c06;m=f1;t=660b;x=6aa9` });
  const kept = (...cursors: string[]): readonly number[] =>
    parseText(journald, cursors.join('\n')).rows.map((row) => Number(row['line']));

  it('counts once', () => {
    expect(kept(at('a', 1), at('a', 2), at('a', 2), at('a', 3), at('a', 1))).toEqual([1, 2, 4]);
  });
  it('of two journals is two', () => {
    expect(kept(at('a', 1), at('b', 1), at('a', 1), at('b', 4096), at('b', 4096))).toEqual([
      1, 2, 4,
    ]);
  });
  it('may come in any order, far apart', () => {
    expect(kept(at('a', 9000), at('a', 5), at('a', 2 ** 39), at('a', 9000))).toEqual([1, 2, 3]);
  });
  it.each(['', 's=a', 's=a;i=', 's=a;i=xyz;', 's=a;b=1;', 's=a;i=fffffffffffff'])(
    'is not known without a number: %j',
    (cursor) => {
      const text = record({ __CURSOR: cursor });
      expect(kept(text, text)).toEqual([1, 2]);
    },
  );
});

describe('the recording', () => {
  const { rows, classes } = parseText(journald, fixture('journald/journal.json.gz'));
  const screened = (row: EventRow): boolean => String(row['session'] ?? '').startsWith('[');
  const smtpd = rows.filter((row) => !screened(row));

  it('has the counted numbers', () => {
    expect(classes[0] + classes[1]).toBe(1500);
    expect(tally(smtpd.map((row) => String(row['kind'])))).toMatchObject({
      connect: 117,
      disconnect: 110,
      // 134 of smtpd, 2 of cleanup
      rejection: 136,
      transaction: 67,
      auth_failure: 14,
    });
    expect(rows.filter((row) => /^192\.0\.2\.9[789]$/.test(String(row['ip'])))).toEqual([]);
  });

  it('counts once when its end is there again', () => {
    const text = fixture('journald/journal.json.gz').toString();
    const again = text.split('\n').slice(-400).join('\n');
    expect(parseText(journald, text + again).rows).toEqual(rows);
  });
});

describe('detection', () => {
  it.each([record({}), `\x1e${record({})}`])('of a record', (text) => {
    expect(detectFormat(Buffer.from(`${text}\n`))).toBe(JOURNALD);
  });
  it('of no field inside of a text', () => {
    const text = JSON.stringify({ message: '{"__CURSOR":"s=1"}', __CURSOR2: 1 });
    expect(detectFormat(Buffer.from(`${text}\n`))?.dialect).not.toBe('journald');
  });
  it('of the export format, which is refused with the way out', () => {
    const head = Buffer.from(
      '__CURSOR=s=1;i=2\n__REALTIME_TIMESTAMP=1795197453085429\nPRIORITY=6\n',
    );
    const format = detectFormat(head);
    expect(format).toBe(JOURNAL_EXPORT);
    const open = (): unknown => JOURNAL_EXPORT.createParser({ name: 'x.export' } as never);
    expect(open).toThrow(UserError);
    expect(open).toThrow("'x.export' is a journal in the export format, which is not read");
  });
});
