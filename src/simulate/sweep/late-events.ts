/**
 * Says of a late event whether a policy would count it or be too late for it, for many policies
 * that share most of what they count: what only one group counts keeps windows of its own.
 */
export class LateEvents {
  /** By what is counted: the groups whose policies count it; absent: all of them. */
  readonly #groupsOf = new Map<object, readonly number[]>();
  /** Of the event at hand: whether anything counts such an event, and whether it is kept. */
  #asked = false;
  #kept = false;
  readonly #askedIn: Uint8Array;
  readonly #keptIn: Uint8Array;

  constructor(groups: number) {
    this.#askedIn = new Uint8Array(groups);
    this.#keptIn = new Uint8Array(groups);
  }

  /** Only the policies of these groups count this. */
  own(counted: object, groups: readonly number[]): void {
    this.#groupsOf.set(counted, groups);
  }

  begin(): void {
    this.#asked = false;
    this.#kept = false;
    this.#askedIn.fill(0);
    this.#keptIn.fill(0);
  }

  /** Something would count the event at hand. */
  note(counted: object, kept: boolean): void {
    const groups = this.#groupsOf.get(counted);
    if (groups === undefined) {
      this.#asked = true;
      if (kept) this.#kept = true;
      return;
    }
    for (const group of groups) {
      this.#askedIn[group] = 1;
      if (kept) this.#keptIn[group] = 1;
    }
  }

  /** Whether the policies of a group take the event at hand: it is kept, or nothing counts it. */
  isTaken(group: number): boolean {
    if (this.#kept || this.#keptIn[group] === 1) return true;
    return !this.#asked && this.#askedIn[group] === 0;
  }
}
