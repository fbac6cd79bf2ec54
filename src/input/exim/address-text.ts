const GREATER = 62;
const QUOTE = 34;
const BACKSLASH = 92;

/** Behind the quoted string that starts at `at` (a `"`), where `\` takes the next byte along. */
export function quotedEnd(bytes: Buffer, at: number, end: number): number {
  let i = at + 1;
  while (i < end && bytes[i] !== QUOTE) i += bytes[i] === BACKSLASH ? 2 : 1;
  return Math.min(i + 1, end);
}

/** The `>` that ends the address whose `<` stands before `at`; -1 when there is none. */
export function bracketEnd(bytes: Buffer, at: number, end: number): number {
  const quoted = bytes[at] === QUOTE ? quotedEnd(bytes, at, end) : at;
  // A quote that is never closed is no quoted local part.
  let i = quoted < end ? quoted : at;
  while (i < end && bytes[i] !== GREATER) i++;
  return i < end ? i : -1;
}

/** The end of the word at `at`: a blank outside quotes at its front. */
export function wordEnd(bytes: Buffer, at: number, end: number): number {
  const quoted = bytes[at] === QUOTE ? quotedEnd(bytes, at, end) : at;
  let i = quoted < end ? quoted : at;
  while (i < end && bytes[i] !== 32) i++;
  return i;
}
