import { formatMonitor, type Monitor } from '../model/monitor.ts';
import type { SeriesSnapshot } from '../model/series-snapshot.ts';
import { journalName, parseSeriesFileName } from '../series/name.ts';

/** The files that a run has written so far. */
export interface WrittenFiles {
  names(): readonly string[];
  rename(from: string, to: string): void;
}

interface NamedSeries {
  readonly first: Monitor;
  hasSeveral: boolean;
}

/**
 * What the journals of a run are called. Where one name has several monitors, the files have the
 * monitor in theirs (semantics, section 8), also those that were written before it had.
 */
export class JournalNames {
  readonly #byName = new Map<string, NamedSeries>();

  next({ name, monitor, windowZeroMs }: SeriesSnapshot, written: WrittenFiles): string {
    let known = this.#byName.get(name);
    if (known === undefined) {
      this.#byName.set(name, (known = { first: monitor, hasSeveral: false }));
    }
    const { first, hasSeveral } = known;
    if (!hasSeveral && formatMonitor(monitor) !== formatMonitor(first)) {
      known.hasSeveral = true;
      for (const from of written.names()) {
        const own = parseSeriesFileName(from);
        if (own?.name !== name || own.windowEndMs === undefined) continue;
        written.rename(from, journalName(name, first, own.windowEndMs, true));
      }
    }
    const endMs = windowZeroMs + monitor.intervalMs;
    return journalName(name, monitor, endMs, known.hasSeveral);
  }
}
