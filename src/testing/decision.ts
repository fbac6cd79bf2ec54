import type { OneFiring } from '../simulate/firing-ledger.ts';
import type { Moment } from '../simulate/explain/explain.ts';
import type { Explanation } from '../simulate/explain/explanation.ts';
import type { FiringsSubject } from './expectation.ts';
import { writtenKey } from './firing-counts.ts';

/** Looks for the decision behind a failed expectation; the rest of a rule is of no interest. */
export interface DecisionSearch {
  /** How often the events are read through. */
  readonly passes: number;
  readonly explanation: Explanation | undefined;
  /** False: the event was the last one of this pass. */
  look(moment: Moment): boolean;
  /** A pass is over. */
  next(): void;
}

/** The decision of a firing that should not have been. */
export class UnwantedFiring implements DecisionSearch {
  readonly passes = 1;
  explanation: Explanation | undefined;
  readonly #firing: OneFiring;
  readonly #rule: number;

  constructor(firing: OneFiring, rule: number) {
    this.#firing = firing;
    this.#rule = rule;
  }

  look(moment: Moment): boolean {
    const { batch, row } = moment;
    const { line, file, key, timeMs } = this.#firing;
    if (batch.line[row] !== line || batch.time[row] !== timeMs) return true;
    if (moment.place().file !== file || moment.keyOf(this.#rule) !== key) return true;
    if (moment.states()?.[this.#rule].fires !== true) return true;
    this.explanation = only(moment.explain(), this.#rule);
    return false;
  }

  next(): void {
    // One pass is enough.
  }
}

/**
 * The event at which a rule that should have fired came nearest to it. The first pass finds it, the
 * second explains it: explaining every event that is nearer than those before it would be slow.
 */
export class MissingFiring implements DecisionSearch {
  readonly passes = 2;
  explanation: Explanation | undefined;
  readonly #subject: FiringsSubject;
  readonly #rule: number;
  readonly #key: string | undefined;
  #number = 0;
  #nearest = -1;
  #distance = Infinity;
  #isFound = false;

  constructor(subject: FiringsSubject, rule: number) {
    this.#subject = subject;
    this.#rule = rule;
    this.#key = subject.key === undefined ? undefined : writtenKey(subject.key);
  }

  look(moment: Moment): boolean {
    const number = this.#number++;
    if (this.#isFound) {
      if (number !== this.#nearest) return true;
      this.explanation = only(moment.explain(), this.#rule);
      return false;
    }
    const distance = this.#distanceOf(moment);
    if (distance < this.#distance) {
      this.#distance = distance;
      this.#nearest = number;
    }
    return true;
  }

  next(): void {
    this.#number = 0;
    this.#isFound = true;
  }

  /** How far the rule is from firing; where it was not asked, farther than any count. */
  #distanceOf(moment: Moment): number {
    const { within, key } = this.#subject;
    const timeMs = moment.batch.time[moment.row];
    if (within !== undefined && (timeMs < within.fromMs || timeMs >= within.toMs)) return Infinity;
    const own = moment.keyOf(this.#rule);
    if (key !== undefined && own !== key && own !== this.#key) return Infinity;
    const state = moment.states()?.[this.#rule];
    if (state === undefined || !state.due || state.exempt !== undefined) return Number.MAX_VALUE;
    if (state.fires) return Infinity;
    const failing = state.checks.find(({ holds }) => !holds);
    return failing === undefined ? 0 : Math.max(0, failing.limit - failing.count);
  }
}

/** An explanation with the rule concerned alone. */
function only(explanation: Explanation, rule: number): Explanation {
  return { ...explanation, rules: [explanation.rules[rule]] };
}
