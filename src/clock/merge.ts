import { KIND_DROPPED } from '../model/event.ts';
import { FLAG, grown, type EventBatch } from '../model/event-batch.ts';
import type { EventSource } from './event-source.ts';

/** Handles the events `[from, to)` of a batch, which come next, in order; false ends the merge. */
export type HandleEvents = (batch: EventBatch, from: number, to: number) => boolean;

/**
 * Hands out the events of all sources as one stream ordered by (release time, rank, line): a k-way
 * merge of nearly sorted inputs (semantics, section 2). The release time of an event is its own
 * time, or, for a late one, the oldest time that its file could still bring.
 *
 * Inputs are opened when the stream reaches them, so a year of rotated files holds few open. Memory
 * is what the reorder buffer of the open inputs spans, whatever the size of the files.
 */
export async function mergeSources(
  sources: readonly EventSource[],
  handle: HandleEvents,
): Promise<void> {
  await new Merge(sources).run(handle);
}

/** The bounds of a merge; times in milliseconds UTC. */
export interface MergeBounds {
  /** Rows released before this are late: a run that ended here has handed out what came before. */
  readonly floorMs?: number;
  /** Whether rows that a file still to come may precede are held back at the end. */
  readonly holds?: boolean;
}

/** A merge that can stand still: `mergeSources` in as many steps as its owner likes. */
export class Merge {
  readonly #sources: readonly EventSource[];
  readonly #floorMs: number;
  readonly #holds: boolean;
  /** Not yet opened, the earliest first. */
  readonly #waiting: Lane[];
  /** By the release time of their next row, then by rank. */
  readonly #open: Lane[] = [];

  constructor(sources: readonly EventSource[], { floorMs, holds }: MergeBounds = {}) {
    this.#sources = sources;
    this.#floorMs = floorMs ?? -Infinity;
    this.#holds = holds ?? false;
    this.#waiting = sources
      .map((source) => new Lane(source, this.#floorMs))
      .sort((a, b) => a.headTime - b.headTime || a.rank - b.rank);
  }

  /** Hands out the rows released before `untilMs`; fewer when the handler ends the merge. */
  async run(handle: HandleEvents, untilMs = Infinity): Promise<void> {
    const waiting = this.#waiting;
    const open = this.#open;
    for (;;) {
      while (waiting.length > 0 && (open.length === 0 || waiting[0].headTime <= open[0].headTime)) {
        if (waiting[0].headTime >= untilMs) break;
        await this.#openNext();
      }
      const lane = open[0];
      if (lane === undefined || lane.headTime >= untilMs) return;
      const ceiling = this.#holds ? this.#certainMs() : Infinity;
      if (lane.headTime > ceiling) {
        // All lanes that are open have ended here. One that waits may take the certain time further.
        if (waiting.length === 0 || waiting[0].headTime >= untilMs) return;
        await this.#openNext();
        continue;
      }
      open.shift();
      const rival = open[0];
      // At the rival's own time the lower rank goes first.
      let inclusive = rival === undefined || lane.rank < rival.rank;
      let limit = rival?.headTime ?? Infinity;
      if (waiting.length > 0 && waiting[0].headTime <= limit) {
        limit = waiting[0].headTime;
        inclusive = false;
      }
      if (untilMs <= limit) {
        limit = untilMs;
        inclusive = false;
      }
      if (ceiling < limit) {
        limit = ceiling;
        inclusive = true;
      }
      if (!lane.drain(limit, inclusive, handle)) return;
      if (!lane.ready()) await lane.fill();
      if (!lane.ended) insert(open, lane);
    }
  }

  /** Calls `each` for the rows held back, in the order in which they would have come. */
  takeHeld(each: (batch: EventBatch, row: number) => void): void {
    const open = this.#open;
    for (let lane = open.shift(); lane !== undefined; lane = open.shift()) {
      lane.takeFirst(each);
      if (lane.ready()) insert(open, lane);
    }
  }

  async #openNext(): Promise<void> {
    const lane = this.#waiting.shift()!;
    await lane.fill();
    if (!lane.ended) insert(this.#open, lane);
  }

  /** No file that begins where one of these ended can bring a row that belongs before this. */
  #certainMs(): number {
    let certainMs = this.#floorMs;
    for (const source of this.#sources) certainMs = Math.max(certainMs, source.certainMs);
    return certainMs;
  }
}

function insert(open: Lane[], lane: Lane): void {
  let at = 0;
  while (
    at < open.length &&
    (open[at].headTime < lane.headTime ||
      (open[at].headTime === lane.headTime && open[at].rank < lane.rank))
  ) {
    at++;
  }
  open.splice(at, 0, lane);
}

const INITIAL_PENDING = 1024;
/** Places by which rows of a batch are moved one by one; beyond, the rest is merged at once. */
const MOST_MOVED = 16_384;

/** One source and its reorder buffer: rows sorted by release time, then line. */
class Lane {
  readonly rank: number;
  /** Release time of the next row; a lower bound before the source was opened. */
  headTime: number;
  ended = false;

  readonly #source: EventSource;
  readonly #floorMs: number;
  #batches: (EventBatch | undefined)[] = [];
  readonly #left: number[] = [];
  #times = new Float64Array(INITIAL_PENDING);
  #batchOf = new Uint32Array(INITIAL_PENDING);
  #rowOf = new Uint32Array(INITIAL_PENDING);
  #head = 0;
  #tail = 0;

  constructor(source: EventSource, floorMs: number) {
    this.#source = source;
    this.#floorMs = floorMs;
    this.rank = source.rank;
    this.headTime = Math.max(source.lowerBound, floorMs);
  }

  /** Whether the next row is at hand and no row still to come can precede it. */
  ready(): boolean {
    if (this.#head === this.#tail) return false;
    this.headTime = this.#times[this.#head];
    return this.headTime <= this.#source.watermark;
  }

  /** Reads on until the next row is certain, or the source has ended. */
  async fill(): Promise<void> {
    while (!this.ready()) {
      const batch = await this.#source.nextBatch();
      if (batch !== undefined) this.#enqueue(batch);
      else if (this.#head === this.#tail) {
        this.ended = true;
        this.headTime = Infinity;
        return;
      } else return;
    }
  }

  /** Hands out the certain rows below `limit` (or at it). False when the handler ended the merge. */
  drain(limit: number, inclusive: boolean, handle: HandleEvents): boolean {
    const { watermark } = this.#source;
    const times = this.#times;
    const batchOf = this.#batchOf;
    const rowOf = this.#rowOf;
    while (this.#head < this.#tail) {
      const index = batchOf[this.#head];
      const from = rowOf[this.#head];
      let to = from;
      // As many rows of the batch as stand one behind the other.
      for (let at = this.#head; at < this.#tail; at++, to++) {
        const time = times[at];
        if (time > watermark || time > limit || (time === limit && !inclusive)) break;
        if (batchOf[at] !== index || rowOf[at] !== to) break;
      }
      if (to === from) break;
      this.#head += to - from;
      const batch = this.#batches[index]!;
      if (!handle(batch, from, to)) return false;
      this.#left[index] -= to - from;
      if (this.#left[index] === 0) {
        this.#batches[index] = undefined;
        this.#source.recycle(batch);
      }
    }
    if (this.#head === this.#tail) this.#head = this.#tail = 0;
    return true;
  }

  /** Hands out the next row alone. */
  takeFirst(each: (batch: EventBatch, row: number) => void): void {
    const index = this.#batchOf[this.#head];
    each(this.#batches[index]!, this.#rowOf[this.#head++]);
  }

  /** Rows before the floor come too late to be judged, and must not move the clock back. */
  #raise(batch: EventBatch): void {
    const { release, flags } = batch;
    const floorMs = this.#floorMs;
    for (let row = 0; row < batch.rows; row++) {
      if (release[row] >= floorMs) continue;
      release[row] = floorMs;
      flags[row] |= FLAG.late;
    }
  }

  #enqueue(batch: EventBatch): void {
    if (this.#floorMs > -Infinity) this.#raise(batch);
    const index = this.#freeIndex();
    this.#reserve(batch.rows);
    const { kind, release } = batch;
    const times = this.#times;
    const batchOf = this.#batchOf;
    const rowOf = this.#rowOf;
    const before = this.#tail;
    let tail = before;
    let row = 0;
    // Nearly every row is newer than all that wait, or than all but a few.
    for (let moved = 0; row < batch.rows && moved < MOST_MOVED; row++) {
      if (kind[row] === KIND_DROPPED) continue;
      const time = release[row];
      let at = tail++;
      while (at > this.#head && times[at - 1] > time) {
        times[at] = times[at - 1];
        batchOf[at] = batchOf[at - 1];
        rowOf[at] = rowOf[at - 1];
        at--;
        moved++;
      }
      times[at] = time;
      batchOf[at] = index;
      rowOf[at] = row;
    }
    if (row < batch.rows) tail = this.#mergeRows(batch, row, index, tail);
    this.#tail = tail;
    if (tail === before) {
      this.#source.recycle(batch);
      return;
    }
    this.#batches[index] = batch;
    this.#left[index] = tail - before;
  }

  /**
   * Merges the rows from `first` on into those that wait, up to `end`, and returns their new end. A
   * file that goes back in time again and again has many that wait, so they are moved once a batch.
   */
  #mergeRows(batch: EventBatch, first: number, index: number, end: number): number {
    const rows = this.#sorted(batch, first);
    const { release } = batch;
    const times = this.#times;
    const batchOf = this.#batchOf;
    const rowOf = this.#rowOf;
    let from = end - 1;
    let to = end + rows.length - 1;
    for (let next = rows.length - 1; next >= 0; to--) {
      const time = release[rows[next]];
      if (from >= this.#head && times[from] > time) {
        times[to] = times[from];
        batchOf[to] = batchOf[from];
        rowOf[to] = rowOf[from--];
      } else {
        times[to] = time;
        batchOf[to] = index;
        rowOf[to] = rows[next--];
      }
    }
    return end + rows.length;
  }

  /** Rows of a batch by release time, then line: nearly in order as they come. */
  #sorted({ rows, kind, release }: EventBatch, first: number): Uint32Array {
    const sorted = new Uint32Array(rows - first);
    let length = 0;
    for (let row = first; row < rows; row++) {
      if (kind[row] === KIND_DROPPED) continue;
      let at = length++;
      for (; at > 0 && release[sorted[at - 1]] > release[row]; at--) sorted[at] = sorted[at - 1];
      sorted[at] = row;
    }
    return sorted.subarray(0, length);
  }

  #freeIndex(): number {
    const free = this.#batches.indexOf(undefined);
    return free === -1 ? this.#batches.length : free;
  }

  #reserve(rows: number): void {
    if (this.#tail + rows <= this.#times.length) return;
    const [head, tail] = [this.#head, this.#tail];
    const pending = tail - head;
    let room = this.#times.length;
    if (pending + rows <= room) {
      this.#times.copyWithin(0, head, tail);
      this.#batchOf.copyWithin(0, head, tail);
      this.#rowOf.copyWithin(0, head, tail);
    } else {
      while (room < pending + rows) room *= 2;
      this.#times = grown(new Float64Array(room), this.#times.subarray(head, tail));
      this.#batchOf = grown(new Uint32Array(room), this.#batchOf.subarray(head, tail));
      this.#rowOf = grown(new Uint32Array(room), this.#rowOf.subarray(head, tail));
    }
    this.#head = 0;
    this.#tail = pending;
  }
}
