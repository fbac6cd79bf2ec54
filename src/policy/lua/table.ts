import type { Meter } from './meter.ts';
import type { LuaTable, LuaValue } from './value.ts';

/** Up to here the keys are searched one after another, which is faster than a map and smaller. */
const LISTED_KEYS = 8;

/** What one more key of the hash part costs, and one more place of the array, in bytes. */
const KEY_BYTES = 56;
const PLACE_BYTES = 16;

/**
 * A table of the machine: an array for the keys 1 to n, and behind it the other keys in the order
 * in which they came. `next` walks that order, so that a run is repeatable. A key set to nil keeps
 * its row until a new key makes the table tidy up, so that a script may clear fields while it walks.
 *
 * `keys` and `values` are the rows; the machine's loop remembers rows of constant keys.
 */
export class Table implements LuaTable {
  readonly kind = 'table';
  metatable: LuaTable | undefined = undefined;
  /** The values of 1 to n; the last one is not nil. */
  readonly array: LuaValue[] = [];
  keys: LuaValue[] = [];
  values: LuaValue[] = [];
  readonly #meter: Meter;
  /** Rows by key, when there are more than a few. */
  #rows: Map<LuaValue, number> | undefined = undefined;
  /** Rows that hold a number as a key; while 0, the array cannot grow into them. */
  #numbers = 0;
  /** Rows whose value is nil. */
  #empty = 0;
  /** Where `next` was last. */
  #walked = 0;

  constructor(meter: Meter) {
    this.#meter = meter;
  }

  /** The row of a key that is not in the array, -1 when it has none. */
  rowOf(key: LuaValue): number {
    if (this.#rows !== undefined) return this.#rows.get(key) ?? -1;
    const keys = this.keys;
    for (let row = 0; row < keys.length; row++) if (keys[row] === key) return row;
    return -1;
  }

  get(key: LuaValue): LuaValue {
    if (typeof key === 'number') {
      const place = key | 0;
      if (place === key && place > 0 && place <= this.array.length) return this.array[place - 1];
      if (this.#numbers === 0) return undefined;
    }
    const row = this.rowOf(key);
    return row === -1 ? undefined : this.values[row];
  }

  set(key: LuaValue, value: LuaValue): void {
    if (typeof key === 'number') this.#setNumber(key, value);
    else this.put(key, value);
  }

  #setNumber(key: number, value: LuaValue): void {
    const length = this.array.length;
    if (key === length + 1) {
      if (value !== undefined) this.push(value);
      else if (this.#numbers !== 0) this.put(key, value);
    } else if (key > 0 && key <= length && Number.isInteger(key)) {
      this.array[key - 1] = value;
      if (value === undefined && key === length) this.#shrink();
    } else {
      // -0 and 0 are one key.
      this.put(key === 0 ? 0 : key, value);
    }
  }

  /** Sets the key behind the array's last. */
  push(value: LuaValue): void {
    const meter = this.#meter;
    meter.bytes -= PLACE_BYTES;
    if (meter.bytes < 0) meter.stop('bytes');
    this.array.push(value);
    if (this.#numbers !== 0) this.#absorb();
  }

  /** Takes the keys behind the array, and the one that was pushed, out of the rows. */
  #absorb(): void {
    const pushed = this.rowOf(this.array.length);
    if (pushed !== -1) this.#clear(pushed);
    while (this.#numbers !== 0) {
      const row = this.rowOf(this.array.length + 1);
      if (row === -1 || this.values[row] === undefined) return;
      this.array.push(this.values[row]);
      this.#clear(row);
    }
  }

  #clear(row: number): void {
    if (this.values[row] === undefined) return;
    this.values[row] = undefined;
    this.#empty++;
  }

  #shrink(): void {
    const array = this.array;
    while (array.length > 0 && array[array.length - 1] === undefined) array.pop();
  }

  /**
   * Sets a key that is no place of the array.
   *
   * @returns its row, -1 when there was none and the value is nil
   */
  put(key: LuaValue, value: LuaValue): number {
    const row = this.rowOf(key);
    if (row === -1) return value === undefined ? -1 : this.#add(key, value);
    const before = this.values[row];
    if (value === undefined) this.#clear(row);
    else {
      if (before === undefined) this.#empty--;
      this.values[row] = value;
    }
    return row;
  }

  #add(key: LuaValue, value: LuaValue): number {
    const meter = this.#meter;
    meter.bytes -= KEY_BYTES;
    if (meter.bytes < 0) meter.stop('bytes');
    if (this.#empty > LISTED_KEYS && this.#empty > this.keys.length >> 1) this.#tidy();
    const row = this.keys.length;
    this.keys.push(key);
    this.values.push(value);
    if (typeof key === 'number') this.#numbers++;
    if (this.#rows !== undefined) this.#rows.set(key, row);
    else if (row === LISTED_KEYS) this.#rows = new Map(this.keys.map((one, at) => [one, at]));
    return row;
  }

  /** Drops the rows without a value. */
  #tidy(): void {
    const kept = this.keys.map((_, row) => row).filter((row) => this.values[row] !== undefined);
    this.keys = kept.map((row) => this.keys[row]);
    this.values = kept.map((row) => this.values[row]);
    this.#numbers = this.keys.filter((key) => typeof key === 'number').length;
    this.#empty = 0;
    this.#rows =
      this.keys.length > LISTED_KEYS ? new Map(this.keys.map((one, at) => [one, at])) : undefined;
  }

  /** Sets the places from `first` on, nil or not, as a constructor does. */
  fill(first: number, values: readonly LuaValue[], from: number, to: number): void {
    if (first !== this.array.length + 1 || this.#numbers !== 0) {
      for (let at = from; at < to; at++) this.set(first + at - from, values[at]);
      return;
    }
    this.#meter.grow((to - from) * PLACE_BYTES);
    for (let at = from; at < to; at++) this.array.push(values[at]);
    this.#shrink();
  }

  get length(): number {
    return this.array.length;
  }

  /**
   * Where a walk is behind a key: a place of the array below `array.length`, then rows; -1 at the
   * end, -2 when the table never had the key.
   */
  walk(key: LuaValue): number {
    const array = this.array;
    let at = 0;
    if (key !== undefined) {
      if (typeof key === 'number' && key > 0 && key <= array.length && Number.isInteger(key)) {
        at = key;
      } else {
        const row = this.keys[this.#walked] === key ? this.#walked : this.rowOf(key);
        if (row !== -1) at = array.length + row + 1;
        // A place that was cleared since: the array ended there.
        else if (typeof key === 'number' && key > 0 && Number.isInteger(key)) at = array.length;
        else return -2;
      }
    }
    while (at < array.length) {
      if (array[at] !== undefined) return at;
      at++;
    }
    const rows = this.values;
    for (let row = at - array.length; row < rows.length; row++) {
      if (rows[row] !== undefined) {
        this.#walked = row;
        return array.length + row;
      }
    }
    return -1;
  }

  walkedKey(at: number): LuaValue {
    const length = this.array.length;
    return at < length ? at + 1 : this.keys[at - length];
  }

  walkedValue(at: number): LuaValue {
    const length = this.array.length;
    return at < length ? this.array[at] : this.values[at - length];
  }

  next(key: LuaValue): readonly [key: LuaValue, value: LuaValue] | undefined {
    const at = this.walk(key);
    return at < 0 ? undefined : [this.walkedKey(at), this.walkedValue(at)];
  }
}
