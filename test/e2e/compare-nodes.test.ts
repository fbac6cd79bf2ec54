// Goal: `compare --by node` says of each node what a run over its files alone says, and leaves the
// files that it promises.
// Method: the built command over a log of three hosts made from a recording, held against `replay`,
// `top` and `convert`. test/property/compare-nodes.test.ts has every number.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { COMPARED } from '../builders/compared-policies.ts';
import { connect } from './log-lines.ts';
import { outputKept, runKept } from './kept-hindcast.ts';
import { filesBelow, FIXTURES, newFolder, readCsv, tally } from './run-hindcast.ts';

const LOG = path.join(FIXTURES, 'logs', 'postfix', 'recorded.rfc3339.log.gz');
const LINES = gunzipSync(readFileSync(LOG))
  .toString()
  .split(/(?<=\n)/);
const ofHost = (host: string, lines: readonly string[]): string =>
  lines.map((line) => line.replace(/^(\S+) \S+/, `$1 ${host}`)).join('');
/** One sees all, two see a part; all that counts by node counts less than all nodes together. */
const HOSTS = {
  backup: ofHost('backup', LINES.slice(1500, 3500)),
  mx1: ofHost('mx1', LINES),
  mx2: ofHost('mx2', LINES.slice(2500)),
};
type Host = keyof typeof HOSTS;
const NAMES = Object.keys(HOSTS) as Host[];
const FILES = Object.fromEntries(NAMES.map((name) => [`logs/${name}.log`, HOSTS[name]]));
/** The same in one file, as a log host would have it. */
const TOGETHER = Object.values(HOSTS)
  .join('')
  .split(/(?<=\n)/)
  .map((line, at) => ({ line, at }))
  .sort((a, b) => (a.line.slice(0, 32) < b.line.slice(0, 32) ? -1 : 1) || a.at - b.at)
  .map(({ line }) => line)
  .join('');

const RULES = `hindcast: 1
rules:
  - { name: own, count: connections, scope: node, windows: 0..0, per: address, above: 12, at: connect, then: { disconnect: "421 no" } }
  - { name: net, count: rejections, scope: node, windows: 0..0, per: { ipv4: 24, ipv6: 64 }, above: 20, then: { reject: "450 no" } }
`;

interface Summary {
  readonly policy: string | null;
  readonly nodes: readonly (Record<string, number> & {
    readonly node: string;
    readonly stopped: Record<string, number>;
  })[];
  readonly clients: number;
  readonly seen_by: readonly { readonly nodes: number; readonly clients: number }[];
  readonly shared: readonly object[];
  readonly differences: readonly { readonly key: string; readonly difference: number }[];
  readonly more_differences: number;
  readonly rules: readonly {
    readonly rule: string;
    readonly firings: number;
    readonly nodes: readonly { readonly node: string; readonly firings: number }[];
  }[];
  readonly lone_keys: readonly object[];
}
interface Replayed {
  readonly events: Readonly<Record<string, number>>;
  readonly rules: readonly { readonly rule: string; readonly firings: number }[];
  readonly collateral: { readonly rules: readonly Record<string, number>[] };
}

const cwd = newFolder({ ...FILES, ...COMPARED, 'all.log': TOGETHER, 'rules.yaml': RULES });
const byNode = async (...args: string[]): Promise<Summary> => {
  const words = ['compare', '--by', 'node', ...args, '--format', 'json'];
  return JSON.parse(await outputKept(words, { cwd })) as Summary;
};
const replayed = async (...args: string[]): Promise<Replayed> =>
  JSON.parse(await outputKept(['replay', ...args, '--format', 'json'], { cwd })) as Replayed;

const pick = (record: Readonly<Record<string, number>>, ...keys: string[]): object =>
  Object.fromEntries(keys.map((key) => [key, record[key] ?? 0]));
const firingsAt = ({ rules }: Summary, name: string): unknown =>
  rules.map(({ rule, nodes }) => {
    return { rule, firings: nodes.find(({ node }) => node === name)?.firings ?? 0 };
  });

describe('each node as its own files have it', () => {
  let all: Summary;
  beforeAll(async () => {
    all = await byNode('all.log', '--policy', 'rules.yaml', '--out', 'report', '--limit', '3');
  });

  test.each(NAMES)('%s: events, firings and what is stopped', async (name) => {
    const own = all.nodes.find(({ node }) => node === name)!;
    const alone = await replayed(`logs/${name}.log`, '--policy', 'rules.yaml');
    expect(pick(own, 'connections', 'receptions', 'rejections', 'auth_failure')).toEqual({
      connections: alone.events['connect'],
      receptions: alone.events['reception'],
      rejections: alone.events['rejection'],
      auth_failure: alone.events['auth_failure'],
    });
    const rules = alone.rules.map(({ rule, firings }) => ({ rule, firings }));
    expect(firingsAt(all, name)).toEqual(rules);
    expect(own['firings']).toBe(rules.reduce((sum, { firings }) => sum + firings, 0));
    expect(own['firings']).toBeGreaterThan(20);
    const classes = ['connections', 'accepted', 'rejected', 'greylisted'];
    const taken = (kind: string): number =>
      alone.collateral.rules.reduce((sum, counts) => sum + counts[kind], 0);
    expect(pick(own.stopped, ...classes)).toEqual(
      Object.fromEntries(classes.map((kind) => [kind, taken(kind)])),
    );
  });

  test('totals are those of top, and clients those of the converted events', async () => {
    const day = '2026-11-20T17:2';
    const spans = ['--before', `${day}0..${day}7:30`, '--from', `${day}7:30`, '--to', `${day}9`];
    const words = ['top', 'all.log', ...spans, '--format', 'json'];
    const top = JSON.parse(await outputKept(words, { cwd })) as {
      metrics: { metric: string; before: number; now: number }[];
    };
    for (const { metric, before, now } of top.metrics) {
      expect([metric, all.nodes.reduce((sum, own) => sum + own[metric], 0)]).toEqual([
        metric,
        before + now,
      ]);
    }
    const KINDS = ['connect', 'reception', 'rejection', 'auth_failure'];
    const events = readCsv(await outputKept(['convert', 'all.log'], { cwd })).filter(
      ({ kind, ip }) => KINDS.includes(kind) && ip !== '' && !ip.startsWith('127.') && ip !== '::1',
    );
    const length = (ip: string): number => (ip.includes(':') ? 128 : 32);
    const obvious = tally(
      events.map(({ ip, node, kind }) => `${ip}/${length(ip)} ${node} ${KINDS.indexOf(kind)}`),
    );
    const files = filesBelow(path.join(cwd, 'report'));
    const rows = readCsv(files['clients.csv']);
    expect(Object.keys(rows[0]).join()).toBe(
      'key,node,connections,receptions,rejections,auth_failure',
    );
    const found: Record<string, number> = {};
    for (const { key, node, ...counts } of rows) {
      Object.values(counts).forEach((count, at) => {
        if (count !== '0') found[`${key} ${node} ${at}`] = Number(count);
      });
    }
    expect(found).toEqual(obvious);
    expect(all.clients).toBe(new Set(rows.map(({ key }) => key)).size);
    expect(all.seen_by.map(({ clients }) => clients).every((clients) => clients > 0)).toBe(true);
  });

  test('files agree with the summary', () => {
    const files = filesBelow(path.join(cwd, 'report'));
    expect(Object.keys(files)).toEqual([
      'clients.csv',
      'manifest.json',
      'node-keys.csv',
      'nodes.csv',
      'summary.json',
    ]);
    expect(JSON.parse(files['summary.json'])).toEqual(all);
    expect(all.differences).toHaveLength(3);
    expect(all.more_differences).toBeGreaterThan(3);
    const ofNodes = readCsv(files['nodes.csv']);
    for (const { node, stopped, ...own } of all.nodes) {
      const rows = ofNodes.filter((row) => row['node'] === node);
      const counts = Object.fromEntries(rows.map(({ metric, count }) => [metric, Number(count)]));
      const named = Object.entries(stopped).map(([name, count]) => [`stopped_${name}`, count]);
      expect(counts).toEqual({ ...own, ...Object.fromEntries(named) });
    }
    const keys = readCsv(files['node-keys.csv']);
    for (const { rule, firings } of all.rules) {
      const own = keys.filter((row) => row['rule'] === rule);
      expect(own.reduce((sum, row) => sum + Number(row['firings']), 0)).toBe(firings);
    }
    expect(all.lone_keys.length).toBeGreaterThan(0);
    expect(JSON.parse(files['manifest.json'])).toMatchObject({
      policy: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string },
      options: { by: 'node', per: '32,128', count: 'connections', limit: 3 },
    });
  });
});

test('the same bytes whatever the order of files, and the same answer from one file or CSV', async () => {
  const logs = NAMES.map((name) => `logs/${name}.log`);
  const seen = new Set<string>();
  const orders = [logs, logs.toReversed(), ['logs']];
  for (const [index, order] of orders.entries()) {
    const more = ['--policy', 'rules.yaml', '--out', `o${index}`, '--per', '24,64'];
    const stdout = await outputKept(['compare', '--by', 'node', ...order, ...more], { cwd });
    seen.add(JSON.stringify([stdout, filesBelow(path.join(cwd, `o${index}`))]));
  }
  expect(seen.size).toBe(1);

  const csv = newFolder({ 'events.csv': await outputKept(['convert', 'logs'], { cwd }) });
  const facts = ({ nodes, shared, differences, seen_by: by }: Summary): unknown => {
    return [nodes, shared, differences, by];
  };
  const apart = facts(await byNode('logs'));
  expect(facts(await byNode('all.log'))).toEqual(apart);
  expect(facts(await byNode(path.join(csv, 'events.csv')))).toEqual(apart);
});

test('the span is that of replay, and --count ranks by another count', async () => {
  const span = ['--from', '2026-11-20T17:27:25Z', '--to', '2026-11-20T17:27:35Z'];
  const { nodes, differences } = await byNode('logs', ...span, '--count', 'rejections');
  const all = await replayed('logs', ...span);
  const sum = (metric: string): number => nodes.reduce((total, own) => total + own[metric], 0);
  expect([sum('connections'), sum('rejections')]).toEqual([
    all.events['connect'],
    all.events['rejection'],
  ]);
  const counts = differences.map(({ difference }) => difference);
  expect(counts).toEqual(counts.toSorted((a, b) => b - a));
  expect(Math.min(...counts)).toBeGreaterThan(0);
});

test.each([
  ['a Sieve script', ['--policy', 'new.siv', '--phase', 'connect', '--config', 'e.conf']],
  ['a Lua module', ['--policy', 'old.lua', '--config', 'e.conf']],
])('%s: firings of the nodes are those of a replay', async (_, policy) => {
  const { rules, nodes } = await byNode('logs', ...policy);
  const all = await replayed('logs', ...policy);
  expect(rules.map(({ rule, firings }) => ({ rule, firings }))).toEqual(
    all.rules.map(({ rule, firings }) => ({ rule, firings })),
  );
  const stopped = nodes.reduce((sum, own) => sum + own.stopped['connections'], 0);
  expect(stopped).toBe(all.collateral.rules[0]['connections']);
  expect(rules[0].nodes.length).toBeGreaterThan(1);
});

describe('who is seen where', () => {
  const at = (index: number): string => `2026-11-20T10:00:${String(index).padStart(2, '0')}Z`;
  const lines = (host: string, ip: string, times: number): string =>
    Array.from({ length: times }, (_, index) => connect(at(index), ip, { host })).join('');
  const MAIL = [
    lines('mx1', '192.0.2.1', 6),
    lines('mx1', '192.0.2.2', 2),
    lines('mx2', '192.0.2.2', 1),
    lines('mx2', '198.51.100.7', 2),
    lines('mx1', '198.51.100.8', 1),
    lines('mx2', '127.0.0.1', 3),
  ].join('');

  test('a table that a reader can check', async () => {
    const here = newFolder({ 'mail.log': MAIL });
    const table = await outputKept(['compare', '--by', 'node', 'mail.log', '--limit', '2'], {
      cwd: here,
    });
    expect(table.split('\n').slice(2)).toEqual([
      '┌───────────┬─────────────┬────────────┬────────────┬─────────┬────────┬─────────┬──────┬─────────┐',
      '│ node      │ connections │ receptions │ rejections │ refused │ failed │ clients │ only │ of its  │',
      '│           │             │            │            │         │ logins │         │ here │ clients │',
      '├───────────┼─────────────┼────────────┼────────────┼─────────┼────────┼─────────┼──────┼─────────┤',
      '│ mx1       │           9 │          0 │          0 │         │      0 │       3 │    2 │ 66.67 % │',
      '│ mx2       │           3 │          0 │          0 │         │      0 │       2 │    1 │ 50 %    │',
      '│ all nodes │          12 │          0 │          0 │         │      0 │       4 │    3 │ 75 %    │',
      '└───────────┴─────────────┴────────────┴────────────┴─────────┴────────┴─────────┴──────┴─────────┘',
      'clients seen: 3 by 1 node, 1 by 2 nodes',
      '┌──────────────────────┬─────┬─────┐',
      '│ clients seen by both │ mx1 │ mx2 │',
      '├──────────────────────┼─────┼─────┤',
      '│ mx1                  │   3 │   1 │',
      '│ mx2                  │   1 │   2 │',
      '└──────────────────────┴─────┴─────┘',
      '┌───────────────────────┬─────┬─────┬───────────┬────────────┐',
      '│ connections by client │ mx1 │ mx2 │ all nodes │ difference │',
      '├───────────────────────┼─────┼─────┼───────────┼────────────┤',
      '│ 192.0.2.1/32          │   6 │   0 │         6 │        1.5 │',
      '│ 198.51.100.7/32       │   0 │   2 │         2 │        1.5 │',
      '└───────────────────────┴─────┴─────┴───────────┴────────────┘',
      '2 more clients (--limit, clients.csv of --out)',
      '',
    ]);
    const { nodes, ...blocks } = JSON.parse(
      await outputKept(['compare', '--by', 'node', 'mail.log', '--per', '24', '--format', 'json'], {
        cwd: here,
      }),
    ) as Summary;
    expect([blocks.clients, nodes.map((own) => own['only_here'])]).toEqual([2, [0, 0]]);
  });

  test('one node: a note, and its row; --node makes it two', async () => {
    const here = newFolder({
      'a.log': lines('mx1', '192.0.2.1', 2),
      'b.log': lines('mx1', '192.0.2.1', 1),
    });
    const args = ['compare', '--by', 'node', 'a.log', 'b.log'];
    const { code, stdout, stderr } = await runKept(args, { cwd: here });
    expect([code, stderr]).toEqual([
      0,
      'hindcast: all events are of mx1: there is no other node to compare with\n' +
        'hint: --node name=glob says whose lines a file holds\n',
    ]);
    expect(stdout.split('\n').filter((line) => line.startsWith('│ mx1'))).toHaveLength(1);
    expect(stdout).not.toContain('seen by both');
    const named = ['--node', 'a=a.log', '--node', 'b=b.log', '--format', 'json'];
    const { nodes } = JSON.parse(await outputKept([...args, ...named], { cwd: here })) as Summary;
    expect(nodes.map(({ node, connections }) => [node, connections])).toEqual([
      ['a', 2],
      ['b', 1],
    ]);
  });

  test('ten nodes: columns for the eight with the most events, rows and files for all', async () => {
    // mx9 has the most.
    const hosts = Array.from({ length: 10 }, (_, index) => `mx${index}`);
    const files: Record<string, string> = {};
    hosts.forEach((host, index) => {
      files[`${host}.log`] = lines(host, '192.0.2.1', index + 1);
    });
    const here = newFolder(files);
    const args = ['compare', '--by', 'node', ...hosts.map((host) => `${host}.log`), '--out', 'out'];
    const stdout = await outputKept(args, { cwd: here });
    const rows = stdout.split('\n');
    expect(stdout).toContain('\ncolumns are the 8 busiest of 10 nodes\n');
    const columns = rows.find((line) => line.startsWith('│ clients seen by both'))!.match(/mx\d/g);
    expect(columns).toEqual(hosts.slice(2));
    for (const host of hosts) {
      expect(rows.filter((line) => line.startsWith(`│ ${host} `)).length).toBeGreaterThan(0);
    }
    const clients = readCsv(readFileSync(path.join(here, 'out', 'clients.csv'), 'utf8'));
    expect(clients.map(({ node, connections }) => [node, Number(connections)])).toEqual(
      hosts.map((host, index) => [host, index + 1]),
    );
  });

  test('nothing to read', async () => {
    const here = newFolder({ 'empty.log': '' });
    const stdout = await outputKept(['compare', '--by', 'node', 'empty.log'], { cwd: here });
    expect(stdout.split('\n').slice(1)).toEqual(['nothing to read', '']);
  });
});

test('another word than node is refused, and a folder that holds something', async () => {
  const word = await runKept(['compare', '--by', 'host', 'logs'], { cwd });
  expect([word.code, word.stdout]).toEqual([2, '']);
  expect(word.stderr).toContain("option '--by <what>' argument 'host' is invalid");
  const full = newFolder({ 'mail.log': connect('2026-11-20T10:00:00Z', '192.0.2.1'), 'out/x': '' });
  const args = ['compare', '--by', 'node', 'mail.log', '--out', 'out'];
  const { code, stderr } = await runKept(args, { cwd: full });
  expect([code, stderr]).toEqual([
    2,
    'hindcast: out is not empty\n' +
      'hint: name a folder that does not exist yet, or replace the report with --force\n',
  ]);
});
