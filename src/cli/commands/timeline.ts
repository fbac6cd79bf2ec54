import { formatNetwork, parseNetwork, type Network } from '../../model/address.ts';
import { UserError } from '../../model/errors.ts';
import { TEXT } from '../../model/event.ts';
import type { EventBatch } from '../../model/event-batch.ts';
import { Vocabulary } from '../../model/vocabulary.ts';
import {
  shownLine,
  timelineCsv,
  timelineJson,
  timelineTable,
  windowHeading,
  type TimelineReport,
} from '../../report/timeline-table.ts';
import { timeline, type Timeline } from '../../simulate/timeline.ts';
import { closingNote } from '../closing-note.ts';
import { durationOption, fromToOptions, type LogOptions } from '../input-options.ts';
import { openLogs } from '../open-logs.ts';
import { pacedSources } from '../paced-sources.ts';
import type { CommandContext } from '../program.ts';
import { showProgress } from '../progress.ts';
import { jsonText } from '../replay-logs.ts';
import type { Stdio } from '../stdio.ts';
import { refuseUnusable } from '../unusable-logs.ts';
import { VERSION } from '../version.ts';

interface TimelineFlags extends LogOptions {
  readonly ip?: readonly string[];
  readonly window?: string;
  readonly from?: string;
  readonly to?: string;
  readonly all?: boolean;
  readonly lines?: boolean;
  readonly ascii?: boolean;
  readonly format?: 'table' | 'json' | 'csv';
  readonly maxUnparsed?: number;
}

const DEFAULT_WINDOW = '5m';
const LONGEST_WINDOW_MS = 366 * 86_400_000;
/** More rows than this are no answer that anyone reads, and do not fit into memory as JSON. */
const MOST_WINDOWS = 1_000_000;
const FLUSH_LENGTH = 64 * 1024;
const IP_HINT =
  '--ip 192.0.2.7, --ip 192.0.2.0/24, --ip 2001:db8::/32; everyone: --ip 0.0.0.0/0 --ip ::/0';

/** `hindcast timeline` */
export async function runTimeline(
  logs: readonly string[],
  flags: TimelineFlags,
  context: CommandContext,
): Promise<void> {
  const { stdio, signal } = context;
  const networks = networksOption(flags.ip ?? []);
  const windowMs = windowOption(flags.window ?? DEFAULT_WINDOW);
  const { fromMs, toMs } = fromToOptions(flags);
  const lines = flags.lines === true;
  if (lines && (flags.format ?? 'table') !== 'table') {
    throw new UserError(`--lines goes with --format table, not with ${flags.format}`);
  }
  const vocabulary = new Vocabulary();
  const needs = { textFields: 0 };
  const opened = await openLogs(logs, flags, { vocabulary, needs, gapMs: Infinity, signal });
  // The bar and the lines would write over each other.
  const hideProgress = lines ? (): void => undefined : showProgress(stdio, opened.progress);
  try {
    const output = new PacedOutput(stdio);
    const printer = lines ? new LinePrinter(output, opened.fileOf) : undefined;
    const result = await timeline({
      sources: lines ? pacedSources(opened.sources, stdio, signal) : opened.sources,
      vocabulary,
      needs,
      networks,
      windowMs,
      fromMs,
      toMs,
      onEvent: printer && ((batch, row, startMs) => printer.print(batch, row, startMs)),
    });
    hideProgress();
    if (output.closed) return;
    const files = opened.reports(result.bySource);
    refuseUnusable(files);
    if (flags.all === true) refuseTooMany(result);
    printer?.end();
    const report = { version: VERSION, networks, files, timeline: result };
    for (const piece of piecesOf(report, flags)) {
      if (!output.write(piece)) return;
      const taken = stdio.drained(signal);
      if (taken !== undefined) await taken;
    }
    output.flush();
    if (flags.format === 'csv' && result.events === 0) {
      stdio.err(
        `hindcast: no event of ${networks.map(formatNetwork).join(', ')} in what was read\n`,
      );
    }
    closingNote(files, flags.maxUnparsed, context);
  } finally {
    hideProgress();
    opened.close();
  }
}

function piecesOf(report: TimelineReport, flags: TimelineFlags): Iterable<string> {
  const all = flags.all === true;
  if (flags.format === 'json') return [jsonText(timelineJson(report, all))];
  if (flags.format === 'csv') return timelineCsv(report, all);
  return timelineTable(report, { all, ascii: flags.ascii === true });
}

/** Writes text in large pieces, and knows when nobody reads it any more. */
class PacedOutput {
  closed = false;
  readonly #stdio: Stdio;
  #pending = '';

  constructor(stdio: Stdio) {
    this.#stdio = stdio;
  }

  /** False once nobody reads it any more. */
  write(text: string): boolean {
    this.#pending += text;
    if (this.#pending.length >= FLUSH_LENGTH) this.flush();
    return !this.closed;
  }

  flush(): void {
    if (!this.#stdio.out(this.#pending)) this.closed = true;
    this.#pending = '';
  }
}

/** Writes the log lines behind events as the stream passes, under the windows of the events. */
class LinePrinter {
  readonly #output: PacedOutput;
  readonly #fileOf: (source: number) => string;
  /** Of the line written last, and the newest. */
  #windowMs = Number.NaN;
  #newestMs = -Infinity;
  #source = -1;
  #line = -1;
  #start = -1;

  constructor(output: PacedOutput, fileOf: (source: number) => string) {
    this.#output = output;
    this.#fileOf = fileOf;
  }

  /** A line of several events is written once. */
  print(batch: EventBatch, row: number, windowStartMs: number): boolean {
    const { source } = batch;
    const line = batch.line[row];
    const start = batch.start[row];
    if (line === this.#line && start === this.#start && source === this.#source) return true;
    this.#line = line;
    this.#start = start;
    this.#source = source;
    let text = '';
    if (windowStartMs !== this.#windowMs) {
      text = windowHeading(windowStartMs, windowStartMs < this.#newestMs);
      this.#windowMs = windowStartMs;
      this.#newestMs = Math.max(this.#newestMs, windowStartMs);
    }
    const file = batch.text(row, TEXT.file) || this.#fileOf(source);
    text += shownLine(file, line, batch.lineText(row));
    return this.#output.write(text);
  }

  /** Sets what follows apart. */
  end(): void {
    if (this.#line !== -1) this.#output.write('\n');
  }
}

function networksOption(texts: readonly string[]): Network[] {
  if (texts.length === 0) throw new UserError('timeline needs --ip: whose?', IP_HINT);
  return texts.map((text) => {
    const network = parseNetwork(text);
    if (network !== undefined) return network;
    throw new UserError(`--ip ${text}: neither an address nor a network`, IP_HINT);
  });
}

function windowOption(text: string): number {
  const windowMs = durationOption('--window', text)!;
  if (windowMs >= 1000 && windowMs <= LONGEST_WINDOW_MS && windowMs % 1000 === 0) return windowMs;
  throw new UserError(`--window ${text}: expected whole seconds, from 1s to 366d`);
}

function refuseTooMany({ windows, windowMs }: Timeline): void {
  if (windows.length === 0) return;
  const count = (windows.at(-1)!.startMs - windows[0].startMs) / windowMs + 1;
  if (count <= MOST_WINDOWS) return;
  throw new UserError(
    `--all would show ${count} windows, more than ${MOST_WINDOWS}`,
    'a longer --window, or no --all',
  );
}
