import { describe, expect, it, test } from 'vitest';
import { fixture, type EventRow } from '../event-rows.ts';
import { parseExchange, receiveLog, RECEIVE_HEADER, TIME, trackingLog } from './parsing.ts';

/** Events of a tracked record with these columns. */
function tracked(columns: Readonly<Record<string, string>>): readonly EventRow[] {
  const { rows } = parseExchange(trackingLog(columns));
  return rows.map(({ line: _line, time: _time, ...rest }) => rest);
}

const RECEIVE = { source: 'SMTP', 'event-id': 'RECEIVE' };

describe('message tracking', () => {
  it('reads a reception', () => {
    const columns = {
      'client-ip': '192.0.2.10',
      'client-hostname': 'mail.x.example',
      'server-hostname': 'MX1',
      'source-context': '08DE2A0000000001;2026-11-20T19:30:00.500Z;0',
      'connector-id': String.raw`MX1\Default MX1`,
      ...RECEIVE,
      'internal-message-id': '4294967297',
      'recipient-address': 'a@example.com;b@example.com',
      'total-bytes': '5140',
      'recipient-count': '2',
      'message-subject': 'a "b", c',
      'sender-address': 'header@x.example',
      'return-path': 'news@x.example',
    };
    expect(tracked(columns)).toEqual([
      {
        kind: 'reception',
        ip: '192.0.2.10',
        node: 'MX1',
        listener: String.raw`MX1\Default MX1`,
        verdict: 'accepted',
        size: 5140,
        recipients: 2,
        session: '08DE2A0000000001',
        queue_id: '4294967297',
        sender: 'news@x.example',
        recipient: 'a@example.com',
        helo: 'mail.x.example',
      },
    ]);
  });

  it.each([
    ['the one who connected', { 'client-ip': '192.0.2.1' }, '192.0.2.1', 'h'],
    [
      'an address of its own',
      { 'client-ip': '192.0.2.1', 'original-client-ip': '192.0.2.1' },
      '192.0.2.1',
      'h',
    ],
    [
      'who stood behind a front end',
      { 'client-ip': '192.0.2.3', 'original-client-ip': '2001:db8::1' },
      '2001:db8::1',
      undefined,
    ],
    [
      'what the front end says first',
      {
        'client-ip': '192.0.2.3',
        'custom-data': 'S:ProxyHop1=FE;S:ProxiedClientIPAddress=192.0.2.1;S:x=1',
      },
      '192.0.2.1',
      undefined,
    ],
    [
      'nobody behind words of a client',
      {
        'client-ip': '192.0.2.3',
        'custom-data': 'S:ProxiedClientHostname=x;S:ProxiedClientIPAddress=192.0.2.99',
      },
      '192.0.2.3',
      'h',
    ],
    ['nobody', { 'client-ip': '' }, undefined, 'h'],
  ])('blames %s', (_, columns, ip, helo) => {
    const [event] = tracked({ 'client-hostname': 'h', ...RECEIVE, ...columns });
    expect([event['ip'], event['helo']]).toEqual([ip, helo]);
  });

  it.each([
    ['DELIVER', 'delivery'],
    ['SEND', 'delivery'],
    ['SENDEXTERNAL', 'delivery'],
    ['FAIL', 'bounce'],
    ['DEFER', 'deferral'],
  ])('reads %s as %s, one for each recipient', (event, kind) => {
    const rows = tracked({
      'client-hostname': 'MX1',
      'server-hostname': 'mx.partner.example',
      source: 'SMTP',
      'event-id': event,
      'internal-message-id': '7',
      'recipient-address': 'a@example.com;b@example.com',
      'recipient-status': '550 5.1.1 no such user;{LED=451 4.4.0 later}',
      'return-path': '<>',
    });
    const shared = { kind, node: 'MX1', queue_id: '7' };
    expect(rows).toEqual([
      {
        ...shared,
        recipient: 'a@example.com',
        code: 550,
        enhanced: '5.1.1',
        reason: '550 5.1.1 no such user',
      },
      {
        ...shared,
        recipient: 'b@example.com',
        code: 451,
        enhanced: '4.4.0',
        reason: '451 4.4.0 later',
      },
    ]);
  });

  it('gives a status to all where it is not one for each', () => {
    const rows = tracked({
      source: 'SMTP',
      'event-id': 'FAIL',
      'recipient-address': 'a@example.com;b@example.com',
      'recipient-status': '550 no; 2; 3',
    });
    expect(rows.map(({ code }) => code)).toEqual([550, 550]);
  });

  it.each(['HARECEIVE', 'SUBMIT', 'EXPAND', 'AGENTINFO', 'DSN'])('passes over %s', (event) => {
    expect(tracked({ 'client-ip': '192.0.2.1', source: 'SMTP', 'event-id': event })).toEqual([]);
  });

  it('passes over what a mailbox sent', () => {
    expect(
      tracked({ 'client-ip': '192.0.2.1', source: 'STOREDRIVER', 'event-id': 'RECEIVE' }),
    ).toEqual([]);
  });

  it('finds columns by the names that hold from there on', () => {
    const text =
      trackingLog({ 'client-ip': '192.0.2.1', ...RECEIVE }) +
      trackingLog({ ...RECEIVE, 'return-path': 'a@x.example', 'client-ip': '192.0.2.2' });
    expect(parseExchange(text).rows.map(({ ip, sender }) => [ip, sender])).toEqual([
      ['192.0.2.1', undefined],
      ['192.0.2.2', 'a@x.example'],
    ]);
  });

  it.each([
    ['a peer that is no address', { 'client-ip': 'mail' }, 'peer cannot be read'],
    [
      'an origin that is no address',
      { 'original-client-ip': 'x', 'client-ip': '192.0.2.1' },
      'peer cannot be read',
    ],
  ])('cannot read %s', (_, columns, reason) => {
    expect(parseExchange(trackingLog({ ...RECEIVE, ...columns })).reasons).toEqual([reason]);
  });

  it('says what is wrong with a record', () => {
    const header = trackingLog({ 'client-ip': '192.0.2.1', ...RECEIVE });
    const text = `x\n${header}${TIME},192.0.2.1,SMTP\n${TIME},"192.0.2.1,SMTP,RECEIVE\nnever,1,SMTP,RECEIVE\n`;
    expect(parseExchange(text).reasons).toEqual([
      'no column names before',
      'wrong number of fields',
      'quotes do not match',
      'no time stamp',
    ]);
  });
});

describe('receive protocol log', () => {
  const peer = '192.0.2.10:42601';
  const events = (...said: readonly (readonly [string, string])[]): readonly EventRow[] => {
    const records = said.map(([event, data]) => ['S1', peer, event, data] as const);
    return parseExchange(receiveLog(records)).rows;
  };

  it('reads a session', () => {
    const rows = events(['+', ''], ['>', '220 ready'], ['-', '']);
    const shared = { time: TIME, ip: '192.0.2.10', node: 'MX1', session: 'S1' };
    const listener = String.raw`MX1\Default MX1`;
    expect(rows).toEqual([
      { ...shared, kind: 'connect', listener, phase: 'connect', line: 3 },
      { ...shared, kind: 'disconnect', listener, line: 5 },
    ]);
  });

  it.each([
    ['a greeting', [], '421 4.3.2 busy', 'connect'],
    ['EHLO', ['EHLO x'], '501 5.5.4 bad', 'ehlo'],
    ['mail', ['ehlo x', 'mail from:<a@x.example>'], '550 5.7.1 no', 'mailfrom'],
    ['RCPT', ['RCPT TO:<b@example.com>'], '550 5.1.1 no', 'rcptto'],
    ['DATA', ['DATA'], '554 no', 'data'],
    ['BDAT', ['BDAT 86 LAST'], '552 5.3.4 too big', 'data'],
    ['VRFY', ['VRFY x'], '252', undefined],
    ['another command', ['FOO'], '500 5.3.3 unrecognized', undefined],
    ['a longer word', ['MAILX'], '500 5.3.3 unrecognized', undefined],
    ['AUTH', ['AUTH GSSAPI'], '504 5.7.4 unrecognized', undefined],
  ])('knows the phase of a refusal of %s', (_, commands, answer, phase) => {
    const said = commands.map((command) => ['<', command] as const);
    const rows = events(['+', ''], ...said, ['>', answer]).slice(1);
    expect(rows.map((row) => row['phase'])).toEqual(answer === '252' ? [] : [phase]);
  });

  it('knows the command behind a go-ahead, and none behind an answer', () => {
    const rows = events(
      ['<', 'DATA'],
      ['>', '354 go'],
      ['>', '554 5.6.0 no'],
      ['>', '451 4.7.0 timeout'],
    );
    expect(rows.map(({ phase, code }) => [phase, code])).toEqual([
      ['data', 554],
      [undefined, 451],
    ]);
  });

  it('keeps the words of each session apart', () => {
    const other = '[2001:db8::9]:1';
    const { rows } = parseExchange(
      receiveLog([
        ['S1', peer, '<', 'EHLO one'],
        ['S2', other, '<', 'EHLO two'],
        ['S1', peer, '<', 'MAIL FROM:<"a>b"@x.example> SIZE=1'],
        ['S2', other, '<', 'RCPT TO:<b@example.com>'],
        ['S1', peer, '>', '550 no'],
        ['S2', other, '>', '450-first'],
        ['S2', other, '>', '450 later'],
      ]),
    );
    expect(
      rows.map(({ ip, helo, sender, recipient, code }) => [ip, helo, sender, recipient, code]),
    ).toEqual([
      ['192.0.2.10', 'one', '"a>b"@x.example', undefined, 550],
      ['2001:db8::9', 'two', undefined, 'b@example.com', 450],
    ]);
  });

  it('reads authentications', () => {
    const rows = events(
      ['<', 'AUTH LOGIN'],
      ['>', '334 <authentication response>'],
      ['>', '535 5.7.3 no'],
      ['<', 'auth plain'],
      ['>', '235 2.7.0 yes'],
    );
    expect(rows.map(({ kind, phase, code }) => [kind, phase, code])).toEqual([
      ['auth_failure', 'ehlo', 535],
      ['auth_success', 'ehlo', undefined],
    ]);
  });

  it('cannot read a record whose peer is none', () => {
    const log = receiveLog([['S1', 'somewhere', '+', '']]);
    expect(parseExchange(log).reasons).toEqual(['peer cannot be read']);
    expect(parseExchange(`${RECEIVE_HEADER}${TIME},a,b\n`).reasons).toEqual(['too few fields']);
  });

  it('has no event of a send connector', () => {
    const log = receiveLog([['S1', peer, '+', '']]).replace('Receive', 'Send');
    expect(parseExchange(log).classes).toEqual([0, 3, 0]);
  });
});

test('no record of the fixtures is unparsed', () => {
  const logs = ['MSGTRK2026112019-1', 'RECV2026112019-1', 'SEND2026112019-1'];
  const parsed = logs.map((log) => parseExchange(fixture(`exchange/${log}.LOG`).subarray(0)));
  expect(parsed.map(({ classes }) => classes[2])).toEqual([1, 0, 0]);
});
