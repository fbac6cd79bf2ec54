/** Months since the beginning of year 0: one number that runs on over every New Year. */
const NONE = Number.NaN;

/** Follows the year through stamps that name a month only (semantics, section 2). */
export class YearTracker {
  /** Where the file is: the newest month that a second line or its nearness has confirmed. */
  #anchor: number;
  /** A jump of two or more months ahead, not yet confirmed: one broken stamp must not move us. */
  #ahead = NONE;
  readonly #firstYear: number;

  /** @param firstYear the year of the first stamp that names none */
  constructor(firstYear: number) {
    this.#firstYear = firstYear;
    this.#anchor = NONE;
  }

  /** A stamp that names its year moves the tracker there. */
  see(year: number, month: number): void {
    this.#anchor = year * 12 + month - 1;
    this.#ahead = NONE;
  }

  /**
   * The year of a stamp of this month: a step back of six months or more is the next year, less is
   * disorder; from January a step forward of more than six is a late line of the year before.
   *
   * @param month 1..12
   */
  yearOf(month: number): number {
    if (Number.isNaN(this.#anchor)) {
      this.see(this.#firstYear, month);
      return this.#firstYear;
    }
    let at = nearest(this.#anchor, month);
    if (!Number.isNaN(this.#ahead)) {
      // Not back where the jump began: the file went on from where it jumped to.
      if (Math.abs(at - this.#anchor) > 1) {
        this.#anchor = this.#ahead;
        at = nearest(this.#anchor, month);
      }
      this.#ahead = NONE;
    }
    if (at === this.#anchor + 1) this.#anchor = at;
    else if (at > this.#anchor) this.#ahead = at;
    return Math.floor(at / 12);
  }

  /** Years between the first stamp's year and that of a stamp which names its year itself. */
  offsetOf(month: number): number {
    return Number.isNaN(this.#anchor)
      ? 0
      : Math.floor(nearest(this.#anchor, month) / 12) - this.#firstYear;
  }
}

function nearest(anchor: number, month: number): number {
  const anchorMonth = ((anchor % 12) + 12) % 12;
  const step = month - 1 - anchorMonth;
  if (step <= -6) return anchor + step + 12;
  if (step > 6 && anchorMonth === 0) return anchor + step - 12;
  return anchor + step;
}
