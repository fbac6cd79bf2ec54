import type { CollateralCounts } from '../simulate/collateral.ts';
import type { EnforcedCell } from '../simulate/sweep/enforce-cells.ts';
import type { SweepCell, SweepGroup } from '../simulate/sweep/sweep.ts';
import { grouped, plainTable } from './plain-table.ts';

/** Columns of a setting that was put in force, in the CSV of a sweep. */
export const ENFORCED_COLUMNS = [
  'enforced_firings',
  'enforced_keys',
  'refused_connections',
  'refused_messages',
  'blocks_begun',
  'connects_blocked',
  'enforced_accepted',
  'enforced_rejected',
  'connections_attempts',
  'connections_accepted',
  'receptions_attempts',
  'receptions_accepted',
  'rejections_attempts',
  'rejections_accepted',
] as const;

/** Their values; of a setting that was not put in force all are empty. */
export function enforcedFields(cell: EnforcedCell | undefined): readonly (string | number)[] {
  if (cell === undefined) return ENFORCED_COLUMNS.map(() => '');
  const { blocks, taken, connections, receptions, rejections } = cell;
  return [
    cell.firings,
    cell.keys,
    cell.refusedConnections,
    cell.refusedMessages,
    blocks?.begun ?? '',
    blocks?.refused ?? '',
    taken.accepted,
    taken.rejected,
    ...[connections, receptions, rejections].flatMap(({ attempts, accepted }) => [
      attempts,
      accepted,
    ]),
  ];
}

/** The same as JSON values, null of a setting that was not; key order is part of the format. */
export function enforcedJson(cell: EnforcedCell | undefined, taken: unknown): unknown {
  if (cell === undefined) return null;
  const { firings, keys, blocks, connections, receptions, rejections } = cell;
  return {
    firings,
    keys,
    refused: { connections: cell.refusedConnections, messages: cell.refusedMessages },
    blocks: blocks === undefined ? null : { begun: blocks.begun, refused: blocks.refused },
    taken,
    events: { connections, receptions, rejections },
  };
}

/**
 * A setting in force beside what the sweep observed of it.
 *
 * @param head what stands above the names of the rows
 * @param labelled whether there are lists of those who are known
 */
export function enforcedTable(
  head: string,
  { total }: SweepGroup,
  observed: SweepCell,
  enforced: EnforcedCell,
  labelled: boolean,
): string {
  const both = (name: string, before: number, now: number): string[] => [
    name,
    grouped(before),
    grouped(now),
  ];
  const takenRow = (name: keyof CollateralCounts): string[] =>
    both(`${name} taken`, observed.taken[name], enforced.taken[name]);
  const { blocks } = enforced;
  const rows = [
    both('firings', observed.firings, enforced.firings),
    both('keys', observed.keys, enforced.keys),
    both('refused connections', observed.stoppedConnections, enforced.refusedConnections),
    both('refused messages', observed.stoppedMessages, enforced.refusedMessages),
  ];
  if (blocks !== undefined) {
    rows.push(['blocks begun', '', grouped(blocks.begun)]);
    rows.push(['connects blocked', '', grouped(blocks.refused)]);
  }
  rows.push(takenRow('accepted'), takenRow('rejected'));
  if (labelled) rows.push(takenRow('good'), takenRow('bad'));
  const traffic = {
    connections: total.connections,
    receptions: total.accepted + total.spam + total.virus,
    rejections: total.rejected + total.greylisted,
  };
  for (const name of ['connections', 'receptions', 'rejections'] as const) {
    const { attempts, accepted } = enforced[name];
    rows.push(both(`${name}, attempts`, traffic[name], attempts));
    rows.push([`${name}, accepted`, '', grouped(accepted)]);
  }
  return plainTable([head, 'observed', 'enforced'], rows);
}
