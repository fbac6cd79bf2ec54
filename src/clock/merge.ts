import { KIND_DROPPED } from '../model/event.ts';
import { grown, type EventBatch } from '../model/event-batch.ts';
import type { EventSource } from './event-source.ts';

/** Handles one event in order; false ends the merge. */
export type HandleEvent = (batch: EventBatch, row: number) => boolean;

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
  handle: HandleEvent,
): Promise<void> {
  const waiting = sources
    .map((source) => new Lane(source))
    .sort((a, b) => a.headTime - b.headTime || a.rank - b.rank);
  const open: Lane[] = [];
  for (;;) {
    while (waiting.length > 0 && (open.length === 0 || waiting[0].headTime <= open[0].headTime)) {
      const lane = waiting.shift()!;
      await lane.fill();
      if (!lane.ended) insert(open, lane);
    }
    const lane = open.shift();
    if (lane === undefined) {
      if (waiting.length === 0) return;
      continue;
    }
    const rival = open[0];
    let limit = rival?.headTime ?? Infinity;
    // At the rival's own time the lower rank goes first.
    const inclusive = rival !== undefined && lane.rank < rival.rank;
    if (waiting.length > 0 && waiting[0].headTime <= limit) {
      limit = waiting[0].headTime;
      if (!lane.drain(limit, false, handle)) return;
    } else if (!lane.drain(limit, inclusive || rival === undefined, handle)) return;
    if (!lane.ready()) await lane.fill();
    if (!lane.ended) insert(open, lane);
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

/** One source and its reorder buffer: rows sorted by release time, then line. */
class Lane {
  readonly rank: number;
  /** Release time of the next row; a lower bound before the source was opened. */
  headTime: number;
  ended = false;

  readonly #source: EventSource;
  #batches: (EventBatch | undefined)[] = [];
  readonly #left: number[] = [];
  #times = new Float64Array(INITIAL_PENDING);
  #batchOf = new Uint32Array(INITIAL_PENDING);
  #rowOf = new Uint32Array(INITIAL_PENDING);
  #head = 0;
  #tail = 0;

  constructor(source: EventSource) {
    this.#source = source;
    this.rank = source.rank;
    this.headTime = source.lowerBound;
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

  /** Handles the certain rows below `limit` (or at it). False when the handler ended the merge. */
  drain(limit: number, inclusive: boolean, handle: HandleEvent): boolean {
    const { watermark } = this.#source;
    const times = this.#times;
    while (this.#head < this.#tail) {
      const time = times[this.#head];
      if (time > watermark || time > limit || (time === limit && !inclusive)) break;
      const batchIndex = this.#batchOf[this.#head];
      const row = this.#rowOf[this.#head];
      this.#head++;
      const batch = this.#batches[batchIndex]!;
      if (!handle(batch, row)) return false;
      if (--this.#left[batchIndex] === 0) {
        this.#batches[batchIndex] = undefined;
        this.#source.recycle(batch);
      }
    }
    if (this.#head === this.#tail) this.#head = this.#tail = 0;
    return true;
  }

  #enqueue(batch: EventBatch): void {
    const index = this.#freeIndex();
    let rows = 0;
    this.#reserve(batch.rows);
    for (let row = 0; row < batch.rows; row++) {
      if (batch.kind[row] === KIND_DROPPED) continue;
      const time = batch.release[row];
      let at = this.#tail++;
      while (at > this.#head && this.#times[at - 1] > time) {
        this.#times[at] = this.#times[at - 1];
        this.#batchOf[at] = this.#batchOf[at - 1];
        this.#rowOf[at] = this.#rowOf[at - 1];
        at--;
      }
      this.#times[at] = time;
      this.#batchOf[at] = index;
      this.#rowOf[at] = row;
      rows++;
    }
    if (rows === 0) {
      this.#source.recycle(batch);
      return;
    }
    this.#batches[index] = batch;
    this.#left[index] = rows;
  }

  #freeIndex(): number {
    const free = this.#batches.indexOf(undefined);
    return free === -1 ? this.#batches.length : free;
  }

  #reserve(rows: number): void {
    if (this.#tail + rows <= this.#times.length) return;
    const pending = this.#tail - this.#head;
    let room = this.#times.length;
    while (room < pending + rows) room *= 2;
    const [head, tail] = [this.#head, this.#tail];
    this.#times = grown(new Float64Array(room), this.#times.subarray(head, tail));
    this.#batchOf = grown(new Uint32Array(room), this.#batchOf.subarray(head, tail));
    this.#rowOf = grown(new Uint32Array(room), this.#rowOf.subarray(head, tail));
    this.#head = 0;
    this.#tail = pending;
  }
}
