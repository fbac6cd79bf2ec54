import { describe, expect, test } from 'vitest';

import { UserError } from '../../../src/model/errors.ts';
import { ALL_NEEDS } from '../../../src/model/event.ts';
import { Vocabulary } from '../../../src/model/vocabulary.ts';
import type { ScriptPolicy } from '../../../src/policy/script-policy.ts';
import { enforce, type EnforceOptions } from '../../../src/simulate/enforce/enforce.ts';
import type { EnforcedTally, Tally } from '../../../src/simulate/tally.ts';
import { line, smtpd } from '../../builders/correlated-events.ts';
import { NOON_MS, type EventRow } from '../../builders/event-batches.ts';
import { RowSource } from '../../builders/event-sources.ts';
import { luaPolicy, moduleAt } from '../../builders/lua-replays.ts';
import { networks, policyOf, ReplayRecords, seriesNamed } from '../../builders/rule-policies.ts';
import { sievePolicy } from '../../builders/script-replays.ts';

const PEER = '192.0.2.7';

interface Enforced {
  readonly tally: Tally;
  readonly enforced: EnforcedTally;
  /** `5 connect connect.siv:1`: stopped events, with their rule. */
  readonly stopped: readonly string[];
  /** `5 connect.siv:1 text`: what was logged. */
  readonly logged: readonly string[];
  /** Replies of the rejections that were made or logged, as `code enhanced reason`, with their number. */
  readonly replies: Readonly<Record<string, number>>;
  readonly records: ReplayRecords;
}

const series = (['code', 'enhanced', 'reason'] as const).map((key) =>
  seriesNamed(key, { type: 'string', key }),
);

async function run(
  rows: readonly EventRow[],
  scripts: ScriptPolicy,
  options: Partial<EnforceOptions> = {},
): Promise<Enforced> {
  const vocabulary = new Vocabulary();
  const records = new ReplayRecords();
  const { tally, snapshot } = await enforce({
    sources: [new RowSource(rows, { vocabulary })],
    vocabulary,
    needs: ALL_NEEDS,
    policy: policyOf([], { series }),
    scripts,
    retryMs: undefined,
    fileOf: () => 'log',
    sink: records,
    ...options,
  });
  const at = (timeMs: number): number => (timeMs - NOON_MS) / 1000;
  const keys = series.flatMap(({ name }) => snapshot(name).rows);
  return {
    tally,
    enforced: tally.enforced!,
    stopped: records.stoppedRows.map(({ timeMs, kind, rule }) => `${at(timeMs)} ${kind} ${rule}`),
    logged: records.log.map(({ timeMs, place, text }) => `${at(timeMs)} ${place} ${text}`),
    replies: Object.fromEntries(keys.map(({ key, count }) => [key, count])),
    records,
  };
}

const connect = (seconds: number, pid: number, ip = PEER): EventRow =>
  smtpd(seconds, 'connect', pid, { ip });
const bye = (seconds: number, pid: number, ip = PEER): EventRow =>
  smtpd(seconds, 'disconnect', pid, { ip });
const client = (seconds: number, pid: number, id: string, ip = PEER): EventRow =>
  smtpd(seconds, 'transaction', pid, { ip, queue_id: id });
const active = (seconds: number, id: string, recipients = 1): EventRow =>
  line(seconds, 'queued', { queue_id: id, sender: 'a@example.com', recipients });
const sent = (seconds: number, id: string): EventRow => line(seconds, 'delivery', { queue_id: id });
const unknown = (seconds: number, pid: number): EventRow =>
  smtpd(seconds, 'rejection', pid, { ip: PEER, phase: 'rcptto', code: 550, reason: 'unknown' });

/** A session with one message. */
const visit = (seconds: number, pid: number, id: string, ip = PEER): EventRow[] => [
  connect(seconds, pid, ip),
  client(seconds + 1, pid, id, ip),
  active(seconds + 2, id),
  bye(seconds + 3, pid, ip),
  sent(seconds + 4, id),
];

const enforceSieve = (
  rows: readonly EventRow[],
  scripts: string | Readonly<Record<string, string>>,
  options: Partial<EnforceOptions> = {},
): Promise<Enforced> => run(rows, sievePolicy(scripts), options);

describe('a discard takes the message and tells the client yes', () => {
  test('at spool: the message came in, and nothing is left of it', async () => {
    const { tally, enforced, stopped } = await enforceSieve(visit(0, 1, 'A'), {
      spool: 'discard;',
    });
    expect(stopped).toEqual(['2 reception spool.siv:1']);
    const events = { connect: 1, disconnect: 1, reception: 1, transaction: 1 };
    expect(tally.events).toEqual(events);
    expect(enforced.accepted).toEqual(events);
    expect(tally.collateral!.rules).toMatchObject([{ accepted: 1, rejected: 0 }]);
  });

  test('at rcptto: it never comes in, and the session goes on', async () => {
    const rows = [...visit(0, 1, 'A').slice(0, 3), client(3, 1, 'B'), active(4, 'B'), bye(5, 1)];
    const scripts = { rcptto: '$n = ec_ip_receptions 0; if ec_test :is $n "0" { discard; }' };
    const { tally, enforced, stopped } = await enforceSieve(rows, scripts);
    // No reception was ever counted, so the second message goes as well.
    expect(stopped).toEqual(['1 transaction rcptto.siv:1', '3 transaction rcptto.siv:1']);
    expect(tally.events).toEqual({ connect: 1, disconnect: 1, transaction: 2 });
    expect(enforced.accepted).toEqual({ connect: 1, disconnect: 1, transaction: 2 });
  });

  test('it does not come back, and what is refused does', async () => {
    const rows = [...visit(0, 1, 'A'), connect(200, 2, '192.0.2.8')];
    const of = async (rcptto: string): Promise<unknown> =>
      (await enforceSieve(rows, { rcptto }, { retryMs: 60_000 })).enforced.retries;
    expect(await of('ec_action 450 "no";')).toMatchObject({ returned: 3, waiting: 1 });
    expect(await of('discard;')).toMatchObject({ returned: 0, waiting: 0 });
  });

  test('it does not come back with its session either', async () => {
    // The unknown recipient is cut off with a 421; the rest of the session comes back a minute later.
    const rcptto =
      '$r = ec_ip_rejections 0; if ec_test :is $r "1" { ec_disconnect "421" "no"; } discard;';
    const rows = [
      connect(0, 1),
      client(1, 1, 'A'),
      unknown(2, 1),
      active(3, 'A'),
      bye(6, 1),
      connect(200, 2, '192.0.2.8'),
    ];
    const { tally, enforced } = await enforceSieve(rows, { rcptto }, { retryMs: 60_000 });
    expect(enforced.retries).toMatchObject({ returned: 1 });
    expect(tally.events).toEqual({ connect: 3, disconnect: 1, rejection: 2, transaction: 1 });
  });

  test('without a message it takes its event alone', async () => {
    const text = `local mod = {}
function mod:validate_rcptto(msg) kept = msg return msys.core.VALIDATE_CONT end
function mod:validate_connect() if kept then kept:discard() end return msys.core.VALIDATE_CONT end
msys.registerModule("m", mod)`;
    const { tally, enforced, stopped } = await run(
      [...visit(0, 1, 'A'), ...visit(10, 2, 'B')],
      luaPolicy(text),
    );
    expect(stopped).toEqual(['10 connect module.lua:3']);
    expect(tally.events).toMatchObject({ connect: 2, transaction: 2, reception: 2, disconnect: 2 });
    expect(tally.collateral!.rules).toMatchObject([{ connections: 1, accepted: 0 }]);
    expect(enforced.observed.collateral!.rules).toMatchObject([{ connections: 1, accepted: 0 }]);
  });
});

describe('the answer is the one of the action', () => {
  const answered = async (script: string): Promise<unknown> => {
    const { replies, enforced } = await enforceSieve([connect(0, 1), connect(90, 2)], script, {
      retryMs: 60_000,
    });
    // A client that was told 4xx at the first connect is back before the second.
    return { replies, returned: enforced.retries!.returned };
  };

  test.each([
    ['ec_action 450 "4.7.1 wait a bit";', ['450', '4.7.1', 'wait a bit'], 1],
    ['ec_action "554" "no %{spfv1:c}";', ['554', '', `no ${PEER}`], 0],
    ['ec_action;', ['550', '', ''], 0],
    ['reject "5.7.1 not you";', ['550', '5.7.1', 'not you'], 0],
    ['reject;', ['550', '', ''], 0],
    ['ec_disconnect 554 "gone";', ['554', '', 'gone'], 0],
    ['ec_disconnect;', ['421', '', ''], 1],
    // Who is cut off behind a yes could not go on.
    ['ec_disconnect 250 "bye";', ['421', '', 'bye'], 1],
    ['$x = ec_div "1" "0";', ['421', '', ''], 1],
  ])('%s', async (script, words, returned) => {
    const { replies, returned: came } = (await answered(script)) as {
      replies: Record<string, number>;
      returned: number;
    };
    expect(came).toBe(returned);
    expect(Object.keys(replies).filter((key) => key !== '')).toEqual(
      words.filter((word) => word !== ''),
    );
  });

  test.each([
    ['vctx:set_code(450, "4.7.1 wait")', ['450', '4.7.1', 'wait'], 'reject'],
    ['vctx:set_code(450, "a") vctx:set_code(550)', ['550'], 'reject'],
    ['vctx:disconnect(554, "gone")', ['554', 'gone'], 'disconnect'],
    ['vctx.disconnect = true', ['421'], 'disconnect'],
    ['vctx:pbp_action(451, "later") return msys.core.VALIDATE_DONE', ['451', 'later'], 'reject'],
    ['error("x")', ['421'], 'reject'],
  ])('of Lua: %s', async (body, words, verdict) => {
    const text = moduleAt('validate_connect', body.includes('return') ? `do ${body} end` : body);
    const { replies, tally } = await run([connect(0, 1)], luaPolicy(text));
    expect(Object.keys(replies).filter((key) => key !== '')).toEqual(words);
    expect(tally.rules.map((rule) => rule.verdict)).toEqual([verdict]);
  });
});

test('words of one hook are not those of the next', async () => {
  const text = `local mod = {}
function mod:validate_ehlo(str, ac, vctx) vctx:set_code(250, "fine") return msys.core.VALIDATE_CONT end
function mod:validate_mailfrom(str, ac, vctx) vctx.disconnect = true return msys.core.VALIDATE_CONT end
msys.registerModule("m", mod)`;
  const { replies } = await run(visit(0, 1, 'A'), luaPolicy(text));
  expect(replies).not.toHaveProperty('fine');
  expect(replies).toHaveProperty('421', 1);
});

test('a terminal action ends its phase, the first one of the event answers', async () => {
  const scripts = {
    ehlo: 'ec_action 450 "first";\nec_action 550 "never";',
    ehlo_phase2: 'ec_action 551 "nor this";',
    mailfrom: 'ec_action 552 "second";',
  };
  const { tally, stopped, replies } = await enforceSieve(visit(0, 1, 'A'), scripts);
  expect(stopped).toEqual(['1 transaction ehlo.siv:1']);
  expect(tally.rules.map(({ name, firings }) => `${name} ${firings}`)).toEqual([
    'ehlo.siv:1 1',
    'ehlo.siv:2 0',
    'ehlo_phase2.siv:1 0',
    'mailfrom.siv:1 1',
  ]);
  expect(tally.overlap).toEqual([
    { rule: 0, other: 0, events: 1 },
    { rule: 0, other: 3, events: 1 },
    { rule: 3, other: 3, events: 1 },
  ]);
  expect(Object.keys(replies)).toEqual(expect.arrayContaining(['450', 'first']));
  expect(replies).not.toHaveProperty('second');
});

describe('a session that is refused ends for the scripts', () => {
  test('its hook runs at the refusal, behind the answer and once', async () => {
    const text = `local mod = {}
function mod:validate_ehlo(str, ac, vctx)
vctx:disconnect(421, "no")
return msys.core.VALIDATE_DONE
end
function mod:validate_mailfrom(str, ac, vctx) print("still here") return msys.core.VALIDATE_CONT end
function mod:validate_dealloc()
print("over after " .. msys.audit.rejections("300,6"))
end
msys.registerModule("m", mod)`;
    const { logged, tally } = await run(visit(0, 1, 'A'), luaPolicy(text));
    // The phases of the event itself run on, those of later events do not.
    expect(logged).toEqual(['1 module.lua:6 still here', '1 module.lua:8 over after 1']);
    expect(tally.sessions.ended).toMatchObject({ refused: 1, logged: 0 });
  });

  test('what it kept is gone, and its later events run nothing', async () => {
    const scripts = {
      connect: '$n = vctx_conn_get "n"; ec_log "connect ${n}"; vctx_conn_set "n" "old";',
      rcptto: '$n = vctx_conn_get "n"; ec_log "rcptto ${n}"; ec_disconnect 550 "no";',
      spool: 'ec_log "spool";',
    };
    const rows = [...visit(0, 1, 'A'), connect(10, 1), bye(11, 1)];
    const { logged } = await enforceSieve(rows, scripts);
    expect(logged.map((text) => text.replace(/\S+\.siv:\d+ /, ''))).toEqual([
      '0 connect ',
      '1 rcptto old',
      '10 connect ',
    ]);
  });
});

test('a series that a script adds to counts what happens in force', async () => {
  const connectScript = `audit_series_add "visits" "300,6" 1;
$n = audit_series "visits" "300,6" "32" 0 0;
if ec_test :value "gt" :comparator "i;ascii-numeric" $n "1" { ec_action 550 "enough"; }`;
  const scripts = {
    connect: connectScript,
    rcptto: 'audit_series_add "visits" "300,6" 10;',
  };
  const rows = [...visit(0, 1, 'A'), ...visit(10, 2, 'B', '192.0.2.8'), ...visit(20, 3, 'C')];
  const { tally, records } = await enforceSieve(rows, scripts);
  const visits = records.enforcedRows.filter(({ series: name }) => name === 'visits');
  // As it was, the third visit had a recipient; in force it ends at its connect.
  expect(visits).toMatchObject([{ observed: 33, attempts: 23, accepted: undefined }]);
  expect(records.windows.find(({ series: name }) => name === 'visits')).toMatchObject({
    total: 23,
  });
  expect(tally.events).toMatchObject({ connect: 3, transaction: 2, rejection: 1 });
});

describe('tarpits', () => {
  test('delay the end of the session, once for an event of many recipients', async () => {
    const rows = [connect(0, 1), client(1, 1, 'A'), active(2, 'A', 4), bye(3, 1), connect(30, 2)];
    const { enforced } = await enforceSieve(rows, { rcptto: 'ec_tarpit 2.5;' });
    // At the client= line, and at the reception for the three further recipients.
    expect(enforced.tarpits).toEqual({ sessions: 1, seconds: 5, heldAtEnd: 0 });
  });

  test('of throttles hold until the interval ends', async () => {
    const script = 'ec_throttle_create "t" "1/10"; ec_throttle_tarpit "t";';
    const rows = [connect(0, 1), connect(4, 2), bye(5, 2), bye(6, 1), connect(30, 3)];
    const { enforced } = await enforceSieve(rows, script);
    expect(enforced.tarpits).toEqual({ sessions: 1, seconds: 6, heldAtEnd: 0 });
  });

  test('hold a place that a question asked later sees', async () => {
    const scripts = {
      connect: `if ec_test :is "%{spfv1:c}" "192.0.2.9" {
  $m = "24"; $c = audit_service "SMTP" "/\${m}"; ec_log "open \${c}";
} else { ec_tarpit 60; }`,
    };
    const rows = [connect(0, 1), connect(1, 2), bye(2, 1), connect(3, 3, '192.0.2.9')];
    const { logged } = await enforceSieve(rows, scripts);
    expect(logged.map((text) => text.replace(/\S+\.siv:\d+ /, ''))).toEqual(['3 open 3']);
  });

  test('and refusals are what the place of a session depends on, in each world', async () => {
    const script = `if ec_test :is "%{spfv1:c}" "192.0.2.9" {
  $m = "24"; $c = audit_service "SMTP" "/\${m}"; ec_log "open \${c}";
} else { ec_action 450 "no"; }`;
    const rows = [connect(0, 1), connect(1, 2), connect(15, 3, '192.0.2.9')];
    const { logged, enforced } = await enforceSieve(rows, script, { retryMs: 10_000 });
    expect(enforced.retries).toMatchObject({ returned: 2 });
    // Nobody who was refused has a place, and who came back was never there on the log as it was.
    expect(logged.map((text) => text.replace(/\S+\.siv:\d+ /, ''))).toEqual(['15 open 1']);
    expect(enforced.observed.scripts!.firstLogged.map(({ text }) => text)).toEqual(['open 3']);
  });

  test('never end where they are longer than any log', async () => {
    const text = moduleAt('validate_connect', 'vctx:tarpit(1/0)');
    const { enforced } = await run([connect(0, 1), bye(1, 1), connect(9e6, 2)], luaPolicy(text));
    expect(enforced.tarpits).toMatchObject({
      sessions: 2,
      seconds: 2 * (2 ** 31 - 1),
      heldAtEnd: 1,
    });
  });
});

test('before --from scripts run and refuse nobody', async () => {
  const script = `audit_series_add "visits" "300,6" 1;
$n = audit_series "visits" "300,6" "32" 0 0; ec_log "visit \${n}"; ec_action 550 "no";`;
  const rows = [...visit(0, 1, 'A'), ...visit(10, 2, 'B')];
  const { stopped, logged, tally } = await enforceSieve(rows, script, { fromMs: NOON_MS + 10_000 });
  expect(stopped).toEqual(['10 connect connect.siv:2']);
  expect(logged).toEqual(['10 connect.siv:2 visit 2']);
  expect(tally.events).toEqual({ connect: 1, rejection: 1 });
});

test('late events and those of ignored peers run no scripts, but tell facts of the session', async () => {
  const scripts = {
    connect: 'ec_action 550 "no";',
    rcptto: 'ec_log "helo %{vctx_conn:ehlo_domain}";',
  };
  const rows = [
    smtpd(5, 'auth_aborted', 1, { ip: PEER }),
    { ...smtpd(2, 'connect', 1, { ip: PEER, helo: 'mx.example.com' }), releaseMs: NOON_MS + 6000 },
    client(7, 1, 'A'),
    connect(8, 2, '127.0.0.1'),
  ];
  const { stopped, logged, tally } = await enforceSieve(rows, scripts, {
    policy: policyOf([], { series, ignore: networks('127.0.0.0/8') }),
  });
  expect([tally.late, tally.ignored, stopped]).toEqual([1, 1, []]);
  expect(logged).toEqual(['7 rcptto.siv:1 helo mx.example.com']);
});

describe('the world that is observed has scripts of its own', () => {
  test('their variables are not shared', async () => {
    const text = moduleAt(
      'validate_connect',
      'count = (count or 0) + 1 print(count) vctx:disconnect(550, "no")',
    );
    const rows = [...visit(0, 1, 'A'), ...visit(10, 2, 'B')];
    const { logged, enforced } = await run(rows, luaPolicy(text));
    expect(logged).toEqual(['0 module.lua:3 1', '10 module.lua:3 2']);
    expect(enforced.observed.scripts!.firstLogged.map(({ text: own }) => own)).toEqual(['1', '2']);
  });

  test('a rule that acts there alone stands in the report with nothing', async () => {
    const module = `local mod = {}
function mod:validate_connect(ac, vctx)
vctx:set_code(550, "no")
return msys.core.VALIDATE_DONE
end
function mod:validate_data(msg, ac, vctx)
vctx:set_code(551, "no")
return msys.core.VALIDATE_DONE
end
msys.registerModule("m", mod)`;
    const { tally, enforced } = await run(visit(0, 1, 'A'), luaPolicy(module));
    const shown = ({ rules }: Tally): string[] =>
      rules.map(({ name, verdict, firings }) => `${name} ${verdict} ${firings}`);
    expect(shown(enforced.observed)).toEqual(['module.lua:3 reject 1', 'module.lua:7 reject 1']);
    expect(shown(tally)).toEqual(['module.lua:3 reject 1', 'module.lua:7 reject 0']);
    expect(tally.collateral!.rules).toHaveLength(2);
  });
});

test('what comes back does not depend on the fields that are asked', async () => {
  const rows = [...visit(0, 1, 'A'), connect(200, 2, '192.0.2.8')];
  const of = async (needs: EnforceOptions['needs']): Promise<unknown> => {
    const script = { data: 'ec_disconnect 421 "no";' };
    const { tally, enforced } = await enforceSieve(rows, script, { retryMs: 60_000, needs });
    return { events: tally.events, sessions: tally.sessions, retries: enforced.retries };
  };
  expect(await of({ textFields: 0 })).toEqual(await of(ALL_NEEDS));
});

test('a series that begins when a session ends begins in the window of that moment', async () => {
  const text = `local mod = {}
function mod:validate_connect() return msys.core.VALIDATE_CONT end
function mod:validate_dealloc()
msys.audit_series.define("over", "string", 7, 4)
msys.audit_series.add("over", { key = "x" })
end
msys.registerModule("m", mod)`;
  // The session times out 60 seconds behind its connect; no event of that time exists.
  const rows = [connect(0, 1), connect(100, 2, '192.0.2.8')];
  const { records } = await run(rows, luaPolicy(text), { sessionTimeoutMs: 60_000 });
  const over = records.enforcedRows.filter(({ series: name }) => name === 'over');
  const startMs = Math.floor((NOON_MS + 60_000) / 7000) * 7000;
  expect(over).toMatchObject([{ windowStartMs: startMs, observed: 1, attempts: 1 }]);
});

test('under --strict what is not simulated ends the run', async () => {
  const running = enforceSieve([connect(0, 1)], 'ec_log "%{spfv1:p}";', { strict: true });
  await expect(running).rejects.toThrow(UserError);
});
