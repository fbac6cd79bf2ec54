/** How many bytes become characters in one call: well below what a call may take as arguments. */
const CHUNK_BYTES = 8192;

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder('utf-8', { ignoreBOM: true });

/** A text as Lua holds it: its UTF-8 bytes, one character each. A lone surrogate becomes U+FFFD. */
export function bytesOf(text: string): string {
  if (isAscii(text)) return text;
  const bytes = ENCODER.encode(text);
  let held = '';
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    held += String.fromCharCode(...bytes.subarray(at, at + CHUNK_BYTES));
  }
  return held;
}

/** The text of a Lua string, for people. Bytes that are no UTF-8 become U+FFFD. */
export function textOf(bytes: string): string {
  if (isAscii(bytes)) return bytes;
  return DECODER.decode(Uint8Array.from(bytes, (character) => character.charCodeAt(0)));
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    if (text.charCodeAt(at) > 0x7f) return false;
  }
  return true;
}
