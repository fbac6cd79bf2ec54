// Goal: every construct of the language is read as its manual describes it.
// Method: texts of our own and the trees that a reader of them would draw.
import { describe, expect, test } from 'vitest';

import { Mistakes } from '../../../../src/policy/ecelerity/mistakes.ts';
import { parseConfiguration } from '../../../../src/policy/ecelerity/parser.ts';
import { bareTree, type BareStatement } from '../../../builders/configuration-trees.ts';
import { mistakesIn } from './reading.ts';

function treeOf(text: string): BareStatement[] {
  const mistakes = new Mistakes('main.conf');
  const statements = parseConfiguration({ name: 'main.conf', text }, mistakes);
  expect(mistakes.sorted()).toEqual([]);
  return bareTree(statements);
}

const option = (name: string, value: unknown): unknown => ({ option: name, value });
const stanza = (keyword: string, name: string | undefined, ...body: unknown[]): unknown => ({
  stanza: keyword,
  name,
  body,
});

describe('statements', () => {
  test.each<[string, unknown[]]>([
    ['', []],
    ['# only a comment', []],
    ['Hostname = mx1.example.net', [option('Hostname', 'mx1.example.net')]],
    ['a=1 b=2\nc\n=\n3', [option('a', '1'), option('b', '2'), option('c', '3')]],
    ['"a b" = c', [option('a b', 'c')]],
    ['Security { User = mail }', [stanza('Security', undefined, option('User', 'mail'))]],
    ['Esmtp_Listener = { }', [stanza('Esmtp_Listener', undefined)]],
    ['Listen ":25" { }', [stanza('Listen', ':25')]],
    ['ThreadPool pool = { }', [stanza('ThreadPool', 'pool')]],
    ['Replicate = "metrics" { a = b }', [stanza('Replicate', 'metrics', option('a', 'b'))]],
    [
      'a { b { c { } } d = e }',
      [stanza('a', undefined, stanza('b', undefined, stanza('c', undefined)), option('d', 'e'))],
    ],
    ['include "a.conf" readonly_include b.d', [{ include: 'a.conf' }, { include: 'b.d' }]],
    ['INCLUDE = a.conf', [{ include: 'a.conf' }]],
    ['a { include "b" }', [stanza('a', undefined, { include: 'b' })]],
  ])('%j', (text, tree) => {
    expect(treeOf(text)).toEqual(tree);
  });
});

describe('values', () => {
  test.each<[string, unknown]>([
    ['on', 'on'],
    ['300,6', '300,6'],
    ['"300,6"', '300,6'],
    ['\'it is "so"\'', 'it is "so"'],
    ['""', ''],
    [String.raw`"say \"no\" \\ ^\d+$"`, String.raw`say "no" \ ^\d+$`],
    ['"two\nlines"', 'two\nlines'],
    ['"# no /* comment */ { } ="', '# no /* comment */ { } ='],
    ['( )', []],
    ['(a "b c" d)', ['a', 'b c', 'd']],
    ['( a, b ,c , "d","e" )', ['a', 'b', 'c', 'd', 'e']],
    ['( 300,6 "1800,4", 60,3, )', ['300,6', '1800,4', '60,3']],
    ['( "," )', [',']],
    ['( ( a ) [ b = c ] )', [['a'], { pairs: [['b', 'c']] }]],
    ['[ ]', { pairs: [] }],
    [
      '[ a = 1 b = "2 3" a = ( 4 ) ]',
      {
        pairs: [
          ['a', '1'],
          ['b', '2 3'],
          ['a', ['4']],
        ],
      },
    ],
  ])('%j', (text, value) => {
    expect(treeOf(`it = ${text}`)).toEqual([option('it', value)]);
  });
});

describe('comments', () => {
  test.each([
    'a = 1 # b = 2',
    '# b = 2\na = 1',
    '/* b = 2 */ a/**/=/* { */1',
    'a = /* no /* nesting */ 1',
    'a = 1/* up to the word */',
  ])('%j', (text) => {
    expect(treeOf(text)).toEqual([option('a', '1')]);
  });
});

describe('what is wrong', () => {
  test.each<[string, string[]]>([
    ['a', ['token-unexpected 1:2']],
    ['a b', ['token-unexpected 1:4']],
    ['a b c { }', ['token-unexpected 1:5']],
    ['a = ', ['token-unexpected 1:5']],
    ['a = = b', ['token-unexpected 1:5']],
    ['= b', ['token-unexpected 1:1']],
    ['{ }', ['token-unexpected 1:1']],
    ['include { }', ['token-unexpected 1:9']],
    ['a = ( b } ', ['token-unexpected 1:9']],
    ['a = [ b ]', ['token-unexpected 1:9']],
    ['a = [ ( b ) = c ]', ['token-unexpected 1:7']],
    ['a = ( b', ['bracket-open 1:5']],
    ['a = [ b = c', ['bracket-open 1:5']],
    ['a = [ b = c )', ['token-unexpected 1:13']],
    ['a { b { }', ['bracket-open 1:3']],
    ['a { ) }', ['bracket-stray 1:5']],
    ['}', ['bracket-stray 1:1']],
    ['a = { b = c/* d }', ['comment-open 1:12']],
    ['a = "b', ['string-open 1:5']],
    ['a = \'b"', ['string-open 1:5']],
    [String.raw`a = "b\"`, ['string-open 1:5']],
    ['a { b = c/d e = /f/* */ }', ['quote-missing 1:9', 'quote-missing 1:17']],
    ['a = \u2018b\u2019', ['quote-wrong 1:5']],
    // A mistake in the structure does not hide one before it.
    ['a = b/c d', ['quote-missing 1:5', 'token-unexpected 1:10']],
    // Nothing behind a forgotten quote can be trusted.
    ['a = "b\nc = "/d/e"', ['string-open 2:10']],
  ])('%j', (text, mistakes) => {
    const all = mistakesIn(text).filter((one) => !one.startsWith('audit-missing'));
    expect(all).toEqual(mistakes);
  });
});
