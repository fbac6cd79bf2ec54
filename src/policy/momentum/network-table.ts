import { maskWord, type Network } from '../../model/address.ts';

/** What is kept for blocks of one family and prefix length. */
interface Length<Content> {
  readonly bits: number;
  readonly blocks: Map<number | string, Content>;
}

/** Contents by network, asked for an address: the longest network that holds it answers. */
export class NetworkTable<Content> {
  /** The longest prefix first. */
  readonly #v4: Length<Content>[] = [];
  readonly #v6: Length<Content>[] = [];

  /** The content of exactly this network. */
  at({ family, words, bits }: Network): Content | undefined {
    const length = this.#lengths(family).find((one) => one.bits === bits);
    return length?.blocks.get(keyOf(family, bits, words, 0));
  }

  set({ family, words, bits }: Network, content: Content): void {
    const lengths = this.#lengths(family);
    let length = lengths.find((one) => one.bits === bits);
    if (length === undefined) {
      lengths.push((length = { bits, blocks: new Map() }));
      lengths.sort((a, b) => b.bits - a.bits);
    }
    length.blocks.set(keyOf(family, bits, words, 0), content);
  }

  /** For the address in `words[at .. at+3]`. */
  find(family: number, words: ArrayLike<number>, at: number): Content | undefined {
    if (family !== 4 && family !== 6) return undefined;
    const lengths = this.#lengths(family);
    for (let i = 0; i < lengths.length; i++) {
      const { bits, blocks } = lengths[i];
      const content = blocks.get(keyOf(family, bits, words, at));
      if (content !== undefined) return content;
    }
    return undefined;
  }

  #lengths(family: 4 | 6): Length<Content>[] {
    return family === 4 ? this.#v4 : this.#v6;
  }
}

function keyOf(family: 4 | 6, bits: number, words: ArrayLike<number>, at: number): number | string {
  const first = words[at] & maskWord(bits, 0);
  if (family === 4 || bits <= 32) return first;
  let key = String(first);
  for (let i = 1; i * 32 < bits; i++) key += ` ${words[at + i] & maskWord(bits, i)}`;
  return key;
}
