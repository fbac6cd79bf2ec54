// Goal: ac, vctx and messages tell and take what the manual says, and are not the script's to change.
// Method: a module that runs at a connect or a reception, what it prints and what is told.
import { expect, test } from 'vitest';

import { NOON_MS, type EventRow } from '../../../../builders/event-batches.ts';
import {
  connect,
  moduleAt,
  PEER,
  PEER6,
  printed,
  replayLua,
} from '../../../../builders/lua-replays.ts';

const MESSAGE: EventRow = {
  timeMs: NOON_MS,
  kind: 'reception',
  ip: PEER,
  session: 'S1',
  queue_id: 'Q1',
  helo: 'mx.example.com',
  sender: 'a@example.com',
  recipient: 'b@example.org',
  recipients: 1,
  size: 1234,
};

async function atData(body: string, row: EventRow = MESSAGE): Promise<string[]> {
  const { logs, told } = await replayLua(moduleAt('validate_data', body), [row]);
  return [...logs, ...told];
}

test.each([
  [PEER, 'tostring(ac.remote_addr)', '192.0.2.7:0'],
  [PEER6, 'tostring(ac.remote_addr)', '2001:db8::7.0'],
  [PEER, 'msys.core.ec_sockaddr_family(ac.remote_addr) == msys.core.AF_INET', 'true'],
  [PEER6, 'msys.core.ec_sockaddr_family(ac.remote_addr) == msys.core.AF_INET6', 'true'],
  [PEER, 'ac.conn_id', 's-192.0.2.7-0'],
  [PEER, 'ac.nothing', 'nil'],
  [PEER, 'type(ac), type(ac.remote_addr)', 'userdata\tuserdata'],
])('ac of %s: %s', async (ip, expression, expected) => {
  expect(await printed(`print(${expression})`, { rows: [connect(ip)] })).toEqual([expected]);
});

test('the address of a peer that the log does not name is told', async () => {
  const rows = [{ timeMs: NOON_MS, kind: 'connect' }];
  expect(await printed('print(tostring(ac.remote_addr))', { rows })).toEqual([
    '0.0.0.0:0',
    'module.lua:3 doubt: the log does not name the peer: 0.0.0.0',
  ]);
});

test.each([
  ['ac:esmtp_capability_add("X")', 'capabilities in the reply to EHLO'],
  ['ac:esmtp_capability_remove("X")', 'capabilities in the reply to EHLO'],
  ['vctx:add_recipient("a@b")', 'vctx:add_recipient'],
  ['vctx:remove_recipient("a@b")', 'vctx:remove_recipient'],
])('%s is not simulated', async (call, what) => {
  expect(await printed(call)).toEqual([`module.lua:3 not-simulated: ${what}`]);
});

const CONN = 'local t = msys.core.VCTX_CONN ';
test.each([
  ['nothing set', 'print(("[%s]"):format(vctx:get(t, "k")), vctx:exists(t, "k"))', '[]\t0'],
  ['a text', 'vctx:set(t, "k", "v") print(vctx:get(t, "k"), vctx:exists(t, "k"))', 'v\t1'],
  ['an empty text', 'vctx:set(t, "k", "") print(vctx:exists(t, "k"))', '1'],
  [
    'a number',
    'vctx:set(t, "k", 50) print(type(vctx:get(t, "k")), vctx:get(t, "k"))',
    'string\t50',
  ],
  ['no shared keys', 'vctx:set(t, "k", 1) print(vctx:exists(msys.core.VCTX_MESS, "k"))', '0'],
  ['names of messages', 'vctx:set(msys.core.ECMESS_CTX_CONN, "k", 1) print(vctx:get(t, "k"))', '1'],
  ['bytes', 'vctx:set(t, "ü", "é") print(vctx:get(t, "ü"))', 'é'],
])('the context of the session: %s', async (_, body, expected) => {
  expect(await printed(CONN + body)).toEqual([expected]);
});

test.each([
  ['vctx:set(1, "k", nil)', "bad argument #3 to 'set' (string expected, got nil)"],
  ['vctx:set(msys.core.VCTX_CONN, "k", true)', 'string expected, got boolean'],
  ['vctx:get(nil, "k")', 'msys.core.VCTX_CONN or msys.core.VCTX_MESS expected'],
  ['vctx:get(99, "k")', "bad argument #1 to 'get'"],
  ['vctx:get(msys.core.VCTX_CONN)', "bad argument #2 to 'get' (string expected, got no value)"],
  ['vctx.get(msys.core.VCTX_CONN, "k")', "'get' is a method: call it with a colon"],
  ['vctx:tarpit("x")', "bad argument #1 to 'tarpit' (number expected, got string)"],
  ['msys.core.ec_sockaddr_family("192.0.2.7:0")', 'sockaddr expected, got string'],
])('%s is an error', async (call, message) => {
  const [shown] = await printed(call);
  expect(shown).toContain(`module.lua:3 failed: validate_connect: module.lua:3: `);
  expect(shown).toContain(message);
});

test('the context of the session outlives the phase, that of a message does not', async () => {
  const module = `local mod = {}
local CONN, MESS = msys.core.VCTX_CONN, msys.core.VCTX_MESS
function mod:validate_mailfrom(str, ac, vctx)
  print(vctx:exists(CONN, "k"), vctx:exists(MESS, "k"))
  vctx:set(CONN, "k", "1") vctx:set(MESS, "k", "1") return msys.core.VALIDATE_CONT end
function mod:validate_data(msg, ac, vctx)
  print(vctx:exists(CONN, "k"), msg:context_exists(MESS, "k")) return msys.core.VALIDATE_CONT end
msys.registerModule("m", mod)`;
  const rows = [0, 1].map((later) => ({ ...MESSAGE, timeMs: NOON_MS + 1 + later }));
  const { logs } = await replayLua(module, [{ ...connect(), session: 'S1' }, ...rows]);
  expect(logs).toEqual(['0\t0', '1\t1', '1\t0', '1\t1']);
});

const MESS = 'local t = msys.core.ECMESS_CTX_MESS ';
test.each([
  ['msg:mailfrom()', 'a@example.com'],
  ['msg:rcptto()', 'b@example.org'],
  ['msg:get_message_size()', '1234'],
  ['msg.id', 'Q1'],
  ['msg.batch_id', 'Q1'],
  ['msg.conn_id', 'S1'],
  ['#vctx:recipient_list(), vctx:recipient_list()[1]', '1\tb@example.org'],
  ['vctx:get(t, "mailfrom_domain")', 'example.com'],
  ['vctx:get(t, msys.core.STANDARD_KEY_MAILFROM_DOMAIN)', 'example.com'],
  ['vctx:get(msys.core.VCTX_CONN, "ehlo_domain")', 'mx.example.com'],
  ['msg:context_get(t, "rcptto_domain")', 'example.org'],
  ['msg:context_exists(t, "rcptto_domain")', '1'],
  ['msg:context_exists_and_get(t, "rcptto_localpart")', '1\tb'],
  ['msg:context_exists_and_get(t, "k")', '0'],
  ['msys.core.accept_construct_get_message_construct(ac).message:mailfrom()', 'a@example.com'],
])('%s', async (expression, expected) => {
  expect(await atData(`${MESS} print(${expression})`)).toEqual([expected]);
});

test.each([
  ['msg:context_set(t, "k", 7) print(msg:context_get(t, "k"))', '7'],
  ['msg:context_set(t, "k", 7) print(vctx:get(msys.core.VCTX_MESS, "k"))', '7'],
  ['msg:context_set(t, "k", 7) msg:context_delete(t, "k") print(msg:context_exists(t, "k"))', '0'],
  ['msg:context_delete(t, "k") print(msg:context_get(t, "k") == "")', 'true'],
])('%s', async (body, expected) => {
  expect(await atData(MESS + body)).toEqual([expected]);
});

test.each([
  ['FROM', 'a|example.com'],
  ['TO', 'b|example.org'],
])('get_envelope2 with EC_MSG_ENV_%s fills strings', async (flag, expected) => {
  const body = `local l, d = msys.core.string_new(), msys.core.string_new()
    msg:get_envelope2(msys.core.EC_MSG_ENV_${flag}, l, d) print(tostring(l) .. "|" .. tostring(d))`;
  expect(await atData(body)).toEqual([expected]);
});

test.each([
  ['msg:get_envelope2(99)', 'msys.core.EC_MSG_ENV_FROM or msys.core.EC_MSG_ENV_TO expected'],
  ['msg:get_envelope2(msys.core.EC_MSG_ENV_TO, "a")', 'ec_string expected, got string'],
])('%s is an error', async (call, message) => {
  expect((await atData(call))[0]).toContain(message);
});

test('what the log does not tell is empty', async () => {
  const row = { timeMs: NOON_MS, kind: 'reception', ip: PEER };
  const body = 'print(("[%s][%s][%s]"):format(msg:mailfrom(), msg:rcptto(), msg.id))';
  expect(await atData(body, row)).toEqual(['[][][]']);
  expect(await atData('print(msg:get_message_size())', row)).toEqual([
    '0',
    'module.lua:3 doubt: the size of the message is not known: 0',
  ]);
});

test.each([
  ['msg:header("Subject")', 'msg:header'],
  ['#msg:header("Subject")', 'msg:header'],
  ['#msg:address_header("From", "domain")', 'msg:address_header'],
  ['msg:body()', 'msg:body'],
  ['msg:text()', 'msg:text'],
  ['msg:raw()', 'msg:raw'],
  ['msg:binding("b")', 'msg:binding'],
  ['msg:routing_domain("b")', 'msg:routing_domain'],
  ['msg:mailfrom("x@y")', 'msg:mailfrom that changes the envelope'],
  ['msg:rcptto("x@y")', 'msg:rcptto that changes the envelope'],
])('%s is not simulated', async (call, what) => {
  const shown = await atData(`local x = ${call}`);
  expect(shown).toEqual([`module.lua:3 not-simulated: ${what}`]);
  const strict = replayLua(moduleAt('validate_data', `local x = ${call}`), [MESSAGE], {
    strict: true,
  });
  await expect(strict).rejects.toThrow(`module.lua:3: '${what}' is not simulated (--strict)`);
});

test('discard stops a message', async () => {
  const { acted } = await replayLua(moduleAt('validate_data', 'msg:discard("why")'), [MESSAGE]);
  expect(acted).toEqual(['module.lua:3 discard 1']);
});

test.each([
  ['ac.x = 1', 'accept_construct.x cannot be assigned'],
  ['ac.remote_addr = 1', 'accept_construct.remote_addr cannot be assigned'],
  ['vctx.code = 1', 'vctx.code cannot be assigned'],
  ['vctx.set_code = print', 'vctx.set_code cannot be assigned'],
  ['msg = msys.core.accept_construct_get_message_construct(ac).message msg.id = 1', 'message.id'],
  ['ac.remote_addr.x = 1', 'attempt to index'],
  ['local x = ac.remote_addr.x', 'attempt to index'],
  ['rawset(ac, "x", 1)', "bad argument #1 to 'rawset' (table expected, got userdata)"],
  ['rawget(vctx, "get")', "bad argument #1 to 'rawget' (table expected, got userdata)"],
  ['setmetatable(ac, {})', "bad argument #1 to 'setmetatable' (table expected, got userdata)"],
  ['setmetatable(vctx, nil)', "bad argument #1 to 'setmetatable' (table expected, got userdata)"],
  ['getmetatable(vctx).__index = nil', 'attempt to'],
  ['pairs(ac)', "bad argument #1 to 'for iterator' (table expected, got userdata)"],
  ['debug.getmetatable(ac)', 'debug.getmetatable is not available in a replay'],
  ['local f = ac()', 'attempt to call'],
  ['local s = ac .. ""', 'attempt to concatenate'],
])('%s fails', async (body, message) => {
  const [shown] = await printed(body);
  expect(shown).toContain('module.lua:3 failed: ');
  expect(shown).toContain(message.replace('for iterator', 'pairs'));
});

test.each([
  ['getmetatable(ac), getmetatable(vctx)', 'accept_construct\tvctx'],
  ['getmetatable(ac.remote_addr)', 'sockaddr'],
  ['ac == ac, ac == vctx', 'true\tfalse'],
])('%s', async (expression, expected) => {
  expect(await printed(`print(${expression})`)).toEqual([expected]);
});
