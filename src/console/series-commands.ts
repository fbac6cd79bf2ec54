import { addTo, countIn, presentCount, removeFrom, type KeyRange } from '../engine/feed-changes.ts';
import { MAX_COUNT } from '../series/format.ts';
import { readAmount, readDefinedSeries, readKey, readKeys, readWindows } from './arguments.ts';
import type { AuditConsole } from './audit-console.ts';
import { CommandMistake } from './mistake.ts';
import type { Word } from './words.ts';

/** `count_cidr`: the number alone. */
export function countCidr(words: readonly Word[], console: AuditConsole): void {
  const [address, name, parameters, start, end] = words;
  const feed = readDefinedSeries(name, parameters, console.target.engine.feeds);
  const keys = readKeys(address, feed);
  console.out(`${countIn(feed, keys, readWindows(start, end, feed))}\n`);
}

/** `add` and `subtract`: changes window 0 and prints its new count. */
export function changeBy(sign: 1 | -1): (words: readonly Word[], console: AuditConsole) => void {
  return (words, console) => {
    const [name, parameters, address, number] = words;
    const feed = readDefinedSeries(name, parameters, console.target.engine.feeds);
    const key: KeyRange = readKey(address, feed);
    const amount = sign * readAmount(number);
    console.clockMs(name);
    const before = presentCount(feed, key);
    if (!isExact(before, amount)) {
      const message = `expected a new count within ±2^53, it stands at ${before}`;
      throw new CommandMistake('console-amount', number, message);
    }
    if (amount !== 0) {
      addTo(feed, key, 0, amount);
      console.changed(feed.name);
    }
    console.out(`${presentCount(feed, key)}\n`);
  };
}

/** Beyond 2^53 a sum is rounded, perhaps to 2^53 itself; then it cannot be taken back. */
function isExact(count: number, amount: number): boolean {
  const sum = count + amount;
  return Math.abs(sum) <= MAX_COUNT && sum - count === amount && sum - amount === count;
}

/** `delete_ip`: takes a key, or every key of a block, out of all windows. */
export function deleteIp(words: readonly Word[], console: AuditConsole): void {
  const [address, name, parameters] = words;
  const feed = readDefinedSeries(name, parameters, console.target.engine.feeds);
  const { keys, count } = removeFrom(feed, readKeys(address, feed));
  if (keys > 0) console.changed(feed.name);
  console.out(`deleted ${keys === 1 ? '1 key' : `${keys} keys`}, which counted ${count}\n`);
}
