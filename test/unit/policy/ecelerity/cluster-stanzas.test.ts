// Goal: what a cluster replicates and journals is kept as it is written, and the rest is listed.
// Method: stanzas in every form, in includes, twice, switched off and wrong.
import { describe, expect, test } from 'vitest';

import type { AsLogger } from '../../../../src/policy/ecelerity/logger-stanza.ts';
import { configurationOf, mistakesIn, read } from './reading.ts';

const AUDIT = 'inbound_audit { }\n';
const mistakes = (text: string, files?: Readonly<Record<string, string>>): string[] =>
  mistakesIn(AUDIT + text, files);

describe('a cluster stanza', () => {
  test.each<[string, unknown[]]>([
    ['cluster { }', []],
    ['cluster "one" { logs = [ a = b ] Topology "" { } }', []],
    ['cluster { Replicate "inbound_cidr" { } }', [{ name: 'inbound_cidr', parameters: [] }]],
    ['cluster { Replicate = "inbound_cidr" {} }', [{ name: 'inbound_cidr', parameters: [] }]],
    [
      'cluster { replicate metrics { parameters = "connect; rejection;" max_delay = 1.0 } }',
      [{ name: 'metrics', parameters: ['connect', 'rejection'], maxDelayMs: 1000 }],
    ],
    [
      'cluster { Replicate a { max_pending = 0 max_delay = 0.25 } } cluster { Replicate b { } }',
      [
        { name: 'a', parameters: [], maxDelayMs: 250, maxPending: 0 },
        { name: 'b', parameters: [] },
      ],
    ],
  ])('%s', (text, replicas) => {
    expect(configurationOf(AUDIT + text).replicas).toEqual(replicas);
    expect(mistakes(text)).toEqual([]);
  });

  test('lets the later of two with one name count', () => {
    const text = 'cluster { Replicate a { } Replicate "a" { parameters = x } }';
    expect(mistakes(text)).toEqual(['option-twice 2:37']);
    expect(configurationOf(AUDIT + text).replicas).toEqual([{ name: 'a', parameters: ['x'] }]);
  });

  test('is read over includes', () => {
    const files = { a: 'Replicate x { include b }', b: 'parameters = y' };
    const { replicas } = configurationOf(`${AUDIT}cluster { include a }`, files);
    expect(replicas).toEqual([{ name: 'x', parameters: ['y'] }]);
  });
});

const loggerOf = (text: string): AsLogger | undefined => configurationOf(AUDIT + text).asLogger;

describe('an as_logger stanza', () => {
  const nothing = { includeByDefault: false, include: [], exclude: [] };

  test.each<[string, unknown]>([
    ['', undefined],
    ['as_logger { }', nothing],
    [
      'as_logger "a" { log_interval = 60 base_dir = "/a" series_include_default = ALL }',
      { ...nothing, logIntervalMs: 60_000, baseDir: '/a', includeByDefault: true },
    ],
    [
      String.raw`as_logger { series_include_default = none series_include = ( "^a" "\d" ) series_exclude = x }`,
      { ...nothing, include: ['^a', String.raw`\d`], exclude: ['x'] },
    ],
  ])('%s', (text, logger) => {
    expect(loggerOf(text)).toEqual(logger);
    expect(mistakes(text)).toEqual([]);
  });

  test('counts as the last of several', () => {
    const text = 'as_logger { base_dir = a }\nas_logger { base_dir = b }';
    expect(mistakes(text)).toEqual(['stanza-twice 3:1']);
    expect(loggerOf(text)?.baseDir).toBe('b');
  });
});

describe('what is wrong', () => {
  test.each<[string, string[]]>([
    ['cluster { Replicate { } }', ['name-missing 2:11']],
    ['cluster { Replicate = metrics }', ['option-unknown 2:11']],
    ['cluster { Replicate a { b = c } }', ['option-unknown 2:25']],
    ['cluster { Replicate a { parameters = ( b ) } }', ['type-wrong 2:38']],
    [
      'cluster { Replicate a { max_delay = 1s max_pending = 1.5 } }',
      ['type-wrong 2:37', 'type-wrong 2:54'],
    ],
    ['cluster { Replicate a { max_delay = 86401 } }', ['type-wrong 2:37']],
    ['cluster { enabled = off Replicate { } }', ['stanza-disabled 2:11']],
    ['as_logger { log_intervall = 60 }', ['option-unknown 2:13']],
    ['as_logger { log_interval = 0 }', ['type-wrong 2:28']],
    ['as_logger { series_include_default = some }', ['type-wrong 2:38']],
    ['as_logger { series_include = [ a = b ] }', ['type-wrong 2:30']],
    ['as_logger { series_exclude = ( a ( b ) ) }', ['type-wrong 2:30']],
    ['as_logger { series_exclude = ( "a" "[b" ) }', ['pattern-wrong 2:36']],
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
