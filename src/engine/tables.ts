import { BlockKeys } from './block-keys.ts';
import { TextKeys } from './text-keys.ts';
import { Wheel } from './wheel.ts';

/** Counts per block of one family and prefix length. */
export class BlockTable {
  readonly keys: BlockKeys;
  readonly wheel: Wheel;

  constructor(keys: BlockKeys, kept: number) {
    this.keys = keys;
    this.wheel = new Wheel(keys.table, kept);
  }
}

/** Counts per text. */
export class TextTable {
  readonly keys = new TextKeys();
  readonly wheel: Wheel;

  constructor(kept: number) {
    this.wheel = new Wheel(this.keys.table, kept);
  }
}

/** The keys that all wheels and gauges of an engine share. */
export class KeyRegistry {
  readonly #blocks: BlockKeys[] = [];

  /** Keys in memory. */
  get size(): number {
    let size = 0;
    for (const { table } of this.#blocks) size += table.size;
    return size;
  }

  blocks(family: 4 | 6, bits: number): BlockKeys {
    let keys = this.#blocks.find((known) => known.family === family && known.bits === bits);
    if (keys === undefined) this.#blocks.push((keys = new BlockKeys(family, bits)));
    return keys;
  }
}
