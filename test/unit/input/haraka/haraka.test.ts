import { describe, expect, test } from 'vitest';
import { detectFormat } from '../../../../src/input/detect.ts';
import { HARAKA } from '../../../../src/input/haraka/haraka.ts';
import { TEXT } from '../../../../src/model/event.ts';
import { parseDialect } from '../../../builders/dialect-rows.ts';
import type { EventRow } from '../event-rows.ts';

const STAMP = '2026-11-20T17:53:18.525Z';
const UUID = '10B3EB9F-0F05-4ABD-9519-2FF00FA55B7F';

type Values = Readonly<{ [key: string]: string | number }>;
interface Entry {
  readonly uuid?: string;
  readonly origin?: string;
  readonly message: string;
  readonly values?: Values;
}

const bare = (value: string | number): string =>
  /^[^\s"=\\]+$/.test(String(value)) ? String(value) : JSON.stringify(String(value));
const pairs = (values: Values): string =>
  Object.entries(values)
    .map(([key, value]) => ` ${key}=${bare(value)}`)
    .join('');

/** An entry in the three forms of Haraka's log. */
const FORMS: Readonly<{ [form: string]: (entry: Required<Entry>) => string }> = {
  plain: ({ uuid, origin, message, values }) =>
    `${STAMP} [NOTICE] [${uuid}] [${origin}] ${message}${pairs(values).replace(' msg=no', ' msg="no"')}`,
  logfmt: ({ uuid, origin, message, values }) =>
    `${STAMP} level=NOTICE uuid=${uuid} origin=${origin} message=${bare(message)}${pairs(values)}`,
  json: ({ uuid, origin, message, values }) =>
    `${STAMP} ${JSON.stringify({ level: 'NOTICE', uuid, origin, message, ...values })}`,
};

function linesOf(form: string, entries: readonly Entry[]): string {
  return entries
    .map((entry) => FORMS[form]({ uuid: UUID, origin: 'core', values: {}, ...entry }))
    .join('\n');
}

/** The events of entries, which all forms must agree on, without what every one has. */
function eventsOf(...entries: readonly Entry[]): EventRow[] {
  const all = Object.keys(FORMS).map((form) => {
    const { rows, reasons } = parseDialect(HARAKA, linesOf(form, entries));
    expect([form, reasons]).toEqual([form, []]);
    return rows.map(({ time, session, line: _line, ...rest }) => {
      expect(time).toBe(STAMP);
      return session === UUID || session === undefined ? rest : { session, ...rest };
    });
  });
  expect(all[1]).toEqual(all[0]);
  expect(all[2]).toEqual(all[0]);
  return all[0];
}

const CONNECT: Values = { ip: '192.0.2.7', port: 61974, local_ip: '192.0.2.25', local_port: 25 };
const END: Values = {
  ip: '192.0.2.7',
  rdns: 'h7.example',
  helo: 'h',
  relay: 'N',
  early: 'N',
  esmtp: 'Y',
  tls: 'N',
  pipe: 'N',
  errors: 0,
  txns: 0,
  rcpts: '0/0/0',
  msgs: '0/0/0',
  bytes: 0,
  lr: '',
  time: 0.024,
};
const transaction = (entry: Entry): Entry => ({ uuid: `${UUID}.1`, ...entry });
const end = (values: Values): Entry =>
  transaction({ message: 'disconnect', values: { ...END, ...values } });

test('connect', () => {
  expect(eventsOf({ message: 'connect', values: CONNECT })).toEqual([
    { kind: 'connect', ip: '192.0.2.7', listener: '192.0.2.25:25' },
  ]);
  const six = { ...CONNECT, ip: '2001:db8:7::1', local_ip: '2001:db8:25::25' };
  expect(eventsOf({ message: 'connect', values: six })).toEqual([
    { kind: 'connect', ip: '2001:db8:7::1', listener: '[2001:db8:25::25]:25' },
  ]);
});

test('disconnect: the session is the UUID without the number of the transaction', () => {
  expect(eventsOf(end({}))).toEqual([{ kind: 'disconnect', ip: '192.0.2.7', helo: 'h' }]);
});

test.each([
  ['sender <a@b.example>', 'DENY', 550, { phase: 'mailfrom', sender: 'a@b.example' }],
  ['sender <>', 'DENYSOFT', 450, { phase: 'mailfrom' }],
  ['sender <a@b.example>', 'DENYDISCONNECT', 550, { phase: 'mailfrom', sender: 'a@b.example' }],
  ['sender <a@b.example>', 'DENYSOFTDISCONNECT', 450, { phase: 'mailfrom', sender: 'a@b.example' }],
  ['recipient <c@d.example>', 'DENY', 550, { phase: 'rcptto', recipient: 'c@d.example' }],
  ['queue', 'DENY', 550, { phase: 'data' }],
  ['queue', 'CONT', 451, { phase: 'data' }],
])('refused: %s code=%s', (message, code, reply, rest) => {
  expect(eventsOf(transaction({ message, values: { code, msg: 'no' } }))).toEqual([
    { kind: 'rejection', code: reply, reason: 'no', ...rest },
  ]);
});

test('a recipient and a message that are refused', () => {
  expect(
    eventsOf(
      transaction({
        message: 'recipient <c@d.example>',
        values: { code: 'DENY', msg: 'no', sender: 'a@b.example' },
      }),
      transaction({
        message: 'message',
        values: { mid: '<1@g>', size: 7, rcpts: '1/0/0', delay: 0, code: 'DENY', msg: 'spam' },
      }),
    ),
  ).toEqual([
    {
      kind: 'rejection',
      phase: 'rcptto',
      code: 550,
      reason: 'no',
      recipient: 'c@d.example',
      sender: 'a@b.example',
    },
    { kind: 'rejection', phase: 'data', code: 550, reason: 'spam' },
  ]);
});

test('a message that is queued is a reception', () => {
  const message = { mid: '<1@g>', size: 649, rcpts: '3/0/1', delay: 0.001, code: 'CONT', msg: '' };
  const queued = { message: 'queue', values: { code: 'OK', msg: `Message Queued (${UUID}.1)` } };
  expect(
    eventsOf(
      transaction({ message: 'sender <a@b.example>', values: { code: 'CONT', msg: '' } }),
      transaction({
        message: 'recipient <c@d.example>',
        values: { code: 'OK', msg: '', sender: 'a@b.example' },
      }),
      transaction({ message: 'message', values: message }),
      transaction(queued),
      { uuid: `${UUID}.2`, ...queued },
    ),
  ).toEqual([
    { kind: 'reception', queue_id: `${UUID}.1`, sender: 'a@b.example', size: 649, recipients: 3 },
    { kind: 'reception', queue_id: `${UUID}.2`, sender: 'a@b.example' },
  ]);
});

describe('refusals that only the end of the session shows', () => {
  const denied = transaction({
    message: 'sender <a@b.example>',
    values: { code: 'DENY', msg: 'no MX' },
  });
  const kindsOf = (...entries: readonly Entry[]): unknown[] =>
    eventsOf(...entries).map(({ kind, code, phase, reason }) => [kind, code, phase, reason]);
  const DENIED = ['rejection', 550, 'mailfrom', 'no MX'];
  const ENDED = ['disconnect', undefined, undefined, undefined];

  test.each([
    [{ lr: '554 5.7.1 listed' }, 554, 'ehlo', 'listed'],
    [{ lr: '554 listed', helo: '' }, 554, 'connect', 'listed'],
    [
      { lr: '503 Use EHLO/HELO before MAIL', helo: '' },
      503,
      undefined,
      'Use EHLO/HELO before MAIL',
    ],
    [{ lr: '500 Unrecognized command', txns: 1 }, 500, undefined, 'Unrecognized command'],
  ])('%j', (values, code, phase, reason) => {
    expect(kindsOf(end(values))).toEqual([['rejection', code, phase, reason], ENDED]);
  });

  test('recipients that no plugin took', () => {
    const reason = 'I cannot deliver mail for <"q q"@b.example>';
    const values = { txns: 1, rcpts: '1/0/3', lr: `550 ${reason}` };
    const refused = transaction({
      message: 'recipient <c@d.example>',
      values: { code: 'DENY', msg: 'no' },
    });
    expect(kindsOf(refused, end(values))).toEqual([
      ['rejection', 550, 'rcptto', 'no'],
      ['rejection', 550, 'rcptto', reason],
      ['rejection', 550, 'rcptto', reason],
      ENDED,
    ]);
  });

  test.each([
    ['a refusal that has its line', [denied], '550 no MX', [DENIED]],
    [
      'another one after it',
      [denied],
      '500 Unrecognized command',
      [DENIED, ['rejection', 500, undefined, 'Unrecognized command']],
    ],
    ['an idle client', [], '421 timeout', []],
    ['what is no reply', [], 'no', []],
    [
      'an AUTH without line',
      [],
      '535 5.7.8 Authentication failed',
      [['auth_failure', 535, undefined, undefined]],
    ],
  ])('%s', (_, before, lr, events) => {
    expect(kindsOf(...before, end({ txns: 1, lr }))).toEqual([...events, ENDED]);
  });

  test('an AUTH that has its line, and a refusal whose text is the default', () => {
    const delaying = { origin: 'auth/flat_file', message: 'delaying for 1 seconds' };
    const kinds = (entries: readonly Entry[]): unknown[] =>
      eventsOf(...entries).map((row) => row['kind']);
    expect(kinds([delaying, end({ lr: '535 5.7.8 Authentication failed' })])).toEqual([
      'auth_failure',
      'disconnect',
    ]);
    const silent = transaction({ message: 'queue', values: { code: 'DENY', msg: '' } });
    expect(kinds([silent, end({ txns: 1, lr: '550 Message denied' })])).toEqual([
      'rejection',
      'disconnect',
    ]);
  });

  test('an address that is none', () => {
    const bad = transaction({ message: 'Invalid RCPT TO address <"x@>: expected sub-domain' });
    const lr = '501 Invalid RCPT TO address <"x@>: expected sub-domain';
    expect(kindsOf(bad, end({ txns: 1, lr }))).toEqual([
      ['rejection', 501, 'rcptto', 'Invalid RCPT TO address <"x@>: expected sub-domain'],
      ENDED,
    ]);
  });
});

test('what became of messages that were sent on', () => {
  const part = { uuid: `${UUID}.2.1`, origin: 'outbound' };
  const delivered = {
    file: 'f',
    domain: 'example.net',
    host: 'mx',
    ip: '192.0.2.99',
    response: 'Queued (X)',
    rcpts: '2/0/0',
  };
  expect(
    eventsOf(
      { ...part, message: 'delivered', values: delivered },
      { ...part, message: 'recipient <r@b.example> deferred: 450 4.2.0 <r@b.example>: later' },
      { ...part, message: 'recipient <r@b.example> rejected: 550 no' },
    ),
  ).toEqual([
    { kind: 'delivery', queue_id: `${UUID}.2`, recipients: 2, reason: 'Queued (X)' },
    {
      kind: 'deferral',
      queue_id: `${UUID}.2`,
      recipient: 'r@b.example',
      code: 450,
      enhanced: '4.2.0',
      reason: '<r@b.example>: later',
    },
    { kind: 'bounce', queue_id: `${UUID}.2`, recipient: 'r@b.example', code: 550, reason: 'no' },
  ]);
});

test('addresses that imitate the end of a line', () => {
  const address = '"x> code=DENY msg=\\"no\\""@b.example';
  const line = `${STAMP} [NOTICE] [${UUID}.1] [core] sender <${address}> code=CONT msg=""`;
  expect(parseDialect(HARAKA, line).classes).toEqual([0, 1, 0]);
  const refused = line.replace('CONT msg=""', 'DENYSOFT msg="not <a> code=OK msg=\\"\\""');
  const { rows } = parseDialect(HARAKA, refused);
  expect([rows[0]['code'], rows[0]['reason']]).toEqual([450, 'not <a> code=OK msg=""']);
});

test.each([
  ['no time stamp', `[NOTICE] [${UUID}] [core] connect ip=192.0.2.7`],
  ['no time stamp', "\tACE encoded 'sender.example' to 'sender.example'"],
  ['no time stamp', '2026-11-20 17:53'],
  ['no time stamp', '12345678901 files loaded, 24 Z'],
  ['no time stamp', ''],
  ['not JSON', `${STAMP} {"level":"NOTICE"`],
  ['address cannot be read', `${STAMP} [NOTICE] [${UUID}] [core] connect ip=unknown port=1`],
  ['address cannot be read', `${STAMP} [NOTICE] [${UUID}] [core] disconnect ip= rdns=192.0.2.99`],
  ['no reply', `${STAMP} [NOTICE] [${UUID}] [core] sender <a@b.example>`],
])('%s: %s', (reason, line) => {
  const { reasons, classes } = parseDialect(HARAKA, line === '' ? '\n' : line);
  expect([reasons, classes]).toEqual([[reason], [0, 0, 1]]);
});

test.each([
  `${STAMP} loglevel: NOTICE`,
  STAMP,
  `${STAMP} [NOTICE] [-] [server] Listening on 192.0.2.25:25`,
  `${STAMP} [NOTICE] [${UUID}] [core] connection ip=192.0.2.99`,
  `${STAMP} [WARN] [${UUID}] [core] client connection timed out ip=192.0.2.7`,
  `${STAMP} [NOTICE] [${UUID}.1.2] [outbound] Failed to get socket: connect ECONNREFUSED 192.0.2.9:25`,
  `${STAMP} [NOTICE] [${UUID}] [plugin] connect ip=192.0.2.99 port=1 local_ip=192.0.2.25 local_port=25`,
])('irrelevant: %s', (line) => {
  expect(parseDialect(HARAKA, line).classes).toEqual([0, 1, 0]);
});

test('without time stamps it is known all the same', () => {
  for (const form of Object.keys(FORMS)) {
    const line = linesOf(form, [{ message: 'connect', values: CONNECT }]);
    expect(detectFormat(Buffer.from(`${line}\n`))).toBe(HARAKA);
    expect(detectFormat(Buffer.from(`${line.slice(STAMP.length + 1)}\n`))).toBe(HARAKA);
  }
});

test('--node, and what no policy asks is not set', () => {
  const line = linesOf('json', [
    transaction({ message: 'sender <a@b>', values: { code: 'DENY', msg: 'no' } }),
  ]);
  const { rows } = parseDialect(HARAKA, line, {
    node: 'mx9',
    needs: { textFields: 1 << TEXT.helo },
  });
  expect(rows).toEqual([
    {
      time: STAMP,
      kind: 'rejection',
      node: 'mx9',
      session: UUID,
      phase: 'mailfrom',
      code: 550,
      line: 1,
    },
  ]);
});
