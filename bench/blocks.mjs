/**
 * The block that an address lies in, in full: `10.1.2.0/24`, `2001:db8:1:2:0:0:0:0/64`. The
 * obvious way, to check faster ones by.
 *
 * @param {string} ip
 * @param {number} ipv4Bits
 * @param {number} ipv6Bits
 */
export function blockOf(ip, ipv4Bits, ipv6Bits) {
  if (ip.includes(':')) {
    const groups = groupsOf(ip).map((group) => BigInt(group));
    return `${masked(groups, 16, ipv6Bits)
      .map((group) => group.toString(16))
      .join(':')}/${ipv6Bits}`;
  }
  const octets = ip.split('.').map(BigInt);
  return `${masked(octets, 8, ipv4Bits).join('.')}/${ipv4Bits}`;
}

/**
 * A block or address as text in the one form of `blockOf`, whatever program wrote it.
 *
 * @param {string} text
 */
export function fullBlock(text) {
  const [ip, bits] = text.split('/');
  const whole = ip.includes(':') ? 128 : 32;
  const length = bits === undefined ? whole : Number(bits);
  return blockOf(ip, length, length);
}

/**
 * @param {string} ip
 * @returns {number[]}
 */
function groupsOf(ip) {
  const [head, tail] = ip.split('::');
  const words = (/** @type {string | undefined} */ half) =>
    half === undefined || half === '' ? [] : half.split(':');
  const before = words(head);
  const behind = words(tail);
  const zeros = Array.from({ length: 8 - before.length - behind.length }, () => '0');
  return [...before, ...zeros, ...behind].map((group) => Number.parseInt(group, 16));
}

/**
 * @param {readonly bigint[]} parts of an address
 * @param {number} width of a part in bits
 * @param {number} bits
 */
function masked(parts, width, bits) {
  return parts.map((part, index) => {
    const cut = Math.min(width, Math.max(0, (index + 1) * width - bits));
    return (part >> BigInt(cut)) << BigInt(cut);
  });
}
