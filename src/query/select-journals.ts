import { formatMonitor, type Monitor } from '../model/monitor.ts';
import { didYouMean } from '../model/suggest.ts';
import type { JournalFile } from '../series/journals.ts';
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
   * @param all the journals of the folder, in the order of time
   * @throws UserError when the folder has no such series, or several that could be meant
   */
  constructor(query: CountQuery, reference: SeriesReference, all: readonly JournalFile[]) {
    this.#query = query;
    this.#reference = reference;
    const named = all.filter(({ name }) => name === reference.name);
    if (named.length === 0) this.#refuseUnknown(all);
    const monitors = monitorsOf(named);
    this.#monitor = reference.monitor ?? monitors[0];
    if (reference.monitor === undefined && monitors.length > 1) this.#refuseSeveral(monitors);
    const mine = named.filter(({ monitor }) => {
      return monitor === undefined || formatMonitor(monitor) === this.#monitorText();
    });
    if (mine.length === 0) this.#refuseMonitor(monitors);
    this.journals = within(mine, query.span);
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

/** The monitors in names of journals, each once, sorted. */
function monitorsOf(journals: readonly JournalFile[]): Monitor[] {
  const found = new Map<string, Monitor>();
  for (const { monitor } of journals) {
    if (monitor !== undefined) found.set(formatMonitor(monitor), monitor);
  }
  return [...found.values()].sort((a, b) => a.intervalMs - b.intervalMs || a.windows - b.windows);
}

/** Those of one series whose windows can lie in the span, as their names tell. */
function within(journals: readonly JournalFile[], span: Span): readonly JournalFile[] {
  if (span.kind === 'span') {
    const { fromMs, toMs } = span;
    return journals.filter(({ windowEndMs: end }) => end > fromMs && end <= toMs);
  }
  // Windows do not overlap: only the first that ends behind the moment can hold it.
  const first = journals.find(({ windowEndMs }) => windowEndMs > span.atMs)?.windowEndMs;
  return journals.filter(({ windowEndMs }) => windowEndMs === first);
}
