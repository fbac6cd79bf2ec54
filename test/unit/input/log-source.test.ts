import { describe, expect, it } from 'vitest';
import { LONGEST_LINE_BYTES } from '../../../src/input/port.ts';
import { UserError } from '../../../src/model/errors.ts';
import { FLAG } from '../../../src/model/event-batch.ts';
import { KIND, KIND_DROPPED } from '../../../src/model/event.ts';
import { drain, PlainParser, sourceOver } from './plain-parser.ts';
import { scratchInput } from './scratch-folder.ts';

const DAY = 86_400;
const lines = (...all: string[]): Buffer => Buffer.from(all.map((line) => `${line}\n`).join(''));

describe('lines', () => {
  it('counts every line as exactly one of three', async () => {
    const source = sourceOver(lines('e 1', 'i 2', 'junk', '', 'e 3'));
    const rows = await drain(source);
    expect(rows.map(({ line, time }) => [line, time])).toEqual([
      [1, 1000],
      [5, 3000],
    ]);
    expect(source.accounting).toMatchObject({ lines: 5, event: 2, irrelevant: 1, unparsed: 2 });
    expect([...source.accounting.reasons]).toEqual([['no time', 2]]);
    expect(source.accounting.shapes.top).toEqual([
      { line: 3, reason: 'no time', lines: 1, shape: 'junk', text: 'junk' },
      { line: 4, reason: 'no time', lines: 1, shape: '', text: '' },
    ]);
    expect([source.firstTime, source.facts.report.lastMs, source.watermark]).toEqual([
      1000,
      3000,
      Infinity,
    ]);
  });

  it('takes CRLF, a missing last line end, a byte order mark and an empty file', async () => {
    const parser = new PlainParser();
    const setting = { createParser: () => parser };
    await drain(sourceOver(Buffer.from('\ufeffe 1\r\ne 2\r\r\n\r\ne 3'), setting));
    expect(parser.seen.map(({ text }) => text)).toEqual(['e 1', 'e 2\r', '', 'e 3']);
    const empty = sourceOver(Buffer.alloc(0));
    expect(await drain(empty)).toEqual([]);
    expect(empty.accounting.lines).toBe(0);
    expect(empty.facts.report.lastMs).toBeUndefined();
  });

  it('stamps batches with the rank and opens the file by itself', async () => {
    const source = sourceOver(scratchInput('e 1\n'));
    const batch = await source.nextBatch();
    expect(batch?.source).toBe(3);
    expect(source.bytesRead).toBe(4);
    expect(await source.nextBatch()).toBeUndefined();
    expect(source.bytesRead).toBe(4);
  });

  it('keeps long lines, and counts one of more than 1 MiB without holding it', async () => {
    const whole = `e 2 ${'y'.repeat(LONGEST_LINE_BYTES - 4)}`;
    for (const excess of [1, LONGEST_LINE_BYTES, 9 * LONGEST_LINE_BYTES]) {
      const tooLong = `e 3 ${'x'.repeat(LONGEST_LINE_BYTES - 4 + excess)}`;
      const source = sourceOver(lines('e 1', whole, tooLong, 'e 4', tooLong));
      const rows = await drain(source);
      expect(rows.map(({ line, text }) => [line, text.length])).toEqual([
        [1, 3],
        [2, LONGEST_LINE_BYTES],
        [4, 3],
      ]);
      expect(source.accounting).toMatchObject({ lines: 5, event: 3, unparsed: 2 });
      expect([...source.accounting.reasons]).toEqual([['line too long', 2]]);
      expect(source.accounting.shapes.top[0]).toMatchObject({
        lines: 2,
        line: 3,
        reason: 'line too long',
        text: tooLong.slice(0, 200),
      });
    }
  });

  it('does not cut a sample inside a character', async () => {
    const source = sourceOver(lines('é'.repeat(500), `${'x'.repeat(799)}é`));
    await drain(source);
    expect(source.accounting.shapes.top.map(({ text }) => text)).toEqual([
      'é'.repeat(200),
      'x'.repeat(200),
    ]);
  });

  it('turns a date that the year given does not have into a mistake of the user', async () => {
    const undatable = (line: number): UserError => new UserError(`line ${line}`);
    const source = sourceOver(lines('e 1', 'e x'), { undatable });
    await expect(drain(source)).rejects.toThrow('line 2');
  });
});

describe('records', () => {
  const quoted = (): PlainParser =>
    Object.assign(new PlainParser(), {
      findRecordEnd(bytes: Buffer, start: number, limit: number): number {
        let open = false;
        for (let at = start; at < limit; at++) {
          if (bytes[at] === 34) open = !open;
          else if (bytes[at] === 10 && !open) return at;
        }
        return -1;
      },
    });

  it('may hold line ends, which are counted', async () => {
    for (const blockBytes of [1, 7, 1000]) {
      const parser = quoted();
      const source = sourceOver(Buffer.from('e 1 "a\nb\n"\ne 2\ne 3 "\n"'), {
        createParser: () => parser,
        blockBytes,
      });
      await drain(source);
      expect(parser.seen).toEqual([
        { line: 1, text: 'e 1 "a\nb\n"' },
        { line: 4, text: 'e 2' },
        { line: 5, text: 'e 3 "\n"' },
      ]);
      expect(source.accounting).toMatchObject({ lines: 3, event: 3 });
    }
  });

  it('lose one line to a quote that is never closed, not the file', async () => {
    const filler = Array.from({ length: 200_000 }, (_, n) => `e ${n + 10}`);
    for (const tail of [filler, filler.slice(0, 3)]) {
      const source = sourceOver(lines('e 1', 'e 2 "open', ...tail), { createParser: quoted });
      const rows = await drain(source);
      expect(rows).toHaveLength(tail.length + 1);
      expect(rows.at(-1)?.line).toBe(tail.length + 2);
      expect(source.accounting.shapes.top).toEqual([
        { line: 2, reason: 'quote not closed', lines: 1, shape: 'e 0 "open', text: 'e 2 "open' },
      ]);
    }
  });
});

describe('time of a file', () => {
  it('marks rows late by the newest line, irrelevant ones included', async () => {
    const source = sourceOver(lines('e 100', 'e 95', 'i 120', 'e 111', 'e 110', 'e 109', 'e 130'));
    const rows = await drain(source);
    expect(rows.map(({ time, release, flags }) => [time, release, flags])).toEqual([
      [100_000, 100_000, 0],
      [95_000, 95_000, 0],
      [111_000, 111_000, 0],
      [110_000, 110_000, 0],
      [109_000, 120_000, FLAG.late],
      [130_000, 130_000, 0],
    ]);
    expect(source.clock.lateLines).toBe(1);
  });

  it('lists gaps longer than the longest window, the longest first', async () => {
    const source = sourceOver(lines('i 0', 'e 3600', 'e 7201', 'i 7300', 'e 20000'));
    await drain(source);
    expect(source.clock.gapCount).toBe(2);
    expect(source.clock.gaps).toEqual([
      { fromMs: 7_300_000, toMs: 20_000_000, line: 5 },
      { fromMs: 3_600_000, toMs: 7_201_000, line: 3 },
    ]);
  });

  it('quarantines a jump from which the file comes back', async () => {
    const source = sourceOver(
      lines(
        'e 100',
        `e ${9 * DAY}`,
        `i ${9 * DAY + 1}`,
        'junk',
        `e ${9 * DAY - 5}`,
        'e 101',
        'e 90.5',
      ),
    );
    const rows = await drain(source);
    expect(rows.map(({ line, kind, flags }) => [line, kind, flags])).toEqual([
      [1, KIND.connect, 0],
      [2, KIND_DROPPED, 0],
      [5, KIND_DROPPED, 0],
      [6, KIND.connect, 0],
      [7, KIND.connect, FLAG.late],
    ]);
    expect(source.clock.quarantinedCount).toBe(3);
    expect(source.clock.quarantined).toEqual([
      { line: 2, timeMs: 9 * DAY * 1000 },
      { line: 3, timeMs: (9 * DAY + 1) * 1000 },
      { line: 5, timeMs: (9 * DAY - 5) * 1000 },
    ]);
    expect(source.facts.report.lastMs).toBe(101_000);
    expect(source.clock.gapCount).toBe(0);
    expect(source.clock.lateLines).toBe(1);
  });

  it.each([
    [999, true],
    [1000, false],
  ])('with %i lines between, a return quarantines: %s', async (between, quarantines) => {
    const held = Array.from({ length: between }, (_, n) => `e ${3 * DAY + n}`);
    for (const blockBytes of [64, 300_000]) {
      const source = sourceOver(lines('e 0', `e ${2 * DAY}`, ...held, 'e 5'), { blockBytes });
      const rows = await drain(source);
      const dropped = rows.filter(({ kind }) => kind === KIND_DROPPED).length;
      expect(dropped).toBe(quarantines ? between + 1 : 0);
      expect(source.clock.quarantinedCount).toBe(dropped);
      expect(source.clock.gapCount).toBe(quarantines ? 0 : 2);
      expect(source.clock.lateLines).toBe(quarantines ? 0 : 1);
      expect(source.clock.quarantined).toHaveLength(quarantines ? 20 : 0);
    }
  });

  it('believes a jump at the end of the file, and a quiet weekend', async () => {
    const source = sourceOver(lines('e 0', `e ${3 * DAY}`, `e ${3 * DAY + 1}`));
    const rows = await drain(source);
    expect(rows.every(({ kind }) => kind === KIND.connect)).toBe(true);
    expect(source.clock.gaps).toEqual([{ fromMs: 0, toMs: 3 * DAY * 1000, line: 2 }]);
  });

  it('finds a broken stamp right behind a real gap', async () => {
    const source = sourceOver(
      lines('e 0', `e ${3 * DAY}`, `e ${99 * DAY}`, `e ${3 * DAY + 1}`, `e ${3 * DAY + 2}`),
    );
    const rows = await drain(source);
    expect(rows.filter(({ kind }) => kind === KIND_DROPPED).map(({ line }) => line)).toEqual([3]);
    expect(source.clock.gaps).toEqual([{ fromMs: 0, toMs: 3 * DAY * 1000, line: 2 }]);
    expect(source.facts.report.lastMs).toBe((3 * DAY + 2) * 1000);
    expect(source.clock.lateLines).toBe(0);
  });

  it('hands out what is decided of a log with days between all lines', async () => {
    const many = Array.from({ length: 5000 }, (_, n) => `e ${2 * n * DAY}`);
    const source = sourceOver(lines(...many), { blockBytes: 256 });
    await source.nextBatch();
    expect(source.accounting.lines).toBeLessThan(1100);
    expect(await drain(source)).not.toHaveLength(0);
    expect(source.clock.gapCount).toBe(4999);
    expect(source.clock.gaps).toHaveLength(5);
  });

  it('reads ahead to a time without handing out, and not without end', async () => {
    const text = Array.from({ length: 2000 }, (_, second) => `e ${second}\n`).join('');
    const source = sourceOver(Buffer.from(text), { blockBytes: 100 });
    expect(await source.reaches(50_000)).toBe(true);
    expect(await source.reaches(1_900_000)).toBeUndefined();
    const rows = await drain(source);
    expect(rows).toHaveLength(2000);
    expect(await source.reaches(1_999_000)).toBe(false);
  });
});
