import { describe, expect, test } from 'vitest';
import { createSyslogParser } from '../../../../src/input/syslog/parser.ts';
import { ALL_NEEDS } from '../../../../src/model/event.ts';
import { EventBatch } from '../../../../src/model/event-batch.ts';
import { Vocabulary } from '../../../../src/model/vocabulary.ts';
import { readableBlock } from '../../../../src/model/words.ts';

import { BERLIN_2026, eventOf, outcomeOf, parsePostfix } from '../event-rows.ts';

const smtpd = (text: string): ReturnType<typeof eventOf> =>
  eventOf(`postfix/smtpd[19832]: ${text}`);
const outcome = (text: string): string => outcomeOf(`postfix/smtpd[19832]: ${text}`);

const OF = { listener: 'postfix', session: 'postfix/smtpd[19832]' };
const PEER = { ...OF, ip: '192.0.2.7' };
const HOST = 'client.example[192.0.2.7]';

// Rows are saved with a state, whose bytes must not tell what was read before.
test('a row of no address holds none of an earlier line', () => {
  const lines = ['[192.0.2.7]', '[unknown]'].map((peer) => {
    return `Nov 20 18:27:13 mx1 postfix/smtpd[7]: connect from unknown${peer}\n`;
  });
  const vocabulary = new Vocabulary();
  const batch = new EventBatch(vocabulary, readableBlock(Buffer.from(lines.join(''))));
  const parser = createSyslogParser({ vocabulary, dater: BERLIN_2026, needs: ALL_NEEDS });
  const [first] = lines;
  parser.parseLine(batch, 0, first.length - 1, 1);
  parser.parseLine(batch, first.length, batch.bytes.length - 1, 2);
  expect(Array.from(batch.family.subarray(0, 2))).toEqual([4, 0]);
  expect(Array.from(batch.ip.subarray(4, 8))).toEqual([0, 0, 0, 0]);
});

describe('sessions', () => {
  test.each([
    ['client.example[192.0.2.7]', { ip: '192.0.2.7' }],
    ['client.example[192.0.2.7]:2525', { ip: '192.0.2.7' }],
    ['client.example[192.0.2.7]:unknown', { ip: '192.0.2.7' }],
    ['unknown[2001:db8::1]', { ip: '2001:db8::1' }],
    ['unknown[2001:db8::1]:2525', { ip: '2001:db8::1' }],
    ['unknown[::ffff:192.0.2.7]', { ip: '192.0.2.7' }],
    ['unknown[fe80::1%eth0]', { ip: 'fe80::1' }],
    ['unknown[unknown]', {}],
  ])('connect from %s', (peer, ip) => {
    expect(smtpd(`connect from ${peer}`)).toEqual({
      kind: 'connect',
      phase: 'connect',
      ...OF,
      ...ip,
    });
  });

  test.each([
    'disconnect from client.example[192.0.2.7]',
    'disconnect from client.example[192.0.2.7]:25 ehlo=1 auth=0/3 rset=1 commands=2/5',
    'disconnect from client.example[192.0.2.7] ehlo=1 mail=1 commands=4 notes=bare_lf',
  ])('%s', (text) => {
    expect(smtpd(text)).toEqual({ kind: 'disconnect', ...PEER });
  });

  test.each([
    ['connect from foo', 'no peer'],
    ['connect from ', 'irrelevant'],
    ['connect from a b[192.0.2.7]', 'no peer'],
    ['connect from foo[192.0.2.7', 'no peer'],
    ['connect from foo[192.0.2.256]', 'peer cannot be read'],
    ['connect from foo[192.0.2]', 'peer cannot be read'],
    ['connect from foo[192.0.2.07]', 'peer cannot be read'],
    ['connect from foo[]', 'peer cannot be read'],
    ['connect from foo[2001:db8:::1]', 'peer cannot be read'],
    ['disconnect from foo[bar]', 'peer cannot be read'],
  ])('%s', (text, expected) => {
    expect(outcome(text)).toBe(expected);
  });

  test('a tag without process id has no session', () => {
    expect(eventOf(`postfix/smtpd: connect from ${HOST}`)).toEqual({
      kind: 'connect',
      phase: 'connect',
      listener: 'postfix',
      ip: '192.0.2.7',
    });
  });

  test.each([
    ['postfix/submission/smtpd[7]', 'postfix/submission'],
    ['postfix-out/smtpd[7]', 'postfix-out'],
    ['mx-in/smtpd[7]', 'mx-in'],
    ['a/smtpd[7]', 'a'],
  ])('%s', (tag, listener) => {
    expect(eventOf(`${tag}: connect from ${HOST}`)).toMatchObject({ listener, session: tag });
  });
});

describe('transactions', () => {
  const transaction = { kind: 'transaction', queue_id: 'DA85E59061C', ...PEER };

  test.each([
    [`DA85E59061C: client=${HOST}`, {}],
    [`DA85E59061C: client=${HOST}:2525`, {}],
    [
      'DA85E59061C: client=localhost[192.0.2.7], orig_queue_id=4AB, orig_client=a[192.0.2.99]',
      { reinjected: true },
    ],
    ['DA85E59061C: client=localhost[192.0.2.7], orig_client=unknown[x]', { reinjected: true }],
    [`DA85E59061C: client=${HOST}, sasl_sender=a, orig_client=b[192.0.2.99]`, {}],
  ])('%s', (text, rest) => {
    expect(smtpd(text)).toEqual({ ...transaction, ...rest });
  });

  test('before-queue filters have no queue id', () => {
    expect(smtpd(`NOQUEUE: client=${HOST}`)).toEqual({ kind: 'transaction', ...PEER });
  });

  test.each([
    ['sasl_method=PLAIN, sasl_username=bob@example.net', 'bob@example.net'],
    ['sasl_method=PLAIN, sasl_username=bob, jr', 'bob, jr'],
    ['sasl_method=PLAIN, sasl_username=bob, sasl_sender=x, sasl_username=y', 'bob'],
  ])('%s', (fields, user) => {
    const line = `Nov 20 18:27:13 mx1 postfix/smtpd[19832]: DA85E59061C: client=${HOST}, ${fields}`;
    const { rows } = parsePostfix(line);
    expect(rows).toHaveLength(2);
    expect(rows[0]).toMatchObject({ ...transaction, user });
    expect(rows[1]).toEqual({ ...rows[0], kind: 'auth_success', phase: 'ehlo' });
  });

  test('long queue ids', () => {
    expect(smtpd(`4jWMj02GZszqy4H: client=${HOST}`)).toMatchObject({ queue_id: '4jWMj02GZszqy4H' });
  });
});

describe('rejections', () => {
  const tail = 'from=<s@a.example> to=<r@b.example> proto=ESMTP helo=<h.example>';
  const rejection = { kind: 'rejection', verdict: 'rejected', ...PEER };
  const words = { sender: 's@a.example', recipient: 'r@b.example', helo: 'h.example' };

  test('every field', () => {
    const reason = '<r@b.example>: Recipient address rejected: User unknown';
    const sasl = 'sasl_method=LOGIN sasl_username=bob@example.net sasl_sender=x';
    expect(
      smtpd(`NOQUEUE: reject: RCPT from ${HOST}: 550 5.1.1 ${reason}; ${tail} ${sasl}`),
    ).toEqual({
      ...rejection,
      ...words,
      phase: 'rcptto',
      code: 550,
      enhanced: '5.1.1',
      reason,
      user: 'bob@example.net',
    });
  });

  test.each([
    ['CONNECT', 'connect'],
    ['HELO', 'ehlo'],
    ['EHLO', 'ehlo'],
    ['MAIL', 'mailfrom'],
    ['RCPT', 'rcptto'],
    ['DATA', 'data'],
    ['BDAT', 'data'],
    ['END-OF-MESSAGE', 'data'],
    ['VRFY', undefined],
    ['ETRN', undefined],
    ['UNKNOWN', undefined],
  ])('at %s', (stage, phase) => {
    for (const action of ['reject', 'milter-reject', 'proxy-reject']) {
      const event = smtpd(`4AB12CD: ${action}: ${stage} from ${HOST}: 554 5.7.1 no; proto=SMTP`);
      expect(event).toEqual({
        ...rejection,
        queue_id: '4AB12CD',
        code: 554,
        enhanced: '5.7.1',
        reason: 'no',
        ...(phase === undefined ? {} : { phase }),
      });
    }
  });

  test.each([
    ['554 no;', { code: 554, reason: 'no' }],
    ['554', { code: 554 }],
    ['554 5.7.1', { code: 554, enhanced: '5.7.1' }],
    ['554 5.7.1x', { code: 554, reason: '5.7.1x' }],
    ['5545 no', { reason: '5545 no' }],
    [
      '450 4.7.1 <a>: 5.5.5 in text; more; proto=SMTP',
      {
        code: 450,
        enhanced: '4.7.1',
        reason: '<a>: 5.5.5 in text; more',
      },
    ],
    [
      '550 5.7.1 no; from=<> to=<r> proto=ESMTP helo=<>',
      {
        code: 550,
        enhanced: '5.7.1',
        reason: 'no',
        recipient: 'r',
      },
    ],
    [
      '550 5.7.1 no; from=<s> to=<r>',
      {
        code: 550,
        enhanced: '5.7.1',
        reason: 'no',
        sender: 's',
        recipient: 'r',
      },
    ],
    [
      '550 5.7.1 no; to=<r> proto=SMTP',
      {
        code: 550,
        enhanced: '5.7.1',
        reason: 'no',
        recipient: 'r',
      },
    ],
    ['bare <LF> received; proto=SMTP', { reason: 'bare <LF> received' }],
  ])('%s', (text, fields) => {
    expect(smtpd(`NOQUEUE: reject: RCPT from ${HOST}: ${text}`)).toEqual({
      ...rejection,
      phase: 'rcptto',
      ...fields,
    });
  });

  test('without a queue id', () => {
    expect(smtpd(`reject: EHLO from ${HOST}: bare <LF> received; proto=SMTP`)).toEqual({
      ...rejection,
      phase: 'ehlo',
      reason: 'bare <LF> received',
    });
  });

  test.each([
    ['450 4.2.0 <r>: Recipient address rejected: Greylisted, try later;', 'greylisted'],
    ['451 4.7.1 greylisting in action;', 'greylisted'],
    ['550 5.7.1 no greylisting here;', 'rejected'],
    [`450 4.7.1 no; from=<greylist@a.example> to=<r> proto=SMTP`, 'rejected'],
    ['450 4.7.1 no; proto=SMTP helo=<greylisted>', 'rejected'],
  ])('%s is %s', (text, verdict) => {
    const line = `Nov 20 18:27:13 mx1 postfix/smtpd[1]: NOQUEUE: reject: RCPT from ${HOST}: ${text}`;
    expect(parsePostfix(line).rows[0]).toMatchObject({ verdict });
    expect(parsePostfix(line, { textFields: 0 }).rows[0]).toMatchObject({ verdict });
  });

  test('unwanted text fields are left out', () => {
    const line = `Nov 20 18:27:13 mx1 postfix/smtpd[1]: 4AB: reject: RCPT from ${HOST}: 550 5.1.1 x; ${tail}`;
    expect(parsePostfix(line, { textFields: 0 }).rows[0]).toEqual({
      time: '2026-11-20T17:27:13Z',
      node: 'mx1',
      line: 1,
      ...rejection,
      session: 'postfix/smtpd[1]',
      queue_id: '4AB',
      phase: 'rcptto',
      code: 550,
    });
  });

  test.each([
    ['NOQUEUE: reject: RCPT', 'reject without stage'],
    ['NOQUEUE: reject: RCPT from foo: 550 x', 'reject without peer'],
    ['NOQUEUE: reject: RCPT from foo[x]: 550 x', 'peer cannot be read'],
  ])('%s', (text, reason) => {
    expect(outcome(text)).toBe(reason);
  });

  test.each([
    'reject_warning',
    'warn',
    'info',
    'hold',
    'discard',
    'filter',
    'redirect',
    'bcc',
    'prepend',
    'milter-hold',
    'milter-discard',
    'proxy-accept',
    'permit',
    'milter-quarantine',
  ])('%s: is no rejection', (action) => {
    expect(outcome(`NOQUEUE: ${action}: RCPT from ${HOST}: <x>: text; proto=SMTP`)).toBe(
      'irrelevant',
    );
  });
});

describe('limits', () => {
  test.each([
    ['Connection rate', 421],
    ['Connection concurrency', 421],
    ['New TLS session rate', 421],
    ['Message delivery request rate', 450],
    ['Recipient address rate', 450],
    ['AUTH command rate', 450],
  ])('%s', (what, code) => {
    expect(smtpd(`warning: ${what} limit exceeded: 61 from ${HOST} for service smtp`)).toEqual({
      kind: 'rejection',
      verdict: 'rejected',
      ...PEER,
      code,
      reason: `${what} limit exceeded`,
    });
  });

  test.each([
    ['RCPT', 'recipient'],
    ['MAIL', 'sender'],
  ])('illegal address in %s', (command, field) => {
    expect(
      smtpd(`warning: Illegal address syntax from ${HOST} in ${command} command: <a,b@a.example>`),
    ).toEqual({
      kind: 'rejection',
      verdict: 'rejected',
      ...PEER,
      code: 501,
      reason: 'Illegal address syntax',
      [field]: 'a,b@a.example',
    });
  });

  test.each([
    ['warning: Connection rate limit exceeded: 61', 'no peer'],
    ['warning: Connection rate limit exceeded: 61 from x', 'no peer'],
    ['warning: Illegal address syntax from x[y] in RCPT command: <a>', 'peer cannot be read'],
  ])('%s', (text, reason) => {
    expect(outcome(text)).toBe(reason);
  });
});

describe('authentication', () => {
  test.each([
    ['LOGIN authentication failed: UGFzc3dvcmQ6', { reason: 'UGFzc3dvcmQ6' }],
    ['PLAIN authentication failed: a: b, c', { reason: 'a: b, c' }],
    ['LOGIN authentication failed', {}],
    ['LOGIN authentication failed:', {}],
    ['LOGIN authentication failed: x, sasl_username=bob', { reason: 'x', user: 'bob' }],
    ['LOGIN authentication failed: x, sasl_username=(unavailable)', { reason: 'x' }],
    [
      'LOGIN authentication failed: x, sasl_username=a, sasl_username=b',
      { reason: 'x', user: 'a, sasl_username=b' },
    ],
    [
      'CRAM-MD5 authentication failed: authentication failure, sasl_username=a b@a.example',
      { reason: 'authentication failure', user: 'a b@a.example' },
    ],
  ])('%s', (text, fields) => {
    expect(smtpd(`warning: ${HOST}: SASL ${text}`)).toEqual({
      kind: 'auth_failure',
      phase: 'ehlo',
      code: 535,
      ...PEER,
      ...fields,
    });
  });

  test('aborted', () => {
    expect(smtpd(`warning: ${HOST}:2525: SASL LOGIN authentication aborted`)).toEqual({
      kind: 'auth_aborted',
      phase: 'ehlo',
      code: 501,
      ...PEER,
    });
  });

  test('an address that cannot be read', () => {
    const text = 'warning: a[192.0.2.300]: SASL LOGIN authentication failed: x';
    expect(outcome(text)).toBe('peer cannot be read');
  });
});

test.each([
  'warning: SASL authentication failure: Password verification failed',
  `warning: ${HOST}: SASL LOGIN authentication`,
  'warning: hostname h.example does not resolve to address 192.0.2.7',
  'warning: hostname h.example does not resolve to address 192.0.2.7: Name or service not known',
  'warning: 192.0.2.7: hostname h.example verification failed: Name or service not known',
  'warning: 192.0.2.7: address not listed for hostname h.example',
  `warning: non-SMTP command from ${HOST}: GET / HTTP/1.1`,
  'warning: 5771B590679: queue file size limit exceeded',
  `NOQUEUE: lost connection after AUTH from ${HOST}`,
  `lost connection after DATA (approximately 12 bytes) from ${HOST}`,
  `4AB12CD: lost connection after DATA (12 bytes) from ${HOST}`,
  `timeout after MAIL from ${HOST}`,
  `NOQUEUE: too many errors after RCPT from ${HOST}`,
  `SSL_accept error from ${HOST}: -1`,
  `improper command pipelining after HELO from ${HOST}: QUIT`,
  `Anonymous TLS connection established from ${HOST}: TLSv1.3 with cipher x`,
  'fatal: no SASL authentication mechanisms',
  `> ${HOST}: 550 5.7.1 no`,
  'x',
  '4AB12CD:',
  '4AB12CD: ',
])('irrelevant: %s', (text) => {
  expect(outcome(text)).toBe('irrelevant');
});
