import { HINDCAST, measure, median } from './measure.mjs';

/**
 * A way to judge a log: a name, and the words behind `replay LOG`.
 *
 * @typedef {{ name: string, args: readonly string[] }} Face
 */

/**
 * Replays a log in each face in turn, and beside it a log of one event, whose time is starting up.
 *
 * @param {readonly Face[]} faces
 * @param {{ log: string, one: string, runs: number }} setting
 * @returns {Promise<{ face: string, seconds: number }[]>} medians, without starting up
 */
export async function timeFaces(faces, { log, one, runs }) {
  const timed = faces.map((face) => ({
    ...face,
    ms: /** @type {number[]} */ ([]),
    idle: /** @type {number[]} */ ([]),
  }));
  for (let run = 0; run < runs; run++) {
    for (const { args, ms, idle } of timed) {
      ms.push(
        (await measure(process.execPath, [HINDCAST, 'replay', log, '--threads', '1', ...args]))
          .wallMs,
      );
      idle.push(
        (await measure(process.execPath, [HINDCAST, 'replay', one, '--threads', '1', ...args]))
          .wallMs,
      );
    }
  }
  return timed.map(({ name, ms, idle }) => {
    return { face: name, seconds: (median(ms) - median(idle)) / 1000 };
  });
}
