/** What waits for its time, the earliest first; at one time in the order in which it came. */
export class DueQueue<Item extends { readonly dueMs: number }> {
  #items: Item[];
  /** Those before it are done. */
  #first = 0;

  /** @param items in order */
  constructor(items: readonly Item[] = []) {
    this.#items = [...items];
  }

  get isEmpty(): boolean {
    return this.#first === this.#items.length;
  }

  /** All that wait, in order. */
  get items(): Item[] {
    return this.#items.slice(this.#first);
  }

  add(item: Item): void {
    const items = this.#items;
    let at = items.length;
    while (at > this.#first && items[at - 1].dueMs > item.dueMs) at--;
    if (at === items.length) items.push(item);
    else items.splice(at, 0, item);
  }

  /** Takes out the first one that is due at or before `timeMs`, if there is one. */
  take(timeMs: number): Item | undefined {
    if (this.isEmpty) return undefined;
    const item = this.#items[this.#first];
    if (item.dueMs > timeMs) return undefined;
    this.#first++;
    // Moved together now and then, not at each one: there may be very many.
    if (this.#first * 2 > this.#items.length) {
      this.#items = this.items;
      this.#first = 0;
    }
    return item;
  }
}
