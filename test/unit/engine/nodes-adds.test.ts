// Goal: an add counts where its `replicate` says (semantics, section 7), in each kind of policy.
// Method: a few lines of two or three nodes, a log for each; what a policy is told at each of them
// stands beside it, worked out by hand. Times are seconds after noon.
import { describe, expect, test } from 'vitest';

import { NOON_MS } from '../../builders/event-batches.ts';
import { luaPolicy, moduleAt } from '../../builders/lua-replays.ts';
import {
  add,
  ADD_AND_ASK,
  ask,
  connect,
  disconnect,
  logged,
  replayNodes,
  told,
  type Setting,
} from '../../builders/node-histories.ts';
import { sievePolicy } from '../../builders/script-replays.ts';
import { policyOf, read } from '../policy/yaml/reading.ts';

describe('where an add goes', () => {
  const ROWS = [connect('mx1', 0), connect('mx2', 1), connect('mx1', 2), connect('mx3', 3)];

  test('none: each node counts its own', async () => {
    expect(await told(ADD_AND_ASK(0), ROWS)).toEqual([
      '0 mx1: 1',
      '1 mx2: 1',
      '2 mx1: 2',
      '3 mx3: 1',
    ]);
  });

  test('cluster: every node counts every add, once, and one that begins has all of them', async () => {
    expect(await told(ADD_AND_ASK(1), ROWS)).toEqual([
      '0 mx1: 1',
      '1 mx2: 2',
      '2 mx1: 3',
      '3 mx3: 4',
    ]);
  });

  test('manager: to other nodes it is as none', async () => {
    expect(await told(ADD_AND_ASK(-1), ROWS)).toEqual([
      '0 mx1: 1',
      '1 mx2: 1',
      '2 mx1: 2',
      '3 mx3: 1',
    ]);
  });

  test('each add says it for itself', async () => {
    // mx1: its three, and the one of mx2 that is for the cluster; mx2: its three and the one of mx1.
    const script = `${add(0)} ${add(1)} ${add(-1)} ${ask()} ec_log "\${s}";`;
    expect(await told(script, [connect('mx1', 0), connect('mx2', 1), connect('mx1', 2)])).toEqual([
      '0 mx1: 3',
      '1 mx2: 4',
      '2 mx1: 7',
    ]);
  });

  test('a node without a name is a node', async () => {
    expect(await told(ADD_AND_ASK(0), [connect('', 0), connect('mx1', 1), connect('', 2)])).toEqual(
      ['0 : 1', '1 mx1: 1', '2 : 2'],
    );
  });

  test('windows.csv has all nodes together, every add once', async () => {
    const script = `${add(0)} ${add(1)} ${add(-1)}`;
    const { records } = await replayNodes(ROWS, { scripts: sievePolicy(script) });
    // Four events, three adds each.
    expect(
      records.windows.filter(({ series }) => series === 's').map(({ total }) => total),
    ).toEqual([12]);
  });
});

describe('Lua', () => {
  const module = (replicate: string): string =>
    moduleAt(
      'validate_connect',
      'msys.audit_series.add("s") print(msys.audit_series.count("s", { endv = 2 }))',
      `msys.audit_series.define("s", "cidr", 10, 3, { replicate = "${replicate}" })`,
    );
  const ROWS = [connect('mx1', 0), connect('mx2', 1), connect('mx1', 2)];

  test.each([
    ['none', ['0 mx1: 1', '1 mx2: 1', '2 mx1: 2']],
    ['manager', ['0 mx1: 1', '1 mx2: 1', '2 mx1: 2']],
    ['cluster', ['0 mx1: 1', '1 mx2: 2', '2 mx1: 3']],
  ])('a series says for all of its adds where they go: %s', async (replicate, expected) => {
    expect(await logged(ROWS, { scripts: luaPolicy(module(replicate)) })).toEqual(expected);
  });

  test('the end of a session is on its node', async () => {
    const ends = `local mod = {}
function mod:init()
  msys.audit_series.define("s", "cidr", 10, 3)
  return true
end
function mod:validate_connect(ac, vctx)
  return msys.core.VALIDATE_CONT
end
function mod:validate_dealloc()
  msys.audit_series.add("s")
  print(msys.audit_series.count("s") .. " " .. msys.audit.connections("10,3"))
end
msys.registerModule("m", mod)
`;
    const rows = [
      ...ROWS,
      disconnect('mx2', 3, 1),
      disconnect('mx1', 4, 0),
      disconnect('mx1', 5, 2),
    ];
    // mx2 has seen one end and one connect, mx1 two connects.
    const setting = { scripts: luaPolicy(ends) };
    const { records } = await replayNodes(rows, setting);
    expect(records.log.map(({ text }) => text)).toEqual(['1 1', '1 2', '2 2']);
  });

  test('cluster = true asks the cluster', async () => {
    const body = `print(msys.audit.connections("10,3") .. " " ..
      msys.audit.connections("10,3", { cluster = true }) .. " " ..
      ac:inbound_session_count() .. " " .. msys.audit.inbound_session_count("/24", "inbound_cidr"))`;
    const scripts = luaPolicy(moduleAt('validate_connect', body));
    expect(await logged(ROWS, { scripts })).toEqual([
      '0 mx1: 1 1 1 1',
      '1 mx2: 1 2 1 2',
      '2 mx1: 2 3 2 3',
    ]);
  });
});

describe('YAML', () => {
  /** `2 mx1: 3`: what a rule on the series counts at two seconds on mx1. */
  async function firings(replicate: string, asked: string, setting: Setting): Promise<string[]> {
    const policy = policyOf(
      read(`hindcast: 1
monitors: ["10,3"]
series: { s: { type: ip, monitor: "10,3", on: connect, replicate: ${replicate} } }
rules: [ { name: r, count: s, windows: 0..2, per: address, above: 0, ${asked}then: tag } ]
`),
    );
    const rows = [connect('mx1', 0), connect('mx2', 1), connect('mx1', 2), connect('mx3', 3)];
    const found: string[] = [];
    await replayNodes(rows, {
      policy,
      onFiring: ({ file, timeMs, count }) =>
        found.push(`${(timeMs - NOON_MS) / 1000} ${file}: ${count}`),
      ...setting,
    });
    return found;
  }

  test.each([
    ['none', 'scope: node, ', {}, ['0 mx1: 1', '1 mx2: 1', '2 mx1: 2', '3 mx3: 1']],
    ['manager', 'scope: node, ', {}, ['0 mx1: 1', '1 mx2: 1', '2 mx1: 2', '3 mx3: 1']],
    ['cluster', 'scope: node, ', {}, ['0 mx1: 1', '1 mx2: 2', '2 mx1: 3', '3 mx3: 4']],
    // At 2 the add of mx2 is not known yet, at 3 those of 0 and 1 are.
    [
      'cluster',
      'scope: node, ',
      { series: 2000 },
      ['0 mx1: 1', '1 mx2: 1', '2 mx1: 2', '3 mx3: 3'],
    ],
    ['none', '', {}, ['0 mx1: 1', '1 mx2: 2', '2 mx1: 3', '3 mx3: 4']],
    ['cluster', '', { series: 2000 }, ['0 mx1: 1', '1 mx2: 2', '2 mx1: 3', '3 mx3: 4']],
    ['cluster', '', { series: undefined }, ['0 mx1: 1', '1 mx2: 2', '2 mx1: 3', '3 mx3: 4']],
  ])('replicate: %s, %s%j', async (replicate, asked, replication, expected) => {
    expect(await firings(replicate, asked, { replication })).toEqual(expected);
  });
});

describe('--clamp-negative', () => {
  test('stops each of the two at 0 by itself', async () => {
    // At 1 mx1 takes away 2 of the 3 that mx2 has told, but has none itself: they stay.
    const script = `if ec_test :is "%{spfv1:c}" "192.0.2.1" { ${add(0, -2)} }
      else { ${add(1, 3)} } $s = audit_series "s" "10,3" "24" 0 2; ec_log "\${s}";`;
    const rows = [connect('mx2', 0, { ip: '192.0.2.2' }), connect('mx1', 1)];
    expect(await told(script, rows)).toEqual(['0 mx2: 3', '1 mx1: 1']);
    expect(await told(script, rows, { clampNegative: true })).toEqual(['0 mx2: 3', '1 mx1: 3']);
  });
});
