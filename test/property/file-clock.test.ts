import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { FLAG } from '../../src/model/event-batch.ts';
import { KIND_DROPPED } from '../../src/model/event.ts';
import { drain, sourceOver } from '../unit/input/plain-parser.ts';

const DAY = 86_400;
const HOLD_LINES = 1000;
const REORDER = 10;
const GAP = 3600;

interface Judged {
  readonly dropped: boolean;
  readonly late: boolean;
  readonly release: number;
}

/** The obvious reading of the rule: at a jump, look ahead for the line that comes back. */
function judge(times: readonly number[]): { lines: Judged[]; gaps: number } {
  const lines: Judged[] = [];
  let newest = times[0];
  let gaps = 0;
  for (let at = 0; at < times.length; at++) {
    const time = times[at];
    if (time > newest + DAY) {
      const ahead = times.slice(at + 1, at + 1 + HOLD_LINES);
      const back = ahead.findIndex((next) => next < newest + DAY);
      if (back !== -1) {
        for (let held = 0; held <= back; held++) {
          lines.push({ dropped: true, late: false, release: 0 });
        }
        at += back;
        continue;
      }
    }
    if (time > newest + GAP) gaps++;
    newest = Math.max(newest, time);
    const late = time < newest - REORDER;
    lines.push({ dropped: false, late, release: (late ? newest : time) * 1000 });
  }
  return { lines, gaps };
}

const time = fc
  .tuple(fc.oneof({ weight: 3, arbitrary: fc.nat(3) }, fc.nat(40)), fc.nat(5000))
  .map(([half, second]) => half * (DAY / 2) + second);
const run = fc.tuple(
  time,
  fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 1, max: 3 }) },
    fc.constantFrom(500, 999, 1001),
  ),
);
const history = fc
  .array(run, { minLength: 1, maxLength: 12 })
  .map((runs) => runs.flatMap(([at, times]) => Array.from({ length: times }, () => at)));

// Goal: what is held, dropped and late is what the rule says, whatever jumps follow each other.
// Method: judge random jumps with and without looking ahead, in blocks of several sizes.
it('quarantine needs no look ahead', async () => {
  await fc.assert(
    fc.asyncProperty(history, fc.constantFrom(16, 1000, 262_144), async (times, blockBytes) => {
      const text = Buffer.from(times.map((at) => `e ${at}\n`).join(''));
      const source = sourceOver(text, { blockBytes, gapMs: GAP * 1000 });
      const rows = await drain(source);
      const { lines, gaps } = judge(times);
      const seen = rows.map(({ kind, flags, release }) => {
        const dropped = kind === KIND_DROPPED;
        return {
          dropped,
          late: !dropped && (flags & FLAG.late) !== 0,
          release: dropped ? 0 : release,
        };
      });
      expect(seen).toEqual(lines);
      expect(source.clock.quarantinedCount).toBe(lines.filter(({ dropped }) => dropped).length);
      expect(source.clock.lateLines).toBe(lines.filter(({ late }) => late).length);
      expect(source.clock.gapCount).toBe(gaps);
    }),
    { numRuns: 300 },
  );
});
