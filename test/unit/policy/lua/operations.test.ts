import { readFileSync } from 'node:fs';

import { expect, it } from 'vitest';

import { OP } from '../../../../src/policy/lua/operations.ts';

// The loop has the numbers of operations as literals: a test holds them to their names.
it('the loop runs every operation under its number', () => {
  const path = new URL('../../../../src/policy/lua/execute.ts', import.meta.url);
  const source = readFileSync(path, 'utf8');
  const cases = [...source.matchAll(/^ +case (\d+):(?: \{\n +)? ?\/\/ ([A-Z]+)$/gm)];
  const found = Object.fromEntries(cases.map(([, number, name]) => [name, Number(number)]));
  expect(found).toEqual(OP);
});
