// Goal: a correlator that was saved and restored goes on as if nothing had happened.
// Method: random lines of a few sessions and messages, days apart now and then, with and without
// pauses; every event and what is left at the end are compared.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { DAY_MS, MINUTE_MS } from '../../src/model/time.ts';
import { correlate } from '../builders/correlated-events.ts';
import { NOON_MS, type EventRow } from '../builders/event-batches.ts';

const TIMEOUT_MS = 10 * MINUTE_MS;

const row = fc.record({
  stepMs: fc.oneof(
    { weight: 200, arbitrary: fc.nat(30_000) },
    { weight: 2, arbitrary: fc.constantFrom(TIMEOUT_MS, DAY_MS / 2) },
    { weight: 1, arbitrary: fc.constantFrom(2 * DAY_MS, 8 * DAY_MS) },
  ),
  kind: fc.oneof(
    {
      weight: 60,
      arbitrary: fc.constantFrom('connect', 'transaction', 'queued', 'reception', 'rejection'),
    },
    { weight: 20, arbitrary: fc.constantFrom('disconnect', 'delivery', 'removed', 'auth_failure') },
    { weight: 4, arbitrary: fc.constantFrom('reinjection') },
    { weight: 1, arbitrary: fc.constantFrom('restart') },
  ),
  node: fc.constantFrom('mx1', 'mx2'),
  listener: fc.constantFrom('postfix', 'postfix/submission', 'out'),
  pid: fc.option(fc.nat(1), { nil: undefined }),
  id: fc.option(fc.noBias(fc.nat(400)), { nil: undefined }),
  ip: fc.constantFrom('192.0.2.1', '192.0.2.2', '2001:db8::1', undefined),
  phase: fc.constantFrom('ehlo', 'mailfrom', 'rcptto', 'data', undefined),
  user: fc.constantFrom('ann', undefined),
  recipients: fc.constantFrom(1, 3),
  reinjected: fc.boolean(),
});

type Row = typeof row extends fc.Arbitrary<infer T> ? T : never;

function rowsOf(history: readonly Row[]): EventRow[] {
  let timeMs = NOON_MS;
  return history.map(({ stepMs, kind, node, listener, pid, id, ip, phase, user, ...fields }) => ({
    timeMs: (timeMs += stepMs),
    kind,
    node,
    listener,
    recipients: fields.recipients,
    reinjected: kind === 'transaction' && fields.reinjected,
    ...(pid === undefined ? {} : { session: `${listener}/smtpd[${pid}]` }),
    // Some ids and names are too long for the table of short ones.
    ...(id === undefined
      ? {}
      : { queue_id: id % 7 === 0 ? `4k0j5s${'0Nm3z'.repeat(9)}${id}` : `${id}AB` }),
    ...(ip === undefined ? {} : { ip }),
    ...(phase === undefined || kind !== 'rejection' ? {} : { phase }),
    ...(user === undefined ? {} : { user }),
  }));
}

test('pauses change nothing', () => {
  const history = fc.array(row, { minLength: 20, maxLength: 1200, size: 'max' });
  const pauses = fc.array(fc.noBias(fc.nat(1200)), { minLength: 1, maxLength: 8 });
  const seen = { sessions: 0, messages: 0, forgotten: 0 };
  fc.assert(
    fc.property(history, pauses, (lines, places) => {
      const rows = rowsOf(lines);
      const whole = correlate(rows, TIMEOUT_MS);
      const paused = correlate(rows, TIMEOUT_MS, new Set(places));
      expect(paused.events).toEqual(whole.events);
      expect(paused.ended).toEqual(whole.ended);
      expect(paused.state).toEqual(whole.state);
      seen.sessions += whole.state.sessions.length;
      seen.messages += whole.state.messages.length;
      seen.forgotten += whole.state.capacity > 64 ? 1 : 0;
    }),
    { numRuns: 80, plugins: [fc.interruptAfterTimeLimit(20_000, { failOnInterrupt: true })] },
  );
  expect(seen.sessions).toBeGreaterThan(100);
  expect(seen.messages).toBeGreaterThan(1000);
  expect(seen.forgotten).toBeGreaterThan(2);
});
