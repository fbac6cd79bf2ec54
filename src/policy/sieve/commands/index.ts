import type { CommandBinder, CommandSet, TestBinder } from '../site.ts';
import { ACTIONS } from './actions.ts';
import { CACHES } from './caches.ts';
import { COMPARISONS } from './comparisons.ts';
import { CONTEXT } from './context.ts';
import { CONTROL } from './control.ts';
import { DNS } from './dns.ts';
import { GAUGES } from './gauges.ts';
import { HASHES } from './hashes.ts';
import { LISTS } from './lists.ts';
import { LOGS } from './logs.ts';
import { MESSAGE } from './message.ts';
import { METRICS } from './metrics.ts';
import { NUMBERS } from './numbers.ts';
import { SERIES } from './series.ts';
import { SESSIONS } from './sessions.ts';
import { STRINGS } from './strings.ts';
import { THROTTLES } from './throttles.ts';

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
  CACHES,
  CONTEXT,
  DNS,
  GAUGES,
  LISTS,
  LOGS,
  MESSAGE,
  THROTTLES,
];

/** Commands and tests that are simulated, by name in small letters. */
export const COMMAND_BINDERS: ReadonlyMap<string, CommandBinder> = new Map(
  SETS.flatMap(({ commands = {} }) => Object.entries(commands)),
);
export const TEST_BINDERS: ReadonlyMap<string, TestBinder> = new Map(
  SETS.flatMap(({ tests = {} }) => Object.entries(tests)),
);
