// Goal: every construct of the language is read as its manual describes it, and one mistake does
// not hide those behind it.
// Method: texts of our own, the trees that a reader would draw, and the places of mistakes.
import { describe, expect, test } from 'vitest';

import { Mistakes } from '../../../../src/policy/sieve/mistakes.ts';
import { parseScript } from '../../../../src/policy/sieve/parser.ts';
import {
  bareCommands,
  type BareArgument,
  type BareCommand,
} from '../../../builders/sieve-scripts.ts';
import { hintsIn, mistakesIn } from './reading.ts';

function treeOf(text: string): BareCommand[] {
  const mistakes = new Mistakes('x.siv');
  const commands = parseScript(text, mistakes);
  expect(mistakes.sorted()).toEqual([]);
  return bareCommands(commands);
}

/** The arguments of one command. */
function given(text: string): readonly BareArgument[] {
  const [command] = treeOf(`x ${text};`);
  return 'given' in command ? command.given : [];
}

const text = (...parts: readonly (string | object)[]): unknown => ({ text: parts });

describe('arguments', () => {
  test.each([
    ['"a b"', [text('a b')]],
    ['""', [text()]],
    [String.raw`"a\"b\\c\n"`, [text('a"b\\cn')]],
    ['"a\nb"', [text('a\nb')]],
    ['"a""b"', [text('a'), text('b')]],
    ['text:\na\n..b\n.c\n.\n', [text('a\n.b\nc\n')]],
    ['text: # why\r\na\r\n.\r\n "b"', [text('a\r\n'), text('b')]],
    ['"${a} %{vctx_conn:k} $c"', [text({ variable: 'a' }, ' ', { macro: 'vctx_conn:k' }, ' $c')]],
    ['"${a ${1} %{ ${b}"', [text('${a ${1} %{ ', { variable: 'b' })]],
    [String.raw`"\${a}"`, [text({ variable: 'a' })]],
    [
      '10 -86 65.43 2K 1m 1G',
      [10, -86, 65.43, 2048, 1_048_576, 1_073_741_824].map((number) => ({ number })),
    ],
    [':is $a', [{ tag: 'is' }, { variable: 'a' }]],
    [
      '$a[0] $b["k"]',
      [
        { element: 'a', index: { number: 0 } },
        { element: 'b', index: text('k') },
      ],
    ],
    ['$a ["k"]', [{ variable: 'a' }, { list: [text('k')] }]],
    ['[] ["a", $b]', [{ list: [] }, { list: [text('a'), { variable: 'b' }] }]],
    ['/* "a" */ "b" # "c"\n', [text('b')]],
  ])('%s', (script, expected) => {
    expect(given(script)).toEqual(expected);
  });
});

test('places of parts are those in the source, behind backslashes and dots too', () => {
  const source = String.raw`x "a\"${'${b}'}" text:` + '\n..%{i}\n.\n;';
  const [command] = parseScript(source, new Mistakes('x.siv'));
  const parts = command.type === 'call' ? command.arguments : [];
  const places = parts.flatMap((one) => (one.type === 'string' ? one.parts : []));
  expect(places.map(({ start, end }) => source.slice(start, end))).toEqual([
    String.raw`a\"`,
    '${b}',
    '.',
    '%{i}',
    '\n',
  ]);
});

test('tests, branches and assignments', () => {
  const call = (name: string): unknown => ({ call: name, given: [] });
  expect(treeOf('IF not anyof(a, allof(b)) { } elsif c { d; } else { }')).toEqual([
    {
      branches: [
        { test: { not: { some: [call('a'), { all: [call('b')] }] } }, block: [] },
        { test: call('c'), block: [{ call: 'd', given: [], block: undefined }] },
      ],
      otherwise: [],
    },
  ]);
  expect(treeOf('($a,$b)=c; $d = e; $f = $g; $h = [1];')).toEqual([
    { targets: ['a', 'b'], value: call('c') },
    { target: 'd', value: call('e') },
    { target: 'f', value: { variable: 'g' } },
    { target: 'h', value: { list: [{ number: 1 }] } },
  ]);
});

describe('one mistake does not hide the next', () => {
  test.each([
    ['in the next command', 'stop );\necl;', ['token-unexpected 1:6', 'command-unknown 2:1']],
    ['on the next line', 'ec_log "a" )\necl;', ['token-unexpected 1:12', 'command-unknown 2:1']],
    ['in its block', 'if true) { ecl; }', ['token-unexpected 1:8', 'command-unknown 1:12']],
    [
      'in its else',
      'if true) { stop; } else { ecl; }',
      ['token-unexpected 1:8', 'command-unknown 1:27'],
    ],
    [
      'behind a missing ;',
      'hash_create\n$a = hash_create\necl;',
      ['semicolon-missing 1:11', 'semicolon-missing 2:16', 'command-unknown 3:1'],
    ],
    ['behind a stray }', 'hash_create; }\necl;', ['bracket-stray 1:14', 'command-unknown 2:1']],
    [
      'behind elses',
      'else { ecl; }\nelsif true { ecl; }',
      ['else-stray 1:1', 'command-unknown 1:8', 'command-unknown 2:14'],
    ],
    ['before an open string', 'ecl;\nec_log "a;', ['command-unknown 1:1', 'string-open 2:8']],
    [
      'in a broken test',
      'if anyof(\n true\n true) { ecl; }',
      ['token-unexpected 3:2', 'command-unknown 3:10'],
    ],
  ])('%s', (_, script, expected) => {
    expect(mistakesIn(script)).toEqual(expected);
  });
});

test('what a mistake means is said', () => {
  expect(hintsIn('require "x"\nstop;')).toEqual([
    'require is not needed here; with it, write require "name";',
  ]);
  expect(hintsIn('if ec_test "a" "ge" "b" { }')).toEqual(['is :value missing before "ge"?']);
  expect(hintsIn('ec_log “a”;')[0]).toBe('strings stand between "');
});

describe('no false alarms', () => {
  test.each([
    ['variables of an included script', 'ec_include "x"; ec_log "${y}";'],
    ['a hash that is filled elsewhere', '$h = vctx_conn_get "x"; audit_series_add $h;'],
    ['a hash under two names', '$h = hash_create; $i = $h; audit_series_add $i; audit_series $h;'],
    [
      'keys known at run time',
      '$k = "series"; $h = hash_create; hash_set $h $k 1; audit_series $h;',
    ],
    ['values known at run time', '$m = "x"; audit_series "a" "${m}" $m "${m}" $m;'],
    ['commands in any letter case', 'IF EC_Test :IS "a" "b" { STOP; }'],
    ['the last window', 'audit_series "a" "300,6" "32" "5";'],
    ['localhost', 'audit_connections_on_service "localhost/32";'],
    ['IPv6', 'audit_connections_on_service "[2001:db8::]/64"; audit_series "a" "300,6" "128";'],
    ['a terminal action in a branch', 'if true { stop; } ec_log "x";'],
  ])('%s', (_, script) => {
    expect(mistakesIn(script)).toEqual([]);
  });
});
