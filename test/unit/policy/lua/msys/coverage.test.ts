// Goal: the page about Lua lists every hook and every member of msys and its objects, and says which
// of them a replay simulates.
// Method: open msys and call what is in it; what that tells is the status. The rows are compared with
// the page. To accept a new table, run with HINDCAST_GOLDEN=write and format the page.
import { readFileSync, writeFileSync } from 'node:fs';

import { expect, test } from 'vitest';

import { EventBatch } from '../../../../../src/model/event-batch.ts';
import { DEFAULT_MONITOR } from '../../../../../src/model/monitor.ts';
import { Vocabulary } from '../../../../../src/model/vocabulary.ts';
import { CALLOUTS, DEALLOC, INIT } from '../../../../../src/policy/lua/callouts.ts';
import { LuaMachine } from '../../../../../src/policy/lua/machine.ts';
import { openMsys, type Msys } from '../../../../../src/policy/lua/msys/open.ts';
import type { LuaTable, LuaValue } from '../../../../../src/policy/lua/value.ts';
import type { ScriptWorld } from '../../../../../src/policy/script-policy.ts';
import { newSession } from '../../../../../src/simulate/script-sessions.ts';

const ROOT = new URL('../../../../../', import.meta.url).pathname;
const page = `${ROOT}docs/lua.md`;
const BUDGET = { steps: 10_000, bytes: 1_000_000 };
/** How scripts call the objects. */
const CALLED: Readonly<Record<string, string>> = {
  accept_construct: 'ac',
  vctx: 'vctx',
  message: 'msg',
};
/** What a replay has no use for, and takes without a word. */
const NO_OPS = new Set(['msys.lock', 'msys.unlock', 'msys.cidr.reload']);
/** The test file of a member; the first that fits. */
const TESTS: readonly (readonly [file: string, names: RegExp])[] = [
  ['audit-series', /^msys\.audit_series/],
  ['audit', /^msys\.audit|session_count/],
  ['callouts', /^vctx(?::(?:set_code|disconnect|pbp_|tarpit)|\.disconnect)|registerModule/],
  ['session-objects', /^(?:ac|vctx|msg)[.:]|^msys\.core\.(?!get_now|VALIDATE)/],
  ['functions', /./],
];

interface Opened {
  readonly machine: LuaMachine;
  readonly msys: Msys;
  readonly told: string[];
}

function opened(): Opened {
  const told: string[] = [];
  const machine = new LuaMachine({
    print: () => {},
    readModule: () => undefined,
  });
  const batch = new EventBatch(new Vocabulary(), Buffer.alloc(0));
  const world = {
    event: { batch, row: 0, nowMs: 0, session: newSession() },
    audit: { monitors: [DEFAULT_MONITOR] },
    note: (_: unknown, kind: string) => told.push(kind),
    count: () => {},
  } as unknown as ScriptWorld;
  const msys = openMsys({
    host: machine,
    world,
    files: { dnsFixture: undefined, module: () => undefined, read: () => ({ file: '', text: '' }) },
    act: () => {},
    textOf: () => undefined,
  });
  return { machine, msys, told };
}

const isTable = (value: LuaValue): value is LuaTable =>
  typeof value === 'object' && value.kind === 'table';
const isNative = (value: LuaValue): boolean => typeof value === 'object' && value.kind === 'native';

/** Fields of a table and of the tables in it; one that answers to any name is a member itself. */
function membersOf(table: LuaTable, name: string): [name: string, value: LuaValue][] {
  const members: [string, LuaValue][] = [];
  for (let entry = table.next(undefined); entry !== undefined; entry = table.next(entry[0])) {
    const [key, value] = entry;
    const own = `${name}.${key as string}`;
    if (isTable(value) && value.metatable === undefined) members.push(...membersOf(value, own));
    else members.push([isTable(value) ? `${own}.…` : own, value]);
  }
  return members;
}

/** `not simulated` when calling it says so, whatever it makes of its arguments. */
function statusOf({ machine, told }: Opened, value: LuaValue, self?: LuaValue): string {
  if (!isNative(value) && !isTable(value)) return 'yes';
  const print = machine.globals.get('print');
  for (const given of [[], [1, print]]) {
    machine.run(value, self === undefined ? given : [self, ...given], BUDGET);
  }
  return told.includes('not-simulated') ? 'not simulated' : 'yes';
}

function rows(): string[][] {
  const { machine, msys } = opened();
  const names = membersOf(machine.globals.get('msys') as LuaTable, 'msys').map(([name]) => name);
  const listed = names.map((name) => {
    const fresh = opened();
    const value = membersOf(fresh.machine.globals.get('msys') as LuaTable, 'msys').find(
      ([other]) => other === name,
    )![1];
    return [name, NO_OPS.has(name) ? 'no-op' : statusOf(fresh, value)];
  });
  for (const [type, parts] of msys.objects) {
    for (const method of Object.keys(parts.methods)) {
      const fresh = opened();
      const self = type === 'accept_construct' ? fresh.msys.ac : fresh.msys[type as 'vctx'];
      const value = fresh.machine.index(self, method);
      // Sizes and addresses that are given would change the message.
      const isAsked = method === 'mailfrom' || method === 'rcptto';
      const status = isAsked ? 'yes' : statusOf(fresh, value, self);
      listed.push([`${CALLED[type]}:${method}`, status]);
    }
    for (const property of Object.keys(parts.properties ?? {})) {
      listed.push([`${CALLED[type]}.${property}`, 'yes']);
    }
    if (parts.assign !== undefined) listed.push([`${CALLED[type]}.disconnect`, 'yes']);
  }
  listed.sort(([a], [b]) => (a < b ? -1 : 1));
  return listed.map(([name, status]) => [`\`${name}\``, status, `\`${testOf(name)}\``]);
}

function testOf(name: string): string {
  return TESTS.find(([, names]) => names.test(name))![0];
}

const HOOK_ROWS = CALLOUTS.map(({ name, phase, given }) => {
  const shown = given.map(
    (one) => ({ message: 'msg', string: 'str', recipients: 'list' })[one as 'message'] ?? one,
  );
  return [`\`${name}\``, `\`${shown.join(', ')}\``, phase];
});

/** The table of the page whose head begins with a word. */
function tableAt(text: string, head: string): string {
  const from = text.search(new RegExp(`^\\| *${head} *\\|`, 'm'));
  return text.slice(from).split('\n\n', 1)[0];
}

function cellsOf(table: string): string[][] {
  return table
    .trim()
    .split('\n')
    .filter((row) => !/^[|\s:-]+$/.test(row))
    .map((row) =>
      row
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

function accept(head: readonly string[], body: readonly (readonly string[])[]): string[][] {
  const text = readFileSync(page, 'utf8');
  const old = tableAt(text, head[0]);
  if (process.env['HINDCAST_GOLDEN'] === 'write') {
    const lines = [head, head.map(() => '---'), ...body].map((cells) => `| ${cells.join(' | ')} |`);
    writeFileSync(
      page,
      text.replace(old, () => `${lines.join('\n')}${old.endsWith('\n') ? '\n' : ''}`),
    );
  }
  return cellsOf(tableAt(readFileSync(page, 'utf8'), head[0]));
}

test('the page lists the hooks with their arguments and phases', () => {
  const head = ['Hook', 'Arguments behind `self`', 'Phase'];
  expect(accept(head, HOOK_ROWS)).toEqual([head, ...HOOK_ROWS]);
  const text = readFileSync(page, 'utf8');
  for (const name of [INIT, DEALLOC]) expect(text).toContain(`\`${name}\``);
});

test('the page lists every member with its status', () => {
  const head = ['Member', 'Simulated', 'Test'];
  const listed = rows();
  expect(listed.length).toBeGreaterThan(100);
  expect(accept(head, listed)).toEqual([head, ...listed]);
});

test('a member that is simulated is in its test file', () => {
  for (const [name, status] of rows()) {
    if (status === 'not simulated') continue;
    const bare = name.replaceAll('`', '').split(/[.:]/).at(-1)!;
    const file = `${ROOT}test/unit/policy/lua/msys/${testOf(name.replaceAll('`', ''))}.test.ts`;
    const isThere = new RegExp(`\\b${bare}\\b`).test(readFileSync(file, 'utf8'));
    expect([file, name, isThere]).toEqual([file, name, true]);
  }
});
