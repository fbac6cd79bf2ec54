import { FLAG } from '../../model/event-batch.ts';
import { ALL_NEEDS } from '../../model/event.ts';
import { Vocabulary } from '../../model/vocabulary.ts';
import {
  clockCsvLine,
  clockJsonLine,
  eventCsvLine,
  eventJsonLine,
  EVENTS_HEADER,
} from '../../report/csv.ts';
import { streamEvents } from '../../simulate/events.ts';
import type { LogOptions } from '../input-options.ts';
import { openLogs } from '../open-logs.ts';
import { pacedSources } from '../paced-sources.ts';
import type { CommandContext } from '../program.ts';
import { refuseUnusable } from '../unusable-logs.ts';

interface ConvertFlags extends LogOptions {
  readonly to?: 'csv' | 'ndjson';
}

const FLUSH_LENGTH = 64 * 1024;

/** `hindcast convert` */
export async function runConvert(
  logs: readonly string[],
  flags: ConvertFlags,
  context: CommandContext,
): Promise<void> {
  const { stdio, signal } = context;
  const opened = await openLogs(logs, flags, {
    vocabulary: new Vocabulary(),
    needs: ALL_NEEDS,
    gapMs: Infinity,
    signal,
  });
  const csv = flags.to !== 'ndjson';
  let clockMs = -Infinity;
  const toLine = csv ? eventCsvLine : eventJsonLine;
  const toClockLine = csv ? clockCsvLine : clockJsonLine;
  let pending = csv ? EVENTS_HEADER : '';
  const sources = pacedSources(opened.sources, stdio, signal);
  try {
    await streamEvents({ sources }, (batch, row) => {
      // A late event stays late when the line that it is late by holds no event.
      const nowMs = batch.release[row];
      if (nowMs > clockMs && (batch.flags[row] & FLAG.late) !== 0) pending += toClockLine(nowMs);
      clockMs = Math.max(clockMs, nowMs);
      pending += toLine(batch, row, opened.fileOf(batch.source));
      if (pending.length < FLUSH_LENGTH) return true;
      const wanted = stdio.out(pending);
      pending = '';
      return wanted;
    });
    refuseUnusable(opened.reports([]));
    stdio.out(pending);
  } finally {
    opened.close();
  }
}
