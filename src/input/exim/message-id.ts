const BLANK = 32;
const DASH = 45;
/** `1RwtJa-0009RI-7W` up to Exim 4.96, `1xUSRj-000000006be-0n1w` since 4.97. */
const OLD_LENGTH = 16;
const NEW_LENGTH = 23;
const ALPHANUMERIC = Uint8Array.from({ length: 256 }, (_, byte) =>
  /[0-9A-Za-z]/.test(String.fromCharCode(byte)) ? 1 : 0,
);

/** The end of the message id at `at`, behind which a blank stands; -1 when there is none. */
export function messageIdEnd(bytes: Buffer, at: number, end: number): number {
  if (at + OLD_LENGTH >= end || bytes[at + 6] !== DASH) return -1;
  const isOld = bytes[at + 13] === DASH;
  if (!isOld && bytes[at + 18] !== DASH) return -1;
  const stop = at + (isOld ? OLD_LENGTH : NEW_LENGTH);
  if (stop >= end || bytes[stop] !== BLANK) return -1;
  const second = at + (isOld ? 13 : 18);
  for (let i = at; i < stop; i++) {
    if (ALPHANUMERIC[bytes[i]] === 0 && i !== at + 6 && i !== second) return -1;
  }
  return stop;
}
