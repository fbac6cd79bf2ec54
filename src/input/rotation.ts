import path from 'node:path';
import { daysFromCivil, daysInMonth } from '../model/time.ts';

/** What a file's name says about its place in a rotation. */
export interface RotationName {
  /** Folder and base name: equal for all files of one rotation. */
  readonly rotation: string;
  /** Days since the epoch of the date in the name; undefined when there is none. */
  readonly dateDays: number | undefined;
  /** The date's time of day as written, digits only, to order two files of one day. */
  readonly clock: string;
  /** `2` of `mail.log.2.gz`, where a higher number is older; 0 for the file still written. */
  readonly number: number;
}

const PACKED = /\.(?:gz|z|bz2?|xz|zst|zstd)$/i;
const NUMBER = /\.(\d{1,4})$/;
/** A date with an optional time behind it, and the separator that ties it to the base name. */
const DATE =
  /[-._]?(?<!\d)((?:19|20)\d\d)([-._]?)(\d\d)\2(\d\d)(?:[-_.T]?(\d{6}|\d{4}|\d\d)(?!\d))?(?!\d)/g;

/** Reads `mail.log.2.gz`, `maillog-20261101`, `maillog.20261101-030405.gz`, `mail-2026-11-01.log`. */
export function readRotationName(name: string): RotationName {
  const folder = path.posix.dirname(name);
  let base = path.posix.basename(name).replace(PACKED, '');
  let dateDays: number | undefined;
  let clock = '';
  for (const match of base.matchAll(DATE)) {
    const [year, month, day] = [Number(match[1]), Number(match[3]), Number(match[4])];
    if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) continue;
    dateDays = daysFromCivil(year, month, day);
    clock = match[5] ?? '';
    base = base.slice(0, match.index) + base.slice(match.index + match[0].length);
    break;
  }
  const counted = NUMBER.exec(base);
  if (counted !== null) base = base.slice(0, counted.index);
  return {
    rotation: `${folder}/${base}`,
    dateDays,
    clock,
    number: counted === null ? 0 : Number(counted[1]),
  };
}

/** Oldest first: by date, then by falling number; the file without either is still written. */
export function compareAge(a: RotationName, b: RotationName): number {
  if (a.dateDays !== b.dateDays) return (a.dateDays ?? Infinity) - (b.dateDays ?? Infinity);
  if (a.clock !== b.clock) return a.clock < b.clock ? -1 : 1;
  return b.number - a.number;
}
