// Goal: the manager keeps journals of what is replicated to it (semantics, section 7).
// Method: a few lines of two or three nodes, a log for each; what a policy is told at each of them
// stands beside it, worked out by hand. Times are seconds after noon.
import { describe, expect, test } from 'vitest';

import type { ManagerLog } from '../../../src/model/replication.ts';
import { NOON_MS, type EventRow } from '../../builders/event-batches.ts';
import { add, connect, replayNodes, type Setting } from '../../builders/node-histories.ts';
import { inOrder } from '../../builders/obvious-cluster.ts';
import { sievePolicy } from '../../builders/script-replays.ts';
import { policyOf, read } from '../policy/yaml/reading.ts';

describe('the manager', () => {
  /** `from name key=count` of each file, `from` in seconds after noon. */
  async function journals(rows: readonly EventRow[], setting: Setting): Promise<string[]> {
    const managerLog: ManagerLog = { intervalMs: 20_000, includes: () => true };
    const { records } = await replayNodes(rows, { managerLog, ...setting });
    return inOrder(records.managerJournals).map(({ name, monitor, windowZeroMs, rows: counts }) => {
      expect(monitor).toEqual({ intervalMs: managerLog.intervalMs, windows: 1 });
      const held = counts.map(({ window, key, count }) => `${window}:${key}=${count}`);
      return `${(windowZeroMs - NOON_MS) / 1000} ${name} ${held.join(' ')}`;
    });
  }

  const other = { ip: '192.0.2.2' };
  const ROWS = [
    connect('mx1', 0),
    connect('mx2', 5),
    connect('mx1', 19.999, other),
    connect('mx1', 20),
    connect('mx3', 65),
  ];
  const scripts = (replicate: 0 | 1 | -1): Setting => ({ scripts: sievePolicy(add(replicate)) });

  test.each([[1], [-1]] as const)(
    'counts adds with replicate %i, from 0 in each interval',
    async (replicate) => {
      expect(await journals(ROWS, scripts(replicate))).toEqual([
        '0 s 0:192.0.2.1=2 0:192.0.2.2=1',
        '20 s 0:192.0.2.1=1',
        '60 s 0:192.0.2.1=1',
      ]);
    },
  );

  test('does not know of the others', async () => {
    expect(await journals(ROWS, scripts(0))).toEqual([]);
  });

  test('keeps the series that it includes', async () => {
    const two = `${add(1)} ${add(-1).replace('"s"', '"t"')}`;
    const managerLog: ManagerLog = { intervalMs: 20_000, includes: (name) => name === 't' };
    const { records } = await replayNodes(ROWS, { scripts: sievePolicy(two), managerLog });
    expect(records.managerJournals.map(({ name }) => name)).toEqual(['t', 't', 't']);
  });

  test('has late adds in the interval of their event, as long as they count at all', async () => {
    const policy = policyOf(
      read(
        'hindcast: 1\nseries: { s: { type: ip, monitor: "10,3", on: connect, replicate: manager } }\n',
      ),
    );
    const late = (seconds: number, atSeconds: number): EventRow => {
      return { ...connect('mx2', seconds), releaseMs: NOON_MS + atSeconds * 1000 };
    };
    // At 45 the windows from 20 on are kept: the line for 12 counts nowhere.
    const rows = [connect('mx1', 0), connect('mx2', 39), late(15, 39), connect('mx2', 45)];
    const more = [late(39.5, 45), late(12, 45)];
    expect(await journals([...rows, ...more], { policy })).toEqual([
      '0 s 0:192.0.2.1=2',
      '20 s 0:192.0.2.1=2',
      '40 s 0:192.0.2.1=1',
    ]);
  });

  test('has the intervals that overlap the span of the report', async () => {
    const rows = [0, 25, 35, 45, 65].map((seconds) => connect('mx1', seconds));
    const span = { fromMs: NOON_MS + 30_000, toMs: NOON_MS + 60_000 };
    // The one of 20 has what came before the span, as windows have.
    expect(await journals(rows, { ...scripts(1), ...span })).toEqual([
      '20 s 0:192.0.2.1=2',
      '40 s 0:192.0.2.1=1',
    ]);
  });
});
