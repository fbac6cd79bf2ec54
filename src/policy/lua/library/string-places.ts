/** Bytes that the runtime copies or passes over in about the time of a few steps of the machine. */
export const BYTES_PER_STEP = 64;
/** The same of bytes that we look at one by one. */
export const BYTES_PER_CLOSE_STEP = 8;

/** A place in a string, counted from 1; a negative one counts from the end. Never below 0. */
export function placeOf(position: number, length: number): number {
  return Math.max(position < 0 ? position + length + 1 : position, 0);
}
