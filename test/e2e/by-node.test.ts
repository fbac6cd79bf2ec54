// Goal: a report tells the nodes of a cluster apart, in the summary, on the terminal and with
// --by node in files, whatever the order of the logs; a report of one node says nothing of it.
// Method: the built command over the logs of three hosts, one of which has no name, with a rule that
// counts all nodes, one that counts each and a replicated series.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { outputKept, runKept } from './kept-hindcast.ts';
import { filesBelow, newFolder, readCsv, ROOT } from './run-hindcast.ts';

const CSV = ['windows.csv', 'keys.csv', 'firings.csv', 'stopped.csv'];
const HEAD = 'time,kind,ip,node,session,phase,verdict\n';

type Line = readonly [time: string, kind: string, ip: string];

const logOf = (node: string, lines: readonly Line[]): string =>
  HEAD +
  lines
    .map(([time, kind, ip], index) => {
      const phase = kind === 'rejection' ? 'rcptto' : '';
      const session = kind === 'connect' ? `s${index}` : '';
      return `2026-11-20T10:${time}Z,${kind},${ip},${node},${session},${phase},\n`;
    })
    .join('');

const FILES = {
  'one.csv': logOf('mx1', [
    ['00:01', 'connect', '192.0.2.1'],
    ['00:05', 'connect', '192.0.2.1'],
    ['00:20', 'rejection', '192.0.2.1'],
    ['01:20', 'rejection', '192.0.2.1'],
    // Loopback is ignored.
    ['01:21', 'rejection', '127.0.0.1'],
  ]),
  'two.csv': logOf('mx2.example.com', [
    ['00:03', 'connect', '192.0.2.1'],
    ['00:04', 'connect', '192.0.2.9'],
    ['00:21', 'rejection', '192.0.2.1'],
  ]),
  'other.csv': logOf('', [
    ['00:06', 'connect', '192.0.2.1'],
    ['01:30', 'disconnect', '192.0.2.1'],
  ]),
  'policy.yaml': `hindcast: 1
monitors: ["60,2"]
series:
  told: { type: ip, monitor: '60,2', on: rejection, replicate: cluster }
rules:
  - { name: all, count: connections, above: 2, per: address, then: { reject: "421 no" } }
  - { name: own, count: connections, above: 1, per: address, scope: node, then: tag }
`,
} as const;
const LOGS = ['one.csv', 'two.csv', 'other.csv'];
const POLICY = ['--policy', 'policy.yaml'];
const FOLDERS = ['@no-name', 'mx1', 'mx2%2Eexample%2Ecom'];

interface Node {
  readonly node: string;
  readonly firings: number;
}

const summaryOf = (folder: string): { nodes?: Node[] } & Record<string, unknown> =>
  JSON.parse(readFileSync(path.join(folder, 'summary.json'), 'utf8')) as { nodes?: Node[] };

async function report(args: readonly string[], cwd = newFolder(FILES)): Promise<string> {
  await outputKept(['replay', ...args, '--out', 'out'], { cwd });
  return path.join(cwd, 'out');
}

describe('the logs of three hosts', () => {
  test('the summary has the totals of each', async () => {
    const { nodes, events, sessions, ignored } = summaryOf(await report([...LOGS, ...POLICY]));
    const quiet = { ignored: 0, late: 0, too_late: 0, firings: 0 };
    const stopped = { connections: 0, messages: 0, accepted: 0 };
    const one = { ...stopped, connections: 1 };
    const none = { connect: 1, disconnect: 1 };
    const mx1 = { connect: 2, rejection: 2 };
    const mx2 = { connect: 2, rejection: 1 };
    const open = (opened: number): object => ({ sessions: { opened, peak: opened } });
    expect(nodes).toEqual([
      { ...quiet, node: '', events: none, ...open(1), firings: 1, stopped: one },
      { ...quiet, node: 'mx1', events: mx1, ignored: 1, ...open(2), firings: 2, stopped: one },
      { ...quiet, node: 'mx2.example.com', events: mx2, ...open(2), stopped },
    ]);
    expect(events).toEqual({ connect: 5, disconnect: 1, rejection: 3 });
    expect([sessions, ignored]).toEqual([expect.objectContaining({ opened: 5, peak: 5 }), 1]);
  });

  test('the table shows each', async () => {
    const shown = await outputKept(['replay', ...LOGS, ...POLICY], { cwd: newFolder(FILES) });
    const rows = shown.split('\n').filter((line) => /^│ (node|\(no name\)|mx)/.test(line));
    const cells = rows.map((row) =>
      row
        .split('│')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
    expect(cells).toEqual([
      expect.arrayContaining(['node', 'connections', 'receptions', 'rejections', 'firings']),
      ['(no name)', '1', '0', '0', '2', '1', '1', '1', '0', '0'],
      ['mx1', '2', '0', '2', '4', '2', '2', '1', '0', '0'],
      ['mx2.example.com', '2', '0', '1', '3', '2', '0', '0', '0', '0'],
    ]);
  });

  test('a table without rules has no firings', async () => {
    const shown = await outputKept(['replay', ...LOGS], { cwd: newFolder(FILES) });
    expect(shown).toMatch(/^│ mx1 {13}│ +2 │ +0 │ +2 │ +4 │ +2 │$/m);
  });
});

describe('--by node', () => {
  test('writes the same bytes in any order of the logs', async () => {
    const one = filesBelow(await report([...LOGS, ...POLICY, '--by', 'node']));
    const other = filesBelow(await report([...LOGS.toReversed(), ...POLICY, '--by', 'node']));
    expect(other).toEqual(one);
    const names = Object.keys(one).filter((name) => name.startsWith('nodes'));
    expect(names.sort()).toEqual(
      FOLDERS.flatMap((folder) => CSV.map((name) => path.join('nodes', folder, name))).sort(),
    );
  });

  test('leaves all other files as they are, but for the manifest', async () => {
    const { 'manifest.json': manifest, ...files } = filesBelow(
      await report([...LOGS, ...POLICY, '--by', 'node']),
    );
    const { 'manifest.json': before, ...plain } = filesBelow(await report([...LOGS, ...POLICY]));
    const others = Object.entries(files).filter(([name]) => !name.startsWith('nodes'));
    expect(Object.fromEntries(others)).toEqual(plain);
    expect(manifest).toContain('"by": "node"');
    expect(before).not.toContain('"by"');
  });

  test('windows of a node hold its own, and of a series what is replicated to it', async () => {
    const out = await report([...LOGS, ...POLICY, '--by', 'node']);
    const windowsOf = (folder: string): string[] =>
      readCsv(readFileSync(path.join(out, folder, 'windows.csv'), 'utf8')).map((row) => {
        const minute = row['window_start']!.slice(14, 16);
        const { series, total, keys, top_key: top, firings } = row;
        return [series, minute, total, keys, top, firings].join(' ');
      });
    expect(windowsOf('nodes/mx1')).toEqual([
      'sessions 00 2 1 192.0.2.1 0',
      'sessions 01 2 1 192.0.2.1 0',
      'told 00 2 1 192.0.2.1 0',
      'connections 00 2 1 192.0.2.1 2',
      'rejections 00 1 1 192.0.2.1 0',
      'told 01 1 1 192.0.2.1 0',
      'rejections 01 1 1 192.0.2.1 0',
    ]);
    expect(windowsOf('nodes/mx2%2Eexample%2Ecom')).toEqual([
      'sessions 00 2 2 192.0.2.1 0',
      'sessions 01 2 2 192.0.2.1 0',
      'told 00 2 1 192.0.2.1 0',
      'connections 00 2 2 192.0.2.1 0',
      'rejections 00 1 1 192.0.2.1 0',
      'told 01 1 1 192.0.2.1 0',
    ]);
    expect(windowsOf('nodes/@no-name')).toEqual([
      'sessions 00 1 1 192.0.2.1 0',
      'sessions 01 1 1 192.0.2.1 0',
      'told 00 2 1 192.0.2.1 0',
      'connections 00 1 1 192.0.2.1 1',
      'told 01 1 1 192.0.2.1 0',
    ]);
    expect(windowsOf('.')).toEqual([
      'sessions 00 5 2 192.0.2.1 0',
      'sessions 01 5 2 192.0.2.1 0',
      'told 00 2 1 192.0.2.1 0',
      'connections 00 5 2 192.0.2.1 3',
      'rejections 00 2 1 192.0.2.1 0',
      'told 01 1 1 192.0.2.1 0',
      'rejections 01 1 1 192.0.2.1 0',
    ]);
  });

  test('the report of one node is that of all', async () => {
    const out = await report(['two.csv', ...POLICY, '--by', 'node']);
    expect(readdirSync(path.join(out, 'nodes'))).toEqual(['mx2%2Eexample%2Ecom']);
    const files = filesBelow(path.join(out, 'nodes', 'mx2%2Eexample%2Ecom'));
    for (const name of CSV) expect(files[name]).toBe(readFileSync(path.join(out, name), 'latin1'));
    expect(summaryOf(out).nodes).toBeUndefined();
  });

  test.each([
    [
      'a script, which asks for counts of its node',
      ['--policy', 'limits.siv', '--phase', 'connect'],
    ],
    ['a policy in force', [...POLICY, '--enforce']],
  ])('firings and what is stopped add up: %s', async (_, args) => {
    const script = `$n = ec_ip_connections 0;
if ec_test :value "gt" :comparator "i;ascii-numeric" "\${n}" "0" { ec_action 421 "no"; }
`;
    const cwd = newFolder({ ...FILES, 'limits.siv': script });
    const out = await report([...LOGS, ...args, '--by', 'node'], cwd);
    const rowsOf = (folder: string, name: string): Record<string, string>[] =>
      readCsv(readFileSync(path.join(out, folder, name), 'utf8'));
    const folders = FOLDERS.map((folder) => path.join('nodes', folder));
    const sums: Record<string, number> = {};
    for (const row of folders.flatMap((folder) => rowsOf(folder, 'firings.csv'))) {
      const name = nameOf(row);
      sums[name] = (sums[name] ?? 0) + Number(row['firings']);
    }
    const whole = rowsOf('.', 'firings.csv').map((row) => [nameOf(row), Number(row['firings'])]);
    expect(sums).toEqual(Object.fromEntries(whole));
    expect(whole.length).toBeGreaterThan(0);
    const stopped = folders.flatMap((folder) => rowsOf(folder, 'stopped.csv'));
    const byLine = (rows: Record<string, string>[]): string[] => rows.map(lineOf).sort();
    expect(byLine(stopped)).toEqual(byLine(rowsOf('.', 'stopped.csv')));
    expect(stopped.length).toBeGreaterThan(1);
  });

  test('a name that is no name of a folder has one all the same', async () => {
    const long = 'x'.repeat(300);
    const files = { 'odd.csv': logOf('../a b', [['00:01', 'connect', '192.0.2.1']]) };
    const others = [`${long}1`, `${long}2`].map((name): [string, string] => {
      return [`${name.slice(-1)}.csv`, logOf(name, [['00:02', 'connect', '192.0.2.1']])];
    });
    const cwd = newFolder({ ...files, ...Object.fromEntries(others) });
    const folders = readdirSync(path.join(await report(['.', '--by', 'node'], cwd), 'nodes'));
    expect(folders.sort()).toEqual([
      '%2E%2E%2Fa%20b',
      expect.stringMatching(/^x{128}~[0-9a-f]{64}$/),
      expect.stringMatching(/^x{128}~[0-9a-f]{64}$/),
    ]);
  });

  test('there may be more nodes than a process has files open', () => {
    const names = Array.from({ length: 300 }, (_, index) => `mx${index}`);
    const lines = names.map((node) => logOf(node, [['00:01', 'connect', '192.0.2.1']]));
    const rows = lines.map((text) => text.slice(HEAD.length)).join('');
    const cwd = newFolder({ 'all.csv': HEAD + rows });
    const bin = path.join(ROOT, 'bin', 'hindcast.js');
    const args = ['replay', 'all.csv', '--out', 'out', '--by', 'node'];
    const limited = ['-c', 'ulimit -n 200 && exec "$0" "$@"', process.execPath, bin, ...args];
    const { status, stderr } = spawnSync('sh', limited, { cwd, encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
    expect(readdirSync(path.join(cwd, 'out', 'nodes')).sort()).toEqual(names.sort());
  });

  test('folders of nodes leave with the report that had them', async () => {
    const cwd = newFolder(FILES);
    const out = await report([...LOGS, '--by', 'node'], cwd);
    expect(readdirSync(path.join(out, 'nodes')).sort()).toEqual(FOLDERS);
    await report(['one.csv', '--by', 'node', '--force'], cwd);
    expect(readdirSync(path.join(out, 'nodes'))).toEqual(['mx1']);
    await report([...LOGS, '--force'], cwd);
    expect(existsSync(path.join(out, 'nodes'))).toBe(false);
  });

  test.each([
    [
      ['--by', 'node'],
      '--by node writes files, and there is no --out',
      'name a folder for the report with --out',
    ],
    [
      ['--by', 'node', '--out', 'out', '--state', 'st'],
      '--by node does not go with --state yet: what each node has counted alone is not stored',
      'replay all logs in one run; summary.json has the totals of each node in any run',
    ],
    [
      ['--by', 'node', '--out', 'out', '--journal', 'out/nodes'],
      '--journal out/nodes is a folder of the report --out out',
      'name a folder that no report replaces',
    ],
  ])('is refused: %j', async (args, words, hint) => {
    const cwd = newFolder(FILES);
    const run = await runKept(['replay', ...LOGS, ...args], { cwd });
    const stderr = `hindcast: ${words}\nhint: ${hint}\n`;
    expect(run).toEqual({ code: 2, stdout: '', stderr });
    expect(readdirSync(cwd).sort()).toEqual(Object.keys(FILES).sort());
  });
});

test('a report is split by nothing else', async () => {
  const cwd = newFolder(FILES);
  const run = await runKept(['replay', ...LOGS, '--by', 'listener', '--out', 'out'], { cwd });
  expect(run).toMatchObject({ code: 2, stdout: '' });
  expect(run.stderr).toContain("'listener' is invalid. Allowed choices are node.");
});

test('with --state the totals of nodes go on', async () => {
  const pieces = LOGS.flatMap((name): [string, string][] => {
    const lines = FILES[name as 'one.csv'].slice(HEAD.length).split(/(?<=\n)/);
    const at = lines.findIndex((line) => line > '2026-11-20T10:00:10Z');
    return [
      [`a/${name}`, HEAD + lines.slice(0, at).join('')],
      [`b/${name}`, HEAD + lines.slice(at).join('')],
    ];
  });
  const cwd = newFolder({ ...FILES, ...Object.fromEntries(pieces) });
  const whole = summaryOf(await report([...LOGS, ...POLICY], cwd));
  const run = [...POLICY, '--state', 'st', '--reorder', '0s'];
  await outputKept(['replay', 'a', ...run], { cwd });
  const shown = await outputKept(['replay', 'b', ...run, '--final', '--format', 'json'], { cwd });
  expect((JSON.parse(shown) as { nodes: unknown }).nodes).toEqual(whole.nodes);
});

test('one node in a report is not told apart', async () => {
  const cwd = newFolder(FILES);
  expect(summaryOf(await report(['one.csv'], cwd)).nodes).toBeUndefined();
  expect(await outputKept(['replay', 'one.csv'], { cwd })).not.toContain('│ node');
});

const nameOf = (row: Record<string, string>): string =>
  [row['rule'], row['key'], row['window_start']].join(' ');
const lineOf = (row: Record<string, string>): string => Object.values(row).join(',');
