// Goal: what a module removes it removes from its node, or from all where the series is the
// cluster's; the manager keeps it (semantics, section 7).
// Method: a few lines of two nodes, a log for each; what a module is told at each of them stands
// beside it, worked out by hand. Times are seconds after noon.
import { expect, test } from 'vitest';

import { luaPolicy, moduleAt } from '../../builders/lua-replays.ts';
import { connect, replayNodes } from '../../builders/node-histories.ts';

/** Connects of 192.0.2.2 remove what those of 192.0.2.1 have added. */
const BODY = `local peer = "192.0.2.1"
if tostring(ac.remote_addr) == "192.0.2.2:0" then msys.audit_series.remove_item("s", peer)
else msys.audit_series.add("s") end
print(msys.audit_series.count("s", { endv = 2, key = peer }))`;
const remove = { ip: '192.0.2.2' };
const ROWS = [
  connect('mx1', 0),
  connect('mx2', 1),
  connect('mx2', 2, remove),
  connect('mx1', 3),
  connect('mx2', 6),
];

test.each<[string, number, number[], number, number]>([
  // Of mx2 goes the one of 1.
  ['none', 0, [1, 1, 0, 2, 1], 3, 0],
  ['manager', 0, [1, 1, 0, 2, 1], 3, 4],
  // Both go.
  ['cluster', 0, [1, 2, 0, 1, 2], 2, 4],
  // Both go, those that are on their way too: at 6 that of 0 would have arrived, and that of 1.
  ['cluster', 5000, [1, 1, 0, 1, 1], 2, 4],
])('replicate = %s, with a delay of %i', async (replicate, delayMs, told, total, kept) => {
  const define = `msys.audit_series.define("s", "cidr", 10, 3, { replicate = "${replicate}" })`;
  const { records } = await replayNodes(ROWS, {
    scripts: luaPolicy(moduleAt('validate_connect', BODY, define)),
    replication: { series: delayMs, manager: delayMs },
    managerLog: { intervalMs: 20_000, includes: () => true },
  });
  expect(records.log.map(({ text }) => Number(text))).toEqual(told);
  expect(records.windows.find(({ series }) => series === 's')?.total).toBe(total);
  const counts = records.managerJournals.flatMap(({ rows }) => rows.map(({ count }) => count));
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(kept);
});
