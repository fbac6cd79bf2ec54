import { UserError } from '../model/errors.ts';
import { DAY_MS, civilFromDays, daysFromCivil, isLeapYear } from '../model/time.ts';
import { compareAge, readRotationName, type RotationName } from './rotation.ts';
import type { RelativeDay, StampScan, YearDemand } from './stamp-scan.ts';

/** Where the year of a file's first line came from. */
export type YearSource =
  | 'stamp'
  | '--year'
  | 'dates in the file'
  | 'file name'
  | 'neighbour'
  | 'state'
  | 'gzip header'
  | 'mtime';

export interface YearOrigin {
  /** Undefined when no line of the file has a usable header. */
  readonly firstYear: number | undefined;
  readonly source: YearSource;
}

/** What is known about one file before its years are. */
export interface YearFacts {
  /** As the user knows it; folder and base name tell the rotation. */
  readonly name: string;
  readonly scan: StampScan;
  /** The year the user gave this very file. */
  readonly year: number | undefined;
  /** Milliseconds since the epoch. */
  readonly gzipTimeMs: number | undefined;
  readonly mtimeMs: number;
}

/** A clock may run ahead, and the zone of the stamps is not looked at here. */
const SLACK_DAYS = 1;
const HALF_YEAR_DAYS = 182;
/** A file's date lies this near to the date in its name, or the name is about something else. */
const NAME_REACH_DAYS = 200;
/** Weekdays of all dates come again after 28 years, but for the 40 around a skipped leap year. */
const MOST_YEARS_BACK = 40;
/** An older modification time is an unset clock, not a date. */
const FIRST_MTIME_YEAR = 1990;

/**
 * The year of the first line of every file, from the sources in the order of semantics, section 2;
 * never from the present day.
 *
 * @param year the user's `--year`: of the oldest file of each rotation, which the others follow
 * @param afterMs where the logs of an earlier run ended, which these follow
 * @throws UserError when nothing tells the year, or the year told lacks a day of the file
 */
export function inferYears(
  facts: readonly YearFacts[],
  year?: number,
  afterMs?: number,
): YearOrigin[] {
  const origins = new Map<YearFacts, YearOrigin>();
  const rotations = new Map<string, Member[]>();
  for (const file of facts) {
    const place = readRotationName(file.name);
    const members = rotations.get(place.rotation) ?? [];
    members.push({ file, place });
    rotations.set(place.rotation, members);
  }
  for (const members of rotations.values()) {
    members.sort((a, b) => compareAge(a.place, b.place));
    for (const [file, origin] of new Rotation(members, year, afterMs).solve())
      origins.set(file, origin);
  }
  return facts.map((file) => origins.get(file) ?? { firstYear: undefined, source: 'stamp' });
}

interface Member {
  readonly file: YearFacts;
  readonly place: RotationName;
}

/** The files of one rotation, oldest first. */
class Rotation {
  readonly #members: readonly Member[];
  readonly #year: number | undefined;
  readonly #afterMs: number | undefined;
  readonly #origins = new Map<YearFacts, YearOrigin>();

  constructor(members: readonly Member[], year: number | undefined, afterMs: number | undefined) {
    this.#members = members.filter(({ file }) => file.scan.first !== undefined);
    this.#year = year;
    this.#afterMs = afterMs;
  }

  solve(): ReadonlyMap<YearFacts, YearOrigin> {
    this.#takeGiven();
    for (const { file } of this.#members) {
      const { firstYear, startsDated } = file.scan;
      if (firstYear !== undefined && this.#origins.get(file) === undefined) {
        this.#set(file, firstYear, startsDated ? 'stamp' : 'dates in the file');
      }
    }
    if (this.#year === undefined) {
      for (const { file, place } of this.#members) {
        if (place.dateDays === undefined || this.#origins.has(file)) continue;
        this.#set(file, yearOfName(file, place.dateDays), 'file name');
      }
    }
    this.#askNeighbours();
    this.#followState();
    this.#askNeighbours();
    for (const { file } of this.#members) {
      if (file.gzipTimeMs === undefined || this.#origins.has(file)) continue;
      this.#set(file, yearBefore(file, Math.floor(file.gzipTimeMs / DAY_MS)), 'gzip header');
    }
    this.#askNeighbours();
    this.#takeNewestMtime();
    this.#askNeighbours();
    for (const { file } of this.#members)
      if (!this.#origins.has(file)) throw yearUnknown(file.name);
    return this.#origins;
  }

  #set(file: YearFacts, firstYear: number, source: YearSource): void {
    this.#origins.set(file, { firstYear, source });
  }

  #takeGiven(): void {
    this.#members.forEach(({ file }, index) => {
      if (file.scan.startsDated) return;
      const year = file.year ?? (index === 0 ? this.#year : undefined);
      if (year === undefined) return;
      this.#set(file, demandMet(file, year), '--year');
    });
  }

  /** Passes years on to later files, then back to earlier ones. */
  #askNeighbours(): void {
    const last = this.#members.length - 1;
    for (let at = 1; at <= last; at++) this.#ask(at, at - 1, yearAfter);
    for (let at = last - 1; at >= 0; at--) this.#ask(at, at + 1, yearUntil);
  }

  #ask(index: number, neighbourIndex: number, yearBeside: typeof yearAfter): void {
    const { file, place } = this.#members[index];
    const neighbour = this.#members[neighbourIndex];
    const year = this.#origins.get(neighbour.file)?.firstYear;
    if (year === undefined || this.#origins.has(file)) return;
    // Copies of one file say nothing of order.
    const copies = compareAge(place, neighbour.place) === 0;
    this.#set(file, (copies ? yearAt : yearBeside)(file, neighbour.file, year), 'neighbour');
  }

  /** The logs of an earlier run are neighbours that cannot be read again. */
  #followState(): void {
    const oldest = this.#members.at(0)?.file;
    if (this.#afterMs === undefined || this.#origins.size > 0 || oldest === undefined) return;
    this.#set(oldest, demandMet(oldest, yearFollowing(oldest.scan.first!, this.#afterMs)), 'state');
  }

  /** Copying a rotation sets all its times anew, but rarely past the newest file's own. */
  #takeNewestMtime(): void {
    if (this.#origins.size > 0) return;
    const earliest = daysFromCivil(FIRST_MTIME_YEAR, 1, 1) * DAY_MS;
    for (let at = this.#members.length - 1; at >= 0; at--) {
      const { file } = this.#members[at];
      if (file.mtimeMs < earliest) continue;
      this.#set(file, yearBefore(file, Math.floor(file.mtimeMs / DAY_MS)), 'mtime');
      return;
    }
  }
}

function firstDayOf({ scan }: YearFacts, firstYear: number): number {
  return scan.first === undefined ? Number.NaN : dayIn(scan.first, firstYear);
}

function lastDayOf({ scan }: YearFacts, firstYear: number): number {
  return scan.last === undefined ? Number.NaN : dayIn(scan.last, firstYear);
}

function dayIn({ yearsOn, month, day }: RelativeDay, firstYear: number): number {
  return daysFromCivil(firstYear + yearsOn, month, day);
}

/** The year whose last line lies nearest to the day in the file's name. */
function yearOfName(file: YearFacts, nameDays: number): number {
  const about = civilFromDays(nameDays).year - (file.scan.last?.yearsOn ?? 0);
  let best: number | undefined;
  let distance = NAME_REACH_DAYS + 1;
  for (const year of [about - 1, about, about + 1]) {
    const away = Math.abs(lastDayOf(file, year) - nameDays);
    if (away >= distance || !meetsAll(file, year)) continue;
    best = year;
    distance = away;
  }
  if (best !== undefined) return best;
  throw noYearFits(file, `within ${NAME_REACH_DAYS} days of the date in its name`);
}

/** The year in which the file begins nearest to where its copy does. */
function yearAt(file: YearFacts, copy: YearFacts, copyYear: number): number {
  const fromDays = firstDayOf(copy, copyYear) - HALF_YEAR_DAYS;
  return demandMet(file, firstYearFrom(file, fromDays));
}

/**
 * The first year in which the file begins behind the beginning of the older file. They may overlap,
 * as copies taken while a log is written do, but not by half a year: that is the next one.
 */
function yearAfter(file: YearFacts, older: YearFacts, olderYear: number): number {
  const fromDays = Math.max(
    firstDayOf(older, olderYear) - SLACK_DAYS,
    lastDayOf(older, olderYear) - HALF_YEAR_DAYS,
  );
  return demandMet(file, firstYearFrom(file, fromDays));
}

/** The same for the file before a newer one. */
function yearUntil(file: YearFacts, newer: YearFacts, newerYear: number): number {
  const newerFirst = firstDayOf(newer, newerYear);
  let year = civilFromDays(newerFirst).year + 1;
  while (
    firstDayOf(file, year) > newerFirst + SLACK_DAYS ||
    lastDayOf(file, year) > newerFirst + HALF_YEAR_DAYS
  ) {
    year--;
  }
  return demandMet(file, year);
}

/**
 * The year in which a log begins that follows those that ended at `afterMs`: the first in which it
 * begins less than half a year earlier. So one that was read before stays where it was.
 */
export function yearFollowing(first: RelativeDay, afterMs: number): number {
  const fromDays = Math.floor(afterMs / DAY_MS) - HALF_YEAR_DAYS;
  let year = civilFromDays(fromDays).year - 1;
  while (dayIn(first, year) < fromDays) year++;
  return year;
}

function firstYearFrom(file: YearFacts, fromDays: number): number {
  let year = civilFromDays(fromDays).year - 1;
  while (firstDayOf(file, year) < fromDays) year++;
  return year;
}

function demandMet(file: YearFacts, year: number): number {
  const missing = file.scan.demands.find((demand) => !isMet(demand, year));
  if (missing !== undefined) throw dayMissing(file.name, missing, year);
  return year;
}

/** The last year in which the file ends on `toDays`, a day of grace added, or earlier. */
function yearBefore(file: YearFacts, toDays: number): number {
  let year = civilFromDays(toDays).year + 1;
  const earliest = year - MOST_YEARS_BACK;
  while (year > earliest) {
    if (lastDayOf(file, year) <= toDays + SLACK_DAYS && meetsAll(file, year)) return year;
    year--;
  }
  throw noYearFits(file, `from ${earliest} on`);
}

function meetsAll({ scan }: YearFacts, firstYear: number): boolean {
  return scan.demands.every((demand) => isMet(demand, firstYear));
}

function isMet(demand: YearDemand, firstYear: number): boolean {
  const year = firstYear + demand.yearsOn;
  if (demand.month === 2 && demand.day === 29 && !isLeapYear(year)) return false;
  if (demand.weekday === -1) return true;
  // 1970-01-01 was a Thursday, day 4 of a week that begins on Sunday.
  const weekday = (((dayIn(demand, firstYear) + 4) % 7) + 7) % 7;
  return weekday === demand.weekday;
}

const YEAR_HINT = 'say the year of its first line, for example --year 2026';

export function yearUnknown(name: string): UserError {
  return new UserError(
    name === '-'
      ? 'the stamps on standard input name no year'
      : `nothing tells the year of '${name}'`,
    YEAR_HINT,
  );
}

/** @param line 0 when nobody counted */
export function dayMissing(
  name: string,
  demand: Pick<YearDemand, 'month' | 'day' | 'weekday' | 'line' | 'yearsOn'>,
  firstYear: number,
): UserError {
  const place = demand.line === 0 ? `'${name}'` : `'${name}' line ${demand.line}`;
  const year = firstYear + demand.yearsOn;
  const what =
    demand.month === 2 && demand.day === 29 && !isLeapYear(year)
      ? `29 February, which ${year} does not have`
      : `a weekday that its date does not have in ${year}`;
  return new UserError(`${place} is of ${what}`, YEAR_HINT);
}

function noYearFits(file: YearFacts, where: string): UserError {
  const { demands } = file.scan;
  const line = demands[0]?.line ?? 0;
  const place = line === 0 ? '' : `; see line ${line}`;
  return new UserError(
    `'${file.name}' holds dates (29 February, weekdays) that no year ${where} has${place}`,
    YEAR_HINT,
  );
}
