import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { KeyTable } from '../../../src/engine/key-table.ts';
import { TextTable } from '../../../src/engine/tables.ts';
import { Wheel } from '../../../src/engine/wheel.ts';

/** Three windows are kept: 0..2. */
const KEPT = 3;

/** A table of keys with one wheel. */
class CounterTable {
  readonly keys: KeyTable;
  readonly wheel: Wheel;

  constructor(words: 1 | 2 | 4, kept: number) {
    this.keys = new KeyTable(words);
    this.wheel = new Wheel(this.keys, kept);
  }

  add(k0: number, k1: number, k2: number, k3: number, amount: number): void {
    this.wheel.add(this.keys.locate(k0, k1, k2, k3), amount);
  }

  find(k0: number, k1: number, k2: number, k3: number): number {
    return this.keys.find(k0, k1, k2, k3);
  }

  sum(range: number, entry: number): number {
    return this.wheel.sum(range, entry);
  }
}

/** A table of one-word keys at window 100, with sums over some ranges of windows. */
function tableOf(...ranges: readonly (readonly [number, number])[]): {
  readonly table: CounterTable;
  readonly add: (key: number, amount?: number) => void;
  readonly late: (window: number, key: number, amount?: number) => void;
  readonly remove: (key: number) => void;
  /** The sums of a key, one for each range. */
  readonly sums: (key: number) => number[];
} {
  const table = new CounterTable(1, KEPT);
  for (const [start, end] of ranges) table.wheel.watch({ start, end });
  table.wheel.start(100);
  return {
    table,
    add: (key, amount = 1) => table.add(key, 0, 0, 0, amount),
    late: (window, key, amount = 1) =>
      table.wheel.addLate(window, table.keys.locate(key, 0, 0, 0), amount),
    remove: (key) => {
      const { wheel } = table;
      const entry = table.find(key, 0, 0, 0);
      for (let age = 0; age < KEPT; age++) {
        const record = wheel.list(wheel.current - age).find(entry);
        if (record !== -1) wheel.drop(wheel.current - age, record);
      }
    },
    sums: (key) => ranges.map((_, range) => table.sum(range, table.find(key, 0, 0, 0))),
  };
}

/** What a window saw: `[key, count]` in the order of appearance. */
function listed(table: CounterTable, window: number): [number, number][] {
  const list = table.wheel.list(window);
  return Array.from({ length: list.length }, (_, record) => [
    table.keys.key(list.entry(record), 0),
    list.count(record),
  ]);
}

describe('a table of three windows', () => {
  test('moves what it counted from window to window', () => {
    const { table, add, sums } = tableOf([0, 0], [1, 1], [2, 2], [0, 2], [1, 2]);
    add(7);
    add(7, 4);
    add(8);
    expect(sums(7)).toEqual([5, 0, 0, 5, 0]);
    table.wheel.step();
    expect(sums(7)).toEqual([0, 5, 0, 5, 5]);
    add(7);
    expect(sums(7)).toEqual([1, 5, 0, 6, 5]);
    table.wheel.step();
    expect(sums(7)).toEqual([0, 1, 5, 6, 6]);
    table.wheel.step();
    expect(sums(7)).toEqual([0, 0, 1, 1, 1]);
    expect(sums(8)).toEqual([0, 0, 0, 0, 0]);
    table.wheel.step();
    expect(sums(7)).toEqual([0, 0, 0, 0, 0]);
    expect(table.wheel.empty).toBe(true);
  });

  test('lists the keys of each window once, in order of appearance', () => {
    const { table, add } = tableOf([0, 2]);
    add(9);
    add(7);
    add(9, 2);
    table.wheel.step();
    add(7, 5);
    expect(listed(table, 100)).toEqual([
      [9, 3],
      [7, 1],
    ]);
    expect(listed(table, 101)).toEqual([[7, 5]]);
    expect([table.wheel.list(100).total, table.wheel.list(101).total]).toEqual([4, 5]);
  });

  test('has no count for a key that it does not know', () => {
    const { table, add, sums } = tableOf([0, 2]);
    add(7);
    expect(sums(8)).toEqual([0]);
    expect(table.find(8, 0, 0, 0)).toBe(0);
  });

  test('keeps every bit of a key apart', () => {
    const { add, sums } = tableOf([0, 0]);
    const keys = [0, ...Array.from({ length: 32 }, (_, bit) => 1 << bit)];
    keys.forEach((key, index) => add(key, index + 1));
    expect(keys.map((key) => sums(key)[0])).toEqual(keys.map((_, index) => index + 1));
  });

  test('counts to 2^53 without loss', () => {
    const { table, add, sums } = tableOf([0, 0], [0, 2]);
    add(7, 2 ** 53 - 2);
    table.wheel.step();
    add(7);
    add(7, -(2 ** 53 - 1));
    expect(sums(7)).toEqual([2 - 2 ** 53, 0]);
  });
});

describe('keys of several words', () => {
  test.each([2, 4] as const)('%i words: each tells keys apart', (words) => {
    const table = new CounterTable(words, KEPT);
    table.wheel.watch({ start: 0, end: 0 });
    table.wheel.start(5);
    const keys = Array.from({ length: words }, (_, at) =>
      [0, 0, 0, 0].map((_word, index) => (index === at ? -1 : 3)),
    );
    for (const [k0, k1, k2, k3] of keys) table.add(k0, k1, k2, k3, 1);
    table.add(-1, 3, 3, 3, 1);
    expect(keys.map(([k0, k1, k2, k3]) => table.sum(0, table.find(k0, k1, k2, k3)))).toEqual(
      keys.map((_, at) => (at === 0 ? 2 : 1)),
    );
    const first = table.find(-1, 3, 3, 3);
    expect(Array.from({ length: words }, (_, word) => table.keys.key(first, word))).toEqual(
      [-1, 3, 3, 3].slice(0, words),
    );
  });
});

describe('a late event', () => {
  test('is added to its own window and moves on with it', () => {
    const { table, add, late, sums } = tableOf([0, 0], [1, 1], [2, 2]);
    add(7);
    table.wheel.step();
    table.wheel.step();
    late(101, 7, 10);
    late(100, 8, 20);
    expect([sums(7), sums(8)]).toEqual([
      [0, 10, 1],
      [0, 0, 20],
    ]);
    expect(listed(table, 100)).toEqual([
      [7, 1],
      [8, 20],
    ]);
    table.wheel.step();
    expect([sums(7), sums(8)]).toEqual([
      [0, 0, 10],
      [0, 0, 0],
    ]);
  });

  test('of the present window is one of that window', () => {
    const { table, add, late, sums } = tableOf([0, 0]);
    late(100, 7);
    add(7);
    late(100, 7);
    expect(listed(table, 100)).toEqual([[7, 3]]);
    expect(sums(7)).toEqual([3]);
  });

  test('before and after others of its window makes one record', () => {
    const { table, add, late } = tableOf([0, 2]);
    add(7);
    table.wheel.step();
    late(100, 7);
    late(100, 9);
    late(100, 9);
    expect(listed(table, 100)).toEqual([
      [7, 2],
      [9, 2],
    ]);
  });
});

describe('a count', () => {
  test('may go below zero, which is noted', () => {
    const { table, add, sums } = tableOf([0, 2]);
    add(7, 3);
    add(7, -3);
    expect(table.wheel.negative).toBe(false);
    add(7, -1);
    expect(table.wheel.negative).toBe(true);
    table.wheel.step();
    expect(sums(7)).toEqual([-1]);
    table.wheel.step();
    table.wheel.step();
    expect(sums(7)).toEqual([0]);
  });

  test.each([
    ['in a new record', (late: (w: number, k: number, a: number) => void) => late(99, 7, -1)],
    ['in a known one', (late: (w: number, k: number, a: number) => void) => late(99, 8, -2)],
  ])('below zero by a late event is noted: %s', (_, change) => {
    const { table, late } = tableOf([0, 2]);
    late(99, 8, 1);
    expect(table.wheel.negative).toBe(false);
    change(late);
    expect(table.wheel.negative).toBe(true);
  });
});

describe('a removed key', () => {
  test('is gone from all windows and counts anew', () => {
    const { table, add, late, remove, sums } = tableOf([0, 0], [1, 1], [0, 2]);
    add(7, 5);
    add(8, 1);
    table.wheel.step();
    add(7, 3);
    remove(7);
    remove(99);
    expect([sums(7), sums(8)]).toEqual([
      [0, 0, 0],
      [0, 1, 1],
    ]);
    expect([table.wheel.list(100).total, table.wheel.list(101).total]).toEqual([1, 0]);
    add(7);
    late(100, 7, 2);
    expect(sums(7)).toEqual([1, 2, 3]);
    table.wheel.step();
    table.wheel.step();
    expect(sums(7)).toEqual([0, 0, 1]);
  });
});

describe('memory', () => {
  test('follows the keys that are alive, not those that were', () => {
    const { table, add, sums } = tableOf([0, 0], [0, 2]);
    for (let key = 0; key < 150_000; key++) add(key * 256, 1);
    expect(table.keys.size).toBe(150_000);
    expect(sums(149_999 * 256)).toEqual([1, 1]);
    table.wheel.step();
    table.wheel.step();
    expect(table.keys.size).toBe(150_000);
    table.wheel.step();
    expect(table.keys.size).toBe(0);
    expect(table.wheel.empty).toBe(true);
    // The keys of a hundred quiet windows take the places of the dead ones.
    for (let round = 0; round < 100; round++) {
      for (let key = 0; key < 5000; key++) add(round * 5000 + key, 1);
      table.wheel.step();
    }
    expect(table.keys.size).toBe(10_000);
    expect(sums(99 * 5000)).toEqual([0, 1]);
    expect(sums(97 * 5000)).toEqual([0, 0]);
  });

  test('gives the entry of a dead key to another, which begins at zero', () => {
    const { table, add, sums } = tableOf([0, 2]);
    add(1, 1000);
    const entry = table.find(1, 0, 0, 0);
    for (let k = 0; k < KEPT; k++) table.wheel.step();
    expect(table.wheel.isKept(entry)).toBe(false);
    expect(table.keys.size).toBe(0);
    let reused = 0;
    for (let key = 2; key < 5000 && reused === 0; key++) {
      add(key);
      if (table.find(key, 0, 0, 0) === entry) reused = key;
    }
    expect(reused).toBeGreaterThan(0);
    expect(sums(reused)).toEqual([1]);
    expect(table.find(1, 0, 0, 0)).toBe(0);
    add(1);
    expect(sums(1)).toEqual([1]);
    expect(sums(reused)).toEqual([1]);
  });

  test('a key that comes back before it is swept is the same entry', () => {
    const { table, add, sums } = tableOf([0, 2]);
    add(7, 5);
    for (let k = 0; k < KEPT; k++) table.wheel.step();
    expect(table.keys.size).toBe(0);
    add(7);
    expect(table.keys.size).toBe(1);
    expect(sums(7)).toEqual([1]);
    expect(listed(table, 103)).toEqual([[7, 1]]);
  });
});

const anyAction = fc.oneof(
  { weight: 20, arbitrary: fc.record({ type: fc.constant('add' as const), key: fc.nat(900) }) },
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant('late' as const), key: fc.nat(900), age: fc.nat(2) }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('remove' as const), key: fc.nat(900) }) },
  // A run of neighbouring keys, so that the index fills and is swept.
  { weight: 1, arbitrary: fc.record({ type: fc.constant('burst' as const), key: fc.nat(900) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('step' as const) }) },
);

// Goal: sums, lists and the number of keys are right through sweeps, growth and reuse.
// Method: random histories of hundreds of keys, against one map for each window.
test('a table agrees with a map per window', () => {
  const ranges = [
    [0, 0],
    [0, 2],
    [1, 2],
    [2, 2],
    [1, 1],
  ] as const;
  const history = fc.array(anyAction, { maxLength: 300, size: 'max' });
  fc.assert(
    fc.property(history, (actions) => {
      const { table, add, late, remove, sums } = tableOf(...ranges);
      let windows: Map<number, number>[] = [new Map<number, number>()];
      // Rows of removed keys stay theirs until the next window.
      let removed = new Set<number>();
      // A second wheel on the same keys keeps some rows alive and lets others go.
      const neighbour = new Wheel(table.keys, 1);
      const range = neighbour.watch({ start: 0, end: 0 });
      neighbour.start(7);
      let beside = new Map<number, number>();
      const count = (window: Map<number, number>, key: number): void => {
        window.set(key, (window.get(key) ?? 0) + 1);
      };
      for (const action of actions) {
        if (action.type === 'step') {
          table.wheel.step();
          windows = [new Map<number, number>(), ...windows].slice(0, KEPT);
          removed = new Set<number>();
        } else if (action.type === 'remove') {
          remove(action.key);
          for (const window of windows) {
            if (window.delete(action.key)) removed.add(action.key);
          }
        } else if (action.type === 'late') {
          neighbour.step();
          beside = new Map<number, number>();
          if (action.age >= windows.length) continue;
          late(table.wheel.current - action.age, action.key);
          count(windows[action.age], action.key);
        } else {
          const number = action.type === 'burst' ? 200 : 1;
          for (let key = action.key; key < action.key + number; key++) {
            add(key);
            count(windows[0], key);
            neighbour.add(table.keys.locate(key + 300, 0, 0, 0), 2);
            beside.set(key + 300, (beside.get(key + 300) ?? 0) + 2);
          }
        }
      }
      windows.forEach((window, age) => {
        const own = listed(table, table.wheel.current - age);
        expect(new Map(own)).toEqual(window);
        expect(own).toHaveLength(window.size);
      });
      const keys = new Set(windows.flatMap((window) => [...window.keys()]));
      expect(table.keys.size).toBe(new Set([...keys, ...removed, ...beside.keys()]).size);
      for (const [key, number] of beside) {
        expect(neighbour.sum(range, table.find(key, 0, 0, 0))).toBe(number);
      }
      for (const key of [...keys, 5000]) {
        const counts = [0, 1, 2].map((age) => windows[age]?.get(key) ?? 0);
        const expected = ranges.map(([start, end]) =>
          counts.slice(start, end + 1).reduce((sum, one) => sum + one, 0),
        );
        expect(sums(key)).toEqual(expected);
      }
    }),
    { numRuns: 100 },
  );
});

// Goal: windows that saw nothing cost nothing, whatever the monitor.
// Method: a day of seconds holds one record; the lists of all windows together stay small.
test('a table of many windows holds memory for those that saw an event', () => {
  const table = new CounterTable(1, 86_400);
  table.wheel.start(86_400 * 20_000);
  table.add(7, 0, 0, 0, 1);
  let room = 0;
  for (let age = 0; age < table.wheel.kept; age++)
    room += table.wheel.list(table.wheel.current - age).room;
  expect(room).toBeLessThan(100);
  expect(table.wheel.empty).toBe(false);
  for (let age = 0; age < table.wheel.kept; age++) table.wheel.step();
  expect(table.wheel.empty).toBe(true);
});

describe('a table of texts', () => {
  test('keeps texts apart and forgets those that are gone', () => {
    const texts = new TextTable(2);
    const range = texts.wheel.watch({ start: 0, end: 1 });
    texts.wheel.start(50);
    const sum = (text: string): number => texts.wheel.sum(range, texts.keys.find(text));
    const add = (text: string, amount: number): void =>
      texts.wheel.add(texts.keys.locate(text), amount);
    add('ann', 2);
    add('ann ', 3);
    texts.wheel.addLate(49, texts.keys.locate('bob'), 4);
    expect(['ann', 'ann ', 'bob', 'cyd', ''].map(sum)).toEqual([2, 3, 4, 0, 0]);
    texts.wheel.step();
    expect(['ann', 'ann ', 'bob'].map(sum)).toEqual([2, 3, 0]);
    // Thousands of texts that come and go: the numbers of the dead ones are used again.
    for (let round = 0; round < 50; round++) {
      for (let k = 0; k < 200; k++) add(`user${round}.${k}`, 1);
      texts.wheel.step();
    }
    expect(texts.keys.table.size).toBe(200);
    const number = texts.keys.table.key(texts.keys.find('user49.199'), 0);
    expect(number).toBeLessThan(2000);
    expect(sum('user49.199')).toBe(1);
    expect(sum('user48.199')).toBe(0);
    expect(texts.keys.text(texts.keys.find('user49.7'))).toBe('user49.7');
    add('ann', 1);
    expect(sum('ann')).toBe(1);
  });
});
