import { ALL_REPLICATED, type ManagerLog, type Replication } from '../../src/model/replication.ts';
import { Vocabulary } from '../../src/model/vocabulary.ts';
import { BARE_POLICY } from '../../src/simulate/policy-run.ts';
import type { ReplayOptions } from '../../src/simulate/replay.ts';
import { line } from './correlated-events.ts';
import { NOON_MS, type EventRow } from './event-batches.ts';
import { replayRows, ReplayRecords } from './rule-policies.ts';
import { sievePolicy } from './script-replays.ts';

// Histories of a few nodes that can be worked out by hand: one peer, windows of ten seconds, and
// times in seconds after noon, where such a window begins.

export type Setting = Partial<ReplayOptions> & {
  readonly replication?: Partial<Replication>;
  readonly managerLog?: ManagerLog;
};

export const PEER = '192.0.2.1';
const MONITOR = { intervalMs: 10_000, windows: 3 };

type Fields = Omit<EventRow, 'timeMs' | 'kind' | 'node'>;

export function connect(node: string, seconds: number, fields: Fields = {}): EventRow {
  return line(seconds, 'connect', { ip: PEER, session: `s${seconds}`, ...fields, node });
}

/** The end of the session that began at `began`. */
export function disconnect(node: string, seconds: number, began: number): EventRow {
  return line(seconds, 'disconnect', { node, ip: PEER, session: `s${began}` });
}

/** The log of each node is an input that has its name. */
export async function replayNodes(
  rows: readonly EventRow[],
  { replication, managerLog, policy, ...options }: Setting,
): Promise<{ records: ReplayRecords; notes: readonly string[] }> {
  const nodes = [...new Set(rows.map(({ node }) => node!))];
  const inputs = nodes.map((node) => rows.filter((row) => row.node === node));
  const records = new ReplayRecords();
  const { tally } = await replayRows(
    inputs,
    {
      ...(policy ?? { ...BARE_POLICY, monitors: [MONITOR] }),
      replication: { ...ALL_REPLICATED, isSingleNode: false, ...replication },
      managerLog,
    },
    {
      vocabulary: new Vocabulary(),
      fileOf: (source) => nodes[source],
      sink: records,
      ...options,
    },
  );
  return { records, notes: tally.scripts?.notes.map(({ text }) => text) ?? [] };
}

/** What scripts log: `2 mx1: 3` at two seconds on mx1. */
export async function logged(rows: readonly EventRow[], setting: Setting): Promise<string[]> {
  const { records } = await replayNodes(rows, setting);
  return records.log.map(
    ({ timeMs, file, text }) => `${(timeMs - NOON_MS) / 1000} ${file}: ${text}`,
  );
}

export const told = (
  script: string,
  rows: readonly EventRow[],
  setting: Setting = {},
): Promise<string[]> => logged(rows, { scripts: sievePolicy(script), ...setting });

/** Adds 1, or another amount, to the series `s`. */
export const add = (replicate: 0 | 1 | -1, amount = 1): string =>
  `$a = hash_create; hash_set $a "series" "s"; hash_set $a "monitor" "10,3";
   hash_set $a "count" ${amount}; hash_set $a "replicate" ${replicate}; audit_series_add $a;`;

/** Puts what `s` counts in some windows into `$s`. */
export const ask = (start = 0, end = 2): string =>
  `$s = audit_series "s" "10,3" "32" ${start} ${end};`;

/** Puts a metric over all windows into a variable. */
export const metric = (command: string, variable: string): string =>
  `$h = hash_create; hash_set $h "period_end" 2; $${variable} = ${command} $h;`;

export const ADD_AND_ASK = (replicate: 0 | 1 | -1): string =>
  `${add(replicate)} ${ask()} ec_log "\${s}";`;
