import { findByte, wholeNumber } from '../byte-text.ts';

/** The reply to what was accepted. */
export const ACCEPTED = 0;
const DENIED = 550;
const DEFERRED = 450;
const DISCONNECTED = 421;
const SOFT = 83;
const SLASH = 47;
const BLANK = 32;
const DOT = 46;
const FIRST_REFUSAL = 400;
const LARGEST_CODE = 599;

/**
 * The SMTP code that Haraka answers with where a hook returned `bytes[start, end)`: `DENY`,
 * `DENYSOFT`, both also with `DISCONNECT` behind them; `ACCEPTED` for any other word.
 */
export function codeOf(bytes: Uint8Array, start: number, end: number): number {
  if (hasWord(bytes, start, end, DENY))
    return bytes[start + DENY.length] === SOFT && end > start + DENY.length ? DEFERRED : DENIED;
  return hasWord(bytes, start, end, DISCONNECT) ? DISCONNECTED : ACCEPTED;
}

const DENY = Buffer.from('DENY');
const DISCONNECT = Buffer.from('DISCONNECT');

function hasWord(bytes: Uint8Array, start: number, end: number, word: Uint8Array): boolean {
  if (end - start < word.length) return false;
  for (let i = 0; i < word.length; i++) if (bytes[start + i] !== word[i]) return false;
  return true;
}

/** Reads `accepted/tempfailed/refused` into `out`; zeros where it is none. */
export function readCounts(bytes: Uint8Array, start: number, end: number, out: Float64Array): void {
  out.fill(0);
  let at = start;
  for (let n = 0; n < 3 && at < end; n++) {
    const slash = findByte(bytes, at, end, SLASH);
    out[n] = Math.max(wholeNumber(bytes, at, slash), 0);
    at = slash + 1;
  }
}

/** The SMTP code in front of a reply; 0 when the reply is no refusal or has none. */
export function replyCode(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 4 || bytes[start + 3] > 45) return 0;
  const code = wholeNumber(bytes, start, start + 3);
  return code >= FIRST_REFUSAL && code <= LARGEST_CODE ? code : 0;
}

/** Where the `5.7.1` at `start` ends; `start` when there is none. */
export function enhancedEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  let dots = 0;
  let digits = 0;
  for (; at < end && bytes[at] !== BLANK; at++) {
    const byte = bytes[at];
    if (byte === DOT && digits > 0) {
      dots++;
      digits = 0;
    } else if (byte >= 48 && byte <= 57 && digits < 3) digits++;
    else return start;
  }
  return dots === 2 && digits > 0 ? at : start;
}
