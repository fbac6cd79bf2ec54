import { isDigit } from '../byte-text.ts';

const BLANK = 32;
const OPEN = 91;
const CLOSE = 93;

/** Behind the `[pid] ` that may stand at `at`. */
export function behindProcess(bytes: Buffer, at: number, end: number): number {
  if (bytes[at] !== OPEN) return at;
  let stop = at + 1;
  while (stop < end && isDigit(bytes[stop])) stop++;
  return stop > at + 1 && bytes[stop] === CLOSE && bytes[stop + 1] === BLANK && stop + 1 < end
    ? stop + 2
    : at;
}
