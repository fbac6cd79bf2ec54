import { formatNetwork, type Network } from '../model/address.ts';
import { formatIso } from '../model/time.ts';
import { visible } from '../model/visible.ts';
import { clock, counted, duration, grouped, plainTable } from './plain-table.ts';

/** What was cut out of logs. */
export interface CutReport {
  readonly version: string;
  readonly networks: readonly Network[];
  readonly files: readonly { readonly file: string; readonly lines: number; readonly of: number }[];
  readonly events: number;
  readonly sessions: number;
  readonly messages: number;
  readonly peers: number;
  /** Times of the first and the last event that was kept. */
  readonly firstMs: number;
  readonly lastMs: number;
  readonly isAnonymised: boolean;
  /** Firings that are the same in the whole and in the cut; undefined without a policy. */
  readonly firings: number | undefined;
  /** Options that the cut is to be read with. */
  readonly readWith: string;
}

export function cutTable(report: CutReport): string {
  const { files, firstMs, lastMs, firings, events } = report;
  const rows = files.map(({ file, lines, of }) => [visible(file), grouped(lines), grouped(of)]);
  const kept = [
    counted(events, 'event'),
    counted(report.sessions, 'session'),
    counted(report.messages, 'message'),
    counted(report.peers, 'peer'),
  ];
  const same =
    firings === undefined
      ? 'the events are the same as in the whole'
      : `the events and ${counted(firings, 'row')} of firings.csv are the same as in the whole`;
  return [
    plainTable(['file', 'lines kept', 'of'], rows),
    `${report.networks.map(formatNetwork).join(', ')}: ${kept.join(', ')}`,
    `${clock(firstMs)} to ${clock(lastMs)} UTC (${duration(lastMs - firstMs)})`,
    `checked: ${same}`,
    '',
  ].join('\n');
}

export function cutJson(report: CutReport): unknown {
  const { version, networks, files, events, sessions, messages, peers, firings } = report;
  return {
    hindcast: version,
    blocks: networks.map(formatNetwork),
    files: files.map(({ file, lines, of }) => ({ file, lines, of })),
    events,
    sessions,
    messages,
    peers,
    first: formatIso(report.firstMs),
    last: formatIso(report.lastMs),
    anonymized: report.isAnonymised,
    firings: firings ?? null,
    read_with: report.readWith,
  };
}
