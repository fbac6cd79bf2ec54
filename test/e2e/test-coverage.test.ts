// Goal: hindcast test --coverage adds up what all tests of all files reach, the same whatever the
// number of threads.
import { expect, test } from 'vitest';
import { COVERED_FILES } from '../builders/covered-files.ts';
import { newFolder, outputOf } from './run-hindcast.ts';

const REPORT = `
┌────────────────┬─────────┬──────────┬────────┐
│ covered        │ reached │ branches │      % │
├────────────────┼─────────┼──────────┼────────┤
│ known.siv      │       1 │        3 │  33.33 │
│ lua/limits.lua │       1 │        1 │ 100.00 │
│ lua/m.lua      │       7 │        8 │  87.50 │
│ p.yaml         │       4 │        5 │  80.00 │
│ all            │      13 │       17 │  76.47 │
└────────────────┴─────────┴──────────┴────────┘

not reached:
  known.siv:1:4: the 'if' is taken
  known.siv:2:3: 'ec_log' runs
  lua/m.lua:6:5: the line runs
  p.yaml:7:5: rule 'busy' passes over what it excepts
`;

test('all tests add up, in one thread or in several', async () => {
  const cwd = newFolder(COVERED_FILES);
  for (const jobs of ['1', '4']) {
    const output = await outputOf(['test', '--coverage', '--jobs', jobs], { cwd });
    expect(output.slice(-REPORT.length)).toBe(REPORT);
  }
});
