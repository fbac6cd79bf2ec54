import { describe, expect, test } from 'vitest';
import { eventOf, outcomeOf, parsePostfix } from '../event-rows.ts';

const LISTENER = { listener: 'postfix' };

describe('postscreen', () => {
  const of = (text: string): string => `postfix/postscreen[19861]: ${text}`;
  const peer = { ...LISTENER, ip: '192.0.2.7', session: '[192.0.2.7]:17554' };

  test('DISCONNECT is a connect and a disconnect', () => {
    const { rows, classes } = parsePostfix(
      `Nov 20 18:27:13 mx1 ${of('DISCONNECT [2001:db8::1]:17554')}`,
    );
    expect(classes).toEqual([1, 0, 0]);
    const common = { ip: '2001:db8::1', session: '[2001:db8::1]:17554', line: 1 };
    expect(rows).toMatchObject([
      { kind: 'connect', phase: 'connect', ...common },
      { kind: 'disconnect', ...common },
    ]);
  });

  test('reject', () => {
    const tail = 'from=<s@a.example>, to=<r@b.example>, proto=ESMTP, helo=<h.example>';
    expect(
      eventOf(
        of(`NOQUEUE: reject: RCPT from [192.0.2.7]:17554: 550 5.7.1 Service unavailable; ${tail}`),
      ),
    ).toEqual({
      kind: 'rejection',
      verdict: 'rejected',
      ...peer,
      phase: 'rcptto',
      code: 550,
      enhanced: '5.7.1',
      reason: 'Service unavailable',
      sender: 's@a.example',
      recipient: 'r@b.example',
      helo: 'h.example',
    });
  });

  test.each([
    [
      'NOQUEUE: reject: CONNECT from [192.0.2.7]:17554: too many connections',
      'too many connections',
    ],
    [
      'NOQUEUE: reject: CONNECT from [192.0.2.7]:17554: all server ports busy',
      'all server ports busy',
    ],
    [
      'reject: connect from [192.0.2.7]:17554: all screening ports busy',
      'all screening ports busy',
    ],
  ])('%s', (text, reason) => {
    expect(eventOf(of(text))).toEqual({
      kind: 'rejection',
      verdict: 'rejected',
      ...peer,
      phase: 'connect',
      code: 421,
      reason,
    });
  });

  test.each([
    ['DISCONNECT x', 'no peer'],
    ['DISCONNECT [x]:1', 'peer cannot be read'],
    ['CONNECT from [192.0.2.7]:17554 to [192.0.2.1]:25', 'irrelevant'],
    ['PASS NEW [192.0.2.7]:17554', 'irrelevant'],
    ['PASS OLD [192.0.2.7]:17554', 'irrelevant'],
    ['ALLOWLISTED [192.0.2.7]:17554', 'irrelevant'],
    ['BLACKLISTED [192.0.2.7]:17554', 'irrelevant'],
    ['ALLOWLIST VETO [192.0.2.7]:17554', 'irrelevant'],
    ['PREGREET 11 after 0.05 from [192.0.2.7]:17554: EHLO a\\r\\n', 'irrelevant'],
    ['HANGUP after 0.1 from [192.0.2.7]:17554 in tests before SMTP handshake', 'irrelevant'],
    ['DNSBL rank 3 for [192.0.2.7]:17554', 'irrelevant'],
    ['BARE NEWLINE from [192.0.2.7]:17554 after NOOP', 'irrelevant'],
    ['COMMAND TIME LIMIT from [192.0.2.7]:17554 after EHLO', 'irrelevant'],
    ['DATA without valid RCPT from [192.0.2.7]:17554', 'irrelevant'],
    ['cache lmdb:/var/lib/postfix/postscreen_cache full cleanup: retained=0', 'irrelevant'],
  ])('%s: %s', (text, expected) => {
    expect(outcomeOf(of(text))).toBe(expected);
  });
});

describe('cleanup', () => {
  const of = (text: string): string => `postfix/cleanup[7]: DA85E59061C: ${text}`;
  const tail = 'from=<s@a.example> to=<r@b.example> proto=ESMTP helo=<h.example>';
  const rejection = {
    kind: 'rejection',
    verdict: 'rejected',
    phase: 'data',
    queue_id: 'DA85E59061C',
    ...LISTENER,
    ip: '192.0.2.7',
    sender: 's@a.example',
    recipient: 'r@b.example',
    helo: 'h.example',
  };

  test('milter-reject has no SMTP code', () => {
    expect(
      eventOf(of(`milter-reject: END-OF-MESSAGE from a[192.0.2.7]: 5.7.1 virus; ${tail}`)),
    ).toEqual({ ...rejection, verdict: 'virus', enhanced: '5.7.1', reason: 'virus' });
    const later = `milter-reject: END-OF-MESSAGE from a[192.0.2.7]: 4.7.1 Greylisted; ${tail}`;
    expect(eventOf(of(later))).toMatchObject({ verdict: 'greylisted', enhanced: '4.7.1' });
  });

  test.each(['header Subject: buy from a friend; now', 'body BUY'])('reject: %s', (what) => {
    expect(
      eventOf(of(`reject: ${what} from a[192.0.2.7]:25; ${tail}: 5.7.1 refused: by rule`)),
    ).toEqual({ ...rejection, code: 550, enhanced: '5.7.1', reason: 'refused: by rule' });
  });

  test('mail of this machine has no peer', () => {
    const event = eventOf(of('reject: header Subject: x from local; from=<root> to=<r>: 5.7.1 no'));
    expect(event).toMatchObject({ kind: 'rejection', code: 550 });
    expect(event).not.toHaveProperty('ip');
  });

  test.each([
    ['removed (canceled)', 'event'],
    ['removed (discarded)', 'event'],
    ['removedx', 'irrelevant'],
    ['message-id=<a@b.example>', 'irrelevant'],
    [`hold: header Subject: x from a[192.0.2.7]; ${tail}`, 'irrelevant'],
    [`discard: header Subject: x from a[192.0.2.7]; ${tail}: bulk`, 'irrelevant'],
    [`warning: header Subject: x from a[192.0.2.7]; ${tail}`, 'irrelevant'],
    [`milter-discard: END-OF-MESSAGE from a[192.0.2.7]: x; ${tail}`, 'irrelevant'],
    ['reject: header Subject: x', 'reject without peer'],
    ['reject: header Subject: x from a[y]; from=<s> to=<r>: 5.7.1 no', 'peer cannot be read'],
  ])('%s: %s', (text, expected) => {
    expect(outcomeOf(of(text))).toBe(expected);
  });
});

describe('queue manager', () => {
  const of = (text: string): string => `postfix/qmgr[7]: DA85E59061C: ${text}`;
  const common = { ...LISTENER, queue_id: 'DA85E59061C' };

  test.each([
    ['from=<s@a.example>, size=1234, nrcpt=2 (queue active)', { sender: 's@a.example' }],
    ['from=<>, size=1234, nrcpt=2 (queue active)', {}],
    [
      'from=<"a>, size=1, nrcpt=9 (queue active)"@a.example>, size=1234, nrcpt=2 (queue active)',
      { sender: '"a>, size=1, nrcpt=9 (queue active)"@a.example' },
    ],
  ])('%s', (text, fields) => {
    expect(eventOf(of(text))).toEqual({
      kind: 'queued',
      ...common,
      size: 1234,
      recipients: 2,
      ...fields,
    });
  });

  test.each(['expired', 'force-expired'])('status=%s', (status) => {
    expect(eventOf(of(`from=<s@a.example>, status=${status}, returned to sender`))).toEqual({
      kind: 'bounce',
      ...common,
      sender: 's@a.example',
    });
  });

  test.each([
    'postfix/qmgr[7]: DA85E59061C: removed',
    'postfix/oqmgr[7]: DA85E59061C: removed',
    'postfix/postsuper[7]: DA85E59061C: removed',
  ])('%s', (line) => {
    expect(eventOf(line)).toEqual({ kind: 'removed', ...common });
  });

  test.each([
    ['from=<s@a.example>', 'sender without size or status'],
    ['from=<s@a.example>, size=x, nrcpt=2 (queue active)', 'no message size'],
    ['from=<s@a.example, nrcpt=2 (queue active)', 'no message size'],
    ['from=<s@a.example>, size=1, nrcpt= (queue active)', 'no recipient count'],
    ['from=<s@a.example>, size=1, nrcpt=2147483648 (queue active)', 'no recipient count'],
    ['skipped, still being delivered', 'irrelevant'],
  ])('%s: %s', (text, expected) => {
    expect(outcomeOf(of(text))).toBe(expected);
  });
});

describe('delivery agents', () => {
  const of = (text: string): string => `postfix/relay/smtp[7]: DA85E59061C: ${text}`;
  const common = { listener: 'postfix/relay', queue_id: 'DA85E59061C', recipient: 'r@b.example' };
  const relay = 'relay=mx.b.example[192.0.2.9]:25, delay=0.3, delays=0.1/0/0.1/0.1';

  test.each([
    ['sent (250 2.0.0 Ok: queued as 4AB)', 'delivery', 250, '250 2.0.0 Ok: queued as 4AB'],
    [
      'sent (250 2.0.0 status=bounced (x) said: 550 no)',
      'delivery',
      250,
      '250 2.0.0 status=bounced (x) said: 550 no',
    ],
    ['sent (delivered to mailbox)', 'delivery', undefined, 'delivered to mailbox'],
    [
      'deferred (host mx[192.0.2.9] said: 450 4.2.0 later)',
      'deferral',
      450,
      'host mx[192.0.2.9] said: 450 4.2.0 later',
    ],
    [
      'deferred (host mx[192.0.2.9] refused to talk to me: 554 no)',
      'deferral',
      554,
      'host mx[192.0.2.9] refused to talk to me: 554 no',
    ],
    [
      'deferred (connect to mx[192.0.2.9]:25: Connection refused)',
      'deferral',
      undefined,
      'connect to mx[192.0.2.9]:25: Connection refused',
    ],
    [
      'bounced (host mx[192.0.2.9] said: 550-5.1.1 no (in reply to RCPT TO command))',
      'bounce',
      550,
      'host mx[192.0.2.9] said: 550-5.1.1 no (in reply to RCPT TO command)',
    ],
    ['bounced (unknown user said: 999 x)', 'bounce', undefined, 'unknown user said: 999 x'],
  ])('status=%s', (status, kind, code, reason) => {
    const expected = {
      kind,
      ...common,
      enhanced: '2.1.5',
      reason,
      ...(code === undefined ? {} : { code }),
    };
    expect(eventOf(of(`to=<r@b.example>, ${relay}, dsn=2.1.5, status=${status}`))).toEqual(
      expected,
    );
    const more = `to=<r@b.example>, orig_to=<list@b.example>, ${relay}, tls=TLSv1.3, dsn=2.1.5, status=${status}`;
    expect(eventOf(of(more))).toEqual(expected);
  });

  test('before 2.3 there was no dsn', () => {
    expect(eventOf(of('to=<r@b.example>, relay=local, delay=1, status=sent (delivered)'))).toEqual({
      kind: 'delivery',
      ...common,
      reason: 'delivered',
    });
  });

  test('a recipient that imitates the line', () => {
    const recipient =
      '"a>, relay=x, delay=1, delays=0/0/0/0, dsn=2.0.0, status=sent (250 x)"@b.example';
    expect(
      eventOf(of(`to=<${recipient}>, ${relay}, dsn=5.1.1, status=bounced (no)`)),
    ).toMatchObject({
      kind: 'bounce',
      recipient,
      enhanced: '5.1.1',
    });
  });

  test('a quote that only the answer closes', () => {
    const text = `to=<"@b.example>, ${relay}, dsn=5.1.1, status=bounced (">, status=sent (250 x))`;
    expect(eventOf(of(text))).toMatchObject({ kind: 'bounce', recipient: '"@b.example' });
  });

  test.each([
    [
      'to=<r>, relay=x, delay=1, delays=0/0/0/0, dsn=2.1.5, status=deliverable (250 Ok)',
      'irrelevant',
    ],
    [
      'to=<r>, relay=x, delay=1, delays=0/0/0/0, dsn=5.1.5, status=undeliverable (no)',
      'irrelevant',
    ],
    ['host mx[192.0.2.9] said: 450 later (in reply to RCPT TO command)', 'irrelevant'],
    ['to=<r>, relay=x, delay=1', 'no delivery status'],
    ['to=<r', 'no delivery status'],
  ])('%s: %s', (text, expected) => {
    expect(outcomeOf(of(text))).toBe(expected);
  });

  test.each(['smtp', 'lmtp', 'local', 'virtual', 'pipe', 'error', 'retry', 'discard'])(
    '%s',
    (agent) => {
      const text = `4AB: to=<r>, relay=x, delay=1, delays=0/0/0/0, dsn=2.0.0, status=sent (x)`;
      expect(eventOf(`postfix/${agent}[7]: ${text}`)).toMatchObject({
        kind: 'delivery',
        queue_id: '4AB',
      });
    },
  );
});

test.each([
  'postfix-out/master[7]: daemon started -- version 3.10.13, configuration /etc/postfix-out',
  'postfix-out/master[7]: terminating on signal 15',
])('%s', (line) => {
  expect(eventOf(line)).toEqual({ kind: 'restart', listener: 'postfix-out' });
});

test.each([
  'postfix/master[7]: reload -- version 3.10.13, configuration /etc/postfix',
  'postfix/anvil[7]: statistics: max connection rate 74/60s for (smtp:192.0.2.7) at Nov 20 18:27:13',
  'postfix/scache[7]: statistics: start interval Nov 20 18:27:13',
  'postfix/pickup[7]: DA85E59061C: uid=0 from=<root>',
  'postfix/bounce[7]: DA85E59061C: sender non-delivery notification: 4AB',
  'postfix/tlsproxy[7]: DISCONNECT [192.0.2.7]:17554',
  'postfix/dnsblog[7]: addr 192.0.2.7 listed by domain dnsbl.example as 127.0.0.2',
  'postfix/smtp[7]: connect to mx.b.example[192.0.2.9]:25: Connection refused',
  'opendkim[7]: DA85E59061C: reject: RCPT from a[192.0.2.7]: 550 x',
  'dovecot: auth: passwd-file(u,192.0.2.7): unknown user',
  'other/imapd[7]: connect from a[192.0.2.7]',
  'smtpd[7]: connect from a[192.0.2.7]',
  'sshd[7]: connect from a[192.0.2.7]',
  'kernel: connect from a[192.0.2.7]',
  'connect from a[192.0.2.7]',
])('irrelevant: %s', (line) => {
  expect(outcomeOf(line)).toBe('irrelevant');
});

test('a line without a usable time is unparsed', () => {
  const { reasons } = parsePostfix(
    [
      'Feb 29 18:27:13 mx1 postfix/smtpd[1]: connect from a[192.0.2.7]',
      'postfix/smtpd[1]: connect from a[192.0.2.7]',
      '',
      'Nov 20 25:00:00 mx1 postfix/smtpd[1]: connect from a[192.0.2.7]',
    ].join('\n'),
  );
  expect(reasons).toEqual(['no such date', 'no header', 'no header', 'no such time']);
});

test('the node can be given', () => {
  const line = 'Nov 20 18:27:13 mx1 postfix/smtpd[1]: connect from a[192.0.2.7]';
  expect(parsePostfix(line, undefined, 'other').rows[0]).toMatchObject({ node: 'other' });
  const hosts = ['mx1', 'mx2', 'mx1', 'x', 'mx10'].map((host) => line.replace('mx1', host));
  expect(parsePostfix(hosts.join('\n')).rows.map((row) => row['node'])).toEqual([
    'mx1',
    'mx2',
    'mx1',
    'x',
    'mx10',
  ]);
});
