import { describe, expect, test } from 'vitest';

import { ALL_NEEDS } from '../../../src/model/event.ts';
import { Vocabulary } from '../../../src/model/vocabulary.ts';
import type { Condition, Rule, RulePolicy } from '../../../src/policy/rule-policy.ts';
import { enforce, type EnforceOptions } from '../../../src/simulate/enforce/enforce.ts';
import type { EnforcedTally, Tally } from '../../../src/simulate/tally.ts';
import { line, smtpd } from '../../builders/correlated-events.ts';
import { NOON_MS, type EventRow } from '../../builders/event-batches.ts';
import { RowSource } from '../../builders/event-sources.ts';
import {
  count,
  metric,
  networks,
  policyOf,
  ReplayRecords,
  rule,
  seriesNamed,
} from '../../builders/rule-policies.ts';

const PEER = '192.0.2.7';

interface Enforced {
  readonly tally: Tally;
  readonly enforced: EnforcedTally;
  /** `12:00:05 connect many`: refused events, with their rule. */
  readonly refused: readonly string[];
}

async function run(
  rows: readonly EventRow[],
  policy: RulePolicy,
  options: Partial<EnforceOptions> = {},
): Promise<Enforced> {
  const vocabulary = new Vocabulary();
  const records = new ReplayRecords();
  const { tally } = await enforce({
    sources: [new RowSource(rows, { vocabulary })],
    vocabulary,
    needs: ALL_NEEDS,
    policy,
    retryMs: undefined,
    fileOf: () => 'log',
    sink: records,
    ...options,
  });
  const refused = records.stoppedRows.map(({ timeMs, kind, rule: name }) => {
    return `${(timeMs - NOON_MS) / 1000} ${kind} ${name}`;
  });
  return { tally, enforced: tally.enforced!, refused };
}

const reject = (code: number): Rule['verdict'] => ({ type: 'reject', code, text: '5.7.1 no' });
const disconnect = (code: number): Rule['verdict'] => ({ type: 'disconnect', code, text: 'no' });

const connect = (seconds: number, pid: number, ip = PEER): EventRow =>
  smtpd(seconds, 'connect', pid, { ip });
const bye = (seconds: number, pid: number, ip = PEER): EventRow =>
  smtpd(seconds, 'disconnect', pid, { ip });
const client = (seconds: number, pid: number, id: string, ip = PEER): EventRow =>
  smtpd(seconds, 'transaction', pid, { ip, queue_id: id });
const active = (seconds: number, id: string, sender = 'a@example.com'): EventRow =>
  line(seconds, 'queued', { queue_id: id, sender, recipients: 1 });
const sent = (seconds: number, id: string): EventRow => line(seconds, 'delivery', { queue_id: id });

/** A session with one message. */
const visit = (seconds: number, pid: number, id: string, ip = PEER): EventRow[] => [
  connect(seconds, pid, ip),
  client(seconds + 1, pid, id, ip),
  active(seconds + 2, id),
  bye(seconds + 3, pid, ip),
  sent(seconds + 4, id),
];

const moreThan = (limit: number, name: 'connections' | 'receptions' | 'rejections'): Condition =>
  count(metric(name), limit);

describe('hand-computed: what a verdict stops no longer happens', () => {
  test('a refused connect takes the rest of that session with it', async () => {
    const policy = policyOf([rule('one', moreThan(1, 'connections'), { verdict: reject(550) })]);
    const { tally, enforced, refused } = await run(
      [...visit(0, 1, 'A'), ...visit(10, 2, 'B')],
      policy,
    );
    expect(refused).toEqual(['10 connect one']);
    // The second visit is a connect and its refusal; its client=, reception, disconnect and delivery vanish.
    expect(tally.events).toEqual({
      connect: 2,
      delivery: 1,
      disconnect: 1,
      reception: 1,
      rejection: 1,
      transaction: 1,
    });
    expect(enforced.accepted).toEqual({
      connect: 1,
      delivery: 1,
      disconnect: 1,
      reception: 1,
      transaction: 1,
    });
    expect(enforced.observed.events).toMatchObject({ connect: 2, reception: 2, delivery: 2 });
    expect(tally.collateral!.rules[0]).toMatchObject({ connections: 1, accepted: 1 });
    expect(tally.collateral!.rules[0].senders).toEqual([{ sender: 'a@example.com', messages: 1 }]);
  });

  test('a refused message turns its reception into a rejection', async () => {
    const policy = policyOf([rule('second', moreThan(1, 'receptions'), { verdict: reject(550) })]);
    const rows = [
      connect(0, 1),
      client(1, 1, 'A'),
      active(2, 'A'),
      client(3, 1, 'B'),
      active(4, 'B'),
      sent(5, 'B'),
      bye(6, 1),
    ];
    const { tally, enforced, refused } = await run(rows, policy);
    expect(refused).toEqual(['4 reception second']);
    // Attempts: both receptions, and the one rejection that the second became; no delivery of it.
    expect(tally.events).toEqual({
      connect: 1,
      disconnect: 1,
      reception: 2,
      rejection: 1,
      transaction: 2,
    });
    expect(enforced.accepted).toMatchObject({ reception: 1 });
    expect(enforced.accepted).not.toHaveProperty('rejection');
  });

  test('a message refused at its client= line never comes in', async () => {
    const policy = policyOf([
      rule('at-rcpt', moreThan(0, 'connections'), { at: 'rcptto', verdict: reject(550) }),
    ]);
    const { tally, refused } = await run(visit(0, 1, 'A'), policy);
    expect(refused).toEqual(['1 transaction at-rcpt']);
    expect(tally.events).toEqual({ connect: 1, disconnect: 1, rejection: 1, transaction: 1 });
  });

  test('a lasting block refuses later connects of the prefix until it ends', async () => {
    const policy = policyOf([
      rule('burst', moreThan(2, 'connections'), {
        per: { type: 'prefix', prefix: { ipv4: 24, ipv6: 64 } },
        verdict: reject(550),
        blockMs: 60_000,
        except: networks('192.0.2.99/32'),
      }),
    ]);
    const rows = [
      connect(0, 1, '192.0.2.1'),
      connect(1, 2, '192.0.2.2'),
      // The third fires: the block is [2, 62).
      connect(2, 3, '192.0.2.3'),
      connect(3, 4, '192.0.2.4'),
      connect(4, 5, '192.0.2.99'),
      connect(5, 6, '198.51.100.1'),
      connect(61, 7, '192.0.2.5'),
      // The block is over; the count of the window is 7 of the block by now, so it fires again.
      connect(62, 8, '192.0.2.6'),
    ];
    const { tally, enforced, refused } = await run(rows, policy);
    expect(refused).toEqual([
      '2 connect burst',
      '3 connect burst',
      '61 connect burst',
      '62 connect burst',
    ]);
    // Connects that a block refuses are no firings; 192.0.2.99 is exempt from rule and block.
    expect(tally.rules[0].firings).toBe(2);
    expect(enforced.blocks).toEqual([{ rule: 'burst', begun: 2, refused: 2 }]);
  });

  test('a new firing extends the block', async () => {
    const bad = seriesNamed('bad', { on: ['rejection'] });
    const policy = policyOf(
      [
        rule('bad', count({ type: 'series', series: 'bad' }, 0), {
          verdict: { type: 'tag', reason: '' },
          blockMs: 60_000,
        }),
      ],
      { series: [bad] },
    );
    const rows = [
      connect(0, 1),
      smtpd(1, 'rejection', 1, { ip: PEER, phase: 'rcptto', code: 550 }),
      // [1, 61), then [40, 100).
      smtpd(40, 'rejection', 1, { ip: PEER, phase: 'rcptto', code: 550 }),
      connect(99, 2),
      connect(100, 3),
    ];
    const { enforced, refused } = await run(rows, policy);
    expect(refused).toEqual(['99 connect bad']);
    expect(enforced.blocks).toEqual([{ rule: 'bad', begun: 1, refused: 1 }]);
  });

  test('counts: attempts goes on counting what it refuses, counts: accepted does not', async () => {
    const rows = [0, 1, 2, 3, 4].flatMap((index) => [
      connect(index * 100, index),
      bye(index * 100 + 1, index),
    ]);
    const firings = async (counts: Rule['counts']): Promise<readonly string[]> => {
      const own = rule('two', count(metric('connections'), 2, 0, 1), {
        counts,
        verdict: reject(550),
      });
      return (await run(rows, policyOf([own]))).refused;
    };
    // Windows of five minutes: three connects in the first, two in the second, both windows asked.
    expect(await firings('attempts')).toEqual([
      '200 connect two',
      '300 connect two',
      '400 connect two',
    ]);
    // The third was taken back, but two accepted ones stay: each further one is the third again.
    expect(await firings('accepted')).toEqual([
      '200 connect two',
      '300 connect two',
      '400 connect two',
    ]);
    const later = [...rows, connect(600, 9)];
    const atEnd = async (counts: Rule['counts']): Promise<readonly string[]> => {
      const own = rule('two', count(metric('connections'), 1, 0, 1), {
        counts,
        verdict: reject(550),
      });
      return (await run(later, policyOf([own]))).refused.filter((text) => text.startsWith('600'));
    };
    // At 600 s the first window has left. Attempts: two refused ones and this. Accepted: this alone.
    expect(await atEnd('attempts')).toEqual(['600 connect two']);
    expect(await atEnd('accepted')).toEqual([]);
  });

  test('different values that were refused are no longer among those accepted', async () => {
    const guesses = ['a', 'b', 'c', 'a', 'b'].map((user, index) =>
      smtpd(index + 1, 'auth_failure', 1, { ip: PEER, user }),
    );
    const users = {
      type: 'distinct',
      field: 'user',
      on: ['auth_failure'],
      where: [],
      monitor: policyOf([]).monitors[0],
    } as const;
    const refusedWith = async (counts: Rule['counts']): Promise<readonly string[]> => {
      const own = rule('users', count(users, 1), { counts, verdict: reject(550) });
      return (await run([connect(0, 1), ...guesses], policyOf([own]))).refused;
    };
    const [second, third, first, again] = [2, 3, 4, 5].map((at) => `${at} auth_failure users`);
    expect(await refusedWith('attempts')).toEqual([second, third, first, again]);
    // One user is accepted, so a second one is always too many, and the first one never is.
    expect(await refusedWith('accepted')).toEqual([second, third, again]);
  });

  test('a tarpit keeps the session open longer: it counts in the sessions', async () => {
    const sessions: Condition = count(
      { type: 'sessions', service: 'SMTP', listener: undefined },
      1,
    );
    const policy = policyOf([
      rule('slow', moreThan(0, 'connections'), {
        verdict: { type: 'tarpit', seconds: 30, reason: '' },
      }),
      rule('crowd', sessions, { verdict: reject(421) }),
    ]);
    // The first session would end at 1 s; the tarpit holds it to 31 s.
    const rows = [connect(0, 1), bye(1, 1), connect(30, 2), bye(30, 2), connect(62, 3)];
    const { tally, enforced, refused } = await run(rows, policy);
    // At 30 s two are open. The refused one is held too, to 60 s, so at 62 s the third is alone.
    expect(refused).toEqual(['30 connect crowd']);
    expect(enforced.observed.rules[1].firings).toBe(0);
    expect(enforced.tarpits).toEqual({ sessions: 3, seconds: 90, heldAtEnd: 0 });
    expect(tally.sessions).toMatchObject({ opened: 3, peak: 2, openAtEnd: 1 });
  });

  test('tarpits of one session add up', async () => {
    const slow = (name: string, seconds: number): Rule =>
      rule(name, moreThan(0, 'connections'), { verdict: { type: 'tarpit', seconds, reason: '' } });
    const sessions: Condition = count(
      { type: 'sessions', service: 'SMTP', listener: undefined },
      1,
    );
    const policy = policyOf([slow('a', 10), slow('b', 20), rule('crowd', sessions)]);
    // The first is held to 31 s: at 30 s there are two, at 62 s the second is gone as well.
    const rows = [connect(0, 1), bye(1, 1), connect(30, 2), bye(31, 2), connect(62, 3)];
    const { tally, enforced } = await run(rows, policy);
    expect(tally.rules[2].firings).toBe(1);
    expect(enforced.tarpits).toEqual({ sessions: 3, seconds: 90, heldAtEnd: 0 });
  });

  test('every firing is recorded, the first refusing rule in order is applied', async () => {
    const policy = policyOf([
      rule('note', moreThan(0, 'connections')),
      rule('first', moreThan(1, 'connections'), { verdict: reject(550) }),
      rule('second', moreThan(1, 'connections'), { verdict: disconnect(421) }),
    ]);
    const { tally, refused } = await run([...visit(0, 1, 'A'), ...visit(10, 2, 'B')], policy);
    expect(refused).toEqual(['10 connect first']);
    expect(tally.rules.map(({ firings }) => firings)).toEqual([2, 1, 1]);
    expect(tally.overlap).toEqual([
      { rule: 1, other: 1, events: 1 },
      { rule: 1, other: 2, events: 1 },
      { rule: 2, other: 2, events: 1 },
    ]);
  });

  test('a refusal is one synthetic rejection, in attempts only, that nobody judges', async () => {
    const policy = policyOf([
      rule('many', moreThan(0, 'connections'), { verdict: reject(550) }),
      rule('refused', moreThan(0, 'rejections'), { counts: 'attempts' }),
      rule('leaky', moreThan(0, 'rejections'), { counts: 'accepted' }),
    ]);
    const rows = [
      connect(0, 1),
      smtpd(1, 'rejection', 2, { ip: PEER, phase: 'rcptto', code: 550 }),
    ];
    const { tally, enforced } = await run(rows, policy);
    // The refusal of the connect is no event that rules judge; it is there when the log's own is judged.
    expect(tally.rules.map(({ firings }) => firings)).toEqual([1, 1, 1]);
    expect(tally.events).toEqual({ connect: 1, rejection: 2 });
    expect(enforced.accepted).toEqual({ rejection: 1 });
    expect(tally.series.find(({ series }) => series === 'rejections')?.total).toBe(2);
  });

  test('disconnect closes the connection: the rest of the session cannot happen', async () => {
    const policy = policyOf([
      rule('guess', count(metric('rejections'), 0), { verdict: disconnect(421) }),
    ]);
    const rows = [
      connect(0, 1),
      client(1, 1, 'A'),
      smtpd(2, 'rejection', 1, { ip: PEER, phase: 'rcptto', code: 550 }),
      // The message was not accepted yet when the connection was closed.
      active(3, 'A'),
      sent(4, 'A'),
      bye(5, 1),
    ];
    const { tally, refused } = await run(rows, policy);
    expect(refused).toEqual(['2 rejection guess']);
    // The refused rejection stays one rejection.
    expect(tally.events).toEqual({ connect: 1, rejection: 1, transaction: 1 });
    expect(tally.sessions.ended).toMatchObject({ logged: 0, refused: 1 });
  });

  test('the message of a closed session comes back with it, though its reception is logged later', async () => {
    const guess = rule('guess', count(metric('rejections'), 0), { verdict: disconnect(421) });
    const rows = [
      connect(0, 1),
      client(1, 1, 'A'),
      smtpd(2, 'rejection', 1, { ip: PEER, phase: 'rcptto', code: 550 }),
      bye(3, 1),
      active(4, 'A'),
      connect(1000, 2, '198.51.100.1'),
    ];
    const { tally, enforced } = await run(rows, policyOf([guess]), { retryMs: 600_000 });
    // Ten minutes later: its connection, the rejection, which is refused again, and the message.
    expect(enforced.retries).toEqual({ afterMs: 600_000, returned: 1, gaveUp: 0, waiting: 1 });
    expect(tally.events).toEqual({ connect: 3, reception: 1, rejection: 2, transaction: 1 });
  });

  test('without a session only that event vanishes, and the disconnect that ends it', async () => {
    const policy = policyOf([rule('one', moreThan(1, 'connections'), { verdict: reject(550) })]);
    const rows = [
      line(0, 'connect', { ip: PEER }),
      line(1, 'connect', { ip: PEER }),
      line(2, 'reception', { ip: PEER, sender: 'a@example.com' }),
      line(3, 'disconnect', { ip: PEER }),
      line(4, 'disconnect', { ip: PEER }),
    ];
    const { tally } = await run(rows, policy);
    // The first disconnect ends the first session, which was accepted; the second goes with its connect.
    expect(tally.events).toEqual({ connect: 2, disconnect: 1, reception: 1, rejection: 1 });
  });

  test('what is before --from is counted and not refused: --from is when the policy goes live', async () => {
    const policy = policyOf([rule('one', moreThan(0, 'connections'), { verdict: reject(550) })]);
    const rows = [...visit(0, 1, 'A'), ...visit(60, 2, 'B')];
    const { tally, refused } = await run(rows, policy, { fromMs: NOON_MS + 60_000 });
    expect(refused).toEqual(['60 connect one']);
    expect(tally.events).toEqual({ connect: 1, rejection: 1 });
  });

  test('a message that was refused for a while comes back and is accepted', async () => {
    const policy = policyOf([rule('two', moreThan(2, 'connections'), { verdict: reject(450) })], {
      monitors: [{ intervalMs: 60_000, windows: 5 }],
    });
    const monitored = {
      ...policy,
      rules: [
        rule('two', count(metric('connections', policy.monitors[0]), 1), { verdict: reject(450) }),
      ],
    };
    // The second visit comes back 15 minutes later, alone in its window, and brings its message.
    const rows = [...visit(0, 1, 'A'), ...visit(10, 2, 'B'), connect(2000, 9, '198.51.100.1')];
    const { tally, enforced, refused } = await run(rows, monitored, { retryMs: 900_000 });
    expect(refused).toEqual(['10 connect two']);
    expect(enforced.retries).toEqual({ afterMs: 900_000, returned: 1, gaveUp: 0, waiting: 0 });
    expect(tally.events).toMatchObject({ connect: 4, reception: 2, delivery: 2, rejection: 1 });
    expect(tally.collateral!.total.accepted).toBe(3);
    expect(enforced.observed.events).toMatchObject({ connect: 3, reception: 2 });
  });

  test('who is refused for good does not come back, and who was told to wait by the server neither', async () => {
    const policy = policyOf([
      rule('all', moreThan(0, 'rejections'), { verdict: reject(450) }),
      rule('one', moreThan(0, 'connections'), { verdict: reject(550) }),
    ]);
    const rows = [
      connect(0, 1),
      line(1, 'rejection', { ip: '198.51.100.1', phase: 'rcptto', code: 450 }),
      connect(2000, 9),
    ];
    const { enforced } = await run(rows, policy, { retryMs: 900_000 });
    expect(enforced.retries).toEqual({ afterMs: 900_000, returned: 0, gaveUp: 0, waiting: 0 });
  });

  test('who has been refused for five days gives up', async () => {
    const policy = policyOf([rule('all', moreThan(0, 'connections'), { verdict: reject(450) })]);
    const day = 86_400;
    const rows = [connect(0, 1), connect(10 * day, 2, '203.0.113.1')];
    const { enforced, tally } = await run(rows, policy, { retryMs: day * 1000 });
    // Back after 1, 2, 3 and 4 days; on the fourth the fifth day is too late.
    expect(enforced.retries).toEqual({ afterMs: day * 1000, returned: 4, gaveUp: 1, waiting: 1 });
    expect(tally.events['connect']).toBe(6);
  });
});
