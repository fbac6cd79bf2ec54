// Goal: what is known of the server adds mistakes to a script, and nothing is told that may be meant.
// Method: short scripts of our own, alone and with a phase or monitors, and where mistakes are.
import { describe, expect, test } from 'vitest';

import { COMMANDS } from '../../../../src/policy/sieve/command-table.ts';
import { meantSlot, PHASES, phaseOf, slotOf } from '../../../../src/policy/script-slots.ts';
import { hintsIn, mistakesIn, monitorsOf } from './reading.ts';

const monitors = monitorsOf('300,6', '1800,4');

/** `hash_set` of each key, and the command that reads them. */
function filled(keys: Readonly<Record<string, string>>, command: string): string {
  const set = Object.entries(keys).map(([key, value]) => `hash_set $h "${key}" ${value};`);
  return ['$h = hash_create;', ...set, `${command} $h;`].join('\n');
}

describe('phases', () => {
  test('are named with or without their half', () => {
    expect(PHASES).toHaveLength(9);
    expect(slotOf('rcptto')).toBe('rcptto_phase1');
    expect(phaseOf(slotOf('each_rcpt_phase2')!)).toBe('each_rcpt');
    expect(['', 'Data', 'data_phase3', '_phase1', 'data_phase1_phase2'].map(slotOf)).toEqual(
      Array.from({ length: 5 }),
    );
    expect(meantSlot('conect_phase1')).toBe("did you mean 'connect'?");
    expect(meantSlot('xyz')).toContain('accept, connect, ehlo');
  });

  test.each(PHASES)('%s', (phase) => {
    const slot = `${phase}_phase2` as const;
    const early = ['accept', 'connect', 'ehlo'].includes(phase);
    const refused = early || phase === 'mailfrom';
    const listed = phase === 'set_binding' ? ['phase-unlisted 1:1'] : [];
    expect(mistakesIn('discard;', { slot })).toEqual(refused ? ['phase-wrong 1:1'] : listed);
    expect(mistakesIn('ec_get_message_size;', { slot })).toEqual(
      refused ? ['phase-unlisted 1:1'] : [],
    );
    const context = 'if size :over 1M { vctx_mess_delete "a"; vctx_conn_delete "a"; }';
    expect(mistakesIn(context, { slot })).toEqual(
      early ? ['message-missing 1:4', 'message-missing 1:20'] : [],
    );
    const audit =
      'audit_series "a" "300,6" 32; ec_ip_connections 0; ec_tarpit 1; ec_action 421 "a";';
    expect(mistakesIn(audit, { slot })).toEqual([]);
  });

  test('of a name that is no command are not told', () => {
    expect(mistakesIn('if discard { }', { slot: 'connect_phase1' })).toEqual([
      'command-as-test 1:4',
    ]);
    expect(mistakesIn('ec_header_add "a" "b";', { slot: 'connect_phase1' })).toEqual([
      'not-simulated 1:1',
    ]);
  });

  test('without one nothing is told', () => {
    expect(mistakesIn('discard;', { monitors })).toEqual([]);
  });

  test('are refused only where they are not listed', () => {
    for (const { phases, refused } of COMMANDS) {
      expect(refused.filter((one) => phases?.includes(one) !== false)).toEqual([]);
    }
  });
});

describe('configured monitors', () => {
  test.each([
    ['the last', 'ec_ip_connections 1;', []],
    ['one too many', 'ec_ip_rejections "2" "24";', ['monitor-outside 1:18']],
    ['in a variable', '$i = 7; ec_ip_connections $i; ec_ip_connections "${i}";', []],
    ['a series has any', 'audit_series "a" "60,60" 32 59;', []],
    ['spaces', filled({ monitor: '"300, 6"' }, 'ec_ip_connections'), []],
    [
      'set twice',
      filled({ monitor: '"9,9"' }, 'hash_set $h "monitor" "1,1"; ec_ip_connections'),
      ['monitor-unconfigured 2:23', 'monitor-unconfigured 3:23'],
    ],
    ['not its position', filled({ monitor: '"1"' }, 'ec_ip_connections'), ['monitor-wrong 2:23']],
    [
      'the first by default',
      filled({ period_end: '7' }, 'ec_ip_connections'),
      ['windows-outside 2:26'],
    ],
    ['the last window', filled({ period_end: '5' }, 'ec_ip_connections'), []],
    [
      'a hash from elsewhere',
      '$h = vctx_conn_get "a"; hash_set $h "period_end" 7; ec_ip_connections $h;',
      [],
    ],
    [
      'a key known at run time',
      '$k = "monitor"; $h = hash_create; hash_set $h $k "1800,9"; hash_set $h "period_end" 7; ec_ip_connections $h;',
      [],
    ],
    [
      'a monitor known at run time',
      '$m = "1800,9";' + filled({ monitor: '$m', period_end: '7' }, 'ec_ip_connections'),
      [],
    ],
  ])('%s', (_, script, expected) => {
    expect(mistakesIn(script, { monitors })).toEqual(expected);
  });

  test('are not known without a configuration', () => {
    expect(mistakesIn('ec_ip_connections 7;', { slot: 'data_phase1' })).toEqual([]);
    const asked = filled({ monitor: '"60,5"', period_end: '9' }, 'ec_ip_connections');
    expect(mistakesIn(asked)).toEqual(['windows-outside 3:26']);
    expect(mistakesIn(filled({ period_end: '9' }, 'ec_ip_connections'))).toEqual([]);
  });
});

describe('masks', () => {
  const series = { series: '"a"', monitor: '"300,6"' };

  test.each([
    ['wide on purpose', 'audit_connections_on_service "2001:db8::/32";', []],
    ['everything', 'audit_connections_on_service "[::]/0";', []],
    ['narrow', 'audit_connections_on_service "2001:db8::1/33";', []],
    ['of IPv4', 'audit_connections_on_service "2001:db8::1/24";', ['mask-family 1:30']],
    ['of IPv6 for IPv4', 'audit_connections_on_service "192.0.2.1/64";', ['mask-wrong 1:30']],
    [
      'in a hash',
      filled({ ...series, ip: '"192.0.2.1"', mask: '64' }, 'audit_series'),
      ['mask-wrong 5:20'],
    ],
    [
      'IPv6 in a hash',
      filled({ ...series, ip: '"[2001:db8::1]"', mask: '"/24"' }, 'audit_series'),
      ['mask-odd 5:20', 'mask-family 5:20'],
    ],
    ['both right', filled({ ...series, ip: '"2001:db8::1"', mask: '64' }, 'audit_series'), []],
    [
      'far too long',
      filled({ ...series, ip: '"192.0.2.1"', mask: '200' }, 'audit_series'),
      ['mask-wrong 5:20'],
    ],
    ['a tag', 'audit_series :ip "192.0.2.1" "a" "300,6" "64";', ['mask-wrong 1:42']],
  ])('%s', (_, script, expected) => {
    expect(mistakesIn(script)).toEqual(expected);
  });
});

describe('the ends of branches', () => {
  test.each([
    ['no else', 'if true { stop; } elsif true { stop; } ec_log "a";', []],
    ['one goes on', 'if true { stop; } elsif true { } else { stop; } ec_log "a";', []],
    ['the else goes on', 'if true { stop; } else { ec_log "a"; } ec_log "a";', []],
    ['all end', 'if true { stop; } else { keep; } ec_log "a";', ['unreachable 1:34']],
    [
      'inside',
      'if true { if true { stop; } else { stop; } } else { stop; }\nstop;',
      ['unreachable 2:1'],
    ],
    [
      'in the middle',
      'if true { stop; ec_log "a"; } else { stop; }\nstop;',
      ['unreachable 1:17', 'unreachable 2:1'],
    ],
    ['nothing behind', 'if true { stop; } else { stop; }', []],
  ])('%s', (_, script, expected) => {
    expect(mistakesIn(script)).toEqual(expected);
  });
});

describe('serialize', () => {
  const keys = { series: '"a"', monitor: '"300,6"' };

  test.each([
    [
      'once for a script',
      'audit_series_add "a" "300,6"; audit_series_add "b" "300,6";',
      ['serialize-missing 1:1'],
    ],
    ['in a hash', filled(keys, 'audit_series_add'), ['serialize-missing 4:1']],
    ['0', filled({ ...keys, serialize: '0' }, 'audit_series_add'), ['serialize-missing 5:1']],
    ['set', filled({ ...keys, serialize: '"1"' }, 'audit_series_add'), []],
    ['known at run time', '$s = 1;' + filled({ ...keys, serialize: '$s' }, 'audit_series_add'), []],
    ['a cluster', filled({ ...keys, replicate: '-1' }, 'audit_series_add'), []],
    ['a hash from elsewhere', '$h = vctx_conn_get "x"; audit_series_add $h;', []],
    ['a shared hash', 'ec_include "x";' + filled(keys, 'audit_series_add'), []],
    [
      'a positional add beside others',
      'ec_include "x"; audit_series_add "a" "300,6" 2;',
      ['serialize-missing 1:17'],
    ],
  ])('%s', (_, script, expected) => {
    expect(mistakesIn(script)).toEqual(expected);
  });

  test('has a remedy', () => {
    expect(hintsIn(filled(keys, 'audit_series_add'))).toEqual(['hash_set $h "serialize" 1;']);
  });
});

describe('values around variables', () => {
  const any = '$x = "1";';

  test.each([
    ['"${x},6"', []],
    ['"${x} , ${x}"', []],
    ['"3${x}0,6"', []],
    ['"${x}s,6"', ['monitor-wrong 1:27']],
    ['"${x},${x},"', ['monitor-wrong 1:27']],
  ])('monitor %s', (monitor, expected) => {
    expect(mistakesIn(`${any}audit_series "a" ${monitor} 32;`)).toEqual(expected);
  });

  test.each([
    ['ec_tarpit "${x}";', []],
    ['ec_tarpit "-${x}.5";', []],
    ['ec_tarpit "${x} s";', ['type-wrong 1:20']],
    ['ec_action "4${x}" "a";', []],
    ['ec_action "${x}-" "a";', ['type-wrong 1:20']],
    ['audit_series "a" "300,6" "/${x}";', []],
    ['audit_series "a" "300,6" "${x}/";', []],
    ['audit_series "a" "300,6" "24/${x}";', ['mask-wrong 1:35']],
    ['audit_service "SMTP" "%{i}/${x}";', []],
  ])('%s', (script, expected) => {
    expect(mistakesIn(any + script)).toEqual(expected);
  });
});

describe('values of commands', () => {
  test.each([
    [
      '$x = audit_series_add "a" "b" "c";',
      ['value-missing 1:6', 'monitor-wrong 1:27', 'type-wrong 1:31', 'serialize-missing 1:6'],
    ],
    ['if ec_throttle_check "a" { }', ['command-as-test 1:4']],
    ['if ec_test :is (ec_throttle_check "a") "true" { }', ['token-unexpected 1:16']],
    ['if anyof (ec_test :is (ec_throttle_check "a") "true") { }', ['token-unexpected 1:23']],
    ['if size 5 { }', ['tag-missing 1:4']],
    ['if size :over :under 5 { }', ['tag-twice 1:15']],
    ['if size :above 5 { }', ['tag-unknown 1:9']],
  ])('%s', (script, expected) => {
    expect(mistakesIn(script).toSorted()).toEqual(expected.toSorted());
  });

  test('are assigned before they are tested, if there are any', () => {
    const assigned = 'what a command returns is assigned first: $x = …;';
    expect(hintsIn('if ec_test :is (ec_throttle_check "a") "true" { }')).toEqual([assigned]);
    expect(hintsIn('if ec_throttle_check "a" { }')[0]).toContain('$x = ec_throttle_check');
    expect(hintsIn('if ec_tarpit 5 { }')).toEqual(['it returns nothing that could be tested']);
  });
});
