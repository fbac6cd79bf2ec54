import { ADDRESS, maskWord, readAddressText, type Network } from '../model/address.ts';
import { assert } from '../model/errors.ts';
import type { WindowRange } from '../model/monitor.ts';
import type { Replicate } from '../model/replication.ts';
import type { SeriesRow } from '../model/series-snapshot.ts';
import { BlockKeys } from './block-keys.ts';
import type { AddKey, FeedTables } from './feed-tables.ts';
import type { Feed } from './feed.ts';
import type { BlockTable, TextTable } from './tables.ts';

// Questions and changes by hand, between two events: what a console asks of a metric or series.
// They may take as long as a look at every record; the event path knows nothing of them.

/** Keys of a feed: those in a block, or one text of a string series. */
export type KeyRange = Network | string;

const scratch = new Int32Array(4);

/** Exact sum over every key of the range and every window of `windows`, 0 being the present one. */
export function countIn(feed: Feed, range: KeyRange, windows: WindowRange): number {
  const shown = shownTable(feed.total, range);
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
  const shown = shownTable(feed.total, key);
  if (shown === undefined) return 0;
  return shown.wheel.present(isText(shown) ? shown.keys.find(key as string) : find(shown, key));
}

/** Adds to one key in the window `age` windows before the present one, by no node. */
export function addTo(feed: Feed, key: KeyRange, age: number, amount: number): void {
  assert(feed.current >= 0, 'the clock stands');
  assert(age < feed.kept, `window ${age} is kept`);
  const at =
    typeof key === 'string'
      ? { family: 0, ip: scratch, at: 0, text: key }
      : { family: key.family, ip: Int32Array.from(key.words), at: 0, text: '' };
  const window = feed.current - age;
  feed.nodes?.split();
  feed.total.add(at, amount, window);
}

/** What a removal took out. */
export interface Removed {
  readonly keys: number;
  readonly count: number;
}

/** Takes every key of the range out of all windows, whichever node has counted it. */
export function removeFrom(feed: Feed, range: KeyRange): Removed {
  const { nodes, total } = feed;
  for (const place of nodes?.places ?? []) removeIn(place, range);
  nodes?.forget((key) => isIn(range, key));
  return removeIn(total, range);
}

/**
 * Takes every key of the range out of all windows of the node at hand; of a series that is
 * replicated to the cluster, out of what all nodes have of it.
 */
export function removeAt(feed: Feed, range: KeyRange, replicate: Replicate): void {
  const { total } = feed;
  const nodes = feed.byNode();
  for (const place of nodes.placesOf(replicate)) {
    removeIn(place, range, (key, window, count) => {
      if (place !== total) takeOut(total, key, window, count);
    });
  }
  if (replicate === 'cluster') nodes.forget((key) => isIn(range, key));
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
  if (feed.type === 'string') return key;
  const family = readAddressText(key, scratch);
  assert(family !== 0, `${key} is an address`);
  const words = [scratch[0], scratch[1], scratch[2], scratch[3]] as const;
  return { family, words, bits: family === 4 ? ADDRESS.ipv4 : ADDRESS.ipv6 };
}

function isText(table: BlockTable | TextTable): table is TextTable {
  return !('bits' in table.keys);
}

/** The table whose keys are addresses or texts; undefined when there is none of that kind. */
function shownTable(tables: FeedTables, range: KeyRange): BlockTable | TextTable | undefined {
  return typeof range === 'string' ? tables.texts : tables.tablesOf(range.family).at(0);
}

function find({ keys }: BlockTable, key: KeyRange): number {
  return keys.findAt(Int32Array.from((key as Network).words), 0);
}

/** Tells whether an entry's key lies in the range. */
function inRange(table: BlockTable | TextTable, range: KeyRange): (entry: number) => boolean {
  if (isText(table)) {
    const wanted = table.keys.find(range as string);
    return (entry) => entry === wanted;
  }
  const { keys } = table;
  return (entry) => {
    keys.address(entry, scratch);
    return isInside(range as Network, scratch, 0);
  };
}

function isIn(range: KeyRange, { family, ip, at, text }: AddKey): boolean {
  if (typeof range === 'string') return text === range;
  return family === range.family && isInside(range, ip, at);
}

function isInside({ words, bits }: Network, ip: Int32Array, at: number): boolean {
  for (let word = 0; word < 4; word++) {
    if ((ip[at + word] & maskWord(bits, word)) !== (words[word] | 0)) return false;
  }
  return true;
}

/** Drops the records of the range, newest window first, from all tables of a place. */
function removeIn(
  tables: FeedTables,
  range: KeyRange,
  onDrop?: (key: AddKey, window: number, count: number) => void,
): Removed {
  const shown = shownTable(tables, range);
  if (shown === undefined) return { keys: 0, count: 0 };
  const { wheel } = shown;
  const asked = inRange(shown, range);
  const keys = new Set<number>();
  let removed = 0;
  const oldest = Math.max(0, wheel.current - wheel.kept + 1);
  for (let window = wheel.current; window >= oldest; window--) {
    const list = wheel.list(window);
    // From the end: the record that takes the place of a dropped one has been looked at.
    for (let record = list.length - 1; record >= 0; record--) {
      const entry = list.entry(record);
      if (!asked(entry)) continue;
      const count = list.count(record);
      const key = tables.keyAt(shown, entry);
      wheel.drop(window, record);
      keys.add(entry);
      removed += count;
      if (count !== 0) takeOutOfBlocks(tables, key, window, count);
      onDrop?.(key, window, count);
    }
  }
  return { keys: keys.size, count: removed };
}

/** Takes what a key counted in a window out of a place; a record with nothing left goes. */
function takeOut(tables: FeedTables, key: AddKey, window: number, count: number): void {
  tables.add(key, -count, window);
  const { text, family, ip, at } = key;
  const { wheel, keys } = tables.texts ?? tables.tablesOf(family)[0];
  const entry = keys instanceof BlockKeys ? keys.findAt(ip, at) : keys.find(text);
  if (wheel.countAt(window, entry) === 0) wheel.drop(window, wheel.list(window).find(entry));
}

/** Takes what an address counted in a window out of the blocks that hold it. */
function takeOutOfBlocks(
  tables: FeedTables,
  { family, ip, at }: AddKey,
  window: number,
  count: number,
): void {
  if (tables.texts !== undefined) return;
  for (const { keys, wheel } of tables.tablesOf(family).slice(1)) {
    wheel.addLate(window, keys.locateAt(ip, at), -count);
  }
}
