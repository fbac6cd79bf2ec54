import { describe, expect, test } from 'vitest';
import { eventOf, outcomeOf, parsePostfix } from '../event-rows.ts';

const SID = '612cfde9a8364b17';
const event = (text: string): ReturnType<typeof eventOf> => eventOf(`smtpd[7]: ${SID} ${text}`);
const outcome = (text: string): string => outcomeOf(`smtpd[7]: ${SID} ${text}`);
const rowsOf = (...texts: string[]): ReturnType<typeof parsePostfix>['rows'] =>
  parsePostfix(texts.map((text) => `Nov 20 18:27:13 mx1 smtpd[7]: ${SID} ${text}`).join('\n')).rows;
const OF = { listener: 'smtpd', session: SID };

describe('sessions', () => {
  test.each([
    ['192.0.2.7', { ip: '192.0.2.7' }],
    ['[2001:db8:7:2::1]', { ip: '2001:db8:7:2::1' }],
    ['local', {}],
  ])('connected address=%s', (address, ip) => {
    expect(event(`smtp connected address=${address} host=client.example`)).toEqual({
      kind: 'connect',
      phase: 'connect',
      ...OF,
      ...ip,
    });
  });

  test.each([
    ['smtp connected address=elsewhere host=x', 'peer cannot be read'],
    ['smtp tls ciphers=TLSv1.3:TLS_AES_256_GCM_SHA384:256', 'irrelevant'],
    ['mta connecting address=smtp://192.0.2.7:25 host=x', 'irrelevant'],
  ])('%s: %s', (text, expected) => {
    expect(outcome(text)).toBe(expected);
  });

  test('ends', () => {
    expect(event('smtp disconnected reason=quit')).toEqual({ kind: 'disconnect', ...OF });
    expect(event('smtp disconnected reason="io-error: Connection reset"')).toEqual({
      kind: 'disconnect',
      ...OF,
    });
    expect(eventOf('smtpd[7]: info: OpenSMTPD 7.6.0-portable starting')).toEqual({
      kind: 'restart',
      listener: 'smtpd',
    });
  });

  test('the client that a proxy names is that of the lines behind it', () => {
    const rows = rowsOf(
      'smtp connected address=192.0.2.110 host=proxy.example',
      'smtp event=proxy address=192.0.2.7',
      'smtp failed-command command="RCPT TO:<r>" result="550 no"',
      'smtp disconnected reason=quit',
      'smtp bad-input result="500 5.5.1 no"',
    );
    expect(rows.map((row) => row['ip'])).toEqual([
      '192.0.2.110',
      '192.0.2.7',
      '192.0.2.7',
      undefined,
    ]);
  });

  test('a connect behind the line of a proxy names the client itself', () => {
    const rows = rowsOf(
      'smtp event=proxy address=192.0.2.110',
      'smtp connected address=192.0.2.7 host=x',
      'smtp bad-input result="500 5.5.1 no"',
    );
    expect(rows.map((row) => row['ip'])).toEqual(['192.0.2.7', undefined]);
  });
});

describe('messages', () => {
  const message = 'smtp message msgid=209d98c1 size=623 nrcpt=2 proto=ESMTP';
  const envelope = 'smtp envelope evpid=209d98c14bdde04c from=<s@a.example> to=<r@b.example>';

  test('the first envelope is the reception', () => {
    expect(rowsOf(message, envelope, envelope.replace('4bdde04c', '6f3f91e9'))).toEqual([
      expect.objectContaining({
        kind: 'reception',
        ...OF,
        queue_id: '209d98c1',
        sender: 's@a.example',
        size: 623,
        recipients: 2,
        line: 2,
      }),
    ]);
  });

  test('the line of the message lies before the file', () => {
    const rows = rowsOf(envelope, envelope);
    expect(rows).toHaveLength(1);
    expect(rows[0]).not.toHaveProperty('size');
  });

  test.each([
    ['smtp message msgid=209d98c1 nrcpt=2', 'no message size'],
    ['smtp message msgid=209d98c1 size=x nrcpt=2', 'no message size'],
    ['smtp message msgid=209d98c1 size=1 proto=ESMTP', 'no recipient count'],
    ['smtp envelope evpid=209d98c14bdde04c', 'envelope without sender'],
    ['smtp envelope evpid=2 from=<s> to=<r>', 'envelope without id'],
  ])('%s: %s', (text, expected) => {
    expect(outcome(text)).toBe(expected);
  });

  test.each([
    ['mta', 'result="Ok" stat="250 2.0.0 Ok: queued"', 'delivery', 250],
    ['mta', 'result="TempFail" stat="451 4.3.0 later"', 'deferral', 451],
    ['mta', 'result="PermFail" stat="550 5.1.1 no result="Ok" stat="250 2.0.0 y""', 'bounce', 550],
    ['mda', 'result=Ok stat=Delivered', 'delivery', undefined],
  ])('%s delivery %s', (agent, result, kind, code) => {
    const line = `${agent} delivery evpid=209d98c14bdde04c from=<s@a.example> to=<r@b.example> rcpt=<-> source="192.0.2.80" relay="192.0.2.25 (mx.b.example)" delay=11m29s ${result}`;
    expect(event(line)).toMatchObject({
      kind,
      queue_id: '209d98c1',
      sender: 's@a.example',
      recipient: 'r@b.example',
      ...(code !== undefined && { code }),
    });
  });

  test('a delivery without result', () => {
    expect(outcome('mta delivery evpid=209d98c14bdde04c from=<s> to=<r>')).toBe(
      'no delivery status',
    );
  });
});

describe('refusals', () => {
  const rejection = { kind: 'rejection', verdict: 'rejected', ...OF };

  test.each([
    [
      'RCPT TO:<r@b.example>',
      '550 Invalid recipient: <r@b.example>',
      {
        phase: 'rcptto',
        code: 550,
        recipient: 'r@b.example',
        reason: 'Invalid recipient: <r@b.example>',
      },
    ],
    [
      'MAIL FROM:<s@a.example>',
      '550 sender blocked',
      { phase: 'mailfrom', code: 550, sender: 's@a.example', reason: 'sender blocked' },
    ],
    [
      'EHLO x y',
      '501 5.5.4 Invalid command arguments',
      {
        phase: 'ehlo',
        code: 501,
        enhanced: '5.5.4',
        helo: 'x y',
        reason: 'Invalid command arguments',
      },
    ],
    [
      'AUTH CRAM-MD5',
      '504 5.7.4 AUTH method "CRAM-MD5" not supported',
      { code: 504, enhanced: '5.7.4', reason: 'AUTH method "CRAM-MD5" not supported' },
    ],
    ['', '550 you are not welcome', { phase: 'connect', code: 550, reason: 'you are not welcome' }],
    [
      'EHLO a" result="250 ok',
      '501 5.5.4 no',
      { phase: 'ehlo', code: 501, enhanced: '5.5.4', helo: 'a" result="250 ok', reason: 'no' },
    ],
    [
      '.',
      '550 5.7.1 Spam message rejected',
      {
        phase: 'data',
        verdict: 'spam',
        code: 550,
        enhanced: '5.7.1',
        reason: 'Spam message rejected',
      },
    ],
    [
      'RCPT TO:<r@b.example>',
      '451 Greylisted',
      {
        phase: 'rcptto',
        verdict: 'greylisted',
        code: 451,
        recipient: 'r@b.example',
        reason: 'Greylisted',
      },
    ],
    [
      'RCPT TO:<spam@b.example>',
      '550 Invalid recipient: <virus@b.example>',
      {
        phase: 'rcptto',
        code: 550,
        recipient: 'spam@b.example',
        reason: 'Invalid recipient: <virus@b.example>',
      },
    ],
  ])('%s: %s', (command, result, fields) => {
    expect(event(`smtp failed-command command="${command}" result="${result}"`)).toEqual({
      ...rejection,
      ...fields,
    });
  });

  test('bad input', () => {
    expect(
      event('smtp bad-input result="500 5.5.1 Invalid command: Pipelining not supported"'),
    ).toEqual({
      ...rejection,
      code: 500,
      enhanced: '5.5.1',
      reason: 'Invalid command: Pipelining not supported',
    });
  });

  test('a failed login has a line of its own', () => {
    expect(
      outcome(
        'smtp failed-command command="AUTH LOGIN (password)" result="535 Authentication failed"',
      ),
    ).toBe('irrelevant');
    expect(outcome('smtp failed-command command="RCPT TO:<r>"')).toBe('no result');
  });
});

test.each([
  ['root result=permfail', { kind: 'auth_failure', code: 535, user: 'root' }],
  ['carol result=ok', { kind: 'auth_success', user: 'carol' }],
  ['a result=ok result=permfail', { kind: 'auth_failure', code: 535, user: 'a result=ok' }],
])('authentication user=%s', (text, fields) => {
  expect(event(`smtp authentication user=${text}`)).toEqual({ phase: 'ehlo', ...OF, ...fields });
});

test.each([
  ['smtp authentication user=root result=tempfail', 'irrelevant'],
  ['smtp authentication user=root', 'no result'],
])('%s: %s', (text, expected) => {
  expect(outcome(text)).toBe(expected);
});
