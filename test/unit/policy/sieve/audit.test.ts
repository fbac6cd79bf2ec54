// Goal: audit commands ask and add what their arguments say, and nothing else.
// Method: scripts over an audit engine that notes what it is asked; it answers 7 for windows that
// hold window 0, else 4.
import { describe, expect, test } from 'vitest';

import type { AskableSeries, BlockQuestion, ScriptAudit } from '../../../../src/engine/port.ts';
import { formatWords } from '../../../../src/model/address.ts';
import { formatMonitor } from '../../../../src/model/monitor.ts';
import { ALL_REPLICATED, type Replication } from '../../../../src/model/replication.ts';
import { NOON_MS } from '../../../builders/event-batches.ts';
import { ScriptStand, type Outcome, type RunEvent } from '../../../builders/script-run.ts';

class NotedAudit implements ScriptAudit {
  readonly monitors = [
    { intervalMs: 60_000, windows: 3 },
    { intervalMs: 1000, windows: 2 },
  ];
  readonly notes: string[] = [];

  replication: Replication = ALL_REPLICATED;

  metric: ScriptAudit['metric'] = (name, monitor, scope) =>
    this.#askable(scope === 'node' ? name : `cluster's ${name}`, formatMonitor(monitor));

  define: ScriptAudit['define'] = () => undefined;

  series: ScriptAudit['series'] = (name, monitor) => this.#askable(name, formatMonitor(monitor));

  sessions: ScriptAudit['sessions'] = (service = '*', listener = '*', { ipv4, ipv6 }, scope) =>
    this.#question(
      `${scope === 'node' ? '' : "cluster's "}sessions ${service} ${listener} /${ipv4} /${ipv6}`,
      7,
    );

  #askable(name: string, monitor: string): AskableSeries {
    const named = `${name} ${monitor}`;
    return {
      over: ({ ipv4, ipv6 }, { start, end }) =>
        this.#question(`${named} /${ipv4} /${ipv6} ${start}..${end}`, start === 0 ? 7 : 4),
      add: (family, words, at, amount, replicate) => {
        const where = replicate === 'none' ? '' : ` to the ${replicate}`;
        this.notes.push(`${named} ${formatWords(family, words, at)} +${amount}${where}`);
      },
      serialize: () => this.notes.push(`${named} serialize`),
    };
  }

  #question(text: string, answer: number): BlockQuestion {
    return {
      count: (family, words, at) => {
        this.notes.push(`${text} of ${formatWords(family, words, at)}`);
        return family === 0 ? 0 : answer;
      },
    };
  }
}

interface Seen extends Outcome {
  readonly asked: readonly string[];
}

function run(script: string, event: RunEvent = {}): Seen {
  const audit = new NotedAudit();
  const stand = new ScriptStand(script, { audit });
  // What was asked before the first event shows when the event comes.
  return { ...stand.run(event), asked: audit.notes };
}

/** A hash whose values only the event tells: they are not checked before. */
const hash = (pairs: Readonly<Record<string, string>>): string =>
  `$h = hash_create; ${Object.entries(pairs)
    .map(([key, value]) => `$v = "${value}"; hash_set $h "${key}" $v;`)
    .join(' ')}`;
const SIX = { ip: '2001:db8::7' };
const NO_PEER = { ip: undefined } as unknown as RunEvent;

describe('what is asked', () => {
  test.each([
    ['audit_series "s" "60,3" "24"', 's 60,3 /24 /24 0..0 of 192.0.2.7', '7'],
    ['audit_series "s" "60,3" "/24" 1', 's 60,3 /24 /24 1..1 of 192.0.2.7', '4'],
    ['audit_series "s" "60,3" "24" 0 2', 's 60,3 /24 /24 0..2 of 192.0.2.7', '7'],
    [
      'audit_series :ip "198.51.100.1" "s" "60,3" "24" 1 2',
      's 60,3 /24 /24 1..2 of 198.51.100.1',
      '4',
    ],
    ['audit_service "SMTP" "/24"', 'sessions SMTP * /24 /24 of 192.0.2.7', '7'],
    ['audit_service "SMTP" "24"', 'sessions SMTP * /24 /24 of 192.0.2.7', '7'],
    ['audit_service "inbound_cidr" "/24"', "cluster's sessions SMTP * /24 /24 of 192.0.2.7", '7'],
    [
      'audit_service "ECStream" "198.51.100.1/16"',
      'sessions ECStream * /16 /16 of 198.51.100.1',
      '7',
    ],
    ['audit_connections_on_service "/8"', 'sessions SMTP * /8 /8 of 192.0.2.7', '7'],
    ['audit_connections_on_listener "/8"', 'sessions * 25 /8 /8 of 192.0.2.7', '7'],
  ])('%s', (command, asked, answer) => {
    const seen = run(`$x = ${command}; $y = "\${x}";`, { listener: '25' });
    expect(seen).toMatchObject({ asked: [asked], failure: undefined, notes: [] });
    expect(seen.variables['y']).toBe(answer);
  });

  test('the same where only the event tells the arguments', () => {
    const seen = run(
      `$s = "s"; $m = "60,3"; $b = "/24"; $one = 1;
$x = audit_series :ip "198.51.100.1" "\${s}" $m $b $one 2;
$p = audit_series $s $m $b $one;
$y = audit_service "SMTP" $b;`,
    );
    expect(seen.asked).toEqual([
      's 60,3 /24 /24 1..2 of 198.51.100.1',
      's 60,3 /24 /24 1..1 of 192.0.2.7',
      'sessions SMTP * /24 /24 of 192.0.2.7',
    ]);
  });

  test.each([
    ['$b = "";', 'audit_series "s" "60,3" $b', 's 60,3 /32 /128 0..0 of 192.0.2.7'],
    [
      '$b = "1.9"; $e = "2.9";',
      'audit_series "s" "60,3" "24" $b $e',
      's 60,3 /24 /24 1..2 of 192.0.2.7',
    ],
    ['$b = "Localhost";', 'audit_service "SMTP" $b', 'sessions SMTP * /32 /128 of 127.0.0.1'],
    ['$b = "/";', 'audit_service "SMTP" $b', 'sessions SMTP * /32 /128 of 192.0.2.7'],
    ['$b = " 24 ";', 'audit_service "SMTP" $b', 'sessions SMTP * /24 /24 of 192.0.2.7'],
  ])('%s %s', (set, command, asked) => {
    expect(run(`${set} $x = ${command};`)).toMatchObject({ asked: [asked], failure: undefined });
  });

  test('the same by a hash', () => {
    const given = hash({ series: 's', monitor: '60,3', mask: '24', period_start: '1' });
    expect(run(`${given} $x = audit_series $h;`).asked).toEqual([
      's 60,3 /24 /24 1..1 of 192.0.2.7',
    ]);
    expect(run(`${given} hash_set $h "ip" "198.51.100.1"; $x = audit_series $h;`).asked).toEqual([
      's 60,3 /24 /24 1..1 of 198.51.100.1',
    ]);
  });

  test('metrics by a hash, under a monitor by index or text', () => {
    const asked = (pairs: Readonly<Record<string, string>>): readonly string[] =>
      run(`${hash(pairs)} $x = ec_ip_rejections $h;`).asked;
    expect(asked({ mask: '24', period_end: '2' })).toEqual([
      'rejections 60,3 /24 /24 0..2 of 192.0.2.7',
    ]);
    expect(asked({ monitor: '1' })).toEqual(['rejections 1,2 /32 /128 0..0 of 192.0.2.7']);
    expect(asked({ monitor: '01, 2' })).toEqual(['rejections 1,2 /32 /128 0..0 of 192.0.2.7']);
  });

  test('a mask beyond 32 is for IPv6, and an IPv6 peer has words of its own', () => {
    expect(run('$x = audit_series "s" "60,3" "64";', SIX).asked).toEqual([
      's 60,3 /32 /64 0..0 of 2001:db8::7',
    ]);
    expect(run('$x = audit_series "s" "60,3" "64";').failure).toBe(
      'audit_series: /64 is longer than an IPv4 address',
    );
    expect(run('$x = audit_series "s" "60,3" "33";').failure).toContain('longer than an IPv4');
    expect(run('$x = audit_series "s" "60,3" "32";').failure).toBeUndefined();
  });

  test('a mask of IPv4 length is told at an IPv6 peer, all of IPv6 is not', () => {
    const notes = (mask: string): readonly string[] =>
      run(`$x = audit_series "s" "60,3" "${mask}";`, SIX).notes;
    expect(notes('32')).toEqual(['doubt 1: /32 of an IPv6 address is a very large block']);
    expect(notes('33')).toEqual([]);
    expect(notes('0')).toEqual([]);
  });

  test('without a peer all is 0', () => {
    const seen = run(
      '$x = audit_series "s" "60,3" "32"; $y = audit_service "SMTP" "/24";',
      NO_PEER,
    );
    expect([seen.variables['x'], seen.variables['y']]).toEqual(['0', ['0']]);
  });

  test.each([
    ['3', '3', 'window 3'],
    ['1', '3', 'windows 1 to 3'],
    ['2', '1', 'windows 2 to 1'],
    ['-1', '1', 'windows -1 to 1'],
  ])('windows %s to %s are 0, which is told', (start, end, windows) => {
    const set = `$s = "${start}"; $e = "${end}";`;
    const { variables, notes, asked } = run(`${set} $x = audit_series "s" "60,3" "24" $s $e;`);
    expect([variables['x'], asked]).toEqual(['0', []]);
    expect(notes).toEqual([`doubt 1: ${windows} of "60,3", which keeps 0 to 2: 0`]);
  });

  test('a window that is not kept is told where all is written, too', () => {
    const { variables, notes } = run('$x = audit_series "s" "60,3" "24" 3;');
    expect([variables['x'], notes.length]).toEqual(['0', 1]);
  });

  test.each([
    ['$x = audit_series $none "60,3" "24";', 'the name of the series is empty'],
    ['$m = "often"; $x = audit_series "s" $m "24";', "'often' is no monitor"],
    ['$b = "x"; $x = audit_series "s" "60,3" $b;', "'x' is no mask from 0 to 128"],
    ['$b = "129"; $x = audit_series "s" "60,3" $b;', "'129' is no mask from 0 to 128"],
    ['$b = "192.0.2.7/33"; $x = audit_service "SMTP" $b;', "'33' is no mask from 0 to 32"],
    ['$b = "192.0.2.0/24/8"; $x = audit_service "SMTP" $b;', "'192.0.2.0/24' is no address"],
    ['$b = "mx.example"; $x = audit_service "SMTP" $b;', "'mx.example' is no address"],
    ['$w = "first"; $x = audit_series "s" "60,3" "24" $w;', "period_start 'first' is no number"],
    ['$n = "smtp"; $x = audit_service $n "/24";', "unknown service 'smtp'"],
    [`${hash({ monitor: '2' })} $x = ec_ip_connections $h;`, "no monitor '2'"],
    ['$h = "text"; $x = audit_series $h;', 'its one argument is no hash'],
  ])('%s fails', (script, message) => {
    expect(run(script).failure).toContain(message);
  });

  test.each([
    ['$b = "128";', 'audit_series "s" "60,3" $b', SIX, 's 60,3 /32 /128 0..0 of 2001:db8::7'],
    ['$b = "192.0.2.9/32";', 'audit_service "SMTP" $b', {}, 'sessions SMTP * /32 /32 of 192.0.2.9'],
  ])('%s %s is the longest mask', (set, command, event, asked) => {
    expect(run(`${set} $x = ${command};`, event).asked).toEqual([asked]);
  });
});

describe('the sliding average', () => {
  const at = (ms: number, more = ''): unknown =>
    run(`$x = ec_ip_connections 0${more};`, { timeMs: NOON_MS + ms }).variables['x'];

  test('weighs window 1 by what of it lies less than an interval back', () => {
    // 7 x the elapsed share (`average`) + 4 x the rest, decimals cut off.
    expect([at(0), at(15_000), at(30_000), at(59_999)]).toEqual(['4', '4', '5', '6']);
  });

  test('asks windows 0 and 1 of the block', () => {
    const { asked } = run('$x = ec_ip_receptions 1 24;');
    expect(asked).toEqual([
      'receptions 1,2 /24 /24 0..0 of 192.0.2.7',
      'receptions 1,2 /24 /24 1..1 of 192.0.2.7',
    ]);
  });

  test('has an index that only the event tells, and a mask behind it', () => {
    const { asked } = run('$i = 1; $x = ec_ip_connections $i; $x = ec_ip_connections $i 16;');
    expect(asked.filter((_, index) => index % 2 === 0)).toEqual([
      'connections 1,2 /32 /128 0..0 of 192.0.2.7',
      'connections 1,2 /16 /16 0..0 of 192.0.2.7',
    ]);
    expect(run('$i = 2; $x = ec_ip_connections $i;').failure).toContain("no monitor '2'");
  });
});

describe('what is added', () => {
  test.each([
    ['audit_series_add "s" "60,3";', 's 60,3 192.0.2.7 +1'],
    ['audit_series_add "s" "60,3" 5;', 's 60,3 192.0.2.7 +5'],
    ['audit_series_add "s" "60,3" "-2.9";', 's 60,3 192.0.2.7 +-2'],
    ['$s = "s"; audit_series_add $s "60,3" 5;', 's 60,3 192.0.2.7 +5'],
    [`${hash({ series: 's', monitor: '60,3' })} audit_series_add $h;`, 's 60,3 192.0.2.7 +1'],
    [
      `${hash({ series: 's', monitor: '60,3', count: '4', ip: '2001:db8::9' })} audit_series_add $h;`,
      's 60,3 2001:db8::9 +4',
    ],
  ])('%s', (script, added) => {
    expect(run(script)).toMatchObject({ asked: [added], failure: undefined, notes: [] });
  });

  test('journals are for those who say so', () => {
    const given = hash({ series: 's', monitor: '60,3', serialize: '1' });
    expect(run(`${given} audit_series_add $h;`).asked).toEqual([
      's 60,3 serialize',
      's 60,3 192.0.2.7 +1',
    ]);
    expect(run(`${given} hash_set $h "serialize" "0"; audit_series_add $h;`).asked).toHaveLength(1);
  });

  test('nothing without a peer, which is told', () => {
    const { asked, notes } = run('audit_series_add "s" "60,3";', NO_PEER);
    expect(asked).toEqual([]);
    expect(notes).toEqual(['doubt 1: the log does not name the peer: nothing is added']);
  });
});
