import { isList, type Hash, type Value } from './value.ts';

/** The longest text that a line of the paniclog holds. */
const MAX_LENGTH = 1972;

/** A hash for people: `{"network": "/24", "hits": 5, "nodes": ["a", "b"]}`, cut where it is long. */
export function dumpOf(hash: Hash): string {
  const dump = new Dump();
  dump.add(hash);
  return dump.text.slice(0, MAX_LENGTH);
}

class Dump {
  text = '';
  /** Hashes that are being written: one of them inside itself ends there. */
  readonly #open = new Set<Hash>();

  add(value: Value): void {
    if (this.text.length > MAX_LENGTH) return;
    if (value instanceof Map) this.#hash(value);
    else if (isList(value)) this.#enclosed('[]', value, (item) => this.add(item));
    else this.text += typeof value === 'number' ? String(value) : `"${value}"`;
  }

  #hash(hash: Hash): void {
    if (this.#open.has(hash)) {
      this.text += '{…}';
      return;
    }
    this.#open.add(hash);
    this.#enclosed('{}', hash, ([key, value]) => {
      this.text += `"${key}": `;
      this.add(value);
    });
    this.#open.delete(hash);
  }

  #enclosed<Item>(brackets: string, items: Iterable<Item>, add: (item: Item) => void): void {
    this.text += brackets[0];
    let between = '';
    for (const item of items) {
      if (this.text.length > MAX_LENGTH) return;
      this.text += between;
      add(item);
      between = ', ';
    }
    this.text += brackets[1];
  }
}
