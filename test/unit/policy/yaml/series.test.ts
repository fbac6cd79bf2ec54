import { describe, expect, test } from 'vitest';

import { formatNetwork } from '../../../../src/model/address.ts';
import { mistakesIn, policyOf, read, seriesOf } from './reading.ts';

describe('the head of a policy', () => {
  test('has defaults', () => {
    const policy = policyOf(read('hindcast: 1\n'));
    expect(policy.file).toBe('policy.yaml');
    expect(policy.monitors).toEqual([{ intervalMs: 300_000, windows: 6 }]);
    expect(policy.ignore.map((one) => formatNetwork(one))).toEqual(['127.0.0.0/8', '::1/128']);
    expect(policy.series).toEqual([]);
    expect(policy.rules).toEqual([]);
  });

  test('takes monitors in order, each once', () => {
    const { monitors } = policyOf(read('hindcast: 1\nmonitors: ["1800,4", "300,6", "300, 6"]\n'));
    expect(monitors).toEqual([
      { intervalMs: 1_800_000, windows: 4 },
      { intervalMs: 300_000, windows: 6 },
    ]);
  });

  test('replaces the ignored networks', () => {
    expect(policyOf(read('hindcast: 1\nignore: []\n')).ignore).toEqual([]);
    const text =
      'hindcast: 1\nlists: { ours: [192.0.2.0/24, 2001:db8:25::/48] }\nignore: [::1, ours]\n';
    const { ignore } = policyOf(read(text));
    expect(ignore.map((one) => formatNetwork(one))).toEqual([
      '::1/128',
      '192.0.2.0/24',
      '2001:db8:25::/48',
    ]);
  });

  test('follows aliases and merge keys', () => {
    const text = `hindcast: 1
series:
  first: &usual { type: ip, monitor: &long "3600,24", on: rejection }
  second: { <<: *usual, on: auth_failure }
  third: { type: cidr, monitor: *long, on: connect }
`;
    const { series } = policyOf(read(text));
    expect(series.map((one) => [one.name, one.type, one.on[0], one.monitor.windows])).toEqual([
      ['first', 'ip', 'rejection', 24],
      ['second', 'ip', 'auth_failure', 24],
      ['third', 'cidr', 'connect', 24],
    ]);
  });

  test('reports many mistakes at once, in order, and a repeated one once', () => {
    const text = `hindcast: 1
rulez: []
series:
  a: &a { type: ipp, monitor: "300,6", on: connect }
  b: *a
ignore: [1.2.3.4.5]
`;
    expect(mistakesIn(text)).toEqual([
      'key-unknown 2:1',
      'word-unknown 4:17',
      'network-wrong 6:10',
    ]);
  });

  test('is needed', () => {
    expect(mistakesIn('')).toEqual(['version-missing 1:1']);
    expect(mistakesIn('# nothing\n')).toEqual(['version-missing 1:1']);
    expect(mistakesIn('- hindcast: 1\n')).toEqual(['type-wrong 1:1']);
    expect(mistakesIn('hindcast: 3\nquotas: 1\n')).toEqual(['version-newer 1:11']);
    expect(mistakesIn('hindcast: 0\n')).toEqual(['type-wrong 1:11']);
  });

  test('does not blame a rule for a wrong monitor or series above it', () => {
    const text = `hindcast: 1
monitors: ["300"]
series: { bad: { type: ip } }
rules:
  - { name: a, count: bad, above: 1, windows: 0..99, per: address, then: tag }
  - { name: b, count: connections, monitor: "60,9", windows: 8, above: 1, per: address, then: tag }
`;
    expect(mistakesIn(text)).toEqual([
      'monitor-wrong 2:12',
      'setting-missing 3:18',
      'setting-missing 3:18',
    ]);
  });
});

describe('a series', () => {
  test('has defaults', () => {
    expect(seriesOf('{ type: ip, monitor: "300,12", on: rejection }')).toEqual({
      name: 'it',
      type: 'ip',
      monitor: { intervalMs: 300_000, windows: 12 },
      on: ['rejection'],
      where: [],
      key: 'ip',
      amount: 1,
      persist: false,
      serialize: false,
      replicate: 'none',
    });
  });

  test('takes every setting', () => {
    const series = seriesOf(
      `{ type: string, monitor: "60,5", on: [reception, bounce], key: sender, amount: recipients,
         persist: true, serialize: false }`,
    );
    expect(series).toMatchObject({
      type: 'string',
      on: ['reception', 'bounce'],
      key: 'sender',
      amount: 'recipients',
      persist: true,
      serialize: false,
    });
  });

  test.each([
    ['-3', -3],
    ['size', 'size'],
    ['9007199254740991', 9_007_199_254_740_991],
  ])('adds %s', (text, amount) => {
    expect(seriesOf(`{ type: cidr, monitor: "60,5", on: connect, amount: ${text} }`).amount).toBe(
      amount,
    );
  });

  test.each(['0', '1.5', 'line', '9007199254740993', '.inf', 'true'])('cannot add %s', (text) => {
    const policy = `hindcast: 1
series: { it: { type: ip, monitor: "60,5", on: connect, amount: ${text} } }
`;
    expect(mistakesIn(policy)).toHaveLength(1);
  });

  test.each(['ip', 'user', 'kind', 'verdict', 'helo', 'file'])('can be keyed by %s', (key) => {
    expect(seriesOf(`{ type: string, monitor: "60,5", on: connect, key: ${key} }`).key).toBe(key);
  });

  test.each(['time', 'line', 'size', 'recipients', 'colour'])('cannot be keyed by %s', (key) => {
    const policy = `hindcast: 1
series: { it: { type: string, monitor: "60,5", on: connect, key: ${key} } }
`;
    expect(mistakesIn(policy)).toHaveLength(1);
  });

  test('may count a kind that only a CSV brings, with a warning', () => {
    const text = 'hindcast: 1\nseries: { it: { type: ip, monitor: "60,5", on: virus_found } }\n';
    expect(policyOf(read(text)).series[0].on).toEqual(['virus_found']);
    expect(mistakesIn(text)).toEqual(['kind-unknown 2:48']);
  });

  test.each(['queued', 'removed', 'restart'])('cannot count %s', (kind) => {
    const text = `hindcast: 1\nseries: { it: { type: ip, monitor: "60,5", on: ${kind} } }\n`;
    expect(mistakesIn(text)).toEqual(['kind-internal 2:48']);
  });
});
