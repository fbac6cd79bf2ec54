import { expect, test } from 'vitest';

import { parseNetwork } from '../../../src/model/address.ts';
import { ALL_NEEDS } from '../../../src/model/event.ts';
import { Vocabulary } from '../../../src/model/vocabulary.ts';
import type { RulePolicy } from '../../../src/policy/rule-policy.ts';
import { DecisionAt } from '../../../src/simulate/explain/decision-search.ts';
import { explainEvents } from '../../../src/simulate/explain/explain.ts';
import type { ExplainedRule } from '../../../src/simulate/explain/explanation.ts';
import { line, smtpd } from '../../builders/correlated-events.ts';
import { NOON_MS, type EventRow } from '../../builders/event-batches.ts';
import { RowSource } from '../../builders/event-sources.ts';
import {
  count,
  metric,
  networks,
  policyOf,
  rule,
  seriesNamed,
} from '../../builders/rule-policies.ts';

const PEER = '192.0.2.1';
const peer = { ip: PEER };

/** Fires at the second connect of an address, and at the third refusal. */
const POLICY = policyOf([
  rule('connects', count(metric('connections'), 1)),
  rule('refusals', count(metric('rejections'), 2), {
    verdict: { type: 'reject', code: 450, text: 'slow' },
  }),
]);

interface Found {
  readonly search: DecisionAt;
  /** Rows that were counted before the run stopped. */
  readonly seen: number;
}

async function searchAt(
  rows: readonly EventRow[],
  seconds: number,
  { policy = POLICY, lengthMs = 1000 }: { policy?: RulePolicy; lengthMs?: number } = {},
): Promise<Found> {
  const vocabulary = new Vocabulary();
  const fromMs = NOON_MS + seconds * 1000;
  const search = new DecisionAt(parseNetwork(PEER)!, fromMs, fromMs + lengthMs);
  let seen = 0;
  await explainEvents({
    sources: [new RowSource(rows, { vocabulary })],
    vocabulary,
    needs: ALL_NEEDS,
    policy,
    fileOf: () => 'log',
    lines: 10,
    around: parseNetwork(PEER),
    look: (moment) => {
      seen++;
      return search.look(moment);
    },
  });
  return { search, seen };
}

const lineOf = ({ search }: Found): number | undefined => search.explanation?.event.line;
const reasonOf = ({ search }: Found, name: string): ExplainedRule['notJudged'] =>
  search.explanation?.rules.find((own) => own.name === name)?.notJudged;

test('of the events of a second the first at which a rule fires; nothing behind it is read', async () => {
  const rows = [
    smtpd(1, 'connect', 1, peer),
    line(2, 'delivery', peer),
    smtpd(2, 'connect', 2, { ip: '192.0.2.9' }),
    line(2, 'rejection', peer),
    smtpd(2, 'connect', 3, peer),
    smtpd(2, 'connect', 4, peer),
    smtpd(3, 'connect', 5, peer),
  ];
  const found = await searchAt(rows, 2);
  expect([lineOf(found), found.seen]).toEqual([5, 5]);
});

test('else the first at which a rule is asked, else the first', async () => {
  const rows = [
    line(2, 'delivery', peer),
    line(2, 'rejection', peer),
    line(2, 'rejection', peer),
    line(4, 'bounce', peer),
    line(4, 'delivery', peer),
    line(6, 'delivery', { ip: '192.0.2.9' }),
    line(7, 'delivery', { ip: '192.0.2.9' }),
  ];
  expect(lineOf(await searchAt(rows, 2))).toBe(2);
  const second = await searchAt(rows, 4);
  // The first event behind the second ends the search.
  expect([lineOf(second), second.seen]).toEqual([4, 6]);
  expect(reasonOf(second, 'connects')).toEqual({ type: 'kind', kinds: ['connect'] });
});

test('a millisecond is one', async () => {
  const rows = [line(2, 'delivery', peer), line(2.5, 'bounce', peer), line(2.9, 'delivery', peer)];
  const found = await searchAt(rows, 2.5, { lengthMs: 1 });
  expect(found.search.explanation?.event.kind).toBe('bounce');
});

test('a late event is an answer where there is no other', async () => {
  const rows = [
    line(1, 'rejection', peer),
    line(9, 'delivery', { ip: '192.0.2.9' }),
    { ...line(2, 'rejection', peer), releaseMs: NOON_MS + 9000 },
    line(10, 'rejection', peer),
  ];
  const found = await searchAt(rows, 2);
  expect([lineOf(found), found.seen]).toEqual([3, 3]);
  expect(reasonOf(found, 'refusals')).toEqual({ type: 'late' });
  const [, refusals] = (await searchAt(rows, 10)).search.explanation!.rules;
  // It has been counted, in its own window, and its line is shown.
  expect(refusals).toMatchObject({ fired: true, lines: { total: 3 } });
  expect(refusals.lines.newest.map((own) => own.line)).toEqual([4, 3, 1]);
});

test('the nearest events where there is none', async () => {
  const rows = [
    smtpd(1, 'connect', 1, peer),
    line(2, 'rejection', peer),
    line(3, 'delivery', { ip: '192.0.2.9' }),
    line(5, 'bounce', peer),
    line(6, 'delivery', peer),
  ];
  const { search, seen } = await searchAt(rows, 3);
  expect(search.explanation).toBeUndefined();
  expect(search.before).toMatchObject({ kind: 'rejection', line: 2, file: 'log' });
  expect(search.after).toMatchObject({ kind: 'bounce', line: 4 });
  expect(seen).toBe(4);
  const none = await searchAt(rows.slice(2, 3), 3);
  expect(none.search).toMatchObject({ before: undefined, after: undefined });
  expect([none.search.firstMs, none.search.lastMs]).toEqual([NOON_MS + 3000, NOON_MS + 3000]);
});

test('why a rule is not asked', async () => {
  const rows = [line(1, 'rejection', { ...peer, sender: 'a@mx.example.com', code: 450 })];
  const change = { series: [seriesNamed('hard', { where: [CODE_550] })] };
  const rules = [
    rule('kind', count(metric('connections'), 0)),
    rule('filter', count({ type: 'series', series: 'hard' }, 0)),
    rule('phase', count(metric('rejections'), 0), { at: 'connect' }),
    rule('network', count(metric('rejections'), 0), { except: networks('192.0.2.0/28') }),
    rule('domain', count(metric('rejections'), 0), { exceptDomains: ['example.com'] }),
    rule('asked', count(metric('rejections'), 0)),
  ];
  const found = await searchAt(rows, 1, { policy: policyOf(rules, change) });
  const reasons = rules.map(({ name }) => reasonOf(found, name));
  expect(reasons).toEqual([
    { type: 'kind', kinds: ['connect'] },
    { type: 'not-counted' },
    { type: 'phase', at: 'connect' },
    { type: 'network', network: networks('192.0.2.0/28')[0] },
    { type: 'domain', domain: 'example.com' },
    undefined,
  ]);
  const ignore = networks('198.51.100.0/24', '192.0.2.0/24');
  const ignored = await searchAt(rows, 1, { policy: policyOf(rules, { ...change, ignore }) });
  expect(reasonOf(ignored, 'asked')).toEqual({ type: 'ignored', network: ignore[1] });
});

const CODE_550 = { field: 'code', matches: [{ type: 'exact', value: '550' }] } as const;

test('the first rule in order that refuses takes the event', async () => {
  const refuses = { verdict: { type: 'disconnect', code: 421, text: 'no' } } as const;
  const rules = [
    rule('tags', count(metric('connections'), 0)),
    rule('quiet', count(metric('connections'), 9), refuses),
    rule('first', count(metric('connections'), 0), refuses),
    rule('second', count(metric('connections'), 0), refuses),
  ];
  const rows = [smtpd(1, 'connect', 1, peer)];
  const { search } = await searchAt(rows, 1, { policy: policyOf(rules) });
  expect(search.explanation?.refusedBy).toBe('first');
  expect(search.explanation?.rules.map(({ fired }) => fired)).toEqual([true, false, true, true]);
});

test('lines of sessions that are open, and none of those that ended', async () => {
  const sessions = { type: 'sessions', service: 'SMTP', listener: undefined } as const;
  const policy = policyOf([rule('open', count(sessions, 1))]);
  const rows = [
    smtpd(1, 'connect', 1, peer),
    smtpd(2, 'connect', 2, peer),
    smtpd(3, 'disconnect', 1, peer),
    smtpd(4, 'connect', 3, { ip: '192.0.2.9' }),
    smtpd(5, 'connect', 4, peer),
  ];
  const { search } = await searchAt(rows, 5, { policy });
  const [open] = search.explanation!.rules;
  expect(open).toMatchObject({ fired: true, lines: { total: 2 } });
  expect(open.lines.newest.map((own) => own.line)).toEqual([5, 2]);
  expect(open.conditions[0].contributors).toEqual({ total: 1, top: [{ key: PEER, count: 2 }] });
});
