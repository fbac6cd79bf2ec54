import { describe, expect, test } from 'vitest';
import { eventOf, outcomeOf, parsePostfix } from '../event-rows.ts';

const rowsOf = (text: string): ReturnType<typeof parsePostfix>['rows'] =>
  parsePostfix(`Nov 20 18:27:13 mx1 dovecot: ${text}`).rows;

describe('failures', () => {
  test.each([
    'Login aborted: Connection closed (auth failed, 2 attempts in 6 secs) (auth_failed)',
    'Login aborted: Logged out (auth failed, 2 attempts in 6 secs) (auth_failed)',
    'Disconnected (auth failed, 2 attempts in 6 secs)',
    'Disconnected: Inactivity (auth failed, 2 attempts in 180 secs)',
    'Aborted login (auth failed, 2 attempts in 6 secs)',
    'Info: Disconnected (auth failed, 2 attempts in 6 secs)',
    'Disconnected (auth failed, 2 attempts)',
  ])('%s', (text) => {
    const rows = rowsOf(
      `imap-login: ${text}: user=<root>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.25, TLS, session=<dvGXGrlgk77LAHEd>`,
    );
    const wanted = {
      kind: 'auth_failure',
      ip: '192.0.2.7',
      listener: 'imap-login',
      session: 'dvGXGrlgk77LAHEd',
      user: 'root',
      reason: text.replace('Info: ', ''),
    };
    expect(rows).toMatchObject([wanted, wanted]);
  });

  test.each(['pop3-login', 'managesieve-login', 'submission-login'])('%s', (listener) => {
    const text =
      'Disconnected (auth failed, 1 attempts in 2 secs): user=<u>, method=LOGIN, rip=2001:db8::7, lip=2001:db8::25';
    expect(eventOf(`dovecot: ${listener}: ${text}`)).toEqual({
      kind: 'auth_failure',
      ip: '2001:db8::7',
      phase: 'ehlo',
      listener,
      user: 'u',
      reason: 'Disconnected (auth failed, 1 attempts in 2 secs)',
    });
  });

  test.each([
    'a"b',
    "x'; drop",
    'a>, method=PLAIN, rip=192.0.2.99, lip=192.0.2.25',
    'a (auth failed, 9 attempts in 1 secs): user=<b>, rip=192.0.2.99',
  ])('a user %s', (user) => {
    const rows = rowsOf(
      `imap-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<${user}>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.25, session=<dv>`,
    );
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ ip: '192.0.2.7', user, session: 'dv' });
  });

  test('a line asks for a bounded number of events', () => {
    const text = (times: string): string =>
      `imap-login: Disconnected (auth failed, ${times} attempts in 2 secs): user=<u>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.25`;
    expect(rowsOf(text('3000000'))).toHaveLength(1_000_000);
    expect(rowsOf(text('0'))).toHaveLength(0);
    expect(outcomeOf(`dovecot: ${text('x')}`)).toBe('no number of attempts');
  });
});

test.each(['Logged in', 'Login', 'Info: Login'])('%s', (word) => {
  const text = `${word}: user=<alice>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.25, mpid=27138, TLS, session=<JN>`;
  expect(eventOf(`dovecot: imap-login: ${text}`)).toEqual({
    kind: 'auth_success',
    ip: '192.0.2.7',
    phase: 'ehlo',
    listener: 'imap-login',
    session: 'JN',
    user: 'alice',
  });
});

test.each([
  'imap-login: Login aborted: Connection closed (no auth attempts in 0 secs) (no_auth_attempts): user=<>, rip=192.0.2.7, lip=192.0.2.25',
  'imap-login: Aborted login (no auth attempts in 0 secs): user=<(auth failed, 2 attempts>, rip=192.0.2.7',
  'imap-login: Disconnected (tried to use disallowed plaintext auth): user=<>, rip=192.0.2.7, lip=192.0.2.25',
  'auth: passwd-file(u,192.0.2.7): unknown user',
  'auth(u,192.0.2.7,sasl:plain)<dv>: passwd-file: Password mismatch',
  'auth-worker(27138): sql(u,192.0.2.7,<dv>): Password mismatch',
  'imap(alice)<27649><2S>: Disconnected: Logged out in=8 out=517',
  'master: Dovecot v2.4.1 starting up for imap',
])('irrelevant: %s', (text) => {
  expect(outcomeOf(`dovecot: ${text}`)).toBe('irrelevant');
});

test.each([
  ['Login: user=<u>, method=PLAIN', 'no peer'],
  ['Login: user=<u>, method=PLAIN, rip=x, lip=y', 'peer cannot be read'],
])('%s: %s', (text, expected) => {
  expect(outcomeOf(`dovecot: imap-login: ${text}`)).toBe(expected);
});
