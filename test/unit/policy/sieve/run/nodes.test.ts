// Goal: what scripts keep belongs to the node at hand, or to the cluster where it is replicated.
// Method: what a script logs over random events of several nodes, against the same script over the
// events of each node by itself, or over all of them as one node.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { ALL_REPLICATED, type Replication } from '../../../../../src/model/replication.ts';
import { NOON_MS, type EventRow } from '../../../../builders/event-batches.ts';
import { replayScripts } from '../../../../builders/script-replays.ts';

const ALONE: Replication = {
  ...ALL_REPLICATED,
  throttles: false,
  gauges: false,
  caches: new Set(['other']),
};

/** Scripts that log what they are answered, at every connect. */
const SCRIPTS = {
  throttle: `ec_throttle_create "a" "2/60"; ec_throttle_inc "a";
    $x = ec_throttle_check "a"; ec_log "\${x}";`,
  'shared throttle': `ec_shared_throttle_create "a" "2/60" "0.5"; ec_shared_throttle_inc "a";
    $x = ec_shared_throttle_check "a"; ec_log "\${x}";`,
  gauge: `ec_gauge_cache_init "c" 10 60; ec_gauge_cache_inc "c" "k";
    $x = ec_gauge_cache_get "c" "k"; ec_log "\${x}";`,
  'gauge that asks not to be replicated': `ec_gauge_cache_init "c" 10 60 0;
    ec_gauge_cache_dec "c" "k"; $x = ec_gauge_cache_get "c" "k"; ec_log "\${x}";`,
  'replicated gauge': `ec_gauge_cache_init "c" 10 60 1; ec_gauge_cache_inc "c" "k";
    $x = ec_gauge_cache_get "c" "k"; ec_log "\${x}";`,
  cache: `$x = ec_cluster_cache_get "c" "k"; ec_log "\${x}";
    if ec_test :is $x "" { $t = ec_get_message_creation_time; ec_cluster_cache_set "c" "k" $t "60"; }`,
} as const;
type Kept = keyof typeof SCRIPTS;

interface Visit {
  readonly node: string;
  readonly seconds: number;
}

const rowsOf = (visits: readonly Visit[]): EventRow[] =>
  visits.map(({ node, seconds }, at) => ({
    timeMs: NOON_MS + seconds * 1000,
    kind: 'connect',
    ip: '192.0.2.7',
    node,
    session: `s${at}`,
  }));

async function logsOf(
  kept: Kept,
  visits: readonly Visit[],
  replication?: Replication,
): Promise<readonly string[]> {
  const { logs, notes } = await replayScripts(SCRIPTS[kept], rowsOf(visits), { replication });
  expect(notes.filter(({ kind }) => kind === 'failed')).toEqual([]);
  expect(logs).toHaveLength(visits.length);
  return logs;
}

const anyVisits = fc
  .array(fc.record({ node: fc.constantFrom('a', 'b', 'c'), gap: fc.constantFrom(0, 1, 20, 61) }), {
    maxLength: 25,
  })
  .map((steps) => {
    let seconds = 0;
    return steps.map(({ node, gap }): Visit => ({ node, seconds: (seconds += gap) }));
  });

describe('each node has its own', () => {
  test.each<[Kept, Replication]>([
    ['throttle', ALL_REPLICATED],
    ['shared throttle', ALONE],
    ['gauge', ALL_REPLICATED],
    ['gauge that asks not to be replicated', ALL_REPLICATED],
    ['replicated gauge', ALONE],
    ['cache', ALONE],
  ])('%s', async (kept, replication) => {
    await fc.assert(
      fc.asyncProperty(anyVisits, async (visits) => {
        const logs = await logsOf(kept, visits, replication);
        for (const node of ['a', 'b', 'c']) {
          const isOwn = visits.map((visit) => visit.node === node);
          const alone = await logsOf(
            kept,
            visits.filter((_, at) => isOwn[at]),
          );
          expect(logs.filter((_, at) => isOwn[at])).toEqual(alone);
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe('all nodes share', () => {
  test.each<[Kept, Replication]>([
    ['shared throttle', { ...ALONE, throttles: true }],
    ['replicated gauge', { ...ALONE, gauges: true }],
    ['cache', { ...ALONE, caches: new Set(['b', 'c']) }],
    ['cache', ALL_REPLICATED],
  ])('%s', async (kept, replication) => {
    await fc.assert(
      fc.asyncProperty(anyVisits, async (visits) => {
        const one = visits.map((visit) => ({ ...visit, node: 'a' }));
        expect(await logsOf(kept, visits, replication)).toEqual(await logsOf(kept, one));
      }),
      { numRuns: 50 },
    );
  });
});

const TWO: readonly Visit[] = [
  { node: 'a', seconds: 0 },
  { node: 'b', seconds: 1 },
  { node: 'a', seconds: 2 },
];

test.each<[Kept, string[]]>([
  ['throttle', []],
  ['gauge', []],
  [
    'shared throttle',
    ['the configuration replicates no shared_named_throttles: each node has its own'],
  ],
  ['replicated gauge', ['the configuration replicates no gauge_cache: each node has its own']],
  ['cache', ["the configuration replicates no cache 'c': each node has its own"]],
])('what is not replicated is told once: %s', async (kept, expected) => {
  const { notes } = await replayScripts(SCRIPTS[kept], rowsOf(TWO), { replication: ALONE });
  expect(notes.map(({ kind, text }) => `${kind}: ${text}`)).toEqual(
    expected.map((text) => `doubt: ${text}`),
  );
  const told = await replayScripts(SCRIPTS[kept], rowsOf(TWO));
  expect(told.notes).toEqual([]);
});

test('a node has the gauges that it has made, also those of the cluster', async () => {
  const script = `if ec_test :is "%{vctx_conn:ehlo_domain}" "make" {
      ec_gauge_cache_init "c" 10 60 1; ec_gauge_cache_inc "c" "k"; }
    $x = ec_gauge_cache_get "c" "k"; ec_log "\${x}";`;
  const rows = [
    { node: 'a', helo: 'make' },
    { node: 'b', helo: 'ask' },
    { node: 'b', helo: 'make' },
    { node: 'a', helo: 'ask' },
  ].map((row, at): EventRow => {
    const timeMs = NOON_MS + at * 1000;
    return { timeMs, kind: 'rejection', phase: 'ehlo', ip: '192.0.2.7', session: `s${at}`, ...row };
  });
  const { logs, notes } = await replayScripts({ ehlo: script }, rows);
  expect(logs).toEqual(['1', '0', '2', '2']);
  expect(notes.map(({ text }) => text)).toEqual([
    'no ec_gauge_cache_init has run for this cache: it counts 0',
  ]);
});

test('a full cache loses an entry of its own node only', async () => {
  const script = `ec_gauge_cache_init "c" 1 600; ec_gauge_cache_inc "c" "%{vctx_conn:ehlo_domain}";
    $x = ec_gauge_cache_get "c" "%{vctx_conn:ehlo_domain}"; ec_log "\${x}";`;
  const rows = ['a k', 'b l', 'a k', 'b l', 'b k', 'b l'].map((visit, at): EventRow => {
    const [node, helo] = visit.split(' ');
    const timeMs = NOON_MS + at * 1000;
    return {
      timeMs,
      kind: 'rejection',
      phase: 'ehlo',
      ip: '192.0.2.7',
      session: `s${at}`,
      node,
      helo,
    };
  });
  const { logs } = await replayScripts({ ehlo: script }, rows);
  expect(logs).toEqual(['1', '1', '2', '2', '1', '1']);
});
