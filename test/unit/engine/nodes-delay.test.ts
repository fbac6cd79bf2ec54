// Goal: what is replicated arrives when its delay is over, in the window of its event (semantics,
// section 7).
// Method: a few lines of two or three nodes, a log for each; what a policy is told at each of them
// stands beside it, worked out by hand. Times are seconds after noon.
import { describe, expect, test } from 'vitest';

import type { ManagerLog } from '../../../src/model/replication.ts';
import {
  add,
  ADD_AND_ASK,
  ask,
  connect,
  replayNodes,
  told,
} from '../../builders/node-histories.ts';
import { sievePolicy } from '../../builders/script-replays.ts';

describe('delay', () => {
  const DELAYED = { replication: { series: 5000 } };

  test('what arrives at the time of an event is known to it', async () => {
    const rows = [
      connect('mx1', 0),
      connect('mx2', 4.999),
      connect('mx2', 5),
      // The two of mx2 arrive at 9.999 and at 10.
      connect('mx1', 9.998),
      connect('mx1', 9.999),
      connect('mx1', 10),
    ];
    expect(await told(ADD_AND_ASK(1), rows, DELAYED)).toEqual([
      '0 mx1: 1',
      '4.999 mx2: 1',
      '5 mx2: 3',
      '9.998 mx1: 2',
      '9.999 mx1: 4',
      '10 mx1: 6',
    ]);
  });

  test('a node that begins has what has arrived by then', async () => {
    // At 6 the add of 0 has arrived, that of 2 arrives at 7.
    const rows = [connect('mx1', 0), connect('mx1', 2), connect('mx3', 6), connect('mx3', 7)];
    expect(await told(ADD_AND_ASK(1), rows, DELAYED)).toEqual([
      '0 mx1: 1',
      '2 mx1: 2',
      '6 mx3: 2',
      '7 mx3: 4',
    ]);
  });

  test('a value goes to the window of its event, and nowhere when that has left', async () => {
    // What windows 0 and 2 hold before the node adds itself. 15 later the add of 8 arrives at 23
    // and that of 18 at 33; both lie in window 2 then. At 33 the window of 8 has left.
    const script = `${ask(0, 0)} $now = "\${s}"; ${ask(2, 2)} ec_log "\${now} \${s}"; ${add(1)}`;
    const rows = [connect('mx1', 8), connect('mx2', 23), connect('mx1', 18), connect('mx2', 33)];
    expect(await told(script, rows, { replication: { series: 15_000 } })).toEqual([
      '8 mx1: 0 0',
      '18 mx1: 0 0',
      '23 mx2: 0 1',
      '33 mx2: 0 1',
    ]);
    // 25 later the add of 8 arrives at 33, when its window has left, and that of 18 at 43.
    expect(await told(script, rows, { replication: { series: 25_000 } })).toEqual([
      '8 mx1: 0 0',
      '18 mx1: 0 0',
      '23 mx2: 0 0',
      '33 mx2: 0 0',
    ]);
  });

  test('a delay changes no report', async () => {
    const rows = [connect('mx1', 8), connect('mx2', 23), connect('mx1', 18), connect('mx2', 33)];
    const managerLog: ManagerLog = { intervalMs: 20_000, includes: () => true };
    const reports = [0, 25_000, 3_600_000].map(async (delayMs) => {
      const replication = { series: delayMs, manager: delayMs, connections: delayMs };
      const scripts = sievePolicy(`${add(1)} ${add(-1)}`);
      const { records } = await replayNodes(rows, { scripts, managerLog, replication });
      return records;
    });
    const [prompt, ...delayed] = await Promise.all(reports);
    expect(prompt.managerJournals).toHaveLength(2);
    expect(delayed).toEqual([prompt, prompt]);
  });
});
