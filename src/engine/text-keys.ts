import { compareText } from '../model/order.ts';
import { KeyTable } from './key-table.ts';

/** Texts that are alive: a table over numbers that stand for them. */
export class TextKeys {
  readonly table = new KeyTable(1);
  readonly #ids = new Map<string, number>();
  readonly #texts: string[] = [''];
  readonly #free: number[] = [];

  constructor() {
    this.table.onForget = (entry) => {
      const id = this.table.key(entry, 0);
      this.#ids.delete(this.#texts[id]);
      this.#texts[id] = '';
      this.#free.push(id);
    };
  }

  /** The entry of a text, 0 when it has none. */
  find(text: string): number {
    const id = this.#ids.get(text);
    return id === undefined ? 0 : this.table.find(id, 0, 0, 0);
  }

  /** The same; a text without an entry gets one. */
  locate(text: string): number {
    return this.table.locate(this.#idOf(text), 0, 0, 0);
  }

  text(entry: number): string {
    return this.#texts[this.table.key(entry, 0)];
  }

  compare(a: number, b: number): number {
    return compareText(this.text(a), this.text(b));
  }

  #idOf(text: string): number {
    const known = this.#ids.get(text);
    if (known !== undefined) return known;
    const id = this.#free.pop() ?? this.#texts.length;
    this.#texts[id] = text;
    this.#ids.set(text, id);
    return id;
  }
}
