import { ADDRESS, maskWord, readAddressText, type Network } from '../model/address.ts';
import { assert } from '../model/errors.ts';
import type { WindowRange } from '../model/monitor.ts';
import type { SeriesRow } from '../model/series-snapshot.ts';
import type { BlockKeys } from './block-keys.ts';
import type { Feed } from './feed.ts';
import type { BlockTable, TextTable } from './tables.ts';
import type { Wheel } from './wheel.ts';

// Questions and changes by hand, between two events: what a console asks of a metric or series.
// They may take as long as a look at every record; the event path knows nothing of them.

/** Keys of a feed: those in a block, or one text of a string series. */
export type KeyRange = Network | string;

const scratch = new Int32Array(4);

/** Exact sum over every key of the range and every window of `windows`, 0 being the present one. */
export function countIn(feed: Feed, range: KeyRange, windows: WindowRange): number {
  const shown = shownTable(feed, range);
  if (shown === undefined) return 0;
  const { wheel } = shown;
  const holds = inRange(shown, range);
  let sum = 0;
  for (let age = windows.start; age <= windows.end && age <= wheel.current; age++) {
    const list = wheel.list(wheel.current - age);
    for (let record = 0; record < list.length; record++) {
      if (holds(list.entry(record))) sum += list.count(record);
    }
  }
  return sum;
}

/** The count of one key in window 0: an address as a block of one, or a text. */
export function presentCount(feed: Feed, key: KeyRange): number {
  const shown = shownTable(feed, key);
  if (shown === undefined) return 0;
  return shown.wheel.present(isText(shown) ? shown.keys.find(key as string) : find(shown, key));
}

/** Adds to one key in the window `age` windows before the present one, for all nodes together. */
export function addTo(feed: Feed, key: KeyRange, age: number, amount: number): void {
  assert(feed.current >= 0, 'the clock stands');
  assert(age < feed.kept, `window ${age} is kept`);
  const window = feed.current - age;
  if (typeof key === 'string') {
    const texts = feed.texts!;
    texts.wheel.addLate(window, texts.keys.locate(key), amount);
    return;
  }
  const ip = Int32Array.from(key.words);
  for (const { keys, wheel } of feed.tablesOf(key.family)) {
    wheel.addLate(window, keys.locateAt(ip, 0), amount);
  }
}

/** What a removal took out. */
export interface Removed {
  readonly keys: number;
  readonly count: number;
}

/**
 * Takes every key of the range out of all windows. Counts by node lose whole blocks only: which
 * node counted a single address of a wider block is not kept.
 */
export function removeFrom(feed: Feed, range: KeyRange): Removed {
  const shown = shownTable(feed, range);
  if (shown === undefined) return { keys: 0, count: 0 };
  const others = typeof range === 'string' ? [] : feed.tablesOf(range.family).slice(1);
  const keys = new Set<number>();
  let count = 0;
  dropRecords(shown.wheel, inRange(shown, range), (window, entry, had) => {
    keys.add(entry);
    count += had;
    if (had !== 0 && !isText(shown)) takeOut(others, shown.keys, entry, window, had);
  });
  for (const ofNode of feed.ofNodes) {
    for (const table of ofNode.all()) {
      if (!coversKeys(table, range)) continue;
      dropRecords(table.wheel, inRange(table, range), () => undefined);
    }
  }
  return { keys: keys.size, count };
}

/**
 * Replaces all that a feed holds by these rows; their windows count from the present one. Counts by
 * node begin at zero: rows do not say which node counted them.
 */
export function replaceRows(feed: Feed, rows: readonly SeriesRow[]): void {
  feed.clear();
  for (const { window, key, count } of rows) {
    if (window <= feed.current) addTo(feed, keyOf(feed, key), window, count);
  }
}

/** The key of a row as a range of one. */
function keyOf(feed: Feed, key: string): KeyRange {
  if (feed.texts !== undefined) return key;
  const family = readAddressText(key, scratch);
  assert(family !== 0, `${key} is an address`);
  const words = [scratch[0], scratch[1], scratch[2], scratch[3]] as const;
  return { family, words, bits: family === 4 ? ADDRESS.ipv4 : ADDRESS.ipv6 };
}

function isText(table: BlockTable | TextTable): table is TextTable {
  return !('bits' in table.keys);
}

/** The table whose keys are addresses or texts; undefined when the feed does not hold them. */
function shownTable(feed: Feed, range: KeyRange): BlockTable | TextTable | undefined {
  return typeof range === 'string' ? feed.texts : feed.tablesOf(range.family).at(0);
}

function find({ keys }: BlockTable, key: KeyRange): number {
  return keys.findAt(Int32Array.from((key as Network).words), 0);
}

/** Whether a table's keys are of the range's kind and each lies wholly inside or outside of it. */
function coversKeys(table: BlockTable | TextTable, range: KeyRange): boolean {
  if (isText(table)) return typeof range === 'string';
  if (typeof range === 'string') return false;
  return table.keys.family === range.family && table.keys.bits >= range.bits;
}

/** Tells whether an entry's key lies in the range. */
function inRange(table: BlockTable | TextTable, range: KeyRange): (entry: number) => boolean {
  if (isText(table)) {
    const wanted = table.keys.find(range as string);
    return (entry) => entry === wanted;
  }
  const { table: keys } = table.keys;
  const { words, bits } = range as Network;
  const masks = [0, 1, 2, 3].slice(0, keys.keyWords).map((word) => maskWord(bits, word));
  return (entry) =>
    masks.every((mask, word) => (keys.key(entry, word) & mask) === (words[word] | 0));
}

/** Drops the records that are asked for, newest window first. */
function dropRecords(
  wheel: Wheel,
  asked: (entry: number) => boolean,
  onDrop: (window: number, entry: number, count: number) => void,
): void {
  const oldest = Math.max(0, wheel.current - wheel.kept + 1);
  for (let window = wheel.current; window >= oldest; window--) {
    const list = wheel.list(window);
    // From the end: the record that takes the place of a dropped one has been looked at.
    for (let record = list.length - 1; record >= 0; record--) {
      const entry = list.entry(record);
      if (!asked(entry)) continue;
      const count = list.count(record);
      wheel.drop(window, record);
      onDrop(window, entry, count);
    }
  }
}

/** Takes what an address counted in a window out of the blocks that hold it. */
function takeOut(
  blocks: readonly BlockTable[],
  addresses: BlockKeys,
  entry: number,
  window: number,
  count: number,
): void {
  const { table } = addresses;
  for (let word = 0; word < 4; word++) {
    scratch[word] = word < table.keyWords ? table.key(entry, word) : 0;
  }
  for (const { keys, wheel } of blocks) wheel.addLate(window, keys.locateAt(scratch, 0), -count);
}
