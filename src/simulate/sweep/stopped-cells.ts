import type { EventBatch } from '../../model/event-batch.ts';
import { KIND, LOGGED_AS, TEXT } from '../../model/event.ts';
import { CellCounts, MASK_CELLS, type CellLayout } from './cell-counts.ts';
import { messageKey, REMEMBERED_MS } from '../stopped-events.ts';
import type { Refusal } from './taken-cells.ts';

interface StoppedMessage {
  readonly timeMs: number;
  /** By chunk: the cells in which its first line was stopped and its second is still to come. */
  readonly cells: Int32Array;
}

/** Messages that are looked through for those that every cell has forgotten. */
const FIRST_SWEEP = 1024;

/**
 * Counts the connections and messages that the swept rule is the first to stop, each once, in every
 * cell: `StoppedEvents` for many policies at once.
 */
export class StoppedCells {
  readonly connections: CellCounts;
  readonly messages: CellCounts;
  readonly accepted: CellCounts;
  readonly #layout: CellLayout;
  /** Those stopped at their `client=` line, by node and queue id. */
  readonly #stopped = new Map<string, StoppedMessage>();
  /** By cell: when it stopped a `client=` line last. Then it forgot the messages of a day before. */
  readonly #lastMs: Float64Array;
  /** Where the event at hand is counted; one array, used again. */
  readonly #counted: Int32Array;
  #sweepAt = FIRST_SWEEP;

  constructor(layout: CellLayout) {
    this.#layout = layout;
    this.connections = new CellCounts(layout);
    this.messages = new CellCounts(layout);
    this.accepted = new CellCounts(layout);
    this.#lastMs = new Float64Array(layout.cells).fill(-Infinity);
    this.#counted = new Int32Array(layout.chunks);
  }

  /** A `client=` line: its queue id belongs to another message from now on. */
  begin(batch: EventBatch, row: number): void {
    if (this.#stopped.size > 0) this.#stopped.delete(messageKey(batch, row));
  }

  /** Notes a refusal of the event, which has a phase. */
  add(refusal: Refusal, batch: EventBatch, row: number): void {
    const kind = batch.kind[row];
    const counted = this.#counted;
    counted.set(refusal.ours);
    if (kind === KIND.transaction || kind === KIND.reception) {
      const isNamed = batch.text(row, TEXT.queue_id) !== '';
      if (isNamed && kind === KIND.reception) this.#forget(refusal, batch, row);
      if (isNamed && kind === KIND.transaction) this.#remember(refusal, batch, row);
    }
    const stopped =
      kind === KIND.connect || kind === KIND.auth_failure ? this.connections : this.messages;
    stopped.addAll(counted);
    if (batch.verdict[row] === LOGGED_AS.accepted) this.accepted.addAll(counted);
  }

  /** The second line of a message is not counted in the cells that stopped the first. */
  #forget({ ours, others }: Refusal, batch: EventBatch, row: number): void {
    const key = messageKey(batch, row);
    const message = this.#stopped.get(key);
    if (message === undefined) return;
    const { cells } = message;
    if (batch.time[row] - message.timeMs >= REMEMBERED_MS) this.#age(message);
    let left = 0;
    for (let chunk = 0; chunk < cells.length; chunk++) {
      this.#counted[chunk] &= ~cells[chunk];
      left |= cells[chunk] &= ~(ours[chunk] | others[chunk]);
    }
    if (left === 0) this.#stopped.delete(key);
  }

  #remember({ ours, others }: Refusal, batch: EventBatch, row: number): void {
    const timeMs = batch.time[row];
    const { firstCell, chunks } = this.#layout;
    const cells = new Int32Array(chunks);
    for (let chunk = 0; chunk < chunks; chunk++) {
      cells[chunk] = ours[chunk] | others[chunk];
      for (let bit = 0, left = cells[chunk]; left !== 0; bit++, left >>>= 1) {
        if ((left & 1) !== 0) this.#lastMs[firstCell[chunk] + bit] = timeMs;
      }
    }
    this.#stopped.set(messageKey(batch, row), { timeMs, cells });
    if (this.#stopped.size >= this.#sweepAt) this.#sweep();
  }

  /** Takes a message from the cells that have stopped another one a day or more after it. */
  #age({ timeMs, cells }: StoppedMessage): number {
    const { firstCell } = this.#layout;
    let all = 0;
    for (let chunk = 0; chunk < cells.length; chunk++) {
      for (let bit = 0; bit < MASK_CELLS && cells[chunk] >>> bit !== 0; bit++) {
        const lastMs = this.#lastMs[firstCell[chunk] + bit];
        if (lastMs - timeMs >= REMEMBERED_MS) cells[chunk] &= ~(1 << bit);
      }
      all |= cells[chunk];
    }
    return all;
  }

  #sweep(): void {
    for (const [key, message] of this.#stopped) {
      if (this.#age(message) === 0) this.#stopped.delete(key);
    }
    this.#sweepAt = Math.max(FIRST_SWEEP, this.#stopped.size * 2);
  }
}
