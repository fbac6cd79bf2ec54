/** Two rules that would both have refused events; `rule` is the earlier one in order. */
export interface OverlapRow {
  /** Places in the tally's rules. */
  readonly rule: number;
  readonly other: number;
  events: number;
}

/** Counts for each two rules the events that both refuse. */
export class RuleOverlap {
  readonly #rows = new Map<number, Map<number, OverlapRow>>();
  /** Rules that refuse the event at hand. */
  #rules: number[] = [];

  add(rule: number): void {
    this.#rules.push(rule);
  }

  /** The event at hand is judged. */
  close(): void {
    const rules = this.#rules;
    if (rules.length > 1) this.#count(rules);
    rules.length = 0;
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
      for (const other of rules.slice(first + 1)) {
        const row = others.get(other);
        if (row === undefined) others.set(other, { rule, other, events: 1 });
        else row.events++;
      }
    }
  }
}
