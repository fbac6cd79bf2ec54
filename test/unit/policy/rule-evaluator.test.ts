import { describe, expect, test } from 'vitest';

import { CheckError } from '../../../src/model/errors.ts';
import type { Condition, Quantity, Rule, RulePolicy } from '../../../src/policy/rule-policy.ts';
import type { StoppedRow } from '../../../src/simulate/tally.ts';
import { line, smtpd } from '../../builders/correlated-events.ts';
import { NOON_MS, type EventRow } from '../../builders/event-batches.ts';
import {
  count,
  firingText,
  metric,
  networks,
  policyOf,
  replayRows,
  rule,
  seriesNamed,
} from '../../builders/rule-policies.ts';

const HERE = '192.0.2.1';
const MINUTE = { intervalMs: 60_000, windows: 6 };
const CONNECTIONS = metric('connections', MINUTE);
const REJECTIONS = metric('rejections', MINUTE);
/** Metrics by the minute; the rules' own monitor first. */
const minutes = (rules: readonly Rule[], change: Partial<RulePolicy> = {}): RulePolicy =>
  policyOf(rules, { monitors: [MINUTE], ...change });

/** `number` lines of a kind, a second apart. */
const lines = (
  seconds: number,
  number: number,
  kind: string,
  fields: Parameters<typeof line>[2] = { ip: HERE },
): EventRow[] =>
  Array.from({ length: number }, (_, k) => line(seconds + k, kind, { ip: HERE, ...fields }));

async function firings(rows: readonly EventRow[], policy: RulePolicy): Promise<string[]> {
  const { records } = await replayRows(rows, policy);
  return records.firings.map(firingText);
}

describe('count', () => {
  const above2 = rule('r', count(CONNECTIONS, 2));

  test('fires when the count, this event included, is greater than `above`', async () => {
    expect(await firings(lines(0, 2, 'connect'), minutes([above2]))).toEqual([]);
    const { records } = await replayRows(lines(0, 4, 'connect'), minutes([above2]));
    expect(records.firings).toEqual([
      {
        rule: 'r',
        key: `${HERE}/32`,
        windowStartMs: NOON_MS,
        firings: 2,
        firstMs: NOON_MS + 2000,
        lastMs: NOON_MS + 3000,
        peak: 4,
        limit: 2,
        verdict: 'tag',
        file: 'log0',
        line: 3,
      },
    ]);
  });

  test('counts the windows that it names', async () => {
    const rows = [
      ...lines(0, 2, 'connect'),
      ...lines(60, 2, 'connect'),
      ...lines(120, 1, 'connect'),
    ];
    const both = rule('both', count(CONNECTIONS, 3, 0, 1));
    const earlier = rule('earlier', count(CONNECTIONS, 1, 1, 2));
    expect(await firings(rows, minutes([both, earlier]))).toEqual([
      `both ${HERE}/32 12:01 x1 peak 4 > 3`,
      `earlier ${HERE}/32 12:01 x2 peak 2 > 1`,
      `earlier ${HERE}/32 12:02 x1 peak 4 > 1`,
    ]);
  });

  test('counts by the block of the peer', async () => {
    const per = { type: 'prefix', prefix: { ipv4: 24, ipv6: 64 } } as const;
    const ips = [
      '192.0.2.1',
      '192.0.2.200',
      '192.0.3.1',
      '2001:db8::1',
      '2001:db8::ffff',
      '2001:db8:0:1::1',
    ];
    const rows = ips.map((ip, k) => line(k, 'connect', { ip }));
    expect(await firings(rows, minutes([rule('r', count(CONNECTIONS, 1), { per })]))).toEqual([
      'r 192.0.2.0/24 12:00 x1 peak 2 > 1',
      'r 2001:db8::/64 12:00 x1 peak 2 > 1',
    ]);
  });

  test('is judged only at the events that it counts', async () => {
    const rows = [...lines(0, 3, 'connect'), ...lines(10, 5, 'rejection')];
    expect(await firings(rows, minutes([above2]))).toEqual([`r ${HERE}/32 12:00 x1 peak 3 > 2`]);
  });

  test('of a series is judged where its `where` holds', async () => {
    const where = [{ field: 'code', matches: [{ type: 'exact', value: '550' }] }] as const;
    const series = [seriesNamed('bad_rcpt', { monitor: MINUTE, where })];
    const bad = rule('r', count({ type: 'series', series: 'bad_rcpt' }, 1));
    const codes = [550, 450, 550, 450];
    const rows = codes.map((code, k) => line(k, 'rejection', { ip: HERE, code }));
    expect(await firings(rows, minutes([bad], { series }))).toEqual([
      `r ${HERE}/32 12:00 x1 peak 2 > 1`,
    ]);
  });

  test('of a string series is kept under its key, and sorted by it', async () => {
    const series = [
      seriesNamed('logins', { type: 'string', key: 'user', on: ['auth_failure'], monitor: MINUTE }),
    ];
    const logins = rule('r', count({ type: 'series', series: 'logins' }, 1), {
      per: { type: 'field', field: 'user' },
    });
    const rows = ['zoe', 'ann', '', 'ann', 'zoe', ''].map((user, k) =>
      line(k, 'auth_failure', { ip: HERE, user }),
    );
    const { records, tally } = await replayRows(rows, minutes([logins], { series }));
    expect(records.firings.map(firingText)).toEqual([
      'r ann 12:00 x1 peak 2 > 1',
      'r zoe 12:00 x1 peak 2 > 1',
    ]);
    expect(tally.notes).toEqual([
      { series: 'logins', wrongFamily: 0, withoutKey: 2, withoutAmount: 0, negative: false },
    ]);
  });

  test('of amounts counts recipients', async () => {
    const series = [
      seriesNamed('rcpts', { on: ['reception'], amount: 'recipients', monitor: MINUTE }),
    ];
    const many = rule('r', count({ type: 'series', series: 'rcpts' }, 100));
    const rows = [40, 60, 1].map((recipients, k) => line(k, 'reception', { ip: HERE, recipients }));
    expect(await firings(rows, minutes([many], { series }))).toEqual([
      `r ${HERE}/32 12:00 x1 peak 101 > 100`,
    ]);
  });
});

describe('ratio', () => {
  const ratio: Condition = {
    type: 'ratio',
    of: REJECTIONS,
    to: CONNECTIONS,
    windows: { start: 0, end: 0 },
    above: 0.5,
    min: 4,
  };
  const policy = minutes([rule('r', ratio)]);

  test('is judged at events of either part, from `min` on', async () => {
    const rows = [...lines(0, 3, 'connect'), ...lines(10, 3, 'rejection')];
    // Three connects are too few, whatever was refused; the fourth is enough: 3 > 0.5 x 4.
    expect(await firings(rows, policy)).toEqual([]);
    expect(await firings([...rows, ...lines(20, 1, 'connect')], policy)).toEqual([
      `r ${HERE}/32 12:00 x1 peak 3 > 2`,
    ]);
  });

  test('must be exceeded', async () => {
    const rows = [...lines(0, 4, 'connect'), ...lines(10, 2, 'rejection')];
    expect(await firings(rows, policy)).toEqual([]);
    expect(await firings([...rows, ...lines(20, 1, 'rejection')], policy)).toEqual([
      `r ${HERE}/32 12:00 x1 peak 3 > 2`,
    ]);
  });

  test('without the other part fires when `min` is 0', async () => {
    const any = minutes([rule('r', { ...ratio, min: 0 })]);
    expect(await firings(lines(0, 1, 'rejection'), any)).toEqual([
      `r ${HERE}/32 12:00 x1 peak 1 > 0`,
    ]);
  });
});

describe('surge', () => {
  const surge: Condition = {
    type: 'surge',
    of: CONNECTIONS,
    times: 2,
    before: { start: 1, end: 2 },
    min: 3,
  };
  const policy = minutes([rule('r', surge)]);

  test('holds window 0 against the mean of the earlier ones', async () => {
    const rows = [
      ...lines(10, 4, 'connect'),
      ...lines(60, 6, 'connect'),
      // Twice the mean of 5 is 10: the eleventh is more.
      ...lines(120, 12, 'connect'),
    ];
    expect(await firings(rows, policy)).toEqual([`r ${HERE}/32 12:02 x2 peak 12 > 10`]);
  });

  test('is silent until the clock has passed all earlier windows since the start', async () => {
    const start = line(59, 'delivery');
    expect(await firings([start, ...lines(60, 9, 'connect')], policy)).toEqual([]);
    expect(await firings([start, ...lines(119, 1, 'connect')], policy)).toEqual([]);
    expect(await firings([start, ...lines(120, 9, 'connect')], policy)).toEqual([
      `r ${HERE}/32 12:02 x7 peak 9 > 0`,
    ]);
  });

  test('needs `min` events', async () => {
    const start = line(0, 'delivery');
    expect(await firings([start, ...lines(180, 2, 'connect')], policy)).toEqual([]);
    expect(await firings([start, ...lines(180, 3, 'connect')], policy)).toEqual([
      `r ${HERE}/32 12:03 x1 peak 3 > 0`,
    ]);
  });

  test('is judged at events of `of` only', async () => {
    const rows = [line(0, 'delivery'), ...lines(180, 3, 'connect'), ...lines(190, 9, 'rejection')];
    expect(await firings(rows, policy)).toEqual([`r ${HERE}/32 12:03 x1 peak 3 > 0`]);
  });
});

describe('all', () => {
  const sessions: Quantity = { type: 'sessions', service: 'SMTP', listener: undefined };
  const all = rule('r', count(REJECTIONS, 1), {
    conditions: [count(REJECTIONS, 1), count(sessions, 1)],
  });

  test('fires when every part holds, at events of any; the first part is reported', async () => {
    const connects = [1, 2].map((pid) => smtpd(pid, 'connect', pid, { ip: HERE }));
    const rows = [...lines(0, 3, 'rejection'), ...connects, ...lines(20, 1, 'rejection')];
    const sorted = rows.toSorted((a, b) => a.timeMs - b.timeMs);
    // At 2 s the second connect, then the third refusal, at 20 s the fourth.
    expect(await firings(sorted, minutes([all]))).toEqual([`r ${HERE}/32 12:00 x2 peak 4 > 1`]);
  });

  test('is silent while a part does not hold', async () => {
    const rows = [smtpd(0, 'connect', 1, { ip: HERE }), ...lines(1, 9, 'rejection')];
    expect(await firings(rows, minutes([all]))).toEqual([]);
  });
});

describe('distinct', () => {
  const users: Quantity = {
    type: 'distinct',
    field: 'user',
    on: ['auth_failure', 'auth_success'],
    where: [],
    monitor: MINUTE,
  };

  test('counts different values under a block', async () => {
    const rows = ['ann', 'bob', 'ann', '', 'cyd'].map((user, k) =>
      line(k, 'auth_failure', { ip: HERE, user }),
    );
    const policy = minutes([rule('r', count(users, 1, 0, 1))]);
    // Judged at `bob`, `ann` again and `cyd`; an event without a user is not counted.
    expect(await firings(rows, policy)).toEqual([`r ${HERE}/32 12:00 x3 peak 3 > 1`]);
  });

  test('counts under a field: addresses per account', async () => {
    const per = { type: 'field', field: 'user' } as const;
    const ips: Quantity = { ...users, field: 'ip' };
    const rows = [1, 2, 2, 3].map((host, k) =>
      line(k * 30, 'auth_success', { ip: `192.0.2.${host}`, user: host === 3 ? 'bob' : 'ann' }),
    );
    const policy = minutes([rule('r', count(ips, 1, 0, 1), { per })]);
    expect(await firings(rows, policy)).toEqual([
      'r ann 12:00 x1 peak 2 > 1',
      'r ann 12:01 x1 peak 2 > 1',
    ]);
  });

  test('forgets values with their window', async () => {
    const row = (seconds: number, user: string): EventRow =>
      line(seconds, 'auth_failure', { ip: HERE, user });
    const policy = minutes([rule('r', count(users, 1, 0, 1))]);
    const rows = [
      row(0, 'ann'),
      row(119, 'bob'),
      row(120, 'cyd'),
      row(180, 'dan'),
      row(999, 'eve'),
    ];
    expect(await firings(rows, policy)).toEqual([
      `r ${HERE}/32 12:01 x1 peak 2 > 1`,
      `r ${HERE}/32 12:02 x1 peak 2 > 1`,
      `r ${HERE}/32 12:03 x1 peak 2 > 1`,
    ]);
  });
});

describe('sessions', () => {
  const open = (listener?: string): Quantity => ({ type: 'sessions', service: 'SMTP', listener });
  const connects = [
    smtpd(0, 'connect', 1, { ip: HERE }),
    smtpd(1, 'connect', 2, { ip: HERE, listener: 'postfix/submission' }),
    smtpd(2, 'disconnect', 1, { ip: HERE }),
    smtpd(3, 'connect', 3, { ip: HERE }),
    smtpd(4, 'connect', 4, { ip: HERE, node: 'mx2' }),
    smtpd(5, 'rejection', 4, { ip: HERE, node: 'mx2' }),
  ];

  test('are counted now, the one being judged included, at connects only', async () => {
    // 1, 2, (1,) 2, 3
    const policy = minutes([rule('r', count(open(), 1))]);
    expect(await firings(connects, policy)).toEqual([`r ${HERE}/32 12:00 x3 peak 3 > 1`]);
  });

  test('of one listener or of one node are counted apart', async () => {
    const policy = minutes([
      rule('listener', count(open('postfix/submission'), 0)),
      rule('node', count(open(), 1), { scope: 'node' }),
    ]);
    expect(await firings(connects, policy)).toEqual([
      // Judged at every connect of the peer: one session on 587 is open since 1 s.
      `listener ${HERE}/32 12:00 x3 peak 1 > 0`,
      `node ${HERE}/32 12:00 x2 peak 2 > 1`,
    ]);
  });

  test('of inbound_cidr are those of all nodes, also per node', async () => {
    const inbound: Quantity = { type: 'sessions', service: 'inbound_cidr', listener: undefined };
    const policy = minutes([rule('r', count(inbound, 2), { scope: 'node' })]);
    expect(await firings(connects, policy)).toEqual([`r ${HERE}/32 12:00 x1 peak 3 > 2`]);
  });

  test('are reported in windows of the first monitor', async () => {
    const { records } = await replayRows(connects, minutes([rule('r', count(open(), 1))]));
    const row = records.windows.find(({ series }) => series === 'sessions');
    expect(row).toMatchObject({ total: 3, keys: 1, topKey: HERE, topCount: 3, firings: 3 });
    expect(row?.monitor).toEqual(MINUTE);
  });
});

describe('at', () => {
  test('judges at every event that implies the phase, counted or not', async () => {
    const policy = minutes([rule('r', count(CONNECTIONS, 0), { at: 'rcptto' })]);
    const rows = [
      smtpd(0, 'connect', 7, { ip: HERE }),
      smtpd(1, 'rejection', 7, { ip: HERE, phase: 'rcptto' }),
      smtpd(2, 'transaction', 7, { ip: HERE, queue_id: 'A' }),
      line(3, 'queued', { queue_id: 'A', recipients: 2 }),
      smtpd(4, 'transaction', 7, { ip: HERE, queue_id: 'B' }),
      line(5, 'queued', { queue_id: 'B', recipients: 1 }),
      smtpd(6, 'disconnect', 7, { ip: HERE }),
    ];
    const { records } = await replayRows(rows, policy);
    const [row] = records.firings;
    expect(firingText(row)).toBe(`r ${HERE}/32 12:00 x4 peak 1 > 0`);
    expect([row.firstMs, row.lastMs]).toEqual([NOON_MS + 1000, NOON_MS + 4000]);
  });
});

describe('except', () => {
  test('spares networks', async () => {
    const except = networks('192.0.2.0/25', '2001:db8::/32');
    const policy = minutes([rule('r', count(CONNECTIONS, 0), { except })]);
    const ips = ['192.0.2.1', '192.0.2.128', '2001:db8::1', '2001:db9::1'];
    const rows = ips.map((ip, k) => line(k, 'connect', { ip }));
    expect((await firings(rows, policy)).map((text) => text.split(' ')[1])).toEqual([
      '192.0.2.128/32',
      '2001:db9::1/128',
    ]);
  });

  test('spares domains of the sender and what lies below them', async () => {
    const policy = minutes([
      rule('r', count(metric('receptions', MINUTE), 0), { exceptDomains: ['example.com'] }),
    ]);
    const senders = ['a@example.com', 'b@mx.EXAMPLE.com', 'c@notexample.com', 'd@example.org', ''];
    const rows = senders.map((sender, k) => line(k, 'reception', { ip: HERE, sender }));
    const { records } = await replayRows(rows, policy);
    expect(records.firings[0].firings).toBe(3);
    expect(records.firings[0].line).toBe(3);
  });

  test('does not take the event out of the count', async () => {
    const except = networks('192.0.2.1');
    const per = { type: 'prefix', prefix: { ipv4: 24, ipv6: 64 } } as const;
    const policy = minutes([rule('r', count(CONNECTIONS, 1), { except, per })]);
    const rows = ['192.0.2.1', '192.0.2.1', '192.0.2.2'].map((ip, k) => line(k, 'connect', { ip }));
    expect(await firings(rows, policy)).toEqual(['r 192.0.2.0/24 12:00 x1 peak 3 > 1']);
  });
});

describe('scope: node', () => {
  test('counts each node apart', async () => {
    const rows = [
      ...lines(0, 2, 'connect', { node: 'mx1' }),
      ...lines(10, 2, 'connect', { node: 'mx2' }),
      ...lines(20, 1, 'connect', { node: 'mx1' }),
    ];
    const policy = minutes([rule('r', count(CONNECTIONS, 2), { scope: 'node' })]);
    expect(await firings(rows, policy)).toEqual([`r ${HERE}/32 12:00 x1 peak 3 > 2`]);
  });

  test('counts each node apart in a string series', async () => {
    const series = [
      seriesNamed('logins', { type: 'string', key: 'user', on: ['auth_failure'], monitor: MINUTE }),
    ];
    const per = { type: 'field', field: 'user' } as const;
    const logins = rule('r', count({ type: 'series', series: 'logins' }, 1), {
      per,
      scope: 'node',
    });
    const rows = ['mx1', 'mx2', 'mx1'].map((node, k) =>
      line(k, 'auth_failure', { node, user: 'ann', ip: HERE }),
    );
    expect(await firings(rows, minutes([logins], { series }))).toEqual([
      'r ann 12:00 x1 peak 2 > 1',
    ]);
  });
});

describe('stopped mail', () => {
  const reject = { type: 'reject', code: 550, text: 'no' } as const;
  const disconnect = { type: 'disconnect', code: 421, text: 'later' } as const;
  const brief = ({ rule: name, verdict, kind, queueId, line: number }: StoppedRow): string =>
    `${name} ${verdict} ${kind} ${queueId} ${number}`;

  test('names the first rule that stops, in the order of the policy', async () => {
    const policy = minutes([
      rule('tags', count(CONNECTIONS, 0)),
      rule('first', count(CONNECTIONS, 1), { verdict: disconnect }),
      rule('second', count(CONNECTIONS, 0), { verdict: reject }),
    ]);
    const { records, tally } = await replayRows(lines(0, 2, 'connect'), policy);
    expect(records.stoppedRows.map(brief)).toEqual([
      'second reject connect  1',
      'first disconnect connect  2',
    ]);
    // All firings are recorded, also behind one that stops.
    expect(tally.rules.map(({ name, firings: all }) => [name, all])).toEqual([
      ['tags', 2],
      ['first', 1],
      ['second', 2],
    ]);
    expect(tally.rules.map(({ stoppedConnections }) => stoppedConnections)).toEqual([0, 1, 1]);
  });

  test('lists a message once, at the first of its lines that is stopped', async () => {
    const rows = [
      smtpd(0, 'connect', 7, { ip: HERE }),
      smtpd(1, 'transaction', 7, { ip: HERE, queue_id: 'A' }),
      line(2, 'queued', { queue_id: 'A', recipients: 3, sender: 'ann@example.com' }),
      smtpd(3, 'transaction', 7, { ip: HERE, queue_id: 'B' }),
      line(4, 'queued', { queue_id: 'B', recipients: 1 }),
      smtpd(5, 'transaction', 7, { ip: HERE, queue_id: 'A' }),
    ];
    const atRcpt = rule('r', count(CONNECTIONS, 0), { at: 'rcptto', verdict: reject });
    const { records, tally } = await replayRows(rows, minutes([atRcpt]));
    expect(records.stoppedRows.map(brief)).toEqual([
      'r reject transaction A 2',
      'r reject transaction B 4',
      'r reject transaction A 6',
    ]);
    expect(tally.rules[0]).toMatchObject({ firings: 4, stoppedMessages: 3, stoppedAccepted: 3 });
    const atData = rule('r', count(CONNECTIONS, 0), { at: 'data', verdict: reject });
    const late = await replayRows(rows, minutes([atData]));
    expect(late.records.stoppedRows.map(brief)).toEqual([
      'r reject reception A 3',
      'r reject reception B 5',
    ]);
    expect(late.records.stoppedRows[0]).toMatchObject({
      timeMs: NOON_MS + 2000,
      ip: HERE,
      sender: 'ann@example.com',
      recipients: '3',
      logged: 'accepted',
      file: 'log0',
    });
  });

  test('an event without a phase cannot be stopped', async () => {
    const deliveries = [seriesNamed('sent', { on: ['delivery'], monitor: MINUTE })];
    const policy = minutes(
      [rule('r', count({ type: 'series', series: 'sent' }, 0), { verdict: reject })],
      { series: deliveries },
    );
    const { records } = await replayRows(lines(0, 2, 'delivery'), policy);
    expect(records.firings).toHaveLength(1);
    expect(records.stoppedRows).toEqual([]);
  });
});

describe('a replay', () => {
  test('sorts firings by window, rule and key, whatever the length of the windows', async () => {
    const quarter = { intervalMs: 900_000, windows: 2 };
    const rules = [
      rule('long', count(metric('connections', quarter), 0)),
      rule('short', count(CONNECTIONS, 0)),
    ];
    const ips = ['2001:db8::1', '198.51.100.7', '9.9.9.9'];
    const rows = [0, 120, 800, 1000].flatMap((second) =>
      ips.map((ip, k) => line(second + k, 'connect', { ip })),
    );
    const policy = policyOf(rules, { monitors: [quarter, MINUTE] });
    expect(
      (await firings(rows, policy)).map((text) => text.split(' ').slice(0, 3).join(' ')),
    ).toEqual(
      [
        ['long', '12:00'],
        ['short', '12:00'],
        ['short', '12:02'],
        ['short', '12:13'],
        ['long', '12:15'],
        ['short', '12:16'],
      ].flatMap(([name, start]) =>
        ['9.9.9.9/32', '198.51.100.7/32', '2001:db8::1/128'].map(
          (key) => `${name} ${key} ${start}`,
        ),
      ),
    );
  });

  test('puts the firings of all rules beside the window of what they count', async () => {
    const rules = [rule('a', count(CONNECTIONS, 0)), rule('b', count(CONNECTIONS, 1))];
    const rows = [
      ...lines(0, 3, 'connect'),
      ...lines(60, 1, 'connect'),
      ...lines(70, 1, 'rejection'),
    ];
    const { records } = await replayRows(rows, minutes(rules));
    expect(records.windows.map(({ series, total, firings: all }) => [series, total, all])).toEqual([
      ['sessions', 3, 0],
      ['sessions', 4, 0],
      ['connections', 3, 5],
      ['connections', 1, 1],
      ['rejections', 1, 0],
    ]);
  });

  test('joins neighbouring windows into episodes', async () => {
    const rows = [0, 60, 120, 240].flatMap((second, k) => lines(second, k + 1, 'connect'));
    const { tally } = await replayRows(rows, minutes([rule('r', count(CONNECTIONS, 0))]));
    const [{ episodes, topEpisodes, keys }] = tally.rules;
    expect([episodes, keys]).toEqual([2, 1]);
    const key = `${HERE}/32`;
    expect(topEpisodes).toEqual([
      { key, startMs: NOON_MS, endMs: NOON_MS + 180_000, windows: 3, firings: 6, peak: 3 },
      {
        key,
        startMs: NOON_MS + 240_000,
        endMs: NOON_MS + 300_000,
        windows: 1,
        firings: 4,
        peak: 4,
      },
    ]);
  });

  test('reports from `from` to before `to`; what is before warms the windows', async () => {
    const policy = minutes([rule('r', count(CONNECTIONS, 2, 0, 1))]);
    const rows = lines(0, 181, 'connect');
    const { records, tally } = await replayRows(rows, policy, {
      fromMs: NOON_MS + 60_000,
      toMs: NOON_MS + 120_000,
    });
    expect(records.firings.map(firingText)).toEqual([`r ${HERE}/32 12:01 x60 peak 120 > 2`]);
    expect(tally.events).toEqual({ connect: 60 });
    expect([tally.firstMs, tally.lastMs]).toEqual([NOON_MS + 60_000, NOON_MS + 119_000]);
    expect(
      records.windows
        .filter(({ series }) => series === 'connections')
        .map((row) => row.windowStartMs),
    ).toEqual([NOON_MS + 60_000]);
  });

  test('counts a late event and judges nothing by it', async () => {
    const policy = minutes([rule('r', count(CONNECTIONS, 1))]);
    const late = { ...line(1, 'connect', { ip: HERE }), releaseMs: NOON_MS + 30_000 };
    const tooLate = { ...line(-3600, 'connect', { ip: HERE }), releaseMs: NOON_MS + 31_000 };
    const rows = [line(0, 'connect', { ip: HERE }), line(30, 'connect', { ip: '192.0.2.9' })];
    const { records, tally } = await replayRows(
      [...rows, late, tooLate, line(40, 'connect', { ip: HERE })],
      policy,
    );
    expect(records.firings.map(firingText)).toEqual([`r ${HERE}/32 12:00 x1 peak 3 > 1`]);
    expect([tally.late, tally.tooLate, tally.events]).toEqual([1, 1, { connect: 4 }]);
    const row = records.windows.find(({ series }) => series === 'connections');
    expect(row).toMatchObject({ total: 4, keys: 2, topKey: HERE, topCount: 3 });
  });

  test('does not count peers that the policy ignores', async () => {
    const policy = minutes([rule('r', count(CONNECTIONS, 0))]);
    const rows = [line(0, 'connect', { ip: '127.0.0.1' }), line(0, 'connect', { ip: '::1' })];
    const { records, tally } = await replayRows(rows, policy);
    expect([records.firings, records.windows, tally.ignored]).toEqual([[], [], 2]);
  });

  test('ends with an error when it keeps more keys than it may', async () => {
    const rows = Array.from({ length: 9 }, (_, k) =>
      line(k * 60, 'rejection', { ip: `192.0.2.${k}` }),
    );
    // Seven windows are kept, so seven keys are alive at most.
    const policy = minutes([]);
    await expect(replayRows(rows, policy, { maxKeys: 7 })).resolves.toBeDefined();
    await expect(replayRows(rows, policy, { maxKeys: 6 })).rejects.toThrow(CheckError);
  });

  test('counts the addresses of open sessions among the keys', async () => {
    const rows = Array.from({ length: 9 }, (_, k) =>
      line(k * 60, 'connect', { ip: `192.0.2.${k}`, session: `smtpd[${k}]` }),
    );
    await expect(replayRows(rows, minutes([]), { maxKeys: 9 })).resolves.toBeDefined();
    await expect(replayRows(rows, minutes([]), { maxKeys: 8 })).rejects.toThrow(CheckError);
    // A rule that counts each node apart has blocks of its own.
    const sessions: Quantity = { type: 'sessions', service: 'SMTP', listener: undefined };
    const policy = minutes([rule('r', count(sessions, 99), { scope: 'node' })]);
    await expect(replayRows(rows, policy, { maxKeys: 18 })).resolves.toBeDefined();
    await expect(replayRows(rows, policy, { maxKeys: 17 })).rejects.toThrow(CheckError);
  });

  test('counts the values of distinct among the keys', async () => {
    const users: Quantity = {
      type: 'distinct',
      field: 'user',
      on: ['auth_success'],
      where: [],
      monitor: MINUTE,
    };
    const policy = minutes([rule('r', count(users, 9))]);
    const rows = Array.from({ length: 9 }, (_, k) =>
      line(k * 60, 'auth_success', { ip: HERE, user: `user${k}` }),
    );
    // One window is asked, so one value is kept at most; no metric counts these events.
    await expect(replayRows(rows, policy, { maxKeys: 1 })).resolves.toBeDefined();
    await expect(replayRows(rows, policy, { maxKeys: 0 })).rejects.toThrow(CheckError);
  });
});
