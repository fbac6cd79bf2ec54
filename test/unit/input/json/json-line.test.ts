import { expect, test } from 'vitest';
import { JSON_TYPE, JsonLine } from '../../../../src/input/json/json-line.ts';

function read(text: string | Buffer, ...paths: readonly string[][]): string[] | undefined {
  const line = new JsonLine(paths);
  const bytes = Buffer.from(text);
  if (!line.read(bytes, 0, bytes.length)) return undefined;
  return paths.map((_, n) => line.text(bytes, n));
}

test.each([
  ['{"a":"x"}', 'x'],
  ['{"a":12.5e3}', '12.5e3'],
  ['{"a":true}', 'true'],
  ['{"a":null}', ''],
  ['{"b":1}', ''],
  ['{"a":"1","a":"2"}', '2'],
  ['{"\\u0061":"x"}', 'x'],
  ['{"a":[1, "x"]}', '[1, "x"]'],
  ['{"a":{"b":1}}', '{"b":1}'],
  [' { "a" : "x" } \r', 'x'],
  ['{"a":"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e4\\ud83d\\ude00"}', '"\\/\b\f\n\r\tä😀'],
  ['{"a":"\\ud83d!\\ude00"}', '\\ud83d!\\ude00'],
])('%s', (text, value) => {
  expect(read(text, ['a'])).toEqual([value]);
});

test.each([
  '',
  '{',
  '[]',
  '"a"',
  '{}x',
  '{"a":1}{',
  '{"a":01}',
  '{"a":1.}',
  '{"a":+1}',
  '{"a":.5}',
  '{"a":1e}',
  '{"a":tru}',
  '{"a":nullx}',
  '{"a":1,}',
  '{"a":[1,]}',
  '{a:1}',
  "{'a':1}",
  '{"a" 1}',
  '{"a":"x}',
  '{"a":"\\x"}',
  '{"a":"\\u00g0"}',
  '{"a":"\t"}',
  '\u00a0{}',
])('malformed: %s', (text) => {
  expect(read(text, ['a'])).toBeUndefined();
});

test('paths lead through objects, not through arrays', () => {
  const paths = [['peer', 'addr'], ['peer']];
  expect(read('{"peer":{"name":"h","addr":"192.0.2.7"}}', ...paths)).toEqual([
    '192.0.2.7',
    '{"name":"h","addr":"192.0.2.7"}',
  ]);
  expect(read('{"peer":[{"addr":"192.0.2.7"}]}', ...paths)?.[0]).toBe('');
});

test('of a key that comes twice nothing is left of the first', () => {
  const paths = [
    ['peer', 'addr'],
    ['peer', 'name'],
  ];
  const text = '{"peer":{"addr":"192.0.2.7"},"peer":{"name":"h"}}';
  expect(read(text, ...paths)).toEqual(['', 'h']);
  expect(read('{"peer":{"addr":"192.0.2.7"},"peer":7}', ...paths)).toEqual(['', '']);
});

test('bytes that are not UTF-8', () => {
  expect(read(Buffer.from('{"a":"\\n\xff"}', 'latin1'), ['a'])).toEqual(['\n\\xff']);
});

test('nesting has a bound', () => {
  const nested = (depth: number): string => `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`;
  expect(read(nested(63), ['a'])).toBeDefined();
  expect(read(nested(64), ['a'])).toBeUndefined();
  expect(read(`{"a":${'['.repeat(1_000_000)}`, ['a'])).toBeUndefined();
});

test('elements', () => {
  const line = new JsonLine([['a'], ['b']]);
  const bytes = Buffer.from('{"a":["x", "y\\n", null, 7, [1], {"b":2}],"b":"z"}');
  expect(line.read(bytes, 0, bytes.length)).toBe(true);
  expect(line.readElements(bytes, 1)).toBe(0);
  const count = line.readElements(bytes, 0);
  expect(Array.from({ length: count }, (_, n) => line.elementText(bytes, n))).toEqual([
    'x',
    'y\n',
    '',
    '7',
    '[1]',
    '{"b":2}',
  ]);
  expect(Array.from(line.elementTypes.subarray(0, count))).toEqual([
    JSON_TYPE.string,
    JSON_TYPE.string,
    JSON_TYPE.null,
    JSON_TYPE.number,
    JSON_TYPE.array,
    JSON_TYPE.object,
  ]);
  expect(line.text(bytes, 1)).toBe('z');
});
