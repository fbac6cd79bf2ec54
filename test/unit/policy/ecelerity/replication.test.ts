// Goal: stanzas of a cluster say what nodes tell each other, and how its manager keeps journals.
// Method: stanzas against the table of docs/semantics.md, section 7, then random replicas against
// that table written down once more.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { ALL_REPLICATED, type Replication } from '../../../../src/model/replication.ts';
import {
  REPLICA_PARAMETERS,
  REPLICA_TYPES,
  type Replica,
} from '../../../../src/policy/ecelerity/cluster-stanza.ts';
import {
  delayedBy,
  isSimulated,
  managerLogOf,
  replicationOf,
} from '../../../../src/policy/ecelerity/replication.ts';
import { configurationOf, readFixture, shown } from './reading.ts';

/** What is told, without what is not; caches by their names. */
function told({ caches, ...others }: Replication): Record<string, unknown> {
  const names = caches === 'all' ? ['all'] : [...caches];
  return Object.fromEntries(
    Object.entries({ ...others, caches: names.length === 0 ? undefined : names.join(' ') }).filter(
      ([, value]) => value !== undefined && value !== false,
    ),
  );
}

describe('a cluster tells', () => {
  test.each<[string, Record<string, unknown>]>([
    ['', { isSingleNode: true }],
    ['cluster { enabled = off Replicate inbound_cidr { } }', { isSingleNode: true }],
    ['cluster { }', {}],
    [
      'cluster { Replicate inbound_cidr { max_delay = 1.5 } }',
      { connections: 1500, receptions: 1500, rejections: 1500, sessions: 1500 },
    ],
    ['cluster { Replicate metrics { parameters = connect } }', { connections: 0 }],
    [
      'cluster { Replicate metrics { parameters = "reception;rejection" max_delay = 2 } }',
      { receptions: 2000, rejections: 2000 },
    ],
    [
      'cluster { Replicate metrics { parameters = reception max_delay = 2 } Replicate inbound_cidr { max_delay = 1 } }',
      { connections: 1000, receptions: 2000, rejections: 1000, sessions: 1000 },
    ],
    [
      'cluster { Replicate inbound_cidr { max_delay = 1 } Replicate metrics { parameters = connect } }',
      { connections: 0, receptions: 1000, rejections: 1000, sessions: 1000 },
    ],
    ['cluster { Replicate metrics { } }', {}],
    ['cluster { Replicate metrics { parameters = audit_series max_delay = 3 } }', { series: 3000 }],
    [
      'cluster { Replicate eccmgr_metrics { parameters = "audit_series;connect" } }',
      { manager: 0 },
    ],
    ['cluster { Replicate a { type = metrics parameters = audit_series } }', { series: 0 }],
    [
      'cluster { Replicate metrics { type = eccmgr_metrics parameters = audit_series } }',
      { manager: 0 },
    ],
    [
      'cluster { Replicate a { class = inbound_cidr } }',
      { connections: 0, receptions: 0, rejections: 0, sessions: 0 },
    ],
    [
      'cluster { Replicate metrics { parameters = connect max_delay = 1 } Replicate b { type = metrics parameters = "connect;audit_series" max_delay = 2 } }',
      { connections: 2000, series: 2000 },
    ],
    ['cluster { Replicate outbound_cidr { } Replicate OBTM { } Replicate OBTC { } }', {}],
    ['cluster { Replicate shared_named_throttles { max_delay = 2 } }', { throttles: true }],
    [
      'cluster { Replicate metrics { parameters = "gauge_cache;connect" max_delay = 2 } }',
      { connections: 2000, gauges: true },
    ],
    ['cluster { Replicate eccmgr_metrics { parameters = gauge_cache } }', {}],
    [
      'cluster { Replicate a { type = cache } Replicate B { class = cache } Replicate c { type = OBTM } }',
      { caches: 'a B' },
    ],
  ])('%s', (text, expected) => {
    const { cluster } = configurationOf(`inbound_audit { } ${text}`);
    expect(told(replicationOf(cluster))).toEqual(expected);
  });

  const replicas = fc.array(
    fc.record<Replica>({
      name: fc.constant('any'),
      type: fc.constantFrom(...REPLICA_TYPES, undefined),
      parameters: fc.subarray([...REPLICA_PARAMETERS]),
      maxDelayMs: fc.option(fc.nat(5000), { nil: undefined }),
      maxPending: fc.constant(undefined),
    }),
    { maxLength: 6 },
  );

  test('what the table says, whatever else is replicated', () => {
    let many = 0;
    fc.assert(
      fc.property(replicas, (all) => {
        const expected: Record<string, number | true | string> = {};
        const say = (names: readonly string[], { maxDelayMs }: Replica): void => {
          for (const name of names) expected[name] = maxDelayMs ?? 0;
        };
        const metrics = ['connections', 'receptions', 'rejections'];
        for (const one of all.filter(({ type }) => type === 'inbound_cidr')) {
          say([...metrics, 'sessions'], one);
        }
        for (const one of all.filter(({ type }) => type === 'metrics')) {
          const named = ['connect', 'reception', 'rejection', 'audit_series'] as const;
          const results = [...metrics, 'series'];
          say(
            results.filter((_, at) => one.parameters.includes(named[at])),
            one,
          );
        }
        for (const one of all) {
          const adds = one.type === 'eccmgr_metrics' && one.parameters.includes('audit_series');
          if (adds) say(['manager'], one);
          if (one.type === 'shared_named_throttles') expected['throttles'] = true;
          const isGauge = one.type === 'metrics' && one.parameters.includes('gauge_cache');
          if (isGauge) expected['gauges'] = true;
          if (one.type === 'cache') expected['caches'] = 'any';
        }
        expect(told(replicationOf({ replicas: all }))).toEqual(expected);
        expect(all.some((one) => isSimulated(one))).toBe(Object.keys(expected).length > 0);
        many += Object.keys(expected).length > 3 ? 1 : 0;
      }),
    );
    expect(many).toBeGreaterThan(5);
  });
});

test('one delay for all that is told, and for nothing else', () => {
  expect(told(delayedBy(ALL_REPLICATED, 250))).toEqual({
    connections: 250,
    receptions: 250,
    rejections: 250,
    sessions: 250,
    series: 250,
    manager: 250,
    throttles: true,
    gauges: true,
    caches: 'all',
  });
  const { cluster } = configurationOf('cluster { Replicate metrics { parameters = connect } }');
  expect(told(delayedBy(replicationOf(cluster), 250))).toEqual({ connections: 250 });
  expect(told(delayedBy(replicationOf(undefined), 250))).toEqual({ isSingleNode: true });
});

describe('a documented form is read without a mistake', () => {
  const inbound = { connections: 0, receptions: 0, rejections: 0, sessions: 0 };

  test.each<[string, Record<string, unknown>]>([
    ['nodes-default', { ...inbound, throttles: true }],
    ['metrics', { connections: 0, receptions: 0, rejections: 0 }],
    ['metrics-series', { series: 0 }],
    ['cache', { caches: 'mycache' }],
    ['cache-snapshot', { caches: 'mycache' }],
    ['outbound-throttles', {}],
    ['gauge-cache', { gauges: true }],
    ['equals-sign', inbound],
    ['manager-log', { isSingleNode: true }],
    ['node-module', inbound],
    ['audit-instance', { isSingleNode: true }],
    ['audit-singleton', { isSingleNode: true }],
    [
      'every-option',
      {
        ...inbound,
        connections: 1500,
        series: 1500,
        manager: 10_000,
        gauges: true,
        caches: 'cached',
      },
    ],
  ])('%s', (name, expected) => {
    const reading = readFixture(`cluster/${name}.conf`);
    expect(shown(reading)).toBe('');
    expect(told(replicationOf(reading.configuration?.cluster))).toEqual(expected);
  });

  test('with its cluster, cache and audit engine as they are written', () => {
    const configurationIn = (name: string) => readFixture(`cluster/${name}.conf`).configuration!;
    expect(configurationIn('nodes-default').cluster?.replicas.map(({ type }) => type)).toEqual([
      'inbound_cidr',
      'outbound_cidr',
      'outbound_domains',
      'outbound_binding_domains',
      'shared_named_throttles',
    ]);
    expect(configurationIn('cache-snapshot').cluster?.replicas).toEqual([
      { name: 'mycache', type: 'cache', parameters: ['snapshot'] },
    ]);
    const { includeByDefault, exclude, include } = configurationIn('manager-log').asLogger!;
    expect([includeByDefault, exclude, include]).toEqual([true, ['spam$', '^other'], []]);
    for (const name of ['audit-instance', 'audit-singleton']) {
      expect(configurationIn(name).audit?.monitors?.value).toEqual([
        { intervalMs: 300_000, windows: 6 },
        { intervalMs: 1_800_000, windows: 4 },
      ]);
    }
  });
});

describe('a manager keeps', () => {
  const NAMES = ['spam', 'spammers', 'no-spam', 'other', 'another', 'keep-it'];
  const kept = (text: string): readonly string[] | undefined => {
    const log = managerLogOf(configurationOf(text).asLogger);
    expect(log?.intervalMs ?? 60_000).toBe(60_000);
    return log && NAMES.filter((name) => log.includes(name));
  };
  const stanza = (options: string): string => `as_logger { log_interval = 60 ${options} }`;

  test.each<[string, readonly string[] | undefined]>([
    ['', undefined],
    ['as_logger { series_include_default = all }', undefined],
    ['as_logger { enabled = off log_interval = 60 }', undefined],
    [stanza(''), []],
    [stanza('series_include_default = all'), NAMES],
    [
      stanza('series_include_default = all series_exclude = ( "spam$" "^other" )'),
      ['spammers', 'another', 'keep-it'],
    ],
    [stanza('series_include = ( "^keep-" pam )'), ['spam', 'spammers', 'no-spam', 'keep-it']],
    // What the manual says to mean nothing there.
    [stanza('series_exclude = spam'), []],
    [stanza('series_include_default = all series_include = spam'), NAMES],
    // Patterns of another dialect.
    [stanza('series_include = ( "(?i)spam" "^oth" )'), ['other']],
    [stanza('series_include_default = all series_exclude = "[spam"'), NAMES],
  ])('%s', (text, expected) => {
    expect(kept(text)).toEqual(expected);
  });
});
