// Goal: the nodes of plain maps that property tests hold the engine against do what semantics,
// section 7, says.
// Method: they are told directly of a few adds and sessions, with answers worked out by hand.
import { expect, test } from 'vitest';

import { ALL_REPLICATED, type Replicate } from '../../../src/model/replication.ts';
import { ObviousCluster } from '../../builders/obvious-cluster.ts';
import type { Counted } from '../../builders/obvious-counts.ts';

const OF: Counted = {
  name: 's',
  type: 'ip',
  monitor: { intervalMs: 10_000, windows: 3 },
  kept: 3,
};
const ASKED = { key: '192.0.2.1', prefix: { ipv4: 24, ipv6: 64 } };
const KEPT = { start: 0, end: 2 };
const DELAYED = { ...ALL_REPLICATED, connections: 5000, series: 5000, sessions: 5000 };

const adder =
  (cluster: ObviousCluster) =>
  (timeMs: number, node: string, replicate: Replicate, key = '192.0.2.1', amount = 1): void => {
    cluster.advance(timeMs);
    cluster.add({ of: OF, replicate, node, key, amount });
  };

test('an add is known where its `replicate` says, once', () => {
  const cluster = new ObviousCluster(ALL_REPLICATED);
  const add = adder(cluster);
  add(1000, 'mx1', 'none');
  add(2000, 'mx1', 'manager', '192.0.2.2', 5);
  add(3000, 'mx1', 'cluster', '192.0.2.3', 20);
  add(4000, 'mx2', 'cluster', '198.51.100.1', 100);
  add(4000, 'mx2', 'none', '192.0.2.1', 300);
  cluster.advance(9999);
  const counts = ['mx1', 'mx2', 'mx3'].map((node) => cluster.nodeCount(node, OF, ASKED, KEPT));
  expect(counts).toEqual([26, 320, 20]);
  expect(cluster.allCount(OF, ASKED, KEPT)).toBe(326);
  const rows = [
    ['192.0.2.2', 5],
    ['192.0.2.3', 20],
    ['198.51.100.1', 100],
  ].map(([key, count]) => ({ window: 0, key, count }));
  const monitor = { intervalMs: 60_000, windows: 1 };
  expect(cluster.managerJournals()).toEqual([
    { name: 's', type: 'ip', monitor, windowZeroMs: 0, rows },
  ]);
});

test('it arrives when its delay is over, in its own window', () => {
  const cluster = new ObviousCluster(DELAYED);
  const add = adder(cluster);
  const count = (timeMs: number, node: string, start: number, end: number): number => {
    cluster.advance(timeMs);
    return cluster.nodeCount(node, OF, ASKED, { start, end });
  };
  add(8000, 'mx1', 'cluster');
  expect(count(8000, 'mx1', 0, 0)).toBe(1);
  expect(count(12_999, 'mx2', 0, 2)).toBe(0);
  expect([count(13_000, 'mx2', 0, 0), count(13_000, 'mx2', 1, 1)]).toEqual([0, 1]);
  // A node that comes later has what has arrived.
  expect([count(29_999, 'mx3', 2, 2), count(30_000, 'mx3', 0, 2)]).toEqual([1, 0]);
});

test('metrics and sessions are those of the node or of the cluster as it sees it', () => {
  const cluster = new ObviousCluster(DELAYED);
  const metric = { ...OF, name: 'connections', kept: 4 };
  const session = { ip: '192.0.2.9', node: 'mx1', service: 'SMTP', listener: '25' };
  const open = (view: 'node' | 'cluster' | 'all'): number =>
    cluster.openSessions('mx2', view, '192.0.2.1', { prefix: ASKED.prefix, service: 'SMTP' });
  cluster.advance(0);
  cluster.session(session, 1);
  expect(cluster.event(metric, 'mx1', '192.0.2.9', 0)).toBe(true);
  cluster.session({ ...session, node: 'mx2' }, 1);
  const views = ['node', 'cluster', 'all'] as const;
  expect(views.map(open)).toEqual([1, 1, 2]);
  cluster.advance(2000);
  cluster.session(session, -1);
  cluster.advance(5000);
  expect(views.map(open)).toEqual([1, 2, 1]);
  expect(cluster.nodeMetric('mx2', metric, ASKED, KEPT)).toBe(0);
  expect(cluster.clusterMetric('mx2', metric, ASKED, KEPT)).toBe(1);
  cluster.advance(7000);
  expect(views.map(open)).toEqual([1, 1, 1]);
  // Of an event that is four windows old nothing is counted.
  cluster.advance(40_000);
  expect(cluster.event(metric, 'mx1', '192.0.2.9', 9999)).toBe(false);
});
