import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { mergeSources } from '../../src/clock/merge.ts';
import { discoverInputs } from '../../src/input/discover.ts';
import { openInputs } from '../../src/input/open-inputs.ts';
import { UTC } from '../../src/input/zones.ts';
import { ALL_NEEDS } from '../../src/model/event.ts';
import { Vocabulary } from '../../src/model/vocabulary.ts';
import { scratchFolder } from '../unit/input/scratch-folder.ts';

interface Read {
  readonly events: readonly string[];
  readonly lines: number;
  readonly repeated: number;
}

async function read(files: Readonly<Record<string, string | Buffer>>): Promise<Read> {
  const vocabulary = new Vocabulary();
  const setting = { vocabulary, needs: ALL_NEEDS, gapMs: 3_600_000, zoneFor: () => UTC };
  const { sources } = await openInputs(await discoverInputs([scratchFolder(files)]), setting);
  const events: string[] = [];
  await mergeSources(sources, (batch, from, to) => {
    for (let row = from; row < to; row++) {
      events.push(
        `${batch.time[row]} ${vocabulary.kinds.name(batch.kind[row])} ${batch.ip[row * 4]}`,
      );
    }
    return true;
  });
  const sum = (of: 'lines' | 'repeated'): number =>
    sources.reduce((total, { accounting }) => total + accounting[of], 0);
  return { events, lines: sum('lines'), repeated: sum('repeated') };
}

/** Seconds to the line before, and the client: lines repeat often, also within one second. */
const step = fc.tuple(fc.constantFrom(0, 0, 0, 1, 2, 40), fc.integer({ min: 1, max: 2 }));

function linesOf(steps: readonly (readonly [number, number])[]): string[] {
  let second = 0;
  return steps.map(([gap, client]) => {
    second += gap;
    const time = new Date(Date.UTC(2026, 10, 20, 18, 0, second)).toISOString();
    return `${time} mx1 postfix/smtpd[7]: connect from x.example[192.0.2.${client}]\n`;
  });
}

// Goal: however a log was cut into files that share lines, every line counts once.
// Method: cut a random log twice, with a joint of two seconds and more; the events are those of the
// whole log. The files are packed or not and the first may end inside a line.
it('lines in two files of a rotation count once', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 3, maxLength: 40 }),
      fc.nat(),
      fc.nat(),
      fc.nat(),
      fc.boolean(),
      async (steps, seedA, seedB, cut, packed) => {
        const lines = linesOf(steps);
        const [from, to] = [seedA % lines.length, seedB % (lines.length + 1)].toSorted(
          (a, b) => a - b,
        );
        const joint = lines.slice(from, to);
        fc.pre(joint.length > 1 && joint[0].slice(0, 20) !== joint.at(-1)!.slice(0, 20));
        const half = to < lines.length ? lines[to].slice(0, cut % lines[to].length) : '';
        const earlier = lines.slice(0, to).join('') + half;
        const files = {
          'mail.log': lines.slice(from).join(''),
          'mail.log.1': packed ? gzipSync(earlier) : earlier,
        };
        const whole = await read({ 'mail.log': lines.join('') });
        const both = await read(files);
        // Where both begin at one time, files with equal stamps rank by content.
        expect(both.events.toSorted()).toEqual(whole.events.toSorted());
        expect(both.lines - both.repeated).toBe(whole.lines);
      },
    ),
    { numRuns: 120 },
  );
});

// Goal: lines that only look alike are never left out.
// Method: cut a random log once, anywhere, also between equal lines; nothing is repeated.
it('lines that stand next to their like in two files all count', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 2, maxLength: 40 }),
      fc.nat(),
      async (steps, seed) => {
        const lines = linesOf(steps);
        const at = seed % lines.length;
        const files = {
          'mail.log.1': lines.slice(0, at).join(''),
          'mail.log': lines.slice(at).join(''),
        };
        // Two files with the same content are one.
        fc.pre(files['mail.log.1'] !== files['mail.log']);
        const both = await read(files);
        expect(both.repeated).toBe(0);
        const whole = await read({ 'mail.log': lines.join('') });
        expect(both.events.toSorted()).toEqual(whole.events.toSorted());
      },
    ),
    { numRuns: 80 },
  );
});
