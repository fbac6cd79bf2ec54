import { describe, expect, it } from 'vitest';
import { FileDater, type DatingOptions } from '../../../src/input/dating.ts';
import { inferYears, type YearFacts } from '../../../src/input/infer-years.ts';
import { compareAge, readRotationName } from '../../../src/input/rotation.ts';
import { scanHead, scanStamps } from '../../../src/input/stamp-scan.ts';
import { SyslogHeader } from '../../../src/input/syslog-header.ts';
import { YearTracker } from '../../../src/input/year-tracker.ts';
import { createZone, UTC } from '../../../src/input/zones.ts';
import { UserError } from '../../../src/model/errors.ts';
import { formatIso, parseIso } from '../../../src/model/time.ts';
import { scratchInput } from './scratch-folder.ts';

const ms = (text: string): number => parseIso(text)!.localMs;

function date(stamps: string[], options: Partial<DatingOptions> = {}): string[] {
  const dater = new FileDater({ zone: UTC, firstYear: 2026, reorderMs: 10_000, ...options });
  const header = new SyslogHeader();
  return stamps.map((stamp) => {
    const bytes = Buffer.from(`${stamp} mx1 postfix/qmgr[7]: x`);
    expect(header.read(bytes, 0, bytes.length)).toBe(true);
    const utcMs = dater.toUtc(header);
    return Number.isNaN(utcMs) ? `none: ${dater.problem}` : formatIso(utcMs);
  });
}

describe('years of stamps', () => {
  it('rolls over at New Year and lets late lines fall back', () => {
    expect(
      date(['Dec 31 23:59:58', 'Jan  1 00:00:01', 'Dec 31 23:59:59', 'Jan 01 00:00:02']),
    ).toEqual([
      '2026-12-31T23:59:58Z',
      '2027-01-01T00:00:01Z',
      '2026-12-31T23:59:59Z',
      '2027-01-01T00:00:02Z',
    ]);
  });

  it('takes a step back of less than six months as disorder', () => {
    const tracker = new YearTracker(2026);
    expect([8, 3, 8, 9].map((month) => tracker.yearOf(month))).toEqual([2026, 2026, 2026, 2026]);
    const next = new YearTracker(2026);
    expect([8, 2, 3].map((month) => next.yearOf(month))).toEqual([2026, 2027, 2027]);
  });

  it('takes a step far ahead in January as a line of the year before', () => {
    const tracker = new YearTracker(2027);
    expect([1, 8, 1, 12, 2].map((month) => tracker.yearOf(month))).toEqual([
      2027, 2026, 2027, 2026, 2027,
    ]);
  });

  it('is not led astray by one broken stamp', () => {
    for (const broken of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]) {
      for (const month of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]) {
        const tracker = new YearTracker(2026);
        tracker.yearOf(month);
        tracker.yearOf(broken);
        expect(tracker.yearOf(month)).toBe(2026);
        expect(tracker.yearOf((month % 12) + 1)).toBe(month === 12 ? 2027 : 2026);
      }
    }
  });

  it('follows a log with months between its lines', () => {
    const tracker = new YearTracker(2026);
    const months = [2, 5, 9, 12, 4, 8, 11, 3];
    expect(months.map((month) => tracker.yearOf(month))).toEqual([
      2026, 2026, 2026, 2026, 2027, 2027, 2027, 2028,
    ]);
  });

  it('goes where a full date says', () => {
    expect(
      date(['2031-12-31T23:00:00+01:00', 'Dec 31 23:30:00', 'Jan  1 00:00:00'], {
        firstYear: undefined,
      }),
    ).toEqual(['2031-12-31T22:00:00Z', '2031-12-31T23:30:00Z', '2032-01-01T00:00:00Z']);
  });

  it('has no time for 29 February of a common year, nor without a year', () => {
    expect(date(['Feb 28 12:00:00', 'Feb 29 12:00:00', 'Mar  1 12:00:00'])).toEqual([
      '2026-02-28T12:00:00Z',
      'none: no 29 February',
      '2026-03-01T12:00:00Z',
    ]);
    expect(date(['Feb 29 12:00:00'], { firstYear: 2028 })).toEqual(['2028-02-29T12:00:00Z']);
    expect(date(['Feb 28 12:00:00'], { firstYear: undefined })).toEqual(['none: year unknown']);
  });
});

describe('zones of stamps', () => {
  const zone = createZone('Europe/Berlin')!;

  it('leaves absolute stamps alone and reads the others in the zone', () => {
    expect(
      date(['2026-11-20T18:27:13.049+01:00', '2026-11-20T18:27:13', 'Nov 20 18:27:14'], { zone }),
    ).toEqual(['2026-11-20T17:27:13.049Z', '2026-11-20T17:27:13Z', '2026-11-20T17:27:14Z']);
  });

  it('lets the order of lines decide in the hour that DST repeats', () => {
    const stamps = [
      'Oct 25 01:59:59',
      'Oct 25 02:30:00',
      'Oct 25 02:29:55',
      'Oct 25 02:59:59',
      'Oct 25 02:00:00',
      'Oct 25 02:10:00',
      'Oct 25 02:59:59',
      'Oct 25 03:00:00',
    ];
    expect(date(stamps, { zone })).toEqual([
      '2026-10-24T23:59:59Z',
      '2026-10-25T00:30:00Z',
      '2026-10-25T00:29:55Z',
      '2026-10-25T00:59:59Z',
      '2026-10-25T01:00:00Z',
      '2026-10-25T01:10:00Z',
      '2026-10-25T01:59:59Z',
      '2026-10-25T02:00:00Z',
    ]);
  });

  it('does not take one stamp from far ahead for the order of lines', () => {
    expect(date(['Oct 25 02:10:00', 'Oct 28 02:10:00', 'Oct 25 02:10:01'], { zone }).at(-1)).toBe(
      '2026-10-25T00:10:01Z',
    );
  });
});

describe('lines of a minute that is known', () => {
  const zone = createZone('Europe/Berlin')!;
  const header = new SyslogHeader();

  function daterAfter(stamp: string): { dater: FileDater; read: (stamp: string) => string } {
    const dater = new FileDater({ zone, firstYear: 2026, reorderMs: 10_000 });
    const read = (text: string): string => {
      const bytes = Buffer.from(`${text} mx1 postfix/qmgr[7]: x`);
      expect(header.read(bytes, 0, bytes.length)).toBe(true);
      return formatIso(dater.toUtc(header));
    };
    read(stamp);
    return { dater, read };
  }

  it('count for the order of lines as if their stamps had been read', () => {
    const { dater, read } = daterAfter('Oct 25 02:10:00');
    read('Oct 28 02:10:00');
    dater.follow(ms('2026-10-28T01:10:01'));
    expect(read('Oct 25 02:10:01')).toBe('2026-10-25T01:10:01Z');
  });

  it('are as far from UTC as the stamp, but in the hour that DST repeats', () => {
    expect(daterAfter('Oct 25 01:59:00').dater.steady).toBe(true);
    expect(daterAfter('Oct 25 02:30:00').dater.steady).toBe(false);
    expect(daterAfter('2026-10-25T02:30:00+01:00').dater.steady).toBe(true);
  });
});

describe('names of rotated files', () => {
  it.each([
    ['mail.log', './mail.log', undefined, 0],
    ['mx1/mail.log.1', 'mx1/mail.log', undefined, 1],
    ['mail.log.12.gz', './mail.log', undefined, 12],
    ['maillog-20261101', './maillog', '2026-11-01', 0],
    ['maillog-20261101.gz', './maillog', '2026-11-01', 0],
    ['maillog.20261101-030405.gz', './maillog', '2026-11-01', 0],
    ['mail-2026-11-01.log', './mail.log', '2026-11-01', 0],
    ['mail.log.2026.11.01.3', './mail.log', '2026-11-01', 3],
    ['mail-20261301.log', './mail-20261301.log', undefined, 0],
    ['mail-120261101.log', './mail-120261101.log', undefined, 0],
  ])('%s', (name, rotation, day, number) => {
    expect(readRotationName(name)).toMatchObject({
      rotation,
      number,
      dateDays: day === undefined ? undefined : ms(day) / 86_400_000,
    });
  });

  it('orders a rotation from old to new', () => {
    const names = ['m.log', 'm.log.1', 'm.log.2.gz', 'm.log.10.gz'];
    const places = names.map((name) => readRotationName(name)).sort(compareAge);
    expect(places.map(({ number }) => number)).toEqual([10, 2, 1, 0]);
    const dated = ['m', 'm-20261102', 'm-20261101-120000', 'm-20261101-030405'];
    expect(
      dated
        .map((name) => readRotationName(name))
        .sort(compareAge)
        .map(({ clock }) => clock),
    ).toEqual(['030405', '120000', '', '']);
  });
});

describe('years of files', () => {
  const file = (name: string, stamps: string[], more: Partial<YearFacts> = {}): YearFacts => ({
    name,
    scan: scanHead(Buffer.from(stamps.map((stamp) => `${stamp} mx1 x[1]: y\n`).join(''))),
    year: undefined,
    gzipTimeMs: undefined,
    mtimeMs: 0,
    ...more,
  });
  const solve = (facts: YearFacts[], year?: number, afterMs?: number): unknown[] =>
    inferYears(facts, year, afterMs).map(({ firstYear, source }) => [firstYear, source]);

  it('takes --year for the oldest file of each rotation; the others follow', () => {
    const facts = [
      file('a/mail.log', ['Jan 20 00:00:00', 'Feb  1 00:00:00']),
      file('a/mail.log.2.gz', ['Nov  1 00:00:00', 'Dec  9 00:00:00'], {
        mtimeMs: ms('2019-01-01'),
      }),
      file('a/mail.log.1', ['Dec  9 00:00:00', 'Jan 20 00:00:00']),
      file('b/maillog', ['Mar  1 00:00:00']),
    ];
    expect(solve(facts, 2026)).toEqual([
      [2027, 'neighbour'],
      [2026, '--year'],
      [2026, 'neighbour'],
      [2026, '--year'],
    ]);
  });

  it('takes the year given to one file, and its neighbours follow both ways', () => {
    const facts = [
      file('m.3', ['Nov  1 00:00:00']),
      file('m.2', ['Dec  1 00:00:00'], { year: 2020 }),
      file('m.1', ['Jan  1 00:00:00']),
    ];
    expect(solve(facts)).toEqual([
      [2020, 'neighbour'],
      [2020, '--year'],
      [2021, 'neighbour'],
    ]);
  });

  it('finds full dates behind yearless lines', () => {
    const stamps = ['Dec 30 00:00:00', 'Jan  2 00:00:00', '2027-01-03T00:00:00Z'];
    expect(solve([file('m', stamps)])).toEqual([[2026, 'dates in the file']]);
    expect(solve([file('m', stamps.toReversed())])).toEqual([[2027, 'stamp']]);
  });

  it('dates the last line by the name', () => {
    const stamps = ['Nov 28 00:00:00', 'Jan  1 03:00:00'];
    expect(solve([file('m-20270101', stamps)])).toEqual([[2026, 'file name']]);
    expect(solve([file('m-20261231', stamps)])).toEqual([[2026, 'file name']]);
    expect(solve([file('m-20270101', ['Dec 31 23:00:00'])])).toEqual([[2026, 'file name']]);
    expect(solve([file('m-20270101', stamps), file('m', ['Jan  1 04:00:00'])])).toEqual([
      [2026, 'file name'],
      [2027, 'neighbour'],
    ]);
  });

  it('walks back from the gzip header, then from the file time', () => {
    const late = ms('2026-11-20T12:00:00');
    expect(solve([file('m.1.gz', ['Nov 21 11:00:00'], { gzipTimeMs: late, mtimeMs: 1 })])).toEqual([
      [2026, 'gzip header'],
    ]);
    expect(solve([file('m', ['Nov 22 00:00:00'], { mtimeMs: late })])).toEqual([[2025, 'mtime']]);
    expect(
      solve([
        file('m.2', ['Nov 22 00:00:00', 'Dec  1 00:00:00'], { mtimeMs: late }),
        file('m.1', ['Dec  2 00:00:00', 'Jan  1 00:00:00'], { mtimeMs: late }),
        file('m', ['Jan  2 00:00:00'], { mtimeMs: late }),
      ]),
    ).toEqual([
      [2025, 'neighbour'],
      [2025, 'neighbour'],
      [2026, 'mtime'],
    ]);
  });

  it('follows the logs of an earlier run, where names and neighbours are silent', () => {
    const mtimeMs = ms('2029-05-05');
    const afterNewYear = [
      file('m.1', ['Dec 31 23:59:00', 'Jan  1 00:10:00'], { mtimeMs }),
      file('m', ['Jan  1 00:20:00'], { mtimeMs, gzipTimeMs: mtimeMs }),
    ];
    expect(solve(afterNewYear, undefined, ms('2026-12-31T23:58:00'))).toEqual([
      [2026, 'state'],
      [2027, 'neighbour'],
    ]);
    const one = (stamp: string, clock: string): unknown =>
      solve([file('m', [stamp], { mtimeMs })], undefined, ms(clock))[0];
    expect(one('Jan  1 00:00:01', '2026-12-31T23:59:59')).toEqual([2027, 'state']);
    expect(one('Dec 31 23:59:59', '2027-01-01')).toEqual([2026, 'state']);
    // What was read before stays where it was; a gap of months is one.
    expect(one('Jul  3 00:00:00', '2026-12-31')).toEqual([2026, 'state']);
    expect(one('Jun 30 00:00:00', '2026-12-31')).toEqual([2027, 'state']);
    expect(solve([file('m-20280301', ['Mar  1 00:00:00'])], undefined, ms('2026-02-28'))).toEqual([
      [2028, 'file name'],
    ]);
    expect(solve([file('m', ['Mar  1 00:00:00'])], 2020, ms('2026-02-28'))).toEqual([
      [2020, '--year'],
    ]);
    const leapDay = [file('m', ['Feb 29 00:00:00'])];
    expect(() => solve(leapDay, undefined, ms('2026-02-20'))).toThrow('29 February, which 2026');
  });

  it('takes a copy of a file for the same year, whatever it spans', () => {
    const stamps = ['Jan  3 00:00:00', 'Jun  1 00:00:00', 'Nov 20 00:00:00'];
    const facts = [file('m', stamps), file('m.gz', stamps, { gzipTimeMs: ms('2026-11-21') })];
    expect(solve(facts)).toEqual([
      [2026, 'neighbour'],
      [2026, 'gzip header'],
    ]);
    const snapshots = [file('m.1', stamps, { year: 2025 }), file('m', ['Jan  4 00:00:00'])];
    expect(solve(snapshots)[1]).toEqual([2026, 'neighbour']);
  });

  it('only takes years that have the dates of the file', () => {
    const mtimeMs = ms('2027-06-01');
    expect(solve([file('m', ['Feb 29 00:00:00'], { mtimeMs })])).toEqual([[2024, 'mtime']]);
    expect(solve([file('m', ['Fri Feb 28 00:00:00'], { mtimeMs })])).toEqual([[2025, 'mtime']]);
    expect(solve([file('m', ['Dec 31 00:00:00', 'Feb 29 00:00:00'], { mtimeMs })])).toEqual([
      [2023, 'mtime'],
    ]);
  });

  it('says which line a year given cannot have', () => {
    const stamps = ['Feb 28 00:00:00', 'Feb 29 00:00:00'];
    expect(() => solve([file('m', stamps)], 2027)).toThrow(
      "'m' line 2 is of 29 February, which 2027 does not have",
    );
    expect(solve([file('m', stamps)], 2028)).toEqual([[2028, '--year']]);
    expect(() => solve([file('m-20270301', ['Feb 29 00:00:00'])])).toThrow(/within 200 days/);
  });

  it('gives up where nothing tells, but not over a file without stamps', () => {
    expect(() => solve([file('m', ['Feb 28 00:00:00'])])).toThrow(UserError);
    expect(() => solve([file('m', ['Feb 28 00:00:00'], { mtimeMs: 5000 })])).toThrow(
      "nothing tells the year of 'm'",
    );
    expect(solve([file('m', ['no stamp'])])).toEqual([[undefined, 'stamp']]);
  });
});

describe('the first pass', () => {
  it('sees in samples what it sees line by line', async () => {
    const lines: string[] = [];
    const end = ms('2027-01-02T18:00:00');
    for (let at = ms('2026-12-30T00:00:00'), n = 0; at < end; at += 9000, n++) {
      const [, month, day, clock] = /-(\d\d)-(\d\d)T([\d:]+)/.exec(formatIso(at)) ?? [];
      const name = month === '12' ? 'Dec' : 'Jan';
      lines.push(`${name} ${day} ${clock} mx1 postfix/smtpd[${n}]: ${'x'.repeat(1900 + (n % 90))}`);
    }
    const whole = Buffer.from(`${lines.join('\n')}\n`);
    expect(whole.length).toBeGreaterThan(64 * 1024 * 1024);
    const sampled = await scanStamps(scratchInput(whole));
    expect(sampled).toEqual(scanHead(whole));
    expect(sampled).toMatchObject({
      first: { yearsOn: 0, month: 12, day: 30 },
      last: { yearsOn: 1, month: 1, day: 2 },
      startsDated: false,
    });
  });
});
