import { LuaMachine } from '../../src/policy/lua/machine.ts';
import { shown } from './stock-lua.ts';

const BUDGET = { steps: 1e7, bytes: 1e8 };

/** A machine with its libraries, for scripts that stand alone. */
export function scriptMachine(): LuaMachine {
  return new LuaMachine({ print: () => {}, readModule: () => undefined });
}

/** What a chunk answers on a machine, in the notation of a stock Lua's. */
export function answerOfChunk(machine: LuaMachine, chunk: string): string {
  const loaded = machine.load(chunk, 'script');
  if (!loaded.ok) return 'refused';
  const outcome = machine.run(loaded.chunk, [], BUDGET);
  if (outcome.ok) return shown(outcome.values);
  const { error } = outcome;
  return 'value' in error ? `error ${shown([error.value])}` : `stopped ${error.message}`;
}
