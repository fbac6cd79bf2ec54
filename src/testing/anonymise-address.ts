import { sharedBits, type Network } from '../model/address.ts';

/** AES-128 of one block of 16 bytes; `cli` brings it, because nothing here may reach Node. */
export type BlockCipher = (block: Uint8Array) => Uint8Array;

const WIDTH = { 4: 32, 6: 128 } as const;

/**
 * Crypto-PAn: pseudonyms of addresses that keep prefixes (Xu, Fan, Ammar and Moon, "Prefix-Preserving
 * IP Address Anonymization", ICNP 2002). Two addresses of one family share exactly as many leading
 * bits as their pseudonyms. IPv6 runs through 128 rounds of the same.
 */
export class AddressCipher {
  readonly #cipher: BlockCipher;
  readonly #pad: Uint8Array;
  readonly #block = new Uint8Array(16);

  /** @param pad the second half of the key, 16 bytes; it is encrypted before its first use */
  constructor(cipher: BlockCipher, pad: Uint8Array) {
    this.#cipher = cipher;
    this.#pad = Uint8Array.from(cipher(pad));
  }

  /**
   * The pseudonym of an address of four words (IPv4: one), unsigned.
   *
   * @param kept leading bits that stay as they are
   */
  encrypt(family: 4 | 6, words: readonly number[], kept = 0): number[] {
    const out = words.map((word) => word >>> 0);
    for (let bit = kept; bit < WIDTH[family]; bit++) {
      if (this.#flips(words, bit)) out[bit >>> 5] ^= 1 << (31 - (bit & 31));
    }
    return out.map((word) => word >>> 0);
  }

  /** Whether the bit behind the first `length` bits is turned: it hangs on those bits alone. */
  #flips(words: readonly number[], length: number): boolean {
    const block = this.#block;
    block.set(this.#pad);
    for (let at = 0; at < 16 && at * 8 < length; at++) {
      const byte = (words[at >> 2] >>> (24 - (at & 3) * 8)) & 255;
      const own = Math.min(8, length - at * 8);
      const mask = (0xff00 >> own) & 255;
      block[at] = (byte & mask) | (this.#pad[at] & ~mask);
    }
    return this.#cipher(block)[0] >= 128;
  }
}

/**
 * Pseudonyms of addresses in which some networks stay what they are: loopback, and whom a policy
 * ignores. The branches of the address tree that lead there are not turned, so prefixes are kept
 * between all addresses, and no other address becomes one of these.
 */
export class AddressPseudonyms {
  readonly #cipher: AddressCipher;
  readonly #fixed: readonly Network[];
  readonly #known = new Map<string, readonly number[]>();

  constructor(cipher: AddressCipher, fixed: readonly Network[]) {
    this.#cipher = cipher;
    this.#fixed = fixed;
  }

  /** The pseudonym of the address in `words`: four words, unsigned; IPv4 is in the first. */
  of(family: 4 | 6, words: ArrayLike<number>): readonly number[] {
    const own = Array.from({ length: family === 4 ? 1 : 4 }, (_, index) => words[index] >>> 0);
    const key = own.join(' ');
    let found = this.#known.get(key);
    if (found === undefined) {
      const turned = this.#cipher.encrypt(family, own, this.#keptBits(family, own));
      found = [...turned, 0, 0, 0].slice(0, 4);
      this.#known.set(key, found);
    }
    return found;
  }

  #keptBits(family: 4 | 6, words: readonly number[]): number {
    let kept = 0;
    for (const network of this.#fixed) {
      if (network.family !== family) continue;
      const common = Math.min(sharedBits(words, network.words), network.bits);
      kept = Math.max(kept, common === network.bits ? WIDTH[family] : common + 1);
    }
    return kept;
  }
}
