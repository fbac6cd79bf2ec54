import { describe, expect, test } from 'vitest';
import { eventOf, outcomeOf, parsePostfix } from '../event-rows.ts';

const ID = '6AKHkneO021362';
const TAG = 'sm-mta[21362]: ';
const event = (text: string): ReturnType<typeof eventOf> => eventOf(`${TAG}${text}`);
const outcome = (text: string): string => outcomeOf(`${TAG}${text}`);
const rowsOf = (...texts: string[]): ReturnType<typeof parsePostfix>['rows'] =>
  parsePostfix(texts.map((text) => `Nov 20 18:27:13 mx1 ${TAG}${text}`).join('\n')).rows;

const OF = { listener: 'sm-mta', session: 'sm-mta[21362]' };
const PEER = { ...OF, ip: '192.0.2.7' };
const HOST = 'client.example [192.0.2.7]';

describe('connections', () => {
  test.each([
    ['client.example [192.0.2.7]', { ip: '192.0.2.7' }],
    ['[192.0.2.7]', { ip: '192.0.2.7' }],
    ['h7.forged.example [192.0.2.7] (may be forged)', { ip: '192.0.2.7' }],
    ['[IPv6:2001:db8:7:2:0:0:0:1]', { ip: '2001:db8:7:2::1' }],
    ['v6.example [IPv6:2001:db8:7:2:0:0:0:1]', { ip: '2001:db8:7:2::1' }],
    ['root@localhost', {}],
  ])('connect from %s', (host, ip) => {
    expect(event(`NOQUEUE: connect from ${host}`)).toEqual({
      kind: 'connect',
      phase: 'connect',
      ...OF,
      ...ip,
    });
  });

  test.each([
    ['NOQUEUE: connect from [192.0.2.7', 'no peer'],
    ['NOQUEUE: connect from ', 'irrelevant'],
    ['NOQUEUE: connect from a [192.0.2.7] and more', 'no peer'],
    ['NOQUEUE: connect from a [192.0.2.256]', 'peer cannot be read'],
    ['NOQUEUE: dns 1.9.18.198.dnsbl.example. => 127.0.0.3', 'irrelevant'],
    ['STARTTLS=server, relay=[192.0.2.7], version=TLSv1.3', 'irrelevant'],
    ['AUTH=client, relay=mx.example., mech=PLAIN, bits=0', 'irrelevant'],
    [`${ID}: Milter: no active filter`, 'irrelevant'],
    [`${ID}: [192.0.2.7]: possible SMTP attack: command=AUTH, count=5`, 'irrelevant'],
    [`${ID}: [192.0.2.7]: probable open proxy: command=GET / HTTP/1.1\\r\\n`, 'irrelevant'],
    [`${ID}: collect: relay=[192.0.2.7], from=<a@b.example>, info=unexpected close`, 'irrelevant'],
    [`${ID}: 6AKHh1Ie030057: DSN: User unknown`, 'irrelevant'],
  ])('%s: %s', (text, expected) => {
    expect(outcome(text)).toBe(expected);
  });

  test('ends', () => {
    expect(
      event(`${ID}: ${HOST} did not issue MAIL/EXPN/VRFY/ETRN during connection to MTA-v4`),
    ).toEqual({ kind: 'disconnect', ...PEER, listener: 'MTA-v4' });
    expect(event(`${ID}: lost input channel from ${HOST} to MTA-v4 after rcpt`)).toEqual({
      kind: 'disconnect',
      ...PEER,
      listener: 'MTA-v4',
    });
    const timeout = `${ID}: timeout waiting for input from client.example during server cmd read`;
    expect(event(timeout)).toEqual({ kind: 'disconnect', ...OF });
    const silent = `${ID}: ${HOST} did not issue MAIL/EXPN/VRFY/ETRN during connection to MTA`;
    expect(rowsOf(timeout, silent)).toHaveLength(1);
  });
});

describe('messages', () => {
  const reception = {
    kind: 'reception',
    ...PEER,
    listener: 'MTA-v4',
    queue_id: ID,
    sender: 's@a.example',
    size: 623,
    recipients: 2,
  };
  const line = (sender: string, id: string): string =>
    `${ID}: from=<${sender}>, size=623, class=0, nrcpts=2, msgid=<${id}>, bodytype=8BITMIME, proto=ESMTP, daemon=MTA-v4, relay=${HOST}`;

  test('reception', () => {
    expect(event(line('s@a.example', 'x@a.example'))).toEqual(reception);
    expect(event(line('', 'x'))).toEqual({ ...reception, sender: undefined });
  });

  test('what a client sends stays in its field', () => {
    const evil = '"a>, size=9, class=0, nrcpts=9, msgid=<x>, relay=[192.0.2.99]"@a.example';
    expect(event(line(evil, 'x'))).toEqual({ ...reception, sender: evil });
    expect(event(line('s@a.example', 'x>, daemon=Y, relay=[192.0.2.99]'))).toEqual(reception);
  });

  test.each([
    [
      `${ID}: from=<s>, size=0, class=0, nrcpts=0, proto=ESMTP, daemon=M, relay=[192.0.2.7]`,
      'irrelevant',
    ],
    [
      `${ID}: from=<s>, size=9, class=0, nrcpts=1, proto=ESMTP, daemon=M, relay=[192.0.2.7]`,
      'irrelevant',
    ],
    [`${ID}: from=bob, size=9, class=0, nrcpts=1, msgid=<x>, relay=bob@localhost`, 'irrelevant'],
    [`${ID}: from=<s>, class=0`, 'no message size'],
    [`${ID}: from=<s>, size=x, class=0, nrcpts=1`, 'no message size'],
    [`${ID}: from=<s>, size=1, class=0`, 'no recipient count'],
    [`${ID}: from=<s>, size=1, class=0, nrcpts=1, msgid=<x>`, 'no peer'],
  ])('%s: %s', (text, expected) => {
    expect(outcome(text)).toBe(expected);
  });

  const delay =
    'delay=00:00:01, xdelay=00:00:00, mailer=esmtp, pri=30321, relay=mx.b.example. [192.0.2.25]';
  test.each([
    [
      'dsn=2.0.0, stat=Sent (Ok: queued as 4AB)',
      'delivery',
      '2.0.0',
      'Ok: queued as 4AB',
      undefined,
    ],
    [
      'dsn=4.2.2, reply=452 4.2.2 full, stat=Deferred: 452 4.2.2 full',
      'deferral',
      '4.2.2',
      'Deferred: 452 4.2.2 full',
      452,
    ],
    [
      'dsn=5.1.1, reply=550 5.1.1 no, stat=Sent, stat=User unknown',
      'bounce',
      '5.1.1',
      'Sent, stat=User unknown',
      550,
    ],
    [
      'stat=Deferred: Connection refused',
      'deferral',
      undefined,
      'Deferred: Connection refused',
      undefined,
    ],
    [
      'dsn=5.1.2, stat=Host unknown (Name server: b.example: host not found)',
      'bounce',
      '5.1.2',
      'Host unknown (Name server: b.example: host not found)',
      undefined,
    ],
  ])('%s', (result, kind, enhanced, reason, code) => {
    const of = { listener: 'sm-mta', queue_id: ID, recipient: 'r@b.example' };
    expect(
      event(`${ID}: to=<r@b.example>, ctladdr=<u@a.example> (8/0), ${delay}, ${result}`),
    ).toEqual({
      kind,
      ...of,
      enhanced,
      reason,
      code,
    });
  });

  test('one event for each recipient', () => {
    const rows = rowsOf(
      `${ID}: to=<a@b.example>,<"x>, y"@b.example>,carol, ${delay}, dsn=2.0.0, stat=Sent`,
    );
    expect(rows.map((row) => row['recipient'])).toEqual([
      'a@b.example',
      '"x>, y"@b.example',
      'carol',
    ]);
    expect(rows.every((row) => row['kind'] === 'delivery')).toBe(true);
  });

  test.each([
    [`${ID}: to=<r>, delay=00:00:00, pri=30194, stat=discarded`, 'irrelevant'],
    [`${ID}: to=<r>, delay=00:00:00, mailer=esmtp, pri=30194, stat=queued`, 'irrelevant'],
    [`${ID}: to=<r>, delay=00:00:00`, 'no delivery status'],
    [`${ID}: to=<r>`, 'no delivery status'],
  ])('%s: %s', (text, expected) => {
    expect(outcome(text)).toBe(expected);
  });

  test('done', () => {
    expect(event(`${ID}: done; delay=00:00:00, ntries=1`)).toEqual({
      kind: 'removed',
      listener: 'sm-mta',
      queue_id: ID,
    });
  });
});

describe('refusals', () => {
  const rejection = { kind: 'rejection', verdict: 'rejected', ...PEER, queue_id: ID };

  test('rulesets', () => {
    expect(
      event(
        `${ID}: ruleset=check_rcpt, arg1=<r@b.example>, relay=${HOST}, reject=550 5.7.1 <r@b.example>... Relaying denied`,
      ),
    ).toEqual({
      ...rejection,
      phase: 'rcptto',
      code: 550,
      enhanced: '5.7.1',
      recipient: 'r@b.example',
      reason: '<r@b.example>... Relaying denied',
    });
    expect(
      event(
        `${ID}: ruleset=check_mail, arg1=<s@a.example>, relay=${HOST} (may be forged), reject=553 5.1.8 <s@a.example>... Domain does not exist`,
      ),
    ).toMatchObject({ phase: 'mailfrom', ip: '192.0.2.7', sender: 's@a.example', code: 553 });
    expect(
      event(
        `ruleset=check_relay, arg1=client.example, arg2=192.0.2.7, relay=${HOST}, reject=421 4.3.2 Too many open connections.`,
      ),
    ).toEqual({
      kind: 'rejection',
      verdict: 'rejected',
      ...PEER,
      phase: 'connect',
      code: 421,
      enhanced: '4.3.2',
      reason: 'Too many open connections.',
    });
    expect(
      event(
        `${ID}: ruleset=check_rcpt, arg1=<r>, relay=${HOST}, reject=451 4.7.1 Greylisting in action`,
      ),
    ).toMatchObject({ verdict: 'greylisted' });
  });

  test('a relay that the client wrote hides the client, and blames nobody', () => {
    const evil = '<x, relay=[192.0.2.99], reject=550 5.0.0 x@b.example>';
    const line = `${ID}: ruleset=check_rcpt, arg1=${evil}, relay=${HOST}, reject=550 5.7.1 ${evil}... no`;
    expect(event(line)).toMatchObject({ kind: 'rejection', session: OF.session, queue_id: ID });
    expect(event(line)['ip']).toBeUndefined();
  });

  test.each([
    `${ID}: ruleset=check_rcpt, arg1=<r>, relay=${HOST}, discard`,
    `${ID}: ruleset=check_eoh, arg1=3, relay=${HOST}, quarantine=x`,
    `ruleset=tls_server, arg1=SOFTWARE, relay=[192.0.2.7], reject=403 4.7.0 TLS handshake failed`,
  ])('%s', (text) => {
    expect(outcome(text)).toBe('irrelevant');
  });

  test('early talkers', () => {
    expect(
      event(
        `${ID}: rejecting commands from [192.0.2.7] [192.0.2.7] due to pre-greeting traffic after 0 seconds`,
      ),
    ).toEqual({
      ...rejection,
      phase: 'connect',
      code: 554,
      reason: 'due to pre-greeting traffic after 0 seconds',
    });
    expect(
      event(`${ID}: rejecting server HELO from ${HOST} due to traffic before response`),
    ).toMatchObject({
      phase: 'ehlo',
      ip: '192.0.2.7',
    });
  });

  test('VRFY', () => {
    expect(event(`${ID}: ${HOST}: VRFY alice [rejected]`)).toEqual({
      ...rejection,
      reason: 'VRFY alice [rejected]',
    });
  });

  test('unknown users have the client that an earlier line of the message names', () => {
    const unknown = (id: string): string => `${id}: <r@b.example>... User unknown`;
    expect(event(unknown(ID))).toEqual({
      kind: 'rejection',
      verdict: 'rejected',
      ...OF,
      queue_id: ID,
      phase: 'rcptto',
      code: 550,
      recipient: 'r@b.example',
      reason: 'User unknown',
    });
    const flood = `${ID}: ${HOST}: Possible SMTP RCPT flood, throttling.`;
    const rows = rowsOf(unknown(ID), flood, unknown(ID), unknown('6AKHkneO021363'));
    expect(rows.map((row) => row['ip'])).toEqual([undefined, '192.0.2.7', undefined]);
  });

  test('an answer may quote anything', () => {
    const quoted = `<x [192.0.2.99]: Possible SMTP RCPT flood, throttling.>... User unknown`;
    const bare = `x [192.0.2.99] did not issue MAIL/EXPN/VRFY/ETRN during connection to M... User unknown`;
    for (const text of [quoted, bare]) {
      const rows = rowsOf(`${ID}: ${text}`, `${ID}: <r>... User unknown`);
      expect(rows.map((row) => [row['kind'], row['ip']])).toEqual([
        ['rejection', undefined],
        ['rejection', undefined],
      ]);
    }
  });

  test('milters', () => {
    expect(event(`${ID}: Milter: data, reject=550 5.7.1 Virus Eicar found`)).toEqual({
      ...rejection,
      ip: undefined,
      phase: 'data',
      verdict: 'virus',
      code: 550,
      enhanced: '5.7.1',
      reason: 'Virus Eicar found',
    });
    expect(event(`${ID}: Milter: to=<spam@b.example>, reject=550 5.7.1 no`)).toMatchObject({
      phase: 'rcptto',
      verdict: 'rejected',
    });
    for (const [what, phase] of [
      ['from=<s@a.example>', 'mailfrom'],
      ['helo=x', 'ehlo'],
      ['connect: host=x, addr=192.0.2.7', 'connect'],
      ['header: X-Spam', 'data'],
    ]) {
      expect(event(`${ID}: Milter: ${what}, reject=451 4.3.2 later`)).toMatchObject({
        phase,
        code: 451,
      });
    }
  });
});

describe('logins', () => {
  test('failed', () => {
    expect(
      event(
        `${ID}: AUTH failure (LOGIN): user not found (-20) SASL(-13): user not found: checkpass failed, user=x, relay=[192.0.2.99], relay=${HOST}`,
      ),
    ).toEqual({
      kind: 'auth_failure',
      ...PEER,
      queue_id: ID,
      phase: 'ehlo',
      code: 535,
      user: 'x, relay=[192.0.2.99]',
      reason: 'user not found (-20) SASL(-13): user not found: checkpass failed',
    });
  });

  test('succeeded', () => {
    expect(event(`AUTH=server, relay=${HOST}, authid=carol, mech=LOGIN, bits=0`)).toEqual({
      kind: 'auth_success',
      ...PEER,
      phase: 'ehlo',
      user: 'carol',
    });
  });
});

test.each(['sendmail', 'sm-mta', 'sm-msp-queue', 'sm-acceptingconnections'])('tag %s', (tag) => {
  expect(eventOf(`${tag}[7]: NOQUEUE: connect from ${HOST}`)).toMatchObject({ listener: tag });
});

test('the tag of an NFS daemon is not sendmail', () => {
  expect(outcomeOf(`sm-notify[7]: NOQUEUE: connect from ${HOST}`)).toBe('irrelevant');
});

test('behind the facility that FreeBSD writes, and repeated', () => {
  const line = `Nov 20 18:27:13 <mail.notice> mx1 ${TAG}${ID}: ${HOST}: VRFY alice [rejected]`;
  const { rows } = parsePostfix(`${line}\nNov 20 18:27:20 mx1 last message repeated 2 times`);
  expect(rows.map((row) => [row['node'], row['ip'], row['kind']])).toEqual(
    Array.from({ length: 3 }, () => ['mx1', '192.0.2.7', 'rejection']),
  );
});
