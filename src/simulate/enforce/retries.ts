import type { Correlator } from '../../correlate/correlator.ts';
import { EventBatch, FLAG } from '../../model/event-batch.ts';
import { KIND, TEXT } from '../../model/event.ts';
import { DAY_MS } from '../../model/time.ts';
import type { Vocabulary } from '../../model/vocabulary.ts';
import { allocateBlock } from '../../model/words.ts';
import type { ReturningEvents } from '../event-stream.ts';
import { addRow, bytesOf, saveEvent, type HeldEvent } from '../held-events.ts';

/** A client gives up when it was first refused this long ago: what RFC 5321 asks at the least. */
const GIVE_UP_MS = 5 * DAY_MS;

/** What one refusal with a 4xx code took, on its way back. */
interface Unit {
  /** Sets its session and queue ids apart from those of the log. */
  readonly number: number;
  /** When its client was refused for the first time. */
  readonly firstMs: number;
  /** Whether it comes back as a session. */
  readonly isSession: boolean;
}

/** Of a message that was discarded: its client was told yes and does not come back for it. */
const NEVER: Unit = { number: 0, firstMs: 0, isSession: false };

interface Waiting {
  readonly event: HeldEvent;
  /** Rank of its input. */
  readonly source: number;
  readonly unit: Unit;
  readonly isFirst: boolean;
}

export interface RetryTally {
  readonly afterMs: number;
  /** Refusals whose client came back, gave up, or had not come back when the log ended. */
  returned: number;
  gaveUp: number;
  waiting: number;
}

/**
 * Clients that come back after a 4xx (semantics, section 6). All wait for the same time, so what is
 * held first comes back first.
 */
export class Retries implements ReturningEvents {
  readonly #afterMs: number;
  readonly #fileOf: (source: number) => string;
  readonly #queue: Waiting[] = [];
  #head = 0;
  /** By slot of an open session, and of a message, that was taken. */
  readonly #sessions: (Unit | undefined)[] = [];
  readonly #messages: (Unit | undefined)[] = [];
  readonly #batch: EventBatch;
  /** Of the event that comes back now. */
  #returning: Unit | undefined;
  #units = 0;
  #returned = 0;
  #gaveUp = 0;

  constructor(afterMs: number, vocabulary: Vocabulary, fileOf: (source: number) => string) {
    this.#afterMs = afterMs;
    this.#fileOf = fileOf;
    this.#batch = new EventBatch(vocabulary, allocateBlock(0));
  }

  get nextMs(): number {
    return this.#queue[this.#head]?.event.releaseMs ?? Infinity;
  }

  get tally(): RetryTally {
    const waiting = this.#queue.slice(this.#head).filter(({ isFirst }) => isFirst).length;
    const [returned, gaveUp] = [this.#returned, this.#gaveUp];
    return { afterMs: this.#afterMs, returned, gaveUp, waiting };
  }

  next(): { readonly batch: EventBatch; readonly row: number } {
    const { event, source, unit, isFirst } = this.#queue[this.#head++];
    if (this.#head === this.#queue.length) {
      this.#queue.length = 0;
      this.#head = 0;
    } else if (this.#head > 1000 && this.#head * 2 > this.#queue.length) {
      this.#queue.splice(0, this.#head);
      this.#head = 0;
    }
    this.#returning = unit;
    if (isFirst) this.#returned++;
    const batch = this.#batch;
    batch.clear();
    batch.source = source;
    const length = bytesOf(event);
    if (batch.bytes.length < length) batch.bytes = allocateBlock(length * 2);
    addRow(batch, event, 0);
    return { batch, row: 0 };
  }

  /** A session opened: nothing of its slot comes back. */
  opened(session: number): void {
    this.#sessions[session] = undefined;
  }

  /** A message begins that nobody has taken. */
  began(queued: number): void {
    this.#messages[queued] = undefined;
  }

  /** An event is discarded: its message, where it has one, is never tried again. */
  discarded(batch: EventBatch, row: number, { queued }: Correlator): void {
    const kind = batch.kind[row];
    if (queued === 0 || (kind !== KIND.transaction && kind !== KIND.reception)) return;
    this.#messages[queued] = NEVER;
  }

  /**
   * An event is refused with a code: when that is 4xx, it comes back with what goes with it.
   *
   * @param closes whether the session goes with it
   * @param begun slot of the session's message that goes with it; 0: none
   */
  refused(
    batch: EventBatch,
    row: number,
    correlator: Correlator,
    code: number,
    closes: boolean,
    begun: number,
  ): void {
    const before = this.#returningUnit(batch);
    if (code >= 500 || (batch.flags[row] & FLAG.late) !== 0) return;
    // The log has the client's own retry.
    if (batch.kind[row] === KIND.rejection && batch.code[row] >= 400 && batch.code[row] < 500) {
      return;
    }
    const nowMs = batch.release[row];
    const firstMs = before?.firstMs ?? nowMs;
    if (nowMs + this.#afterMs - firstMs >= GIVE_UP_MS) {
      this.#gaveUp++;
      return;
    }
    const { session, queued } = correlator;
    const kind = batch.kind[row];
    const isSession = kind === KIND.connect || (closes && session !== 0);
    const unit: Unit = { number: ++this.#units, firstMs, isSession };
    if (isSession && session !== 0) this.#sessions[session] = unit;
    if (queued !== 0 && (kind === KIND.transaction || kind === KIND.reception)) {
      this.#messages[queued] = unit;
    }
    if (begun !== 0) this.#messages[begun] = unit;
    if (kind !== KIND.connect) {
      this.#push(batch, row, unit, 'connect');
      if (!isSession) this.#push(batch, row, unit, 'disconnect');
    }
    this.#push(batch, row, unit, undefined, kind === KIND.connect);
  }

  /** An event has gone with its session or message. */
  gone(batch: EventBatch, row: number, correlator: Correlator): void {
    const { session, queued, closed } = correlator;
    // Nothing is kept under slot 0, which stands for none.
    const ofSession = this.#sessions[session] ?? this.#sessions[closed];
    const isBegin = batch.kind[row] === KIND.transaction || correlator.begins;
    const unit = isBegin ? ofSession : (this.#messages[queued] ?? ofSession);
    if (isBegin && queued !== 0) this.#messages[queued] = unit;
    if (unit === undefined || unit === NEVER || (batch.flags[row] & FLAG.late) !== 0) return;
    this.#push(batch, row, unit, undefined);
  }

  #returningUnit(batch: EventBatch): Unit | undefined {
    return batch === this.#batch ? this.#returning : undefined;
  }

  /** @param made the kind of an event that stands for the client's new connection */
  #push(
    batch: EventBatch,
    row: number,
    unit: Unit,
    made: 'connect' | 'disconnect' | undefined,
    isFirst = made === 'connect',
  ): void {
    const file = batch.text(row, TEXT.file) || this.#fileOf(batch.source);
    const saved = saveEvent(batch, row, file);
    const { session: _session, queue_id: _queueId, ...texts } = saved.texts;
    const { session: _sessionBytes, queue_id: _queueIdBytes, ...bytes } = saved.bytes;
    const named = unit.isSession || made !== undefined;
    const session = named ? renamed(batch.text(row, TEXT.session), unit) : '';
    const queueId = batch.text(row, TEXT.queue_id);
    const event = {
      ...saved,
      timeMs: saved.timeMs + this.#afterMs,
      releaseMs: saved.releaseMs + this.#afterMs,
      bytes,
      texts: { ...texts, session, queue_id: queueId === '' ? '' : renamed(queueId, unit) },
    };
    this.#queue.push({
      event: made === undefined ? event : connectionOf(event, made),
      source: batch.source,
      unit,
      isFirst,
    });
  }
}

/** `19832~3`: what comes back for the third time of all. */
function renamed(name: string, { number }: Unit): string {
  return `${name.replace(/~\d+$/, '')}~${number}`;
}

/** The connection on which a message comes back, or its end: of the event only its peer and place. */
function connectionOf(event: HeldEvent, kind: 'connect' | 'disconnect'): HeldEvent {
  const { session = '' } = event.texts;
  return {
    ...event,
    kind,
    code: 0,
    phase: 0,
    verdict: 0,
    flags: 0,
    size: -1,
    recipients: -1,
    bytes: {},
    texts: { session },
  };
}
