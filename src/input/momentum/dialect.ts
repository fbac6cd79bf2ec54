import { findByte, isDigit } from '../byte-text.ts';
import type { Dialect } from '../dialects.ts';
import { createMomentumParser } from './parser.ts';

const AT = 64;
/** Seconds since 1970 of 2001 and later. */
const STAMP_DIGITS = 10;
const FEWEST_FIELDS = 5;
/** Behind the stamps of rejectlog.ec. */
const TEXTS = [': R="', ': Marker '];

export const MOMENTUM: Dialect = {
  dialect: 'momentum',
  owns,
  createParser: createMomentumParser,
  hints: {
    connect: '--infer-connections makes one connect of the first line of each connection',
  },
};

/** `1064868656@` with fields behind it, or `1236672125: R="`. */
function owns(bytes: Buffer, start: number, end: number): boolean {
  let at = start;
  while (at < end && isDigit(bytes[at])) at++;
  if (at - start !== STAMP_DIGITS) return false;
  if (bytes[at] !== AT) {
    return TEXTS.some(
      (text) => bytes.toString('latin1', at, Math.min(end, at + text.length)) === text,
    );
  }
  for (let fields = 1; fields < FEWEST_FIELDS; fields++) {
    if (at >= end) return false;
    at = findByte(bytes, at, end, AT) + 1;
  }
  return at <= end;
}
