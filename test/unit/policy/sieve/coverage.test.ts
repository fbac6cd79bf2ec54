// Goal: the page about Sieve++ lists what the command table holds, and the table lists all commands.
// Method: print the table as rows and compare them with the page. To accept a new table, run with
// HINDCAST_GOLDEN=write and format the page.
import { readFileSync, writeFileSync } from 'node:fs';

import { expect, test } from 'vitest';

import { COMMAND_BINDERS, TEST_BINDERS } from '../../../../src/policy/sieve/commands/index.ts';
import { COMMANDS, factsOf } from '../../../../src/policy/sieve/command-table.ts';
import type { CommandFacts, Parameter } from '../../../../src/policy/sieve/signature.ts';
import { ROOT } from './reading.ts';

const page = `${ROOT}docs/sieve.md`;
const HEAD = ['Commands', 'Kind', 'Simulated', 'Arguments that are checked', 'Test'];
/** What writes no binder of its own: the compiler knows it. */
const SYNTAX = new Set(['if', 'elsif', 'else', 'not', 'anyof', 'allof']);

/** The file of `run` that tests a command, by its name; the first that fits. */
const TESTS: readonly (readonly [file: string, names: RegExp])[] = [
  ['audit', /^(?:audit_|ec_ip_)/],
  ['match', /^ec_test$/],
  ['hashes', /^(?:hash_|isset$|type$|is_true$)/],
  ['logs', /^ec_(?:log|log_file|inc_counter)$/],
  ['throttles', /^ec_(?:shared_)?throttle_/],
  ['gauges', /^ec_(?:gauge|cluster)_cache_/],
  ['numbers', /^ec_(?:add|sub|mul|div|mod|ceil|floor|round|trunc|nearbyint|rand)$/],
  ['context', /^vctx/],
  ['message', /^(?:envelope|size|ec_get_message_.*)$/],
  ['lists', /_cidr$/],
  ['dns', /^ec_dns_lookup$/],
  [
    'strings',
    /^(?:split|ec_explode|join|reverse|reverse_delim|ec_tolower|ec_pcre_match|is_.*_ip|is_rfc821_ip)$/,
  ],
  ['actions', /./],
];

function testOf({ names: [name], status }: CommandFacts): string {
  if (status === 'no') return 'unsimulated';
  return TESTS.find(([, names]) => names.test(name))![0];
}

const isBound = (name: string): boolean =>
  SYNTAX.has(name) || COMMAND_BINDERS.has(name) || TEST_BINDERS.has(name);

function shownParameters(parameters: readonly Parameter[]): string {
  return parameters.map(({ name, optional }) => (optional ? `[${name}]` : name)).join(' ');
}

function argumentsCell({
  names,
  positional,
  more,
  hash,
  tags,
  bare,
  status,
}: CommandFacts): string {
  if (names[0] === 'if' || names[0] === 'not') return 'syntax';
  if (status === 'no' || (positional === undefined && tags === undefined)) return 'any';
  const cells: string[] = [];
  if (positional === undefined) cells.push('any');
  else
    cells.push(
      positional.length === 0 ? 'none' : `\`${shownParameters(positional)}${more ? ' …' : ''}\``,
    );
  if (hash !== undefined) cells.push(`or a hash: \`${shownParameters(hash)}\``);
  if (bare) cells.push('or none');
  if (tags !== undefined && tags.length > 0) {
    cells.push(`tags ${tags.map((tag) => `\`:${tag}\``).join(' ')}`);
  }
  return cells.join('; ');
}

const rows = COMMANDS.map((one) => [
  one.names.map((name) => `\`${name}\``).join(', '),
  one.role === 'either' ? 'command or test' : one.role,
  one.names.every(isBound) ? 'yes' : 'no',
  argumentsCell(one),
  `\`${testOf(one)}\``,
]);

test('a command is simulated unless it needs what a replay does not have', () => {
  for (const { names, status } of COMMANDS) {
    for (const name of names) expect([name, isBound(name)]).toEqual([name, status !== 'no']);
  }
  const known = new Set(COMMANDS.flatMap(({ names }) => names));
  const bound = [...COMMAND_BINDERS.keys(), ...TEST_BINDERS.keys()];
  expect(bound.filter((name) => !known.has(name))).toEqual([]);
});

test('a simulated command has its table test', () => {
  for (const one of COMMANDS.filter(({ status }) => status !== 'no')) {
    const file = `${ROOT}test/unit/policy/sieve/run/${testOf(one)}.test.ts`;
    const text = readFileSync(file, 'utf8').toLowerCase();
    for (const name of one.names) {
      const isThere = new RegExp(`\\b${name}\\b`).test(text);
      expect([file, name, isThere]).toEqual([file, name, true]);
    }
  }
});

test('docs/sieve.md has the command table', () => {
  const text = readFileSync(page, 'utf8');
  const from = text.search(/^\| *Commands *\|/m);
  if (process.env['HINDCAST_GOLDEN'] === 'write') {
    const lines = [HEAD, HEAD.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
    writeFileSync(page, `${text.slice(0, from)}${lines.join('\n')}\n`);
  }
  const shown = readFileSync(page, 'utf8')
    .slice(from)
    .trim()
    .split('\n')
    .filter((row) => !/^[|\s:-]+$/.test(row))
    .map((row) =>
      row
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  expect(shown).toEqual([HEAD, ...rows]);
});

test('a name stands in the table once, and is found in any letter case', () => {
  const names = COMMANDS.flatMap((one) => one.names);
  expect(names.length).toBeGreaterThan(150);
  expect(new Set(names).size).toBe(names.length);
  expect(factsOf('EC_Test')).toBe(factsOf('ec_test'));
  expect(factsOf('brightmail_verdict')?.status).toBe('no');
  expect(factsOf('audit_serie')).toBeUndefined();
});

test('a form with a hash begins like the one without', () => {
  for (const { hash, positional } of COMMANDS) {
    if (hash === undefined) continue;
    expect(positional!.length).toBeGreaterThan(1);
    expect(hash.some((one) => one.name === 'monitor')).toBe(true);
  }
});
