import { readFileSync } from 'node:fs';

import { UserError } from '../../../src/model/errors.ts';
import type { SeriesRow, SeriesSnapshot } from '../../../src/model/series-snapshot.ts';
import { SERIES_CODES, type SeriesCode } from '../../../src/series/refusal.ts';
import { readSeries } from '../../../src/series/reader.ts';

/** Series files that every version of hindcast reads, and `bad` ones that it refuses. */
export const FIXTURES = 'fixtures/series/v1';

export const fixture = (name: string): Buffer => readFileSync(`${FIXTURES}/${name}`);

/** 2026-11-01T10:05:00Z */
export const ZERO_MS = 1_793_527_500_000;

export const rowsOf = (rows: readonly (readonly [number, string, number])[]): SeriesRow[] =>
  rows.map(([window, key, count]) => ({ window, key, count }));

/** A `cidr` series of 12 windows of five minutes. */
export function series(
  rows: readonly (readonly [number, string, number])[],
  change: Partial<SeriesSnapshot> = {},
): SeriesSnapshot {
  return {
    name: 'bad_rcpt',
    type: 'cidr',
    monitor: { intervalMs: 300_000, windows: 12 },
    windowZeroMs: ZERO_MS,
    rows: rowsOf(rows),
    ...change,
  };
}

/** The error that `run` throws. */
export function errorOf(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

/** The code with which a file is refused; fails when it is read or fails in another way. */
export function refusalOf(bytes: Buffer): SeriesCode {
  const error = errorOf(() => readSeries(bytes, 'some-file'));
  if (!(error instanceof UserError)) throw error;
  const code = SERIES_CODES.find((known) => known === error.diagnostics[0]?.code);
  if (code === undefined) throw error;
  return code;
}
