import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { FileDater } from '../../src/input/dating.ts';
import { inferYears, type YearFacts } from '../../src/input/infer-years.ts';
import { scanHead } from '../../src/input/stamp-scan.ts';
import { SyslogHeader } from '../../src/input/syslog-header.ts';
import { candidatesOf, createZone, UTC, type Zone } from '../../src/input/zones.ts';
import { civilFromDays, DAY_MS, formatIso, HOUR_MS, MINUTE_MS } from '../../src/model/time.ts';

const MONTHS = 'JanFebMarAprMayJunJulAugSepOctNovDec';
const START = Date.UTC(2021, 0, 1);

/** A yearless stamp of a local time. */
function stampOf(localMs: number): string {
  const { month, day } = civilFromDays(Math.floor(localMs / DAY_MS));
  const name = MONTHS.slice(month * 3 - 3, month * 3);
  return `${name} ${String(day).padStart(2)} ${formatIso(localMs).slice(11, 19)}`;
}

const linesOf = (times: readonly number[]): string =>
  times.map((localMs) => `${stampOf(localMs)} mx1 x[1]: y\n`).join('');

function readBack(text: string, zone: Zone, firstYear: number): number[] {
  const dater = new FileDater({ zone, firstYear, reorderMs: 10_000 });
  const header = new SyslogHeader();
  return text
    .trimEnd()
    .split('\n')
    .map((line) => {
      header.read(Buffer.from(line), 0, line.length);
      return dater.toUtc(header);
    });
}

/** A log that rests for less than half a year at a time, its lines some minutes out of order. */
const history = fc
  .tuple(
    fc.nat(3 * 365 * 86_400),
    fc.array(
      fc.tuple(
        fc.oneof(
          { weight: 4, arbitrary: fc.nat(3600) },
          { weight: 3, arbitrary: fc.nat(20 * 86_400) },
          { weight: 1, arbitrary: fc.nat(150 * 86_400) },
        ),
        fc.nat(600),
      ),
      { minLength: 1, maxLength: 40 },
    ),
  )
  .map(([start, steps]) => {
    let at = START + start * 1000;
    return steps.map(([step, back]) => {
      at += step * 1000;
      return at - back * 1000;
    });
  });

const yearOf = (timeMs: number): number => civilFromDays(Math.floor(timeMs / DAY_MS)).year;

// Goal: the years of a yearless log are those in which it was written.
// Method: write random histories over several New Years without years and date them again.
it('years come back over every New Year', () => {
  fc.assert(
    fc.property(history, (times) => {
      expect(readBack(linesOf(times), UTC, yearOf(times[0]))).toEqual(times);
    }),
    { numRuns: 500 },
  );
});

// Goal: each source tells the year that the log has.
// Method: cut a random history into a rotation and give only one hint for all of its files.
it('one hint dates a rotation', () => {
  fc.assert(
    fc.property(
      history,
      fc.integer({ min: 1, max: 6 }),
      fc.constantFrom('--year', 'mtime', 'gzip header', 'name'),
      (times, count, hint) => {
        const size = Math.ceil(times.length / count);
        const parts: number[][] = [];
        for (let at = 0; at < times.length; at += size) parts.push(times.slice(at, at + size));
        const facts = parts.map((part, index): YearFacts => {
          const newest = index === parts.length - 1;
          const end = part.at(-1)!;
          const day = formatIso(end).slice(0, 10);
          return {
            name:
              hint === 'name'
                ? `maillog-${day}.${parts.length - index}`
                : `m.${parts.length - index}`,
            scan: scanHead(Buffer.from(linesOf(part))),
            year: undefined,
            gzipTimeMs: hint === 'gzip header' && newest ? end : undefined,
            mtimeMs: hint === 'mtime' && newest ? end : 0,
          };
        });
        const given = hint === '--year' ? yearOf(times[0]) : undefined;
        expect(inferYears(facts, given).map(({ firstYear }) => firstYear)).toEqual(
          parts.map((part) => yearOf(part[0])),
        );
      },
    ),
    { numRuns: 500 },
  );
});

const ZONES = [
  'Europe/Berlin',
  'America/New_York',
  'America/St_Johns',
  'Australia/Lord_Howe',
  'Africa/Casablanca',
  'Asia/Kathmandu',
  'Pacific/Apia',
  'Etc/GMT+7',
  'UTC',
].map((name) => createZone(name)!);

// Goal: the tables of a zone agree with the runtime's own clock.
// Method: show random instants in the zone and look for them among the readings of that local time.
it('a local time has its instant among its readings', () => {
  const formats = new Map(
    ZONES.map((zone) => [
      zone,
      new Intl.DateTimeFormat('sv-SE', {
        timeZone: zone.name,
        dateStyle: 'short',
        timeStyle: 'medium',
      }),
    ]),
  );
  const second = fc.integer({ min: 0, max: 2_300_000_000 });
  fc.assert(
    fc.property(fc.constantFrom(...ZONES), second, (zone, at) => {
      const utcMs = at * 1000;
      const localMs = Date.parse(`${formats.get(zone)!.format(utcMs).replace(' ', 'T')}Z`);
      expect(zone.offsetAt(utcMs)).toBe(localMs - utcMs);
      expect(candidatesOf(zone, localMs)).toContain(utcMs);
    }),
    { numRuns: 2000 },
  );
});

// Goal: lines that follow each other closely keep their instants through both changes of a year.
// Method: write random runs of lines around a change without offsets and date them again.
it('the order of lines decides in the hour that DST repeats', () => {
  const berlin = createZone('Europe/Berlin')!;
  const changes = [Date.UTC(2026, 2, 29, 1), Date.UTC(2026, 9, 25, 1)];
  const steps = fc.array(fc.nat((30 * MINUTE_MS) / 1000), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(fc.constantFrom(...changes), steps, (change, seconds) => {
      let at = change - 2 * HOUR_MS;
      const instants = seconds.map((step) => (at += step * 1000));
      const local = instants.map((utcMs) => utcMs + berlin.offsetAt(utcMs));
      expect(readBack(linesOf(local), berlin, 2026)).toEqual(instants);
    }),
    { numRuns: 500 },
  );
});
