import { readAddressText } from '../model/address.ts';
import type { WindowCounts } from './audit-state.ts';
import { BlockKeys } from './block-keys.ts';
import type { BlockTable, TextTable } from './tables.ts';
import type { Wheel } from './wheel.ts';

const words = new Int32Array(4);

/** The entry of an address, or of a text where keys are texts; one that has none gets one. */
export function locateKey(keys: BlockTable['keys'] | TextTable['keys'], key: string): number {
  if (!(keys instanceof BlockKeys)) return keys.locate(key);
  readAddressText(key, words);
  return keys.locateAt(words, 0);
}

/** The windows of tables that stand for one thing (both families, say), oldest first. */
export function saveWindows(tables: readonly (BlockTable | TextTable)[]): WindowCounts[] {
  const saved: WindowCounts[] = [];
  const { current, kept } = tables[0].wheel;
  for (let window = Math.max(0, current - kept + 1); window <= current; window++) {
    const texts: string[] = [];
    const counts: number[] = [];
    for (const { keys, wheel } of tables) {
      const list = wheel.list(window);
      const records = Uint32Array.from({ length: list.length }, (_, record) => record);
      records.sort((a, b) => keys.compare(list.entry(a), list.entry(b)));
      for (const record of records) {
        texts.push(keys.text(list.entry(record)));
        counts.push(list.count(record));
      }
    }
    if (texts.length > 0) saved.push({ window, keys: texts, counts });
  }
  return saved;
}

/**
 * Brings back what `saveWindows` gave: time passes once more, so that sums over ranges come out as
 * they were.
 *
 * @param add adds to the present window
 */
export function restoreWindows(
  wheels: readonly Wheel[],
  current: number,
  windows: readonly WindowCounts[],
  add: (key: string, count: number) => void,
): void {
  const reach = (window: number): void => {
    for (const wheel of wheels) while (wheel.current < window) wheel.step();
  };
  for (const wheel of wheels) wheel.start(windows.at(0)?.window ?? current);
  for (const { window, keys, counts } of windows) {
    reach(window);
    for (let i = 0; i < keys.length; i++) add(keys[i], counts[i]);
  }
  reach(current);
}
