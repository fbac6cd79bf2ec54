import { LuaMachine, type LuaOutcome } from '../../src/policy/lua/machine.ts';
import type { LuaBudget } from '../../src/policy/lua/meter.ts';
import type { LuaValue } from '../../src/policy/lua/value.ts';

export const PLENTY: LuaBudget = { steps: 100_000_000, bytes: 1_000_000_000 };

export interface TestMachine {
  readonly machine: LuaMachine;
  /** What was printed. */
  readonly lines: string[];
  readonly run: (script: string, budget?: LuaBudget) => LuaOutcome;
}

/** @param modules texts by the name that `require` asks for */
export function testMachine(modules: Readonly<Record<string, string>> = {}): TestMachine {
  const lines: string[] = [];
  const machine = new LuaMachine({
    print: (line) => lines.push(line),
    readModule: (name) =>
      Object.hasOwn(modules, name) ? { text: modules[name], file: `${name}.lua` } : undefined,
  });
  const run = (script: string, budget = PLENTY): LuaOutcome => {
    const loaded = machine.load(script, 'test.lua');
    if (!loaded.ok) throw new Error(loaded.diagnostics.map((one) => one.message).join('\n'));
    return machine.run(loaded.chunk, [], budget);
  };
  return { machine, lines, run };
}

/** What a script returns, as a line: `1 "a" nil table`; or `error: ` and the message. */
export function outcomeOf(script: string, budget = PLENTY): string {
  const outcome = testMachine().run(script, budget);
  return outcome.ok ? outcome.values.map(shown).join(' ') : `error: ${outcome.error.message}`;
}

function shown(value: LuaValue): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (value === undefined) return 'nil';
  if (typeof value === 'object') return value.kind;
  return Object.is(value, -0) ? '-0' : String(value);
}
