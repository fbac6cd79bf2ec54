import type { CorrelatorState } from '../correlate/correlator-state.ts';
import type { AuditState, WindowCounts } from '../engine/audit-state.ts';
import type { LedgerState } from './firing-ledger.ts';
import type { HeldEvent } from './held-events.ts';
import type { StoppedMessage } from './stopped-events.ts';
import type { Tally } from './tally.ts';

/**
 * Where a replay stands between two events, so that a later run goes on as if there had been no
 * pause (semantics, section 8). Plain values, sorted: equal replays give equal states.
 */
export interface ReplayState {
  /** Release time of the newest event, milliseconds UTC; null before the first. */
  readonly clockMs: number | null;
  /** Kinds of all events so far, by name. */
  readonly seenKinds: readonly string[];
  /** The report so far, all runs together; facts about inputs belong to one run and are left out. */
  readonly tally: Tally;
  readonly ledger: LedgerState;
  readonly stopped: readonly StoppedMessage[];
  readonly correlator: CorrelatorState;
  /** Null before the first event. */
  readonly audit: AuditState | null;
  /** The reorder buffer: events that a file still to come may precede, in order. */
  readonly held: readonly HeldEvent[];
}

/** A window of a metric or series, by the place of the latter in the audit state. */
interface WindowRecord extends WindowCounts {
  readonly part: 'window';
  readonly feed: number;
}

type StateRecord = { readonly part: keyof ReplayState; readonly value: unknown } | WindowRecord;

/** The state in records of a size that can be written one by one: windows stand by themselves. */
export function* stateRecords(state: ReplayState): Generator<StateRecord, void, undefined> {
  const { audit, ...others } = state;
  for (const [part, value] of Object.entries(others)) {
    yield { part: part as keyof ReplayState, value };
  }
  const feeds = audit?.feeds ?? [];
  const bare = audit && { ...audit, feeds: feeds.map((feed) => ({ ...feed, windows: [] })) };
  yield { part: 'audit', value: bare };
  for (const [feed, { windows }] of feeds.entries()) {
    for (const window of windows) yield { part: 'window', feed, ...window };
  }
}

/** The reverse, for records that `stateRecords` made. */
export function stateFrom(records: readonly unknown[]): ReplayState {
  const parts: Record<string, unknown> = {};
  const windows: WindowCounts[][] = [];
  for (const record of records as readonly StateRecord[]) {
    if (record.part === 'window') {
      const { window, keys, counts } = record as WindowRecord;
      (windows[(record as WindowRecord).feed] ??= []).push({ window, keys, counts });
    } else parts[record.part] = (record as { value: unknown }).value;
  }
  const state = parts as unknown as ReplayState;
  if (state.audit === null) return state;
  const feeds = state.audit.feeds.map((feed, index) => ({
    ...feed,
    windows: windows[index] ?? [],
  }));
  return { ...state, audit: { ...state.audit, feeds } };
}
