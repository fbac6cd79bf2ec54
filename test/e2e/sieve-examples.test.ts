// Goal: the examples of Momentum's manual about the audit facility run as they are printed.
// Method: the built command with each of them, over a log that makes it fire (or changes the count)
// and over one that does not.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { runKept } from './kept-hindcast.ts';
import { newFolder, readCsv } from './run-hindcast.ts';

interface Row {
  readonly at: number;
  readonly kind: 'connect' | 'disconnect' | 'reception';
  readonly ip: string;
  readonly session: number | string;
}

const START = Date.parse('2026-11-20T10:00:00Z') / 1000;

/** Events as CSV, `at` in seconds after ten o'clock. */
function logOf(rows: readonly Row[]): string {
  const lines = rows.map(({ at, kind, ip, session }) => `${START + at},${kind},${ip},${session}`);
  return `time,kind,ip,session\n${lines.join('\n')}\n`;
}

/** Sessions opened one after another and never ended. */
function opened(count: number, ipOf: (index: number) => string): Row[] {
  return Array.from({ length: count }, (_, index) => {
    return { at: 0, kind: 'connect', ip: ipOf(index), session: index };
  });
}

const fileIn = (folder: string, name: string): string =>
  readFileSync(path.join(folder, 'out', name), 'utf8');

interface Example {
  readonly folder: string;
  readonly table: string;
}

async function replay(script: string, rows: readonly Row[], phase = 'connect'): Promise<Example> {
  const folder = newFolder({ 'a.siv': script, 'log.csv': logOf(rows) });
  const args = ['replay', 'log.csv', '--policy', 'a.siv', '--phase', phase, '--out', 'out'];
  const { code, stdout, stderr } = await runKept(args, { cwd: folder });
  expect([code, stderr.replace(/^.*warning[^]*$/, '')]).toEqual([0, '']);
  return { folder, table: stdout };
}

function windowsOf({ folder }: Example, series: string): string[][] {
  return readCsv(fileIn(folder, 'windows.csv'))
    .filter((row) => row['series'] === series)
    .map((row) => [row['monitor']!, row['window_start']!, row['total']!, row['top_key']!]);
}

describe('audit_service: two thresholds', () => {
  const SCRIPT = `($connections) = audit_service "inbound_cidr" "/32";
($c_connections) = audit_service "inbound_cidr" "/24";
if ec_test :value "gt" :comparator "i;ascii-numeric" "\${connections}" "1000" {
  ec_tarpit 10 "too many connections /32";
}

if ec_test :value "gt" :comparator "i;ascii-numeric" "\${c_connections}" "10000" {
  ec_tarpit 10 "too many connections /24";
}
`;
  const firings = ({ folder }: Example): (string | undefined)[][] =>
    readCsv(fileIn(folder, 'firings.csv')).map((row) => [
      row['rule'],
      row['key'],
      row['firings'],
      row['verdict'],
    ]);

  test('tarpits an address from its 1001st open connection on', async () => {
    const fired = await replay(
      SCRIPT,
      opened(1002, () => '192.0.2.7'),
    );
    expect(firings(fired)).toEqual([['a.siv:4', '192.0.2.7', '2', 'tarpit']]);
    const summary = fileIn(fired.folder, 'summary.json');
    const { scripts } = JSON.parse(summary) as { scripts: unknown };
    expect(scripts).toMatchObject({
      stats: [
        {
          phase: 'connect_phase1',
          counter: 'too many connections /32',
          class: 'informational',
          count: 2,
        },
      ],
    });
    expect(fired.table).toContain('too many connections /32');
  });

  test('does not at the 1000th', async () => {
    expect(
      firings(
        await replay(
          SCRIPT,
          opened(1000, () => '192.0.2.7'),
        ),
      ),
    ).toEqual([]);
  });

  test('nor when sessions have ended', async () => {
    const gone = { at: 1, kind: 'disconnect', ip: '192.0.2.7', session: 5 } as const;
    const again = { at: 2, kind: 'connect', ip: '192.0.2.7', session: 'x' } as const;
    const rows = [...opened(1000, () => '192.0.2.7'), gone, again];
    expect(firings(await replay(SCRIPT, rows))).toEqual([]);
  });

  test('tarpits a /24 from its 10001st on, none of its addresses having many', async () => {
    const addressOf = (index: number): string => `198.51.100.${index % 200}`;
    const fired = await replay(SCRIPT, opened(10_001, addressOf));
    expect(firings(fired)).toEqual([['a.siv:8', '198.51.100.0', '1', 'tarpit']]);
    expect(firings(await replay(SCRIPT, opened(10_000, addressOf)))).toEqual([]);
  });
});

describe('audit_series_add', () => {
  const POSITIONAL = 'audit_series_add "mycounter" "1800,3" "3";\n';
  const HASH = `$args = hash_create;
hash_set $args "series" "mycounter";
hash_set $args "monitor" "1,10";
hash_set $args "count" 2;
`;
  const ROWS: readonly Row[] = [
    { at: 0, kind: 'connect', ip: '192.0.2.7', session: 1 },
    { at: 1, kind: 'connect', ip: '192.0.2.7', session: 2 },
    { at: 1800, kind: 'connect', ip: '192.0.2.8', session: 3 },
  ];
  const QUIET: readonly Row[] = [{ at: 0, kind: 'reception', ip: '192.0.2.7', session: 1 }];

  test('with arguments in order adds 3 to the window of half an hour', async () => {
    expect(windowsOf(await replay(POSITIONAL, ROWS), 'mycounter')).toEqual([
      ['1800,3', '2026-11-20T10:00:00Z', '6', '192.0.2.7'],
      ['1800,3', '2026-11-20T10:30:00Z', '3', '192.0.2.8'],
    ]);
    expect(windowsOf(await replay(POSITIONAL, QUIET), 'mycounter')).toEqual([]);
  });

  test('with a hash adds 2 to the window of a second', async () => {
    const added = await replay(`${HASH}audit_series_add $args;\n`, ROWS);
    expect(windowsOf(added, 'mycounter')).toEqual([
      ['1,10', '2026-11-20T10:00:00Z', '2', '192.0.2.7'],
      ['1,10', '2026-11-20T10:00:01Z', '2', '192.0.2.7'],
      ['1,10', '2026-11-20T10:30:00Z', '2', '192.0.2.8'],
    ]);
    expect(windowsOf(await replay(`${HASH}audit_series_add $args;\n`, QUIET), 'mycounter')).toEqual(
      [],
    );
  });

  test('with serialize on a single node counts the same, and writes journals', async () => {
    const script = `${HASH}hash_set $args "serialize" 1;\naudit_series_add $args;\n`;
    const added = await replay(script, ROWS);
    expect(windowsOf(added, 'mycounter').map(([, , total]) => total)).toEqual(['2', '2', '2']);
    const show = ['query', 'out', 'show available'];
    const { stdout } = await runKept(show, { cwd: added.folder });
    expect(stdout).toContain('mycounter');
    const quiet = await replay(script, QUIET);
    expect(windowsOf(quiet, 'mycounter')).toEqual([]);
  });
});

describe('inbound_audit', () => {
  const NAMED = 'inbound_audit "inbound_audit1"\n{\n  monitors = ( "300,6" "1800,4" )\n}\n';
  const SINGLETON = 'inbound_audit\n{\n  monitors = ( "300,6" "1800,4" )\n}\n';
  const SIEVE = 'sieve "sieve1" { script "connect_phase1" { source = "a.siv" } }\n';
  // The half-hour monitor is the second one; /24 of the peer.
  const SCRIPT = `$n = ec_ip_connections 1 24;
if ec_test :value "gt" :comparator "i;ascii-numeric" "\${n}" "2" { ec_action 421 "busy"; }
`;

  test.each([
    ['named', NAMED],
    ['singleton', SINGLETON],
  ])('as a %s stanza gives the monitors that ec_ip_connections asks', async (_, stanza) => {
    const stoppedIn = async (rows: readonly Row[]): Promise<(string | undefined)[]> => {
      const files = { 'a.siv': SCRIPT, 'e.conf': stanza + SIEVE, 'log.csv': logOf(rows) };
      const folder = newFolder(files);
      const args = ['replay', 'log.csv', '--config', 'e.conf', '--out', 'out'];
      const { code, stderr } = await runKept(args, { cwd: folder });
      expect([code, stderr]).toEqual([0, '']);
      return readCsv(fileIn(folder, 'stopped.csv')).map((row) => `${row['ip']} ${row['rule']}`);
    };
    const three = opened(3, (index) => `192.0.2.${index}`);
    expect(await stoppedIn(three)).toEqual(['192.0.2.2 a.siv:2']);
    expect(await stoppedIn(three.slice(0, 2))).toEqual([]);
  });
});
