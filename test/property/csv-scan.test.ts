import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { FileDater } from '../../src/input/dating.ts';
import { chooseFormat, createParser } from '../../src/input/registry.ts';
import { createZone } from '../../src/input/zones.ts';
import { ALL_NEEDS } from '../../src/model/event.ts';
import { Vocabulary } from '../../src/model/vocabulary.ts';
import { readThrough, type ReadThrough } from '../builders/read-sources.ts';
import { fixture } from '../unit/input/event-rows.ts';

const BERLIN = createZone('Europe/Berlin')!;

function read(bytes: Buffer, blockBytes: number, isFast: boolean): Promise<ReadThrough> {
  const vocabulary = new Vocabulary();
  const dater = new FileDater({ zone: BERLIN, firstYear: undefined, reorderMs: 10_000 });
  const format = chooseFormat(bytes, undefined, undefined);
  const unset = { node: undefined, map: undefined, defaultKind: undefined };
  const setting = { name: 'a.csv', vocabulary, needs: ALL_NEEDS, dater, ...unset };
  const parser = createParser(format, setting);
  return readThrough(bytes, blockBytes, isFast, { vocabulary, dater, parser });
}

const anyTime = fc.oneof(
  { weight: 8, arbitrary: fc.nat(400).map((at) => `2026-10-25T00:5${at % 10}:0${at % 7}Z`) },
  { weight: 3, arbitrary: fc.nat(9).map((at) => `2026-10-25T00:50:00.${at}Z`) },
  // In the hour that DST repeats, and days ahead: what a refused record's time does to the file.
  { weight: 3, arbitrary: fc.nat(5).map((hour) => `2026-10-25 0${hour}:10:00`) },
  { weight: 2, arbitrary: fc.constantFrom('2026-10-29 02:00:00', '2026-11-25T00:00:00Z') },
  { weight: 1, arbitrary: fc.constantFrom('', 'x', '1792890000', '2026-10-25T00:50:60Z') },
);
const mostly = (good: readonly string[], odd: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(...good) },
    { weight: 1, arbitrary: fc.constantFrom(...odd) },
  );
const anyRecord = fc.tuple(
  anyTime,
  mostly(['connect', 'rejection', 'reception', 'my_kind'], ['Bad', '"connect"', '']),
  mostly(['192.0.2.1', '192.0.2.255', '2001:db8::1', '[::1]', ''], ['192.0.2.256', '192.0.02.1']),
  mostly(['', '550'], ['1000', 'x', '-1']),
  mostly(['', 'mx1', 'mx2', 'ä'], ['"m""x"', 'a\rb', '"a\nb"', 'a"b']),
);
const anyLine = fc.oneof(
  { weight: 12, arbitrary: anyRecord.map((fields) => fields.join(',')) },
  { weight: 1, arbitrary: fc.constantFrom('', '\r', 'one', 'a,b,c,d,e,f', '"never closed,') },
);

// Goal: the loop over plain records does what reading record by record does.
// Method: random records through the same parser with and without that loop, in blocks of any size.
it('a scan reads what single records read', async () => {
  let events = 0;
  let unparsed = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyLine, { minLength: 1, maxLength: 40 }),
      fc.constantFrom('\n', '\n', '\r\n'),
      fc.boolean(),
      fc.integer({ min: 100, max: 3000 }),
      async (lines, lineEnd, isClosed, blockBytes) => {
        const text = ['time,kind,ip,code,node', ...lines].join(lineEnd) + (isClosed ? lineEnd : '');
        const bytes = Buffer.from(text);
        const slow = await read(bytes, 1_000_000, false);
        expect(await read(bytes, blockBytes, true)).toEqual(slow);
        const { accounting } = slow.facts as { accounting: { event: number; unparsed: number } };
        events += accounting.event;
        unparsed += accounting.unparsed;
      },
    ),
    { numRuns: 800 },
  );
  expect(Math.min(events, unparsed)).toBeGreaterThan(1000);
});

// A time days ahead is believed when it stands there twice, and decides the hour that DST repeats.
it('the time of a record that is no event is noted once', async () => {
  const lines = ['25 01:10:00,connect', '29 02:00:00,Bad', '25 02:10:00,connect'];
  const text = `time,kind\n${lines.map((line) => `2026-10-${line}\n`).join('')}`;
  const fast = await read(Buffer.from(text), 1000, true);
  expect(fast).toEqual(await read(Buffer.from(text), 1000, false));
  expect(fast.rows.map(({ time }) => time)).toEqual([
    '2026-10-24T23:10:00Z',
    '2026-10-25T00:10:00Z',
  ]);
});

it('a scan stops at every possible end of a block', async () => {
  const bytes = fixture('postfix/newyear.log.events.csv.gz').subarray(0, 900);
  const whole = await read(bytes, 1_000_000, false);
  expect(whole.rows.length).toBeGreaterThan(3);
  for (let size = 1; size <= bytes.length + 1; size++) {
    expect(await read(bytes, size, true)).toEqual(whole);
  }
});
