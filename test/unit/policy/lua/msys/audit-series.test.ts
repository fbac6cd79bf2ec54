// Goal: msys.audit_series defines, adds, counts and removes as the manual and our decisions say.
// Method: a module that runs at connects of one peer, what it prints, and what the report tells.
import { expect, test } from 'vitest';

import { NOON_MS } from '../../../../builders/event-batches.ts';
import {
  connect,
  moduleAt,
  PEER,
  PEER6,
  printed,
  replayLua,
} from '../../../../builders/lua-replays.ts';

const SERIES = `msys.audit_series.define("s", "cidr", 300, 6)
  msys.audit_series.define("six", "cidr_ipv6", 300, 6)
  msys.audit_series.define("texts", "string", 300, 6)`;
const SHORT = 'local add, count = msys.audit_series.add, msys.audit_series.count ';
const GONE = 'local remove = msys.audit_series.remove_item ';

test.each([
  ['nothing was added', 'print(count("s"))', '0'],
  ['add without options', 'add("s") print(count("s"))', '1'],
  ['the peer by ac', 'add("s", ac) print(count("s", ac))', '1'],
  ['the peer by its address object', 'add("s", ac.remote_addr) print(count("s"))', '1'],
  ['the peer by an address', `add("s", "${PEER}") print(count("s", "${PEER}"))`, '1'],
  ['an address in brackets', `add("s", "[${PEER}]") print(count("s"))`, '1'],
  ['an address with its own mask', `add("s", "${PEER}/32") print(count("s"))`, '1'],
  ['an address with spaces', `add("s", " ${PEER} ") print(count("s"))`, '1'],
  ['localhost', 'add("s", "localhost") print(count("s", "127.0.0.1"))', '1'],
  ['another address', 'add("s", "192.0.2.99") print(count("s"))', '0'],
  ['the block of the peer', 'add("s", "192.0.2.99") print(count("s", "/24"))', '1'],
  ['a block', 'add("s") print(count("s", "192.0.2.0/28"))', '1'],
  ['a block with host bits', 'add("s") print(count("s", "192.0.2.9/28"))', '1'],
  ['the whole of the internet', 'add("s") print(count("s", "/0"))', '1'],
  ['another block', 'add("s") print(count("s", "198.51.100.0/24"))', '0'],
  ['the key of options', 'add("s", {key = ac}) print(count("s", {key = "/32"}))', '1'],
  ['options without a key', 'add("s", {count = 2}) print(count("s", {}))', '2'],
  ['a count as text', 'add("s", {count = "3"}) print(count("s"))', '3'],
  ['a negative count', 'add("s", {count = -2}) print(count("s"))', '-2'],
  ['up and down', 'add("s") add("s", {count = -1}) print(count("s"))', '0'],
  ['a count of 0', 'add("s", {count = 0}) print(count("s"))', '0'],
  ['a count with decimals', 'add("s", {count = 2.9}) print(count("s"))', '2'],
  ['a negative count with decimals', 'add("s", {count = -2.9}) print(count("s"))', '-2'],
  ['an address of IPv6', `add("six", "${PEER6}") print(count("six", "${PEER6}"))`, '1'],
  ['one in brackets', `add("six", "[${PEER6}]") print(count("six", "[2001:db8::]/64"))`, '1'],
  ['a block without brackets', `add("six", "${PEER6}") print(count("six", "2001:db8::/32"))`, '1'],
  ['a text', 'add("texts", "a@b") print(count("texts", "a@b"), count("texts", "b"))', '1\t0'],
  ['a text by options', 'add("texts", {key = "a"}) print(count("texts", {key = "a"}))', '1'],
  ['a number as text', 'add("texts", 7) print(count("texts", "7"))', '1'],
  ['an empty text', 'add("texts", "") print(count("texts", ""))', '1'],
  ['letters have case', 'add("texts", "A") print(count("texts", "a"))', '0'],
  ['bytes beyond ASCII', 'add("texts", "\\195\\188") print(count("texts", "ü"))', '1'],
  ['a name as number', 'print(pcall(add, 4711))', "false\tseries '4711' is not defined"],
  ['nothing is returned', 'print(select("#", add("s")))', '0'],
  ['a removed peer', 'add("s") remove("s") print(count("s"))', '0'],
  ['a removed ac', 'add("s") remove("s", ac) print(count("s"))', '0'],
  ['a removed address', `add("s") remove("s", "${PEER}") print(count("s"))`, '0'],
  ['another removed address', 'add("s") remove("s", "192.0.2.8") print(count("s"))', '1'],
  ['a removed block', 'add("s") remove("s", "192.0.2.0/24") print(count("s"))', '0'],
  ['the removed block of the peer', 'add("s") remove("s", "/24") print(count("s"))', '0'],
  ['removed by options', 'add("s") remove("s", {key = ac}) print(count("s"))', '0'],
  ['a removed text', 'add("texts", "a") remove("texts", "a") print(count("texts", "a"))', '0'],
  ['removing nothing', 'print(select("#", remove("s")))', '0'],
])('%s', async (_, body, expected) => {
  expect(await printed(SHORT + GONE + body, { init: SERIES })).toEqual([expected]);
});

test.each([
  ['an unknown series', 'add("t")', "series 't' is not defined; did you mean 's'?"],
  ['a misspelt series', 'count("txets", "a")', "not defined; did you mean 'texts'?"],
  ['a text series without key', 'add("texts")', "'texts' needs a string as its key, none is given"],
  ['a count without key', 'count("texts", {})', 'needs a string as its key, none is given'],
  ['a removal without key', 'remove("texts")', 'needs a string as its key, none is given'],
  ['a key that is no string', 'add("texts", true)', 'as its key, not a boolean'],
  ['ac as the key of texts', 'add("texts", ac)', 'as its key, not a userdata'],
  ['no address', 'add("s", "example.com")', "'example.com' is no address or block"],
  ['no address before a mask', 'count("s", "x/24")', "'x/24' is no address or block"],
  ['two masks', 'count("s", "192.0.2.0/24/24")', 'is no address or block'],
  ['an empty key', 'count("s", "")', "'' is no address or block"],
  ['an address with a port', 'add("s", tostring(ac.remote_addr))', 'is no address or block'],
  ['a long mask', 'count("s", "192.0.2.0/33")', 'a mask is a number from 0 to 32'],
  ['a long mask of IPv6', 'count("six", "::/129")', 'a mask is a number from 0 to 128'],
  ['no mask', 'count("s", "/x")', 'a mask is a number from 0 to 128'],
  ['adding to a block', 'add("s", "192.0.2.0/24")', 'add takes an address'],
  ['adding to the block of the peer', 'add("s", "/24")', 'add takes an address'],
  ['a number as key', 'add("s", 7)', 'a cidr must be a string such as "/24", not a number'],
  ['no number as count', 'add("s", {count = "x"})', 'count must be a number, not a string'],
  ['NaN as count', 'add("s", {count = 0/0})', 'count must be a number'],
  ['a huge count', 'add("s", {count = 2^31})', 'a count of 2147483648 is too large'],
  ['no number as window', 'count("s", {startv = "x"})', 'startv must be the number of a window'],
  ['a table as name', 'count({})', "bad argument #1 to 'count' (string expected, got table)"],
])('%s is an error', async (_, body, message) => {
  const shown = await printed(SHORT + GONE + body, { init: SERIES });
  expect(shown).toHaveLength(1);
  expect(shown[0]).toContain('module.lua:3 failed: validate_connect: ');
  expect(shown[0]).toContain(message);
});

test.each([
  ['msys.audit_series.add(s, ac)', `'s' has no value; did you mean "s"?`],
  ['msys.audit_series.add(text, "a")', `'text' has no value; did you mean "texts"?`],
  ['msys.audit_series.count( s )', `'s' has no value; did you mean "s"?`],
  ['msys.audit_series.add(nil)', 'is nil, it has no value'],
  ['msys.audit_series.add()', 'is nil, it has no value'],
  ['local a = msys.audit_series.add a(s)', 'is nil, it has no value'],
])('%s names what is nil', async (body, message) => {
  const [shown] = await printed(body, { init: SERIES });
  expect(shown).toContain('the name of the series is nil, ');
  expect(shown).toContain(message);
});

// The peer connects in three windows, and adds 1, 2 and 4.
test.each([
  ['window 0', '{}', '4'],
  ['the one before', '{startv = 1}', '2'],
  ['an end alone', '{endv = 1}', '6'],
  ['a range', '{startv = 1, endv = 2}', '3'],
  ['all', '{startv = 0, endv = 5}', '7'],
  ['windows as texts', '{startv = "1", endv = "2"}', '3'],
  ['windows with decimals', '{startv = 1.9}', '2'],
])('%s is counted', async (_, options, expected) => {
  const body = `add("s", {count = n}) n = n * 2 print(count("s", ${options}))`;
  const rows = [0, 300, 600].map((seconds) => connect(PEER, seconds));
  const shown = await printed(SHORT + body, { init: `n = 1 ${SERIES}`, rows });
  expect(shown.at(-1)).toBe(expected);
});

test.each([
  ['{startv = 2, endv = 1}', '0', 'windows 2 to 1'],
  ['{startv = 6}', '0', 'windows 6 to 6'],
  ['{startv = 0, endv = 6}', '1', 'windows 0 to 6'],
  ['{startv = -1, endv = 1}', '1', 'windows -1 to 1'],
  ['{startv = 0, endv = 1e999}', '1', 'windows 0 to Infinity'],
])('windows %s are told', async (options, expected, told) => {
  const shown = await printed(`${SHORT} add("s") print(count("s", ${options}))`, { init: SERIES });
  expect(shown).toEqual([expected, `module.lua:3 doubt: ${told} of "300,6", which has 0 to 5`]);
});

test('a window ends and a series forgets', async () => {
  const rows = [0, 1799, 1800].map((seconds) => connect(PEER, seconds));
  const body = `${SHORT} add("s") print(count("s", {startv = 0, endv = 5}))`;
  expect(await printed(body, { init: SERIES, rows })).toEqual(['1', '2', '2']);
});

test.each([
  ['s', PEER6, 'IPv6'],
  ['six', PEER, 'IPv4'],
])('a series of the other family (%s) counts nothing, told once', async (name, ip, family) => {
  const body = `${SHORT} ${GONE} add("${name}") add("${name}", ac)
    print(count("${name}"), count("${name}", "/0")) remove("${name}")`;
  const type = name === 's' ? 'cidr' : 'cidr_ipv6';
  const init = `msys.audit_series.define("${name}", "${type}", 300, 6)`;
  expect(await printed(body, { init, rows: [connect(ip)] })).toEqual([
    '0\t0',
    `module.lua:1 doubt: series '${name}' is of type ${type}: ` +
      `an ${family} address counts nothing there`,
  ]);
});

test('a peer that the log does not name counts nothing', async () => {
  const rows = [{ timeMs: NOON_MS, kind: 'connect' }];
  const body = `${SHORT} ${GONE} add("s") print(count("s"), count("s", "/24")) remove("s")`;
  const [shown, told] = await printed(body, { init: SERIES, rows });
  expect(shown).toBe('0\t0');
  expect(told).toContain('a peer that the log does not name counts nothing there');
});

test('a series may be defined while events run', async () => {
  const body = `${SHORT} msys.audit_series.define("late", "cidr", 300, 2)
    add("late") print(count("late"), count("late", {startv = 1}))`;
  const rows = [0, 299, 300, 900].map((seconds) => connect(PEER, seconds));
  expect(await printed(body, { rows })).toEqual(['1\t0', '2\t0', '1\t2', '1\t0']);
});

test('a short mask of an IPv6 peer is told', async () => {
  const body = `${SHORT} add("six") print(count("six", "/24"), count("six", "/64"))`;
  expect(await printed(body, { init: SERIES, rows: [connect(PEER6)] })).toEqual([
    '1\t1',
    'module.lua:3 doubt: /24 of an IPv6 address is a very large block',
  ]);
});

const DEFINE = 'msys.audit_series.define';
test.each([
  ['again, the same', `${DEFINE}("s", "cidr", 300, 6)`, 'true'],
  ['with a number as text', `${DEFINE}("u", "cidr", "300", "6")`, 'true'],
  [
    'with all options',
    `${DEFINE}("u", "cidr", 300, 6, {serialize = true, persist = true})`,
    'true',
  ],
  ['with nil as options', `${DEFINE}("u", "cidr", 300, 6, nil)`, 'true'],
  ['for managers', `${DEFINE}("u", "cidr", 300, 6, {replicate = "manager"})`, 'true'],
  ['for nobody else', `${DEFINE}("u", "cidr", 300, 6, {replicate = "none"})`, 'true'],
  ['with the name of a metric', `${DEFINE}("connections", "cidr", 300, 6)`, 'true'],
])('define %s', async (_, call, expected) => {
  expect(await printed(`print(${call})`, { init: SERIES })).toEqual([expected]);
});

test.each([
  ['"s", "cidr", 300, 7', `series 's' is already defined as cidr "300,6"`],
  ['"s", "string", 300, 6', `series 's' is already defined as cidr "300,6"`],
  ['"u", "cdir", 300, 6', "unknown type 'cdir' of series 'u'; did you mean 'cidr'?"],
  ['"u", "ip", 300, 6', "unknown type 'ip' of series 'u'"],
  ['"u", "cidr", 0, 6', "bad argument #3 to 'define' (a whole number from 1 on expected)"],
  ['"u", "cidr", 1.5, 6', 'a whole number from 1 on expected'],
  ['"u", "cidr", 300, 0', "bad argument #4 to 'define' (a whole number from 1 on expected)"],
  ['"u", "cidr", 300, 1e9', 'too many windows'],
  ['"u", "cidr", 1e9, 6', 'at most 31622400 seconds'],
  ['"u", "cidr", 300', "bad argument #4 to 'define' (number expected, got no value)"],
  ['"u", "cidr"', "bad argument #3 to 'define' (number expected, got no value)"],
  ['"u"', "bad argument #2 to 'define' (string expected, got no value)"],
  ['nil, "cidr", 300, 6', "bad argument #1 to 'define' (string expected, got nil)"],
  ['"", "cidr", 300, 6', 'the name of the series is empty'],
  ['"u", "cidr", 300, 6, true', "bad argument #5 to 'define' (table expected, got boolean)"],
  ['"u", "cidr", 300, 6, {replicate = "all"}', 'must be "none", "cluster" or "manager"'],
])('define(%s) is an error', async (given, message) => {
  const [shown] = await printed(`${DEFINE}(${given})`, { init: SERIES });
  expect(shown).toContain(message);
});

test('a series for the cluster counts, and the report doubts it', async () => {
  const init = `${DEFINE}("s", "cidr", 300, 6, {replicate = "cluster"})`;
  const [shown, told] = await printed(`${SHORT} add("s") print(count("s"))`, { init });
  expect(shown).toBe('1');
  expect(told).toContain('a server that is a single node would count nothing');
});

test.each(['add("s")', 'count("s")', 'remove("s")', 'add("texts", "a")', 'count("texts", "a")'])(
  'before the first event %s does nothing',
  async (call) => {
    const init = `${SERIES} ${SHORT} ${GONE} ${call}`;
    const [shown, told] = await printed(`print(msys.audit_series.count("s"))`, { init });
    expect(shown).toBe('0');
    expect(told).toContain('before the first event: nothing is counted yet');
  },
);

test('series are in the report, journals and state', async () => {
  const init = `${DEFINE}("s", "cidr", 300, 6, {serialize = true, persist = true})`;
  const module = moduleAt('validate_connect', 'msys.audit_series.add("s")', init);
  const { replayed } = await replayLua(module, [connect(), connect(PEER, 301)]);
  const { records, persisted, snapshot } = replayed;
  const windows = records.windows.filter(({ series }) => series === 's');
  expect(windows.map(({ total }) => total)).toEqual([1, 1]);
  expect(records.journals.map(({ name, type }) => `${name} ${type}`)).toEqual(['s cidr', 's cidr']);
  expect(persisted).toEqual(['s']);
  expect(snapshot('s').rows).toEqual([
    { window: 0, key: PEER, count: 1 },
    { window: 1, key: PEER, count: 1 },
  ]);
});
