import { formatMonitor, type Monitor } from '../model/monitor.ts';
import { didYouMean } from '../model/suggest.ts';
import type { JournalFile, JournalFolder } from '../series/journals.ts';
import type { SeriesHeader } from '../series/reader.ts';
import { UserError } from '../model/errors.ts';
import { refuseQuery } from './mistakes.ts';
import type { CountQuery, SeriesReference, Span } from './query.ts';

/** Names that a message lists. */
const SHOWN_NAMES = 10;

/** A name and a monitor as a query has them; quoted where the name could be read as more. */
export function formatReference(name: string, monitor?: Monitor): string {
  const bare = /^[^\s,()"]+$/.test(name) && !/\.\d+$/.test(name);
  const text = bare ? name : `"${name.replaceAll('"', '""')}"`;
  return monitor === undefined ? text : `${text}.${formatMonitor(monitor)}`;
}

/**
 * One series of a query and its journals. A journal without a monitor in its name tells it only
 * when it is read, so what belongs to the series is known then.
 */
export class QueriedSeries {
  /** Those within the span, in the order of time. */
  readonly journals: readonly JournalFile[];
  readonly #query: CountQuery;
  readonly #reference: SeriesReference;
  #monitor: Monitor | undefined;
  #before: JournalFile | undefined;

  /**
   * @throws UserError when the folder has no such series, or several that could be meant
   */
  constructor(query: CountQuery, reference: SeriesReference, folder: JournalFolder) {
    this.#query = query;
    this.#reference = reference;
    const all = folder.journals;
    const named = all.filter(({ name }) => name === reference.name);
    if (named.length === 0) this.#refuseUnknown(all);
    const monitors = inOrder(named.flatMap(({ monitor }) => monitor ?? []));
    this.#monitor = reference.monitor ?? monitors[0];
    if (reference.monitor === undefined && monitors.length > 1) this.#refuseSeveral(monitors);
    const mine = named.filter(({ monitor }) => {
      return monitor === undefined || formatMonitor(monitor) === this.#monitorText();
    });
    if (mine.length === 0) this.#refuseMonitor(monitors);
    this.journals = within(mine, query.span, this.#monitor);
    if (reference.monitor !== undefined) this.#refuseUnlessKept(folder, mine, monitors);
  }

  /**
   * Whether a journal that was read belongs to this series and to the span.
   *
   * @throws UserError when it cannot be asked by address, when the name has several monitors, or
   * when another journal holds the same window
   */
  takes(journal: JournalFile, header: SeriesHeader): boolean {
    const { name, monitor } = this.#reference;
    this.#monitor ??= header.monitor;
    if (formatMonitor(header.monitor) !== this.#monitorText()) {
      if (monitor !== undefined) return false;
      this.#refuseSeveral([this.#monitor, header.monitor]);
    }
    if (header.type === 'string') {
      const message = `the keys of series '${name}' are texts, which lie in no network`;
      const hint = `'hindcast load ${name} ${journal.path}' says what a journal of it holds`;
      this.#refuse('series-texts', message, hint);
    }
    if (this.#before?.windowEndMs === journal.windowEndMs) {
      throw new UserError(
        `two journals hold the same window of series '${name}': ` +
          `${this.#before.path} and ${journal.path}`,
        'take one of them away; together they would be counted twice',
      );
    }
    this.#before = journal;
    const { span } = this.#query;
    return span.kind === 'span' || header.windowZeroMs <= span.atMs;
  }

  /**
   * Where no name has the monitor that is asked for, headers tell whether any journal has it; mostly
   * the first one does. Else nothing would be counted and nothing said.
   */
  #refuseUnlessKept(
    folder: JournalFolder,
    mine: readonly JournalFile[],
    named: readonly Monitor[],
  ): void {
    if (mine.some(({ monitor }) => monitor !== undefined)) return;
    const held: Monitor[] = [];
    for (const journal of [...this.journals, ...mine]) {
      const { monitor } = folder.readHeader(journal);
      if (formatMonitor(monitor) === this.#monitorText()) return;
      held.push(monitor);
    }
    this.#refuseMonitor(inOrder([...named, ...held]));
  }

  #monitorText(): string {
    return this.#monitor === undefined ? '' : formatMonitor(this.#monitor);
  }

  #refuseUnknown(all: readonly JournalFile[]): never {
    const { name } = this.#reference;
    const known = [...new Set(all.map((journal) => journal.name))].sort();
    const shown = known.slice(0, SHOWN_NAMES).map((other) => formatReference(other));
    if (known.length > SHOWN_NAMES) shown.push('…');
    const hint = didYouMean(name, known) ?? `there are journals of ${shown.join(', ')}`;
    return this.#refuse('series-unknown', `no journals of a series '${name}'`, hint);
  }

  #refuseMonitor(monitors: readonly Monitor[]): never {
    const { name } = this.#reference;
    const message = `no journals of series '${name}' with the monitor ${this.#monitorText()}`;
    const known = monitors.map((monitor) => formatReference(name, monitor));
    return this.#refuse('series-unknown', message, `there are journals of ${known.join(', ')}`);
  }

  #refuseSeveral(monitors: readonly Monitor[]): never {
    const { name } = this.#reference;
    const known = monitors.map((monitor) => formatReference(name, monitor));
    const message = `several series are called '${name}': ${known.join(', ')}`;
    return this.#refuse('series-several', message, `name one of them, such as ${known[0]}`);
  }

  #refuse(
    code: 'series-unknown' | 'series-several' | 'series-texts',
    message: string,
    hint: string,
  ): never {
    return refuseQuery(this.#query.text, this.#reference, code, message, hint);
  }
}

/** Each monitor once, sorted. */
function inOrder(monitors: readonly Monitor[]): Monitor[] {
  const found = new Map(monitors.map((monitor) => [formatMonitor(monitor), monitor]));
  return [...found.values()].sort((a, b) => a.intervalMs - b.intervalMs || a.windows - b.windows);
}

/** Those of one series whose windows can lie in the span, as their names tell. */
function within(
  journals: readonly JournalFile[],
  span: Span,
  monitor: Monitor | undefined,
): readonly JournalFile[] {
  if (span.kind === 'span') {
    const { fromMs, toMs } = span;
    return journals.filter(({ windowEndMs: end }) => end > fromMs && end <= toMs);
  }
  const endMs = endOfWindow(journals, span.atMs, monitor);
  return journals.filter(({ windowEndMs }) => windowEndMs === endMs);
}

/** When the window that holds a moment ends; undefined when no journal can hold it. */
function endOfWindow(
  journals: readonly JournalFile[],
  atMs: number,
  monitor: Monitor | undefined,
): number | undefined {
  if (monitor !== undefined)
    return (Math.floor(atMs / monitor.intervalMs) + 1) * monitor.intervalMs;
  // Windows of one length do not overlap: only the first that ends behind the moment can hold it.
  return journals.find(({ windowEndMs }) => windowEndMs > atMs)?.windowEndMs;
}
