import type { CommandBinder, CommandSet, TestBinder } from '../site.ts';
import { ACTIONS } from './actions.ts';
import { COMPARISONS } from './comparisons.ts';
import { CONTROL } from './control.ts';
import { HASHES } from './hashes.ts';
import { METRICS } from './metrics.ts';
import { NUMBERS } from './numbers.ts';
import { SERIES } from './series.ts';
import { SESSIONS } from './sessions.ts';
import { STRINGS } from './strings.ts';

const SETS: readonly CommandSet[] = [
  CONTROL,
  SERIES,
  SESSIONS,
  METRICS,
  ACTIONS,
  COMPARISONS,
  HASHES,
  NUMBERS,
  STRINGS,
];

/** Commands and tests that are simulated, by name in small letters. */
export const COMMAND_BINDERS: ReadonlyMap<string, CommandBinder> = new Map(
  SETS.flatMap(({ commands = {} }) => Object.entries(commands)),
);
export const TEST_BINDERS: ReadonlyMap<string, TestBinder> = new Map(
  SETS.flatMap(({ tests = {} }) => Object.entries(tests)),
);
