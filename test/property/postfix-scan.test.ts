import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { FileDater } from '../../src/input/dating.ts';
import { createSyslogParser } from '../../src/input/syslog/parser.ts';
import { createZone } from '../../src/input/zones.ts';
import { ALL_NEEDS } from '../../src/model/event.ts';
import { Vocabulary } from '../../src/model/vocabulary.ts';
import { readThrough, type ReadThrough } from '../builders/read-sources.ts';
import { fixture } from '../unit/input/event-rows.ts';

const BERLIN = createZone('Europe/Berlin')!;
const recorded = fixture('postfix/recorded.log.gz').toString('latin1').trimEnd().split('\n');
/** `postfix/smtpd[7]: connect from …`: recorded lines without stamp and host. */
const texts = recorded.map((line) => line.split(/ +/).slice(4).join(' '));

function read(bytes: Buffer, blockBytes: number, isFast: boolean): Promise<ReadThrough> {
  const vocabulary = new Vocabulary();
  const dater = new FileDater({ zone: BERLIN, firstYear: 2026, reorderMs: 10_000 });
  const parser = createSyslogParser({ vocabulary, dater, needs: ALL_NEEDS });
  return readThrough(bytes, blockBytes, isFast, { vocabulary, dater, parser });
}

const pad = (value: number): string => String(value).padStart(2, '0');

interface Stamp {
  readonly host: string;
  readonly form: number;
  readonly fraction: string;
}

/** One time in the forms that a log may mix; `minute` counts from 00:50 of 25 October, when DST ends. */
function stamped(minute: number, second: number, { host, form, fraction }: Stamp): string {
  const at = 50 + minute;
  const [hour, rest] = [Math.floor(at / 60) % 24, at % 60];
  const clock = `${pad(hour)}:${pad(rest)}:${pad(second)}`;
  const day = 25 + Math.floor(at / 1440);
  if (form === 0) return `Oct ${day} ${clock}${fraction} ${host}`;
  if (form === 1) return `2026-10-${day}T${clock}${fraction}+01:00 ${host}`;
  if (form === 2) return `2026-10-${day}T${clock}${fraction} ${host}`;
  if (form === 3) return `Jan  1 ${clock} ${host}`;
  return `<22>Oct ${day} ${clock} ${host}`;
}

const steps = fc.record({
  /** Minutes and seconds ahead of the line before; mostly the same minute. */
  minutes: fc.oneof(
    { weight: 12, arbitrary: fc.constant(0) },
    { weight: 2, arbitrary: fc.constantFrom(1, -1, 60, -60) },
    { weight: 1, arbitrary: fc.constantFrom(1500, -1500) },
  ),
  second: fc.integer({ min: 0, max: 61 }),
  text: fc.constantFrom(...texts),
  odd: fc.oneof(
    { weight: 6, arbitrary: fc.constant('') },
    { weight: 1, arbitrary: fc.constant('last') },
    { weight: 1, arbitrary: fc.constantFrom(' ', '\r', '\0 ', 'times', 'blank', 'cut') },
  ),
  stamp: fc.record({
    host: fc.oneof(
      { weight: 12, arbitrary: fc.constant('mx1') },
      { weight: 1, arbitrary: fc.constantFrom('mx2', 'mx11', 'm', 'a.very.long.name.example') },
    ),
    form: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4),
    fraction: fc.constantFrom('', '', '', '', '.049295', '.5', '.', '.0492951234'),
  }),
});
type Step = typeof steps extends fc.Arbitrary<infer T> ? T : never;

/** All lines in one form of the stamp, or each in its own. */
function logOf(all: readonly Step[], uniform: boolean): Buffer {
  let minute = 0;
  const lines = all.map(({ minutes, second, text, odd, stamp }) => {
    minute = Math.max(0, minute + minutes);
    const head = stamped(minute, second, uniform ? all[0].stamp : stamp);
    if (odd === 'last') return `${head} last message repeated 2 times`;
    if (odd === 'times') return `${head} postfix/smtpd[7]: message repeated 3 times: [ ${text}]`;
    if (odd === 'blank') return `${head}  ${text}`;
    if (odd === 'cut') return `${head} ${text}`.slice(0, 30 + text.length / 3);
    return `${head} ${text}${odd}`;
  });
  return Buffer.from(lines.join('\n'), 'latin1');
}

// Goal: the loop over lines of a known minute does what reading line by line does.
// Method: recorded texts under random stamps, through the same parser with and without that loop.
it('a scan reads what single lines read', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(steps, { minLength: 1, maxLength: 40 }),
      fc.boolean(),
      fc.integer({ min: 100, max: 4000 }),
      async (all, uniform, blockBytes) => {
        const bytes = logOf(all, uniform);
        const slow = await read(bytes, 1_000_000, false);
        expect(await read(bytes, blockBytes, true)).toEqual(slow);
      },
    ),
    { numRuns: 300 },
  );
});

// Goal: no line is read past the end of what is there, and none is lost.
// Method: an excerpt of the recording in blocks of every size.
it('a scan stops at every possible end of a block', async () => {
  const bytes = Buffer.from(recorded.slice(100, 112).join('\n'), 'latin1');
  const whole = await read(bytes, 1_000_000, false);
  expect(whole.rows.length).toBeGreaterThan(3);
  for (let size = 1; size <= bytes.length + 1; size++) {
    expect(await read(bytes, size, true)).toEqual(whole);
  }
});

it.each(['recorded.log', 'recorded.rfc3339.log', 'recorded.rfc5424.log'])(
  'a scan reads %s as single lines do',
  async (name) => {
    const bytes = fixture(`postfix/${name}.gz`);
    expect(await read(bytes, 65_536, true)).toEqual(await read(bytes, 65_536, false));
  },
);
