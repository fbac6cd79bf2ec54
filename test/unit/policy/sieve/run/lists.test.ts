// Goal: lists of networks are read in rbldnsd's format, and scripts ask them about addresses.
// Method: one list with every form of a line; addresses at the edges of each network.
import { expect, test } from 'vitest';

import { parseNetwork } from '../../../../../src/model/address.ts';
import { parseNetworkList } from '../../../../../src/policy/momentum/rbldnsd.ts';
import { holds, runScript, ScriptStand, type Outcome } from '../../../../builders/script-run.ts';

/** `A|TXT` of an address in a list, `-` where it is not listed. */
function saidOf(list: string, address: string): string {
  const network = parseNetwork(address)!;
  const entry = parseNetworkList(list).entries.find(network.family, network.words, 0);
  return entry?.a === undefined ? '-' : `${entry.a}|${entry.txt}`;
}

test.each([
  ['192.0.2.7', ['192.0.2.7'], ['192.0.2.6', '192.0.2.8']],
  ['192.0.2', ['192.0.2.0', '192.0.2.255'], ['192.0.1.255', '192.0.3.0']],
  ['192.0.2.0/24', ['192.0.2.0', '192.0.2.255'], ['192.0.1.255', '192.0.3.0']],
  ['192.0.2/25', ['192.0.2.0', '192.0.2.127'], ['192.0.2.128']],
  ['192.0.2.77/26', ['192.0.2.64', '192.0.2.127'], ['192.0.2.63', '192.0.2.128']],
  ['192.0.2.10-192.0.2.20', ['192.0.2.10', '192.0.2.20'], ['192.0.2.9', '192.0.2.21']],
  ['192.0.2.10-20', ['192.0.2.10', '192.0.2.20'], ['192.0.2.9', '192.0.2.21']],
  ['198.18-19', ['198.18.0.0', '198.19.255.255'], ['198.17.255.255', '198.20.0.0']],
  ['192.0.2.128-192.0.3', ['192.0.2.128', '192.0.3.255'], ['192.0.2.127', '192.0.4.0']],
  ['0.0.0.0/0', ['0.0.0.0', '255.255.255.255'], ['2001:db8::1']],
  ['0-255', ['0.0.0.0', '255.255.255.255'], ['2001:db8::1']],
  ['2001:db8::/32', ['2001:db8::', '2001:db8:ffff::1'], ['2001:db9::', '192.0.2.1']],
  ['2001:db8::7', ['2001:db8::7'], ['2001:db8::8']],
  ['::1', ['::1'], ['::2']],
])('the line %s', (line, inside, outside) => {
  for (const address of inside) expect(saidOf(line, address)).toBe('127.0.0.2|');
  for (const address of outside) expect(saidOf(line, address)).toBe('-');
});

const LIST = `\uFEFF# a comment
; another one
$SOA 3600 ns.example.com admin.example.com 0 1h 1h 1h 1h

192.0.2.1
:3:relay $
192.0.2.2
192.0.2.3 own text
192.0.2.4 :4:
192.0.2.5 ::only text
192.0.2.6 :127.0.1.9:both: https://example.com/?$
192.0.2.7 # as by default
192.0.2.8;as by default
:127.0.0.5
192.0.2.9
198.51.100.0/24
!198.51.100.8/29
198.51.100.10 :10:inside
! 203.0.113.1
203.0.113.0/24
203.0.113.1 listed
203.0.113.0/24 second
`;

test.each([
  ['192.0.2.1', '127.0.0.2|'],
  ['192.0.2.2', '127.0.0.3|relay $'],
  ['192.0.2.3', '127.0.0.3|own text'],
  ['192.0.2.4', '127.0.0.4|relay $'],
  ['192.0.2.5', '127.0.0.3|only text'],
  ['192.0.2.6', '127.0.1.9|both: https://example.com/?$'],
  ['192.0.2.7', '127.0.0.3|relay $'],
  ['192.0.2.8', '127.0.0.3|relay $'],
  ['192.0.2.9', '127.0.0.5|'],
  ['198.51.100.7', '127.0.0.5|'],
  ['198.51.100.8', '-'],
  ['198.51.100.10', '127.0.0.10|inside'],
  ['198.51.100.16', '127.0.0.5|'],
  ['203.0.113.1', '-'],
  ['203.0.113.2', '127.0.0.5|'],
])('the longest network tells of %s: %s', (address, expected) => {
  expect(parseNetworkList(LIST).badLines).toEqual([]);
  expect(saidOf(LIST, address)).toBe(expected);
  expect(saidOf(LIST.replaceAll('\n', '\r\n'), address)).toBe(expected);
});

test.each([
  'example.com',
  '192.0.2.256',
  '192.0.2.0/33',
  '192.0.2.9-192.0.2.8',
  '192.0.2.0.1',
  '2001:db8::/129',
  '192.0.2.1 :300:',
  '192.0.2.1 :1.2.3.4.5:',
  ':x:',
  '!',
  '192.0.2.1/',
  '-',
])('the line %s is bad', (line) => {
  expect(parseNetworkList(`192.0.2.1\n${line}\n192.0.2.2`).badLines).toEqual([2]);
});

/** A script that defines list `l` with the keys given. */
function defined(keys: Readonly<Record<string, string>>): string {
  const all = { cidrname: 'l', dstype: 'rbldnsd', query: '/lists/l.txt?want=txt', ...keys };
  const sets = Object.entries(all).map(([key, value]) => `hash_set $h "${key}" "${value}";`);
  return `$h = hash_create; ${sets.join(' ')} define_cidr $h;`;
}

const FILES = {
  '/lists/l.txt': '192.0.2.0/24 :9:see $\n198.51.100.1 :8:\nworse\n2001:db8::/32 :7:six',
};

function run(script: string, ip = '192.0.2.7'): Outcome {
  return runScript(script, { ip }, { files: FILES });
}

test.each([
  ['192.0.2.7', {}, 'true'],
  ['203.0.113.1', {}, 'false'],
  ['192.0.2.7', { type: 'value' }, 'see $'],
  ['192.0.2.7', { type: 'value', interpolate: 'true' }, 'see 192.0.2.7'],
  ['2001:db8::1', { type: 'value' }, 'six'],
  ['192.0.2.7', { type: 'value', query: '/lists/l.txt?want=a' }, '127.0.0.9'],
  ['192.0.2.7', { type: 'value', query: 'file:///lists/l.txt?want=a' }, '127.0.0.9'],
  ['198.51.100.1', { type: 'value' }, ''],
  ['198.51.100.1', { type: 'value', default_value: 'none' }, 'none'],
  ['203.0.113.1', { type: 'value', default_value: 'none' }, ''],
])('query_cidr of %s with %o is %s', (ip, keys, expected) => {
  const { variables, failure } = run(`${defined(keys)} $x = query_cidr "l";`, ip);
  expect(failure).toBeUndefined();
  expect(variables['x']).toBe(expected);
});

test.each([
  ['check_cidr "l"', {}, true],
  ['check_cidr "l" :ip "203.0.113.1"', {}, false],
  ['check_cidr "l" :ip "2001:db8::1"', {}, true],
  // As the manual says of lists with values.
  ['check_cidr "l"', { type: 'value' }, false],
])('%s of a list with %o is %s', (condition, keys, expected) => {
  const script = `${defined(keys)} $x = "no"; if ${condition} { $x = "yes"; }`;
  expect(run(script).variables['x']).toBe(expected ? 'yes' : 'no');
});

test(':ip asks of another address than the peer', () => {
  const script = `${defined({ type: 'value' })} $x = query_cidr :ip "2001:db8::1" "l";`;
  expect(run(script).variables['x']).toBe('six');
});

test('a file is read once, and its bad lines are told once', () => {
  let reads = 0;
  const files = {
    get '/lists/l.txt'() {
      reads++;
      return FILES['/lists/l.txt'];
    },
  };
  const stand = new ScriptStand(`${defined({})} reload_cidr "l"; $x = query_cidr "l";`, { files });
  expect(stand.run().notes).toEqual(['doubt 1: 1 line is no entry of a list, the first is line 3']);
  const again = stand.run({ ip: '203.0.113.1' });
  expect(again.notes).toEqual([]);
  expect(again.variables['x']).toBe('false');
  expect(reads).toBe(1);
});

test('a list can be defined anew', () => {
  const files = { ...FILES, '/lists/m.txt': '203.0.113.0/24' };
  const script = `${defined({})} ${defined({ query: '/lists/m.txt' })} $x = query_cidr "l";`;
  expect(runScript(script, {}, { files }).variables['x']).toBe('false');
  const other = `${defined({})} ${defined({ type: 'value' })} $x = query_cidr "l";`;
  expect(run(other).variables['x']).toBe('see $');
  const third = `${defined({ type: 'value' })} ${defined({ type: 'value', interpolate: 'true' })}
    $x = query_cidr "l";`;
  expect(run(third).variables['x']).toBe('see 192.0.2.7');
});

test('data sources are not simulated', () => {
  const direct = run('define_cidr "l" "db" "SELECT cidr FROM l"; $x = query_cidr "l";');
  expect(direct.variables['x']).toBe('false');
  expect(direct.notes[0]).toBe('not-simulated 1: a list from a data source: empty');
  expect(direct.notes).toHaveLength(2);
  const layered = run(`${defined({ dstype: 'dslayer', type: 'value' })} $x = query_cidr "l";`);
  expect(layered.variables['x']).toBe('');
  expect(layered.notes).toHaveLength(2);
});

test('what cannot be answered does not match, and is told', () => {
  expect(holds('check_cidr "l"')).toBe(false);
  const script = `${defined({})} if check_cidr "l" :ip "x" { stop; }`;
  const odd = run(script.replace('"x"', '"${y}"').replace('if', '$y = "host"; if'));
  expect(odd.notes.at(-1)).toBe('doubt 1: :ip is no address: no match');
});

test.each([
  [defined({ query: '/lists/missing.txt' }), "define_cidr '/lists/missing.txt': no such file"],
  [defined({ type: 'value', query: '/lists/l.txt' }), 'must end with ?want=a or ?want=txt'],
  [defined({ cidrname: '' }), 'cidrname is empty'],
  ['define_cidr "l";', 'is no hash'],
  ['define_cidr "l" "f";', 'takes a hash, or name, datasource and query'],
])('%s is a runtime error', (script, expected) => {
  expect(run(script).failure).toContain(expected);
});
