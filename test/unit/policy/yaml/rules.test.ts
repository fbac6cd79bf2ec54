import { describe, expect, test } from 'vitest';

import { ADDRESS, formatNetwork } from '../../../../src/model/address.ts';
import { mistakesIn, policyOf, read, readFixture, ruleOf } from './reading.ts';

const DEFAULT = { intervalMs: 300_000, windows: 6 };
const HOUR = { intervalMs: 3_600_000, windows: 24 };
const CONNECTIONS = { type: 'metric', metric: 'connections', monitor: DEFAULT } as const;
const REJECTIONS = { type: 'metric', metric: 'rejections', monitor: DEFAULT } as const;
const SERIES = `series:
  bad_rcpt: { type: ip, monitor: "300,12", on: rejection }
  four: { type: cidr, monitor: "300,12", on: connect }
  six: { type: cidr_ipv6, monitor: "300,12", on: connect }
  logins: { type: string, monitor: "3600,24", on: auth_failure, key: user }
  good_logins: { type: string, monitor: "3600,24", on: auth_success, key: user }
`;

/** The codes of one rule, given as lines without name. */
function codesOf(rule: string): string[] {
  const lines = ['name: it', ...rule.trim().split('\n')];
  const body = lines.map((line, index) => `${index === 0 ? '  - ' : '    '}${line}`).join('\n');
  const text = `hindcast: 1\n${SERIES}lists: { ours: [192.0.2.0/24] }\nrules:\n${body}\n`;
  return mistakesIn(text).map((mistake) => mistake.split(' ')[0]);
}

describe('a rule on a count', () => {
  test('has defaults', () => {
    expect(ruleOf('count: connections\nabove: 5\nper: address\nthen: tag')).toEqual({
      name: 'it',
      conditions: [{ type: 'count', of: CONNECTIONS, windows: { start: 0, end: 0 }, above: 5 }],
      per: { type: 'prefix', prefix: ADDRESS },
      at: undefined,
      except: [],
      exceptDomains: [],
      counts: 'attempts',
      scope: 'cluster',
      verdict: { type: 'tag', reason: '' },
      blockMs: undefined,
    });
  });

  test.each(['connections', 'receptions', 'rejections'])('takes the metric %s', (metric) => {
    const rule = ruleOf(
      `count: ${metric}
monitor: "1800,4"
windows: 1..3
above: 0
per: { ipv4: 0, ipv6: 64 }
then: tag`,
      'monitors: ["300,6", "1800,4"]',
    );
    expect(rule.conditions).toEqual([
      {
        type: 'count',
        of: { type: 'metric', metric, monitor: { intervalMs: 1_800_000, windows: 4 } },
        windows: { start: 1, end: 3 },
        above: 0,
      },
    ]);
    expect(rule.per).toEqual({ type: 'prefix', prefix: { ipv4: 0, ipv6: 64 } });
  });

  test('takes a series, and one window by its number', () => {
    const rule = ruleOf('count: bad_rcpt\nwindows: 11\nabove: 5\nper: address\nthen: tag', SERIES);
    expect(rule.conditions[0]).toEqual({
      type: 'count',
      of: { type: 'series', series: 'bad_rcpt' },
      windows: { start: 11, end: 11 },
      above: 5,
    });
  });

  test('needs no per for a string series', () => {
    const rule = ruleOf('count: logins\nabove: 5\nthen: tag', SERIES);
    expect(rule.per).toEqual({ type: 'field', field: 'user' });
  });

  test('may leave out the family that its series cannot hold', () => {
    const four = ruleOf('count: four\nabove: 5\nper: { ipv4: 24 }\nthen: tag', SERIES);
    expect(four.per).toEqual({ type: 'prefix', prefix: { ipv4: 24, ipv6: 128 } });
    const six = ruleOf('count: six\nabove: 5\nper: { ipv6: 48 }\nthen: tag', SERIES);
    expect(six.per).toEqual({ type: 'prefix', prefix: { ipv4: 32, ipv6: 48 } });
  });

  test('takes sessions', () => {
    const plain = ruleOf('count: sessions\nabove: 5\nper: address\nthen: tag');
    expect(plain.conditions[0]).toMatchObject({
      of: { type: 'sessions', service: 'SMTP', listener: undefined },
    });
    const rule = ruleOf(
      `count: sessions
service: ECStream
listener: 587
above: 5
per: address
at: connect
then: tag`,
    );
    expect(rule.conditions[0]).toMatchObject({
      of: { type: 'sessions', service: 'ECStream', listener: '587' },
    });
    expect(rule.at).toBe('connect');
  });

  test('takes exceptions, phase, counts and scope', () => {
    const rule = ruleOf(
      `count: rejections
above: 5
per: address
except: [ours, 198.51.100.9]
at: rcptto
counts: accepted
scope: node
then: tag`,
      'lists: { ours: [192.0.2.0/24, example.org] }',
    );
    expect(rule.except.map((one) => formatNetwork(one))).toEqual([
      '192.0.2.0/24',
      '198.51.100.9/32',
    ]);
    expect(rule.exceptDomains).toEqual(['example.org']);
    expect(rule).toMatchObject({ at: 'rcptto', counts: 'accepted', scope: 'node' });
  });
});

describe('a rule on something else', () => {
  test('takes a ratio', () => {
    const rule = ruleOf(
      `ratio: { of: rejections, to: connections, above: 0.8, min: 50 }
windows: 0..5
per: address
then: tag`,
    );
    expect(rule.conditions).toEqual([
      {
        type: 'ratio',
        of: REJECTIONS,
        to: CONNECTIONS,
        windows: { start: 0, end: 5 },
        above: 0.8,
        min: 50,
      },
    ]);
  });

  test('takes a ratio of a series to a metric of the same interval', () => {
    const rule = ruleOf(
      'ratio: { of: bad_rcpt, to: rejections, above: 1 }\nper: address\nthen: tag',
      SERIES,
    );
    expect(rule.conditions[0]).toMatchObject({
      of: { type: 'series', series: 'bad_rcpt' },
      to: REJECTIONS,
      min: 1,
    });
  });

  test('takes a ratio of two string series of one key', () => {
    const rule = ruleOf('ratio: { of: logins, to: good_logins, above: 9 }\nthen: tag', SERIES);
    expect(rule.per).toEqual({ type: 'field', field: 'user' });
  });

  test('takes a surge', () => {
    const rule = ruleOf(
      'surge: { of: connections, times: 2.5, before: 1..5, min: 100 }\nper: address\nthen: tag',
    );
    expect(rule.conditions).toEqual([
      { type: 'surge', of: CONNECTIONS, times: 2.5, before: { start: 1, end: 5 }, min: 100 },
    ]);
    const bare = ruleOf('surge: { of: logins, times: 4, before: 23 }\nthen: tag', SERIES);
    expect(bare.conditions[0]).toMatchObject({ before: { start: 23, end: 23 }, min: 1 });
  });

  test('takes all of several conditions', () => {
    const rule = ruleOf(`all:
  - { count: rejections, windows: 0..2, above: 20 }
  - { count: sessions, above: 5 }
  - { ratio: { of: rejections, to: connections, above: 0.5 } }
  - { surge: { of: connections, times: 4, before: 1..5 } }
  - { distinct: user, on: auth_failure, above: 3 }
per: { ipv4: 24, ipv6: 64 }
then: tag`);
    expect(rule.conditions.map((one) => [one.type, one.of.type])).toEqual([
      ['count', 'metric'],
      ['count', 'sessions'],
      ['ratio', 'metric'],
      ['surge', 'metric'],
      ['count', 'distinct'],
    ]);
  });

  test('takes different values in a block', () => {
    const rule = ruleOf(
      `distinct: user
on: auth_failure
where: { user: "?*" }
monitor: "3600,24"
windows: 0..23
above: 10
per: address
then: tag`,
    );
    expect(rule.conditions).toEqual([
      {
        type: 'count',
        of: {
          type: 'distinct',
          field: 'user',
          on: ['auth_failure'],
          where: [{ field: 'user', matches: [{ type: 'glob', source: '?*', pattern: /^..*$/su }] }],
          monitor: HOUR,
        },
        windows: { start: 0, end: 23 },
        above: 10,
      },
    ]);
  });

  test('takes different values per value of a field', () => {
    const rule = ruleOf('distinct: recipient\non: [reception]\nabove: 10\nper: sender\nthen: tag');
    expect(rule.per).toEqual({ type: 'field', field: 'sender' });
    expect(rule.conditions[0]).toMatchObject({ of: { field: 'recipient', monitor: DEFAULT } });
  });

  test('takes a string series beside distinct values of its key', () => {
    const rule = ruleOf(
      `all:
  - { count: logins, above: 5 }
  - { distinct: ip, on: auth_failure, above: 5 }
per: user
then: tag`,
      SERIES,
    );
    expect(rule.per).toEqual({ type: 'field', field: 'user' });
  });
});

describe('then', () => {
  test.each([
    ['tag', { type: 'tag', reason: '' }, undefined],
    ['{ tag: }', { type: 'tag', reason: '' }, undefined],
    ['{ tag: busy, for: 90 }', { type: 'tag', reason: 'busy' }, 90_000],
    ['{ tag: , reason: busy }', { type: 'tag', reason: 'busy' }, undefined],
    ['{ tarpit: 2.5 }', { type: 'tarpit', seconds: 2.5, reason: '' }, undefined],
    ['{ tarpit: 10, reason: busy }', { type: 'tarpit', seconds: 10, reason: 'busy' }, undefined],
    [
      '{ reject: "550 5.7.1 no", for: 1h }',
      { type: 'reject', code: 550, text: '5.7.1 no' },
      3_600_000,
    ],
    ['{ disconnect: 421 later }', { type: 'disconnect', code: 421, text: 'later' }, undefined],
    [
      '{ disconnect: 421 later, for: 2d }',
      { type: 'disconnect', code: 421, text: 'later' },
      172_800_000,
    ],
  ])('%s', (then, verdict, blockMs) => {
    const rule = ruleOf(`count: connections\nabove: 5\nper: address\nthen: ${then}`);
    expect(rule.verdict).toEqual(verdict);
    expect(rule.blockMs).toBe(blockMs);
  });

  test.each([
    ['reject', ['verdict-wrong']],
    ['block', ['verdict-wrong']],
    ['[tag]', ['type-wrong']],
    ['{}', ['verdict-wrong']],
    ['{ reject: 550 }', ['reply-wrong']],
    ['{ reject: "350 5.7.1 no" }', ['reply-wrong']],
    [String.raw`{ reject: "550 a\r\n250 b" }`, ['reply-wrong']],
    ['{ tarpit: 0 }', ['number-range']],
    ['{ tarpit: 10s }', ['type-wrong']],
    ['{ tag: a, for: 0s }', ['duration-wrong']],
    ['{ tag: a, for: soon }', ['duration-wrong']],
    ['{ tag: a, tarpit: 5 }', ['verdict-wrong']],
    ['{ tagg: a }', ['key-unknown']],
  ])('%s is wrong', (then, codes) => {
    expect(codesOf(`count: connections\nabove: 5\nper: address\nthen: ${then}`)).toEqual(codes);
  });
});

describe('a rule that contradicts itself', () => {
  const AROUND = 'per: address\nthen: tag';
  test.each([
    [
      'a monitor nobody keeps',
      `count: connections\nmonitor: "600,6"\nabove: 1\n${AROUND}`,
      ['monitor-unknown'],
    ],
    [
      'a monitor for a series',
      `count: bad_rcpt\nmonitor: "300,6"\nabove: 1\n${AROUND}`,
      ['key-misplaced'],
    ],
    ['windows for sessions', `count: sessions\nwindows: 0\nabove: 1\n${AROUND}`, ['key-misplaced']],
    [
      'a service for connections',
      `count: connections\nservice: SMTP\nabove: 1\n${AROUND}`,
      ['key-misplaced'],
    ],
    ['an unknown service', `count: sessions\nservice: smtp\nabove: 1\n${AROUND}`, ['word-unknown']],
    ['sessions at RCPT', `count: sessions\nabove: 1\nat: rcptto\n${AROUND}`, ['at-sessions']],
    [
      'a window too far',
      `count: bad_rcpt\nwindows: 0..12\nabove: 1\n${AROUND}`,
      ['windows-outside'],
    ],
    [
      'windows of a ratio too far',
      `ratio: { of: bad_rcpt, to: connections, above: 1 }\nwindows: 6..7\n${AROUND}`,
      ['windows-outside'],
    ],
    [
      'a surge too far',
      `surge: { of: connections, times: 2, before: 1..6 }\n${AROUND}`,
      ['windows-outside'],
    ],
    [
      'a surge against itself',
      `surge: { of: connections, times: 2, before: 0..5 }\n${AROUND}`,
      ['windows-present'],
    ],
    [
      'a surge by nothing',
      `surge: { of: connections, times: 0, before: 1..5 }\n${AROUND}`,
      ['number-range'],
    ],
    [
      'a surge of sessions',
      `surge: { of: sessions, times: 2, before: 1..5 }\n${AROUND}`,
      ['quantity-refused'],
    ],
    [
      'different keys',
      `ratio: { of: logins, to: connections, above: 1 }\nmonitor: "300,6"\n${AROUND}`,
      ['monitor-differs'],
    ],
    [
      'blocks and strings',
      `all: [{ count: logins, above: 1 }, { count: rejections, above: 1 }]\n${AROUND}`,
      ['keys-differ'],
    ],
    ['strings per address', `count: logins\nabove: 1\n${AROUND}`, ['key-misplaced']],
    ['a fraction of events', `count: connections\nabove: 0.5\n${AROUND}`, ['number-range']],
    ['no block', 'count: connections\nabove: 1\nthen: tag', ['per-missing']],
    [
      'half a block',
      'count: bad_rcpt\nabove: 1\nper: { ipv4: 24 }\nthen: tag',
      ['per-family-missing'],
    ],
    [
      'a field for connections',
      'count: connections\nabove: 1\nper: sender\nthen: tag',
      ['per-wrong'],
    ],
    [
      'an unknown field',
      'distinct: ip\non: connect\nabove: 1\nper: sendr\nthen: tag',
      ['field-unknown'],
    ],
    ['distinct of nothing', `distinct: user\nabove: 1\n${AROUND}`, ['setting-missing']],
    [
      'a reply to a bounce',
      'distinct: ip\non: bounce\nabove: 1\nper: sender\nthen: { tarpit: 5 }',
      ['phase-missing'],
    ],
    [
      'nested all',
      `all: [{ count: connections, above: 1 }, { all: [] }]\n${AROUND}`,
      ['key-unknown', 'quantity-missing'],
    ],
    [
      'an unknown exception',
      `count: connections\nabove: 1\nexcept: theirs\n${AROUND}`,
      ['list-unknown'],
    ],
  ])('%s', (_what, rule, codes) => {
    expect(codesOf(rule)).toEqual(codes);
  });

  test.each([
    ['with a lasting block', 'then: { reject: "550 no", for: 1h }'],
    ['at a phase', 'at: rcptto\nthen: { reject: "550 no" }'],
    ['with a tag', 'then: tag'],
  ])('can answer events without a phase %s', (_what, rest) => {
    expect(codesOf(`distinct: ip\non: bounce\nabove: 1\nper: sender\n${rest}`)).toEqual([]);
  });

  test('is reported with the others', () => {
    const text = `hindcast: 1
rules:
  - { name: a, count: conections, above: 1, per: address, then: tag }
  - { name: a, count: rejections, above: x, per: address, then: tag }
  - { nam: b, count: rejections, above: 1, per: address, then: tag }
`;
    expect(mistakesIn(text)).toEqual([
      'series-unknown 3:23',
      'name-twice 4:13',
      'type-wrong 4:42',
      'key-unknown 5:7',
      'setting-missing 5:7',
    ]);
    expect(read(text).policy).toBeUndefined();
  });
});

describe('the places of rules', () => {
  test('point at what is counted', () => {
    const { policy, texts, places } = readFixture('good/full.yaml');
    const text = texts.get('fixtures/policy/good/full.yaml') ?? '';
    const words = policy?.rules.map(({ name }) => {
      const place = places.get(name)?.counted;
      return place && text.slice(place.start, place.end);
    });
    expect(words).toEqual([
      'count',
      'count',
      'count',
      'ratio',
      'ratio',
      'surge',
      'count',
      'all',
      'count',
      'distinct',
      'distinct',
    ]);
  });

  test('are in the order of the policy', () => {
    const { rules } = policyOf(readFixture('good/t2.yaml'));
    expect(rules).toHaveLength(8);
    expect(rules.every((rule) => rule.verdict.type === 'tag')).toBe(true);
  });
});
