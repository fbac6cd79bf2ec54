import {
  Correlator,
  DEFAULT_SESSION_TIMEOUT_MS,
  type CorrelatorOptions,
} from '../../src/correlate/correlator.ts';
import type { CorrelatorState } from '../../src/correlate/correlator-state.ts';
import type { SessionEnd } from '../../src/correlate/session-table.ts';
import { ALL_NEEDS, PHASES } from '../../src/model/event.ts';
import type { EventBatch } from '../../src/model/event-batch.ts';
import { fieldValue, peerText } from '../../src/model/field-value.ts';
import { formatAddress } from '../../src/model/address.ts';
import { batchOf, NOON_MS, type EventRow } from './event-batches.ts';

/** What a correlator made of one row. */
export interface CorrelatedEvent {
  /** `dropped` where the row is no event. */
  readonly kind: string;
  readonly ip: string;
  /** The phases that the event implies, in order, with a blank between them. */
  readonly phases: string;
  readonly phase: string;
  readonly verdict: string;
  readonly user: string;
  readonly session: string;
  readonly listener: string;
  readonly service: string;
  /** Sessions that ended or opened before the event's turn was over: `-192.0.2.1`, `+192.0.2.7`. */
  readonly sessions: string;
  readonly changes: readonly SessionChange[];
}

/** A session that opened (1) or ended (-1). */
export interface SessionChange {
  readonly change: number;
  readonly timeMs: number;
  readonly ip: string;
  readonly node: string;
  readonly service: string;
  readonly listener: string;
}

/** What an event belongs to, by numbers that are never used again; 0: nothing known. */
export interface Belongings {
  readonly session: number;
  readonly message: number;
  /** The session that the event ended. */
  readonly closed: number;
}

export interface Correlated {
  readonly events: readonly CorrelatedEvent[];
  /** Of each event; without pauses only. */
  readonly belongings: readonly Belongings[];
  readonly correlator: Correlator;
  readonly state: CorrelatorState;
  /** Sessions by how they ended. */
  readonly ended: Readonly<Record<SessionEnd, number>>;
}

/**
 * Takes rows through a correlator as a replay does: what is due first, then the event.
 *
 * @param pauses rows before which the correlator is saved, as text, and another one goes on
 */
export function correlate(
  rows: readonly EventRow[],
  sessionTimeoutMs = DEFAULT_SESSION_TIMEOUT_MS,
  pauses: ReadonlySet<number> = new Set(),
): Correlated {
  const batch = batchOf(rows);
  const { nodes, services, listeners } = batch.vocabulary;
  let changes: SessionChange[] = [];
  let timeMs = 0;
  const sessionIds = new Map<number, number>();
  const messageIds = new Map<number, number>();
  let lastId = 0;
  const belongings: Belongings[] = [];
  const ended = { logged: 0, replaced: 0, restart: 0, timeout: 0 };
  const options: CorrelatorOptions = {
    needs: ALL_NEEDS,
    sessionTimeoutMs,
    onSession: (slot, end) => {
      const change = end === undefined ? 1 : -1;
      if (end === undefined) sessionIds.set(slot, ++lastId);
      if (end !== undefined) ended[end]++;
      const { family, words, node, service, listener } = correlator.sessions;
      const [w0, w1, w2, w3] = words.subarray(slot * 4, slot * 4 + 4);
      const own = family[slot] === 4 ? 4 : 6;
      changes.push({
        change,
        timeMs,
        ip: family[slot] === 0 ? 'unknown' : formatAddress(own, w0, w1, w2, w3),
        node: nodes.name(node[slot]),
        service: services.name(service[slot]),
        listener: listeners.name(listener[slot]),
      });
    },
  };
  let correlator = new Correlator(options);
  const events = rows.map((_, row): CorrelatedEvent => {
    if (pauses.has(row)) {
      const saved = JSON.stringify(correlator.save(batch.vocabulary));
      correlator = new Correlator(options);
      correlator.restore(JSON.parse(saved) as CorrelatorState, batch.vocabulary);
    }
    changes = [];
    const nowMs = batch.release[row];
    if (!correlator.admits(batch, row)) {
      belongings.push({ session: 0, message: 0, closed: 0 });
      return eventOf(batch, row, false, changes);
    }
    while (correlator.nextTimeoutMs <= nowMs) {
      timeMs = correlator.nextTimeoutMs;
      correlator.expire();
    }
    timeMs = nowMs;
    correlator.take(batch, row);
    const event = eventOf(batch, row, true, changes);
    const { session, queued, closed } = correlator;
    const begins = isFirstLine(event) || correlator.begins;
    if (queued !== 0 && begins) messageIds.set(queued, ++lastId);
    belongings.push({
      session: sessionIds.get(session) ?? 0,
      message: messageIds.get(queued) ?? 0,
      closed: sessionIds.get(closed) ?? 0,
    });
    return event;
  });
  return { events, belongings, correlator, ended, state: correlator.save(batch.vocabulary) };
}

/** Whether a message begins with the event. */
export function isFirstLine({ kind, phase }: CorrelatedEvent): boolean {
  return kind === 'transaction' || (kind === 'reinjection' && phase === 'rcptto');
}

function eventOf(
  batch: EventBatch,
  row: number,
  kept: boolean,
  changes: readonly SessionChange[],
): CorrelatedEvent {
  return {
    kind: kept ? fieldValue(batch, row, 'kind') : 'dropped',
    ip: peerText(batch, row),
    phases: PHASES.filter((_, phase) => (batch.phases[row] & (1 << phase)) !== 0).join(' '),
    phase: fieldValue(batch, row, 'phase'),
    verdict: fieldValue(batch, row, 'verdict'),
    user: fieldValue(batch, row, 'user'),
    session: fieldValue(batch, row, 'session'),
    listener: fieldValue(batch, row, 'listener'),
    service: fieldValue(batch, row, 'service'),
    sessions: changes.map(({ change, ip }) => (change > 0 ? '+' : '-') + ip).join(' '),
    changes,
  };
}

/** A line `seconds` after noon on node mx1. */
export function line(
  seconds: number,
  kind: string,
  fields: Omit<EventRow, 'timeMs' | 'kind'> = {},
): EventRow {
  return { node: 'mx1', listener: 'postfix', ...fields, timeMs: NOON_MS + seconds * 1000, kind };
}

/** A line of the smtpd process `pid`. */
export function smtpd(
  seconds: number,
  kind: string,
  pid: number,
  fields: Omit<EventRow, 'timeMs' | 'kind'> = {},
): EventRow {
  const { listener = 'postfix' } = fields;
  return line(seconds, kind, { ...fields, listener, session: `${listener}/smtpd[${pid}]` });
}
