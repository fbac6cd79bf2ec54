import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { HeldSessions } from '../../src/simulate/enforce/held-sessions.ts';

// Goal: sessions that a tarpit holds are let go in the order of their ends.
// Method: random holds and releases, against a list that is searched for its smallest number.
test('held sessions are let go in the order of time', () => {
  const step = fc.option(fc.nat(30), { nil: undefined });
  const run = fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
    const held = new HeldSessions();
    const list: number[] = [];
    const facts = { family: 4, at: 0, node: 0, service: 0, listener: 0 };
    const seen: (readonly number[])[] = [];
    const wanted: (readonly number[])[] = [];
    for (const untilMs of steps) {
      if (untilMs !== undefined) {
        held.hold({ ...facts, words: Int32Array.of(untilMs, 0, 0, 0) }, 'logged', untilMs);
        list.push(untilMs);
      } else if (list.length > 0) {
        const next = Math.min(...list);
        list.splice(list.indexOf(next), 1);
        const { untilMs: own, words } = held.release();
        seen.push([own, words[0]]);
        wanted.push([next, next]);
      }
      seen.push([held.size, held.nextMs]);
      wanted.push([list.length, Math.min(...list)]);
    }
    expect(seen).toEqual(wanted);
  });
  fc.assert(run, { numRuns: 300 });
});
