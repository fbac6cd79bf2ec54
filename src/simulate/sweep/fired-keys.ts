import { BlockKeys } from '../../engine/block-keys.ts';
import type { EventBatch } from '../../model/event-batch.ts';
import { fieldValue } from '../../model/field-value.ts';
import type { Per } from '../../policy/rule-policy.ts';

/** For each key of a group that has fired, the number of limits that its count has exceeded. */
export class FiredKeys {
  readonly #per: Per;
  readonly #four: ReachedBlocks | undefined;
  readonly #six: ReachedBlocks | undefined;
  readonly #texts = new Map<string, number>();

  constructor(per: Per) {
    this.#per = per;
    if (per.type === 'field') return;
    this.#four = new ReachedBlocks(4, per.prefix.ipv4);
    this.#six = new ReachedBlocks(6, per.prefix.ipv6);
  }

  /** Notes that the key of an event exceeds `reached` limits; how many it had exceeded before. */
  reach(batch: EventBatch, row: number, reached: number): number {
    const family = batch.family[row];
    const blocks = family === 4 ? this.#four : family === 6 ? this.#six : undefined;
    if (blocks !== undefined) return blocks.reach(batch, row, reached);
    const text = this.#per.type === 'field' ? fieldValue(batch, row, this.#per.field) : '';
    const before = this.#texts.get(text) ?? 0;
    if (reached > before) this.#texts.set(text, reached);
    return before;
  }
}

/** The same for the blocks of one family: no text is made to find one. */
class ReachedBlocks {
  readonly #keys: BlockKeys;
  readonly #at: number;

  constructor(family: 4 | 6, bits: number) {
    this.#keys = new BlockKeys(family, bits);
    this.#at = this.#keys.table.reserve(1);
  }

  reach(batch: EventBatch, row: number, reached: number): number {
    const { table } = this.#keys;
    const entry = this.#keys.locateAt(batch.ip, row * 4);
    const before = table.cells[entry + this.#at];
    if (before === 0) table.use(entry);
    if (reached > before) table.cells[entry + this.#at] = reached;
    return before;
  }
}
