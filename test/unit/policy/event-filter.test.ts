import { expect, test } from 'vitest';

import { compileFilters } from '../../../src/policy/event-filter.ts';
import type { FieldFilter, FieldMatch } from '../../../src/policy/rule-policy.ts';
import { parseNetwork } from '../../../src/model/address.ts';
import type { EventField } from '../../../src/model/event.ts';
import { batchOf, NOON_MS, type EventRow } from '../../builders/event-batches.ts';

const where = (field: EventField, ...matches: FieldMatch[]): FieldFilter => ({ field, matches });
const exact = (value: string): FieldMatch => ({ type: 'exact', value });
const regex = (pattern: RegExp): FieldMatch => ({ type: 'regex', source: '', pattern });
const glob = (pattern: RegExp): FieldMatch => ({ type: 'glob', source: '', pattern });
const network = (text: string): FieldMatch => ({ type: 'network', network: parseNetwork(text)! });

/** Whether each of the rows passes. */
function passes(filters: readonly FieldFilter[], rows: readonly Partial<EventRow>[]): boolean[] {
  const batch = batchOf(rows.map((row) => ({ timeMs: NOON_MS, kind: 'rejection', ...row })));
  const filter = compileFilters(filters);
  return rows.map((_, row) => filter === undefined || filter(batch, row));
}

test('nothing to check is no filter', () => {
  expect(compileFilters([])).toBeUndefined();
});

test('any of the values of a field will do', () => {
  const rows = [{ code: 550 }, { code: 551 }, { code: 450 }, {}];
  expect(passes([where('code', exact('550'), exact('551'))], rows)).toEqual([
    true,
    true,
    false,
    false,
  ]);
});

test('all fields must hold', () => {
  const filters = [where('reason', regex(/user unknown/i)), where('code', exact('550'))];
  const rows = [
    { code: 550, reason: 'User unknown in table' },
    { code: 450, reason: 'User unknown in table' },
    { code: 550, reason: 'Relay denied' },
  ];
  expect(passes(filters, rows)).toEqual([true, false, false]);
});

test('an absent field is the empty text', () => {
  expect(passes([where('helo', exact(''))], [{}, { helo: 'a' }])).toEqual([true, false]);
  expect(passes([where('code', exact(''))], [{}, { code: 250 }])).toEqual([true, false]);
  expect(passes([where('helo', glob(/^.*$/s))], [{}, { helo: 'a' }])).toEqual([true, true]);
});

test('codes match as text too', () => {
  const rows = [{ code: 550 }, { code: 450 }, {}];
  expect(passes([where('code', glob(/^5..$/))], rows)).toEqual([true, false, false]);
});

test('addresses match by network, exactly, or as text', () => {
  const ips = ['192.0.2.1', '192.0.3.1', '2001:db8::1', '198.51.100.7'];
  const rows: Partial<EventRow>[] = [...ips.map((ip) => ({ ip })), {}];
  expect(passes([where('ip', network('192.0.2.0/24'))], rows)).toEqual([
    true,
    false,
    false,
    false,
    false,
  ]);
  const mixed = where('ip', network('2001:db8::/32'), exact('198.51.100.7'), exact(''));
  expect(passes([mixed], rows)).toEqual([false, false, true, true, true]);
});

test('every kind of field is compared as it is shown', () => {
  const row = {
    phase: 'rcptto',
    verdict: 'rejected',
    node: 'mx1',
    listener: 'postfix',
    recipients: 2,
    size: 10,
    sender: 'ann@example.com',
  } as const;
  for (const [field, value] of Object.entries(row)) {
    const filter = where(field as EventField, exact(String(value)));
    expect([field, ...passes([filter], [row, {}])]).toEqual([field, true, false]);
  }
  expect(passes([where('service', exact('SMTP'))], [{}, { service: 'ECStream' }])).toEqual([
    true,
    false,
  ]);
  expect(passes([where('kind', exact('rejection'))], [{}, { kind: 'connect' }])).toEqual([
    true,
    false,
  ]);
});
