import { parentPort } from 'node:worker_threads';
import { answerOf, type TestTask } from './test-jobs.ts';

// Runs test files in a thread of its own, one after another, as they are asked for.
parentPort?.on('message', (task: TestTask) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have none
  void answerOf(task).then((answer) => parentPort?.postMessage(answer));
});
