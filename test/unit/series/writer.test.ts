import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

import { BugError } from '../../../src/model/errors.ts';
import type { SeriesSnapshot } from '../../../src/model/series-snapshot.ts';
import { formatField, formatSeriesChunks } from '../../../src/series/format.ts';
import { encodeSeries, encodeSeriesChunks } from '../../../src/series/writer.ts';
import { series } from './snapshots.ts';

const SAMPLE = series([
  [0, '192.0.2.1', 35],
  [0, '198.51.100.7', 2],
  [11, '192.0.2.1', 4],
]);

test('writes the example of the format page', () => {
  const page = readFileSync('docs/series-format.md', 'utf8');
  expect(page).toContain(`\n\`\`\`\n${encodeSeries(SAMPLE).toString('utf8')}\`\`\`\n`);
});

test('the digest covers every byte before its line', () => {
  const text = encodeSeries(SAMPLE).toString('utf8');
  const at = text.indexOf('#sha256,');
  const digest = createHash('sha256').update(text.slice(0, at)).digest('hex');
  expect(text.slice(at)).toBe(`#sha256,${digest}\n`);
});

test.each([
  ['plain', 'plain'],
  [' blanks ', ' blanks '],
  ['', '""'],
  ['a,b', '"a,b"'],
  ['say "x"', '"say ""x"""'],
  ['#1', '"#1"'],
  ['no.#1', '"no.#1"'],
  ['a\nb', '"a\nb"'],
  ['a\rb', '"a\rb"'],
])('writes the field %j as %j', (text, field) => {
  expect(formatField(text)).toBe(field);
});

test('a million rows come in pieces that end with a row', () => {
  const rows = Array.from({ length: 20_000 }, (_, i) => {
    return { window: 0, key: `10.0.${i >> 8}.${i & 255}`, count: i + 1 };
  });
  const snapshot = { ...SAMPLE, rows };
  const chunks = [...formatSeriesChunks(snapshot)];
  expect(chunks.length).toBeGreaterThan(4);
  for (const chunk of chunks) {
    expect(chunk.endsWith('\n')).toBe(true);
    expect(chunk.length).toBeLessThan(70_000);
  }
  expect(Buffer.concat([...encodeSeriesChunks(snapshot)]).equals(encodeSeries(snapshot))).toBe(
    true,
  );
});

const HALF = '\ud83d';
const WRONG: [string, SeriesSnapshot][] = [
  ['no name', { ...SAMPLE, name: '' }],
  ['a name with half a character', { ...SAMPLE, name: HALF }],
  ['an interval of half a second', { ...SAMPLE, monitor: { intervalMs: 500, windows: 12 } }],
  ['no windows', { ...SAMPLE, monitor: { intervalMs: 300_000, windows: 0 } }],
  ['window zero off the boundary', { ...SAMPLE, windowZeroMs: 1000 }],
  ['window zero after the year 9999', { ...SAMPLE, windowZeroMs: 300_000 * 1e9 }],
  ['a window beyond the monitor', series([[12, '192.0.2.1', 1]])],
  ['a window before 0', series([[-1, '192.0.2.1', 1]])],
  ['half a window', series([[0.5, '192.0.2.1', 1]])],
  ['a count of 0', series([[0, '192.0.2.1', 0]])],
  ['a count of -0', series([[0, '192.0.2.1', -0]])],
  ['half a count', series([[0, '192.0.2.1', 0.5]])],
  ['no number', series([[0, '192.0.2.1', Number.NaN]])],
  ['a count beyond 2^53', series([[0, '192.0.2.1', 2 ** 53 + 2]])],
  ['a key of the wrong family', series([[0, '2001:db8::1', 1]])],
  ['a key that is no address', series([[0, 'example.com', 1]])],
  ['a key with half a character', series([[0, HALF, 1]], { type: 'string' })],
  [
    'rows that are not sorted',
    series([
      [0, '192.0.2.2', 1],
      [0, '192.0.2.1', 1],
    ]),
  ],
  [
    'a key twice',
    series([
      [0, '192.0.2.1', 1],
      [0, '192.0.2.1', 1],
    ]),
  ],
];

test.each(WRONG)('%s is a bug of the caller', (_, snapshot) => {
  expect(() => encodeSeries(snapshot)).toThrow(BugError);
});
