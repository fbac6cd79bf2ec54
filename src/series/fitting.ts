import { UserError } from '../model/errors.ts';
import { formatMonitor } from '../model/monitor.ts';
import type { SeriesSnapshot } from '../model/series-snapshot.ts';

/** What a series is, apart from what it counts. */
type SeriesShape = Pick<SeriesSnapshot, 'name' | 'type' | 'monitor'>;

/**
 * Refuses to load what belongs to another series.
 *
 * @param path where `stored` was read
 * @throws UserError that names what differs
 */
export function refuseOther(path: string, stored: SeriesShape, own: SeriesShape): void {
  if (stored.name !== own.name) {
    throw new UserError(`${path} holds the series '${stored.name}', not '${own.name}'`);
  }
  const facts = [
    ['type', stored.type, own.type],
    ['parameters', formatMonitor(stored.monitor), formatMonitor(own.monitor)],
  ] as const;
  for (const [what, theirs, ours] of facts) {
    if (theirs === ours) continue;
    throw new UserError(
      `${path} was not loaded: series '${own.name}' has the ${what} ${ours} here, ${theirs} there`,
    );
  }
}
