import { expect, test } from 'vitest';

import { correlate, line, smtpd } from '../../builders/correlated-events.ts';
import type { EventRow } from '../../builders/event-batches.ts';

const ip = '192.0.2.1';
const connect = smtpd(0, 'connect', 7, { ip });
const client = (queueId: string): EventRow => smtpd(1, 'transaction', 7, { ip, queue_id: queueId });
const queued = (queueId: string, recipients: number): EventRow =>
  line(2, 'queued', { queue_id: queueId, recipients });
const refused = (phase: NonNullable<EventRow['phase']>): EventRow =>
  smtpd(1, 'rejection', 7, { ip, phase });

const phases = (...rows: EventRow[]): string[] =>
  correlate(rows).events.map((event) => event.phases);

// Goal: the table of semantics, section 5, line by line.
// Method: the lines of one session as Postfix logs them, and the phases that each implies.

test('a message with one recipient', () => {
  expect(phases(connect, client('A'), queued('A', 1), smtpd(3, 'disconnect', 7))).toEqual([
    'connect',
    'ehlo mailfrom rcptto',
    'data spool',
    '',
  ]);
});

test('further recipients run at the reception', () => {
  expect(phases(connect, client('A'), queued('A', 2)).at(-1)).toBe('rcptto data spool');
  // A log that does not tell how many there were shows no further one.
  expect(phases(connect, client('A'), line(2, 'queued', { queue_id: 'A' })).at(-1)).toBe(
    'data spool',
  );
});

test('ehlo once per session, mailfrom once per message', () => {
  const rows = [connect, client('A'), queued('A', 1), client('B'), queued('B', 1)];
  expect(phases(...rows).slice(3)).toEqual(['mailfrom rcptto', 'data spool']);
});

test('a refused recipient begins the transaction that the next `client=` names', () => {
  const rows = [connect, refused('rcptto'), refused('rcptto'), client('A'), queued('A', 1)];
  expect(phases(...rows).slice(1)).toEqual([
    'ehlo mailfrom rcptto',
    'rcptto',
    'rcptto',
    'data spool',
  ]);
});

test('a refused recipient within a transaction leaves it open', () => {
  const rows = [connect, client('A'), refused('rcptto'), queued('A', 1), refused('rcptto')];
  expect(phases(...rows).slice(2)).toEqual(['rcptto', 'data spool', 'mailfrom rcptto']);
});

test('a second `client=` begins a second transaction, also when the first was given up', () => {
  expect(phases(connect, client('A'), client('B')).at(-1)).toBe('mailfrom rcptto');
});

test('refused mail ends the transaction', () => {
  const rows = [connect, client('A'), refused('data'), refused('rcptto')];
  expect(phases(...rows).slice(2)).toEqual(['data', 'mailfrom rcptto']);
});

test('a refused sender begins no transaction', () => {
  const rows = [connect, refused('mailfrom'), refused('mailfrom'), client('A')];
  expect(phases(...rows).slice(1)).toEqual(['ehlo mailfrom', 'mailfrom', 'mailfrom rcptto']);
});

test('a refusal at connect or ehlo goes no further', () => {
  expect(phases(connect, refused('connect'), client('A')).at(-1)).toBe('ehlo mailfrom rcptto');
  expect(phases(connect, refused('ehlo'), client('A')).slice(1)).toEqual([
    'ehlo',
    'mailfrom rcptto',
  ]);
});

test('mail refused without a recipient before it ran every phase to there', () => {
  expect(phases(connect, refused('data')).at(-1)).toBe('ehlo mailfrom rcptto data');
});

test('refusals without a phase (VRFY, limits, syntax errors) run none', () => {
  expect(phases(connect, smtpd(1, 'rejection', 7, { ip }), client('A')).slice(1)).toEqual([
    '',
    'ehlo mailfrom rcptto',
  ]);
});

test('a failed login runs ehlo, once', () => {
  const failure = smtpd(1, 'auth_failure', 7, { ip });
  expect(phases(connect, failure, failure, client('A')).slice(1)).toEqual([
    'ehlo',
    '',
    'mailfrom rcptto',
  ]);
  const success = smtpd(1, 'auth_success', 7, { ip });
  expect(phases(connect, success, client('A')).slice(1)).toEqual(['', 'ehlo mailfrom rcptto']);
});

test('a new session runs ehlo anew', () => {
  const rows = [connect, client('A'), smtpd(2, 'disconnect', 7), connect, client('B')];
  expect(phases(...rows).at(-1)).toBe('ehlo mailfrom rcptto');
});

test('lines without a known session each stand for their own', () => {
  const alone = (kind: string, fields: object): EventRow => line(1, kind, { ip, ...fields });
  expect(
    phases(
      alone('rejection', { phase: 'rcptto' }),
      alone('rejection', { phase: 'rcptto' }),
      alone('auth_failure', {}),
      alone('transaction', { queue_id: 'A' }),
      // The message is known, and with it the phases up to its first recipient.
      line(2, 'rejection', { queue_id: 'A', phase: 'data' }),
    ),
  ).toEqual([
    'ehlo mailfrom rcptto',
    'ehlo mailfrom rcptto',
    'ehlo',
    'ehlo mailfrom rcptto',
    'data',
  ]);
});

test('deliveries and custom kinds run none', () => {
  const rows = [connect, client('A'), queued('A', 1)];
  for (const kind of ['delivery', 'deferral', 'bounce', 'honeypot_hit', 'restart']) {
    expect(phases(...rows, line(3, kind, { queue_id: 'A' })).at(-1)).toBe('');
  }
});
