import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { JSON_TYPE, JsonLine } from '../../src/input/json/json-line.ts';

// Goal: the scanner accepts the objects that JSON.parse accepts, and finds the values that it finds.
// Method: random objects as text with random blanks and escapes, some of them edited, read by both.

const PATHS = [
  ['a'],
  ['b'],
  ['a', 'b'],
  ['a', 'b', 'c'],
  ['a', ''],
  ['é'],
  ['peer_address', 'addr'],
];

const key = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom('a', 'b', 'c', '', 'é', 'peer_address', 'addr') },
  fc.string({ unit: 'grapheme', maxLength: 12 }),
);
const leaf = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.constantFrom('"', '\\', '\n', '\0', '\u007f', 'x"y', '\\u0041', '{"a":1}'),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
);
type Text = string;
const blank = fc.constantFrom('', '', '', ' ', '\t', '\r', '  ');
/** A string as JSON, any of its characters as `\uHHHH`. */
const written = (text: string, escapes: readonly boolean[]): Text =>
  `"${Array.from({ length: text.length }, (_, i) =>
    escapes[i]
      ? `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`
      : JSON.stringify(text[i]).slice(1, -1),
  ).join('')}"`;
const escapes = fc.array(fc.boolean(), { maxLength: 5 });

const { object } = fc.letrec<{ value: Text; object: Text; array: Text }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc
      .tuple(leaf, escapes)
      .map(([value, which]) =>
        typeof value === 'string' ? written(value, which) : JSON.stringify(value),
      ),
    tie('object'),
    tie('array'),
  ),
  object: fc
    .tuple(fc.array(fc.tuple(key, escapes, blank, tie('value')), { maxLength: 5 }), blank)
    .map(
      ([members, space]) =>
        `{${space}${members
          .map(
            ([name, which, gap, value]) => `${gap}${written(name, which)}${gap}:${space}${value}`,
          )
          .join(`${space},`)}${space}}`,
    ),
  array: fc
    .tuple(fc.array(tie('value'), { maxLength: 4 }), blank)
    .map(([values, space]) => `[${space}${values.join(`${space},${space}`)}${space}]`),
}));

const edit = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  remove: fc.nat({ max: 3 }),
  insert: fc.constantFrom(
    '',
    '"',
    '\\',
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '0',
    '-',
    '.',
    'e',
    't',
    ' ',
    '\u0001',
    '\\u12',
  ),
});

/** Room on both sides, with bytes that would end or go on what is read. */
function place(text: string, before: string, behind: string): [Buffer, number, number] {
  const bytes = Buffer.from(before + text + behind);
  const start = Buffer.byteLength(before);
  return [bytes, start, start + Buffer.byteLength(text)];
}

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function valueAt(root: unknown, path: readonly string[]): unknown {
  let value = root;
  for (const name of path) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    if (!Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

/** What the scanner found, as JSON.parse would give it. */
function found(line: JsonLine, bytes: Buffer, n: number): unknown {
  switch (line.types[n]) {
    case JSON_TYPE.missing:
      return line.starts[n] + line.ends[n] === 0 ? undefined : 'a place';
    case JSON_TYPE.null:
      return line.starts[n] === line.ends[n] ? null : 'a place';
    case JSON_TYPE.string:
      return line.text(bytes, n);
    default:
      return JSON.parse(line.text(bytes, n));
  }
}

function elements(line: JsonLine, bytes: Buffer, n: number): unknown[] {
  return Array.from({ length: line.readElements(bytes, n) }, (_, i) => {
    const text = line.elementText(bytes, i);
    if (line.elementTypes[i] === JSON_TYPE.null) return null;
    return line.elementTypes[i] === JSON_TYPE.string ? text : (JSON.parse(text) as unknown);
  });
}

const around = fc.constantFrom('', '{', '"', '}', ' ', 'x\n', '\n\n\n', '1', 'e5', '\\');

test('objects, sound and edited', () => {
  const line = new JsonLine(PATHS);
  let sound = 0;
  fc.assert(
    fc.property(
      object,
      fc.array(edit, { maxLength: 2 }),
      around,
      around,
      (whole, edits, before, behind) => {
        let text = whole;
        for (const { at, remove, insert } of edits) {
          const start = Math.floor(at * text.length);
          text = text.slice(0, start) + insert + text.slice(start + remove);
        }
        // Halves of a pair stand for themselves with us: a table has those.
        fc.pre(!/\p{Surrogate}/u.test(text));
        const value = parsed(text);
        fc.pre(value === undefined || JSON.stringify(value).search(/\\ud[89a-f]/) === -1);
        const [bytes, start, end] = place(text, before, behind);
        expect(line.read(bytes, start, end)).toBe(value !== undefined);
        if (value === undefined) return;
        sound++;
        for (const [n, path] of PATHS.entries()) {
          const wanted = valueAt(value, path);
          expect(found(line, bytes, n)).toEqual(wanted);
          expect(elements(line, bytes, n)).toEqual(Array.isArray(wanted) ? wanted : []);
        }
      },
    ),
    { numRuns: 4000 },
  );
  expect(sound).toBeGreaterThan(1000);
});

test('any bytes', () => {
  const line = new JsonLine(PATHS);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat({ max: 4 }), (noise, at) => {
      const bytes = Buffer.concat([Buffer.from('{"a":"'), noise, Buffer.from('","b":1}')]);
      const text = bytes.toString('utf8');
      const sound = parsed(text) !== undefined;
      const room = Buffer.concat([Buffer.alloc(at, '"'), bytes]);
      expect(line.read(room, at, room.length)).toBe(sound);
    }),
    { numRuns: 2000 },
  );
});
