import { EventBatch } from '../model/event-batch.ts';
import { allocateBlock } from '../model/words.ts';
import type { Vocabulary } from '../model/vocabulary.ts';

/**
 * What one read fills. Two or three batches are alive at a time, each with its bytes and columns,
 * and all of them are to stay in the processor's second cache: with 256 KB they do not.
 */
export const BLOCK_BYTES = 128 * 1024;
const MOST_IDLE = 16;

/** Batches to fill again, shared by all inputs of a run: their columns are large. */
export class BatchPool {
  readonly blockBytes: number;
  readonly #vocabulary: Vocabulary;
  readonly #isShared: boolean;
  readonly #idle: EventBatch[] = [];

  /** @param isShared whether other threads are to see the batches */
  constructor(vocabulary: Vocabulary, blockBytes: number = BLOCK_BYTES, isShared = false) {
    this.#vocabulary = vocabulary;
    this.blockBytes = blockBytes;
    this.#isShared = isShared;
  }

  /** An empty batch with a buffer of `blockBytes`, now the caller's. */
  acquire(): EventBatch {
    const batch = this.#idle.pop();
    if (batch !== undefined) return batch;
    return new EventBatch(this.#vocabulary, this.allocate(this.blockBytes), this.#isShared);
  }

  /** A buffer for a batch of the pool. */
  allocate(length: number): Buffer {
    return allocateBlock(length, this.#isShared);
  }

  /** Takes a batch back; nobody may read it any more. */
  release(batch: EventBatch): void {
    // The other thread knows each shared batch for good.
    if (this.#idle.length >= MOST_IDLE && !this.#isShared) return;
    batch.clear();
    // One long line made the buffer grow; the next block does not need that much.
    if (batch.bytes.length !== this.blockBytes) {
      batch.bytes = this.allocate(this.blockBytes);
    }
    this.#idle.push(batch);
  }
}
