import { parentPort, workerData } from 'node:worker_threads';
import type { LogInputs } from '../../input/open-inputs.ts';
import { Vocabulary } from '../../model/vocabulary.ts';
import { openHere } from './read-here.ts';
import type { ThreadAnswer, ThreadRequest, ThreadTask } from './read-in-thread.ts';
import { BatchSender } from './shown-batch.ts';
import { packError } from './thread-error.ts';

// Reads the logs of a run for another thread. Requests are answered one after another in the order
// in which they come, so that what is read next never depends on which thread is faster.

const { inputs, options, demands, words } = workerData as ThreadTask;
const vocabulary = new Vocabulary();
const sender = new BatchSender(vocabulary, words);
let opened: LogInputs;
let last = Promise.resolve();

async function open(): Promise<ThreadAnswer> {
  opened = await openHere(inputs, options, { ...demands, vocabulary }, true);
  const lowerBounds = opened.sources.map(({ lowerBound }) => lowerBound);
  return { type: 'opened', files: opened.files, lowerBounds };
}

async function answerOf({ rank, done }: ThreadRequest): Promise<ThreadAnswer> {
  const source = opened.sources[rank];
  for (const number of done) {
    const batch = sender.batchOf(number);
    opened.sources[batch.source].recycle(batch);
  }
  const batch = await source.nextBatch();
  const { watermark, certainMs, bytesRead, facts } = source;
  const shown = batch && sender.show(batch);
  return { type: 'read', shown, watermark, certainMs, bytesRead, facts };
}

function say(answer: Promise<ThreadAnswer>): Promise<void> {
  return (
    answer
      .catch((error: unknown): ThreadAnswer => ({ type: 'failed', error: packError(error) }))
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have none
      .then((value) => parentPort?.postMessage(value))
  );
}

last = say(open());
parentPort?.on('message', (request: ThreadRequest) => {
  last = last.then(() => say(answerOf(request)));
});
