import { assert } from '../model/errors.ts';
import { formatMonitor, parseMonitor } from '../model/monitor.ts';
import type { SeriesSnapshot } from '../model/series-snapshot.ts';
import { formatIso, parseIso } from '../model/time.ts';
import { startDigest } from './digest.ts';
import { DIGEST_MARK, formatSeriesChunks, MAX_COUNT } from './format.ts';
import { RowOrder } from './key-order.ts';

/** Half of a surrogate pair without the other half: it has no form in UTF-8. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** What a writer must hold to; a snapshot that breaks it is a bug of whoever made it. */
function assertWritable(snapshot: SeriesSnapshot): void {
  const { name, type, monitor, windowZeroMs } = snapshot;
  assert(name !== '', 'a series has a name');
  assert(!LONE_SURROGATE.test(name), `series name ${JSON.stringify(name)} is well-formed text`);
  const read = parseMonitor(formatMonitor(monitor));
  assert(read?.intervalMs === monitor.intervalMs, `interval of ${monitor.intervalMs} ms is legal`);
  assert(read.windows === monitor.windows, `a series of ${monitor.windows} windows is legal`);
  assert(windowZeroMs % monitor.intervalMs === 0, `window zero ${windowZeroMs} is on a boundary`);
  assert(
    parseIso(formatIso(windowZeroMs))?.localMs === windowZeroMs,
    'window zero has four digits',
  );
  const order = new RowOrder(type);
  for (const { window, key, count } of snapshot.rows) {
    const row = `row ${window},${JSON.stringify(key)},${count} of series ${name}`;
    assert(Number.isInteger(window), `${row}: window is whole`);
    assert(window >= 0, `${row}: window is not negative`);
    assert(window < monitor.windows, `${row}: window is one of ${monitor.windows}`);
    assert(Number.isInteger(count), `${row}: count is whole`);
    assert(Math.abs(count) <= MAX_COUNT, `${row}: count is within 2^53`);
    assert(count !== 0, `${row}: count is not 0`);
    assert(type !== 'string' || !LONE_SURROGATE.test(key), `${row}: key is well-formed text`);
    const trouble = order.check(window, key);
    assert(trouble === undefined, `${row}: ${trouble?.field} is ${trouble?.expected}`);
  }
}

/**
 * The bytes of a series file, in pieces; the last one is the digest line. Throws `BugError` before
 * the first piece when the snapshot breaks the rules of the format.
 */
export function* encodeSeriesChunks(snapshot: SeriesSnapshot): Generator<Buffer, void, undefined> {
  assertWritable(snapshot);
  const digest = startDigest();
  for (const chunk of formatSeriesChunks(snapshot)) {
    const bytes = Buffer.from(chunk, 'utf8');
    digest.add(bytes);
    yield bytes;
  }
  yield Buffer.from(`${DIGEST_MARK}${digest.hex()}\n`, 'latin1');
}

/** The bytes of a whole series file: see `docs/series-format.md`. */
export function encodeSeries(snapshot: SeriesSnapshot): Buffer {
  return Buffer.concat([...encodeSeriesChunks(snapshot)]);
}
