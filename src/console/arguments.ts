import { METRICS } from '../engine/audit-engine.ts';
import type { KeyRange } from '../engine/feed-changes.ts';
import type { Feed } from '../engine/feed.ts';
import { parseNetwork, type Network } from '../model/address.ts';
import { formatMonitor, parseMonitor, type WindowRange } from '../model/monitor.ts';
import { didYouMean } from '../model/suggest.ts';
import { MAX_COUNT } from '../series/format.ts';
import { CommandMistake } from './mistake.ts';
import type { Word } from './words.ts';

const METRIC_NAMES: readonly string[] = METRICS.map(({ name }) => name);

/** `ip[/mask]`: any mask of the family; brackets may stand around IPv6. */
export function readBlock(word: Word): Network {
  const block = parseNetwork(word.text);
  if (block !== undefined) return block;
  throw new CommandMistake(
    'console-address',
    word,
    `expected an address or a block, found '${word.text}'`,
    'such as 192.0.2.7, 192.0.2.0/24, 2001:db8::/64 or [2001:db8::7]',
  );
}

/** The named series, whose name must be enough: scripts may have two of one name. */
export function readSeries(word: Word, feeds: readonly Feed[]): Feed {
  const [found, other] = seriesOf(word, feeds);
  if (other === undefined) return found;
  const monitors = [found, other].map(({ monitor }) => formatMonitor(monitor)).join(' and ');
  const text = `there are two series '${word.text}', ${monitors}`;
  throw new CommandMistake('console-series', word, text);
}

/** The series of a name, one for each monitor; never empty. */
function seriesOf(word: Word, feeds: readonly Feed[]): readonly Feed[] {
  const series = feeds.filter((feed) => !feed.isMetric);
  const found = series.filter(({ name }) => name === word.text);
  if (found.length > 0) return found;
  const known = series.map(({ name, monitor }) => `${name} ${formatMonitor(monitor)}`).join(', ');
  const names = series.map(({ name }) => name);
  const hints = METRIC_NAMES.includes(word.text)
    ? [`${word.text} is a metric, which 'show ip' shows`]
    : [didYouMean(word.text, names), known === '' ? undefined : `series: ${known}`];
  throw new CommandMistake(
    'console-series',
    word,
    known === '' ? 'there is no named series here' : `no series '${word.text}'`,
    hints.filter((hint) => hint !== undefined).join(' ') || 'a policy defines them: --policy',
  );
}

/** The series with these parameters, which are its monitor: `300,12`. */
export function readDefinedSeries(name: Word, parameters: Word, feeds: readonly Feed[]): Feed {
  const series = seriesOf(name, feeds);
  const monitor = parseMonitor(parameters.text);
  const wanted = monitor && formatMonitor(monitor);
  const feed = series.find((one) => formatMonitor(one.monitor) === wanted);
  if (feed !== undefined) return feed;
  const own = series.map((one) => formatMonitor(one.monitor)).join(' or ');
  const found =
    monitor === undefined
      ? `expected parameters such as ${own}, found '${parameters.text}'`
      : `series '${name.text}' has the parameters ${own}, not ${formatMonitor(monitor)}`;
  throw new CommandMistake('console-parameters', parameters, found);
}

const FAMILIES = { cidr: 4, cidr_ipv6: 6, ip: undefined } as const;

/** Keys of a series: a block, or in a string series the text itself. */
export function readKeys(word: Word, feed: Feed): KeyRange {
  if (feed.type === 'string') {
    if (word.text !== '') return word.text;
    throw new CommandMistake('console-key', word, 'expected a text that is not empty');
  }
  const block = readBlock(word);
  const family = FAMILIES[feed.type];
  if (family === undefined || family === block.family) return block;
  throw new CommandMistake(
    'console-key',
    word,
    `series '${feed.name}' has the type ${feed.type} and holds IPv${family} addresses only`,
  );
}

/** One key of a series: a single address, or a text. */
export function readKey(word: Word, feed: Feed): KeyRange {
  const key = readKeys(word, feed);
  if (typeof key === 'string' || key.bits === (key.family === 4 ? 32 : 128)) return key;
  throw new CommandMistake(
    'console-key',
    word,
    'expected a single address: counts belong to addresses, and blocks are their sums',
  );
}

/** A whole number within ±2^53. */
export function readAmount(word: Word): number {
  if (!/^[+-]?\d+$/.test(word.text)) {
    const message = `expected a whole number, found '${word.text}'`;
    throw new CommandMistake('console-amount', word, message);
  }
  const exact = BigInt(word.text.replace(/^\+/, ''));
  if (exact >= -BigInt(MAX_COUNT) && exact <= BigInt(MAX_COUNT)) return Number(exact);
  throw new CommandMistake('console-amount', word, 'expected a number within ±2^53');
}

/** Windows of a series, both ends included; without an end, the one that it starts with. */
export function readWindows(start: Word, end: Word | undefined, feed: Feed): WindowRange {
  const last = feed.monitor.windows - 1;
  const read = (word: Word): number => {
    if (/^\d{1,7}$/.test(word.text) && Number(word.text) <= last) return Number(word.text);
    throw new CommandMistake(
      'console-window',
      word,
      `expected a window from 0 to ${last}, found '${word.text}'`,
      'window 0 is the present one',
    );
  };
  const range = { start: read(start), end: read(end ?? start) };
  if (range.start <= range.end) return range;
  const message = `expected a window from ${range.start} on: the first window comes first`;
  throw new CommandMistake('console-window', end ?? start, message);
}
