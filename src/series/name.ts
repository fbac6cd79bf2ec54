import { formatMonitor, parseMonitor, type Monitor } from '../model/monitor.ts';
import { formatCompact, parseIso } from '../model/time.ts';

/** The name of a series as a part of a file name: other characters than these are `%XX`. */
export function encodeName(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_-]+/g, (run) => {
    const bytes = [...Buffer.from(run, 'utf8')];
    return bytes.map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
  });
}

/** The reverse; undefined when the text is not what `encodeName` writes. */
function decodeName(text: string): string | undefined {
  if (!/^(?:[A-Za-z0-9_-]|%[0-9A-F]{2})+$/.test(text)) return undefined;
  const latin1 = text.replaceAll(/%(..)/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  const name = Buffer.from(latin1, 'latin1').toString('utf8');
  return encodeName(name) === text ? name : undefined;
}

/**
 * Name of the file that holds the whole state of a series.
 *
 * @param several whether the series' name has more than one monitor
 */
export function stateName(name: string, monitor: Monitor, several: boolean): string {
  return several ? `${encodeName(name)}.${formatMonitor(monitor)}` : encodeName(name);
}

/**
 * Name of the file that holds one closed window of a series.
 *
 * @param windowEndMs when the window ended, milliseconds since the epoch; a whole second
 * @param several whether the series' name has more than one monitor
 */
export function journalName(
  name: string,
  monitor: Monitor,
  windowEndMs: number,
  several: boolean,
): string {
  return `${stateName(name, monitor, several)}.${formatCompact(windowEndMs)}`;
}

/** What the name of a series file says; a name without a window's end is that of a state. */
export interface SeriesFileName {
  readonly name: string;
  readonly monitor: Monitor | undefined;
  /** Milliseconds since the epoch. */
  readonly windowEndMs: number | undefined;
}

function parseCompact(stamp: string): number | undefined {
  const iso = stamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)$/, '$1-$2-$3T$4:$5:$6Z');
  const ms = parseIso(iso)?.localMs;
  return ms !== undefined && formatCompact(ms) === stamp ? ms : undefined;
}

/** Reads the name of a file, without folders; undefined when no series file is called that. */
export function parseSeriesFileName(fileName: string): SeriesFileName | undefined {
  const match = /^([^.]+)(?:\.(\d+,\d+))?(?:\.(\d{8}T\d{6}))?$/.exec(fileName);
  if (match === null) return undefined;
  const name = decodeName(match[1]);
  if (name === undefined) return undefined;
  const [, , monitorText, stamp] = match as (string | undefined)[];
  const monitor = monitorText === undefined ? undefined : parseMonitor(monitorText);
  if (monitorText !== undefined) {
    if (monitor === undefined || formatMonitor(monitor) !== monitorText) return undefined;
  }
  const windowEndMs = stamp === undefined ? undefined : parseCompact(stamp);
  if (stamp !== undefined && windowEndMs === undefined) return undefined;
  return { name, monitor, windowEndMs };
}
