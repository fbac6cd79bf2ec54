// Goal: `cluster shared show` prints the open sessions of all nodes and of each as the manual does,
// over logs and over a state.
// Method: events that lead to the numbers of the manual's sample, whose addresses become those of
// 192.0.2.0/24; then what is left out, the clock, and the sessions that replays report.
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { outputKept, runKept } from './kept-hindcast.ts';
import { FIXTURES, newFolder, type Run } from './run-hindcast.ts';

interface Row {
  readonly count: number;
  readonly block: string;
}

const show = (from?: string): string =>
  `cluster shared show inbound_cidr${from === undefined ? '' : ` from ${from}`}`;

/** Header and rows of an answer; rows have the documented columns. */
function answerOf(text: string): { readonly header: string; readonly rows: readonly Row[] } {
  const [header, ...lines] = text.trimEnd().split('\n');
  const rows = lines.map((line) => {
    const parts = /^( *\d+) {25}(\S+)$/.exec(line);
    if (parts?.[1].length !== 7) throw new Error(`not a row: '${line}'`);
    return { count: Number(parts[1]), block: parts[2] };
  });
  return { header, rows };
}

const textOf = (rows: readonly Row[]): string[] =>
  rows.map(({ count, block }) => `${count} ${block}`);

/** Events with their times, a second apart. */
function csvOf(rows: readonly string[]): string {
  const lines = rows.map((row, second) => {
    const time = new Date(Date.parse('2026-11-20T10:00:00Z') + second * 1000).toISOString();
    return `${time},${row}\n`;
  });
  return `time,kind,ip,node,session,service\n${lines.join('')}`;
}

/** The same commands over logs, and over the state that a replay of them leaves. */
function bothWays(
  files: Readonly<Record<string, string>>,
  options: readonly string[] = [],
): readonly (readonly [string, (...commands: readonly string[]) => Promise<Run>])[] {
  const folder = newFolder(files);
  const ask = (args: readonly string[], commands: readonly string[]): Promise<Run> => {
    const words = commands.flatMap((command) => ['-c', command]);
    return runKept(['console', ...args, ...words], { cwd: folder });
  };
  let replayed: Promise<string> | undefined;
  return [
    ['logs', (...commands) => ask(['events.csv', ...options], commands)],
    [
      'a state',
      async (...commands) => {
        const args = ['replay', 'events.csv', ...options, '--state', 'state', '--reorder', '0s'];
        await (replayed ??= outputKept(args, { cwd: folder }));
        return ask(['--state', 'state'], commands);
      },
    ],
  ];
}

describe("the manual's sample", () => {
  /** Open sessions of each node by the last byte of their address. */
  const NODES = {
    'relay-0-1': { 180: 4, 181: 1 },
    'relay-0-2': { 103: 3, 180: 2, 181: 2 },
    'relay-0-3': { 103: 1, 180: 8, 181: 10 },
  };
  const connects = Object.entries(NODES).flatMap(([node, addresses]) =>
    Object.entries(addresses).flatMap(([byte, open]) =>
      Array.from({ length: open }, (_, n) => `connect,192.0.2.${byte},${node},${byte}-${n},`),
    ),
  );
  /** All rows that the manual has of all nodes. */
  const SAMPLE = [
    '31 192.0.0.0/8',
    '31 192.0.2.0/24',
    '4 192.0.2.0/25',
    '4 192.0.2.103/32',
    '27 192.0.2.160/27',
    '27 192.0.2.176/29',
    '27 192.0.2.180/31',
    '14 192.0.2.180/32',
    '13 192.0.2.181/32',
  ];
  const OURS = [
    '31 192.0.2.0/24',
    '4 192.0.2.103/32',
    '27 192.0.2.180/31',
    '14 192.0.2.180/32',
    '13 192.0.2.181/32',
  ];

  describe.each(bothWays({ 'events.csv': csvOf(connects) }))('over %s', (_, ask) => {
    test('of all nodes', async () => {
      const { stdout, stderr } = await ask('cluster shared list', show());
      expect(stderr).toBe('');
      expect(stdout).toBe(
        'Currently managed objects:\n' +
          '                  inbound_cidr [lazy, cidrtree w/ snapshots]\n' +
          "lazy, snapped cidrtree 'inbound_cidr', view 'global'\n" +
          '     31                         192.0.2.0/24\n' +
          '      4                         192.0.2.103/32\n' +
          '     27                         192.0.2.180/31\n' +
          '     14                         192.0.2.180/32\n' +
          '     13                         192.0.2.181/32\n',
      );
      expect(textOf(answerOf(stdout.split('\n').slice(2).join('\n')).rows)).toEqual(OURS);
    });

    test.each([
      ['relay-0-1', ['5 192.0.2.180/31', '4 192.0.2.180/32', '1 192.0.2.181/32']],
      [
        'relay-0-2',
        [
          '7 192.0.2.0/24',
          '3 192.0.2.103/32',
          '4 192.0.2.180/31',
          '2 192.0.2.180/32',
          '2 192.0.2.181/32',
        ],
      ],
    ])('of %s', async (node, rows) => {
      const answer = answerOf((await ask(show(node))).stdout);
      expect(answer.header).toBe(`lazy, snapped cidrtree 'inbound_cidr', view '#ec1-0#${node}'`);
      expect(textOf(answer.rows)).toEqual(rows);
    });
  });

  test('its other rows are blocks with a single child, which say nothing new', () => {
    const rows = SAMPLE.map((row) => {
      const [count, block] = row.split(' ');
      const [address, length] = block.split('/');
      const bits = address.split('.').map((byte) => Number(byte).toString(2).padStart(8, '0'));
      return { row, count, bits: bits.join('').slice(0, Number(length)) };
    });
    const within = (outer: string, inner: string): boolean =>
      inner.length > outer.length && inner.startsWith(outer);
    const childrenOf = (outer: string): typeof rows =>
      rows.filter(({ bits }) => {
        const between = rows.some((row) => within(outer, row.bits) && within(row.bits, bits));
        return within(outer, bits) && !between;
      });
    const single = rows.filter(({ bits, count }) => {
      const children = childrenOf(bits);
      return children.length === 1 && children[0].count === count;
    });
    const others = SAMPLE.filter((row) => !OURS.includes(row));
    expect(single.map(({ row }) => row)).toEqual(others);
    expect(SAMPLE.filter((row) => !others.includes(row))).toEqual(OURS);
  });
});

describe('what counts', () => {
  const policy = 'hindcast: 1\nignore: [198.51.100.0/24]\nrules: []\n';
  const events = csvOf([
    'connect,192.0.2.1,mx1,a,',
    'connect,192.0.2.1,mx1,b,SMTP',
    'connect,192.0.2.2,mx2,a,',
    'connect,198.51.100.7,mx1,c,',
    'connect,203.0.113.9,mx1,d,Submission',
    'connect,2001:db8::1,mx2,b,',
    'disconnect,,mx2,a,',
    'delivery,203.0.113.9,out,,',
  ]);
  const files = { 'events.csv': events, 'policy.yaml': policy };

  describe.each(bothWays(files, ['--policy', 'policy.yaml']))('over %s', (_, ask) => {
    test('is open, of the service SMTP and not ignored', async () => {
      const { stdout } = await ask(show());
      expect(textOf(answerOf(stdout).rows)).toEqual(['2 192.0.2.1/32', '1 2001:db8::1/128']);
    });

    test('by node; one without an open session is there', async () => {
      const { stdout } = await ask(show('mx1'), show('mx2'), show('out'));
      expect(stdout).toBe(
        "lazy, snapped cidrtree 'inbound_cidr', view '#ec1-0#mx1'\n" +
          '      2                         192.0.2.1/32\n' +
          "lazy, snapped cidrtree 'inbound_cidr', view '#ec1-0#mx2'\n" +
          '      1                         2001:db8::1/128\n' +
          "lazy, snapped cidrtree 'inbound_cidr', view '#ec1-0#out'\n",
      );
    });

    test('an unknown node and another object are mistakes where they stand', async () => {
      const { code, stdout, stderr } = await ask(show('mx3'));
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toBe(
        `-c:1:39: error: no node 'mx3' [console-node]
1 cluster shared show inbound_cidr from mx3
                                        ^^^
hint: did you mean 'mx1'? nodes: mx1, mx2, out
`,
      );
      const other = await ask('cluster shared show outbound_cidr');
      expect([other.code, other.stdout]).toEqual([2, '']);
      expect(other.stderr).toContain("-c:1:21: error: no shared object 'outbound_cidr'");
    });
  });

  test('moves with the clock, and so do the nodes', async () => {
    const [, ask] = bothWays(files, ['--policy', 'policy.yaml'])[0];
    const { code, stdout, stderr } = await ask(
      'at 2026-11-20T10:00:02Z',
      show(),
      'at 10:00:03',
      show(),
      'at 10:00:02',
      show('mx2'),
    );
    const header = "lazy, snapped cidrtree 'inbound_cidr', view 'global'\n";
    expect(stdout).toBe(
      `2026-11-20T10:00:02Z\n${header}` +
        '      2                         192.0.2.1/32\n' +
        `2026-11-20T10:00:03Z\n${header}` +
        '      3                         192.0.2.0/30\n' +
        '      2                         192.0.2.1/32\n' +
        '      1                         192.0.2.2/32\n' +
        '2026-11-20T10:00:02Z\n',
    );
    expect([code, stderr]).toEqual([2, expect.stringContaining("no node 'mx2'")]);
    expect(stderr).toContain('nodes: mx1\n');
  });
});

test('the sum is the number of open sessions that a replay until then reports', async () => {
  const log = path.join(FIXTURES, 'logs', 'postfix', 'maillog-20261120.gz');
  const cwd = newFolder();
  const seconds = [15, 25, 35, 41, 45];
  const counted: number[] = [];
  for (const second of seconds) {
    const until = `2026-11-20T17:27:${second}Z`;
    const over = [log, '--tz', 'Europe/Berlin'];
    const { stdout } = await runKept(['console', ...over, '--at', until, '-c', show()], { cwd });
    const { rows } = answerOf(stdout);
    const sum = rows.filter(({ block }) => /\/(?:32|128)$/.test(block)).map(({ count }) => count);
    counted.push(sum.reduce((a, b) => a + b, 0));
    const args = ['replay', ...over, '--to', until, '--format', 'json'];
    const { sessions } = JSON.parse(await outputKept(args, { cwd })) as {
      sessions: { open_at_end: number };
    };
    expect(counted.at(-1)).toBe(sessions.open_at_end);
  }
  expect(Math.max(...counted)).toBeGreaterThan(3);
});

test('under a configuration it is shared where a Replicate says so', async () => {
  const connect = 'connect,192.0.2.1,mx1,a,';
  const cwd = newFolder({
    'events.csv': csvOf([connect]),
    'alone.conf': 'inbound_audit { } cluster { }',
    'shared.conf': 'inbound_audit { } cluster { Replicate "inbound_cidr" { } }',
  });
  const ask = (config: string, command: string): Promise<Run> =>
    runKept(['console', 'events.csv', '--config', config, '-c', command], { cwd });
  expect((await ask('shared.conf', show())).stdout).toContain('192.0.2.1/32');
  const list = 'cluster shared list';
  expect((await ask('shared.conf', list)).stdout).toContain('inbound_cidr');
  expect((await ask('alone.conf', list)).stdout).toBe('Currently managed objects:\n');
  const refused = await ask('alone.conf', show());
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain(`no shared object 'inbound_cidr'`);
  expect(refused.stderr).toContain('the configuration has no Replicate "inbound_cidr"');
});
