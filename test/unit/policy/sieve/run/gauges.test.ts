// Goal: gauge caches and cluster caches keep their entries as long as they are told to.
// Method: scripts that are run at moments that are told, their answers written down by hand.
import { expect, test } from 'vitest';

import { NOON_MS } from '../../../../builders/event-batches.ts';
import { runScript, ScriptStand, xOf } from '../../../../builders/script-run.ts';

function answers(script: string, seconds: readonly number[]): unknown[] {
  const stand = new ScriptStand(script);
  return seconds.map((at) => {
    const { variables, failure } = stand.run({ timeMs: NOON_MS + at * 1000 });
    expect(failure).toBeUndefined();
    return variables['x'];
  });
}

const INC = `ec_gauge_cache_init "c" 10 300; ec_gauge_cache_inc "c" "k";
  $x = ec_gauge_cache_get "c" "k";`;

test.each([
  ['counts', [0, 1, 2], ['1', '2', '3']],
  ['lives as long as it is changed', [0, 299, 598], ['1', '2', '3']],
  ['dies a time to live after its last change', [0, 299, 599], ['1', '2', '1']],
])('a gauge %s', (_, seconds, expected) => {
  expect(answers(INC, seconds)).toEqual(expected);
});

test('reading is no change', () => {
  const script = `ec_gauge_cache_init "c" 10 300; $x = ec_gauge_cache_get "c" "k";
    if ec_test :is $x "0" { ec_gauge_cache_inc "c" "k"; }`;
  expect(answers(script, [0, 200, 300])).toEqual(['0', '1', '0']);
});

test.each([
  ['a missing key', '', '0'],
  ['a key that dec makes', 'ec_gauge_cache_dec "c" "k";', '-1'],
  ['another key', 'ec_gauge_cache_inc "c" "other";', '0'],
  ['up and down', 'ec_gauge_cache_inc "c" "k"; ec_gauge_cache_dec "c" "k";', '0'],
])('%s reads', (_, before, expected) => {
  const script = `ec_gauge_cache_init "c" 10 300 1; ${before} $x = ec_gauge_cache_get "c" "k";`;
  expect(xOf(script)).toBe(expected);
});

test('of more entries than there is room for the one leaves that was not used for longest', () => {
  const { variables } = runScript(`ec_gauge_cache_init "c" 2 300;
    ec_gauge_cache_inc "c" "a"; ec_gauge_cache_inc "c" "b"; $a = ec_gauge_cache_get "c" "a";
    ec_gauge_cache_inc "c" "d"; $b = ec_gauge_cache_get "c" "b"; $a = ec_gauge_cache_get "c" "a";`);
  expect(variables).toEqual({ a: '1', b: '0' });
});

test('a time to live of 0 is for ever', () => {
  const script = `ec_gauge_cache_init "c" 10 0; ec_gauge_cache_inc "c" "k";
    $x = ec_gauge_cache_get "c" "k";`;
  expect(answers(script, [0, 1e6])).toEqual(['1', '2']);
});

test('a cache keeps its first limits, and one that was not made is told', () => {
  const other = runScript('ec_gauge_cache_init "c" 2 300; ec_gauge_cache_init "c" 3 300;');
  expect(other.notes).toEqual(['doubt 1: the cache has other limits already, which stay']);
  const unknown = runScript('ec_gauge_cache_inc "c" "k"; $x = ec_gauge_cache_get "c" "k";');
  expect(unknown.variables['x']).toBe('0');
  expect(unknown.notes).toHaveLength(2);
});

test.each([
  ['ec_gauge_cache_init "c" 0 300;', 'max must be'],
  ['$m = "many"; ec_gauge_cache_init "c" $m 300;', 'is no number'],
  ['$t = "-1"; ec_gauge_cache_init "c" 1 $t;', 'ttl must be'],
  ['ec_gauge_cache_init "c" 1 300 "all";', "replicate 'all' is no number"],
])('%s is a runtime error', (script, expected) => {
  expect(runScript(script).failure).toContain(expected);
});

const SET = `$x = ec_cluster_cache_get "c" "k";
  if ec_test :is $x "" { ec_cluster_cache_set "c" "k" "v" "TTL"; }`;

test.each([
  ['90', [0, 89, 90], ['', 'v', '']],
  ['5M', [0, 299, 300], ['', 'v', '']],
  ['2h', [0, 7199, 7200], ['', 'v', '']],
  ['0', [0, 1e6], ['', 'v']],
])('a cluster cache keeps a value for %s', (ttl, seconds, expected) => {
  expect(answers(SET.replace('TTL', ttl), seconds)).toEqual(expected);
});

test('values of a cluster cache without a time to live stay; caches have names', () => {
  expect(answers(SET.replace(' "TTL"', ''), [0, 1e6])).toEqual(['', 'v']);
  const script = 'ec_cluster_cache_set "c" "k" 7; $x = ec_cluster_cache_get "d" "k";';
  expect(xOf(script)).toBe('');
});

test.each([
  ['ec_cluster_cache_set "c" "k";', 'takes name, key, value and ttl'],
  ['ec_cluster_cache_set "c" "k" "v" "soon";', 'is no time to live'],
  ['$x = ec_cluster_cache_get "c";', 'takes name and key'],
])('%s is a runtime error', (script, expected) => {
  expect(runScript(script).failure).toContain(expected);
});
