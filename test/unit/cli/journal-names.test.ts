// Goal: journals of a name with several monitors have them in their names, whenever the second one
// appears; others do not.
// Method: snapshots in some order; renamed files are followed in a set.
import { expect, test } from 'vitest';

import { JournalNames } from '../../../src/cli/journal-names.ts';

const START_MS = Date.UTC(2026, 10, 20, 10);

/** Names of the files after journals of these series, monitors (seconds, windows) and windows. */
function filesOf(...written: readonly (readonly [string, number, number, number])[]): string[] {
  const names = new JournalNames();
  const files = new Set<string>();
  for (const [name, seconds, windows, window] of written) {
    const intervalMs = seconds * 1000;
    const monitor = { intervalMs, windows };
    const windowZeroMs = START_MS + window * intervalMs;
    const file = names.next(
      { name, type: 'ip', monitor, windowZeroMs, rows: [] },
      {
        names: () => [...files],
        rename: (from, to) => {
          expect(files.delete(from)).toBe(true);
          files.add(to);
        },
      },
    );
    expect(files.has(file), `${file} is written once`).toBe(false);
    files.add(file);
  }
  return [...files].sort();
}

test('one monitor is not named', () => {
  expect(filesOf(['a', 60, 2, 0], ['a', 60, 2, 1], ['b', 300, 1, 0])).toEqual([
    'a.20261120T100100',
    'a.20261120T100200',
    'b.20261120T100500',
  ]);
});

test('several are, also in files that were there before', () => {
  const files = filesOf(
    ['a', 60, 2, 4],
    ['b', 60, 2, 4],
    ['a', 300, 1, 0],
    ['a', 60, 2, 5],
    ['a', 300, 2, 0],
  );
  expect(files).toEqual([
    'a.300,1.20261120T100500',
    'a.300,2.20261120T100500',
    'a.60,2.20261120T100500',
    'a.60,2.20261120T100600',
    'b.20261120T100500',
  ]);
});
