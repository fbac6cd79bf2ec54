import { KIND_DROPPED } from '../model/event.ts';
import { FLAG, type EventBatch } from '../model/event-batch.ts';
import { DAY_MS } from '../model/time.ts';

/** A line that was taken out because its stamp cannot be right. */
export interface QuarantinedLine {
  readonly line: number;
  readonly timeMs: number;
}

/** A stretch of the file without any line. */
export interface Gap {
  readonly fromMs: number;
  readonly toMs: number;
  /** The first line behind it. */
  readonly line: number;
}

export interface FileClockOptions {
  /** A line older than the newest one by more than this is late. */
  readonly reorderMs: number;
  /** Longer stretches without a line are recorded. */
  readonly gapMs: number;
}

/** A jump further ahead is not believed at once. */
const JUMP_MS = DAY_MS;
/** Within so many lines the file comes back, or the jump was a gap. */
const HOLD_LINES = 1000;
const LISTED_QUARANTINED = 20;
const LISTED_GAPS = 5;

/** A jump ahead on which the file has not yet decided. */
interface Hold {
  /** Newest line time before the jump. */
  readonly baseMs: number;
  /** A line below this brings the file back; all lines held are at or above it. */
  readonly limitMs: number;
  readonly line: number;
  /** Where its rows begin. */
  readonly batch: EventBatch;
  readonly row: number;
  readonly lateLines: number;
}

/**
 * The time of one file as its lines tell it: what is late, what is a gap, and which jumps ahead are
 * broken stamps (semantics, section 2).
 *
 * A jump of more than a day opens a hold. A second jump inside it opens another one on top, so that
 * a broken stamp behind a real gap is still found. Rows are late by the newest line of the file as
 * if every open hold were a gap; when it is none, those rows are dropped.
 */
export class FileClock {
  /** Newest line time so far, open holds believed; -Infinity before the first. */
  newestMs = -Infinity;
  /** Time of the first dated line; NaN before it. */
  firstMs = Number.NaN;
  lateLines = 0;
  quarantinedCount = 0;
  /** The first of them. */
  readonly quarantined: QuarantinedLine[] = [];
  gapCount = 0;
  /** The longest of them, longest first. */
  readonly gaps: Gap[] = [];

  readonly #reorderMs: number;
  readonly #gapMs: number;
  readonly #stepMs: number;
  readonly #holds: Hold[] = [];
  #held: QuarantinedLine[] = [];
  #openGaps: Gap[] = [];

  constructor({ reorderMs, gapMs }: FileClockOptions) {
    this.#reorderMs = reorderMs;
    this.#gapMs = gapMs;
    this.#stepMs = Math.min(JUMP_MS, gapMs);
  }

  /** The newest line time that no decision can take back. */
  get certainMs(): number {
    return this.#holds.length > 0 ? this.#holds[0].baseMs : this.newestMs;
  }

  /** Another line of this very time would change nothing; NaN while a jump is undecided. */
  get settledMs(): number {
    return this.#holds.length > 0 ? Number.NaN : this.newestMs;
  }

  /** The batch from which on rows are undecided; undefined when all are decided. */
  get undecidedFrom(): EventBatch | undefined {
    return this.#holds.at(0)?.batch;
  }

  /**
   * Takes the next dated line, whose events are the rows of `batch` from `row` on.
   *
   * @param pending the batches that hold undecided rows, oldest first, `batch` being the last
   */
  see(timeMs: number, line: number, batch: EventBatch, row: number, pending: EventBatch[]): void {
    if (this.#holds.length > 0) this.#decide(timeMs, line, row, pending);
    const newest = this.newestMs;
    if (timeMs > newest) {
      if (timeMs - newest > this.#stepMs) this.#step(timeMs, line, batch, row);
      this.newestMs = timeMs;
    } else if (timeMs < newest - this.#reorderMs) {
      this.lateLines++;
      for (let late = row; late < batch.rows; late++) {
        batch.flags[late] |= FLAG.late;
        batch.release[late] = newest;
      }
    }
    if (this.#holds.length > 0) this.#held.push({ line, timeMs });
  }

  /** Believes the jumps that lie too far behind `line`, also when no dated line follows. */
  expire(line: number): void {
    while (this.#holds.length > 0 && line - this.#holds[0].line > HOLD_LINES) this.#believe();
  }

  /** The file has ended: what is still held was a gap. */
  finish(): void {
    while (this.#holds.length > 0) this.#believe();
  }

  #step(timeMs: number, line: number, batch: EventBatch, row: number): void {
    const baseMs = this.newestMs;
    if (baseMs === -Infinity) {
      this.firstMs = timeMs;
      return;
    }
    if (timeMs - baseMs > this.#gapMs) {
      const gap = { fromMs: baseMs, toMs: timeMs, line };
      if (this.#holds.length > 0 || timeMs - baseMs > JUMP_MS) this.#openGaps.push(gap);
      else this.#record(gap);
    }
    if (timeMs - baseMs <= JUMP_MS) return;
    const { lateLines } = this;
    this.#holds.push({ baseMs, limitMs: baseMs + JUMP_MS, line, batch, row, lateLines });
  }

  #decide(timeMs: number, line: number, row: number, pending: EventBatch[]): void {
    this.expire(line);
    let broken: Hold | undefined;
    while (this.#holds.length > 0 && timeMs < this.#holds[this.#holds.length - 1].limitMs) {
      broken = this.#holds.pop();
    }
    if (broken !== undefined) this.#quarantine(broken, row, pending);
  }

  /** @param row the first row of the line that brought the file back */
  #quarantine(hold: Hold, row: number, pending: EventBatch[]): void {
    const from = pending.lastIndexOf(hold.batch);
    for (let index = from; index < pending.length; index++) {
      const batch = pending[index];
      const end = index === pending.length - 1 ? row : batch.rows;
      for (let at = index === from ? hold.row : 0; at < end; at++) batch.kind[at] = KIND_DROPPED;
    }
    let kept = this.#held.length;
    while (kept > 0 && this.#held[kept - 1].line >= hold.line) kept--;
    for (const held of this.#held.splice(kept)) {
      this.quarantinedCount++;
      if (this.quarantined.length < LISTED_QUARANTINED) this.quarantined.push(held);
    }
    this.#openGaps = this.#openGaps.filter((gap) => gap.line < hold.line);
    this.lateLines = hold.lateLines;
    this.newestMs = hold.baseMs;
  }

  /** The oldest hold was a gap. */
  #believe(): void {
    this.#holds.shift();
    const decidedTo = this.#holds.at(0)?.line ?? Infinity;
    while (this.#openGaps.length > 0 && this.#openGaps[0].line < decidedTo) {
      this.#record(this.#openGaps.shift()!);
    }
    const undecided = this.#held.findIndex(({ line }) => line >= decidedTo);
    this.#held = undecided === -1 ? [] : this.#held.slice(undecided);
  }

  #record(gap: Gap): void {
    this.gapCount++;
    const length = gap.toMs - gap.fromMs;
    const at = this.gaps.findIndex((known) => known.toMs - known.fromMs < length);
    if (at !== -1) this.gaps.splice(at, 0, gap);
    else if (this.gaps.length < LISTED_GAPS) this.gaps.push(gap);
    if (this.gaps.length > LISTED_GAPS) this.gaps.pop();
  }
}
