import { describe, expect, test } from 'vitest';

import { correlate, line, smtpd, type CorrelatedEvent } from '../../builders/correlated-events.ts';
import type { EventRow } from '../../builders/event-batches.ts';

const ID = '4dYxK31Qz2z9rw1';
const HERE = '192.0.2.1';
const THERE = '198.51.100.7';

/** What matters of a message: what became of each row, and whose it is. */
const kindAndPeer = (rows: readonly EventRow[]): string[] =>
  correlate(rows).events.map(({ kind, ip }) => `${kind} ${ip}`.trim());

const last = (rows: readonly EventRow[]): CorrelatedEvent => correlate(rows).events.at(-1)!;

describe('a message', () => {
  test('is received at its first `queue active`, from the client of its `client=`', () => {
    expect(
      kindAndPeer([
        smtpd(0, 'transaction', 7, { queue_id: ID, ip: HERE }),
        line(1, 'queued', { queue_id: ID, recipients: 1 }),
        // A retry from the deferred queue.
        line(900, 'queued', { queue_id: ID, recipients: 1 }),
      ]),
    ).toEqual([`transaction ${HERE}`, `reception ${HERE}`, `dropped`]);
  });

  test('whose reception is its first line is known from then on', () => {
    const received = { queue_id: ID, ip: HERE, user: 'ann', session: 'Ci=7' };
    const rows = [
      line(0, 'reception', received),
      line(1, 'delivery', { queue_id: ID }),
      line(2, 'removed', { queue_id: ID }),
      line(3, 'delivery', { queue_id: ID }),
      line(4, 'reception', { queue_id: ID, ip: THERE }),
      line(5, 'bounce', { queue_id: ID }),
    ];
    expect(kindAndPeer(rows)).toEqual([
      `reception ${HERE}`,
      `delivery ${HERE}`,
      'removed',
      'delivery',
      `reception ${THERE}`,
      `bounce ${THERE}`,
    ]);
    expect(last(rows.slice(0, 2))).toMatchObject({ user: 'ann', session: 'Ci=7' });
  });

  test('of lines that name no peer is of the one of their session, and came to its listener', () => {
    const rows = [
      line(0, 'connect', { session: 'S', ip: HERE, listener: '192.0.2.25:25' }),
      line(1, 'auth_failure', { session: 'S', listener: '' }),
      line(2, 'rejection', { session: 'S', listener: '', phase: 'rcptto' }),
      line(3, 'reception', { session: 'S', listener: '', queue_id: ID }),
      line(4, 'disconnect', { session: 'S', listener: '' }),
      line(9, 'delivery', { queue_id: ID, listener: '' }),
    ];
    expect(correlate(rows).events.map(({ ip, listener }) => [ip, listener])).toEqual(
      rows.map(() => [HERE, '192.0.2.25:25']),
    );
  });

  test('that no client sent is no event', () => {
    expect(kindAndPeer([line(0, 'queued', { queue_id: ID })])).toEqual(['dropped']);
  });

  test('takes user, session and listener from its `client=`', () => {
    const client = { queue_id: ID, ip: HERE, user: 'ann', listener: 'postfix/submission' };
    const rows = [
      smtpd(0, 'transaction', 7, client),
      line(1, 'queued', { queue_id: ID, sender: 'ann@example.com' }),
    ];
    expect(last(rows)).toMatchObject({
      kind: 'reception',
      user: 'ann',
      session: 'postfix/submission/smtpd[7]',
      listener: 'postfix/submission',
      verdict: 'accepted',
      phase: 'spool',
    });
  });

  test('whose id is used again by the next message is received again', () => {
    expect(
      kindAndPeer([
        smtpd(0, 'transaction', 7, { queue_id: ID, ip: HERE }),
        line(1, 'queued', { queue_id: ID }),
        line(2, 'removed', { queue_id: ID }),
        smtpd(3, 'transaction', 8, { queue_id: ID, ip: THERE }),
        line(4, 'queued', { queue_id: ID }),
        // No `removed` this time: the `client=` alone begins a new message.
        smtpd(5, 'transaction', 9, { queue_id: ID, ip: '2001:db8::1' }),
        line(6, 'queued', { queue_id: ID }),
      ]),
    ).toEqual([
      `transaction ${HERE}`,
      `reception ${HERE}`,
      'removed',
      `transaction ${THERE}`,
      `reception ${THERE}`,
      'transaction 2001:db8::1',
      'reception 2001:db8::1',
    ]);
  });

  test('is unknown once it was removed', () => {
    expect(
      kindAndPeer([
        smtpd(0, 'transaction', 7, { queue_id: ID, ip: HERE }),
        line(1, 'removed', { queue_id: ID }),
        line(2, 'queued', { queue_id: ID }),
      ]),
    ).toEqual([`transaction ${HERE}`, 'removed', 'dropped']);
  });

  test('of one instance is not that of another with the same short id', () => {
    const out = { queue_id: 'A1B2C', listener: 'postfix-out' };
    expect(
      kindAndPeer([
        smtpd(0, 'transaction', 7, { queue_id: 'A1B2C', ip: HERE }),
        smtpd(0, 'transaction', 7, { ...out, ip: THERE }),
        line(1, 'queued', out),
        line(2, 'queued', { queue_id: 'A1B2C' }),
        line(3, 'delivery', out),
        line(4, 'removed', out),
        line(5, 'delivery', { queue_id: 'A1B2C' }),
      ]).slice(2),
    ).toEqual([
      `reception ${THERE}`,
      `reception ${HERE}`,
      `delivery ${THERE}`,
      'removed',
      `delivery ${HERE}`,
    ]);
  });

  test('of another service of the instance is the same message', () => {
    const submission = { queue_id: ID, ip: HERE, listener: 'postfix/submission' };
    expect(
      kindAndPeer([smtpd(0, 'transaction', 7, submission), line(1, 'queued', { queue_id: ID })]),
    ).toEqual([`transaction ${HERE}`, `reception ${HERE}`]);
  });

  test('of a service with a syslog name of its own is found by the id alone', () => {
    expect(
      kindAndPeer([
        smtpd(0, 'transaction', 7, { queue_id: ID, ip: HERE, listener: 'mx-in' }),
        line(1, 'queued', { queue_id: ID }),
        line(2, 'delivery', { queue_id: ID }),
        line(3, 'removed', { queue_id: ID }),
        line(4, 'queued', { queue_id: ID }),
      ]),
    ).toEqual([
      `transaction ${HERE}`,
      `reception ${HERE}`,
      `delivery ${HERE}`,
      'removed',
      'dropped',
    ]);
  });

  test('of one node is not that of another with the same id', () => {
    expect(
      kindAndPeer([
        smtpd(0, 'transaction', 7, { queue_id: ID, ip: HERE }),
        smtpd(0, 'transaction', 7, { queue_id: ID, ip: THERE, node: 'mx2' }),
        line(1, 'queued', { queue_id: ID, node: 'mx2' }),
        line(1, 'queued', { queue_id: ID, node: 'mx3' }),
        line(1, 'queued', { queue_id: ID }),
      ]).slice(2),
    ).toEqual([`reception ${THERE}`, 'dropped', `reception ${HERE}`]);
  });

  test('gives its peer to every delivery, deferral and bounce', () => {
    const known = [
      smtpd(0, 'transaction', 7, { queue_id: ID, ip: HERE }),
      line(1, 'queued', { queue_id: ID }),
      line(2, 'deferral', { queue_id: ID }),
      line(2, 'bounce', { queue_id: ID }),
      line(2, 'delivery', { queue_id: ID }),
      line(2, 'delivery', { queue_id: 'unknown' }),
    ];
    expect(kindAndPeer(known).slice(2)).toEqual([
      `deferral ${HERE}`,
      `bounce ${HERE}`,
      `delivery ${HERE}`,
      'delivery',
    ]);
  });

  test('that a filter handed back is set apart, its deliveries are not', () => {
    const rows = [
      smtpd(0, 'transaction', 7, { queue_id: ID, ip: HERE, reinjected: true }),
      line(1, 'queued', { queue_id: ID }),
      line(2, 'delivery', { queue_id: ID }),
      smtpd(3, 'transaction', 7, { queue_id: 'other', ip: HERE }),
      line(4, 'queued', { queue_id: 'other' }),
    ];
    expect(kindAndPeer(rows)).toEqual([
      `reinjection ${HERE}`,
      `reinjection ${HERE}`,
      `delivery ${HERE}`,
      `transaction ${HERE}`,
      `reception ${HERE}`,
    ]);
    const [transaction, reception] = correlate(rows).events;
    expect([transaction.phase, transaction.phases]).toEqual(['rcptto', '']);
    expect([reception.phase, reception.phases]).toEqual(['spool', '']);
  });

  test('of a CSV without ids is a reception by itself', () => {
    const rows = [line(0, 'reception', { ip: HERE })];
    expect(last(rows)).toMatchObject({
      kind: 'reception',
      phases: 'ehlo mailfrom rcptto data spool',
      verdict: 'accepted',
    });
  });

  test('of converted CSV runs the same phases as in its log', () => {
    const client = smtpd(0, 'transaction', 7, { queue_id: ID, ip: HERE });
    const log = correlate([client, line(1, 'queued', { queue_id: ID, recipients: 3 })]);
    const csv = correlate([
      client,
      smtpd(1, 'reception', 7, { queue_id: ID, ip: HERE, recipients: 3 }),
    ]);
    expect(csv.events).toEqual(log.events);
  });

  test('an id of 300 bytes is compared in whole', () => {
    const long = 'x'.repeat(300);
    expect(
      kindAndPeer([
        smtpd(0, 'transaction', 7, { queue_id: `${long}a`, ip: HERE }),
        smtpd(0, 'transaction', 8, { queue_id: `${long}b`, ip: THERE }),
        line(1, 'queued', { queue_id: `${long}b` }),
        line(1, 'queued', { queue_id: `${long}c` }),
        line(1, 'queued', { queue_id: `${long}a` }),
      ]).slice(2),
    ).toEqual([`reception ${THERE}`, 'dropped', `reception ${HERE}`]);
  });

  test('is forgotten days after its last line, and only then', () => {
    const days = 86_400;
    const begin = (at: number, from: number, count: number): EventRow[] =>
      Array.from({ length: count }, (_, k) => {
        return smtpd(at, 'transaction', 7, { queue_id: `N${from + k}`, ip: THERE });
      });
    const rows = [
      smtpd(0, 'transaction', 7, { queue_id: 'received', ip: HERE }),
      smtpd(0, 'transaction', 7, { queue_id: 'refused', ip: HERE }),
      line(0, 'queued', { queue_id: 'received' }),
      // Fills the table, so that it looks for what can go.
      ...begin(6 * days, 0, 200),
      line(6 * days, 'delivery', { queue_id: 'received' }),
      line(6 * days, 'delivery', { queue_id: 'refused' }),
      ...begin(14 * days, 200, 400),
      line(14 * days, 'delivery', { queue_id: 'received' }),
    ];
    const deliveries = correlate(rows).events.filter(({ kind }) => kind === 'delivery');
    expect(deliveries.map(({ ip }) => ip)).toEqual([HERE, '', '']);
  });
});

describe('a refusal by cleanup', () => {
  test('joins its session by the queue id', () => {
    const rows = [
      smtpd(0, 'connect', 7, { ip: HERE }),
      smtpd(1, 'transaction', 7, { queue_id: ID, ip: HERE }),
      line(2, 'rejection', { queue_id: ID, phase: 'data' }),
      smtpd(3, 'transaction', 7, { queue_id: 'next', ip: HERE }),
    ];
    const { events } = correlate(rows);
    expect(events[2]).toMatchObject({ kind: 'rejection', ip: HERE, phases: 'data' });
    // The transaction is over, the session is not.
    expect(events[3].phases).toBe('mailfrom rcptto');
  });

  test('whose session is over keeps the client of the message', () => {
    const rows = [
      smtpd(0, 'connect', 7, { ip: HERE }),
      smtpd(1, 'transaction', 7, { queue_id: ID, ip: HERE }),
      smtpd(2, 'disconnect', 7, { ip: HERE }),
      smtpd(2, 'connect', 7, { ip: THERE }),
      line(3, 'rejection', { queue_id: ID, phase: 'data' }),
      smtpd(4, 'transaction', 7, { queue_id: 'next', ip: THERE }),
    ];
    const { events } = correlate(rows);
    expect(events[4]).toMatchObject({ ip: HERE, phases: 'data' });
    // The process serves another client now, whose session is as it was.
    expect(events[5].phases).toBe('ehlo mailfrom rcptto');
  });

  test('of a message without `client=` has no peer', () => {
    expect(last([line(0, 'rejection', { queue_id: ID, phase: 'data' })]).ip).toBe('');
  });

  test('that names its client keeps it', () => {
    const rows = [
      smtpd(0, 'transaction', 7, { queue_id: ID, ip: HERE }),
      line(1, 'rejection', { queue_id: ID, ip: THERE, phase: 'data' }),
    ];
    expect(last(rows).ip).toBe(THERE);
  });
});

describe('a reception that is the first line of its message', () => {
  const received = (second: number, ip: string, more: Partial<EventRow> = {}): EventRow =>
    line(second, 'reception', { queue_id: ID, ip, sender: 'ann@example.com', ...more });

  test('gives its client and sender to the results that follow', () => {
    const { events } = correlate([
      received(0, HERE),
      line(1, 'deferral', { queue_id: ID }),
      line(2, 'delivery', { queue_id: ID }),
      line(3, 'delivery', { queue_id: 'other' }),
    ]);
    expect(events.map(({ ip }) => ip)).toEqual([HERE, HERE, HERE, '']);
    expect(events[0].phases).toBe('ehlo mailfrom rcptto data spool');
  });

  test('counts each time, unless lines stand for recipients', () => {
    const again = (perRecipient: boolean): string[] =>
      kindAndPeer([received(0, HERE, { perRecipient }), received(1, HERE, { perRecipient })]);
    expect(again(false)).toEqual([`reception ${HERE}`, `reception ${HERE}`]);
    expect(again(true)).toEqual([`reception ${HERE}`, `dropped ${HERE}`]);
  });

  test('is forgotten when its last recipient has a result', () => {
    const two = { perRecipient: true, recipients: 2 };
    const rows = [
      received(0, HERE, two),
      line(1, 'deferral', { queue_id: ID }),
      line(2, 'delivery', { queue_id: ID }),
      line(3, 'bounce', { queue_id: ID }),
      line(4, 'bounce', { queue_id: ID }),
      received(5, THERE, two),
    ];
    expect(correlate(rows).events.map(({ kind, ip }) => `${kind} ${ip}`.trim())).toEqual([
      `reception ${HERE}`,
      `deferral ${HERE}`,
      `delivery ${HERE}`,
      `bounce ${HERE}`,
      'bounce',
      `reception ${THERE}`,
    ]);
    const paused = correlate(rows, undefined, new Set([1, 3, 4, 5]));
    expect(paused.events.map(({ ip }) => ip)).toEqual([HERE, HERE, HERE, HERE, '', THERE]);
  });
});

describe('an inferred connect', () => {
  const connect = (second: number, session: string, node = 'mx1'): EventRow =>
    line(second, 'connect', { session, ip: HERE, inferred: true, node });

  test('is the first of its connection, and opens no session', () => {
    const { events, correlator } = correlate([
      connect(0, 'A'),
      connect(1, 'B'),
      connect(2, 'A'),
      connect(3, 'A', 'mx2'),
    ]);
    expect(events.map(({ kind }) => kind)).toEqual(['connect', 'connect', 'dropped', 'connect']);
    expect(events[0].phases).toBe('connect');
    expect(events.flatMap(({ changes }) => changes)).toEqual([]);
    expect(correlator.sessions.open).toBe(0);
  });

  test('comes again when its connection was silent for more than an hour', () => {
    const rows = [connect(0, 'A'), connect(3600, 'A'), connect(7200, 'A'), connect(10_801, 'A')];
    const kinds = correlate(rows).events.map(({ kind }) => kind);
    expect(kinds).toEqual(['connect', 'dropped', 'dropped', 'connect']);
  });

  test('needs a connection', () => {
    expect(kindAndPeer([line(0, 'connect', { ip: HERE, inferred: true })])).toEqual([
      `dropped ${HERE}`,
    ]);
  });

  test('remembers connections of the last hour only', () => {
    const many = Array.from({ length: 5000 }, (_, at) => connect(at * 10, `C${at}`));
    const { events } = correlate([...many, ...many.slice(-300), connect(50_000, 'C0')]);
    const kept = events.filter(({ kind }) => kind === 'connect');
    expect(kept).toHaveLength(5001);
  });
});
