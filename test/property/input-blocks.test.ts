import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { FileDater } from '../../src/input/dating.ts';
import type { LogSource } from '../../src/input/log-source.ts';
import { createSyslogParser } from '../../src/input/syslog/parser.ts';
import { BatchPool } from '../../src/input/batch-pool.ts';
import { UTC } from '../../src/input/zones.ts';
import { ALL_NEEDS } from '../../src/model/event.ts';
import { Vocabulary } from '../../src/model/vocabulary.ts';
import { drain, PlainParser, sourceOver, type SourceSetting } from '../unit/input/plain-parser.ts';
import { scratchInput } from '../unit/input/scratch-folder.ts';

const DAY = 86_400;
const line = fc.oneof(
  { weight: 6, arbitrary: fc.nat(200).map((second) => `e ${second}`) },
  { weight: 2, arbitrary: fc.nat(200).map((second) => `i ${second}`) },
  { weight: 1, arbitrary: fc.nat(5).map((day) => `e ${day * DAY}`) },
  { weight: 1, arbitrary: fc.string({ maxLength: 40 }).map((text) => text.replaceAll('\n', ' ')) },
);
const log = fc
  .tuple(fc.array(fc.tuple(line, fc.constantFrom('\n', '\r\n')), { maxLength: 60 }), line)
  .map(([all, last]) => all.map(([text, end]) => text + end).join('') + last);

async function outcome(source: LogSource): Promise<unknown> {
  const rows = await drain(source);
  const { accounting, clock } = source;
  const { quarantined, quarantinedCount, gaps, gapCount, lateLines, firstMs, newestMs } = clock;
  return {
    rows,
    accounting,
    quarantined,
    quarantinedCount,
    gaps,
    gapCount,
    lateLines,
    firstMs,
    newestMs,
  };
}

// Goal: where blocks end is invisible.
// Method: read a random log in blocks of a random size and as the obvious split of the whole.
it('lines do not depend on blocks', async () => {
  await fc.assert(
    fc.asyncProperty(log, fc.integer({ min: 1, max: 90 }), async (text, blockBytes) => {
      const parser = new PlainParser();
      const source = sourceOver(Buffer.from(text), { blockBytes, createParser: () => parser });
      const inBlocks = await outcome(source);
      const whole = text.split('\n');
      if (whole.at(-1) === '') whole.pop();
      expect(parser.seen).toEqual(
        whole.map((each, index) => ({
          line: index + 1,
          text: Buffer.from(each.replace(/\r$/, '')).toString('latin1'),
        })),
      );
      expect(inBlocks).toEqual(await outcome(sourceOver(Buffer.from(text))));
    }),
    { numRuns: 300 },
  );
});

// Goal: packing is invisible.
// Method: cut a random log into gzip members and compare with the plain file.
it('gzip reads as the plain file', async () => {
  await fc.assert(
    fc.asyncProperty(log, fc.array(fc.nat(400), { maxLength: 3 }), async (text, cuts) => {
      const bytes = Buffer.from(text);
      const ends = [...cuts.toSorted((a, b) => a - b), bytes.length];
      const members = ends.map((end, index) => gzipSync(bytes.subarray(ends[index - 1] ?? 0, end)));
      const packed = sourceOver(scratchInput(Buffer.concat(members)));
      expect(await outcome(packed)).toEqual(await outcome(sourceOver(scratchInput(bytes))));
    }),
    { numRuns: 40 },
  );
});

const postfixLine = fc.constantFrom(
  'Nov 20 18:27:13 mx1 postfix/smtpd[7]: connect from x.example[192.0.2.1]',
  'Nov 20 18:27:14 mx1 postfix/smtpd[8]: connect from y.example[192.0.2.2]',
  'Nov 20 18:27:14 mx1 last message repeated 3 times',
  'Nov 20 18:27:15 mx1 message repeated 2 times: [ x]',
  'no header',
  'Nov 20 18:27:15 mx1 postfix/qmgr[1]: 4jWMj02GZszqy4H: removed',
);

// Goal: a repeated line finds the line that it repeats across the end of a block.
// Method: as above, with the Postfix parser, which asks for bytes of the block before.
it('carried lines do not depend on blocks', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(postfixLine, { maxLength: 12 }),
      fc.integer({ min: 1, max: 300 }),
      async (all, blockBytes) => {
        const bytes = Buffer.from(all.join('\n'));
        const read = (size: number): Promise<unknown> => {
          const vocabulary = new Vocabulary();
          const dater = new FileDater({ zone: UTC, firstYear: 2026, reorderMs: 10_000 });
          const setting: SourceSetting = {
            createParser: () => createSyslogParser({ vocabulary, dater, needs: ALL_NEEDS }),
            pool: new BatchPool(vocabulary, size),
          };
          return outcome(sourceOver(bytes, setting));
        };
        expect(await read(blockBytes)).toEqual(await read(100_000));
      },
    ),
    { numRuns: 200 },
  );
});
