import { describe, expect, test } from 'vitest';

import { correlate, line, smtpd } from '../../builders/correlated-events.ts';
import type { EventRow } from '../../builders/event-batches.ts';

const HERE = '192.0.2.1';
const THERE = '198.51.100.7';
const PROXY = '203.0.113.2';

const changes = (rows: readonly EventRow[]): string[] =>
  correlate(rows).events.map(({ sessions }) => sessions);

describe('a session', () => {
  test('opens at connect and ends at disconnect', () => {
    const rows = [smtpd(0, 'connect', 7, { ip: HERE }), smtpd(5, 'disconnect', 7, { ip: HERE })];
    const { events, correlator, ended } = correlate(rows);
    expect(events.map(({ sessions }) => sessions)).toEqual([`+${HERE}`, `-${HERE}`]);
    expect(ended).toEqual({ logged: 1, replaced: 0, restart: 0, timeout: 0 });
    expect(correlator.sessions.open).toBe(0);
    expect(correlator.nextTimeoutMs).toBe(Infinity);
  });

  test('keeps the address of its connect to its end', () => {
    const rows = [
      smtpd(0, 'connect', 7, { ip: PROXY }),
      // XCLIENT: from here on the lines name the client behind the proxy.
      smtpd(1, 'transaction', 7, { queue_id: 'A', ip: HERE }),
      smtpd(2, 'rejection', 7, { ip: HERE, phase: 'rcptto' }),
      smtpd(3, 'disconnect', 7, { ip: HERE }),
    ];
    const { events } = correlate(rows);
    expect(events.map(({ ip }) => ip)).toEqual([PROXY, HERE, HERE, PROXY]);
    expect(events[3].sessions).toBe(`-${PROXY}`);
  });

  test.each(['rejection', 'reception', 'auth_failure', 'auth_success'])(
    'gives its address to a %s that names none',
    (kind) => {
      const rows = [
        smtpd(0, 'connect', 7, { ip: HERE }),
        smtpd(1, kind, 7, { phase: 'rcptto' }),
        smtpd(2, kind, 7, { phase: 'rcptto', ip: THERE }),
        smtpd(3, kind, 8, { phase: 'rcptto' }),
      ];
      expect(correlate(rows).events.map(({ ip }) => ip)).toEqual([HERE, HERE, THERE, '']);
    },
  );

  test('ends when its process serves the next client', () => {
    const rows = [smtpd(0, 'connect', 7, { ip: HERE }), smtpd(9, 'connect', 7, { ip: THERE })];
    const { events, ended } = correlate(rows);
    expect(events[1].sessions).toBe(`-${HERE} +${THERE}`);
    expect(ended.replaced).toBe(1);
  });

  test('of another node, service or process is another session', () => {
    const rows = [
      smtpd(0, 'connect', 7, { ip: HERE }),
      smtpd(0, 'connect', 8, { ip: HERE }),
      smtpd(0, 'connect', 7, { ip: HERE, node: 'mx2' }),
      smtpd(0, 'connect', 7, { ip: HERE, listener: 'postfix/submission' }),
    ];
    expect(changes(rows)).toEqual(Array.from({ length: 4 }, () => `+${HERE}`));
    expect(correlate(rows).correlator.sessions.open).toBe(4);
  });

  test('ends when its instance restarts on its node, and no other does', () => {
    const rows = [
      smtpd(0, 'connect', 7, { ip: '192.0.2.1' }),
      smtpd(0, 'connect', 8, { ip: '192.0.2.2', listener: 'postfix/submission' }),
      smtpd(0, 'connect', 9, { ip: '192.0.2.3', listener: 'postfix-out' }),
      smtpd(0, 'connect', 7, { ip: '192.0.2.4', node: 'mx2' }),
      line(1, 'restart'),
    ];
    const { events, correlator, ended } = correlate(rows);
    expect(events[4].sessions).toBe('-192.0.2.1 -192.0.2.2');
    expect(ended.restart).toBe(2);
    expect(correlator.sessions.open).toBe(2);
  });

  test('that never opened is counted when it ends, and keeps its own address', () => {
    const rows = [
      smtpd(0, 'disconnect', 7, { ip: HERE }),
      line(1, 'disconnect', { ip: HERE }),
      line(2, 'disconnect'),
    ];
    const { events, correlator } = correlate(rows);
    expect(correlator.unopened).toBe(3);
    expect(events.map(({ ip, sessions }) => `${ip}${sessions}`)).toEqual([HERE, HERE, '']);
  });
});

describe('a silent session', () => {
  const connect = smtpd(0, 'connect', 7, { ip: HERE });

  test('times out ten minutes after its last line: at that moment, not before', () => {
    expect(changes([connect, line(599.999, 'delivery')])[1]).toBe('');
    expect(changes([connect, line(600, 'delivery')])[1]).toBe(`-${HERE}`);
    expect(correlate([connect, line(600, 'delivery')]).ended.timeout).toBe(1);
  });

  test('times out before an event of the same moment is taken', () => {
    expect(changes([connect, smtpd(600, 'disconnect', 7, { ip: HERE })])[1]).toBe(`-${HERE}`);
    const { correlator, ended } = correlate([connect, smtpd(600, 'disconnect', 7, { ip: HERE })]);
    expect(ended).toEqual({ logged: 0, replaced: 0, restart: 0, timeout: 1 });
    expect(correlator.unopened).toBe(1);
  });

  test.each([
    ['transaction', { queue_id: 'A' }],
    ['rejection', { phase: 'rcptto' }],
    ['auth_failure', {}],
    ['auth_success', {}],
    ['auth_aborted', {}],
    ['honeypot_hit', {}],
  ] as const)('lives on with every line of it: %s', (kind, fields) => {
    const rows = [connect, smtpd(500, kind, 7, fields), line(1099.999, 'x'), line(1100, 'x')];
    expect(changes(rows)).toEqual([`+${HERE}`, '', '', `-${HERE}`]);
  });

  test('times out in its turn, the one silent longest first', () => {
    const rows = [
      smtpd(0, 'connect', 1, { ip: '192.0.2.1' }),
      smtpd(1, 'connect', 2, { ip: '192.0.2.2' }),
      smtpd(2, 'connect', 3, { ip: '192.0.2.3' }),
      smtpd(3, 'auth_failure', 1),
      line(5000, 'x'),
    ];
    expect(changes(rows)[4]).toBe('-192.0.2.2 -192.0.2.3 -192.0.2.1');
  });
});

describe('sessions without a name', () => {
  const anonymous = (seconds: number, kind: string, fields: object = {}): EventRow =>
    line(seconds, kind, { ip: HERE, ...fields });

  test('of one peer end in the order in which they opened', () => {
    const rows = [
      anonymous(0, 'connect'),
      anonymous(300, 'connect'),
      anonymous(310, 'disconnect'),
      // The one of 300 s is open still, and times out at 900 s.
      line(899, 'x'),
      line(900, 'x'),
    ];
    expect(changes(rows)).toEqual([`+${HERE}`, `+${HERE}`, `-${HERE}`, '', `-${HERE}`]);
  });

  test('are told apart by peer, node, service and listener', () => {
    const others = [
      { ip: THERE },
      { node: 'mx2' },
      { service: 'ECStream' },
      { listener: 'postfix/submission' },
    ];
    for (const other of others) {
      const rows = [
        anonymous(0, 'connect'),
        anonymous(1, 'disconnect', other),
        anonymous(2, 'disconnect'),
      ];
      expect(changes(rows)).toEqual([`+${HERE}`, '', `-${HERE}`]);
    }
  });

  test('are not those that have one', () => {
    const named = smtpd(0, 'connect', 7, { ip: HERE });
    expect(changes([named, anonymous(1, 'disconnect')])).toEqual([`+${HERE}`, '']);
    expect(changes([anonymous(0, 'connect'), smtpd(1, 'disconnect', 7, { ip: HERE })])).toEqual([
      `+${HERE}`,
      '',
    ]);
  });

  test('need an address; a connect without one opens nothing and still is a connect', () => {
    const { events, correlator } = correlate([line(0, 'connect')]);
    expect(events[0]).toMatchObject({ kind: 'connect', phases: 'connect', sessions: '' });
    expect(correlator.sessions.open).toBe(0);
  });

  test('with a name need none', () => {
    const rows = [smtpd(0, 'connect', 7), smtpd(1, 'disconnect', 7)];
    expect(changes(rows)).toEqual(['+unknown', '-unknown']);
  });
});
