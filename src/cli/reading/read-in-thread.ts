import { Worker } from 'node:worker_threads';
import type { EventSource } from '../../clock/event-source.ts';
import type { Input } from '../../input/discover.ts';
import { NOTHING_READ, type LogFacts } from '../../input/log-facts.ts';
import type { LogFile } from '../../input/open-inputs.ts';
import { assert, BugError, InterruptedError } from '../../model/errors.ts';
import type { EventBatch } from '../../model/event-batch.ts';
import type { LogOptions } from '../input-options.ts';
import type { ReadDemands } from './read-here.ts';
import { BatchReceiver, wordsOf, type NewWords, type ShownBatch } from './shown-batch.ts';
import { unpackError, type ThreadError } from './thread-error.ts';

/** What the thread is to read: given to it at its start. */
export interface ThreadTask {
  readonly inputs: readonly Input[];
  readonly options: LogOptions;
  readonly demands: Omit<ReadDemands, 'vocabulary' | 'signal'>;
  readonly words: NewWords;
}

/** Asks for the next batch of an input, and gives back batches that were handled. */
export interface ThreadRequest {
  readonly rank: number;
  readonly done: readonly number[];
}

export type ThreadAnswer =
  | {
      readonly type: 'opened';
      readonly files: readonly LogFile[];
      /** By rank, of the inputs that are read. */
      readonly lowerBounds: readonly number[];
    }
  | ReadAnswer
  | { readonly type: 'failed'; readonly error: ThreadError };

type ReadAnswer = {
  readonly type: 'read';
  /** Undefined at the end of the input. */
  readonly shown: ShownBatch | undefined;
  /** As the source has them when it hands out the batch. */
  readonly watermark: number;
  readonly certainMs: number;
  readonly bytesRead: number;
  readonly facts: LogFacts;
};

/** Batches asked for before they are needed, of all inputs that are open together; each one has one. */
const MOST_AHEAD = 4;
/** Nothing lives long in a thread that fills columns: a small nursery is cleaned as fast. */
const NURSERY_MB = 2;

/** The same as `openHere`, read in a thread beside this one. */
export async function openInThread(
  inputs: readonly Input[],
  options: LogOptions,
  { vocabulary, signal, needs, gapMs, afterMs }: ReadDemands,
): Promise<{ readonly files: readonly LogFile[]; readonly sources: readonly ThreadSource[] }> {
  const receiver = new BatchReceiver(vocabulary);
  const demands = { needs, gapMs, afterMs };
  const words = wordsOf(vocabulary);
  const task: ThreadTask = { inputs, options: howToRead(options), demands, words };
  const thread = new ReaderThread(task, receiver, signal);
  const { files, lowerBounds } = await thread.opened.catch((error: unknown) => {
    thread.close();
    throw error;
  });
  const sources = files.flatMap(({ input, rank }) => {
    return rank === undefined ? [] : [new ThreadSource(thread, input, rank, lowerBounds[rank])];
  });
  return {
    files: files.map((file) => ({ ...file, opening: Buffer.from(file.opening) })),
    sources,
  };
}

/** Of the options of a command those that say how logs are read: others may hold functions. */
function howToRead(options: LogOptions): LogOptions {
  const { tz, year, reorder, node, inputFormat, map, kind, inferConnections } = options;
  return { tz, year, reorder, node, inputFormat, map, kind, inferConnections };
}

interface Waiting {
  readonly resolve: (answer: ThreadAnswer) => void;
  readonly reject: (error: Error) => void;
}

class ReaderThread {
  readonly opened: Promise<Extract<ThreadAnswer, { type: 'opened' }>>;
  readonly receiver: BatchReceiver;
  /** Inputs that were begun and have not ended. */
  open = 0;
  readonly #worker: Worker;
  readonly #signal: AbortSignal | undefined;
  /** Who waits for the next answers, in their order. */
  readonly #waiting: Waiting[] = [];
  #done: number[] = [];
  #failure: Error | undefined;

  constructor(task: ThreadTask, receiver: BatchReceiver, signal: AbortSignal | undefined) {
    this.receiver = receiver;
    this.#signal = signal;
    this.#worker = new Worker(new URL('reader-thread.js', import.meta.url), {
      workerData: task,
      resourceLimits: { maxYoungGenerationSizeMb: NURSERY_MB },
    });
    this.#worker.on('message', (answer: ThreadAnswer) => this.#take(answer));
    this.#worker.once('error', (error) => this.#fail(bugOf(error)));
    this.#worker.once('exit', () => this.#fail(new BugError('the reading thread has ended')));
    if (signal?.aborted === true) this.#onAbort();
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    this.opened = this.#answer().then((answer) => {
      assert(answer.type === 'opened', 'the thread opens its inputs first');
      return answer;
    });
  }

  async ask(rank: number): Promise<ReadAnswer> {
    const done = this.#done;
    this.#done = [];
    const request: ThreadRequest = { rank, done };
    const answered = this.#answer();
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have none
    this.#worker.postMessage(request);
    const answer = await answered;
    assert(answer.type === 'read', 'the thread answers in order');
    return answer;
  }

  giveBack(batch: EventBatch): void {
    this.#done.push(this.receiver.numberOf(batch));
  }

  close(): void {
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#fail(new InterruptedError('the inputs were closed'));
    void this.#worker.terminate();
  }

  readonly #onAbort = (): void => {
    this.#fail(new InterruptedError('interrupted'));
    void this.#worker.terminate();
  };

  #answer(): Promise<ThreadAnswer> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    // The thread keeps the process alive while someone waits for it.
    if (this.#waiting.length === 0) this.#worker.ref();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
    });
  }

  #take(answer: ThreadAnswer): void {
    const waiting = this.#waiting.shift();
    if (this.#waiting.length === 0) this.#worker.unref();
    if (answer.type === 'read' && answer.shown !== undefined) this.receiver.learn(answer.shown);
    if (answer.type === 'failed') waiting?.reject(unpackError(answer.error));
    else waiting?.resolve(answer);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure);
  }
}

function bugOf(error: unknown): BugError {
  return new BugError(error instanceof Error ? (error.stack ?? error.message) : String(error));
}

/** One input that the thread reads: its batches come in the order in which they were asked for. */
class ThreadSource implements EventSource {
  readonly input: Input;
  readonly rank: number;
  readonly lowerBound: number;
  watermark = -Infinity;
  certainMs = -Infinity;
  bytesRead = 0;
  facts: LogFacts = NOTHING_READ;
  readonly #thread: ReaderThread;
  #isOpen = false;
  #ended = false;
  /** Asked for and not yet handed out. */
  readonly #ahead: Promise<ReadAnswer>[] = [];

  constructor(thread: ReaderThread, input: Input, rank: number, lowerBound: number) {
    this.#thread = thread;
    this.input = input;
    this.rank = rank;
    this.lowerBound = lowerBound;
  }

  async nextBatch(): Promise<EventBatch | undefined> {
    if (this.#ended) return undefined;
    if (!this.#isOpen) {
      this.#isOpen = true;
      this.#thread.open++;
    }
    this.#askAhead();
    const { shown, watermark, certainMs, bytesRead, facts } = await this.#ahead.shift()!;
    this.watermark = watermark;
    this.certainMs = certainMs;
    this.bytesRead = bytesRead;
    this.facts = facts;
    if (shown !== undefined) return this.#thread.receiver.receive(shown);
    this.#ended = true;
    this.#thread.open--;
    return undefined;
  }

  recycle(batch: EventBatch): void {
    this.#thread.giveBack(batch);
  }

  close(): void {
    this.#thread.close();
  }

  /** How many are asked for depends on the inputs alone, never on how fast anyone is. */
  #askAhead(): void {
    const most = 1 + Math.floor(MOST_AHEAD / this.#thread.open);
    while (this.#ahead.length < most) {
      const answer = this.#thread.ask(this.rank);
      // Whoever takes it sees the error; it must not end the process before.
      answer.catch(() => undefined);
      this.#ahead.push(answer);
    }
  }
}
