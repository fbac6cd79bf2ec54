import type { Diagnostic } from '../model/diagnostic.ts';
import { UserError } from '../model/errors.ts';

/** Why a series file is not loaded: the table in `docs/series-format.md`. */
export const SERIES_CODES = [
  'series-foreign',
  'series-newer',
  'series-truncated',
  'series-altered',
  'series-header',
  'series-row',
] as const;
export type SeriesCode = (typeof SERIES_CODES)[number];

/** The bytes of a series file and its name as the user gave it. */
export interface SeriesSource {
  readonly bytes: Buffer;
  readonly file: string;
}

/** What is wrong: the half-open range of bytes, what was expected there, and what may help. */
export interface Refusal {
  readonly code: SeriesCode;
  readonly start: number;
  readonly end: number;
  readonly message: string;
  readonly hint?: string;
}

/** UTF-16 units that a byte of UTF-8 begins: 0 within a character, 2 for those beyond U+FFFF. */
function unitsOf(byte: number): number {
  if ((byte & 0xc0) === 0x80) return 0;
  return byte >= 0xf0 ? 2 : 1;
}

/** Places in a file of any size, without making a string of it. Line and column count from 1. */
function placeInBytes(
  bytes: Buffer,
  start: number,
): { offset: number; line: number; column: number } {
  let offset = 0;
  let line = 1;
  let lineStart = 0;
  for (let i = 0; i < start; i++) {
    offset += unitsOf(bytes[i]);
    if (bytes[i] === 10) {
      line++;
      lineStart = offset;
    }
  }
  return { offset, line, column: offset - lineStart + 1 };
}

/**
 * Refuses the file: throws a `UserError` with one diagnostic. Offsets of the diagnostic are in
 * UTF-16 units, as for any other file of the user; everything before `start` must be sound UTF-8.
 */
export function refuse(source: SeriesSource, refusal: Refusal): never {
  const { code, message, hint } = refusal;
  const { offset, line, column } = placeInBytes(source.bytes, refusal.start);
  let end = offset;
  for (let i = refusal.start; i < refusal.end; i++) end += unitsOf(source.bytes[i]);
  const diagnostic: Diagnostic = {
    severity: 'error',
    code,
    message,
    file: source.file,
    start: offset,
    end,
    ...(hint === undefined ? {} : { hint }),
  };
  throw new UserError(
    `series file ${source.file} was not loaded: line ${line}, column ${column}: ${message}`,
    hint,
    [diagnostic],
  );
}
