// Goal: what needs content, delivery or the outside world runs as nothing, and is told each time.
// Method: every such command and test of the language, as it may be used.
import { describe, expect, test } from 'vitest';
import { runScript } from '../../../../builders/script-run.ts';
import { UNSIMULATED } from '../../../../../src/policy/sieve/unsimulated.ts';

const NAMES = UNSIMULATED.flatMap(({ names, role }) =>
  names.split(' ').map((name) => ({ name: name.replace('*', 'verdict'), role })),
);

describe('not simulated', () => {
  test.each(NAMES.filter(({ role }) => role !== 'test'))('$name as a command', ({ name }) => {
    const { notes, variables, failure } = runScript(`$x = ${name} "a" "b";\n$y = "on";`);
    expect(notes).toEqual([`not-simulated 1: ${name}`]);
    expect(variables).toEqual({ y: 'on' });
    expect(failure).toBeUndefined();
  });

  test.each(NAMES.filter(({ role }) => role !== 'command'))('$name as a test', ({ name }) => {
    const { notes, variables } = runScript(`if ${name} "a" { $x = "yes"; } else { $x = "no"; }`);
    expect(notes).toEqual([`not-simulated 1: ${name}`]);
    expect(variables).toEqual({ x: 'no' });
  });
});
