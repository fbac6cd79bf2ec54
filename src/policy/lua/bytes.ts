/**
 * The way in and out of the machine's strings: each of their characters is one byte, 0 to 255.
 */

/** The UTF-8 bytes of a text, one character for each. A lone surrogate becomes U+FFFD. */
export function bytesOf(text: string): string {
  let plain = true;
  for (let at = 0; at < text.length && plain; at++) plain = text.charCodeAt(at) < 0x80;
  if (plain) return text;
  let bytes = '';
  for (const character of text) bytes += utf8Of(scalarOf(character.codePointAt(0) ?? 0));
  return bytes;
}

const scalarOf = (point: number): number => (point >= 0xd800 && point <= 0xdfff ? 0xfffd : point);

/**
 * The bytes of one code point, in the old reading of UTF-8 that goes up to 31 bits (6 bytes), as
 * the escape `\u` of Momentum's Lua writes them.
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

/** The text that UTF-8 bytes mean; what is no UTF-8 becomes U+FFFD, byte by byte. */
export function textOf(bytes: string): string {
  let plain = true;
  for (let at = 0; at < bytes.length && plain; at++) plain = bytes.charCodeAt(at) < 0x80;
  if (plain) return bytes;
  let text = '';
  for (let at = 0; at < bytes.length;) {
    const [point, length] = pointAt(bytes, at);
    text += String.fromCodePoint(point);
    at += length;
  }
  return text;
}

/** The code point that begins at a byte, and its length in bytes. */
function pointAt(bytes: string, at: number): readonly [point: number, length: number] {
  const head = bytes.charCodeAt(at);
  if (head < 0x80) return [head, 1];
  const length = head >= 0xf0 && head < 0xf8 ? 4 : head >= 0xe0 && head < 0xf0 ? 3 : 2;
  if (head < 0xc2 || head >= 0xf5 || at + length > bytes.length) return [0xfffd, 1];
  let point = head & (0x7f >> length);
  for (let next = at + 1; next < at + length; next++) {
    const byte = bytes.charCodeAt(next);
    if ((byte & 0xc0) !== 0x80) return [0xfffd, 1];
    point = (point << 6) | (byte & 0x3f);
  }
  const least = length === 2 ? 0x80 : length === 3 ? 0x800 : 0x10000;
  const sound = point >= least && point <= 0x10ffff && scalarOf(point) === point;
  return sound ? [point, length] : [0xfffd, 1];
}
