// Goal: the page about Sieve++ lists what the command table holds, and the table lists all commands.
// Method: print the table as rows and compare them with the page. To accept a new table, run with
// HINDCAST_GOLDEN=write and format the page.
import { readFileSync, writeFileSync } from 'node:fs';

import { expect, test } from 'vitest';

import { COMMANDS, factsOf } from '../../../../src/policy/sieve/command-table.ts';
import type { CommandFacts, Parameter } from '../../../../src/policy/sieve/signature.ts';
import { ROOT } from './reading.ts';

const page = `${ROOT}docs/sieve.md`;
const HEAD = ['Commands', 'Kind', 'Simulation', 'Arguments that are checked'];

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
  one.status === 'no' ? 'no' : 'planned',
  argumentsCell(one),
]);

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
