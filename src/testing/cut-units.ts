import { NetworkSet, type Network } from '../model/address.ts';
import { FLAG, type EventBatch } from '../model/event-batch.ts';
import { KIND, PHASE, TEXT, TEXT_FIELDS } from '../model/event.ts';
import type { StreamClock, StreamTaker } from '../simulate/event-stream.ts';
import { LineBits, LineSet } from './cut-line.ts';

/** The lines of one session and of the messages begun in it, or of what belongs to no session. */
export interface CutUnit {
  /** In threes: number of the input, number of the file's name, line. */
  readonly lines: number[];
  firstMs: number;
  /** Of the newest event, or when the session ended; Infinity while it is open. */
  endMs: number;
  /** One of its events is of a peer that is kept. */
  isKept: boolean;
  readonly isSession: boolean;
  /** Messages that were begun in it. */
  messages: number;
}

/** An event of a unit that is kept, as it can be compared with the same event of a cut. */
export interface CutEvent {
  readonly unit: CutUnit;
  readonly source: number;
  readonly timeMs: number;
  /** What pseudonyms do not change, as words. */
  readonly facts: string;
  readonly peer: string;
  /** The text fields and the node, each empty where the line has none. */
  readonly texts: readonly string[];
}

interface RestartLine {
  readonly source: number;
  readonly line: number;
  readonly file: string;
  readonly timeMs: number;
}

/** What is kept of logs: half open in time, and what reaches into the span is kept whole. */
export interface CutSpan {
  readonly fromMs: number;
  readonly toMs: number;
}

const FACT_TEXTS = TEXT_FIELDS.map((_, field) => field).filter((field) => field !== TEXT.file);

/**
 * Gathers the sessions and messages of some peers from a stream: with their lines, so that a second
 * reading can cut these out, and with their events, so that the cut can be held against them.
 * Memory follows the sessions that are open and the events of these peers.
 */
export class CutUnits implements StreamTaker {
  readonly nextDueMs = Infinity;
  readonly span: CutSpan;
  /** In the order in which they were known to be kept. */
  readonly units: CutUnit[] = [];
  /** In the order of the stream. */
  readonly events: CutEvent[] = [];
  /** By number of the input: the lines that hold an event of anyone. */
  readonly eventLines: LineBits[] = [];
  readonly #networks: NetworkSet;
  readonly #peerText: (family: number, words: Int32Array, at: number) => string;
  readonly #files: string[] = [''];
  readonly #fileNumbers = new Map<string, number>([['', 0]]);
  readonly #restarts: RestartLine[] = [];
  readonly #bounds: { first: number; last: number }[] = [];
  readonly #bySession: (CutUnit | undefined)[] = [];
  readonly #byMessage: (CutUnit | undefined)[] = [];
  #clock!: StreamClock;

  /** @param peerText what a peer is called in the events */
  constructor(
    networks: readonly Network[],
    span: CutSpan,
    peerText: (family: number, words: Int32Array, at: number) => string,
  ) {
    this.span = span;
    this.#networks = new NetworkSet(networks);
    this.#peerText = peerText;
  }

  attach(clock: StreamClock): void {
    this.#clock = clock;
  }

  start(): void {
    // Nothing of its own happens in time.
  }

  advance(): void {
    // Nothing is ever due.
  }

  session(slot: number, end: unknown, nowMs: number): void {
    if (end === undefined) {
      this.#bySession[slot] = newUnit(nowMs, true);
      return;
    }
    const unit = this.#bySession[slot];
    if (unit !== undefined) unit.endMs = nowMs;
  }

  take(batch: EventBatch, row: number, nowMs: number): void {
    const { source } = batch;
    const line = batch.line[row];
    (this.eventLines[source] ??= new LineBits()).add(line);
    this.#noteSpan(source, line, nowMs);
    const file = batch.text(row, TEXT.file);
    const kind = batch.kind[row];
    if (kind === KIND.restart) {
      this.#restarts.push({ source, line, file, timeMs: nowMs });
      return;
    }
    const unit = this.#unitOf(batch, row, nowMs);
    unit.lines.push(source, this.#fileNumber(file), line);
    if (unit.endMs !== Infinity) unit.endMs = Math.max(unit.endMs, nowMs);
    if (!unit.isKept && this.#networks.has(batch.family[row], batch.ip, row * 4)) {
      unit.isKept = true;
      this.units.push(unit);
    }
    if (unit.isKept) this.events.push(this.#eventOf(unit, batch, row));
  }

  drop(): void {
    // No event: what else such a line belongs to is decided when the lines are read.
  }

  /** The units that reach into the span. */
  selected(): Set<CutUnit> {
    const { fromMs, toMs } = this.span;
    return new Set(this.units.filter((unit) => unit.endMs >= fromMs && unit.firstMs < toMs));
  }

  /** The lines of units, and those that restarted a server while these went on. */
  linesOf(units: ReadonlySet<CutUnit>): LineSet {
    const lines = new LineSet();
    let firstMs = Infinity;
    let lastMs = -Infinity;
    for (const unit of units) {
      for (let at = 0; at < unit.lines.length; at += 3) {
        lines.add(unit.lines[at], this.#files[unit.lines[at + 1]], unit.lines[at + 2]);
      }
      firstMs = Math.min(firstMs, unit.firstMs);
      lastMs = Math.max(lastMs, unit.endMs);
    }
    for (const { source, file, line, timeMs } of this.#restarts) {
      if (timeMs >= firstMs && timeMs <= lastMs) lines.add(source, file, line);
    }
    return lines;
  }

  /** Whether a line of an input lies in the span, as far as the events around it tell. */
  readonly spans = (source: number, line: number): boolean => {
    const bounds = this.#bounds.at(source);
    return bounds !== undefined && line >= bounds.first && line <= bounds.last;
  };

  #noteSpan(source: number, line: number, nowMs: number): void {
    const bounds = (this.#bounds[source] ??= { first: 1, last: Infinity });
    if (nowMs < this.span.fromMs) bounds.first = Math.max(bounds.first, line + 1);
    else if (nowMs >= this.span.toMs) bounds.last = Math.min(bounds.last, line - 1);
  }

  #unitOf(batch: EventBatch, row: number, nowMs: number): CutUnit {
    const { session, closed, queued } = this.#clock.correlator;
    const slot = session === 0 ? closed : session;
    let unit = slot === 0 ? undefined : this.#bySession[slot];
    const kind = batch.kind[row];
    const begins =
      kind === KIND.transaction || (kind === KIND.reinjection && batch.phase[row] !== PHASE.spool);
    if (unit === undefined && queued !== 0 && !begins) unit = this.#byMessage[queued];
    unit ??= newUnit(nowMs, false);
    if (begins && queued !== 0) {
      this.#byMessage[queued] = unit;
      unit.messages++;
    }
    return unit;
  }

  #eventOf(unit: CutUnit, batch: EventBatch, row: number): CutEvent {
    const { vocabulary } = batch;
    const facts = [
      batch.time[row],
      vocabulary.kinds.name(batch.kind[row]),
      vocabulary.services.name(batch.service[row]),
      vocabulary.listeners.name(batch.listener[row]),
      batch.phase[row],
      batch.phases[row],
      batch.code[row],
      batch.verdict[row],
      batch.flags[row] & FLAG.late,
      batch.size[row],
      batch.recipients[row],
    ];
    return {
      unit,
      source: batch.source,
      timeMs: batch.time[row],
      facts: facts.join(' '),
      peer: this.#peerText(batch.family[row], batch.ip, row * 4),
      texts: [
        vocabulary.nodes.name(batch.node[row]),
        ...FACT_TEXTS.map((field) => batch.text(row, field)),
      ],
    };
  }

  #fileNumber(file: string): number {
    const known = this.#fileNumbers.get(file);
    if (known !== undefined) return known;
    const number = this.#files.push(file) - 1;
    this.#fileNumbers.set(file, number);
    return number;
  }
}

function newUnit(firstMs: number, isSession: boolean): CutUnit {
  const endMs = isSession ? Infinity : firstMs;
  return { lines: [], firstMs, endMs, isKept: false, isSession, messages: 0 };
}
