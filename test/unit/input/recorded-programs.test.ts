import { expect, test } from 'vitest';
import { fixture, parsePostfix, type EventRow } from './event-rows.ts';

// Goal: the numbers that independent counts gave for recordings of other programs than Postfix.

const count = (rows: readonly EventRow[], field: string): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const row of rows) {
    const value = String(row[field] ?? '');
    counts[value] = (counts[value] ?? 0) + 1;
  }
  return counts;
};

const RECORDED: readonly (readonly [log: string, lines: number, kinds: Record<string, number>])[] =
  [
    [
      'sendmail/loglevel14.log',
      2000,
      {
        connect: 190,
        // Sessions with one of three lines about their end.
        disconnect: 34,
        reception: 94,
        // Rulesets, answers to recipients, early talkers, VRFY and its like.
        rejection: 32 + 96 + 8 + 4,
        delivery: 129,
        deferral: 733,
        bounce: 7,
        auth_failure: 14,
        auth_success: 4,
        removed: 84,
      },
    ],
    [
      'sendmail/loglevel9.log',
      2000,
      {
        disconnect: 248,
        reception: 332,
        rejection: 149 + 282 + 40 + 28,
        delivery: 429,
        deferral: 222,
        bounce: 45,
        auth_failure: 44,
        auth_success: 13,
      },
    ],
    [
      'opensmtpd/mail.log',
      2000,
      {
        restart: 1,
        connect: 307,
        disconnect: 301,
        reception: 212,
        // Failed commands without failed logins, bad input.
        rejection: 287 - 4 + 14,
        delivery: 206,
        deferral: 115,
        bounce: 3,
        auth_failure: 4,
        auth_success: 4,
      },
    ],
    // 167 lines with 227 attempts.
    ['dovecot/mail.log', 800, { auth_failure: 227, auth_success: 115 }],
  ];

test.each(RECORDED)('%s', (log, lines, kinds) => {
  const { rows, classes } = parsePostfix(fixture(`${log}.gz`));
  expect(classes[0] + classes[1]).toBe(lines);
  expect(count(rows, 'kind')).toEqual(kinds);
  expect(rows.filter((row) => /^192\.0\.2\.9[789]$/.test(String(row['ip'])))).toEqual([]);
});

test('lines of dovecot with a failed login', () => {
  const { rows } = parsePostfix(fixture('dovecot/mail.log.gz'));
  const failures = rows.filter((row) => row['kind'] === 'auth_failure');
  expect(Object.keys(count(failures, 'line'))).toHaveLength(167);
  expect(Object.keys(count(failures, 'listener')).sort()).toEqual(['imap-login', 'pop3-login']);
});

test('sessions of OpenSMTPD pair by their id', () => {
  const { rows } = parsePostfix(fixture('opensmtpd/mail.log.gz'));
  const of = (kind: string): string[] =>
    rows.filter((row) => row['kind'] === kind).map((row) => String(row['session']));
  const connected = new Set(of('connect'));
  expect(connected.size).toBe(307);
  const unopened = of('disconnect').filter((session) => !connected.has(session));
  expect(unopened).toEqual([]);
});
