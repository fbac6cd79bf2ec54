import { describe, expect, test } from 'vitest';
import type { ParserSetting } from '../../../../src/input/dialects.ts';
import { detectFormat } from '../../../../src/input/detect.ts';
import { KUMOMTA } from '../../../../src/input/kumomta/kumomta.ts';
import { TEXT } from '../../../../src/model/event.ts';
import { parseDialect } from '../../../builders/dialect-rows.ts';
import { fixture, type EventRow, type Parsed } from '../event-rows.ts';

function parse(lines: readonly unknown[], setting: Partial<ParserSetting> = {}): Parsed {
  const texts = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)));
  return parseDialect(KUMOMTA, texts.join('\n'), setting);
}

/** The event of a record at 2026-11-20T17:00:00Z, without time and line. */
function eventOf(record: Readonly<Record<string, unknown>>): EventRow {
  const { rows, reasons } = parse([{ timestamp: 1795194000, ...record }]);
  expect(reasons).toEqual([]);
  expect(rows[0]['time']).toBe('2026-11-20T17:00:00Z');
  const { time: _time, line: _line, ...rest } = rows[0];
  return rest;
}

const peer = { name: 'h', addr: '192.0.2.7' };
const refusal = (code: number, command: string | null): object => ({
  code,
  command,
  content: 'no',
});

test('a reception', () => {
  const record = {
    type: 'Reception',
    id: 'a1',
    sender: 's@a',
    recipient: 'r@b',
    size: 1234,
    response: { code: 250, enhanced_code: null, content: 'OK', command: null },
    peer_address: peer,
    nodeid: 'n1',
    session_id: 's1',
  };
  const event = {
    kind: 'reception',
    ip: '192.0.2.7',
    node: 'n1',
    session: 's1',
    queue_id: 'a1',
    sender: 's@a',
    recipient: 'r@b',
    helo: 'h',
    size: 1234,
    recipients: 1,
  };
  expect(eventOf(record)).toEqual(event);
  expect(eventOf({ ...record, recipient: ['r@b', 'r@c'] })).toEqual({ ...event, recipients: 2 });
  expect(eventOf({ ...record, recipient: ['"\u00e4"@b'] })).toEqual({
    ...event,
    recipient: '"ä"@b',
  });
  const { recipient: _, recipients: __, ...none } = event;
  expect(eventOf({ ...record, recipient: [] })).toEqual(none);
});

describe('rejections', () => {
  test.each([
    ['RCPT TO:<r@b>', 'rcptto'],
    ['rcpt to:<r@b>', 'rcptto'],
    ['MAIL FROM:<>', 'mailfrom'],
    ['EHLO h', 'ehlo'],
    ['STARTTLS', 'ehlo'],
    ['DATA', 'data'],
    ['.', 'data'],
    ['BDAT 5 LAST', 'data'],
    ['RCPTX', undefined],
    ['VRFY u', undefined],
    [null, undefined],
  ])('%s: %s', (command, phase) => {
    expect(
      eventOf({ type: 'Rejection', peer_address: peer, response: refusal(550, command) }),
    ).toEqual({
      kind: 'rejection',
      ip: '192.0.2.7',
      helo: 'h',
      code: 550,
      reason: 'no',
      ...(phase !== undefined && { phase }),
    });
  });

  test.each([
    ['AUTH PLAIN', 535, 'auth_failure'],
    ['auth login', 535, 'auth_failure'],
    ['AUTH PLAIN', 454, 'rejection'],
    ['AUTHX', 535, 'rejection'],
  ])('%s %i: %s', (command, code, kind) => {
    const record = { type: 'Rejection', peer_address: peer, response: refusal(code, command) };
    expect(eventOf(record)['kind']).toBe(kind);
  });

  test('before the first command', () => {
    const record = {
      type: 'Rejection',
      peer_address: { name: '', addr: '192.0.2.7' },
      id: '',
      sender: '',
    };
    expect(eventOf({ ...record, response: refusal(421, null) })).toEqual({
      kind: 'rejection',
      ip: '192.0.2.7',
      code: 421,
      reason: 'no',
      phase: 'connect',
    });
  });
});

test.each([
  ['Delivery', 'delivery'],
  ['Bounce', 'bounce'],
  ['Expiration', 'bounce'],
  ['AdminBounce', 'bounce'],
  ['TransientFailure', 'deferral'],
])('%s is a %s; its peer is the other server', (type, kind) => {
  const response = { code: 451, enhanced_code: { class: 4, subject: 7, detail: 10 }, content: 'x' };
  expect(eventOf({ type, id: 'a1', peer_address: peer, response })).toEqual({
    kind,
    queue_id: 'a1',
    code: 451,
    enhanced: '4.7.10',
    reason: 'x',
  });
});

test('the id of an OOB record is that of the report', () => {
  expect(eventOf({ type: 'OOB', id: 'a1', peer_address: peer })).toEqual({ kind: 'bounce' });
});

test.each([
  [false, '192.0.2.7', 'auth_failure', '192.0.2.7'],
  [true, '192.0.2.7:4025', 'auth_success', '192.0.2.7'],
  [false, '[2001:db8::1]:4025', 'auth_failure', '2001:db8::1'],
  [false, { addr: '2001:db8::1' }, 'auth_failure', '2001:db8::1'],
  [false, null, 'auth_failure', undefined],
])('authentication: %s %j', (success, address, kind, ip) => {
  const record = { type: 'Authentication', attempted_identity: { identity: 'u' }, success };
  expect(eventOf({ ...record, auth_info: { peer_address: address } })).toEqual({
    kind,
    user: 'u',
    ...(ip !== undefined && { ip }),
  });
});

describe('time', () => {
  test.each([
    [{ timestamp: 1795194000 }, '2026-11-20T17:00:00Z'],
    [{ timestamp: 1, event_time: '2026-11-20T17:00:00.123456789Z' }, '2026-11-20T17:00:00.123Z'],
    [{ timestamp: 1, event_time: '2026-11-20T18:00:00.5+01:00' }, '2026-11-20T17:00:00.500Z'],
    [{ timestamp: 1795194000, event_time: null }, '2026-11-20T17:00:00Z'],
  ])('%j', (clock, time) => {
    const record = { type: 'Delivery', ...clock };
    // Twice, because the second one finds the minute of the first.
    expect(parse([record, record]).rows.map((row) => row['time'])).toEqual([time, time]);
  });
});

test.each([
  ['not JSON', '{"type":"Delivery","timestamp":'],
  ['not JSON', 'a line of a template'],
  ['no record type', { timestamp: 1795194000 }],
  ['no record type', { type: 7, timestamp: 1795194000 }],
  ['no such time', { type: 'Delivery' }],
  ['no such time', { type: 'Delayed', timestamp: 'noon' }],
  ['no such time', { type: 'Delivery', timestamp: 1, event_time: '2026-11-20T17:00:00.Z' }],
  ['address cannot be read', { type: 'Reception', timestamp: 1, peer_address: { addr: 'h' } }],
  ['code cannot be read', { type: 'Bounce', timestamp: 1, response: { code: 'x' } }],
])('%s: %j', (reason, record) => {
  const { reasons, classes } = parse([record]);
  expect([reasons, classes]).toEqual([[reason], [0, 0, 1]]);
});

test('--node stands for the node; what no policy asks is not set', () => {
  const record = { type: 'Reception', timestamp: 1795194000, nodeid: 'n', sender: 's', id: 'a1' };
  expect(parse([record], { needs: { textFields: 1 << TEXT.helo }, node: 'mx9' }).rows).toEqual([
    { time: '2026-11-20T17:00:00Z', kind: 'reception', node: 'mx9', queue_id: 'a1', line: 1 },
  ]);
});

test('the hand-written log: every type, and nothing of what clients wrote', () => {
  const log = fixture('kumomta/records.json');
  expect(detectFormat(log)).toBe(KUMOMTA);
  const { rows, classes } = parse([log.toString().trimEnd()]);
  expect(classes).toEqual([17, 6, 1]);
  for (const row of rows) expect(String(row['ip'])).not.toMatch(/^192\.0\.2\.9[789]$/);
});
