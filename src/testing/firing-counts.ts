import { formatNetwork, parseNetwork } from '../model/address.ts';
import type { OneFiring } from '../simulate/firing-ledger.ts';
import { isBeyond } from './bounds.ts';
import type { Expectation, FiringsSubject } from './expectation.ts';

/** Firings of the kind that an expectation speaks of, counted as they happen. */
export class FiringCounts {
  firings = 0;
  /** Highest count, and what it had to exceed then; undefined for scripts and without a firing. */
  peak: number | undefined;
  limit: number | undefined;
  /** The first firing that is too much, and the one with the peak. */
  excess: OneFiring | undefined;
  highest: OneFiring | undefined;
  readonly #keys = new Set<string>();
  readonly #subject: FiringsSubject;
  readonly #key: string | undefined;
  readonly #bounds: Expectation['bounds'];

  constructor(subject: FiringsSubject, bounds: Expectation['bounds']) {
    this.#subject = subject;
    this.#key = subject.key === undefined ? undefined : writtenKey(subject.key);
    this.#bounds = bounds;
  }

  get keys(): number {
    return this.#keys.size;
  }

  /** Whether the firing is one of them. */
  take(firing: OneFiring): boolean {
    if (!this.covers(firing)) return false;
    this.firings++;
    this.#keys.add(firing.key);
    const { count } = firing;
    if (count !== undefined && (this.peak === undefined || count > this.peak)) {
      this.peak = count;
      this.limit = firing.limit;
      this.highest = firing;
    }
    const numbers = { firings: this.firings, keys: this.keys, peak: this.peak ?? 0 };
    const isTooMuch = this.#bounds.some(([name, bound]) => {
      return name !== 'limit' && isBeyond(bound, numbers[name as keyof typeof numbers]);
    });
    if (isTooMuch) this.excess ??= firing;
    return true;
  }

  covers({ rule, key, verdict, timeMs }: OneFiring): boolean {
    const { rule: wanted, key: ownKey, verdict: ownVerdict, within } = this.#subject;
    return (
      (wanted === undefined || wanted === rule) &&
      (ownKey === undefined || ownKey === key || this.#key === key) &&
      (ownVerdict === undefined || ownVerdict === verdict) &&
      (within === undefined || (timeMs >= within.fromMs && timeMs < within.toMs))
    );
  }
}

/** A block as reports write it: `192.0.2.7` is `192.0.2.7/32`. */
export function writtenKey(key: string): string {
  const network = parseNetwork(key);
  return network === undefined ? key : formatNetwork(network);
}
