// Goal: hooks run in the order of a session with the arguments of the manual, and what they return
// decides who else is asked.
// Method: modules that print, replayed over a session; the rules that acted and what was told.
import { expect, test } from 'vitest';

import { NOON_MS, type EventRow } from '../../../../builders/event-batches.ts';
import { CALLOUTS } from '../../../../../src/policy/lua/callouts.ts';
import { connect, moduleAt, PEER, replayLua } from '../../../../builders/lua-replays.ts';

/** A session in which a message with two recipients is accepted. */
const session = 'one';
const at = (seconds: number): { timeMs: number; ip: string; session: string } => ({
  timeMs: NOON_MS + seconds * 1000,
  ip: PEER,
  session,
});
const MESSAGE: readonly EventRow[] = [
  { ...at(0), kind: 'connect' },
  {
    ...at(2),
    kind: 'reception',
    queue_id: 'Q1',
    helo: 'mx.example.com',
    sender: 'a@example.com',
    recipient: 'b@example.org',
    recipients: 2,
    size: 1234,
  },
  { ...at(3), kind: 'disconnect' },
];

const all = (body: (name: string) => string): string => {
  const hooks = CALLOUTS.map(({ name }) => {
    return `function mod:${name}(...) ${body(name)} return msys.core.VALIDATE_CONT end`;
  });
  return `local mod = {} ${hooks.join('\n')} msys.registerModule("m", mod)`;
};

test('each hook is called in the order of a session', async () => {
  const { logs } = await replayLua(
    all((name) => `print("${name}")`),
    MESSAGE,
  );
  expect(logs).toEqual([
    'core_validate_accept',
    'validate_connect',
    'validate_ehlo',
    'validate_mailfrom',
    'validate_rcptto',
    'validate_rcptto',
    'validate_rcptto_list',
    'validate_rcptto_list_final',
    'validate_data',
    'validate_data_spool',
    'validate_data_spool_each_rcpt',
    'validate_data_spool_each_rcpt',
    'validate_set_binding',
    'validate_set_binding',
  ]);
});

test.each([
  ['core_validate_accept', ['userdata userdata']],
  ['validate_connect', ['userdata userdata']],
  ['validate_ehlo', ['string userdata userdata']],
  ['validate_mailfrom', ['string userdata userdata']],
  ['validate_rcptto', ['userdata string userdata userdata', 'userdata string userdata userdata']],
  ['validate_rcptto_list', ['table userdata']],
  ['validate_rcptto_list_final', ['table userdata']],
  ['validate_data', ['userdata userdata userdata']],
  ['validate_data_spool', ['userdata userdata userdata']],
  ['validate_data_spool_each_rcpt', ['userdata userdata userdata', 'userdata userdata userdata']],
  ['validate_set_binding', ['userdata', 'userdata']],
])('%s is given what the manual says', async (hook, types) => {
  const module = `local mod = {} function mod:${hook}(...)
    local types = {} for i, value in ipairs({...}) do types[i] = type(value) end
    print(table.concat(types, " ")) return msys.core.VALIDATE_CONT end
    msys.registerModule("m", mod)`;
  expect((await replayLua(module, MESSAGE)).logs).toEqual(types);
});

test.each([
  ['validate_ehlo', 'print(("%q"):format(str))', ['"mx.example.com\\r\\\n"']],
  ['validate_mailfrom', 'print(str)', ['a@example.com']],
  ['validate_rcptto', 'print(str)', ['b@example.org', '']],
  ['validate_rcptto_list', 'print(#list, list[1])', ['1\tb@example.org']],
  ['validate_rcptto_list_final', 'print(#list, list[1])', ['1\tb@example.org']],
  ['validate_data_spool_each_rcpt', 'print(msg:rcptto())', ['b@example.org', '']],
])('%s: %s', async (hook, body, printed) => {
  expect((await replayLua(moduleAt(hook, body), MESSAGE)).logs).toEqual(printed);
});

const REJECT = 'vctx:set_code(550, "no")';
test.each([
  ['nothing', '', []],
  ['a code of success', 'vctx:set_code(250, "ok")', []],
  ['a code of 3xx', 'vctx:set_code(354, "go on")', []],
  ['4xx', 'vctx:set_code(451, "later")', ['module.lua:3 reject 1']],
  ['5xx', REJECT, ['module.lua:3 reject 1']],
  ['5xx taken back', `${REJECT} vctx:set_code(250, "ok")`, []],
  ['disconnect', 'vctx:disconnect(421, "bye")', ['module.lua:3 disconnect 1']],
  ['the field', `${REJECT} vctx.disconnect = 1`, ['module.lua:3 disconnect 1']],
  ['the field alone', 'vctx.disconnect = 1', ['module.lua:3 disconnect 1']],
  ['the field as true', 'vctx.disconnect = true', ['module.lua:3 disconnect 1']],
  ['the field as 0', `${REJECT} vctx.disconnect = 0`, ['module.lua:3 reject 1']],
  ['the field taken back', 'vctx:disconnect(250, "") vctx.disconnect = 0', []],
  [
    'the method behind the field',
    'vctx.disconnect = 1 vctx:disconnect(421, "x")',
    ['module.lua:3 disconnect 1'],
  ],
  ['a tarpit', 'vctx:tarpit(10)', ['module.lua:3 tarpit 1']],
  [
    'a tarpit and a reply',
    `vctx:tarpit(1) ${REJECT}`,
    ['module.lua:3 tarpit 1', 'module.lua:3 reject 1'],
  ],
  ['a tarpit of no time', 'vctx:tarpit(0)', []],
  ['pbp_action', 'do return vctx:pbp_action(550, "no") end', ['module.lua:3 reject 1']],
  ['pbp_disconnect', 'do return vctx:pbp_disconnect(421, "no") end', ['module.lua:3 disconnect 1']],
])('the reply: %s', async (_, body, acted) => {
  const replayed = await replayLua(moduleAt('validate_connect', body), [connect()]);
  expect(replayed.acted).toEqual(acted);
  expect(replayed.told).toEqual([]);
});

test.each([
  ['abc', "bad argument #1 to 'set_code' (number expected, got string)"],
  ['', "bad argument #1 to 'set_code' (number expected, got no value)"],
  ['99', "bad argument #1 to 'set_code' (99 is no code of a reply)"],
  ['600', '600 is no code of a reply'],
  ['550.5', '550.5 is no code of a reply'],
])('set_code(%s) is an error', async (code, message) => {
  const given = code === 'abc' ? '"abc"' : code;
  const replayed = await replayLua(moduleAt('validate_connect', `vctx:set_code(${given})`), [
    connect(),
  ]);
  expect(replayed.told[0]).toContain(message);
  expect(replayed.acted).toEqual(['module.lua:3 reject 1']);
});

const second = (body: string): string => moduleAt('validate_connect', body, '', 'second');
test.each([
  ['CONT asks the next module', 'print(1)', ['1', '2']],
  ['DONE does not', 'print(1) do return msys.core.VALIDATE_DONE end', ['1']],
  ['an error does not', 'print(1) error("x")', ['1']],
  ['a wrong return does not', 'print(1) do return "no" end', ['1']],
  ['pbp_action does not', 'print(1) do return vctx:pbp_action(250, "ok") end', ['1']],
])('%s', async (_, body, logs) => {
  const modules = [moduleAt('validate_connect', body), second('print(2)')];
  expect((await replayLua(modules, [connect()])).logs).toEqual(logs);
});

test('DONE ends the hooks of one phase and no other', async () => {
  const one = all((name) => `print("1 ${name}") do return msys.core.VALIDATE_DONE end`);
  const { logs } = await replayLua([one, one.replaceAll('"1 ', '"2 ')], [connect()]);
  expect(logs).toEqual(['1 core_validate_accept', '1 validate_connect']);
});

test('a later module may change the reply, and has its place', async () => {
  const modules = [moduleAt('validate_connect', REJECT), second('vctx:set_code(451, "later")')];
  expect((await replayLua(modules, [connect()])).acted).toEqual(['module2.lua:3 reject 1']);
});

const WRONG = 'not msys.core.VALIDATE_CONT or msys.core.VALIDATE_DONE';
test.each([
  ['nothing', 'do return end', `m:validate_connect returns nil, ${WRONG}`],
  ['a boolean', 'do return true end', `m:validate_connect returns true, ${WRONG}`],
  ['a number', 'do return 99 end', `m:validate_connect returns 99, ${WRONG}`],
  ['AGAIN', 'do return msys.core.VALIDATE_AGAIN end', 'to be called later, which a replay cannot'],
])('returning %s is an error with the place of the hook', async (_, body, message) => {
  const replayed = await replayLua(moduleAt('validate_connect', body), [connect()]);
  expect(replayed.told[0]).toContain('module.lua:2 failed: validate_connect: ');
  expect(replayed.told[0]).toContain(message);
  expect(replayed.acted).toEqual(['module.lua:2 reject 1']);
});

test.each([
  ['error("text")', 'validate_connect: module.lua:3: text'],
  ['error({})', 'validate_connect: (error object is a table value)'],
  ['error("text", 0)', 'validate_connect: text'],
  ['local x = nil + 1', 'attempt to perform arithmetic on a nil value'],
  ['if msys.audit.connections("300,6") > "5" then end', 'attempt to compare string with number'],
  ['while true do end', 'stopped after 1000000 instructions'],
  ['local t = "x" while true do t = t .. t end', 'stopped after 33554432 bytes of memory'],
])('%s is told with its place', async (body, message) => {
  const replayed = await replayLua(moduleAt('validate_connect', body), [connect()]);
  expect(replayed.told[0]).toContain('module.lua:3 failed: ');
  expect(replayed.told[0]).toContain(message);
  expect(replayed.acted).toEqual(['module.lua:3 reject 1']);
});

test('an error in a required file is told with its place there', async () => {
  const files = { 'lib/check.lua': 'function check()\n  error("no")\nend' };
  const module = moduleAt('validate_connect', 'check()', 'require("lib.check")');
  const { told } = await replayLua(module, [connect()], { files });
  expect(told).toEqual(['lib/check.lua:2 failed: validate_connect: lib/check.lua:2: no']);
});

test('a hook that is no function is an error at its module', async () => {
  const module = 'msys.registerModule("m", {validate_connect = "text"})';
  const { told } = await replayLua(module, [connect()]);
  expect(told[0]).toContain(
    'module.lua:1 failed: validate_connect: attempt to call a string value',
  );
});

test('self is fresh for each session and falls back on the module', async () => {
  const module = `local mod = {limit = 7}
function mod:core_validate_accept(ac, vctx)
  for key in pairs(self) do self[key] = nil end
  self.seen = (self.seen or 0) + 1
  return msys.core.VALIDATE_CONT
end
function mod:helper() return self.seen .. " of " .. self.limit end
function mod:validate_connect(ac, vctx) print(self:helper()) return msys.core.VALIDATE_CONT end
function mod:validate_data(msg, ac, vctx) print("data " .. self:helper())
  return msys.core.VALIDATE_CONT end
msys.registerModule("m", mod)`;
  const { logs } = await replayLua(module, [...MESSAGE, connect(PEER, 9)]);
  expect(logs).toEqual(['1 of 7', 'data 1 of 7', '1 of 7']);
});

const dealloc = (body: string): string => `local mod = {}
function mod:validate_connect(ac, vctx) self.ac, self.vctx = ac, vctx
  self.at = msys.core.get_now_ts() return msys.core.VALIDATE_CONT end
function mod:validate_dealloc() ${body} end
msys.registerModule("m", mod)`;

test.each([
  ['self of the session', 'print(type(self.at), self.vctx ~= nil)', ['number\ttrue']],
  ['the peer', 'print(tostring(self.ac.remote_addr))', ['192.0.2.7:0']],
  ['the time of its end', 'print(msys.core.get_now_ts() - self.at)', ['3']],
  ['its open session', 'print(self.ac:inbound_session_count("/32"))', ['1']],
  ['no reply', 'self.vctx:set_code(550, "no") self.vctx:tarpit(5)', []],
])('validate_dealloc has %s', async (_, body, logs) => {
  const replayed = await replayLua(dealloc(body), MESSAGE);
  expect(replayed.logs).toEqual(logs);
  expect(replayed.acted).toEqual([]);
  expect(replayed.told).toEqual([]);
});

test('validate_dealloc runs once, at the timeout too, and only where the module ran', async () => {
  const module = dealloc('print("end")');
  const timeout = { sessionTimeoutMs: 60_000 };
  expect((await replayLua(module, [connect(), connect(PEER, 61)], timeout)).logs).toEqual(['end']);
  expect((await replayLua(module, MESSAGE.slice(1), timeout)).logs).toEqual([]);
});

test('an error in validate_dealloc is told', async () => {
  const { told, acted } = await replayLua(dealloc('error("x")'), MESSAGE);
  expect(told).toEqual(['module.lua:4 failed: validate_dealloc: module.lua:4: x']);
  expect(acted).toEqual([]);
});

test.each([
  ['core_log_rejection', 'no event of a log stands for it'],
  ['core_final_validation', 'no event of a log stands for it'],
  ['core_log_permanent_failure_v1', 'no event of a log stands for it'],
  ['validate_rcpto', "did you mean 'validate_rcptto'?"],
  ['validate_conect', "did you mean 'validate_connect'?"],
  ['msg_gen_data_spool', 'no event of a log stands for it'],
])('%s never runs, which is told once', async (name, why) => {
  const module = `local mod = {}
function mod:validate_connect() return msys.core.VALIDATE_CONT end
function mod:${name}() error("not called") end
msys.registerModule("m", mod)`;
  const { told, notes } = await replayLua(module, MESSAGE);
  expect(told).toEqual([`module.lua:3 doubt: the hook ${name} never runs: ${why}`]);
  expect(notes[0].times).toBe(1);
});

test('hooks may be those of a table that the module is derived from', async () => {
  const module = `local base = {}
function base:validate_connect() print("base") return msys.core.VALIDATE_CONT end
msys.registerModule("m", setmetatable({}, {__index = base}))`;
  const { logs, told } = await replayLua(module, [connect()]);
  expect([logs, told]).toEqual([['base'], []]);
});

test('a hook that is false is none', async () => {
  const module = 'msys.registerModule("m", {init = false, validate_connect = false})';
  const { told, acted } = await replayLua(module, [connect()]);
  expect([told, acted]).toEqual([["module.lua:1 doubt: module 'm' has no hook that runs"], []]);
});

test('sessions that validate_dealloc is the first to count stay right', async () => {
  const module = dealloc('print(self.ac:inbound_session_count(nil, "SMTP"))');
  const rows = [1, 2, 3].map((last) => connect(`192.0.2.${last}`, last));
  const ends = rows.map((row) => ({ ...row, timeMs: row.timeMs + 10_000, kind: 'disconnect' }));
  expect((await replayLua(module, [...rows, ...ends])).logs).toEqual(['1', '1', '1']);
});

test('a module without hooks is told', async () => {
  const { told } = await replayLua('msys.registerModule("m", {helper = print})', [connect()]);
  expect(told).toEqual(["module.lua:1 doubt: module 'm' has no hook that runs"]);
});

test.each([
  ['return 1', 'module.lua registers no module'],
  ['error("x")', 'module.lua:1: x'],
  ['msys.registerModule("m", {init = function() end})', 'm:init does not return true'],
  ['msys.registerModule("m", {init = function() return 1 end})', 'm:init does not return true'],
  ['msys.registerModule("m", {init = function() error("x") end})', 'm:init: module.lua:1: x'],
  ['msys.registerModule("m")', "bad argument #2 to 'registerModule' (table expected"],
  ['msys.registerModule({}, {})', "bad argument #1 to 'registerModule' (string expected"],
  ['require("missing.file")', "module 'missing.file' not found"],
])('%s is refused', async (module, message) => {
  await expect(replayLua(module, [connect()])).rejects.toThrow(message);
});

test('a module is not registered while events run', async () => {
  const body = 'msys.registerModule("late", {})';
  const { told } = await replayLua(moduleAt('validate_connect', body), [connect()]);
  expect(told[0]).toContain("module 'late' is registered while events run");
});

test('a module that registers itself again and again ends', async () => {
  const again = 'local mod = {} function mod:init() msys.registerModule("m", self) return true end';
  const { told } = await replayLua(`${again} msys.registerModule("m", mod)`, [connect()]);
  expect(told).toEqual([]);
  const endless = 'while true do msys.registerModule("m", {}) end';
  await expect(replayLua(endless, [connect()])).rejects.toThrow('more than 1000 modules');
});

test('a message with very many recipients ends, which is told', async () => {
  const many = [{ ...MESSAGE[1], recipients: 1_000_000_000 }];
  const { told } = await replayLua(moduleAt('validate_data_spool_each_rcpt', 'n = 1'), many);
  expect(told).toEqual(['module.lua:6 doubt: more than 10000 hooks at one event']);
});
