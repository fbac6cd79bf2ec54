import { describe, expect, it, test } from 'vitest';
import { fixture } from '../event-rows.ts';
import { eventOf, outcomeOf, parseMomentum } from './parsing.ts';

const TIME = '2026-11-20T19:30:01Z';
const IDS = '1795203001@8A/00-01974-EBDC39A4@8A/00-01974-EBDC39A4@00/00-01974-0BDC39A4';
const QUEUE_ID = '8A/00-01974-EBDC39A4';
const SESSION = '00/00-01974-0BDC39A4';

describe('mainlog.ec', () => {
  it('reads a reception', () => {
    const tail = '192.0.2.10@5140@esmtp@default@bind-a';
    expect(eventOf(`${IDS}@R@alice@example.com@news@sender.example@${tail}`)).toEqual({
      time: TIME,
      kind: 'reception',
      ip: '192.0.2.10',
      verdict: 'accepted',
      size: 5140,
      recipients: 1,
      session: SESSION,
      queue_id: QUEUE_ID,
      sender: 'news@sender.example',
      recipient: 'alice@example.com',
    });
  });

  it.each([
    ['2001:db8::25@1@esmtp@g@b', { ip: '2001:db8::25' }],
    ['unknown@1@rest@g@b', { size: 1 }],
    ['192.0.2.30@1@ecstream@g@b', { ip: '192.0.2.30', service: 'ECStream' }],
  ])('reads a peer %s', (tail, wanted) => {
    const { kind, ip, service, size } = eventOf(`${IDS}@R@a@example.com@b@sender.example@${tail}`);
    expect(kind).toBe('reception');
    expect({ ip, service, size }).toMatchObject(wanted);
    expect(ip).toBe('ip' in wanted ? wanted.ip : undefined);
  });

  it.each([
    ['no sender', '@R@a@example.com@@@192.0.2.1@1@esmtp@g@b', undefined, 'a@example.com'],
    [
      'an escaped @',
      '@R@a\\@b@example.com@c\\\\@x.example@192.0.2.1@1@esmtp@g@b',
      'c\\@x.example',
      'a@b@example.com',
    ],
    [
      'an @ that nobody escaped',
      '@R@a@example.com@"b@192.0.2.99@1@esmtp"@x.example@192.0.2.1@1@esmtp@g@b',
      undefined,
      undefined,
    ],
    [
      'a backslash that escapes nothing',
      '@R@a\\@example.com@b@x.example@192.0.2.1@1@esmtp@g@b',
      undefined,
      undefined,
    ],
  ])('reads %s', (_, record, sender, recipient) => {
    const event = eventOf(IDS + record);
    expect(event).toMatchObject({ kind: 'reception', ip: '192.0.2.1' });
    expect([event['sender'], event['recipient']]).toEqual([sender, recipient]);
  });

  it('counts recipients at the first line of a message', () => {
    const line = (rcpt: string, id = 'A'): string =>
      `1795203001@${id}@B@C@R@${rcpt}@example.com@s@x.example@192.0.2.1@1@esmtp@g@b\n`;
    const text = line('a') + line('b') + line('c') + line('d', 'AA') + line('e');
    const { rows, classes } = parseMomentum(text);
    // The last one stands apart: the correlator, which sees all files, takes it out.
    expect(rows.map((row) => [row['queue_id'], row['recipients']])).toEqual([
      ['A', 3],
      ['AA', 1],
      ['A', 1],
    ]);
    expect(classes).toEqual([3, 2, 0]);
  });

  it.each([
    ['delivery', '@D@example.com@266@g@b@0@0.393@203.0.113.5', { kind: 'delivery', size: 266 }],
    [
      'deferral',
      '@T@example.com@0@g@b@15@0@18.53@203.0.113.5@451 4.3.2 user@example.com: later',
      {
        kind: 'deferral',
        size: 0,
        code: 451,
        enhanced: '4.3.2',
        reason: '451 4.3.2 user@example.com: later',
      },
    ],
    [
      'bounce',
      '@P@example.com@31@g@b@5@1@3.89@203.0.113.5@[internal] no such host',
      { kind: 'bounce', size: 31, reason: '[internal] no such host' },
    ],
  ])('reads a %s', (_, record, wanted) => {
    expect(eventOf(IDS + record)).toEqual({ time: TIME, queue_id: QUEUE_ID, ...wanted });
  });

  it('reads records that name neither batch nor connection', () => {
    const old = '1795203001@DD/0C-13258-881AAC64';
    expect(eventOf(`${old}@R@a@example.com@b@x.example@192.0.2.1@640@esmtp@g@b`)).toEqual({
      time: TIME,
      kind: 'reception',
      ip: '192.0.2.1',
      verdict: 'accepted',
      size: 640,
      recipients: 1,
      queue_id: 'DD/0C-13258-881AAC64',
      sender: 'b@x.example',
      recipient: 'a@example.com',
    });
    expect(eventOf(`${old}@T@example.com@0@g@b@15@0@18.53@203.0.113.8@421 no`)['code']).toBe(421);
  });

  it.each([
    ['1795203000@@@@M', 'irrelevant'],
    ['1795203000@@@@M1', 'irrelevant'],
    [`${IDS}@X@example.com@1200@g@b@0@0.1@192.0.2.252`, 'irrelevant'],
    [`${IDS}@R@a@b@c@d@192.0.2.251@1@xfer@g@b`, 'irrelevant'],
    [`${IDS}@R@a@b@c@d@127.0.0.1@1@internal@g@b`, 'irrelevant'],
    [`${IDS}@Q@x`, 'irrelevant'],
    ['1795203000@id@F@a@b@g@b@abuse@isp.example@u', 'irrelevant'],
    ['1795203000 192.0.2.1:4711 *:2081 "GET / HTTP/1.0" 200 1 2', 'irrelevant'],
    [`${IDS}@R@a@b@c@d@192.0.2.1@1@esmtp@g`, 'wrong number of fields'],
    [`${IDS}@R@a`, 'wrong number of fields'],
    [`${IDS}@R@a@b@c@d@1.2.3@1@esmtp@g@b`, 'peer cannot be read'],
    [`${IDS}@R@a@b@c@d@192.0.2.1@x@esmtp@g@b`, 'size cannot be read'],
    [`${IDS}@R@a@b@c@d@e@192.0.2.1@1@odd@g@b`, 'wrong number of fields'],
    [`${IDS}@D@example.com@1`, 'wrong number of fields'],
    [`${IDS}@T@example.com@1`, 'wrong number of fields'],
    ['x', 'no time stamp'],
    ['', 'no time stamp'],
    ['1795203000', 'no time stamp'],
    ['1795203000123456@@@@M', 'no time stamp'],
  ])('%s is %s', (record, outcome) => {
    expect(outcomeOf(`${record}\n`)).toBe(outcome);
  });
});

describe('rejectlog.ec', () => {
  const head = '1795203001: R="192.0.2.10:42601" L="192.0.2.2:25" C="00/00-01974-0BDC39A4"';
  const paths = 'PATH="default" PATH_GRP="default"';

  it('reads a rejection', () => {
    const contexts =
      'CTXCONN=[pathway=default,ehlo_string="EHLO m.example",ehlo_domain=m.example] CTXMESS=[mailfrom_string="MAIL FROM:<a@x.example> SIZE=1",rcptto_string="RCPT TO:<b@example.com>"]';
    const text = '550 5.7.1 relaying denied';
    const record = `${head} ${paths} P="awaiting rcptto" E=550 M=scriptlet ${contexts} ${text}`;
    expect(eventOf(record)).toEqual({
      time: TIME,
      kind: 'rejection',
      ip: '192.0.2.10',
      listener: '192.0.2.2:25',
      phase: 'rcptto',
      code: 550,
      verdict: 'rejected',
      session: SESSION,
      sender: 'a@x.example',
      recipient: 'b@example.com',
      helo: 'm.example',
      enhanced: '5.7.1',
      reason: text,
    });
  });

  it.each([
    ['awaiting ehlo', 'ehlo'],
    ['awaiting mailfrom', 'mailfrom'],
    ['awaiting data', 'data'],
    ['reading body', 'data'],
    ['connected', 'connect'],
    ['idle', undefined],
  ])('%s is phase %s', (state, phase) => {
    expect(eventOf(`${head} ${paths} P="${state}" E=421 M=m text`)['phase']).toBe(phase);
  });

  it.each([
    ['192.0.2.1:25', '192.0.2.1'],
    ['[2001:db8::7]:50124', '2001:db8::7'],
    ['2001:db8::7:50124', '2001:db8::7'],
    ['192.0.2.1', '192.0.2.1'],
    ['[::ffff:192.0.2.1]:25', '192.0.2.1'],
  ])('reads the peer of R="%s"', (remote, ip) => {
    expect(eventOf(`1795203001: R="${remote}" E=550 M=m text`)['ip']).toBe(ip);
  });

  it.each([
    [
      'a quote in HELO',
      'CTXCONN=[ehlo_string="EHLO \\"x],CTXMESS=[\\"",ehlo_domain=x] CTXMESS=[] no',
      'no',
    ],
    ['a list that does not end', 'CTXCONN=[ehlo_domain=x" R="192.0.2.99:1",a=[ text', undefined],
    [
      'fields in the text',
      'CTXCONN=[] CTXMESS=[] no, R="192.0.2.99:1" E=421',
      'no, R="192.0.2.99:1" E=421',
    ],
    ['an empty pair', 'CTXCONN=[,,=,a] CTXMESS=[x] no', 'no'],
  ])('is not led astray by %s', (_, rest, reason) => {
    const event = eventOf(`${head} P="awaiting ehlo" E=550 M=m ${rest}`);
    expect(event).toMatchObject({ ip: '192.0.2.10', code: 550, listener: '192.0.2.2:25' });
    expect(event['reason']).toBe(reason);
  });

  it('takes 535 as a failed authentication', () => {
    const event = eventOf(`${head} P="awaiting auth" E=535 M=core 5.7.8 authentication failed`);
    expect(event).toMatchObject({ kind: 'auth_failure', phase: 'ehlo', enhanced: '5.7.8' });
    expect(event['verdict']).toBeUndefined();
  });

  it.each([
    ['1795203000: Marker 1', 'irrelevant'],
    ['1795203000: L="192.0.2.2:25" R="192.0.2.99:1" E=550', 'irrelevant'],
    ['1795203000: R="192.0.2.1', 'irrelevant'],
    ['1795203000: R="here" E=550', 'peer cannot be read'],
    [`${head} P="x" M=m`, 'no code'],
    [`${head} P="x" E=abc`, 'code cannot be read'],
  ])('%s is %s', (record, outcome) => {
    expect(outcomeOf(record)).toBe(outcome);
  });
});

describe('bouncelog.ec', () => {
  const address = 'erin@example.com@list@x.example@g@b';

  it('reads a bounce that came as a message', () => {
    const record = `${IDS}@B@${address}@21@30@1200@203.0.113.6@552 5.2.2 full@campaign-7`;
    expect(eventOf(record)).toEqual({
      time: TIME,
      kind: 'bounce',
      code: 552,
      size: 1200,
      queue_id: QUEUE_ID,
      sender: 'list@x.example',
      recipient: 'erin@example.com',
      enhanced: '5.2.2',
      reason: '552 5.2.2 full@campaign-7',
    });
  });

  it.each([
    [`${IDS}@B@${address}@5@10@312@203.0.113.9@550 no`, 'irrelevant'],
    [`${IDS}@T@${address}@15@22@0@203.0.113.5@451 later`, 'irrelevant'],
    [`${IDS}@B@${address}@x@10@312@203.0.113.9@550 no`, 'stage cannot be read'],
    [`${IDS}@B@${address}`, 'wrong number of fields'],
    // A T of mainlog.ec whose text holds more than enough fields.
    [`${IDS}@T@example.com@0@g@b@15@0@1.5@203.0.113.5@1@2@3@4@5`, 'event'],
  ])('%s is %s', (record, outcome) => {
    expect(outcomeOf(record)).toBe(outcome);
  });
});

describe('acctlog.ec', () => {
  it('reads an authentication', () => {
    expect(eventOf('1795203001@N@192.0.2.2:587@192.0.2.10:42601@a@b.example@0')).toEqual({
      time: TIME,
      kind: 'auth_failure',
      ip: '192.0.2.10',
      listener: '192.0.2.2:587',
      phase: 'ehlo',
      user: 'a@b.example',
    });
  });

  it.each([
    ['1795203001@N@*:2025@192.0.2.3:1@u@1', 'auth_success', 'Control'],
    ['1795203001@N@*:25@192.0.2.3:1@u@1', 'auth_success', undefined],
    ['1795203001@T@*:25@192.0.2.3:1@u', 'auth_aborted', undefined],
  ])('%s is %s of %s', (record, kind, service) => {
    const event = eventOf(record);
    expect([event['kind'], event['service']]).toEqual([kind, service]);
  });

  it.each([
    ['1795203001@N@/tmp/2025@@ec-user@1', 'irrelevant'],
    ['1795203001@Z@*:2025@192.0.2.3:1@u@1@summary@users', 'irrelevant'],
    ['1795203001@N@*:25@192.0.2.3:1@u@2', 'result cannot be read'],
    ['1795203001@N@*:25@nobody@u@1', 'peer cannot be read'],
    ['1795203001@N@*:25', 'wrong number of fields'],
  ])('%s is %s', (record, outcome) => {
    expect(outcomeOf(record)).toBe(outcome);
  });
});

describe('inferred connects', () => {
  const record = `${IDS}@R@a@example.com@b@x.example@192.0.2.1@1@esmtp@g@b`;

  it('come with the lines of a connection that have a peer', () => {
    const { rows } = parseMomentum(record, { inferConnections: true });
    expect(rows.map(({ kind, ip, session }) => [kind, ip, session])).toEqual([
      ['connect', '192.0.2.1', SESSION],
      ['reception', '192.0.2.1', SESSION],
    ]);
  });

  it.each([
    ['no peer', record.replace('192.0.2.1@1@esmtp', 'unknown@1@rest')],
    ['no connection', record.replace(SESSION, '')],
    ['no client', `${IDS}@D@example.com@266@g@b@0@0.393@203.0.113.5`],
  ])('do not come with %s', (_, text) => {
    const { rows } = parseMomentum(text, { inferConnections: true });
    expect(rows.map(({ kind }) => kind)).not.toContain('connect');
    expect(rows).toHaveLength(1);
  });
});

test('no record of the fixtures is unparsed', () => {
  const logs = ['mainlog', 'rejectlog', 'bouncelog', 'acctlog'];
  const parsed = logs.map((log) => parseMomentum(fixture(`momentum/${log}.ec`)));
  expect(parsed.map(({ classes }) => classes)).toEqual([
    [14, 7, 0],
    [5, 2, 0],
    [1, 3, 0],
    [4, 2, 0],
  ]);
});
