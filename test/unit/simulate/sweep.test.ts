// Goal: what random traffic hardly brings about is counted as a replay counts it.
// Method: hand-written sessions and messages, a sweep against a replay of each cell; the numbers of
// the first two written down.
import { describe, expect, test } from 'vitest';

import { HOUR_MS } from '../../../src/model/time.ts';
import type { Rule, RulePolicy } from '../../../src/policy/rule-policy.ts';
import { cellPolicy, ownSetting } from '../../../src/simulate/sweep/cell-policy.ts';
import { kneeOf, spreadOf } from '../../../src/simulate/sweep/sweep-curve.ts';
import type { EventRow } from '../../builders/event-batches.ts';
import { line, smtpd } from '../../builders/correlated-events.ts';
import {
  count,
  metric,
  networks,
  policyOf,
  replayRows,
  rule,
  seriesNamed,
} from '../../builders/rule-policies.ts';
import { cellsOf, foundBy, sweepRows, type Found } from '../../builders/sweeps.ts';

const reject = { type: 'reject', code: 550, text: 'no' } as const;
const disconnect = { type: 'disconnect', code: 421, text: 'no' } as const;
const PEER = { ip: '192.0.2.7', node: 'mx1' } as const;

/** The cells of a sweep over limits, which are those of replays. */
async function cellsFor(
  rows: readonly EventRow[],
  policy: RulePolicy,
  swept: Rule,
  above: readonly number[],
): Promise<Found[]> {
  const own = ownSetting(policy, swept)!;
  const replays: Found[] = [];
  for (const limit of above) {
    const changed = cellPolicy(policy, swept, { ...own, above: limit });
    const { tally } = await replayRows(rows, changed, { collateral: { labels: undefined } });
    replays.push(foundBy(tally, swept.name));
  }
  const found = cellsOf(await sweepRows([rows], policy, swept, { above, groups: [own] }));
  expect(found).toEqual(replays);
  return found;
}

const stoppedOf = ({ rule: own }: Found): unknown =>
  (own as { stoppedMessages: number }).stoppedMessages;
const acceptedOf = ({ taken }: Found): unknown => (taken as { accepted: number }).accepted;

test('a message that was taken stays its own when another rule closes the session', async () => {
  const message = { ...PEER, queue_id: 'A1', sender: 'a@example.com' } as const;
  const rows = [
    smtpd(0, 'connect', 1, PEER),
    smtpd(1, 'transaction', 1, message),
    smtpd(2, 'rejection', 1, { ...PEER, phase: 'rcptto', code: 550, verdict: 'rejected' }),
    smtpd(3, 'reception', 1, { ...message, verdict: 'accepted' }),
  ];
  const begun = seriesNamed('begun', { on: ['transaction'] });
  const swept = rule('swept', count({ type: 'series', series: 'begun' }, 0), { verdict: reject });
  const closing = rule('closing', count(metric('rejections'), 0), { verdict: disconnect });
  for (const rules of [
    [swept, closing],
    [closing, swept],
  ]) {
    const found = await cellsFor(rows, policyOf(rules, { series: [begun] }), swept, [0, 1]);
    // The rule stops the message at its first line; the session, closed later, goes without it.
    expect(found.map(stoppedOf)).toEqual([1, 0]);
    expect(found.map(acceptedOf)).toEqual([1, 0]);
  }
});

test('a rule behind the swept one closes the session only where it comes first', async () => {
  const message = (seconds: number, kind: string, queueId: string): EventRow =>
    smtpd(seconds, kind, 1, { ...PEER, queue_id: queueId, verdict: 'accepted' });
  const rows = [
    smtpd(0, 'connect', 1, PEER),
    message(1, 'transaction', 'A1'),
    message(2, 'reception', 'A1'),
    message(3, 'transaction', 'A2'),
    message(4, 'reception', 'A2'),
  ];
  const begun = seriesNamed('begun', { on: ['transaction'] });
  const swept = rule('swept', count({ type: 'series', series: 'begun' }, 0), { verdict: reject });
  const closing = { ...swept, name: 'closing', verdict: disconnect };
  const behind = policyOf([swept, closing], { series: [begun] });
  expect((await cellsFor(rows, behind, swept, [0, 1])).map(acceptedOf)).toEqual([2, 0]);
  const before = policyOf([closing, swept], { series: [begun] });
  expect((await cellsFor(rows, before, swept, [0, 1])).map(acceptedOf)).toEqual([0, 0]);
});

describe('a message whose second line comes a day after its first', () => {
  const hour = (hours: number, kind: string, queueId: string, ip = PEER.ip): EventRow =>
    line(hours * 3600, kind, { ip, queue_id: queueId, verdict: 'accepted' });
  const mail = seriesNamed('mail', {
    monitor: { intervalMs: 24 * HOUR_MS, windows: 3 },
    on: ['transaction', 'reception'],
  });
  const swept = rule('swept', count({ type: 'series', series: 'mail' }, 0, 0, 2), {
    per: { type: 'prefix', prefix: { ipv4: 0, ipv6: 0 } },
    verdict: reject,
  });
  const policy = policyOf([swept], { series: [mail] });

  test('it is listed again where another was stopped in between', async () => {
    // Limits 0 and 1 stop B at 25 hours and forget A; limit 2 stops B, too, but never stopped A.
    const rows = [
      hour(0, 'transaction', 'X'),
      hour(0, 'transaction', 'A'),
      hour(25, 'transaction', 'B'),
      hour(26, 'reception', 'A'),
      hour(26, 'reception', 'B'),
    ];
    expect((await cellsFor(rows, policy, swept, [0, 1, 2, 3, 4])).map(stoppedOf)).toEqual([
      4, 3, 2, 2, 1,
    ]);
  });

  test('it is not where none was', async () => {
    const rows = [
      hour(0, 'transaction', 'A'),
      hour(25, 'reception', 'A'),
      hour(26, 'reception', 'A'),
    ];
    expect((await cellsFor(rows, policy, swept, [0, 1, 2])).map(stoppedOf)).toEqual([2, 2, 1]);
  });

  test('thousands of messages', async () => {
    const rows = Array.from({ length: 4000 }, (_, index) => {
      const isSecond = index % 3 === 2;
      const number = isSecond ? Math.floor(index / 7) : index;
      return hour(index / 50, isSecond ? 'reception' : 'transaction', `Q${number}`);
    });
    const found = await cellsFor(rows, policy, swept, [0, 100, 2000, 2500]);
    expect(found.map(stoppedOf)).toEqual([...found].map(stoppedOf).sort((a, b) => +b! - +a!));
  });
});

test('more limits than one mask has bits', async () => {
  const rows = Array.from({ length: 100 }, (_, index) => {
    const ip = index % 5 === 0 ? '198.51.100.1' : PEER.ip;
    if (index % 3 === 0) return smtpd(index / 4, 'connect', index, { ...PEER, ip });
    const message = { ...PEER, ip, queue_id: `Q${Math.floor(index / 3)}`, verdict: 'accepted' };
    const kind = index % 3 === 1 ? 'transaction' : 'reception';
    return smtpd(index / 4, kind, Math.floor(index / 3) * 3, message as Partial<EventRow>);
  });
  const mail = seriesNamed('mail', { on: ['connect', 'transaction', 'reception'] });
  const swept = rule('swept', count({ type: 'series', series: 'mail' }, 0), { verdict: reject });
  const limits = Array.from({ length: 90 }, (_, limit) => limit);
  const found = await cellsFor(rows, policyOf([swept], { series: [mail] }), swept, limits);
  expect(found[31]).not.toEqual(found[33]);
  expect(found[64]).not.toEqual(found[66]);
});

test('a rule that tags takes nothing, one for peers that nobody counts neither', async () => {
  const rows = [smtpd(0, 'connect', 1, PEER), smtpd(1, 'connect', 2, PEER)];
  const tagging = rule('swept', count(metric('connections'), 0));
  const [lowest] = await cellsFor(rows, policyOf([tagging]), tagging, [0, 1, 2]);
  expect(lowest).toMatchObject({ rule: { firings: 2, keys: 1 }, taken: { connections: 0 } });
  const refusing = { ...tagging, verdict: reject };
  const policy = policyOf([refusing], { ignore: networks('192.0.2.0/24') });
  const [none] = await cellsFor(rows, policy, refusing, [0]);
  expect(none).toMatchObject({ rule: { firings: 0 }, total: { connections: 0 } });
});

describe('the knee', () => {
  test.each([
    ['too few points', [], undefined],
    ['two points', [5, 1], undefined],
    ['a flat curve', [5, 5, 5, 5], undefined],
    ['a straight fall', [6, 4, 2, 0], undefined],
    ['a fall that gets slower', [100, 50, 25, 12], undefined],
    ['a plateau before the fall', [100, 99, 98, 20, 0], 2],
    ['of equals the highest limit', [10, 10, 5, 5, 0], 3],
    ['a late fall', [9, 9, 9, 9, 0], 3],
    ['a rise', [0, 5, 5], 1],
  ])('%s', (_, curve, knee) => {
    expect(kneeOf(curve)).toBe(knee);
  });
});

describe('the spread over days', () => {
  test.each([
    ['no day', [], 0, { min: 0, median: 0, max: 0, days: 0 }],
    ['one day', [7], 1, { min: 7, median: 7, max: 7, days: 1 }],
    ['two days', [7, 4], 2, { min: 4, median: 5.5, max: 7, days: 2 }],
    ['a day without an event', [7, 4], 3, { min: 0, median: 4, max: 7, days: 2 }],
    ['most days without one', [7, 0, 4], 9, { min: 0, median: 0, max: 7, days: 2 }],
  ])('%s', (_, values, dayCount, spread) => {
    expect(spreadOf(values, dayCount)).toEqual(spread);
  });
});
