import { FLAG } from '../../model/event-batch.ts';
import { ALL_NEEDS } from '../../model/event.ts';
import { compareText } from '../../model/order.ts';
import { Vocabulary } from '../../model/vocabulary.ts';
import { inspectTable } from '../../report/inspect-table.ts';
import type { FileReport } from '../../model/file-report.ts';
import { fileJson, totalLines } from '../../report/summary.ts';
import { streamEvents } from '../../simulate/events.ts';
import { SourceTallies } from '../../simulate/source-tallies.ts';
import { checkUnparsed } from '../closing-note.ts';
import type { LogOptions } from '../input-options.ts';
import { openLogs } from '../open-logs.ts';
import type { CommandContext } from '../program.ts';
import { showProgress } from '../progress.ts';
import { jsonText } from '../replay-logs.ts';

interface InspectFlags extends LogOptions {
  readonly format?: 'table' | 'json';
  readonly maxUnparsed?: number;
}

/** Silences longer than this are reported as gaps: the default monitor's whole span. */
const GAP_MS = 1_800_000;

/** `hindcast inspect` */
export async function runInspect(
  logs: readonly string[],
  flags: InspectFlags,
  context: CommandContext,
): Promise<void> {
  const { stdio, signal } = context;
  const vocabulary = new Vocabulary();
  const opened = await openLogs(logs, flags, {
    vocabulary,
    needs: ALL_NEEDS,
    gapMs: GAP_MS,
    signal,
  });
  const hideProgress = showProgress(stdio, opened.progress);
  /** Events of each input by kind. */
  const counts = opened.sources.map(() => new Map<string, number>());
  const tallies = new SourceTallies();
  try {
    await streamEvents(
      { sources: opened.sources, onDropped: (batch, row) => tallies.addDropped(batch, row) },
      (batch, row) => {
        const kind = vocabulary.kinds.name(batch.kind[row]);
        const own = counts[batch.source];
        own.set(kind, (own.get(kind) ?? 0) + 1);
        if ((batch.flags[row] & FLAG.late) !== 0) tallies.addLate(batch);
        return true;
      },
    );
    hideProgress();
    const files = opened.reports(tallies.tallies);
    const bySource = counts.map(inOrder);
    const events = inOrder(sum(counts));
    const eventsOf = new Map(bySource.map((own, rank) => [opened.fileOf(rank), own]));
    const json = {
      lines: totalLines(files),
      events,
      files: files.map((file) => inspectedJson(file, eventsOf.get(file.file) ?? {})),
    };
    stdio.out(flags.format === 'json' ? jsonText(json) : inspectTable(files, events));
    checkUnparsed(files, flags.maxUnparsed, context);
  } finally {
    hideProgress();
    opened.close();
  }
}

function sum(counts: readonly ReadonlyMap<string, number>[]): Map<string, number> {
  const total = new Map<string, number>();
  for (const own of counts) {
    for (const [kind, count] of own) total.set(kind, (total.get(kind) ?? 0) + count);
  }
  return total;
}

function inOrder(counts: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...counts].sort(([a], [b]) => compareText(a, b)));
}

/** Who unpacks may differ from machine to machine, so the reports do not say it. */
function inspectedJson(file: FileReport, events: Record<string, number>): object {
  return { ...fileJson(file), unpacked_by: file.archive?.by ?? null, events };
}
