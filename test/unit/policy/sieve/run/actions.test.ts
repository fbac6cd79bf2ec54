// Goal: actions set the reply, end the phase where they are terminal, and are counted and listed as
// documented; so do control commands.
// Method: scripts that log how far they come, replayed over a connect or a message.
import { describe, expect, test } from 'vitest';
import { NOON_MS, type EventRow } from '../../../../builders/event-batches.ts';
import { replayScripts, type ScriptReplay } from '../../../../builders/script-replays.ts';
import { runScript } from '../../../../builders/script-run.ts';

const CONNECT: readonly EventRow[] = [
  { timeMs: NOON_MS, kind: 'connect', ip: '192.0.2.7', session: 'a' },
];

const verdictsOf = ({ records }: ScriptReplay): string[] =>
  records.firings.map(({ rule, verdict }) => `${rule} ${verdict}`);
const statsOf = ({ stats }: ScriptReplay): string[] =>
  stats.map(({ phase, counter, kind, count }) => `${phase}:${counter} (${kind}) = ${count}`);

describe('terminal actions', () => {
  test.each([
    ['ec_action 550 "no";', 'reject', 'connect_phase1:connect.siv:1 (5xx) = 1'],
    ['ec_action "451" "later" "slow";', 'reject', 'connect_phase1:slow (4xx) = 1'],
    ['ec_action 421 "line one\nline two";', 'reject', 'connect_phase1:connect.siv:1 (4xx) = 1'],
    ['ec_action;', 'reject', 'connect_phase1:connect.siv:1 (5xx) = 1'],
    ['ec_disconnect 421 "later";', 'disconnect', 'connect_phase1:connect.siv:1 (4xx) = 1'],
    ['ec_disconnect 521 "never" "gone";', 'disconnect', 'connect_phase1:gone (5xx) = 1'],
    ['ec_disconnect;', 'disconnect', 'connect_phase1:connect.siv:1 (4xx) = 1'],
    ['reject "no";', 'reject', 'connect_phase1:connect.siv:1 (5xx) = 1'],
    ['ec_reject "no";', 'reject', 'connect_phase1:connect.siv:1 (5xx) = 1'],
    ['reject;', 'reject', 'connect_phase1:connect.siv:1 (5xx) = 1'],
  ])('%s', async (action, verdict, counted) => {
    const replayed = await replayScripts(`${action} ec_log "never";`, CONNECT);
    expect(verdictsOf(replayed)).toEqual([`connect.siv:1 ${verdict}`]);
    expect(statsOf(replayed)).toEqual([counted]);
    expect(replayed.logs).toEqual([]);
    expect(replayed.records.stoppedRows.map((row) => row.verdict)).toEqual([verdict]);
  });

  test.each(['discard;', 'ec_discard;'])('%s drops a message', async (action) => {
    const rows: readonly EventRow[] = [
      { timeMs: NOON_MS, kind: 'reception', ip: '192.0.2.7', recipients: 1 },
    ];
    const replayed = await replayScripts({ data: `${action} ec_log "never";` }, rows);
    expect(verdictsOf(replayed)).toEqual(['data.siv:1 discard']);
    expect(statsOf(replayed)).toEqual(['data_phase1:data.siv:1 (informational) = 1']);
    expect(replayed.records.stoppedRows).toHaveLength(1);
  });

  test.each(['keep;', 'ec_keep;', 'ec_action 250 "fine";'])('%s accepts', async (action) => {
    const replayed = await replayScripts(`${action} ec_log "never";`, CONNECT);
    expect(verdictsOf(replayed)).toEqual([]);
    expect(replayed.logs).toEqual([]);
    expect(replayed.records.stoppedRows).toEqual([]);
  });

  test('of which the first wins', async () => {
    const replayed = await replayScripts('ec_action 550 "no";\nec_disconnect;', CONNECT);
    expect(verdictsOf(replayed)).toEqual(['connect.siv:1 reject']);
  });

  test('end the script from within blocks and includes', async () => {
    const script = 'if true { if true { ec_include "b.siv"; ec_log "never"; } } ec_log "never";';
    const files = { 'b.siv': 'if true { ec_action 550 "no"; }' };
    const replayed = await replayScripts(script, CONNECT, { files });
    expect(verdictsOf(replayed)).toEqual(['b.siv:1 reject']);
    expect(replayed.logs).toEqual([]);
  });

  test('set the reply', () => {
    const codeOf = (script: string): number => runScript(script).code;
    expect(codeOf('ec_action 553 "a";')).toBe(553);
    expect(codeOf('$code = "452"; ec_action $code "a";')).toBe(452);
    expect(codeOf('ec_action;')).toBe(550);
    expect(codeOf('ec_disconnect;')).toBe(421);
    expect(codeOf('reject "a";')).toBe(550);
    expect(codeOf('discard;')).toBe(250);
    expect(codeOf('stop;')).toBe(250);
  });

  test('fail on what is no code', () => {
    for (const code of ['', 'no', '600', '55', '5500']) {
      const { failure } = runScript(`$code = "${code}"; ec_action $code "a";`);
      expect(failure).toBe(`ec_action: '${code}' is not a reply code`);
    }
  });
});

describe('ec_tarpit', () => {
  test('goes on, and counts each place', async () => {
    const script = 'ec_tarpit 10;\nec_tarpit "2.5" "slow";\nec_log "on";';
    const replayed = await replayScripts(script, CONNECT);
    expect(verdictsOf(replayed)).toEqual(['connect.siv:1 tarpit', 'connect.siv:2 tarpit']);
    expect(statsOf(replayed)).toEqual([
      'connect_phase1:connect.siv:1 (informational) = 1',
      'connect_phase1:slow (informational) = 1',
    ]);
    expect(replayed.logs).toEqual(['on']);
    expect(replayed.records.stoppedRows).toEqual([]);
  });

  test('of 0 seconds holds nobody; of no number fails', async () => {
    expect(verdictsOf(await replayScripts('ec_tarpit 0;', CONNECT))).toEqual([]);
    expect(runScript('$s = "ten"; ec_tarpit $s;').failure).toBe(
      "ec_tarpit: 'ten' is no number of seconds",
    );
    expect(runScript('$s = "-1"; ec_tarpit $s;').failure).toBeDefined();
  });
});

describe('control', () => {
  test.each([
    ['if true { $x = 1; } else { $x = 2; }', 1],
    ['if false { $x = 1; } else { $x = 2; }', 2],
    ['if false { $x = 1; } elsif true { $x = 2; } elsif true { $x = 3; } else { $x = 4; }', 2],
    ['if false { $x = 1; } elsif false { $x = 2; } else { $x = 4; }', 4],
    ['$x = 0; if false { $x = 1; }', 0],
    ['if not false { $x = 1; }', 1],
    ['$x = 0; if not true { $x = 1; }', 0],
    ['if anyof (false, true) { $x = 1; }', 1],
    ['$x = 0; if anyof (false, false) { $x = 1; }', 0],
    ['if allof (true, true) { $x = 1; }', 1],
    ['$x = 0; if allof (true, false) { $x = 1; }', 0],
    ['if allof (not false, anyof (false, allof (true))) { $x = 1; }', 1],
    ['require ["a", "b"]; require "c"; $x = 1;', 1],
    ['$x = 1; stop; $x = 2;', 1],
    ['$x = 1; if true { stop; } $x = 2;', 1],
    ['IF TRUE { $x = 1; }', 1],
  ])('%s', (script, expected) => {
    expect(runScript(script).variables['x']).toBe(expected);
  });

  test('tests behind the one that decides are not asked', () => {
    const asked = 'is_true $unset[0]';
    expect(runScript(`if anyof (true, ${asked}) { $x = 1; }`).failure).toBeUndefined();
    expect(runScript(`if allof (false, ${asked}) { $x = 1; }`).failure).toBeUndefined();
    expect(runScript(`if anyof (false, ${asked}) { $x = 1; }`).failure).toContain('$unset');
  });

  test.each([
    ['$x = ["a", "b"]; $y = $x[1];', 'b'],
    ['$x = ["a", "b"]; $y = "${x}";', 'a'],
    ['$x = ["a", ["b", "c"]]; $y = $x[2];', 'c'],
    ['$x = "a"; $y = $x[0];', 'a'],
    ['$x = "a"; $y = "<${z}>"; $z = $x[1];', '<>'],
    ['$x = "a"; $y = "$x is ${x}";', '$x is a'],
    ['$x = -86; $y = "${x}";', '-86'],
    ['$x = 65.43; $y = "${x}";', '65.43'],
    ['$x = 2K; $y = "${x}";', '2048'],
    ['$y = "<${unset}>";', '<>'],
    ['$x = hash_create; hash_set $x "k" "v"; $y = $x["k"];', 'v'],
    ['$k = "k"; $x = hash_create; hash_set $x $k "v"; $y = $x["${k}"];', 'v'],
    ['($x, $y) = split "," "a,b,c";', 'b'],
    ['($a, $b, $y) = split "," "a,b";', ''],
    ['$y = text:\nhello\n..\n.\n;', 'hello\n.\n'],
  ])('%s', (script, expected) => {
    expect(runScript(script).variables['y']).toBe(expected);
  });

  test('a variable is forgotten at the next event, and shared with what is included', async () => {
    const twice = [...CONNECT, { ...CONNECT[0], session: 'b' }];
    const script = 'ec_log "<${x}>"; $x = "set"; ec_include "b.siv"; ec_log "<${x}>";';
    const files = { 'b.siv': 'ec_log "<${x}>"; $x = "b";' };
    const { logs } = await replayScripts(script, twice, { files });
    expect(logs).toEqual(['<>', '<set>', '<b>', '<>', '<set>', '<b>']);
  });

  test('ec_error_mode says what a mistake does from then on', () => {
    const mistake = '$m = "x"; ec_tarpit $m; $x = 1;';
    expect(runScript(mistake)).toMatchObject({ failure: expect.any(String) as string });
    expect(runScript(`ec_error_mode "continue"; ${mistake}`).variables['x']).toBe(1);
    const again = runScript(`ec_error_mode "continue"; ec_error_mode "FAIL"; ${mistake}`);
    expect(again.failure).toBeDefined();
    expect(runScript('$m = "x"; ec_error_mode $m;').failure).toContain('ec_error_mode must be');
    expect(runScript(mistake, {}, { onError: 'continue' }).variables['x']).toBe(1);
  });
});
