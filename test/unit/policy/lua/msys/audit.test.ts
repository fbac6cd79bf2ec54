// Goal: msys.audit answers from the configured monitors and the open sessions.
// Method: a module that runs at connects, and what it prints.
import { expect, test } from 'vitest';

import { NOON_MS, type EventRow } from '../../../../builders/event-batches.ts';
import { connect, PEER, PEER6, printed } from '../../../../builders/lua-replays.ts';

const PLACE = 'module.lua:3';
const MINUTES = { monitors: ['300,6', '60,1'] };
const at = (kind: string, seconds: number, ip = PEER): EventRow => ({
  ...connect(ip, seconds),
  kind,
});
/** In window 0 two connects and a rejection, in window 1 a reception and a connect of a neighbour. */
const ROWS = [
  at('reception', 10),
  at('connect', 20, '192.0.2.8'),
  at('rejection', 310),
  at('connect', 320),
  at('connect', 330),
];

test.each([
  ['connections("300,6")', '2'],
  ['connections(" 300 , 6 ")', '2'],
  ['connections("60,1")', '2'],
  ['receptions("300,6")', '0'],
  ['receptions("300,6", {startv = 1})', '1'],
  ['receptions("300,6", {endv = 1})', '1'],
  ['rejections("300,6")', '1'],
  ['rejections("300,6", {startv = 1, endv = 5})', '0'],
  ['connections("300,6", {startv = 1, cidr = "/24"})', '1'],
  ['connections("300,6", {endv = 5, cidr = "/24"})', '3'],
  ['connections("300,6", {endv = 5, cidr = "192.0.2.8"})', '1'],
  ['connections("300,6", "192.0.2.0/24")', '2'],
  ['connections("300,6", "/32")', '2'],
  ['connections("300,6", "[192.0.2.7]")', '2'],
  ['connections("300,6", ac)', '2'],
  ['connections("300,6", nil)', '2'],
  ['connections("300,6", {})', '2'],
  ['connections("300,6", {cluster = true})', '2'],
  ['connections("300,6", "[2001:db8::]/64")', '0'],
  ['connections("300,6", "198.51.100.0/24")', '0'],
])('%s', async (call, expected) => {
  const shown = await printed(`print(msys.audit.${call})`, { ...MINUTES, rows: ROWS });
  expect(shown.at(-1)).toBe(expected);
});

test.each([
  ['connections("300,7")', `no monitor '300,7' is configured; there are "300,6" "60,1"`],
  ['connections("0")', "no monitor '0' is configured"],
  ['connections("x")', "no monitor 'x' is configured"],
  ['connections()', "bad argument #1 to 'connections' (string expected, got no value)"],
  ['receptions("300,6", "x")', "'x' is no address or block"],
  ['receptions("300,6", 24)', 'a cidr must be a string such as "/24", not a number'],
  ['rejections("300,6", {endv = {}})', 'endv must be the number of a window, not a table'],
  ['inbound_session_count("/99", "Smtp")', "unknown service 'Smtp'; did you mean 'SMTP'?"],
  ['inbound_session_count("/x")', 'a mask is a number'],
])('%s is an error', async (call, message) => {
  const [shown] = await printed(`print(msys.audit.${call})`, MINUTES);
  expect(shown).toContain(`${PLACE} failed: validate_connect: ${PLACE}: `);
  expect(shown).toContain(message);
});

test('windows beyond those that are asked are told', async () => {
  const shown = await printed('print(msys.audit.connections("300,6", {endv = 6}))', MINUTES);
  expect(shown).toEqual(['1', `${PLACE} doubt: windows 0 to 6 of "300,6", which has 0 to 5`]);
});

/** Open are two SMTP sessions of the peer's block, on two listeners, and one of Control. */
const SESSIONS: readonly EventRow[] = [
  { timeMs: NOON_MS, kind: 'connect', ip: '192.0.2.8', listener: 'a', session: '1' },
  {
    timeMs: NOON_MS + 1,
    kind: 'connect',
    ip: PEER,
    listener: 'a',
    service: 'Control',
    session: '2',
  },
  { timeMs: NOON_MS + 2, kind: 'connect', ip: PEER, listener: 'b', session: '3' },
  { timeMs: NOON_MS + 3, kind: 'connect', ip: PEER, listener: 'a', session: '4' },
];

test.each([
  ['ac:inbound_session_count()', '2'],
  ['ac:inbound_session_count("/32")', '2'],
  ['ac:inbound_session_count("/24")', '3'],
  ['ac:inbound_session_count("192.0.2.8")', '1'],
  ['ac:inbound_session_count("192.0.2.0/24", "SMTP")', '3'],
  ['ac:inbound_session_count(nil, "Control")', '1'],
  ['ac:inbound_session_count("/24", "Control")', '1'],
  ['ac:inbound_session_count("/24", "inbound_cidr")', '3'],
  ['ac:inbound_session_count("/24", "ECStream")', '0'],
  ['ac:inbound_session_count(ac)', '2'],
  ['ac:pbp_inbound_session_count_service("SMTP", "/24")', '3'],
  ['ac:pbp_inbound_session_count_service("Control", "/0")', '1'],
  ['msys.audit.inbound_session_count("/24", "SMTP")', '3'],
  ['msys.audit.inbound_session_count("/24")', '3'],
  ['msys.audit.inbound_session_count("[2001:db8::]/64", "SMTP")', '0'],
])('%s', async (call, expected) => {
  const shown = await printed(`print(${call})`, { rows: SESSIONS });
  expect(shown.at(-1)).toBe(expected);
});

test.each([
  ['msys.audit.connections("300,6")', '1'],
  ['msys.audit.connections("300,6", "/64")', '2'],
  ['ac:inbound_session_count("/64")', '2'],
])('of an IPv6 peer %s', async (call, expected) => {
  const rows = [connect('2001:db8::8'), connect(PEER6, 1)];
  expect((await printed(`print(${call})`, { rows })).at(-1)).toBe(expected);
});

test('before the first event there is nothing to count', async () => {
  const init = 'print(msys.audit.connections("300,6"), msys.audit.inbound_session_count("/24"))';
  const shown = await printed('', { init });
  expect(shown).toEqual([
    '0\t0',
    'module.lua:1 doubt: msys.audit.connections before the first event: nothing is counted yet',
  ]);
});
