const QUOTE = 34;
const BACKSLASH = 92;
const GREATER = 62;
const COMMA = 44;
/** Many times what SMTP allows; keeps the reading of a long list linear. */
const LONGEST_ADDRESS = 2048;

/**
 * The `>` that ends the address whose text starts at `at` and that a comma or the end of the text
 * follows; a quoted local part may hold any byte. Where quotes do not pair, the first `>,` counts.
 * `end` when there is none.
 */
export function endOfAddress(bytes: Uint8Array, at: number, end: number): number {
  let quoted = false;
  let first = end;
  const limit = Math.min(end, at + LONGEST_ADDRESS);
  for (let i = at; i < limit; i++) {
    const c = bytes[i];
    if (c === BACKSLASH && quoted) i++;
    else if (c === QUOTE) quoted = !quoted;
    else if (c === GREATER && (i + 1 === end || bytes[i + 1] === COMMA)) {
      if (!quoted) return i;
      if (first === end) first = i;
    }
  }
  return first;
}
