// Goal: the inbound_audit stanza says what a server that reads the same file would do.
// Method: stanzas in every form, alone, in includes, twice and beside others.
import { describe, expect, test } from 'vitest';

import { mistakesIn, read, settingsOf } from './reading.ts';

const MONITORS = ['300,6', '1800,4'];

describe('a stanza', () => {
  test.each<[string, Record<string, unknown>]>([
    ['inbound_audit { }', {}],
    ['inbound_audit { monitors = ( "300,6" "1800,4" ) }', { monitors: MONITORS }],
    ['inbound_audit "first" { monitors = ( "300,6" "1800,4" ) }', { monitors: MONITORS }],
    ['Inbound_Audit = { MONITORS = ( 300,6, 1800,4 ) }', { monitors: MONITORS }],
    ['inbound_audit { monitors = " 300 , 6 " }', { monitors: ['300,6'] }],
    ['inbound_audit { monitors = ( 60,1 60,1 ) }', { monitors: ['60,1'] }],
    ['inbound_audit { maintenance_interval = 1 }', { intervalMs: 1000 }],
    ['inbound_audit { maintenance_interval = "31622400" }', { intervalMs: 31_622_400_000 }],
    [
      'inbound_audit { log_dir = "/a b" serialize_dir = c enabled = 1 }',
      { logDir: '/a b', serializeDir: 'c' },
    ],
    ['a { inbound_audit { log_dir = x } } inbound_audit { log_dir = y }', { logDir: 'y' }],
    ['inbound_audit { log_dir = a } inbound_audit "b" { LOG_DIR = "a" }', { logDir: 'a' }],
    ['outbound_audit { monitors = wrong } inbound_audit { }', {}],
  ])('%s', (text, settings) => {
    expect(settingsOf(text)).toEqual(settings);
    expect(mistakesIn(text)).toEqual([]);
  });

  test.each(['on', 'TRUE', 'enabled', '1'])('is enabled by %s', (word) => {
    expect(mistakesIn(`inbound_audit { enabled = ${word} }`)).toEqual([]);
  });

  test.each(['off', 'False', 'disabled', '0'])('disabled by %s only warns', (word) => {
    const text = `inbound_audit { log_dir = a enabled = ${word} }`;
    expect(mistakesIn(text)).toEqual(['audit-disabled 1:29']);
    expect(settingsOf(text)).toEqual({ logDir: 'a' });
  });

  test('counts the later of two options and warns', () => {
    const text = 'inbound_audit { monitors = 60,1\nMonitors = ( "300,6" ) }';
    expect(mistakesIn(text)).toEqual(['option-twice 2:1']);
    expect(settingsOf(text)).toEqual({ monitors: ['300,6'] });
  });
});

describe('includes', () => {
  test('stand for the statements of their files, in order', () => {
    const files = {
      'etc/20.conf': 'inbound_audit { include "../options" }',
      'etc/10.conf': '# first',
      options: 'log_dir = a',
    };
    expect(settingsOf('include etc', files)).toEqual({ logDir: 'a' });
    expect([...read('include etc', files).texts.keys()]).toEqual([
      'main.conf',
      'etc/10.conf',
      'etc/20.conf',
      'options',
    ]);
  });

  test('are looked for beside the file that names them', () => {
    const files = { 'a/one': 'include two', 'a/two': 'inbound_audit { }', two: '}' };
    expect(mistakesIn('include "a/one"', files)).toEqual([]);
  });

  test('of other stanzas are not read', () => {
    const text = 'Domain example.org { include missing } inbound_audit { }';
    expect(mistakesIn(text)).toEqual([]);
    expect(read(text).texts.size).toBe(1);
  });

  test('may come twice, but never in a circle', () => {
    expect(mistakesIn('include a include a inbound_audit { }', { a: '' })).toEqual([]);
    const circle = { a: 'include b', b: '\ninclude a' };
    expect(mistakesIn('include a inbound_audit { }', circle)).toEqual(['include-circle b:2:9']);
    expect(mistakesIn('inbound_audit { } include "main.conf"')).toEqual(['include-circle 1:27']);
  });

  test('have mistakes of their own, behind those of the main file', () => {
    const files = { a: 'inbound_audit {\n monitors = 6 }', b: '}' };
    expect(mistakesIn('include a include b\nc = /d', files)).toEqual([
      'quote-missing 2:5',
      'monitor-wrong a:2:13',
      'bracket-stray b:1:1',
    ]);
  });
});

test.each(['', 'a { inbound_audit { } }', 'inbound_audit = 5'])('may be missing: %s', (text) => {
  const { configuration, diagnostics } = read(text);
  expect(configuration?.skipped).toBeDefined();
  expect(configuration?.audit).toBeUndefined();
  expect(diagnostics).toEqual([]);
});

describe('what is wrong', () => {
  test.each<[string, string[]]>([
    ['inbound_audit { log_dir = a }\ninbound_audit { log_dir = b }', ['audit-differs 2:1']],
    ['inbound_audit { monitors = 60,1 }\ninbound_audit { }', ['audit-differs 2:1']],
    ['inbound_audit { monitors = ( ) }', ['list-empty 1:28']],
    ['inbound_audit { monitors = ( "300;6" 0,6 ) }', ['monitor-wrong 1:30', 'monitor-wrong 1:38']],
    ['inbound_audit { monitors = [ a = b ] }', ['monitor-wrong 1:28']],
    ['inbound_audit { maintenance_interval = 0 }', ['type-wrong 1:40']],
    ['inbound_audit { maintenance_interval = 31622401 }', ['type-wrong 1:40']],
    ['inbound_audit { maintenance_interval = 5m }', ['type-wrong 1:40']],
    ['inbound_audit { maintenance_interval = 1.5 }', ['type-wrong 1:40']],
    ['inbound_audit { maintenance_interval = ( 300 ) }', ['type-wrong 1:40']],
    ['inbound_audit { log_dir = ( a ) enabled = maybe }', ['type-wrong 1:27', 'type-wrong 1:43']],
    ['inbound_audit { monitors { } }', ['option-unknown 1:17']],
  ])('%s', (text, mistakes) => {
    expect(mistakesIn(text)).toEqual(mistakes);
  });
});
