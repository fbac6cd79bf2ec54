// Goal: metrics and sessions are those of a node or of the cluster, as was asked (semantics,
// section 7).
// Method: a few lines of two or three nodes, a log for each; what a policy is told at each of them
// stands beside it, worked out by hand. Times are seconds after noon.
import { describe, expect, test } from 'vitest';

import { line } from '../../builders/correlated-events.ts';
import { NOON_MS, type EventRow } from '../../builders/event-batches.ts';
import { connect, disconnect, metric, PEER, told } from '../../builders/node-histories.ts';

describe('metrics', () => {
  const SCRIPT = `${metric('ec_ip_connections', 'own')} ${metric('ec_ip_connections_cluster', 'all')}
    ec_log "\${own} \${all}";`;
  const ROWS = [connect('mx1', 0), connect('mx2', 1), connect('mx3', 2), connect('mx1', 3)];

  test('a node asks for its own events, or for those of the cluster', async () => {
    expect(await told(SCRIPT, ROWS)).toEqual([
      '0 mx1: 1 1',
      '1 mx2: 1 2',
      '2 mx3: 1 3',
      '3 mx1: 2 4',
    ]);
  });

  test('those of the cluster arrive when their delay is over', async () => {
    // At 2 that of 0 has arrived, at 3 that of 1.
    expect(await told(SCRIPT, ROWS, { replication: { connections: 2000 } })).toEqual([
      '0 mx1: 1 1',
      '1 mx2: 1 1',
      '2 mx3: 1 2',
      '3 mx1: 2 3',
    ]);
  });

  test('a late event is in its own window, on all nodes', async () => {
    const script = `$h = hash_create; hash_set $h "period_start" 1; $all = ec_ip_connections_cluster $h;
      ec_log "\${all}";`;
    // The line of mx2 for 5 comes when its file is at 12: window 1 has it and the one of mx1.
    const late = { ...connect('mx2', 5), releaseMs: NOON_MS + 12_000 };
    const rows = [connect('mx1', 2), connect('mx2', 12), late, connect('mx1', 13)];
    expect(await told(script, rows)).toEqual(['2 mx1: 0', '12 mx2: 1', '13 mx1: 2']);
    // Counted at 12, it arrives a second later; the one of 2 at 3.
    const replication = { connections: 1001 };
    expect(await told(script, rows, { replication })).toEqual([
      '2 mx1: 0',
      '12 mx2: 1',
      '13 mx1: 1',
    ]);
  });
});

describe('sessions', () => {
  const SCRIPT = `($own) = audit_service "SMTP" "/24"; ($all) = audit_service "inbound_cidr" "/24";
    ec_log "\${own} \${all}";`;

  test('those of other nodes show in inbound_cidr alone', async () => {
    const rows = [connect('mx1', 0), connect('mx1', 1), connect('mx2', 2), connect('mx3', 3)];
    expect(await told(SCRIPT, rows)).toEqual([
      '0 mx1: 1 1',
      '1 mx1: 2 2',
      '2 mx2: 1 3',
      '3 mx3: 1 4',
    ]);
  });

  test('inbound_cidr counts SMTP alone', async () => {
    const rows = [connect('mx1', 0, { service: 'ECStream' }), connect('mx2', 1), connect('mx1', 2)];
    expect(await told(SCRIPT, rows)).toEqual(['0 mx1: 0 0', '1 mx2: 1 1', '2 mx1: 1 2']);
  });

  test('one that ends is counted out on its node, and in the cluster', async () => {
    const rows = [
      connect('mx1', 0),
      connect('mx2', 1),
      disconnect('mx1', 2, 0),
      // mx1 has this one alone; of mx2 there are two.
      connect('mx1', 3),
      connect('mx2', 4),
    ];
    expect(await told(SCRIPT, rows)).toEqual([
      '0 mx1: 1 1',
      '1 mx2: 1 2',
      '3 mx1: 1 2',
      '4 mx2: 2 3',
    ]);
  });

  test('one that times out is, too', async () => {
    const rows = [connect('mx1', 0), connect('mx2', 29), connect('mx2', 30)];
    const setting = { sessionTimeoutMs: 30_000 };
    expect(await told(SCRIPT, rows, setting)).toEqual(['0 mx1: 1 1', '29 mx2: 1 2', '30 mx2: 2 2']);
  });

  test('its beginning and its end arrive one after the other', async () => {
    const rows = [
      connect('mx1', 0),
      // Ends before anybody else knows that it began.
      disconnect('mx1', 2, 0),
      connect('mx2', 4),
      // Known from 5 to 7.
      connect('mx2', 6),
      connect('mx2', 7),
      // The one of 4 arrives: here it is known.
      connect('mx2', 9),
    ];
    expect(await told(SCRIPT, rows, { replication: { sessions: 5000 } })).toEqual([
      '0 mx1: 1 1',
      '4 mx2: 1 1',
      '6 mx2: 2 3',
      '7 mx2: 3 3',
      '9 mx2: 4 4',
    ]);
  });

  test('a question that first comes up in between is told the same', async () => {
    // The block is not known before the script runs, and only refusals ask.
    const script = `$b = "/24"; $code = ec_get_message_code; if ec_test :matches $code "550*" {
      ($own) = audit_service "SMTP" $b; ($all) = audit_service "inbound_cidr" $b;
      ec_log "\${own} \${all}";
    }`;
    const refuse = (seconds: number): EventRow =>
      line(seconds, 'rejection', { node: 'mx2', ip: PEER, phase: 'connect', code: 550 });
    // Known from 5 to 6.
    const rows = [connect('mx1', 0), disconnect('mx1', 1, 0), refuse(2), refuse(5.5), refuse(6)];
    expect(await told(script, rows, { replication: { sessions: 5000 } })).toEqual([
      '2 mx2: 0 0',
      '5.5 mx2: 0 1',
      '6 mx2: 0 0',
    ]);
  });

  test('the listener of a node has its own sessions', async () => {
    const script = '($n) = audit_connections_on_listener "/24"; ec_log "${n}";';
    const rows = [
      connect('mx1', 0, { listener: '25' }),
      connect('mx2', 1, { listener: '25' }),
      connect('mx1', 2, { listener: '587' }),
      connect('mx1', 3, { listener: '25' }),
    ];
    expect(await told(script, rows)).toEqual(['0 mx1: 1', '1 mx2: 1', '2 mx1: 1', '3 mx1: 2']);
  });
});
