import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { JsonLine } from '../../src/input/json/json-line.ts';
import { RecordLayout } from '../../src/input/json-syslog/record-layout.ts';
import { allocateBlock, WordView } from '../../src/model/words.ts';

const NAMES = ['time', 'msg', 'tag', 'host'];
const view = new WordView();

function block(text: string): Buffer {
  const bytes = Buffer.from(text);
  const copy = allocateBlock(bytes.length);
  copy.set(bytes);
  return copy;
}

function factsOf(json: JsonLine, read: boolean): unknown {
  const { types, starts, ends, escaped } = json;
  return read ? [types, starts, ends, escaped].map((column) => Array.from(column)) : 'not JSON';
}

const key = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...NAMES) },
  { weight: 3, arbitrary: fc.constantFrom('x', 'pri', 'a long key that nobody asks for') },
  { weight: 1, arbitrary: fc.constantFrom('k\\u0065y', 'a\\"b', '') },
);
const value = fc
  .oneof(
    {
      weight: 8,
      arbitrary: fc.constantFrom('', 'x', 'a b', 'ä', '\\"', '\\\\', '\\/', '\\u00e4":"'),
    },
    { weight: 1, arbitrary: fc.constantFrom('"', '\\', '\t', '","msg":"y', '"}', '\\u12') },
  )
  .map((text) => `"${text}"`);
const odd = fc.constantFrom('1', 'null', 'true', '{"msg":"y"}', '["a"]', '"');
const layout = fc.record({
  keys: fc.array(key, { minLength: 1, maxLength: 5 }),
  colon: fc.constantFrom(':', ': ', ' : '),
  comma: fc.constantFrom(',', ', '),
  open: fc.constantFrom('{', '{ ', ' {'),
  close: fc.constantFrom('}', ' }', '} ', '}x', ''),
});
const record = fc.record({
  place: fc.nat(1),
  values: fc.array(value, { minLength: 5, maxLength: 5 }),
  odd: fc.option(fc.record({ at: fc.nat(4), text: odd }), { freq: 8, nil: undefined }),
});

// Goal: a record read by its layout has the facts that the JSON reader finds, or is refused as well.
// Method: records of one or two templates in turns, some of them broken, through both.
test('layouts read what the JSON reader reads', () => {
  let sound = 0;
  fc.assert(
    fc.property(
      fc.tuple(layout, layout),
      fc.array(record, { minLength: 1, maxLength: 12 }),
      fc.boolean(),
      (layouts, records, both) => {
        const paths = NAMES.map((name) => [name]);
        const json = new JsonLine(paths);
        const reader = new RecordLayout(json, NAMES);
        const texts = records.map(({ place, values, odd: other }) => {
          const { keys, colon, comma, open, close } = layouts[both ? place : 0];
          const members = keys.map((name, at) => {
            const text = other?.at === at ? other.text : values[at];
            return `"${name}"${colon}${text}`;
          });
          return `${open}${members.join(comma)}${close}`;
        });
        const bytes = block(`${texts.join('\n')}\n`);
        let start = 0;
        for (const text of texts) {
          const end = start + Buffer.byteLength(text);
          const wanted = new JsonLine(paths);
          const read = wanted.read(bytes, start, end);
          if (read) sound++;
          const got = reader.read(bytes, view.of(bytes), start, end);
          expect(factsOf(json, got)).toEqual(factsOf(wanted, read));
          start = end + 1;
        }
      },
    ),
    { numRuns: 3000 },
  );
  expect(sound).toBeGreaterThan(3000);
});
