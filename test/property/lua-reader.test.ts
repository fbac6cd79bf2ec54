import * as fc from 'fast-check';
import { expect, it } from 'vitest';

import { PLENTY, testMachine } from '../builders/lua-machine.ts';

const PIECES = [
  'local ',
  'x',
  ' = ',
  'function',
  ' f',
  '(',
  ')',
  ' end ',
  'if ',
  ' then ',
  ' else ',
  ' elseif ',
  ' while ',
  ' do ',
  'repeat ',
  ' until ',
  ' for ',
  ' in ',
  'return ',
  'break',
  '...',
  '..',
  '"a"',
  "'",
  '"',
  '[[',
  ']]',
  '[=[',
  '--',
  '--[[',
  '\n',
  '0',
  '08',
  '0x',
  '1e',
  '3.',
  '{',
  '}',
  '[',
  ']',
  ',',
  ';',
  ':',
  '.',
  '#',
  '-',
  '~',
  '!=',
  '^^',
  '<<',
  '\\',
  '&',
  'nil',
  'not ',
  ' and ',
  ' or ',
  '\u00e4',
  '\0',
  '\u{1f600}',
  '\\x',
  '\\u',
  '\\9',
];

// Goal: no text makes the reader throw, and what it says is a place in the text.
// Method: pieces of the language in any order, and any characters at all.
it('reads or refuses any text', () => {
  const text = fc.oneof(
    fc.array(fc.constantFrom(...PIECES), { maxLength: 60 }).map((pieces) => pieces.join('')),
    fc.string({ unit: 'binary', maxLength: 80 }),
  );
  fc.assert(
    fc.property(text, (script) => {
      const loaded = testMachine().machine.load(script, 'p.lua');
      for (const { start, end } of loaded.ok ? [] : loaded.diagnostics) {
        expect(start).toBeGreaterThanOrEqual(0);
        expect(end).toBeGreaterThanOrEqual(start);
        expect(end).toBeLessThanOrEqual(script.length);
      }
    }),
    { numRuns: 2000 },
  );
});

const SCRIPT = `
local function count(t, ...)
  local n, s = 0, ''
  for k, v in pairs(t) do
    if type(k) == 'string' and v ~= nil then n = n + 1 elseif k then s = s .. k end
  end
  while n < 10 do n = n + #s + 1 if n == 7 then break end end
  repeat local m = n - 1 n = m until m < 3 or not t
  return n, s, ...
end
local box = setmetatable({}, {__index = function(_, k) return k end})
local co = coroutine.wrap(function(a) local b = coroutine.yield(a) return b end)
print(count({1, 2, x = 3, ['y'] = 4; 5}, box.q, co(1)), pcall(co, 2))
`;

// Goal: no script that the reader takes breaks the machine: it ends, with values or an error.
// Method: a script that uses everything, with pieces cut out, doubled and put elsewhere.
it('runs whatever it reads to an end', () => {
  const edit = fc.record({
    from: fc.nat(SCRIPT.length),
    length: fc.nat(30),
    to: fc.nat(SCRIPT.length),
    kept: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
      let script = SCRIPT;
      for (const { from, length, to, kept } of edits) {
        const piece = script.slice(from, from + length);
        if (!kept) script = script.slice(0, from) + script.slice(from + length);
        script = script.slice(0, to) + piece + script.slice(to);
      }
      const { machine } = testMachine();
      const loaded = machine.load(script, 'p.lua');
      if (!loaded.ok) return;
      machine.run(loaded.chunk, [], { ...PLENTY, steps: 100_000 });
      expect([machine.nativeDepth, machine.thread.depth, machine.guards]).toEqual([0, -1, 0]);
    }),
    { numRuns: 2000 },
  );
});
