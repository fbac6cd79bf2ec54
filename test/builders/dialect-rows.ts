import type { Dialect, ParserSetting } from '../../src/input/dialects.ts';
import { ALL_NEEDS } from '../../src/model/event.ts';
import { parseText, type Parsed } from '../unit/input/event-rows.ts';
import { BERLIN_DATER } from './daters.ts';

/** What a dialect makes of lines. */
export function parseDialect(
  { createParser }: Dialect,
  lines: string | Buffer,
  setting: Partial<ParserSetting> = {},
): Parsed {
  return parseText(
    (vocabulary) =>
      createParser({
        name: 'log',
        vocabulary,
        needs: ALL_NEEDS,
        dater: BERLIN_DATER,
        node: undefined,
        map: undefined,
        defaultKind: undefined,
        ...setting,
      }),
    lines,
  );
}
