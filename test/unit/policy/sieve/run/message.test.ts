// Goal: scripts see of a message what the log tells, in Momentum's forms.
// Method: events with and without each fact; every command and test on them.
import { expect, test } from 'vitest';

import { NOON_MS } from '../../../../builders/event-batches.ts';
import {
  holds,
  runScript,
  sessionOf,
  xOf,
  type RunEvent,
} from '../../../../builders/script-run.ts';

const MAIL: RunEvent = {
  timeMs: NOON_MS + 1999,
  kind: 'rejection',
  ip: '2001:db8::7',
  sender: 'Info+list@Example.com',
  recipient: 'b@example.org',
  queue_id: 'Q1',
  size: 2048,
  code: 550,
  enhanced: '5.7.1',
  reason: 'not here',
};

test.each([
  ['ec_get_message_code', '550 5.7.1 not here', ''],
  ['ec_get_message_mailfrom', 'MAIL FROM:<Info+list@Example.com>', ''],
  ['ec_get_message_rcptto', 'RCPT TO:<b@example.org>', ''],
  ['ec_get_message_size', '2048', ''],
  ['ec_get_message_id', 'Q1', ''],
  ['ec_get_message_protocol', 'ESMTP', 'ESMTP'],
  ['ec_get_message_creation_time', String(NOON_MS / 1000 + 1), String(NOON_MS / 1000)],
  ['ec_get_message_received_from', '2001:db8::7', '192.0.2.7'],
  ['envelope "from"', 'Info+list@Example.com', ''],
  ['envelope "TO"', 'b@example.org', ''],
  ['envelope :localpart "from"', 'Info+list', ''],
  ['envelope :domain "from"', 'Example.com', ''],
  ['envelope :user "from"', 'Info', ''],
  ['envelope :detail "from"', 'list', ''],
  ['envelope :user "to"', 'b', ''],
  ['envelope :detail "to"', '', ''],
])('%s', (call, told, untold) => {
  expect(xOf(`$x = ${call};`, MAIL)).toBe(told);
  expect(xOf(`$x = ${call};`)).toBe(untold);
});

test.each([
  'ec_get_message_received_from_port',
  'ec_get_message_received_via',
  'ec_get_message_received_via_port',
])('%s is not logged', (name) => {
  const { variables, notes } = runScript(`$x = ${name};`, MAIL);
  expect(variables['x']).toBe('');
  expect(notes).toEqual([`not-simulated 1: ${name}`]);
});

test('protocols are named by service', () => {
  const call = '$x = ec_get_message_protocol;';
  expect(xOf(call, { service: 'ECStream' })).toBe('ECSTREAM');
  expect(xOf(call, { service: 'Control' })).toBe('');
});

test('what the event does not tell is known from the session', () => {
  const session = sessionOf({ sender: 'a@example.com', recipient: 'b@example.org' });
  expect(xOf('$x = envelope "from";', { session })).toBe('a@example.com');
  expect(xOf('$x = envelope "to";', { session })).toBe('b@example.org');
  expect(xOf('$x = envelope "to";', { session, recipient: 'c@example.org' })).toBe('c@example.org');
});

test('the last @ ends a local part', () => {
  const sender = '"a@b"@example.com';
  expect(xOf('$x = envelope :localpart "from";', { sender })).toBe('"a@b"');
  expect(xOf('$x = envelope :domain "from";', { sender })).toBe('example.com');
});

test('a further recipient has no address, which is told', () => {
  const { variables, notes } = runScript(
    '$x = envelope "to"; $y = ec_get_message_rcptto; $z = envelope :domain "from";',
    { ...MAIL, nth: 1 },
  );
  expect(variables).toEqual({ x: '', y: '', z: 'Example.com' });
  expect(notes).toHaveLength(2);
  expect(notes[0]).toBe('doubt 1: the log does not name further recipients: empty');
});

test.each([
  ['envelope "from" "Info+list@Example.com"', true],
  ['envelope :domain :is "from" "example.com"', false],
  ['envelope :domain :comparator "i;ascii-casemap" "from" "example.com"', true],
  ['envelope :localpart :matches "from" "info*"', false],
  ['envelope :domain :is ["from", "to"] ["x.example", "example.org"]', true],
  ['envelope :detail :is "to" ""', false],
  ['envelope :detail :is "from" "list"', true],
  ['envelope :count "eq" :comparator "i;ascii-numeric" ["from", "to"] "2"', true],
])('%s is %s', (condition, expected) => {
  expect(holds(condition, '', MAIL)).toBe(expected);
});

test('the empty sender is empty in every part', () => {
  for (const part of ['all', 'localpart', 'domain', 'user', 'detail']) {
    expect(holds(`envelope :${part} :is "from" ""`)).toBe(true);
  }
  expect(holds('envelope :count "eq" :comparator "i;ascii-numeric" "from" "0"')).toBe(true);
});

test.each([
  ['size :over 2K', false],
  ['size :over 2047', true],
  ['size :under 2K', false],
  ['size :under 2049', true],
])('%s of 2 KB is %s', (condition, expected) => {
  expect(holds(condition, '', MAIL)).toBe(expected);
});

test('an unknown size is neither over nor under, which is told', () => {
  expect(holds('size :over 0')).toBe(false);
  expect(holds('size :under 1G')).toBe(false);
  const { notes } = runScript('if size :over 1 { $x = "1"; }');
  expect(notes).toEqual(['doubt 1: the log does not tell the size: no match']);
});

test.each([
  ['if envelope "from" { stop; }', 'takes names and keys'],
  ['$x = envelope "cc";', "'cc' is neither"],
])('%s is a runtime error', (script, expected) => {
  expect(runScript(script, MAIL).failure).toContain(expected);
});
