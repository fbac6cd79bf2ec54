// Goal: what a cluster replicates and journals is kept as it is written, and the rest is listed.
// Method: stanzas in every form, in includes, twice, switched off and wrong.
import { describe, expect, test } from 'vitest';

import type { AsLogger } from '../../../../src/policy/ecelerity/logger-stanza.ts';
import { configurationOf, mistakesIn, read } from './reading.ts';

const AUDIT = 'inbound_audit { }\n';
const mistakes = (text: string, files?: Readonly<Record<string, string>>): string[] =>
  mistakesIn(AUDIT + text, files);

const replicasOf = (text: string, files?: Readonly<Record<string, string>>): unknown =>
  configurationOf(AUDIT + text, files).cluster?.replicas;

const inbound = { name: 'inbound_cidr', type: 'inbound_cidr', parameters: [] };

describe('a cluster stanza', () => {
  test.each<[string, unknown]>([
    ['', undefined],
    ['cluster { }', []],
    ['cluster "one" { logs = [ a = b ] Topology "" { } }', []],
    ['cluster { Replicate "inbound_cidr" { } }', [inbound]],
    ['cluster { Replicate = "inbound_cidr" {} }', [inbound]],
    ['cluster { REPLICATE Inbound_CIDR {} }', [{ ...inbound, name: 'Inbound_CIDR' }]],
    [
      'cluster { replicate metrics { parameters = "Connect; rejection;;connect" max_delay = 1.0 } }',
      [
        {
          name: 'metrics',
          type: 'metrics',
          parameters: ['connect', 'rejection'],
          maxDelayMs: 1000,
        },
      ],
    ],
    [
      'cluster { Replicate OBTM { max_pending = 0 max_delay = 0.25 } } cluster { Replicate obtc { } }',
      [
        { name: 'OBTM', type: 'OBTM', parameters: [], maxDelayMs: 250, maxPending: 0 },
        { name: 'obtc', type: 'OBTC', parameters: [] },
      ],
    ],
    [
      'cluster { Replicate a { type = Cache max_size = -1 } Replicate b { class = "outbound_cidr" binding_group = "one" } }',
      [
        { name: 'a', type: 'cache', parameters: [] },
        { name: 'b', type: 'outbound_cidr', parameters: [] },
      ],
    ],
    [
      'cluster { Replicate metrics { class = cache type = eccmgr_metrics max_size = 2147483647 } }',
      [{ name: 'metrics', type: 'eccmgr_metrics', parameters: [] }],
    ],
  ])('%s', (text, replicas) => {
    expect(replicasOf(text)).toEqual(replicas);
    expect(mistakes(text)).toEqual([]);
  });

  test('lets the later of two with one name count', () => {
    const text = 'cluster { Replicate OBTM { } Replicate "obtm" { max_delay = 1 } }';
    expect(mistakes(text)).toEqual(['option-twice 2:40']);
    expect(replicasOf(text)).toEqual([
      { name: 'obtm', type: 'OBTM', parameters: [], maxDelayMs: 1000 },
    ]);
  });

  test('is read over includes', () => {
    const files = { a: 'Replicate metrics { include b }', b: 'parameters = reception' };
    expect(replicasOf('cluster { include a }', files)).toEqual([
      { name: 'metrics', type: 'metrics', parameters: ['reception'] },
    ]);
  });

  test('that is switched off is none', () => {
    const off = 'cluster { enabled = off Replicate metrics { } }';
    expect(replicasOf(off)).toBeUndefined();
    expect(replicasOf(`${off} cluster { Replicate inbound_cidr {} }`)).toEqual([inbound]);
  });

  test('whose words are unknown goes on with the known ones', () => {
    const text =
      'cluster { Replicate metrics { type = metric parameters = "connect;connections" } Replicate x { } }';
    expect(mistakes(text)).toEqual([
      'word-unknown 2:38',
      'word-unknown 2:58',
      'replica-unknown 2:92',
    ]);
    expect(replicasOf(text)).toEqual([
      { name: 'metrics', type: 'metrics', parameters: ['connect'] },
      { name: 'x', parameters: [] },
    ]);
  });
});

const loggerOf = (text: string): AsLogger | undefined => configurationOf(AUDIT + text).asLogger;

describe('an as_logger stanza', () => {
  const minute = { logIntervalMs: 60_000, includeByDefault: false, include: [], exclude: [] };

  test.each<[string, unknown]>([
    ['', undefined],
    ['as_logger { log_interval = 60 }', minute],
    [
      'as_logger "a" { log_interval = 60 base_dir = "/a" series_include_default = ALL }',
      { ...minute, baseDir: '/a', includeByDefault: true },
    ],
    [
      String.raw`as_logger { log_interval = 60 series_include_default = none series_include = ( "^a" "\d" ) }`,
      { ...minute, include: ['^a', String.raw`\d`] },
    ],
    [
      'as_logger { log_interval = 60 series_include_default = all series_exclude = x }',
      { ...minute, includeByDefault: true, exclude: ['x'] },
    ],
  ])('%s', (text, logger) => {
    expect(loggerOf(text)).toEqual(logger);
    expect(mistakes(text)).toEqual([]);
  });

  test('counts as the last of several', () => {
    const text = 'as_logger { log_interval = 1 }\nas_logger { log_interval = 2 }';
    expect(mistakes(text)).toEqual(['stanza-twice 3:1']);
    expect(loggerOf(text)?.logIntervalMs).toBe(2000);
  });
});

describe('what is wrong', () => {
  test.each<[string, string[]]>([
    ['cluster { Replicate { } }', ['name-missing 2:11']],
    ['cluster { Replicate = metrics }', ['option-unknown 2:11']],
    ['cluster { Replicate OBTM { b = c } }', ['option-unknown 2:28']],
    ['cluster { Replicate OBTM { parameters = ( b ) } }', ['type-wrong 2:41']],
    ['cluster { Replicate a { type = ( cache ) } }', ['type-wrong 2:32']],
    [
      'cluster { Replicate OBTM { max_delay = 1s max_pending = 1.5 max_size = -0 } }',
      ['type-wrong 2:40', 'type-wrong 2:57', 'type-wrong 2:72'],
    ],
    ['cluster { Replicate OBTM { max_delay = 86401 } }', ['type-wrong 2:40']],
    ['cluster { Replicate OBTM { max_pending = -1 } }', ['type-wrong 2:42']],
    [
      'cluster { Replicate a { } Replicate a { } }',
      ['replica-unknown 2:21', 'option-twice 2:37', 'replica-unknown 2:37'],
    ],
    ['cluster { enabled = off Replicate { } }', ['stanza-disabled 2:11']],
    ['as_logger { }', ['interval-missing 2:1']],
    ['as_logger { log_intervall = 60 }', ['interval-missing 2:1', 'option-unknown 2:13']],
    ['as_logger { log_interval = 0 }', ['type-wrong 2:28']],
    [
      'as_logger { log_interval = 1 series_include_default = some series_exclude = a }',
      ['type-wrong 2:55'],
    ],
    ['as_logger { log_interval = 1 series_include = [ a = b ] }', ['type-wrong 2:47']],
    [
      'as_logger { log_interval = 1 series_exclude = ( a ( b ) ) }',
      ['option-idle 2:30', 'type-wrong 2:47'],
    ],
    ['as_logger { log_interval = 1 series_include = ( "a" "[b" ) }', ['pattern-wrong 2:53']],
    [
      'as_logger { log_interval = 1 series_include_default = all series_include = a }',
      ['option-idle 2:59'],
    ],
    ['as_logger { enabled = 0 log_interval = x }', ['stanza-disabled 2:13']],
  ])('%s', (text, expected) => {
    expect(mistakes(text)).toEqual(expected);
  });
});

describe('other stanzas', () => {
  test('are listed with their numbers, by first appearance', () => {
    const text = 'B { x { } } a b { } inbound_audit { } sieve { } include more';
    const { skipped } = configurationOf(text, { more: 'A { } __proto__ { } c = d' });
    expect([...skipped]).toEqual([
      ['b', 1],
      ['a', 2],
      ['__proto__', 1],
    ]);
  });

  test('keep what they include to themselves', () => {
    expect(read('cluster2 { include missing } inbound_audit { }').diagnostics).toEqual([]);
  });
});
