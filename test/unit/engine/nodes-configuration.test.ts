// Goal: what a configuration does not replicate stays with its node, and the report says so
// (semantics, section 7).
// Method: a few lines of two or three nodes, a log for each; what a policy is told at each of them
// stands beside it, worked out by hand. Times are seconds after noon.
import { describe, expect, test } from 'vitest';

import type { ManagerLog, Replication } from '../../../src/model/replication.ts';
import { replicationOf } from '../../../src/policy/ecelerity/replication.ts';
import { line } from '../../builders/correlated-events.ts';
import type { EventRow } from '../../builders/event-batches.ts';
import { luaPolicy, moduleAt } from '../../builders/lua-replays.ts';
import {
  add,
  ADD_AND_ASK,
  connect,
  metric,
  PEER,
  replayNodes,
  type Setting,
} from '../../builders/node-histories.ts';
import { sievePolicy } from '../../builders/script-replays.ts';
import { policyOf, read } from '../policy/yaml/reading.ts';

describe('under a configuration that replicates less', () => {
  const refuse = (node: string, seconds: number): EventRow =>
    line(seconds, 'rejection', { ip: PEER, node, phase: 'connect', code: 550 });
  const receive = (node: string, seconds: number): EventRow =>
    line(seconds, 'reception', { ip: PEER, node, recipients: 1 });
  /** One event of each kind on mx1, and one on mx2 that asks. */
  const ROWS = [connect('mx1', 0), receive('mx1', 1), refuse('mx1', 2), connect('mx2', 3)];
  const logOf = (command: string): string => `${metric(command, 'n')} ec_log "\${n}";`;
  const INBOUND = '($n) = audit_service "inbound_cidr" "/24"; ec_log "${n}";';
  const LUA = moduleAt(
    'validate_connect',
    'msys.audit_series.add("s") print(msys.audit_series.count("s", { endv = 2 }))',
    'msys.audit_series.define("s", "cidr", 10, 3, { replicate = "cluster" })',
  );

  test.each<[string, Partial<Replication>, Setting['scripts'], string, string]>([
    [
      'connections',
      { connections: undefined },
      sievePolicy(logOf('ec_ip_connections_cluster')),
      '2',
      '1',
    ],
    [
      'receptions',
      { receptions: undefined },
      sievePolicy(logOf('ec_ip_receptions_cluster')),
      '1',
      '0',
    ],
    [
      'rejections',
      { rejections: undefined },
      sievePolicy(logOf('ec_ip_rejections_cluster')),
      '1',
      '0',
    ],
    ['sessions', { sessions: undefined }, sievePolicy(INBOUND), '2', '1'],
    // Also the refusal at connect runs the script, so that mx1 has added two.
    ['adds to the cluster', { series: undefined }, sievePolicy(ADD_AND_ASK(1)), '3', '1'],
    ['a Lua series of the cluster', { isSingleNode: true }, luaPolicy(LUA), '3', '0'],
  ])('%s', async (_, less, scripts, withIt, without) => {
    const last = async (replication: Partial<Replication>): Promise<[string, boolean]> => {
      const { records, notes } = await replayNodes(ROWS, { scripts, replication });
      return [records.log.at(-1)!.text, notes.length > 0];
    };
    expect(await last({})).toEqual([withIt, false]);
    // It is told in the report.
    expect(await last(less)).toEqual([without, true]);
  });

  test('adds to the manager', async () => {
    const managerLog: ManagerLog = { intervalMs: 20_000, includes: () => true };
    const replayed = async (replication: Partial<Replication>): Promise<[number, boolean]> => {
      const scripts = sievePolicy(add(-1));
      const { records, notes } = await replayNodes(ROWS, { scripts, managerLog, replication });
      return [records.managerJournals.length, notes.length > 0];
    };
    expect(await replayed({})).toEqual([1, false]);
    expect(await replayed({ manager: undefined })).toEqual([0, true]);
  });

  test('what counts nothing is in no report', async () => {
    const replication = { isSingleNode: true };
    const { records } = await replayNodes(ROWS, { scripts: luaPolicy(LUA), replication });
    expect(records.windows.filter(({ series }) => series === 's')).toEqual([]);
  });

  test('rules over all nodes do not depend on it', async () => {
    const none = replicationOf(undefined);
    const policy = policyOf(
      read(`hindcast: 1
monitors: ["10,3"]
series: { s: { type: ip, monitor: "10,3", on: connect, replicate: cluster } }
rules:
  - { name: r, count: s, windows: 0..2, per: address, above: 1, then: tag }
  - { name: m, count: connections, windows: 0..2, per: address, above: 1, then: tag }
  - { name: o, count: sessions, per: address, above: 1, then: tag }
`),
    );
    const { records } = await replayNodes(ROWS, { policy, replication: none });
    expect(records.firings.map(({ rule, peak }) => `${rule} ${peak}`)).toEqual([
      'r 2',
      'm 2',
      'o 2',
    ]);
  });
});
