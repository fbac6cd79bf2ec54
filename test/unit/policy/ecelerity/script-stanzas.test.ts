// Goal: sieve and scriptlet stanzas name the scripts that a server with the same file would run.
// Method: stanzas in every form, in includes, twice, switched off and wrong.
import { describe, expect, test } from 'vitest';

import { SCRIPT_SLOTS } from '../../../../src/policy/script-slots.ts';
import { configurationOf, mistakesIn, read } from './reading.ts';

const FILES = { 'a.siv': 'one', 'b.siv': 'two', '/opt/c.siv': 'three' };
const AUDIT = 'inbound_audit { }\n';

/** `stanza slot file runtime-error` of every script. */
function scriptsOf(text: string, files: Readonly<Record<string, string>> = {}): string[] {
  const { scripts } = configurationOf(AUDIT + text, { ...FILES, ...files });
  return scripts.map((one) => `${one.stanza} ${one.slot} ${one.file} ${one.runtimeError}`);
}

function mistakes(text: string, files: Readonly<Record<string, string>> = {}): string[] {
  return mistakesIn(AUDIT + text, { ...FILES, ...files });
}

test('the slots are those of a session, in its order', () => {
  expect(SCRIPT_SLOTS).toHaveLength(18);
  expect(SCRIPT_SLOTS.slice(0, 3)).toEqual(['accept_phase1', 'accept_phase2', 'connect_phase1']);
  expect(SCRIPT_SLOTS.slice(-2)).toEqual(['set_binding_phase1', 'set_binding_phase2']);
});

describe('a sieve stanza', () => {
  test.each<[string, string[]]>([
    ['sieve { }', []],
    ['sieve "s" { script "data_phase1" { source = "a.siv" } }', ['s data_phase1 a.siv fail']],
    ['Sieve { Script data_phase1 { Source = a.siv } }', [' data_phase1 a.siv fail']],
    ['sieve { script = "data_phase1" { script = a.siv } }', [' data_phase1 a.siv fail']],
    ['sieve { script DATA_Phase2 = { source = a.siv } }', [' data_phase2 a.siv fail']],
    [
      'sieve = "s" { script ehlo_phase1 { source = "/opt/c.siv" } runtime_error = Continue }',
      ['s ehlo_phase1 /opt/c.siv continue'],
    ],
  ])('%s', (text, scripts) => {
    expect(scriptsOf(text)).toEqual(scripts);
    expect(mistakes(text)).toEqual([]);
  });

  test.each(SCRIPT_SLOTS)('has the slot %s', (slot) => {
    const text = `sieve { script ${slot} { source = a.siv } }`;
    expect(scriptsOf(text)).toEqual([` ${slot} a.siv fail`]);
  });

  test('keeps the order of stanzas, and that of a session inside one', () => {
    const script = (slot: string, file: string): string =>
      `script ${slot} { source = "${file}.siv" }`;
    const first = `sieve "z" { ${script('spool_phase1', 'a')} ${script('accept_phase2', 'b')} }`;
    const second = `sieve "a" { runtime_error = continue ${script('accept_phase1', 'a')} }`;
    expect(scriptsOf(`${first} ${second}`)).toEqual([
      'z accept_phase2 b.siv fail',
      'z spool_phase1 a.siv fail',
      'a accept_phase1 a.siv continue',
    ]);
  });

  test('is read over includes, with paths beside the file that names them', () => {
    const files = {
      'etc/sieve.conf': 'sieve "s" { include more }',
      'etc/more': 'script "data_phase1" { include source } runtime_error = continue',
      'etc/source': 'source = "x.siv"',
      'etc/x.siv': '',
    };
    const text = 'include "etc/sieve.conf"';
    expect(scriptsOf(text, files)).toEqual(['s data_phase1 etc/x.siv continue']);
    expect(mistakes(text, files)).toEqual([]);
  });

  test('has the text of each script', () => {
    const text = `${AUDIT} sieve { script data_phase1 { source = b.siv } }`;
    expect(configurationOf(text, FILES).scripts[0].text).toBe('two');
  });

  test('lets the later of two scripts count, and does not open the other', () => {
    const text = `sieve {
script data_phase1 { source = missing }
script DATA_PHASE1 { source = missing source = a.siv }
}`;
    expect(mistakes(text)).toEqual(['option-twice 4:8', 'option-twice 4:39']);
    expect(scriptsOf(text)).toEqual([' data_phase1 a.siv fail']);
  });

  test('counts beside another one of its name, with a warning', () => {
    const stanza = 'sieve { script data_phase1 { source = a.siv } }\n';
    expect(mistakes(stanza + stanza)).toEqual(['stanza-twice 3:1']);
    expect(scriptsOf(stanza + stanza)).toHaveLength(2);
  });

  test('is left out when it is switched off', () => {
    const text = 'sieve { script nonsense { } hook x { } enabled = off }';
    expect(mistakes(text)).toEqual(['stanza-disabled 2:40']);
    expect(scriptsOf(text)).toEqual([]);
  });

  test('keeps hooks, and opens none of them', () => {
    const text = 'sieve s { hook "x" { source = missing async = on pool = IO return = "1" } }';
    expect(mistakes(text)).toEqual(['hook-not-simulated 2:16']);
    expect(configurationOf(AUDIT + text).hooks).toEqual([
      { stanza: 's', name: 'x', path: 'missing', async: true, pool: 'IO', returns: '1' },
    ]);
  });
});

describe('a scriptlet stanza', () => {
  const scriptlet = (name: string): string => `script "${name}" { source = "policy.${name}" }`;

  test('keeps the names of its modules', () => {
    const text = `scriptlet "scriptlet" { gc_pause = 100 ${scriptlet('a')} include more }
scriptlet "scriptlet" { ${scriptlet('b')} }`;
    const files = { more: scriptlet('c') };
    expect(mistakes(text, files)).toEqual([]);
    expect(configurationOf(AUDIT + text, files).scriptlets).toEqual([
      { name: 'a', source: 'policy.a' },
      { name: 'c', source: 'policy.c' },
      { name: 'b', source: 'policy.b' },
    ]);
  });

  test.each(['scriptlet "scriptlet" { }', 'scriptlet { script_ttl = 300 }'])('%s', (text) => {
    expect(mistakes(text)).toEqual([]);
  });

  test('is left out when it is switched off', () => {
    const text = `scriptlet { enabled = false ${scriptlet('a')} }`;
    expect(mistakes(text)).toEqual(['stanza-disabled 2:13']);
    expect(configurationOf(AUDIT + text).scriptlets).toEqual([]);
  });
});

describe('what is wrong', () => {
  test.each<[string, string[]]>([
    ['sieve { script { source = a.siv } }', ['name-missing 2:9']],
    ['sieve { script "" { source = a.siv } }', ['name-missing 2:9']],
    ['sieve { script data { source = a.siv } }', ['slot-unknown 2:16']],
    ['sieve { script data_phase3 { source = missing } }', ['slot-unknown 2:16']],
    ['sieve { script data_phase1 { } }', ['source-missing 2:9']],
    ['sieve { script data_phase1 { source = ( a.siv ) } }', ['type-wrong 2:39']],
    ['sieve { script data_phase1 { source = d } }', ['script-unreadable 2:39']],
    ['sieve { script data_phase1 = a.siv }', ['token-unexpected 2:30']],
    ['sieve { script = a.siv }', ['option-unknown 2:9']],
    ['sieve { runtime_error { } }', ['option-unknown 2:9']],
    ['sieve { debug_level = info }', ['option-unknown 2:9']],
    ['sieve { runtime_error = stop }', ['type-wrong 2:25']],
    ['sieve { cache_size = -1 cache_life = 1.5 }', ['type-wrong 2:22', 'type-wrong 2:38']],
    ['sieve { include missing }', ['include-unreadable 2:17']],
    ['sieve { hook { source = a } }', ['name-missing 2:9']],
    ['sieve { hook x { async = on } }', ['source-missing 2:9']],
    [
      'sieve { hook x { source = a async = maybe return = ( ) } }',
      ['hook-not-simulated 2:14', 'type-wrong 2:37', 'type-wrong 2:52'],
    ],
    [
      'scriptlet { script { source = a } script x { } }',
      ['name-missing 2:13', 'source-missing 2:35'],
    ],
  ])('%s', (text, expected) => {
    expect(mistakes(text)).toEqual(expected);
  });

  test.each(['/gone.siv', 'gone.siv'])('of the path %s is shown where it stands', (path) => {
    const text = `${AUDIT}sieve { script data_phase1 { source = "${path}" } }`;
    const { diagnostics } = read(text, FILES);
    expect(diagnostics.map(({ hint }) => hint)).toEqual([
      path.startsWith('/') ? 'look elsewhere' : undefined,
    ]);
  });
});
