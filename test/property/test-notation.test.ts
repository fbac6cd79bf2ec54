// Goal: a line of events stands for exactly the events that a reader would write out one by one, and
// they are as late as their places say.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse } from 'csv-parse/sync';
import { readTestFile } from '../../src/testing/test-file.ts';
import { boundText, isBeyond, meets, type Bound } from '../../src/testing/bounds.ts';

interface WrittenLine {
  readonly second: number;
  readonly from: number;
  readonly to: number;
  readonly times: number;
  readonly every: number;
  readonly six: boolean;
}

const lines = fc.array(
  fc.record({
    second: fc.nat(59),
    from: fc.integer({ min: 1, max: 20 }),
    to: fc.integer({ min: 1, max: 20 }),
    times: fc.integer({ min: 1, max: 4 }),
    every: fc.nat(30),
    six: fc.boolean(),
  }),
  { minLength: 1, maxLength: 6 },
);

const two = (value: number): string => String(value).padStart(2, '0');
const bounds = ({ from, to }: WrittenLine): [number, number] => [
  Math.min(from, to),
  Math.max(from, to),
];

function written(line: WrittenLine): string {
  const [first, last] = bounds(line);
  const front = line.six ? '2001:db8::' : '192.0.2.';
  const range = [first, last].map((end) => end.toString(line.six ? 16 : 10)).join('..');
  const repeat = `x${line.times} every ${line.every}s`;
  return `at 10:00:${two(line.second)} connect ${front}{${range}} ${repeat} session=s{n}`;
}

interface Event {
  readonly seconds: number;
  readonly ip: string;
  readonly session: string;
  readonly line: number;
  /** The latest beginning of a line so far. */
  readonly reached: number;
}

/** All events, line by line as they are written. */
function writtenOut(all: readonly WrittenLine[]): Event[] {
  const events: Event[] = [];
  for (let index = 0; index < all.length; index++) {
    const line = all[index];
    const [first, last] = bounds(line);
    const reached = Math.max(...all.slice(0, index + 1).map(({ second }) => second));
    let number = 0;
    for (let time = 0; time < line.times; time++) {
      for (let host = first; host <= last; host++) {
        const ip = line.six ? `2001:db8::${host.toString(16)}` : `192.0.2.${host}`;
        const seconds = line.second + time * line.every;
        events.push({ seconds, ip, session: `s${++number}`, line: index + 7, reached });
      }
    }
  }
  return events;
}

const clock = (seconds: number): string =>
  `2026-11-20T10:${two(Math.floor(seconds / 60))}:${two(seconds % 60)}Z`;

// Method: random lines are written in the notation, expanded by the reader, and compared with the
// same events written out here; each event is put into the file one by one, by looking for its place.
test('lines expand to their events, in their places', () => {
  fc.assert(
    fc.property(lines, (all) => {
      const items = all.map((line) => `        - "${written(line)}"\n`).join('');
      const text = `hindcast-test: 1\ntests:\n  - name: a\n    input:\n      date: 2026-11-20\n      events:\n${items}    expect: [{ unparsed: 0 }]\n`;
      const { testFile, diagnostics } = readTestFile(text, 'a.test.yaml');
      expect(diagnostics).toEqual([]);
      const [{ text: csv }] = testFile!.tests[0].input.texts;
      const rows: Record<string, string>[] = parse(csv, { columns: true });
      const got = rows.map(({ time, ip, session, line }) => [time, ip, session, Number(line)]);
      const file: { readonly at: number; readonly event: Event }[] = [];
      for (const event of writtenOut(all)) {
        const at = Math.max(event.seconds, event.reached);
        let place = file.length;
        while (place > 0 && file[place - 1].at > at) place--;
        file.splice(place, 0, { at, event });
      }
      expect(got).toEqual(
        file.map(({ event: { seconds, ip, session, line } }) => [
          clock(seconds),
          ip,
          session,
          line,
        ]),
      );
    }),
    { numRuns: 200 },
  );
});

// Method: a bound is read again from its text; whether a number is beyond it is asked of all that
// follow.
test('a bound is beyond reach when no greater number meets it', () => {
  const ops = ['=', '<', '<=', '>', '>=', '..'] as const;
  fc.assert(
    fc.property(fc.constantFrom(...ops), fc.nat(6), fc.nat(6), fc.nat(8), (op, a, b, number) => {
      const bound: Bound = {
        op,
        value: Math.min(a, b),
        end: op === '..' ? Math.max(a, b) : Math.min(a, b),
      };
      const later = Array.from({ length: 20 }, (_, step) => number + step);
      expect(isBeyond(bound, number)).toBe(!later.some((each) => meets(bound, each)));
      const told = boundText(bound);
      const holds: Record<typeof op, boolean> = {
        '=': number === Number(told),
        '<': number < Number(told.slice(2)),
        '<=': number <= Number(told.slice(3)),
        '>': number > Number(told.slice(2)),
        '>=': number >= Number(told.slice(3)),
        '..': number >= Number(told.split('..')[0]) && number <= Number(told.split('..')[1]),
      };
      expect(meets(bound, number)).toBe(holds[op]);
    }),
  );
});
