// Goal: a script whose values grow without end fails instead of taking the process with it.
// Method: double a text and a list, and join many long texts.
import { expect, test } from 'vitest';

import { runScript } from '../../../../builders/script-run.ts';

const again = (command: string, times: number): string => Array(times).fill(command).join('\n');

test.each([
  ['text', `$x = "0123456789"; ${again('$x = "${x}${x}";', 60)}`],
  ['list', `$x = ["0", "1"]; ${again('$x = [$x, $x];', 60)}`],
  [
    'join',
    `$t = "0123456789"; ${again('$t = "${t}${t}";', 16)}
    $l = [$t]; ${again('$l = [$l, $l];', 18)} $x = join "," $l;`,
  ],
])('%s', (_, script) => {
  expect(runScript(script).failure).toBe('a value is longer than 1000000');
});
