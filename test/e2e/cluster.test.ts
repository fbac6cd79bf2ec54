// Goal: the logs of three nodes make one report, the same byte for byte however they are named, and
// its journals, those of the manager among them, agree with each other.
// Method: the built command over generated Postfix logs, under a configuration of a cluster.
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { outputKept, runKept } from './kept-hindcast.ts';
import { connect, disconnect } from './log-lines.ts';
import { filesBelow, newFolder, readCsv } from './run-hindcast.ts';

const START_MS = Date.UTC(2026, 10, 20, 9, 58);
const HOSTS = ['mx1', 'mx2', 'mx3'];
/** Not in the order of their first lines. */
const LOGS = ['mx2.log', 'mx3.log', 'mx1.log'];

const stamp = (ms: number): string => new Date(ms).toISOString().replace('.000', '');

/**
 * Connections of 40 peers to three hosts, each host beginning five minutes behind the one before;
 * now and then two hosts have one in the same second, and each ends 4 to 60 seconds later.
 */
function logOf(host: number): string {
  const lines: [number, string][] = [];
  for (let index = 0; index < 150; index++) {
    const peer = (index * 7 + host * 11) % 40;
    const ip = peer < 30 ? `192.0.2.${peer + 1}` : `198.51.100.${peer}`;
    const began = START_MS + host * 300_000 + index * (4 + host) * 1000;
    const ended = began + (4 + ((index * 13) % 57)) * 1000;
    const own = { host: HOSTS[host], pid: 1000 + index };
    lines.push([began, connect(stamp(began), ip, own)], [ended, disconnect(stamp(ended), ip, own)]);
  }
  return lines
    .sort(([a], [b]) => a - b)
    .map(([, text]) => text)
    .join('');
}

const add = (series: string, replicate: number): string =>
  `$a = hash_create; hash_set $a "series" "${series}"; hash_set $a "monitor" "60,5";
hash_set $a "replicate" ${replicate}; hash_set $a "serialize" 1; audit_series_add $a;
`;
const SCRIPT = `${add('seen', 1)}${add('own', 0)}${add('watched', -1)}
$seen = audit_series "seen" "60,5" "24" 0 4;
$own = audit_series "own" "60,5" "24" 0 4;
$h = hash_create; hash_set $h "mask" "24";
$here = ec_ip_connections $h;
$all = ec_ip_connections_cluster $h;
($sessions) = audit_service "SMTP" "/24";
($cluster) = audit_service "inbound_cidr" "/24";
ec_log "seen \${seen} own \${own} here \${here} all \${all} sessions \${sessions} \${cluster}";
`;
const CONFIGURATION = `inbound_audit { monitors = ( "60,5" ) }
sieve { script "connect_phase1" { source = "connect.siv" } }
cluster {
  Replicate "metrics" { parameters = "connect;reception;rejection;audit_series" max_delay = 2.5 }
  Replicate "inbound_cidr" { max_delay = 2.5 }
  Replicate "eccmgr_metrics" { parameters = "audit_series" }
}
as_logger { log_interval = 300 series_include_default = all series_exclude = ( "^none" ) }
`;

const cwd = newFolder({
  ...Object.fromEntries(HOSTS.map((host, index) => [`${host}.log`, logOf(index)])),
  'connect.siv': SCRIPT,
  'e.conf': CONFIGURATION,
});

async function reportOf(
  out: string,
  logs: readonly string[],
  ...more: string[]
): Promise<Record<string, string>> {
  const table = await outputKept(['replay', ...logs, '--out', out, ...more], { cwd });
  return { ...filesBelow(path.join(cwd, out)), table };
}

const CONFIG = ['--config', 'e.conf'];
let report: Record<string, string>;
beforeAll(async () => {
  report = await reportOf('out', LOGS, ...CONFIG);
});

test('the report is the same whatever the order of the files', async () => {
  expect(await reportOf('turned', LOGS.toReversed(), ...CONFIG)).toEqual(report);
  expect(await reportOf('globbed', ['mx[123].log'], ...CONFIG)).toEqual(report);
});

test('what is told differs from node to node', () => {
  const lines = readCsv(report['log.csv']);
  expect(lines).toHaveLength(450);
  const counts = lines.map(({ text }) => text!.match(/\d+/g)!.map(Number));
  // Of the cluster a node never knows less than its own.
  for (const [seen, own, here, all, sessions, cluster] of counts) {
    expect([seen >= own, all >= here, cluster >= sessions]).toEqual([true, true, true]);
  }
  const more = (a: number, b: number): number => counts.filter((row) => row[a] > row[b]).length;
  expect([more(0, 1), more(3, 2), more(5, 4)].every((times) => times > 200)).toBe(true);
});

describe('journals of the manager', () => {
  const SPAN = 'from 20261120T095800 to 20261120T110000';
  const ask = (folder: string, series: string): Promise<string> =>
    outputKept(['query', folder, `show count for 0.0.0.0/0 in ${series} ${SPAN}`], { cwd });
  const sum = (answer: string): number =>
    answer
      .trim()
      .split('\n')
      .reduce((total, row) => total + Number(row.split(':').at(-1)), 0);

  test('are one for each interval and series that it counts', () => {
    const files = Object.keys(report).filter((name) => name.startsWith('series/manager/'));
    const ends = ['100000', '100500', '101000', '101500', '102000', '102500'];
    expect(files.slice(0, 2)).toEqual([
      'series/manager/seen.20261120T100000',
      'series/manager/seen.20261120T100500',
    ]);
    expect(files.map((name) => name.slice('series/manager/'.length))).toEqual(
      ['seen', 'watched'].flatMap((name) => ends.map((end) => `${name}.20261120T${end}`)),
    );
  });

  test.each(['seen', 'watched'])(
    'have what windows.csv and series/log have of %s',
    async (name) => {
      const rows = readCsv(report['windows.csv']).filter(({ series }) => series === name);
      const total = rows.reduce((all, row) => all + Number(row['total']), 0);
      expect(total).toBe(450);
      const answer = await ask('out/series/manager', name);
      expect(sum(answer)).toBe(total);
      expect(await ask('out/series/log', name)).toBe(answer);
    },
  );
});

describe('without a configuration', () => {
  const POLICY = ['--policy', 'connect.siv', '--phase', 'connect'];
  /** What is logged at the first connect of mx2, five minutes behind that of mx1. */
  async function first(out: string, ...more: string[]): Promise<string> {
    const files = await reportOf(out, LOGS, ...POLICY, ...more);
    return readCsv(files['log.csv']).find(({ file }) => file === 'mx2.log')!['text']!;
  }

  test('everything is told at once, and the manager keeps no journals', async () => {
    const files = await reportOf('bare', LOGS, ...POLICY);
    expect(Object.keys(files).filter((name) => name.includes('manager'))).toEqual([]);
  });

  test('--max-delay delays all that is replicated', async () => {
    const prompt = await first('prompt', '--max-delay', '0s');
    const delayed = await first('delayed', '--max-delay', '1h');
    expect(prompt).toMatch(/^seen \d\d own 1 here 1 all \d\d sessions 1 \d+$/);
    expect(delayed).toBe('seen 1 own 1 here 1 all 1 sessions 1 1');
  });
});

test('--max-delay wins over the max_delay of a configuration', async () => {
  const textsOf = async (out: string, ...more: string[]): Promise<string[]> =>
    readCsv((await reportOf(out, LOGS, ...CONFIG, ...more))['log.csv']).map((row) => row['text']!);
  const texts = await textsOf('at-once', '--max-delay', '0s');
  // Nothing arrives before the logs end.
  const alone = await textsOf('too-late', '--max-delay', '1h');
  expect(texts).not.toEqual(readCsv(report['log.csv']).map(({ text }) => text));
  const numbers = alone.map((text) => text.match(/\d+/g)!.map(Number));
  expect(numbers.every(([seen, own, here, all]) => seen === own && here === all)).toBe(true);
});

describe('a configuration without one of the stanzas', () => {
  /** The numbers logged last, and whether the report tells of what is missing. */
  async function last(out: string, configuration: string): Promise<[number[], boolean]> {
    const folder = newFolder({
      'mx1.log': connect('2026-11-20T10:00:00Z', '192.0.2.1', { host: 'mx1' }),
      'mx2.log': connect('2026-11-20T10:00:30Z', '192.0.2.1', { host: 'mx2' }),
      'connect.siv': SCRIPT,
      'e.conf': configuration,
    });
    const args = ['replay', 'mx1.log', 'mx2.log', ...CONFIG, '--out', out];
    const { code } = await runKept(args, { cwd: folder });
    expect(code).toBe(0);
    const files = filesBelow(path.join(folder, out));
    const { notes } = (
      JSON.parse(files['summary.json']) as { scripts: { notes: readonly unknown[] } }
    ).scripts;
    const text = readCsv(files['log.csv']).at(-1)!['text']!;
    return [text.match(/\d+/g)!.map(Number), notes.length > 0];
  }

  const METRICS = /Replicate "metrics".*\n/;
  const INBOUND = /Replicate "inbound_cidr".*\n/;
  const MANAGER = /Replicate "eccmgr_metrics".*\n/;
  // seen, own, here, all, sessions, cluster: of mx2, half a minute behind mx1.
  test.each<[string, string, number[], boolean]>([
    ['with all of them', CONFIGURATION, [2, 1, 1, 2, 1, 2], false],
    ['without metrics', CONFIGURATION.replace(METRICS, ''), [1, 1, 1, 2, 1, 2], true],
    ['without connect', CONFIGURATION.replace('connect;', ''), [2, 1, 1, 2, 1, 2], false],
    ['without audit_series', CONFIGURATION.replace(';audit_series', ''), [1, 1, 1, 2, 1, 2], true],
    ['without inbound_cidr', CONFIGURATION.replace(INBOUND, ''), [2, 1, 1, 2, 1, 1], true],
    [
      'without both',
      CONFIGURATION.replace(METRICS, '').replace(INBOUND, ''),
      [1, 1, 1, 1, 1, 1],
      true,
    ],
    ['without a manager', CONFIGURATION.replace(MANAGER, ''), [2, 1, 1, 2, 1, 2], true],
    [
      'without a cluster',
      CONFIGURATION.replace(/cluster \{[^]*?\n\}\n/, ''),
      [1, 1, 1, 1, 1, 1],
      true,
    ],
    [
      'with metrics under another name',
      CONFIGURATION.replace('"metrics" {', '"other" { type = "metrics"'),
      [2, 1, 1, 2, 1, 2],
      false,
    ],
  ])('%s', async (_, configuration, expected, isTold) => {
    expect(await last('out', configuration)).toEqual([expected, isTold]);
  });
});
