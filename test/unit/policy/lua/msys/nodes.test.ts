// Goal: gauges and counters of modules belong to the node at hand, or to the cluster where they are
// replicated; variables of modules are shared.
// Method: what a module prints at connects of two nodes, written down by hand.
import { describe, expect, test } from 'vitest';

import { ALL_REPLICATED } from '../../../../../src/model/replication.ts';
import type { EventRow } from '../../../../builders/event-batches.ts';
import {
  connect,
  PEER,
  printed,
  replayLua,
  type LuaSetting,
} from '../../../../builders/lua-replays.ts';

/** A connect a second, one on each of these nodes. */
const on = (nodes: string): EventRow[] =>
  nodes.split('').map((node, seconds) => ({ ...connect(PEER, seconds), node }));
const ALONE: LuaSetting = { replication: { ...ALL_REPLICATED, gauges: false } };

const UP = 'print(msys.gauge_cache.inc("g", "k"))';
const gauge = (replicated: string): string => `msys.gauge_cache.define("g", 2, 300${replicated})`;

describe('a gauge', () => {
  test.each([
    ['', '1 2 1 3'],
    [', false', '1 2 1 3'],
    [', nil', '1 2 1 3'],
    [', true', '1 2 3 4'],
  ])('define("g", 2, 300%s)', async (replicated, expected) => {
    const shown = await printed(UP, { init: gauge(replicated), rows: on('aaba') });
    expect(shown.join(' ')).toBe(expected);
  });

  test('that nothing replicates is the own of each node, which is told where it is defined', async () => {
    expect(await printed(UP, { init: gauge(', true'), rows: on('aaba'), ...ALONE })).toEqual([
      '1',
      '2',
      '1',
      '3',
      "module.lua:1 doubt: gauge 'g' is replicated by no Replicate of the configuration: each node has its own alone",
    ]);
    expect(await printed('', { init: gauge(''), ...ALONE })).toEqual([]);
  });

  test('is changed, asked and emptied on its node', async () => {
    const body = `local g = msys.gauge_cache
      steps = (steps or 0) + 1
      if steps == 3 then g.remove_item("g", "k") end
      if steps < 3 then g.dec("g", "k") end
      print(g.get("g", "k"))`;
    const shown = await printed(body, { init: gauge(''), rows: on('abaab') });
    expect(shown.join(' ')).toBe('-1 -1 0 0 -1');
  });

  test('counts nothing before there is a node', async () => {
    const init = `${gauge('')} print(msys.gauge_cache.inc("g", "k"), msys.gauge_cache.get("g", "k"))`;
    const [before, first, ...told] = await printed(UP, { init, rows: on('a') });
    expect([before, first]).toEqual(['0\t0', '1']);
    expect(told).toEqual([
      'module.lua:1 doubt: msys.gauge_cache.inc before the first event: nothing is counted yet',
    ]);
  });

  test('is that of the node whose session ends', async () => {
    const module = `local mod = {}
function mod:init() ${gauge('')} return true end
function mod:validate_connect(ac, vctx) msys.gauge_cache.inc("g", "k") return msys.core.VALIDATE_CONT end
function mod:validate_dealloc() print(msys.gauge_cache.get("g", "k")) end
msys.registerModule("m", mod)`;
    const rows = on('aab');
    const end = (row: EventRow): EventRow => ({
      ...row,
      timeMs: row.timeMs + 10_000,
      kind: 'disconnect',
    });
    const { logs } = await replayLua(
      module,
      [...rows, end(rows[2]), end(rows[0])].toSorted((a, b) => a.timeMs - b.timeMs),
    );
    expect(logs).toEqual(['2', '1']);
  });
});

describe('a counter', () => {
  test.each([
    ['c.inc("/site/a") print(c.read("/site/a"))', 'abaa', '1 1 2 3'],
    ['c.add("/site/a", 5) print(c.read("/site/a"))', 'ab', '5 5'],
    [
      'c.add("/site/a", 2) if c.read("/site/a") == 4 then c.reset("/site/a") end print(c.read("/site/a"))',
      'aba',
      '2 2 0',
    ],
    [
      'c.inc("/site/a") if c.read("/site/a") == 2 then c.unlink("/site/a") end print(c.read("/site/a"))',
      'abab',
      '1 1 0 0',
    ],
  ])('%s', async (body, nodes, expected) => {
    const shown = await printed(`local c = msys.counter ${body}`, { rows: on(nodes) });
    expect(shown.join(' ')).toBe(expected);
  });

  test('begins on each node with what init has counted', async () => {
    const init = 'o = msys.counter.open("/site/a") msys.counter.add(o, 10)';
    const body = 'msys.counter.add(o, 1) print(msys.counter.read("/site/a"))';
    expect(await printed(body, { init, rows: on('aba') })).toEqual(['11', '11', '12']);
  });
});

test('variables of modules are those of all nodes', async () => {
  const body = 'seen = (seen or 0) + 1 print(seen)';
  expect(await printed(body, { rows: on('aba') })).toEqual(['1', '2', '3']);
});
