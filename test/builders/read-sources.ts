import { BatchPool } from '../../src/input/batch-pool.ts';
import type { FileDater } from '../../src/input/dating.ts';
import type { LogParser } from '../../src/input/port.ts';
import type { Vocabulary } from '../../src/model/vocabulary.ts';
import { rowOf, type EventRow } from '../unit/input/event-rows.ts';
import { sourceOver } from '../unit/input/plain-parser.ts';

/** Everything that a reader of the file gets to know. */
export interface ReadThrough {
  readonly rows: readonly (EventRow & { readonly release: number; readonly flags: number })[];
  readonly facts: unknown;
}

/** The same parser without its fast path. */
function lineByLine(parser: LogParser): LogParser {
  return {
    dialect: parser.dialect,
    get lineTime() {
      return parser.lineTime;
    },
    get reason() {
      return parser.reason;
    },
    get carryFrom() {
      return parser.carryFrom ?? -1;
    },
    rebase: (delta) => parser.rebase?.(delta),
    parseLine: (...line) => parser.parseLine(...line),
    ...(parser.findRecordEnd !== undefined && {
      findRecordEnd: (...record) => parser.findRecordEnd!(...record),
    }),
  };
}

/** Reads a log in blocks of this size, with the fast path of its parser or without. */
export async function readThrough(
  bytes: Buffer,
  blockBytes: number,
  isFast: boolean,
  { vocabulary, dater, parser }: { vocabulary: Vocabulary; dater: FileDater; parser: LogParser },
): Promise<ReadThrough> {
  const source = sourceOver(bytes, {
    createParser: () => (isFast ? parser : lineByLine(parser)),
    pool: new BatchPool(vocabulary, blockBytes),
  });
  const rows: ReadThrough['rows'][number][] = [];
  for (let batch = await source.nextBatch(); batch; batch = await source.nextBatch()) {
    for (let row = 0; row < batch.rows; row++) {
      const [release, flags] = [batch.release[row], batch.flags[row]];
      rows.push({ ...rowOf(batch, row), release, flags });
    }
    source.recycle(batch);
  }
  const { accounting, clock } = source;
  const { quarantined, quarantinedCount, gaps, gapCount, lateLines, firstMs, newestMs } = clock;
  const times = { quarantined, quarantinedCount, gaps, gapCount, lateLines, firstMs, newestMs };
  return { rows, facts: { accounting, ...times, year: dater.year, zone: dater.usedZone } };
}
