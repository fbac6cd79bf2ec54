import type { OneFiring } from '../simulate/firing-ledger.ts';
import type { FiringRow, StoppedRow } from '../simulate/tally.ts';
import type { FiringsSubject } from './expectation.ts';
import { FiringCounts } from './firing-counts.ts';
import { stoppedName } from './witness.ts';

/** What a rule did for one key in the whole run. */
interface FiredKey {
  readonly rule: string;
  readonly key: string;
  firings: number;
  /** Whether there is a firing that no expectation speaks of. */
  isUnexpected: boolean;
}

/** What a rule stopped. */
export interface Stopped {
  connections: number;
  messages: number;
}

/** Who fired in a run, in the order of firings.csv, and what was stopped. */
export class FiringBook {
  readonly stopped = new Map<string, Stopped>();
  readonly #covering: readonly FiringCounts[];
  readonly #rules = new Map<string, Map<string, FiredKey>>();
  readonly #inOrder = new Set<FiredKey>();

  /** @param covering what is expected to fire */
  constructor(covering: readonly FiringsSubject[]) {
    this.#covering = covering.map((subject) => new FiringCounts(subject, []));
  }

  /** All of them once the run is over. */
  get fired(): readonly FiredKey[] {
    return [...this.#inOrder];
  }

  readonly take = (firing: OneFiring): void => {
    const fired = this.#at(firing);
    fired.firings++;
    if (!this.#covering.some((counts) => counts.covers(firing))) fired.isUnexpected = true;
  };

  readonly takeRow = (row: FiringRow): void => {
    this.#inOrder.add(this.#at(row));
  };

  readonly takeStopped = (row: StoppedRow): void => {
    let stopped = this.stopped.get(row.rule);
    if (stopped === undefined) {
      this.stopped.set(row.rule, (stopped = { connections: 0, messages: 0 }));
    }
    stopped[stoppedName(row)]++;
  };

  #at({ rule, key }: { readonly rule: string; readonly key: string }): FiredKey {
    let keys = this.#rules.get(rule);
    if (keys === undefined) this.#rules.set(rule, (keys = new Map<string, FiredKey>()));
    let fired = keys.get(key);
    if (fired === undefined) {
      keys.set(key, (fired = { rule, key, firings: 0, isUnexpected: false }));
    }
    return fired;
  }
}
