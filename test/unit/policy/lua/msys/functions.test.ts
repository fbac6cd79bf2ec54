// Goal: the other functions of msys answer as the manual and our decisions say.
// Method: a module that runs at connects, what it prints and what is told.
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

test.each([
  ['the clock', 'msys.core.get_now_ts()', String(NOON_MS / 1000)],
  ['the hooks return', 'msys.core.VALIDATE_CONT ~= msys.core.VALIDATE_DONE', 'true'],
  ['AGAIN is a third', 'msys.core.VALIDATE_AGAIN ~= msys.core.VALIDATE_DONE', 'true'],
  ['macros', 'msys.expandMacro("peer %{i}, %{spfv1:ir}")', 'peer 192.0.2.7, 7.2.0.192'],
  ['text', 'msys.expandMacro("100% of ${x} \\\\ %{")', '100% of ${x} \\ %{'],
  [
    'dumps',
    'msys.dumper.Dumper({1, {a = "x"}, true})',
    '{ [1] = 1, [2] = { a = "x" }, [3] = true }',
  ],
  ['a dump of nothing', 'msys.dumper.Dumper({}), msys.dumper.Dumper(nil)', '{}\tnil'],
  ['a pool', 'msys.runInPool("DNS", function() return 1, "x" end)', 'true\t1\tx'],
  ['locks', 'select("#", msys.lock("m"), msys.unlock("m"))', '1'],
  ['packages', 'require("msys.core") == msys.core, require("msys") == msys', 'true\ttrue'],
  [
    'extensions',
    'type(require("msys.extended.vctx")), type(require("msys.nothing"))',
    'table\ttable',
  ],
])('%s', async (_, expression, expected) => {
  expect(await printed(`print(${expression})`)).toEqual([expected]);
});

test('expandMacro knows the contexts', async () => {
  const body = `vctx:set(msys.core.VCTX_CONN, "k", "v")
    print(msys.expandMacro("%{vctx_conn:k} %{k}"))`;
  expect(await printed(body)).toEqual(['v v']);
});

test('an unknown macro is empty, and told', async () => {
  expect(await printed('print("[" .. msys.expandMacro("%{spvf1:d}") .. "]")')).toEqual([
    '[]',
    'module.lua:3 doubt: %{spvf1:d} is no known macro and is empty',
  ]);
});

const DNS = `example.com a 192.0.2.1
example.com a 192.0.2.2
example.com mx 20 late.example.com
example.com mx 10 first.example.com
`;
test.each([
  ['"example.com"', '192.0.2.1 192.0.2.2\tnil'],
  ['"example.com", "A"', '192.0.2.1 192.0.2.2\tnil'],
  ['"EXAMPLE.com.", "a"', '192.0.2.1 192.0.2.2\tnil'],
  ['"example.com", "MX"', 'first.example.com late.example.com\tnil'],
  ['"example.com", "MX", {}', 'first.example.com late.example.com\tnil'],
  ['"example.com", "TXT"', '\tnil'],
  ['"example.org", "A"', 'nil\tNXDOMAIN'],
])('dnsLookup(%s)', async (given, expected) => {
  const body = `local r, e = msys.dnsLookup(${given}) print(r and table.concat(r, " "), e)`;
  expect(await printed(body, { dns: DNS })).toEqual([expected]);
});

test('dnsLookup with priorities, of a bad type, and without answers', async () => {
  const lookup = 'local r = msys.dnsLookup("example.com", "MX", {priority = true})';
  expect(await printed(`${lookup} print(r[1][1], r[1][2])`, { dns: DNS })).toEqual([
    '0\tfirst.example.com',
    'module.lua:3 doubt: priorities of mx records are not kept: all are 0',
  ]);
  const [failed] = await printed('msys.dnsLookup("example.com", "SRV")', { dns: DNS });
  expect(failed).toContain("unknown type of record 'SRV'; there are a, aaaa, mx, ns, ptr, txt");
  expect(await printed('print(msys.dnsLookup("example.com"))')).toEqual([
    'nil\tNXDOMAIN',
    'module.lua:3 not-simulated: msys.dnsLookup without a file of DNS answers',
  ]);
  await expect(printed('', { dns: 'example.com srv 1' })).rejects.toThrow("unknown type 'srv'");
});

const MATCH = 'local m, e, n = msys.pcre.match';
test.each([
  [
    '("ab12", "([a-z]+)([0-9]+)") print(m[0], m[1], m[2], m[3], e, n)',
    'ab12\tab\t12\tnil\tnil\tnil',
  ],
  ['("k=v", "(?P<key>\\\\w)=(?<value>\\\\w)") print(m.key, m.value, m[1])', 'k\tv\tk'],
  ['("b", "(a)?b") print(m[0], "[" .. m[1] .. "]")', 'b\t[]'],
  ['("abc", "x") print(m, e, n)', 'nil\tnil\tnil'],
  ['("ABC", "b") print(m)', 'nil'],
  ['("ABC", "(?i)b") print(m[0])', 'B'],
  ['("häß", "ä(.)") print(m[1])', 'ß'],
])('pcre.match%s', async (call, expected) => {
  expect(await printed(MATCH + call)).toEqual([expected]);
});

test.each([
  ['(a', 'Invalid regular expression'],
  ['a++', 'possessive quantifiers have no counterpart'],
  ['(a+)+', 'what it repeats is repeated already'],
])('the pattern %s cannot be run, which is told', async (pattern, why) => {
  const [shown, told] = await printed(`${MATCH}("a", "${pattern}") print(m, type(e), n)`);
  expect(shown).toBe('nil\tstring\t1');
  expect(told).toContain('module.lua:3 doubt: a pattern cannot be run: ');
  expect(told).toContain(why);
});

test.each([
  ['("a, b,c", ",\\\\s*")', 'a|b|c'],
  ['("abc", ",")', 'abc'],
  ['("a,", ",")', 'a|'],
  ['("", ",")', ''],
  ['("ab", "")', 'a|b'],
  ['("a1b", "([0-9])")', 'a|b'],
])('pcre.split%s', async (call, expected) => {
  const body = `print(table.concat(msys.pcre.split${call}, "|"))`;
  expect(await printed(body)).toEqual([expected]);
});

const FILES = {
  'list.txt': ':127.0.0.3:see $\n192.0.2.0/24\n!192.0.2.99\n2001:db8::/32 :4:six\n',
  'bad.txt': '192.0.2.0/24\nnonsense\n',
};
const define = (options: string): string => `msys.cidr.define("l", {${options}})`;
const RBL = 'type = "rbldnsd", source = "list.txt"';
test.each([
  ['the A record', RBL, 'msys.cidr.query("l")', '127.0.0.3'],
  ['a named A record', `${RBL}, value = "a"`, 'msys.cidr.query("l")', '127.0.0.3'],
  ['the TXT record', `${RBL}, value = "txt"`, 'msys.cidr.query("l")', 'see $'],
  ['by its other name', `${RBL}, record_type = "TXT"`, 'msys.cidr.query("l")', 'see $'],
  [
    'with the address',
    `${RBL}, value = "txt", interpolate = true`,
    'msys.cidr.query("l")',
    `see ${PEER}`,
  ],
  ['of an address', RBL, 'msys.cidr.query("l", "192.0.2.1")', '127.0.0.3'],
  ['of an IPv6 address', `${RBL}, value = "txt"`, 'msys.cidr.query("l", "2001:db8::1")', 'six'],
  ['of an exclusion', RBL, 'msys.cidr.query("l", "192.0.2.99")', 'nil'],
  ['of another address', RBL, 'msys.cidr.query("l", "198.51.100.1")', 'nil'],
  ['the default', `${RBL}, default_value = ""`, '#msys.cidr.query("l", "198.51.100.1")', '0'],
  ['of an empty list', 'type = "empty"', 'msys.cidr.query("l")', 'nil'],
  ['of a URI', 'type = "rbldnsd", source = "file://list.txt"', 'msys.cidr.query("l")', '127.0.0.3'],
  ['after reload', RBL, 'msys.cidr.reload("l"), msys.cidr.query("l")', 'true\t127.0.0.3'],
])('cidr.query: %s', async (_, options, expression, expected) => {
  const setting = { init: define(options), files: FILES };
  expect(await printed(`print(${expression})`, setting)).toEqual([expected]);
});

test('a list of type empty may be defined without a table', async () => {
  const init = 'msys.cidr.define("l", "empty")';
  expect(await printed('print(msys.cidr.query("l"))', { init })).toEqual(['nil']);
});

test.each([
  [define('type = "rbldnsd"'), "list 'l' needs a source"],
  [
    define('type = "rbldns", source = "list.txt"'),
    "unknown type 'rbldns' of list 'l'; did you mean",
  ],
  [define('source = "list.txt"'), "unknown type 'nil' of list 'l'"],
  [define('type = "rbldnsd", source = "missing.txt"'), "list 'l': no such file"],
  ['msys.cidr.define("l", "rbldnsd")', "list 'l' needs a source"],
])('%s is refused', async (init, message) => {
  await expect(printed('', { init, files: FILES })).rejects.toThrow(message);
});

test('lists that are unknown, bad or from elsewhere are told', async () => {
  const [unknown] = await printed('msys.cidr.query("ll")', { init: define('type = "empty"') });
  expect(unknown).toContain("no list 'll' is defined; did you mean 'l'?");
  expect(await printed('', { init: define(RBL.replace('list', 'bad')), files: FILES })).toEqual([
    'module.lua:1 doubt: bad.txt: lines that are no entry: 1, the first is line 2',
  ]);
  expect(
    await printed('print(msys.cidr.query("l"))', { init: define('type = "datasource"') }),
  ).toEqual(['nil', "module.lua:1 not-simulated: list 'l' from a data source: empty"]);
});

const GAUGE = 'msys.gauge_cache.define("g", 2, 300)';
const G = 'local g = msys.gauge_cache ';
test.each([
  ['a missing key', 'print(g.get("g", "k"))', '0'],
  ['up', 'print(g.inc("g", "k"), g.inc("g", "k"), g.get("g", "k"))', '1\t2\t2'],
  ['down', 'print(g.dec("g", "k"), g.get("g", "k"))', '-1\t-1'],
  ['removed', 'g.inc("g", "k") g.remove_item("g", "k") print(g.get("g", "k"))', '0'],
  ['too many', 'g.inc("g", "a") g.inc("g", "b") g.inc("g", "c") print(g.get("g", "a"))', '0'],
  ['defined again', 'g.inc("g", "k") g.define("g", 9, 9) print(g.get("g", "k"))', '1'],
  ['a number as key', 'g.inc("g", 7) print(g.get("g", "7"))', '1'],
])('gauge_cache: %s', async (_, body, expected) => {
  expect(await printed(G + body, { init: GAUGE })).toEqual([expected]);
});

test('a gauge dies its time to live after its last change', async () => {
  const rows = [0, 299, 599].map((seconds) => connect(PEER, seconds));
  const body = 'print(msys.gauge_cache.inc("g", "k"))';
  expect(await printed(body, { init: GAUGE, rows })).toEqual(['1', '2', '1']);
});

test.each([
  ['msys.gauge_cache.inc("gg", "k")', "no gauge 'gg' is defined; did you mean 'g'?"],
  ['msys.gauge_cache.inc("g")', "bad argument #2 to 'inc' (string expected, got no value)"],
  ['msys.gauge_cache.define("h", 0, 1)', 'a number from 1 on expected'],
  ['msys.gauge_cache.define("h", 1, -1)', 'a number from 0 on expected'],
  ['msys.gauge_cache.define("h", 1)', "bad argument #3 to 'define' (number expected"],
  ['msys.pbp.size_in_bytes("x")', 'a size such as "30m" expected'],
  ['msys.counter.inc()', "bad argument #1 to 'inc' (string expected, got no value)"],
  ['msys.timer.after("x", print)', "bad argument #1 to 'after' (number expected, got string)"],
  ['msys.expandMacro()', "bad argument #1 to 'expandMacro' (string expected, got no value)"],
  ['msys.runInPool("IO", 7)', 'function expected, got number'],
])('%s is an error', async (call, message) => {
  expect((await printed(call, { init: GAUGE }))[0]).toContain(message);
});

const C = 'local c = msys.counter ';
test.each([
  ['print(c.read("/site/a"))', '0'],
  ['c.inc("/site/a") c.inc("/site/a") print(c.read("/site/a"))', '2'],
  ['c.add("/site/a", 5) c.add("/site/a", -2) print(c.read("/site/a"))', '3'],
  ['c.add("/site/a", 5) c.reset("/site/a") print(c.read("/site/a"))', '0'],
  ['c.add("/site/a", 5) c.unlink("/site/a") print(c.read("/site/a"))', '0'],
  ['local o = c.open("/site/a", c.STRICT) c.inc(o) print(c.read(o), c.read("/site/a"))', '1\t1'],
  ['print(type(c.open("/site/a", c.RELAXED)))', 'userdata'],
])('counter: %s', async (body, expected) => {
  expect(await printed(C + body)).toEqual([expected]);
});

test('what a counter counts is in the stats', async () => {
  const module = moduleAt('validate_connect', 'msys.counter.inc("/site/a")');
  const { stats } = await replayLua(module, [connect(), connect(PEER6)]);
  const row = { phase: 'connect', counter: '/site/a', kind: 'informational', count: 2 };
  expect(stats).toEqual([row]);
});

const P = 'local p = msys.pbp ';
test.each([
  ['print(p.check_whitelist(vctx, "good"))', 'false'],
  ['p.set_whitelist(vctx, "good", true) print(p.check_whitelist(vctx, "good"))', 'true'],
  ['p.set_whitelist(vctx, "good", true) print(p.check_whitelist(vctx, {"x", "good"}))', 'true'],
  ['p.set_whitelist(vctx, "good", true) print(p.check_whitelist(vctx, {}))', 'false'],
  ['p.set_whitelist(vctx, "good", true) print(p.check_whitelist(vctx, nil))', 'false'],
  [
    'p.set_whitelist(vctx, "good", true) print(vctx:get(msys.core.VCTX_CONN, "dp_whitelist_good"))',
    'true',
  ],
  [
    'p.set_whitelist(vctx, msys.core.VCTX_MESS, "good", true) print(vctx:exists(msys.core.VCTX_MESS, "dp_whitelist_good"), p.check_whitelist(vctx, "good"))',
    '1\ttrue',
  ],
  [
    'p.set_whitelist(vctx, msys.core.VCTX_CONN, "good", true) print(vctx:exists(msys.core.VCTX_CONN, "dp_whitelist_good"))',
    '1',
  ],
  [
    'p.set_whitelist(vctx, "a", true) p.set_whitelist(vctx, "a", false) print(p.check_whitelist(vctx, "a"))',
    'false',
  ],
  [
    'vctx:set(msys.core.VCTX_CONN, "dp_whitelist_a", "") print(p.check_whitelist(vctx, "a"))',
    'true',
  ],
  ['print(p.size_in_bytes("30m"), p.size_in_bytes("2K"), p.size_in_bytes(7))', '31457280\t2048\t7'],
  ['print(p.size_in_bytes("1.5k"), p.size_in_bytes("1 GB"))', '1536\t1073741824'],
])('pbp: %s', async (body, expected) => {
  expect(await printed(P + body)).toEqual([expected]);
});

test.each([
  ['msys.pbp.fcdns_check(ac, vctx)', 'true', 'msys.pbp.fcdns_check: every peer passes'],
  ['msys.sleep(1)', '', 'msys.sleep'],
  ['msys.shareGet("k")', '', 'msys.shareGet'],
  ['msys.shareSet("k", 1)', '', 'msys.shareSet'],
  [
    'msys.runSieveScript("a.siv", "connect_phase1")',
    'false\tnot simulated in a replay',
    'msys.runSieveScript',
  ],
  ['msys.readfile("/etc/passwd")', '', 'msys.readfile'],
  ['msys.pcre.replace("a", "b", "c")', '', 'msys.pcre.replace'],
  ['msys.db.query("cache", "SELECT 1")', '', 'msys.db.query'],
  ['msys.http.client.new()', '', 'msys.http.client.new'],
  ['require("msys.av").scan()', '', 'msys.av.scan'],
  ['msys.timer.every(2, print, "t"):name()', 't', 'msys.timer.every'],
  ['msys.timer.at(2, print):start()', '', 'msys.timer.at'],
  ['msys.timer.after(2, print):stop()', '', 'msys.timer.after'],
])('%s is not simulated', async (call, shown, what) => {
  expect(await printed(`print(${call})`)).toEqual([shown, `module.lua:3 not-simulated: ${what}`]);
});

test('what init prints is logged at the first event', async () => {
  expect(await printed('print("connect")', { init: 'print("init")' })).toEqual(['init', 'connect']);
});
