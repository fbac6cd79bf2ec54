import { expect, test } from 'vitest';
import { line, smtpd } from '../../builders/correlated-events.ts';
import type { EventRow } from '../../builders/event-batches.ts';
import {
  count,
  metric,
  policyOf,
  replayRows,
  rule,
  seriesNamed,
} from '../../builders/rule-policies.ts';

const REFUSED = { code: 550, text: 'no' };
/** Refuses every `client=` line, and ends every session in which the log has a refusal. */
const POLICY = policyOf(
  [
    rule('messages', count({ type: 'series', series: 'begun' }, 0), {
      verdict: { type: 'reject', ...REFUSED },
    }),
    rule('refusals', count(metric('rejections'), 0), {
      verdict: { type: 'disconnect', ...REFUSED },
    }),
  ],
  { series: [seriesNamed('begun', { on: ['transaction'], where: [] })] },
);
const PEER = { ip: '192.0.2.1' };

/** What each rule takes. */
async function takenFrom(rows: readonly EventRow[], policy = POLICY): Promise<unknown> {
  const { tally } = await replayRows(rows, policy, { collateral: { labels: undefined } });
  return tally.collateral!.rules.map(({ accepted, rejected }) => ({ accepted, rejected }));
}

test('a message stays with the rule that took it when another one takes the session', async () => {
  const rows = [
    smtpd(0, 'connect', 1, PEER),
    smtpd(1, 'transaction', 1, { ...PEER, queue_id: 'A' }),
    smtpd(2, 'rejection', 1, { ...PEER, phase: 'rcptto' }),
    line(3, 'reception', { queue_id: 'A' }),
  ];
  expect(await takenFrom(rows)).toEqual([
    { accepted: 1, rejected: 0 },
    { accepted: 0, rejected: 1 },
  ]);
});

test('a queue id that came again is no longer the message of the session before', async () => {
  const [, refusals] = POLICY.rules;
  const rows = [
    smtpd(0, 'connect', 1, PEER),
    smtpd(1, 'transaction', 1, { ...PEER, queue_id: 'A' }),
    smtpd(2, 'transaction', 2, { ip: '192.0.2.2', queue_id: 'A' }),
    smtpd(3, 'rejection', 1, { ...PEER, phase: 'rcptto' }),
    line(4, 'reception', { queue_id: 'A' }),
  ];
  expect(await takenFrom(rows, { ...POLICY, rules: [refusals] })).toEqual([
    { accepted: 0, rejected: 1 },
  ]);
});
