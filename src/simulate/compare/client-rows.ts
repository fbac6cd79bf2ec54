import { maskWord, type Network, type Prefix } from '../../model/address.ts';
import { COUNTED } from '../../model/client-counts.ts';
import type { FamilyClients, NodeClients } from './node-clients.ts';

/**
 * Every address at every node that saw it, as columns: IPv4 before IPv6, then by address, then in
 * the order of the nodes. Blocks of any length are neighbouring rows.
 */
export class ClientRows {
  readonly size: number;
  /** Rows below are IPv4. */
  readonly #v6At: number;
  /** Four words a row, unsorted as all columns; `#order` has the rows in order. */
  readonly #words: Int32Array;
  readonly #nodes: Uint16Array;
  readonly #counts: Uint32Array;
  readonly #order: Uint32Array;
  #filled = 0;

  /** @param nodes in their order */
  constructor(nodes: readonly NodeClients[]) {
    const sizeOf = (family: 'v4' | 'v6'): number =>
      nodes.reduce((sum, node) => sum + node[family].size, 0);
    this.#v6At = sizeOf('v4');
    this.size = this.#v6At + sizeOf('v6');
    this.#words = new Int32Array(this.size * 4);
    this.#nodes = new Uint16Array(this.size);
    this.#counts = new Uint32Array(this.size * COUNTED.length);
    for (const family of ['v4', 'v6'] as const) {
      nodes.forEach((node, place) => this.#fill(node[family], place));
    }
    this.#order = Uint32Array.from({ length: this.size }, (_, row) => row);
    const compare = (a: number, b: number): number => this.#compare(a, b);
    this.#order.subarray(0, this.#v6At).sort(compare);
    this.#order.subarray(this.#v6At).sort(compare);
  }

  /** Place of the node that saw the address. */
  node(row: number): number {
    return this.#nodes[this.#order[row]];
  }

  /** @param place in `COUNTED` */
  count(row: number, place: number): number {
    return this.#counts[this.#order[row] * COUNTED.length + place];
  }

  /** The block of a row. */
  network(row: number, prefix: Prefix): Network {
    const family = row < this.#v6At ? 4 : 6;
    const bits = family === 4 ? prefix.ipv4 : prefix.ipv6;
    const at = this.#order[row] * 4;
    const word = (index: number): number => (this.#words[at + index] & maskWord(bits, index)) >>> 0;
    return { family, words: [word(0), word(1), word(2), word(3)], bits };
  }

  /** First rows of the blocks of this length, and behind them the number of rows. */
  starts(prefix: Prefix): Uint32Array {
    const starts: number[] = [];
    for (let row = 0; row < this.size; row++) {
      const bits = row < this.#v6At ? prefix.ipv4 : prefix.ipv6;
      if (row === 0 || row === this.#v6At || !this.#sharesBlock(row, bits)) starts.push(row);
    }
    starts.push(this.size);
    return Uint32Array.from(starts);
  }

  /** Events of the addresses in a block by place of the node; nodes that saw none are left out. */
  eventsIn(network: Network): ReadonlyMap<number, number> {
    const events = new Map<number, number>();
    const end = network.family === 4 ? this.#v6At : this.size;
    for (let row = this.#firstIn(network); row < end; row++) {
      if (this.#against(row, network) !== 0) break;
      const node = this.node(row);
      let sum = events.get(node) ?? 0;
      for (let place = 0; place < COUNTED.length; place++) sum += this.count(row, place);
      events.set(node, sum);
    }
    return events;
  }

  #fill(clients: FamilyClients, node: number): void {
    const width = COUNTED.length;
    for (let client = 0; client < clients.size; client++) {
      const row = this.#filled++;
      this.#nodes[row] = node;
      for (let word = 0; word < 4; word++) {
        this.#words[row * 4 + word] = clients.word(client, word);
      }
      for (let place = 0; place < width; place++) {
        this.#counts[row * width + place] = clients.count(client, place);
      }
    }
  }

  #compare(a: number, b: number): number {
    const words = this.#words;
    for (let word = 0; word < 4; word++) {
      const difference = (words[a * 4 + word] >>> 0) - (words[b * 4 + word] >>> 0);
      if (difference !== 0) return difference;
    }
    return this.#nodes[a] - this.#nodes[b];
  }

  /** Whether a row lies in the same block as the one before it. */
  #sharesBlock(row: number, bits: number): boolean {
    const [at, before] = [this.#order[row] * 4, this.#order[row - 1] * 4];
    for (let word = 0; word < 4; word++) {
      const differs = this.#words[at + word] ^ this.#words[before + word];
      if ((differs & maskWord(bits, word)) !== 0) return false;
    }
    return true;
  }

  /** The first row of the family that does not lie before the block. */
  #firstIn(network: Network): number {
    let [low, high] = network.family === 4 ? [0, this.#v6At] : [this.#v6At, this.size];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#against(middle, network) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Negative: the row's address lies before the block; 0: in it; positive: behind it. */
  #against(row: number, { words, bits }: Network): number {
    const at = this.#order[row] * 4;
    for (let word = 0; word < 4; word++) {
      const own = (this.#words[at + word] & maskWord(bits, word)) >>> 0;
      if (own !== words[word]) return own - words[word];
    }
    return 0;
  }
}
