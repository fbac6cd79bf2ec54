/** Bytes that are copied or compared in the time of a step of the machine. */
export const BYTES_PER_STEP = 64;

/** A place in a string, counted from 1; a negative one counts from the end. Never below 0. */
export function placeOf(position: number, length: number): number {
  return Math.max(position < 0 ? position + length + 1 : position, 0);
}
