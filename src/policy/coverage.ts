import type { Branch, BranchPlace } from '../model/branch.ts';
import { compareText } from '../model/order.ts';

/** The branches of policies, and which of them the runs so far have reached. */
export class Coverage {
  readonly #branches: (Omit<Branch, 'reached'> & { reached: boolean })[] = [];
  readonly #numbers = new Map<string, number>();

  /**
   * The number of a branch, for `reach`. The same place and words are one branch, however many
   * runs declare it.
   *
   * @param what happens there: `rule 'burst' fires`
   */
  declare({ file, line, column }: BranchPlace, what: string): number {
    const name = `${line}:${column} ${what}\0${file}`;
    let number = this.#numbers.get(name);
    if (number === undefined) {
      this.#numbers.set(name, (number = this.#branches.length));
      this.#branches.push({ file, line, column, what, reached: false });
    }
    return number;
  }

  reach(number: number): void {
    this.#branches[number].reached = true;
  }

  /** Adds what other runs have declared and reached. */
  add(branches: readonly Branch[]): void {
    for (const branch of branches) {
      const number = this.declare(branch, branch.what);
      if (branch.reached) this.reach(number);
    }
  }

  /** All branches by file, line and column; at one place as they were declared. */
  branches(): Branch[] {
    return [...this.#branches].sort(
      (a, b) => compareText(a.file, b.file) || a.line - b.line || a.column - b.column,
    );
  }
}
