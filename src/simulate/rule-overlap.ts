/**
 * A cell of the matrix of rules that refuse: the events that two of them would both have refused,
 * or, where they are the same, all that the one would have refused.
 */
export interface OverlapRow {
  /** Places in the tally's rules; `rule` is not behind `other`. */
  readonly rule: number;
  readonly other: number;
  events: number;
}

/** Counts for each rule the events that it refuses, and for each two of them those that both do. */
export class RuleOverlap {
  readonly #rows = new Map<number, Map<number, OverlapRow>>();
  /** Rules that refuse the event at hand. */
  readonly #rules: number[] = [];

  add(rule: number): void {
    this.#rules.push(rule);
  }

  /** The event at hand is judged. */
  close(): void {
    this.#count(this.#rules);
    this.#rules.length = 0;
  }

  /** In the order of the rules. */
  get tally(): OverlapRow[] {
    const rows = [...this.#rows.values()].flatMap((others) => [...others.values()]);
    return rows.sort((a, b) => a.rule - b.rule || a.other - b.other);
  }

  #count(rules: number[]): void {
    rules.sort((a, b) => a - b);
    for (let first = 0; first < rules.length; first++) {
      const rule = rules[first];
      let others = this.#rows.get(rule);
      if (others === undefined) this.#rows.set(rule, (others = new Map<number, OverlapRow>()));
      for (const other of rules.slice(first)) {
        const row = others.get(other);
        if (row === undefined) others.set(other, { rule, other, events: 1 });
        else row.events++;
      }
    }
  }
}
