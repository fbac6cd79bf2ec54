// Goal: audit commands answer what the facts say of them, with their defaults and odd forms, and
// contradictions are decided as documented (docs/sieve.md).
// Method: scripts that log what they ask, replayed over a few events by the engine itself.
import { describe, expect, test } from 'vitest';
import { NOON_MS, type EventRow } from '../../../../builders/event-batches.ts';
import {
  replayScripts,
  type ScriptReplay,
  type ScriptSetting,
} from '../../../../builders/script-replays.ts';

const S = 1000;

/** A connect for each address, `gap` seconds apart from noon on; of one session each. */
function connects(ips: readonly string[], gap = 0): EventRow[] {
  return ips.map((ip, index) => ({
    timeMs: NOON_MS + index * gap * S,
    kind: 'connect',
    ip,
    session: `s${index}`,
  }));
}
const FOUR = ['192.0.2.1', '192.0.2.1', '192.0.2.9', '198.51.100.1'];
const SIX = ['2001:db8::1', '2001:db8::1', '2001:db8::9', '2001:db8:1::1'];

/** The last thing that a script logs. */
async function lastOf(
  script: string,
  rows: readonly EventRow[],
  setting?: ScriptSetting,
): Promise<string | undefined> {
  return (await replayScripts(script, rows, setting)).logs.at(-1);
}

const shown = (command: string): string => `$x = ${command};\nec_log "\${x}";`;
const hash = (pairs: Readonly<Record<string, string | number>>): string =>
  Object.entries(pairs)
    .map(([key, value]) => `hash_set $h "${key}" "${value}"; `)
    .join('');
const withHash = (command: string, pairs: Readonly<Record<string, string | number>>): string =>
  `$h = hash_create; ${hash(pairs)}${shown(`${command} $h`)}`;

const noteOf = ({ notes }: ScriptReplay): string[] =>
  notes.map(({ kind, text }) => `${kind}: ${text}`);

describe('audit_series', () => {
  const ADD = 'audit_series_add "s" "60,5";\n';
  const PEER = connects([...FOUR, '192.0.2.1']);

  test.each([
    ['the peer alone', 'audit_series "s" "60,5" "32"', '3'],
    ['a mask with a slash', 'audit_series "s" "60,5" "/32"', '3'],
    ['a block', 'audit_series "s" "60,5" 24', '4'],
    ['everyone', 'audit_series "s" "60,5" "0"', '5'],
    ['a window of the past', 'audit_series "s" "60,5" 24 1', '0'],
    ['a range', 'audit_series "s" "60,5" 24 0 4', '4'],
    ['another address', 'audit_series :ip "192.0.2.9" "s" "60,5" 32', '1'],
    ['a bracketed address', 'audit_series :ip "[2001:db8::1]" "s" "60,5" 64', '0'],
    ['another monitor of the name', 'audit_series "s" "60,6" 0', '0'],
    ['a name that nothing adds to', 'audit_series "t" "60,5" 0', '0'],
    ['names have case', 'audit_series "S" "60,5" 0', '0'],
  ])('asks %s', async (_, command, expected) => {
    expect(await lastOf(ADD + shown(command), PEER)).toBe(expected);
  });

  test('counts windows back, and the end is the start where it is missing', async () => {
    // A connect a minute: at the fifth, one lies in each of windows 0 to 4.
    const rows = connects(
      Array.from({ length: 5 }, () => '192.0.2.1'),
      60,
    );
    const asked = async (range: string): Promise<string | undefined> =>
      lastOf(ADD + shown(`audit_series "s" "60,5" 32 ${range}`), rows);
    expect(await Promise.all(['', '0', '1', '0 1', '1 4', '0 4'].map(asked))).toEqual([
      '1',
      '1',
      '1',
      '2',
      '4',
      '5',
    ]);
    // The oldest window is dropped when the next one begins.
    const six = connects(
      Array.from({ length: 6 }, () => '192.0.2.1'),
      60,
    );
    expect(await lastOf(ADD + shown('audit_series "s" "60,5" 32 0 4'), six)).toBe('5');
  });

  test.each([
    ['beyond the last window', '5', 'window 5 of "60,5", which keeps 0 to 4: 0'],
    ['backwards', '3 1', 'windows 3 to 1 of "60,5", which keeps 0 to 4: 0'],
    ['before the first', '-1 2', 'windows -1 to 2 of "60,5", which keeps 0 to 4: 0'],
  ])('%s is "0", and told once', async (_, range, text) => {
    const [start, end = start] = range.split(' ');
    const script = `${ADD}$start = "${start}"; $end = "${end}";
${shown('audit_series "s" "60,5" 0 "${start}" "${end}"')}`;
    const replayed = await replayScripts(script, PEER);
    expect(replayed.logs).toEqual(['0', '0', '0', '0', '0']);
    expect(replayed.notes).toEqual([{ place: 'connect.siv:3', kind: 'doubt', text, times: 5 }]);
  });

  test('with a hash has a mask of its own family by default', async () => {
    const asked = { series: 's', monitor: '60,5' };
    expect(await lastOf(ADD + withHash('audit_series', asked), PEER)).toBe('3');
    expect(await lastOf(ADD + withHash('audit_series', asked), connects(SIX.slice(0, 3)))).toBe(
      '1',
    );
    const block = { ...asked, mask: 64 };
    expect(await lastOf(ADD + withHash('audit_series', block), connects(SIX.slice(0, 3)))).toBe(
      '3',
    );
    const all = { ...asked, mask: '/24', period_start: 0, period_end: 4, ip: '192.0.2.200' };
    expect(await lastOf(ADD + withHash('audit_series', all), PEER)).toBe('4');
  });

  test('takes a mask of IPv4 literally with IPv6, and says so', async () => {
    const replayed = await replayScripts(ADD + shown('audit_series "s" "60,5" 32'), connects(SIX));
    expect(replayed.logs.at(-1)).toBe('4');
    expect(noteOf(replayed)).toEqual(['doubt: /32 of an IPv6 address is a very large block']);
  });

  test('fails on what is no monitor, mask, address or hash', async () => {
    const failing = [
      ['$m = "60";', 'audit_series "s" "${m}" 32', "'60' is no monitor"],
      ['$m = "129";', 'audit_series "s" "60,5" "${m}"', "'129' is no mask from 0 to 128"],
      ['$m = "64";', 'audit_series "s" "60,5" "${m}"', '/64 is longer than an IPv4 address'],
      ['$m = "example";', 'audit_series :ip "${m}" "s" "60,5" 32', "'example' is no address"],
      ['$m = "";', 'audit_series "${m}" "60,5" 32', 'the name of the series is empty'],
      ['$m = "x";', 'audit_series "s" "60,5" 32 "${m}"', "period_start 'x' is no number"],
      ['$m = "x";', 'audit_series $m', 'its one argument is no hash'],
    ];
    for (const [set, command, text] of failing) {
      const replayed = await replayScripts(`${set}\n${shown(command)}`, connects(['192.0.2.1']));
      expect(noteOf(replayed)).toEqual([`failed: audit_series: ${text}`]);
      expect(replayed.logs).toEqual([]);
    }
  });
});

describe('audit_series_add', () => {
  const ROWS = connects(['192.0.2.1', '192.0.2.1']);
  const total = async (
    add: string,
    rows: readonly EventRow[] = ROWS,
    setting?: ScriptSetting,
  ): Promise<string | undefined> =>
    lastOf(`${add}\n${shown('audit_series "s" "60,5" 0')}`, rows, setting);

  test.each([
    ['1 by default', 'audit_series_add "s" "60,5";', '2'],
    ['an amount', 'audit_series_add "s" "60,5" "3";', '6'],
    ['a number', 'audit_series_add "s" "60,5" 3;', '6'],
    ['an amount without its decimals', 'audit_series_add "s" "60,5" "2.9";', '4'],
    ['a negative amount', 'audit_series_add "s" "60,5" "-2";', '-4'],
    ['K is 1024', 'audit_series_add "s" "60,5" 1K;', '2048'],
  ])('adds %s', async (_, add, expected) => {
    expect(await total(add)).toBe(expected);
  });

  test.each([
    ['a count of 1 by default', {}, '2'],
    ['a count', { count: 2 }, '4'],
    ['whatever replicate says', { count: 2, replicate: 1 }, '4'],
    ['for managers', { count: 2, replicate: -1 }, '4'],
    ['with or without serialize', { count: 2, serialize: 1 }, '4'],
    ['to another address', { ip: '2001:db8::5' }, '0'],
  ])('with a hash adds %s', async (_, more, expected) => {
    const pairs = { series: 's', monitor: '60,5', ...more };
    expect(await total(`$h = hash_create; ${hash(pairs)}audit_series_add $h;`)).toBe(expected);
  });

  test('adds to window 0, which the event that adds already sees', async () => {
    const script = `${shown('audit_series "s" "60,5" 32')}\naudit_series_add "s" "60,5";
${shown('audit_series "s" "60,5" 32')}`;
    expect((await replayScripts(script, ROWS)).logs).toEqual(['0', '1', '1', '2']);
  });

  test('writes journals only where serialize is 1', async () => {
    const journals = async (more: object): Promise<number> => {
      const pairs = { series: 's', monitor: '60,5', ...more };
      const add = `$h = hash_create; ${hash(pairs)}audit_series_add $h;`;
      return (await replayScripts(add, ROWS)).records.journals.length;
    };
    expect(await journals({ serialize: 1 })).toBe(1);
    expect(await journals({ serialize: 0 })).toBe(0);
    expect(await journals({})).toBe(0);
  });

  test('may count below 0, unless counts are clamped', async () => {
    const add = 'audit_series_add "s" "60,5" "-2"; audit_series_add "s" "60,5" "1";';
    expect(await total(add)).toBe('-2');
    expect(await total(add, ROWS, { clampNegative: true })).toBe('1');
  });

  test('adds nothing for a peer that the log does not name, and says so', async () => {
    const replayed = await replayScripts('audit_series_add "s" "60,5";', [
      { timeMs: NOON_MS, kind: 'connect', session: 'a' },
    ]);
    expect(noteOf(replayed)).toEqual(['doubt: the log does not name the peer: nothing is added']);
    expect(replayed.records.windows.filter(({ series }) => series === 's')).toEqual([]);
  });

  test('may have the name of a metric, and is shown apart', async () => {
    const { records } = await replayScripts('audit_series_add "connections" "300,6" 5;', ROWS);
    const totals = records.windows.map(({ series, total: sum }) => `${series} ${sum}`);
    expect(totals).toContain('connections 2');
    expect(totals).toContain('connections (series) 10');
  });

  test('begins windows of its own at any moment', async () => {
    // The monitor comes into being at the second connect, and has a window for each second.
    const script = `if ec_test :is "%{i}" "192.0.2.9" { $m = "1,3"; audit_series_add "late" "\${m}"; }
$m = "1,3"; ${shown('audit_series "late" "${m}" 0 0 2')}`;
    const rows = connects(['192.0.2.1', '192.0.2.9', '192.0.2.1', '192.0.2.1', '192.0.2.1'], 1);
    const { logs, records } = await replayScripts(script, rows);
    expect(logs).toEqual(['0', '1', '1', '1', '0']);
    expect(
      records.windows.filter(({ series }) => series === 'late').map((row) => row.windowStartMs),
    ).toEqual([NOON_MS + S]);
  });
});

describe('open sessions', () => {
  const ROWS: readonly EventRow[] = [
    ...connects([...FOUR, ...SIX]),
    { timeMs: NOON_MS + S, kind: 'connect', ip: '192.0.2.1', session: 'x', listener: 'a' },
    { timeMs: NOON_MS + 2 * S, kind: 'disconnect', ip: '192.0.2.1', session: 's0' },
    { timeMs: NOON_MS + 3 * S, kind: 'connect', ip: '192.0.2.1', session: 'y', listener: 'b' },
  ];

  test.each([
    ['audit_service "SMTP" "/32"', '3'],
    ['audit_service "SMTP" "32"', '3'],
    ['audit_service "inbound_cidr" "/24"', '4'],
    ['audit_service "SMTP" "/0"', '5'],
    ['audit_service "SMTP" "192.0.2.9/32"', '1'],
    ['audit_service "SMTP" "192.0.2.200/24"', '4'],
    ['audit_service "SMTP" "192.0.2.9"', '1'],
    ['audit_service "SMTP" "[2001:db8::1]/64"', '3'],
    ['audit_service "SMTP" "2001:db8::/32"', '4'],
    ['audit_service "SMTP" "localhost/32"', '0'],
    ['audit_service "Control" "/0"', '0'],
    ['audit_service "ECStream" "/0"', '0'],
    ['audit_service "ECmmove2" "/0"', '0'],
    ['audit_service "ECCluster" "/0"', '0'],
    ['audit_connections_on_service "/24"', '4'],
    ['audit_connections_on_listener "/24"', '1'],
    ['audit_connections_on_listener "/0"', '1'],
  ])('%s: %s', async (command, expected) => {
    expect(await lastOf(shown(command), ROWS)).toBe(expected);
    // The same when only the run tells what is asked, which the engine could not prepare.
    const [name, ...given] = command.match(/^\S+|"[^"]*"/g)!;
    const late = given.map((text, index) => `$a${index} = ${text};`).join(' ');
    const asked = given.map((__, index) => `"\${a${index}}"`).join(' ');
    expect(await lastOf(`${late}\n${shown(`${name} ${asked}`)}`, ROWS)).toBe(expected);
  });

  test('are a list of one string', async () => {
    const script = `$x = audit_service "SMTP" "/32";
if type :is $x "stringlist" { ec_log "list"; }
ec_log $x[0];
($first, $second) = audit_service "SMTP" "/32";
ec_log "\${first},\${second},";`;
    const [row] = ROWS;
    expect((await replayScripts(script, [row])).logs).toEqual(['list', '1', '1,,']);
  });

  test('of an unknown service or a name fail', async () => {
    const [row] = ROWS;
    const failed = async (service: string, block: string): Promise<string[]> =>
      noteOf(
        await replayScripts(
          `$s = "${service}"; $b = "${block}"; ${shown('audit_service "${s}" "${b}"')}`,
          [row],
        ),
      );
    expect(await failed('smtp', '/32')).toEqual(["failed: audit_service: unknown service 'smtp'"]);
    expect(await failed('SMTP', 'mail.example/32')).toEqual([
      "failed: audit_service: 'mail.example' is no address",
    ]);
    expect(await failed('SMTP', '192.0.2.1/33')).toEqual([
      "failed: audit_service: '33' is no mask from 0 to 32",
    ]);
  });
});

describe('ec_ip_connections, ec_ip_receptions, ec_ip_rejections', () => {
  /** Four connects in the window before, then one at half of the present one. */
  const ROWS = [
    ...connects(['192.0.2.1', '192.0.2.1', '192.0.2.2', '198.51.100.1']),
    { timeMs: NOON_MS + 450 * S, kind: 'connect', ip: '192.0.2.1', session: 'z' },
  ];

  test.each([
    ['the peer', 'ec_ip_connections 0', '2'],
    ['a block', 'ec_ip_connections 0 24', '2'],
    ['everyone', 'ec_ip_connections 0 "/0"', '3'],
    ['another monitor', 'ec_ip_connections 1 0', '5'],
    ['the cluster', 'ec_ip_connections_cluster 0 0', '3'],
    ['another metric', 'ec_ip_receptions 0 0', '0'],
    ['and the third', 'ec_ip_rejections_cluster 0 0', '0'],
  ])('weigh window 1 by what is left of it: %s', async (_, command, expected) => {
    // 1 + 2/2; 1 + 3/2 and 1 + 4/2, without decimals.
    const monitors = ['300,6', '1800,4'];
    expect(await lastOf(shown(command), ROWS, { monitors })).toBe(expected);
  });

  test('count each its own events, on one node or on all', async () => {
    const rows: readonly EventRow[] = [
      ...connects(['192.0.2.1']),
      ...[1, 2].map((at) => ({ timeMs: NOON_MS + at * S, kind: 'rejection', ip: '192.0.2.1' })),
      ...[3, 4, 5].map((at) => ({ timeMs: NOON_MS + at * S, kind: 'reception', ip: '192.0.2.1' })),
    ];
    const commands = ['ec_ip_connections', 'ec_ip_receptions', 'ec_ip_rejections'];
    commands.push('ec_ip_connections_cluster', 'ec_ip_receptions_cluster');
    const script = [...commands, 'ec_ip_rejections_cluster'].map((name) => shown(`${name} 0`));
    const { logs } = await replayScripts({ spool: script.join('\n') }, rows);
    expect(logs.slice(-6)).toEqual(['1', '3', '2', '1', '3', '2']);
  });

  test('take the elapsed share of window 0 where that is wanted', async () => {
    expect(await lastOf(shown('ec_ip_connections 0 0'), ROWS, { sliding: 'average' })).toBe('2');
    const more = [1, 2, 3].map((at) => ({ ...ROWS[4], session: `m${at}` }));
    const rows = [...ROWS, ...more];
    expect(await lastOf(shown('ec_ip_connections 0 0'), rows, { sliding: 'average' })).toBe('4');
    expect(await lastOf(shown('ec_ip_connections 0 0'), rows)).toBe('6');
  });

  test.each([
    [{}, '1'],
    [{ period_start: 1 }, '2'],
    [{ period_start: 0, period_end: 1 }, '3'],
    [{ period_start: 0, period_end: 1, mask: 24 }, '4'],
    [{ period_start: 0, period_end: 1, mask: '/0' }, '5'],
    [{ monitor: '1800,4', mask: 0 }, '5'],
  ])('with a hash give a plain sum: %j', async (pairs, expected) => {
    const monitors = ['300,6', '1800,4'];
    expect(await lastOf(withHash('ec_ip_connections', pairs), ROWS, { monitors })).toBe(expected);
  });

  test('keep the window that the sliding average needs, also of "60,1"', async () => {
    const rows = [
      ...connects(['192.0.2.1', '192.0.2.1']),
      { ...ROWS[4], timeMs: NOON_MS + 60 * S },
    ];
    const setting = { monitors: ['60,1'] };
    expect(await lastOf(shown('ec_ip_connections 0'), rows, setting)).toBe('3');
    const replayed = await replayScripts(
      `$one = "1";\n${withHash('ec_ip_connections', {})}
$h = hash_create; hash_set $h "period_start" $one; ${shown('ec_ip_connections $h')}`,
      rows,
      setting,
    );
    expect(noteOf(replayed)).toEqual(['doubt: window 1 of "60,1", which keeps 0 to 0: 0']);
  });

  test('fail on a monitor that is not configured', async () => {
    const failed = async (script: string): Promise<string[]> =>
      noteOf(await replayScripts(script, connects(['192.0.2.1'])));
    expect(await failed(`$n = 1; ${shown('ec_ip_connections $n')}`)).toEqual([
      'failed: ec_ip_connections: no monitor \'1\'; configured: "300,6"',
    ]);
    expect(await failed(withHash('ec_ip_connections', { monitor: '60,1' }))).toEqual([
      'failed: ec_ip_connections: no monitor \'60,1\'; configured: "300,6"',
    ]);
  });
});
