import { CounterTable } from './counter-table.ts';

/** Counts per text key: a table over numbers that stand for the texts that are alive. */
export class TextTable {
  readonly table: CounterTable;
  readonly #ids = new Map<string, number>();
  readonly #texts: string[] = [''];
  readonly #free: number[] = [];

  constructor(kept: number) {
    this.table = new CounterTable(1, kept);
    this.table.onForget = (entry) => {
      const id = this.table.key(entry, 0);
      this.#ids.delete(this.#texts[id]);
      this.#texts[id] = '';
      this.#free.push(id);
    };
  }

  add(text: string, amount: number): void {
    this.table.add(this.#idOf(text), 0, 0, 0, amount);
  }

  addLate(window: number, text: string, amount: number): void {
    this.table.addLate(window, this.#idOf(text), 0, 0, 0, amount);
  }

  /** The entry of a text, 0 when it is not alive. */
  find(text: string): number {
    const id = this.#ids.get(text);
    return id === undefined ? 0 : this.table.find(id, 0, 0, 0);
  }

  text(entry: number): string {
    return this.#texts[this.table.key(entry, 0)];
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
