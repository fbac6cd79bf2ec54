import { expect, test } from 'vitest';
import { compareRows } from '../../builders/comparisons.ts';
import { smtpd } from '../../builders/correlated-events.ts';
import {
  count,
  metric,
  networks,
  policyOf,
  rule,
  seriesNamed,
} from '../../builders/rule-policies.ts';

const REFUSED = { code: 550, text: 'no' };
const DISCONNECT = { type: 'disconnect', ...REFUSED } as const;
const REJECT = { type: 'reject', ...REFUSED } as const;
const PEER = { ip: '192.0.2.1' };
const busy = rule('busy', count(metric('connections'), 0), { verdict: DISCONNECT });
const refused = (name: string, verdict: typeof REJECT | { type: 'tag'; reason: string }) =>
  rule(name, count(metric('rejections'), 0), { verdict });

test('of a changed verdict each side names the rule that gave it, not the one that took the session', async () => {
  const rows = [smtpd(0, 'connect', 1, PEER), smtpd(1, 'rejection', 1, { ...PEER, phase: 'ehlo' })];
  const { rows: changes, comparison } = await compareRows([rows], {
    old: policyOf([busy, refused('marked', { type: 'tag', reason: '' })]),
    new: policyOf([busy, refused('stopped', REJECT)]),
  });
  expect(changes).toMatchObject([
    {
      change: 'changed',
      oldRule: 'marked',
      newRule: 'stopped',
      oldVerdict: 'tag',
      newVerdict: 'reject',
    },
  ]);
  expect(comparison.rules).toMatchObject([{ change: 'changed', side: 'new', rule: 'stopped' }]);
  expect(comparison.classes.find(({ name }) => name === 'rejected')).toMatchObject({
    bothStopped: 1,
    changed: 1,
  });
});

test('a policy does not take what it ignores, though it took the session', async () => {
  // A proxy has named another client for the rest of the session.
  const rows = [
    smtpd(0, 'connect', 1, PEER),
    smtpd(1, 'rejection', 1, { ip: '203.0.113.9', phase: 'ehlo' }),
  ];
  const old = policyOf([busy]);
  const { rows: changes } = await compareRows([rows], {
    old,
    new: { ...old, ignore: networks('203.0.113.0/24') },
  });
  expect(changes).toMatchObject([
    { change: 'newly_freed', oldRule: 'busy', newRule: '', oldVerdict: 'none', newVerdict: 'none' },
  ]);
});

test('events of other kinds are stopped where they are refused themselves', async () => {
  const series = [seriesNamed('traps', { on: ['honeypot_hit'] })];
  const traps = rule('traps', count({ type: 'series', series: 'traps' }, 0), {
    verdict: DISCONNECT,
  });
  const rows = [
    smtpd(0, 'connect', 1, PEER),
    smtpd(1, 'honeypot_hit', 1, { ...PEER, phase: 'rcptto' }),
    smtpd(2, 'rejection', 1, { ...PEER, phase: 'rcptto' }),
    smtpd(3, 'disconnect', 1, PEER),
  ];
  const { rows: changes, comparison } = await compareRows([rows], {
    old: policyOf([]),
    new: policyOf([traps], { series }),
  });
  expect(changes.map(({ change, kind }) => [change, kind])).toEqual([
    ['newly_stopped', 'honeypot_hit'],
    ['newly_stopped', 'rejection'],
  ]);
  expect(comparison.stoppable).toMatchObject({ events: 2, newlyStopped: 1 });
  expect(comparison.movers).toMatchObject([{ events: 1, block: '192.0.2.1/32' }]);
});

test('rules that count by a text move addresses; events without a peer stand last', async () => {
  const by = rule('accounts', count({ type: 'series', series: 'logins' }, 0), {
    per: { type: 'field', field: 'user' },
    verdict: REJECT,
  });
  const series = [seriesNamed('logins', { type: 'string', on: ['auth_failure'], key: 'user' })];
  const login = { phase: 'ehlo', user: 'a' } as const;
  const rows = [
    smtpd(0, 'auth_failure', 1, login),
    smtpd(1, 'auth_failure', 2, { ...login, ip: '2001:db8::1' }),
    smtpd(2, 'auth_failure', 3, { ...login, ...PEER }),
    smtpd(3, 'auth_failure', 4, { ...login, ip: '192.0.2.9' }),
    smtpd(4, 'auth_failure', 4, { ...login, ip: '192.0.2.9' }),
  ];
  const { comparison } = await compareRows([rows], {
    old: policyOf([]),
    new: policyOf([by], { series }),
  });
  expect(comparison.movers.map(({ block, events }) => [block, events])).toEqual([
    ['192.0.2.9/32', 2],
    ['192.0.2.1/32', 1],
    ['2001:db8::1/128', 1],
    ['', 1],
  ]);
});
