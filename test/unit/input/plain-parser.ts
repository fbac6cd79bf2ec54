import type { EventBatch } from '../../../src/model/event-batch.ts';
import { KIND } from '../../../src/model/event.ts';
import { Vocabulary } from '../../../src/model/vocabulary.ts';
import { BatchPool } from '../../../src/input/batch-pool.ts';
import { openBlocks, type BlockReader } from '../../../src/input/blocks.ts';
import type { Input } from '../../../src/input/discover.ts';
import { LogSource, type LogSourceOptions } from '../../../src/input/log-source.ts';
import { LINE, type LineClass, type LogParser } from '../../../src/input/port.ts';

/** Lines `e 1234` (an event), `i 1234` (irrelevant), anything else unparsed; times in seconds. */
export class PlainParser implements LogParser {
  readonly dialect = 'plain';
  lineTime = Number.NaN;
  reason = 'no time';
  /** Every line, as it came. */
  readonly seen: { readonly line: number; readonly text: string }[] = [];

  parseLine(batch: EventBatch, start: number, end: number, line: number): LineClass {
    const text = batch.bytes.toString('latin1', start, end);
    this.seen.push({ line, text });
    const match = /^([ei]) (-?\d+(?:\.\d+)?)/.exec(text);
    this.lineTime = match === null ? Number.NaN : Number(match[2]) * 1000;
    if (match === null) return LINE.unparsed;
    if (match[1] === 'i') return LINE.irrelevant;
    const row = batch.push(this.lineTime, KIND.connect, line, start);
    batch.setSpan(row, 0, start, end);
    return LINE.event;
  }
}

export interface Row {
  readonly time: number;
  readonly release: number;
  readonly kind: number;
  readonly flags: number;
  readonly line: number;
  readonly text: string;
}

/** Reads a source to its end; every row copied out, batches recycled at once. */
export async function drain(source: LogSource): Promise<Row[]> {
  const rows: Row[] = [];
  for (;;) {
    const before = source.watermark;
    const batch = await source.nextBatch();
    if (batch === undefined) return rows;
    for (let row = 0; row < batch.rows; row++) {
      if (batch.release[row] < before) throw new Error(`row ${row} lies before the watermark`);
      rows.push({
        time: batch.time[row],
        release: batch.release[row],
        kind: batch.kind[row],
        flags: batch.flags[row],
        line: batch.line[row],
        text: batch.text(row, 0),
      });
    }
    source.recycle(batch);
  }
}

export interface SourceSetting extends Partial<LogSourceOptions> {
  readonly blockBytes?: number;
}

const NOWHERE: Input = { path: '/x', name: 'x.log', sizeBytes: 0, mtimeMs: 0, stream: false };

export function sourceOver(input: Input | Buffer, setting: SourceSetting = {}): LogSource {
  const inMemory = Buffer.isBuffer(input);
  return new LogSource({
    input: inMemory ? NOWHERE : input,
    rank: 3,
    lowerBound: -Infinity,
    createParser: () => new PlainParser(),
    openBlocks: () => (inMemory ? Promise.resolve(memoryBlocks(input)) : openBlocks(input)),
    pool: new BatchPool(new Vocabulary(), setting.blockBytes),
    reorderMs: 10_000,
    gapMs: 3_600_000,
    ...setting,
  });
}

function memoryBlocks(bytes: Buffer): BlockReader {
  let at = 0;
  return {
    archive: undefined,
    bytesRead: 0,
    peek: (length) => Promise.resolve(bytes.subarray(0, length)),
    read: (buffer, offset, length) => {
      const got = bytes.copy(buffer, offset, at, at + length);
      at += got;
      return got;
    },
    close: () => undefined,
  };
}
