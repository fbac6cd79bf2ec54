import { describe, expect, test } from 'vitest';
import { parseNetwork, type Network } from '../../../src/model/address.ts';
import { BARE_POLICY } from '../../../src/simulate/policy-run.ts';
import type { RulePolicy } from '../../../src/policy/rule-policy.ts';
import type { FiringRow } from '../../../src/simulate/tally.ts';
import {
  eventDifferences,
  firingDifferences,
  networksOverlap,
  type FiringCheck,
} from '../../../src/testing/cut-check.ts';
import type { CutEvent, CutUnit } from '../../../src/testing/cut-units.ts';

const net = (text: string): Network => parseNetwork(text)!;

function firing(rule: string, key: string, changes: Partial<FiringRow> = {}): FiringRow {
  return {
    rule,
    key,
    windowStartMs: 0,
    firings: 1,
    firstMs: 5,
    lastMs: 5,
    peak: 6,
    limit: 5,
    verdict: 'tag',
    file: 'mail.log',
    line: 7,
    ...changes,
  };
}

const monitor = { intervalMs: 60_000, windows: 5 };
const condition = {
  type: 'count',
  of: { type: 'metric', metric: 'connections', monitor },
  windows: { start: 0, end: 0 },
  above: 5,
} as const;
const rule = {
  name: 'busy',
  conditions: [condition],
  per: { type: 'prefix', prefix: { ipv4: 24, ipv6: 64 } },
  at: undefined,
  except: [],
  exceptDomains: [],
  counts: 'attempts',
  scope: 'cluster',
  verdict: { type: 'tag', reason: '' },
  blockMs: undefined,
} as const;
const policy: RulePolicy = {
  ...BARE_POLICY,
  rules: [
    rule,
    { ...rule, name: 'users', per: { type: 'field', field: 'user' } },
    {
      ...rule,
      name: 'growth',
      conditions: [
        {
          type: 'surge',
          of: condition.of,
          times: 3,
          before: { start: 1, end: 3 },
          min: 1,
        },
      ],
    },
  ],
};

function check(changes: Partial<FiringCheck>): ReturnType<typeof firingDifferences> {
  return firingDifferences({
    whole: [],
    cut: [],
    policy,
    networks: [net('192.0.2.0/24')],
    fromMs: -Infinity,
    toMs: Infinity,
    intervalMs: () => 60_000,
    shownAs: (network) => network,
    isAnonymised: false,
    isKept: () => false,
    ...changes,
  });
}

describe('firings', () => {
  test('equal ones are counted, those of others are passed over', () => {
    const whole = [firing('busy', '192.0.2.0/24'), firing('busy', '198.51.100.0/24')];
    expect(check({ whole, cut: [whole[0]] })).toEqual({ differences: [], same: 1 });
  });

  test.each([
    ['firings', { firings: 2 }],
    ['peak', { peak: 7 }],
    ['window', { windowStartMs: 60_000 }],
    ['rule', { rule: 'users' }],
    ['key', { key: '192.0.2.0/25' }],
  ])('another %s is a difference', (_, changes) => {
    const whole = [firing('busy', '192.0.2.0/24')];
    const cut = [firing('busy', '192.0.2.0/24', changes)];
    expect(check({ whole, cut }).differences.join('\n')).toMatch(
      /^only in the whole: busy .*\nonly in the cut: /,
    );
  });

  test('a block that is wider than what was kept', () => {
    const whole = [firing('busy', '192.0.2.0/24', { firings: 3 })];
    expect(check({ whole, networks: [net('192.0.2.7')] }).differences).toEqual([
      'only in the whole: busy 192.0.2.0/24 1970-01-01T00:00:00Z: firings 3, peak 6',
      'busy: per /24 counts neighbours that were not kept: --ip 192.0.2.0/24',
    ]);
  });

  test('texts: what a kept line fired first, and what the cut has', () => {
    const whole = [firing('users', 'alice'), firing('users', 'bob', { line: 8 })];
    expect(check({ whole }).differences).toEqual([]);
    expect(check({ whole, isKept: ({ line }) => line === 7 }).differences).toEqual([
      'only in the whole: users alice 1970-01-01T00:00:00Z: firings 1, peak 6',
      'users: counts by user, which peers that were not kept share',
    ]);
    const cut = [firing('users', 'bob', { firings: 4 })];
    expect(check({ whole, cut }).differences).toHaveLength(3);
  });

  test('pseudonyms: blocks are mapped, texts compared by their counts', () => {
    const whole = [firing('busy', '192.0.2.0/24'), firing('users', 'alice')];
    const cut = [firing('busy', '203.0.113.0/24'), firing('users', 'hbcdf')];
    const shownAs = (): Network => net('203.0.113.0/24');
    const asked = { whole, cut, shownAs, isAnonymised: true, isKept: () => true };
    expect(check(asked)).toEqual({ differences: [], same: 2 });
    expect(check({ ...asked, cut: [cut[0]] }).differences[0]).toContain('users a text');
    expect(check({ ...asked, cut: [cut[1]] }).differences).toEqual([
      'only in the whole: busy 192.0.2.0/24 1970-01-01T00:00:00Z: firings 1, peak 6',
      'busy: does it compare names or texts? They are replaced: cut without --anonymize',
    ]);
  });

  test('a surge, and a rule of which nothing is known', () => {
    const networks = [net('192.0.2.0/24')];
    const whole = [firing('growth', '192.0.2.0/24'), firing('busy', '192.0.2.0/24')];
    expect(check({ whole, networks }).differences.slice(2)).toEqual([
      'busy: counts what was not kept',
      'growth: a surge is held against earlier windows, which the cut may not reach back to',
    ]);
  });

  test('windows that reach out of the span are not compared', () => {
    const whole = [0, 60_000, 120_000].map((windowStartMs) => {
      return firing('busy', '192.0.2.0/24', { windowStartMs });
    });
    const { differences } = check({ whole, fromMs: 1, toMs: 179_999 });
    expect(differences.filter((text) => text.startsWith('only'))).toEqual([
      'only in the whole: busy 192.0.2.0/24 1970-01-01T00:01:00Z: firings 1, peak 6',
    ]);
  });

  test('many differences are counted', () => {
    const whole = Array.from({ length: 9 }, (_, n) => firing('busy', `192.0.2.${n}/32`));
    expect(check({ whole }).differences[5]).toBe('and 4 more');
  });
});

describe('blocks', () => {
  test.each([
    ['192.0.2.0/24', '192.0.2.7/32', true],
    ['192.0.2.7/32', '192.0.0.0/16', true],
    ['192.0.2.0/25', '192.0.2.128/25', false],
    ['0.0.0.0/0', '::/0', false],
    ['2001:db8::/32', '2001:db8:1::/48', true],
    ['2001:db8:2::/48', '2001:db8:1::/48', false],
  ])('%s and %s share an address: %s', (a, b, share) => {
    expect(networksOverlap(net(a), net(b))).toBe(share);
  });
});

describe('events', () => {
  const unit = (): CutUnit => {
    return { lines: [], firstMs: 0, endMs: 0, isKept: true, isSession: true, messages: 0 };
  };
  const event = (own: CutUnit, facts: string, texts: readonly string[] = []): CutEvent => {
    return { unit: own, source: 0, timeMs: 0, facts, peer: '192.0.2.7', texts };
  };
  const [a, b] = [unit(), unit()];
  const whole = [event(a, 'x', ['u']), event(b, 'y', ['v']), event(a, 'z', ['u'])];

  test('are equal under other names and in other units', () => {
    const [c, d] = [unit(), unit()];
    const cut = [event(c, 'x', ['1']), event(d, 'y', ['2']), event(c, 'z', ['1'])];
    expect(eventDifferences(whole, cut)).toEqual([]);
  });

  test('one that is left out', () => {
    expect(eventDifferences(whole, [whole[0], whole[2]])).toEqual([
      'event 2: y 192.0.2.7 unit 2 texts 2, in the cut z 192.0.2.7 unit 1 texts 1',
    ]);
    expect(eventDifferences(whole, whole.slice(0, 2))).toEqual([
      'event 3: z 192.0.2.7 unit 1 texts 1, in the cut none',
    ]);
    expect(eventDifferences(whole.slice(0, 2), whole)).toHaveLength(1);
  });

  test('another session, or another text', () => {
    expect(eventDifferences(whole, [whole[0], whole[1], event(b, 'z', ['u'])])).toHaveLength(1);
    expect(eventDifferences(whole, [whole[0], whole[1], event(a, 'z', ['v'])])).toHaveLength(1);
    expect(eventDifferences(whole, [whole[0], whole[1], event(a, 'z', [''])])).toHaveLength(1);
  });
});
