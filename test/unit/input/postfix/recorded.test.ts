import { describe, expect, test } from 'vitest';
import { fixture, parsePostfix, type EventRow } from '../event-rows.ts';

// Goal: the numbers that independent counts gave for a recording, in each of its renderings.

const FORMS = ['recorded.log', 'recorded.pri.log', 'recorded.rfc3339.log', 'recorded.rfc5424.log'];
const parsed = new Map(FORMS.map((name) => [name, parsePostfix(fixture(`postfix/${name}.gz`))]));

const count = (rows: readonly EventRow[], field: string): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const row of rows) {
    const value = String(row[field] ?? '');
    counts[value] = (counts[value] ?? 0) + 1;
  }
  return counts;
};
const distinct = (rows: readonly EventRow[]): number => new Set(rows.map((row) => row['ip'])).size;
const screened = (row: EventRow): boolean => String(row['session'] ?? '').startsWith('[');

describe.each(FORMS)('%s', (name) => {
  const { rows, classes } = parsed.get(name)!;
  const of = (kind: string): EventRow[] => rows.filter((row) => row['kind'] === kind);

  test('every line is an event or irrelevant', () => {
    expect(classes).toEqual([4475, 1525, 0]);
  });

  test('events by kind', () => {
    expect(count(rows, 'kind')).toEqual({
      restart: 2,
      connect: 667 + 96,
      disconnect: 660 + 96,
      transaction: 444,
      queued: 478,
      // smtpd, its milters, cleanup, postscreen, illegal addresses
      rejection: 586 + 17 + 8 + 3 + 136 + 4,
      auth_failure: 115,
      auth_success: 76,
      auth_aborted: 11,
      delivery: 500,
      deferral: 209,
      bounce: 124,
      // 379 of qmgr, 36 of cleanup for transactions that were given up
      removed: 415,
    });
  });

  test('addresses', () => {
    const smtpd = (kind: string): EventRow[] => of(kind).filter((row) => !screened(row));
    expect(distinct(smtpd('connect'))).toBe(413);
    expect(distinct(smtpd('disconnect'))).toBe(409);
    expect(distinct(of('transaction'))).toBe(241);
    expect(distinct(of('auth_failure'))).toBe(34);
    expect(distinct(of('rejection').filter(screened))).toBe(54);
    const connects = count(smtpd('connect'), 'ip');
    expect(connects['192.0.2.25']).toBe(34);
    expect(connects['198.18.40.99']).toBe(12);
    expect(connects['2001:db8:7:6::1']).toBe(5);
    expect(rows.filter((row) => /^192\.0\.2\.9[789]$/.test(String(row['ip'])))).toEqual([]);
  });

  test('rejections by phase and code', () => {
    expect(count(of('rejection'), 'phase')).toEqual({
      connect: 2,
      ehlo: 6,
      mailfrom: 9 + 7,
      rcptto: 558 + 136,
      data: 8 + 3,
      '': 14 + 7 + 4,
    });
    const smtpd = of('rejection').filter((row) => !screened(row) && row['code'] !== undefined);
    const codes = count(
      smtpd.map((row) => ({ code: `${row['code']} ${row['enhanced'] ?? ''}` })),
      'code',
    );
    expect(codes).toMatchObject({
      '550 5.1.1': 392,
      '554 5.7.1': 124,
      '501 5.5.2': 17,
      '450 4.7.1': 12,
      '504 5.5.2': 11,
      '552 5.3.4': 7,
      '450 4.2.0': 4,
      '521 5.7.1': 4,
    });
  });

  test('the same events as in the first rendering', () => {
    const essence = (row: EventRow): unknown[] => [
      String(row['time']).slice(0, 19),
      ...[
        'kind',
        'ip',
        'phase',
        'code',
        'verdict',
        'queue_id',
        'sender',
        'recipient',
        'helo',
        'user',
      ].map((field) => row[field]),
      ...['enhanced', 'reason', 'size', 'recipients', 'line', 'node'].map((field) => row[field]),
    ];
    const first = parsed.get('recorded.log')!.rows.map(essence);
    expect(rows.map(essence)).toEqual(first);
  });
});

test('the gzip copy of the demo is the recording', () => {
  expect(fixture('postfix/maillog-20261120.gz').equals(fixture('postfix/recorded.log.gz'))).toBe(
    true,
  );
});

test('a year ends inside a file', () => {
  const { rows, classes } = parsePostfix(fixture('postfix/newyear.log.gz'));
  expect(classes[2]).toBe(0);
  expect(count(rows, 'kind')).toEqual({
    restart: 1,
    connect: 86,
    disconnect: 86,
    transaction: 86,
    queued: 141,
    delivery: 43,
    deferral: 55,
    bounce: 118,
    removed: 99,
  });
});
