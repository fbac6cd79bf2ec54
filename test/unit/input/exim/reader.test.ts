// Goal: every text of section 5 of the facts becomes the event that it tells, of the peer that Exim
// named, in all forms of `log_selector`.
// Method: tables of lines in the words of Exim 4.98.
import { describe, expect, test } from 'vitest';
import { createSyslogParser } from '../../../../src/input/syslog/parser.ts';
import { ALL_NEEDS } from '../../../../src/model/event.ts';
import { Vocabulary } from '../../../../src/model/vocabulary.ts';
import { EventBatch } from '../../../../src/model/event-batch.ts';
import { BERLIN_2026, parseText } from '../event-rows.ts';
import { eventsOf, eximParser, outcomeOf, parseExim, STAMP } from './exim-rows.ts';

const ID = '1xUSRj-000000006be-0n1w';
const OLD_ID = '1RwtJa-0009RI-7W';
const PEER = { ip: '192.0.2.7' };
const REFUSED = { kind: 'rejection', ...PEER, verdict: 'rejected' };

describe('stamps', () => {
  test.each([
    ['2026-11-20 18:44:04', '2026-11-20T17:44:04Z'],
    ['2026-07-20 18:44:04.565', '2026-07-20T16:44:04.565Z'],
    ['2026-11-20 18:44:04 -0530', '2026-11-21T00:14:04Z'],
    ['2026-11-20 18:44:04.565 +0000 [2568]', '2026-11-20T18:44:04.565Z'],
    ['2026-11-20 18:44:04 [2568]', '2026-11-20T17:44:04Z'],
  ])('%s', (stamp, time) => {
    const { rows } = parseExim(`${stamp} ${ID} == a@b.example R=r T=t defer (-1): x\n`);
    expect(rows).toMatchObject([{ time, kind: 'deferral', queue_id: ID }]);
  });

  test.each([
    ['2026-02-29 18:44:04 x', 'no such time'],
    ['2026-11-20 24:44:04 x', 'no such time'],
    ['2026-11-20 18:44:61 x', 'no such time'],
    ['2026-11-20T18:44:04 x', 'no time stamp'],
    ['H=(x) [192.0.2.7] F=<a@b.example> rejected RCPT <c@d.example>', 'no time stamp'],
  ])('%s', (text, reason) => {
    expect(parseExim(`${text}\n`).reasons).toEqual([reason]);
  });

  test('below an entry of a rejectlog, and nowhere else', () => {
    const block = [
      `${STAMP}${ID} H=(x) [192.0.2.7] F=<a@b.example> rejected after DATA: no`,
      'Envelope-from: <a@b.example>',
      'P Received: from x',
      '\tby mx.example',
      '  Subject: H=(x) [192.0.2.99] rejected',
      '----------------------------------------',
      '',
      'torn from the middle of a line',
    ].join('\n');
    expect(parseExim(block).classes).toEqual([1, 6, 1]);
    expect(parseExim('P Received: from x\n').reasons).toEqual(['no time stamp']);
  });
});

describe('messages', () => {
  test('all that a line may tell', () => {
    const text =
      `${ID} <= "a H=[192.0.2.99]"@b.example H=h.example (x) [192.0.2.7]:25001 I=[192.0.2.25]:587` +
      ' Ci=77 P=esmtpsa L.- X=TLS1.3:X:256 CV=no SNI="mx" A=plain:bob S=758 M8S=0 RT=0.001s' +
      ' id=9@gen T="a \\" for x@y" from <a@b.example> for "c d"@e.example f@g.example';
    const shared = {
      ...PEER,
      listener: '[192.0.2.25]:587',
      session: 'Ci=77',
      queue_id: ID,
      helo: 'x',
      user: 'bob',
    };
    expect(eventsOf(text)).toEqual([
      { kind: 'auth_success', phase: 'ehlo', ...shared },
      {
        kind: 'reception',
        ...shared,
        sender: '"a H=[192.0.2.99]"@b.example',
        size: 758,
        recipients: 2,
      },
    ]);
  });

  test.each([
    [`${OLD_ID} <= <> H=[192.0.2.7] P=smtp S=7`, { kind: 'reception', ...PEER, size: 7 }],
    [`${ID} (= a@b.example H=(x) [192.0.2.7] P=smtp S=7`, { kind: 'reception', ...PEER }],
    [
      `${ID} => user3 <user3@example.net> R=local T=tlocal`,
      { kind: 'delivery', recipient: 'user3@example.net' },
    ],
    [
      `${ID} -> c@d.example <list@d.example> R=r T=t H=x [192.0.2.80] C="250 2.0.0 Ok"`,
      { kind: 'delivery', recipient: 'c@d.example', code: 250, enhanced: '2.0.0' },
    ],
    [`${ID} >> c@d.example R=r T=t`, { kind: 'delivery' }],
    [`${ID} *> c@d.example R=r T=t`, { kind: 'delivery' }],
    [`${ID} => :blackhole: <c@d.example> R=r`, { kind: 'delivery', recipient: 'c@d.example' }],
    [`${ID} => blackhole (DATA ACL discarded recipients)`, { kind: 'delivery' }],
    [`${ID} == c@d.example R=r T=t defer (111): Connection refused`, { kind: 'deferral' }],
    [
      `${ID} ** c@d.example R=r T=t H=x [192.0.2.80]: SMTP error from remote mail server after ` +
        'RCPT TO:<c@d.example>: 550 5.1.1 no',
      { kind: 'bounce', recipient: 'c@d.example', code: 550, enhanced: '5.1.1' },
    ],
    [`${ID} ** c@d.example: Unrouteable address`, { kind: 'bounce', recipient: 'c@d.example' }],
    [`${ID} Completed QT=1s`, { kind: 'removed', queue_id: ID }],
  ])('%s', (text, event) => {
    expect(eventsOf(text)).toMatchObject([event]);
  });

  test.each([
    `${ID} <= <> R=${ID} U=Debian-exim P=local S=2378`,
    `${ID} <= root@b.example H=localhost U=root P=local-esmtp S=7`,
    `${ID} Message is frozen`,
    `${ID} H=mx.example [192.0.2.80] Connection refused`,
    `${ID} H=mx.example [192.0.2.80]: SMTP error from remote mail server: 450 rejected RCPT <x>`,
    'no host name found for IP address 192.0.2.7',
    'H=(x) [192.0.2.7] Warning: rejected RCPT <a@b>',
    'H=(x) [192.0.2.7] sender verify fail for <a@b.example>: Unrouteable address',
    'H=(x) [192.0.2.7] F=<a@b.example> RCPT <c@d.example>: discarded by RCPT ACL',
    'no MAIL in SMTP connection from (x) [192.0.2.7] D=0.2s C=EHLO,QUIT',
    'VRFY failed for a@b.example H=(x) [192.0.2.7]',
    'unqualified verify rejected: <a> H=(x) [192.0.2.7]',
    'ETRN b.example received from (x) [192.0.2.7]',
    'TLS error on connection to [192.0.2.7]: x',
  ])('%s is irrelevant', (text) => {
    expect(outcomeOf(text)).toBe('irrelevant');
  });

  test.each([
    `${ID} <= a@b.example H=(x) P=esmtp S=7`,
    'H=(x) F=<a@b.example> rejected RCPT <c@d.example>: no',
    'SMTP syntax error in "X" unrecognized command',
    'SMTP connection from (x closed by QUIT',
    'rejected EHLO from nobody: x',
    'auth_plain authenticator failed for (x) nowhere: 535 x',
  ])('%s has no peer', (text) => {
    expect(outcomeOf(text)).toBe('no peer');
  });
});

describe('refusals', () => {
  test.each([
    [
      'H=h.example (x) [192.0.2.7] F=<a@b.example> rejected RCPT <c@d.example>: Unknown user',
      {
        phase: 'rcptto',
        code: 550,
        sender: 'a@b.example',
        recipient: 'c@d.example',
        helo: 'x',
        reason: 'Unknown user',
      },
    ],
    [
      'H=(x) [192.0.2.7]:25001 X=TLS1.3:Y:256 CV=no DN="/CN= F=<z>" F=<a@b.example> A=plain:bob temporarily rejected RCPT <c@d.example>: greylisted',
      { phase: 'rcptto', code: 451, sender: 'a@b.example', session: '[192.0.2.7]:25001' },
    ],
    [
      'H=(x) [192.0.2.7] F=<a@b.example> rejected RCPT <c@d.example>: 554 5.7.1 go',
      { code: 554, enhanced: '5.7.1', reason: 'go' },
    ],
    [
      'H=(x) [192.0.2.7] rejected MAIL <a@b.example>: no',
      { phase: 'mailfrom', code: 550, sender: 'a@b.example' },
    ],
    [
      'H=(x) [192.0.2.7] rejected EHLO or HELO localhost: forged',
      { phase: 'ehlo', helo: 'localhost' },
    ],
    [`${ID} H=(x) [192.0.2.7] F=<> rejected after DATA: spam`, { phase: 'data', queue_id: ID }],
    [
      'H=(x) [192.0.2.7] F=<a@b.example> temporarily rejected DATA: later',
      { phase: 'data', code: 451 },
    ],
    [`${ID} F=<a@b.example> rejected by local_scan(): x`, undefined],
    [`${ID} H=(x) [192.0.2.7] F=<a@b.example> rejected by local_scan(): x`, { phase: 'data' }],
    [
      `${ID} rejected from <a@b.example> H=(x) [192.0.2.7]: message too big: read=2 max=1`,
      { phase: 'data', code: 552 },
    ],
    ['H=(x) [192.0.2.7] rejected VRFY a', { code: 550 }],
    ['H=(x) [192.0.2.7] rejected ETRN a', { code: 458 }],
    [
      'rejected EHLO from [192.0.2.7]: syntactically invalid argument(s): a[192.0.2.98]',
      { phase: 'ehlo', code: 501 },
    ],
    [
      'rejected MAIL from h.example [192.0.2.7]:25001 I=[192.0.2.25]:25: no HELO/EHLO given',
      { phase: 'mailfrom', code: 503 },
    ],
    [
      'rejected MAIL FROM:<a@b.example> H=(x) [192.0.2.7]: message too big: size=2 max=1',
      { phase: 'mailfrom', code: 552 },
    ],
    [
      'unqualified sender rejected: <a> H=(x) [192.0.2.7] (no match)',
      { phase: 'mailfrom', code: 501, sender: 'a' },
    ],
    ['unqualified recipient rejected: <a> H=(x) [192.0.2.7]', { phase: 'rcptto', recipient: 'a' }],
    ['SMTP syntax error in "XFOO" H=[192.0.2.7] unrecognized command', { code: 500 }],
    [
      'SMTP syntax error in "RCPT TO:<a@>" H=(x) [192.0.2.7] domain missing',
      { code: 501, phase: 'rcptto' },
    ],
    [
      'SMTP protocol error in "AUTH NTLM" H=(x) [192.0.2.7] NTLM authentication mechanism not supported',
      { code: 504 },
    ],
  ])('%s', (text, fields) => {
    expect(eventsOf(text)).toMatchObject(fields === undefined ? [] : [{ ...REFUSED, ...fields }]);
  });

  test('a line that comes with another of the same refusal', () => {
    const text = 'SMTP protocol error in "MAIL FROM:<a@b>" H=[192.0.2.7] HELO or EHLO required';
    expect(outcomeOf(text)).toBe('irrelevant');
  });

  test.each([
    ['535 Incorrect authentication data (set_id=a b)', { code: 535, user: 'a b' }],
    ['435 Unable to authenticate at present', { code: 435 }],
    ['501 Invalid base64 data', { code: 501 }],
  ])('login: %s', (text, fields) => {
    const line = `auth_login authenticator failed for h.example (x) [192.0.2.7]: ${text}`;
    expect(eventsOf(line)).toMatchObject([{ kind: 'auth_failure', ...PEER, ...fields }]);
  });
});

describe('connections', () => {
  const END = { kind: 'disconnect', ...PEER, session: '[192.0.2.7]:25001' };
  const HOST = 'h.example (x) [192.0.2.7]:25001';

  test('open', () => {
    const text =
      'SMTP connection from [192.0.2.7]:25001 I=[192.0.2.25]:25 Ci=9 (TCP/IP connection count = 3)';
    expect(eventsOf(text)).toEqual([
      { kind: 'connect', ...PEER, listener: '[192.0.2.25]:25', phase: 'connect', session: 'Ci=9' },
    ]);
  });

  test.each([
    `SMTP connection from ${HOST} closed by QUIT`,
    `SMTP connection from ${HOST} D=0.2s closed by EOF`,
    `SMTP connection from ${HOST} closed after SIGTERM`,
    `SMTP connection from ${HOST} lost D=0.006s`,
    `SMTP connection from ${HOST} lost (error: x) D=1s`,
    `${ID} SMTP connection from ${HOST} lost while reading message data`,
    `SMTP command timeout on connection from ${HOST} D=8s`,
    `SMTP command timeout on TLS connection from ${HOST} D=8s`,
    `SMTP data timeout (message abandoned) on connection from ${HOST} F=<a@b.example>`,
    `unexpected disconnection while reading SMTP command from ${HOST} D=0s`,
    `SMTP call from ${HOST} dropped: too many nonmail commands (last was "NOOP")`,
    'TLS error on connection from h.example [192.0.2.7]:25001 (gnutls_handshake): x',
  ])('%s', (text) => {
    expect(eventsOf(text)).toMatchObject([END]);
    // Without the lines of +smtp_connection nothing has opened.
    expect(parseExim(`${STAMP}${text}\n`).rows.length).toBe(
      / closed | lost (D|\()/.test(text) ? 1 : 0,
    );
  });

  // Found by a fuzz test.
  test('of a line without a host is not that of a later line', () => {
    const lost = 'SMTP connection Ci=9 lost';
    const later = `${STAMP}H=(x) [192.0.2.7]:25001 F=<s@x.example> rejected RCPT <r@y.example>: no`;
    const rows = eventsOf(`${lost}\n${later}`);
    expect(rows.map(({ kind, session }) => [kind, session])).toEqual([
      ['rejection', '[192.0.2.7]:25001'],
    ]);
  });

  test('by connection id', () => {
    const text = 'SMTP connection Ci=9 from (x) [192.0.2.7]:25001 I=[192.0.2.25]:25 closed by QUIT';
    expect(eventsOf(text)).toMatchObject([{ kind: 'disconnect', session: 'Ci=9' }]);
  });

  test('with TLS in mid session a closed line follows', () => {
    const text = `TLS error on connection from ${HOST} (gnutls_handshake): x`;
    expect(eventsOf(text)).toEqual([]);
  });

  test('refused by the ACL: ends once, whether a closed line follows or not', () => {
    const refusal = 'H=[192.0.2.7]:25001 rejected connection in "connect" ACL: no';
    const close = 'SMTP connection from [192.0.2.7]:25001 closed by DROP in ACL';
    const kinds = (text: string): unknown[] => eventsOf(text).map(({ kind }) => kind);
    expect(kinds(refusal)).toEqual(['rejection', 'disconnect']);
    expect(kinds(`${refusal}\n${STAMP}${close}`)).toEqual(['rejection', 'disconnect']);
  });

  test.each([
    ['Connection from [192.0.2.7] refused: too many connections from that IP address', 421],
    ['Connection from [192.0.2.7]:25001 I=[192.0.2.25]:25 refused: load average = 9.1', 421],
    ['refused connection from h.example [192.0.2.7] (host_reject_connection)', 554],
    ['temporarily refused connection from [192.0.2.7] (tcp wrappers)', 451],
    ['SMTP call from [192.0.2.7] refused: x', 421],
  ])('%s', (text, code) => {
    expect(eventsOf(text)).toMatchObject([
      { kind: 'connect', ...PEER },
      { ...REFUSED, phase: 'connect', code },
      { kind: 'disconnect', ...PEER },
    ]);
  });

  test('refused after it was logged as open: one connection', () => {
    const open = 'SMTP connection from [192.0.2.7]:25001 (TCP/IP connection count = 1)';
    const text = `${open}\n${STAMP}refused connection from [192.0.2.7]:25001 (host_reject_connection)`;
    expect(eventsOf(text).map(({ kind }) => kind)).toEqual(['connect', 'rejection', 'disconnect']);
  });

  test('synchronization error: refused, and over', () => {
    const text =
      'SMTP protocol synchronization error (next input sent too soon): rejected "MAIL FROM:<a@b>"' +
      ' H=(x) [192.0.2.7]:25001 next input="QUIT\\r\\n"';
    expect(eventsOf(text)).toMatchObject([{ ...REFUSED, code: 554 }, END]);
  });

  test('what the log lacks', () => {
    const vocabulary = new Vocabulary();
    const parser = eximParser(vocabulary);
    const read = (text: string): void => {
      const bytes = Buffer.from(STAMP + text);
      parser.parseLine(new EventBatch(vocabulary, bytes), 0, bytes.length, 1);
    };
    read(`${ID} SMTP connection from [192.0.2.7] lost while reading message data`);
    expect(parser.lacks).toEqual(['connect', 'disconnect']);
    read('SMTP connection from [192.0.2.7] (TCP/IP connection count = 1)');
    expect(parser.lacks).toBeUndefined();
  });
});

describe('words of clients', () => {
  test.each([
    'H=([192.0.2.99]) [192.0.2.7] F=<a@b> rejected RCPT <c@d>: no',
    'H=(x) [192.0.2.99]) [192.0.2.7] F=<a@b> rejected RCPT <c@d>: no',
    'H=(x) [192.0.2.7] F=<"> rejected RCPT <x"@b> rejected RCPT <"H=[192.0.2.99]"@d>: no',
    `${ID} H=(x) [192.0.2.7] F=<a@b> rejected after DATA: "H=(y) [192.0.2.99]" F=<e@f> rejected RCPT <x@y>`,
    'SMTP connection from (a) [192.0.2.99] closed by QUIT (b) [192.0.2.7] closed by QUIT',
    'SMTP protocol error in "MAIL FROM:<x" H=[192.0.2.99] y>" H=(x) [192.0.2.7] no MAIL yet',
    'auth_login authenticator failed for (x) [192.0.2.7]: 535 x (set_id=a) [192.0.2.99]: 535)',
  ])('%s', (text) => {
    const rows = eventsOf(text);
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) expect(row['ip']).toBe('192.0.2.7');
  });

  test.each([
    'SMTP protocol synchronization error (x): rejected "a" H=[192.0.2.99] next input="b" H=[192.0.2.7] next input="c"',
    'SMTP syntax error in "RCPT TO:<" H=[192.0.2.99]>" H=[192.0.2.7] malformed address: " H=[192.0.2.99] may not follow x',
  ])('%s: nobody is blamed', (text) => {
    expect(outcomeOf(text)).toBe('several hosts');
  });
});

describe('syslog', () => {
  const parse = (text: string): ReturnType<typeof parseText> =>
    parseText(
      (vocabulary) => createSyslogParser({ vocabulary, dater: BERLIN_2026, needs: ALL_NEEDS }),
      text,
    );
  const TEXT = `${ID} == a@b.example R=r T=t defer (-1): x`;

  test.each([
    [`exim[5]: 2026-11-20 18:27:13.578 +0100 [5] ${TEXT}`, '2026-11-20T17:27:13.578Z'],
    // Of another zone, by whole quarters of an hour.
    [`exim4[5]: 2026-11-20 23:12:13.578 ${TEXT}`, '2026-11-20T17:27:13.578Z'],
    [`exim[5]: 2026-11-20 18:27:12.998 ${TEXT}`, '2026-11-20T17:27:12.998Z'],
    // Two clocks: the envelope's holds.
    [`exim[5]: 2026-11-20 18:20:13.578 ${TEXT}`, '2026-11-20T17:27:13Z'],
    [`exim[5]: ${TEXT}`, '2026-11-20T17:27:13Z'],
    [`exim[5]: [1/3] 2026-11-20 18:27:13.5 ${TEXT}`, '2026-11-20T17:27:13.500Z'],
  ])('%s', (text, time) => {
    const { rows } = parse(`Nov 20 18:27:13 mx1 ${text}\n`);
    expect(rows).toMatchObject([{ time, kind: 'deferral', node: 'mx1', queue_id: ID }]);
  });

  test.each(['[2/3] ', '[2\\18] ', '[12\\18] '])('%s is a further part', (mark) => {
    const host = 'H=(x) [192.0.2.99] F=<a@b.example> rejected RCPT <c@d.example>: no';
    expect(parse(`Nov 20 18:27:13 mx1 exim[5]: ${mark}${host}\n`).classes).toEqual([0, 1, 0]);
  });
});
