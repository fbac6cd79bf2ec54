/**
 * The bytes of one code point, one character each, in the old reading of UTF-8 that goes up to 31
 * bits (6 bytes): so the escape `\u` of Momentum's Lua writes them.
 *
 * @param point 0 to 0x7fffffff
 */
export function utf8Of(point: number): string {
  if (point < 0x80) return String.fromCharCode(point);
  let rest = '';
  let left = point;
  let room = 0x40;
  while (left >= room) {
    rest = String.fromCharCode(0x80 | (left & 0x3f)) + rest;
    left >>>= 6;
    room = rest.length === 1 ? 0x20 : room >>> 1;
  }
  const head = (0xff << (7 - rest.length)) & 0xff;
  return String.fromCharCode(head | left) + rest;
}
