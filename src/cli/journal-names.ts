import { formatMonitor } from '../model/monitor.ts';
import type { SeriesSnapshot } from '../model/series-snapshot.ts';
import { journalName } from '../series/name.ts';

interface Written {
  readonly monitors: Set<string>;
  /** Files of the only monitor so far, and what they are called beside those of another one. */
  readonly files: Map<string, string>;
}

/**
 * What the journals of a run are called. Where one name has several monitors, the files have the
 * monitor in theirs (semantics, section 8), also those that were written before it had.
 */
export class JournalNames {
  readonly #byName = new Map<string, Written>();

  /** @param rename gives a file that is written another name */
  next(
    { name, monitor, windowZeroMs }: SeriesSnapshot,
    rename: (from: string, to: string) => void,
  ): string {
    let written = this.#byName.get(name);
    if (written === undefined) {
      this.#byName.set(name, (written = { monitors: new Set(), files: new Map() }));
    }
    const endMs = windowZeroMs + monitor.intervalMs;
    const { monitors, files } = written;
    monitors.add(formatMonitor(monitor));
    const long = journalName(name, monitor, endMs, true);
    if (monitors.size > 1) {
      for (const [from, to] of files) rename(from, to);
      files.clear();
      return long;
    }
    const short = journalName(name, monitor, endMs, false);
    files.set(short, long);
    return short;
  }
}
