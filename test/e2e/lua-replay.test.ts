// Goal: Lua modules run as policies: the example of the manual with and without its mistakes, by
// themselves and from a configuration; hostile ones end safely and are named.
// Method: the built command over small logs.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { runKept } from './kept-hindcast.ts';
import { newFolder, readCsv, runHindcast, type Run } from './run-hindcast.ts';

const LOG = `time,kind,ip,session,queue_id,sender,recipients
2026-11-20T10:00:00Z,connect,192.0.2.7,a,,,
2026-11-20T10:00:01Z,transaction,192.0.2.7,a,Q1,,
2026-11-20T10:00:02Z,reception,,,Q1,x@a.example,1
2026-11-20T10:00:03Z,disconnect,192.0.2.7,a,,,
2026-11-20T10:00:04Z,connect,192.0.2.8,b,,,
`;

type Files = Readonly<Record<string, string>>;

async function replay(files: Files, ...more: string[]): Promise<Run & { readonly cwd: string }> {
  const cwd = newFolder({ 'log.csv': LOG, ...files });
  const run = await runKept(['replay', 'log.csv', '--out', 'out', ...more], { cwd });
  return { ...run, cwd };
}

const rowsOf = (cwd: string, name: string): Record<string, string>[] =>
  readCsv(readFileSync(path.join(cwd, 'out', name), 'utf8'));

interface Note {
  readonly place: string;
  readonly kind: string;
  readonly text: string;
}

function notesOf(cwd: string): readonly Note[] {
  const summary = readFileSync(path.join(cwd, 'out', 'summary.json'), 'utf8');
  return (JSON.parse(summary) as { scripts: { notes: Note[] } }).scripts.notes;
}

/** A module with one hook at connect. */
const connectModule = (body: string): string => `local mod = {}
function mod:validate_connect(ac, vctx)
${body}
return msys.core.VALIDATE_CONT
end
msys.registerModule("m", mod)
`;

describe('the example of msys.audit_series.define', () => {
  const example = (end: string, name: string): string => `local mod = {}

function mod:init()
  msys.audit_series.define("myseries", "cidr", 300, 6);
  return true;
${end}
function mod:validate_data(msg, accept, vctx)
  msys.audit_series.add(${name}, accept)
  return msys.core.VALIDATE_CONT
${end}
msys.registerModule("mymodule", mod);
`;

  test('counts each message when its two mistakes are mended', async () => {
    const { code, cwd } = await replay(
      { 'a.lua': example('end', '"myseries"') },
      '--policy',
      'a.lua',
    );
    expect(code).toBe(0);
    const own = rowsOf(cwd, 'windows.csv').filter((row) => row['series'] === 'myseries');
    expect(own.map((row) => [row['monitor'], row['total'], row['top_key']])).toEqual([
      ['300,6', '1', '192.0.2.7'],
    ]);
  });

  test('as printed lacks its ends, and is told where', async () => {
    const { code, stderr } = await replay(
      { 'a.lua': example('', 'myseries') },
      '--policy',
      'a.lua',
    );
    expect(code).toBe(2);
    expect(stderr).toContain("a.lua:7:1: error: 'end' expected (to close 'function' at line 3)");
    expect(stderr).toContain('hint: ');
  });

  test('with a name that is a global says what was meant', async () => {
    const { code, cwd } = await replay(
      { 'a.lua': example('end', 'myseries') },
      '--policy',
      'a.lua',
    );
    expect(code).toBe(0);
    const [note] = notesOf(cwd);
    expect([note.place, note.kind]).toEqual(['a.lua:8', 'failed']);
    expect(note.text).toContain('nil');
    expect(note.text).toContain('did you mean "myseries"?');
    expect(note.text).toContain('a.lua:8: in function');
    expect(rowsOf(cwd, 'firings.csv').map((row) => [row['rule'], row['verdict']])).toEqual([
      ['a.lua:8', 'reject'],
    ]);
  });
});

describe('a configuration', () => {
  const CONFIG = (source: string): string => `inbound_audit {
  monitors = ( "300,6" "1800,4" )
}
alerting { }
scriptlet "scriptlet" { script "m" { source = "${source}" } }
`;
  const MODULE = connectModule(`
local n = msys.audit.connections("1800,4", { cidr = "/24" })
if n > 1 then vctx:set_code(421, "busy") return msys.core.VALIDATE_DONE end`);

  test.each([
    ['dir.limits', 'dir/limits.lua'],
    ['dir/limits', 'conf/default/dir/limits.lua'],
    ['limits', 'conf/global/limits.lua'],
  ])('names the module %s, which is %s', async (source, file) => {
    const files = { 'e.conf': CONFIG(source), [file]: MODULE };
    const { code, stderr, cwd } = await replay(files, '--config', 'e.conf');
    expect([code, stderr]).toEqual([0, '']);
    expect(rowsOf(cwd, 'stopped.csv').map((row) => [row['ip'], row['rule']])).toEqual([
      ['192.0.2.8', 'limits.lua:5'],
    ]);
  });

  test('whose module is not there is an error', async () => {
    const { code, stderr } = await replay({ 'e.conf': CONFIG('no.where') }, '--config', 'e.conf');
    expect(code).toBe(2);
    expect(stderr).toContain("scriptlet 'm': no module 'no.where'");
  });

  test('may have scripts in both languages', async () => {
    const files = {
      'e.conf': `${CONFIG('limits')}sieve { script connect_phase1 { source = "a.siv" } }\n`,
      'limits.lua': MODULE,
      'a.siv': 'ec_tarpit 1;',
    };
    const { cwd } = await replay(files, '--config', 'e.conf');
    const rules = rowsOf(cwd, 'firings.csv').map((row) => `${row['rule']} ${row['key']}`);
    expect(rules).toEqual(['a.siv:1 192.0.2.7', 'a.siv:1 192.0.2.8', 'limits.lua:5 192.0.2.8']);
  });
});

describe('a module', () => {
  test('takes others from its folder, and any of the vendor', async () => {
    const files = {
      'a.lua': `local other = require("lib.other")
require("msys.extended.vctx")
${connectModule('print(other.text())')}`,
      'lib/other.lua': 'local m = {}\nfunction m.text() return "from other" end\nreturn m\n',
    };
    const { code, cwd } = await replay(files, '--policy', 'a.lua');
    expect(code).toBe(0);
    expect(rowsOf(cwd, 'log.csv').map((row) => row['text'])).toEqual(['from other', 'from other']);
  });

  test.each([
    ['that registers nothing', 'local x = 1\n', 'a.lua registers no module'],
    [
      'whose init does not return true',
      'local m = {}\nfunction m:init() end\nmsys.registerModule("m", m)\n',
      'm:init does not return true',
    ],
    ['that fails when it is loaded', 'error("no")\n', 'a.lua:1: no'],
    ['of another language', 'if true { stop; }\n', 'a.lua:1:9: error: '],
  ])('%s is an error before the replay', async (_, text, words) => {
    const { code, stdout, stderr } = await replay({ 'a.lua': text }, '--policy', 'a.lua');
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(words);
  });

  test('has no phase of its own', async () => {
    const { code, stderr } = await replay(
      { 'a.lua': connectModule('') },
      '--policy',
      'a.lua',
      '--phase',
      'connect',
    );
    expect(code).toBe(2);
    expect(stderr).toContain('--phase');
  });

  test('is checked without being run', async () => {
    const cwd = newFolder({ 'a.lua': 'error("no")\n', 'b.lua': 'x = = 1\n' });
    const { code, stdout, stderr } = await runHindcast(['check', 'a.lua', 'b.lua'], { cwd });
    expect([code, stdout]).toEqual([2, 'a.lua: ok, a Lua module\n']);
    expect(stderr).toContain('b.lua:1:5: error: ');
  });
});

describe('--fail-on takes lines of modules', () => {
  const module = connectModule('vctx:set_code(421, "no")');
  test.each([
    ['that set a reply', 'a.lua:3', 1, 'rule a.lua:3 fired (--fail-on), firings: 2'],
    ['that did not', 'a.lua:4', 0, ''],
    ['that are none', 'a.lua:99', 2, 'no line of a module'],
    ['of no module', 'b.lua:3', 2, 'modules: a.lua'],
    ['but no module alone', 'a.lua', 2, 'write a.lua:LINE'],
  ])('%s', async (_, rule, expected, words) => {
    const { code, stderr } = await replay(
      { 'a.lua': module },
      '--policy',
      'a.lua',
      '--fail-on',
      rule,
    );
    expect(stderr).toContain(words);
    expect(code).toBe(expected);
  });
});

describe('hostile modules end safely, named by hook and line', () => {
  const bomb = 'string.rep("a", 30)';
  test.each([
    ['an endless loop', 'while true do end'],
    ['a loop inside pcall', 'while true do pcall(function() while true do end end) end'],
    ['a loop inside a coroutine', 'coroutine.wrap(function() while true do end end)()'],
    ['coroutines without end', 'while true do coroutine.create(function() end) end'],
    ['deep recursion', 'local function f() return 1 + f() end\nf()'],
    ['recursion through pcall', 'local function f() pcall(f) f() end\nf()'],
    ['a string of a gigabyte', 'local s = "x"\nwhile true do s = s .. s end'],
    ['string.rep', 'local s = string.rep("x", 2^30)'],
    ['string.rep of string.rep', 'local s = ("x"):rep(1e5):rep(1e5)'],
    ['a table without end', 'local t = {}\nwhile true do t[#t + 1] = {} end'],
    ['a pattern bomb', `string.find(${bomb}, ("a*"):rep(20) .. "b")`],
    ['gsub that grows', 'local s = "x"\nwhile true do s = s:gsub("x", "xx") end'],
    [
      'table.concat of much',
      'local t = {}\nfor i = 1, 1e5 do t[i] = ("x"):rep(1e4) end\ntable.concat(t)',
    ],
    [
      'sort with a false order',
      'local t = {}\nfor i = 1, 1e5 do t[i] = i end\ntable.sort(t, function() return true end)',
    ],
    ['printing without end', 'local s = ("x"):rep(1e6)\nwhile true do print(s) end'],
    ['short lines without end', 'while true do print(1) end'],
    ['reading a file', 'local f = io.open("/etc/passwd")'],
    ['a command', 'os.execute("true")'],
    ['a file as a chunk', 'dofile("/etc/passwd")'],
    ['debug', 'debug.getinfo(1)'],
    ['bytecode', 'assert(loadstring("\\27Lua"))()'],
    ['a metatable of ours', 'getmetatable(ac).__index = function() end'],
    ['another metatable for ours', 'setmetatable(vctx, {})'],
    ['fields of ours', 'ac.remote_addr = "192.0.2.1"'],
    ['raw fields of ours', 'rawset(vctx, "set_code", nil)'],
    ['an error that is a table', 'error({ 1 })'],
    ['an error in tostring', 'print(setmetatable({}, { __tostring = function() error("x") end }))'],
  ])('%s', async (_, body) => {
    const { code, stderr, cwd } = await replay(
      { 'a.lua': connectModule(body) },
      '--policy',
      'a.lua',
    );
    expect([code, stderr]).toEqual([0, '']);
    const [note] = notesOf(cwd);
    expect(note.kind).toBe('failed');
    expect(note.place).toMatch(/^a\.lua:\d+$/);
    expect(note.text).toMatch(/^validate_connect: /);
    expect(rowsOf(cwd, 'firings.csv').map((row) => row['verdict'])).toEqual(['reject', 'reject']);
    expect(rowsOf(cwd, 'windows.csv').map((row) => row['series'])).toContain('connections');
  });
});
