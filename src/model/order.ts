/**
 * Order of texts by their UTF-8 bytes, as negative, 0 or positive.
 *
 * UTF-16 units give the same order but for surrogates, which stand below U+E000 there and above it
 * in UTF-8.
 */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const x = a.charCodeAt(at);
    const y = b.charCodeAt(at);
    if (x === y) continue;
    const surrogateX = x >= 0xd800 && x <= 0xdfff;
    const surrogateY = y >= 0xd800 && y <= 0xdfff;
    if (surrogateX !== surrogateY && x >= 0xd800 && y >= 0xd800) return surrogateX ? 1 : -1;
    return x - y;
  }
  return a.length - b.length;
}
