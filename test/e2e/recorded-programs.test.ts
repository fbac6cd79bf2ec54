// Goal: recorded logs of other programs than Postfix give the numbers that independent counts gave,
// and no event is of an address that clients only wrote.
import path from 'node:path';
import { expect, test } from 'vitest';
import { outputKept } from './kept-hindcast.ts';

import { FIXTURES, readCsv } from './run-hindcast.ts';

interface Read {
  readonly events: Record<string, number>;
  readonly lines: Record<string, number>;
  readonly files: readonly Record<string, unknown>[];
}

const LOGS = path.join(FIXTURES, 'logs');
const NEW_YORK = ['--tz', 'America/New_York'];

test.each([
  [
    'sendmail/loglevel14.log.gz',
    'sendmail',
    NEW_YORK,
    {
      auth_failure: 14,
      auth_success: 4,
      bounce: 7,
      connect: 190,
      deferral: 733,
      delivery: 129,
      disconnect: 34,
      reception: 94,
      rejection: 140,
    },
  ],
  [
    'sendmail/loglevel9.log.gz',
    'sendmail',
    NEW_YORK,
    {
      auth_failure: 44,
      auth_success: 13,
      bounce: 45,
      deferral: 222,
      delivery: 429,
      disconnect: 248,
      reception: 332,
      rejection: 499,
    },
  ],
  [
    'opensmtpd/mail.log.gz',
    'opensmtpd',
    [],
    {
      auth_failure: 4,
      auth_success: 4,
      bounce: 3,
      connect: 307,
      deferral: 115,
      delivery: 206,
      disconnect: 301,
      reception: 212,
      rejection: 297,
      restart: 1,
    },
  ],
  [
    'dovecot/mail.log.gz',
    'dovecot',
    ['--tz', 'Asia/Tokyo'],
    { auth_failure: 227, auth_success: 115 },
  ],
])('%s', async (name, dialect, zone, events) => {
  const log = path.join(LOGS, name);
  const dating = ['--year', '2026', ...zone];
  const read = JSON.parse(
    await outputKept(['inspect', log, '--format', 'json', ...dating]),
  ) as Read;
  // Of sendmail, `removed` counts where the message's client is known.
  expect({ ...read.events, removed: undefined }).toEqual({ ...events, removed: undefined });
  expect(read.lines['unparsed']).toBe(0);
  expect(read.files[0]).toMatchObject({ dialect, shapes: [] });
  const rows = readCsv(await outputKept(['convert', log, '--to', 'csv', ...dating]));
  expect(rows.length).toBeGreaterThan(300);
  expect(rows.filter((row) => /^192\.0\.2\.9[789]$/.test(row['ip']))).toEqual([]);
});

test('what OpenSMTPD says of a session has the client of its first line', async () => {
  const log = path.join(LOGS, 'opensmtpd/mail.log.gz');
  const rows = readCsv(await outputKept(['convert', log, '--to', 'csv', '--year', '2026']));
  const local = new Set(
    rows
      .filter((row) => row['kind'] === 'connect' && row['ip'] === '')
      .map((row) => row['session']),
  );
  expect(local.size).toBe(3);
  const nameless = rows.filter(
    (row) => row['session'] !== '' && row['ip'] === '' && !local.has(row['session']),
  );
  expect(nameless).toEqual([]);
});
