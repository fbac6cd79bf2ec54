import type { FileReport } from '../model/file-report.ts';
import { formatIso } from '../model/time.ts';
import { rounded } from '../report/csv.ts';
import type { OneFiring } from '../simulate/firing-ledger.ts';
import type { StoppedRow, Tally } from '../simulate/tally.ts';
import type { Answer } from '../simulate/watch/moment-question.ts';
import type { QuestionAt } from '../simulate/watch/watch.ts';
import type { Expectation, Subject } from './expectation.ts';
import { FiringCounts } from './firing-counts.ts';
import type { Observer } from './test-replay.ts';
import { tallyNumbers, type Values } from './tally-numbers.ts';

/** The numbers that an expectation asks for, or why there are none. */
export type Numbers =
  | { readonly values: Values; readonly detail: string }
  | { readonly refused: string };

/** Firings that `unexpected` names. */
const NAMED_FIRINGS = 3;

/** Sees a run and remembers the numbers that expectations ask for, and nothing else. */
export class Witness implements Observer {
  readonly questions: readonly QuestionAt[];
  readonly #firings = new Map<Expectation, FiringCounts>();
  readonly #asks: readonly Expectation[];
  readonly #stops = new Map<Expectation, Record<string, number>>();
  readonly #uncovered: OneFiring[] = [];
  #uncoveredCount = 0;
  #answers: readonly Answer[] = [];
  #files: readonly FileReport[] = [];
  #tally: Tally | undefined;

  constructor(expectations: readonly Expectation[]) {
    for (const expectation of expectations) {
      const { subject, bounds } = expectation;
      if (subject.type === 'firings') {
        this.#firings.set(expectation, new FiringCounts(subject, bounds));
      } else if (subject.type === 'stops') this.#stops.set(expectation, {});
    }
    this.#asks = expectations.filter(({ subject }) => subject.type === 'moment');
    this.questions = this.#asks.map(({ subject }) => subject as QuestionAt & Subject);
  }

  readonly fired = (firing: OneFiring): void => {
    let isCovered = false;
    for (const [expectation, counts] of this.#firings) {
      const isTaken = counts.take(firing);
      if (isTaken && !isNever(expectation)) isCovered = true;
    }
    if (isCovered) return;
    this.#uncoveredCount++;
    if (this.#uncovered.length < NAMED_FIRINGS) this.#uncovered.push(firing);
  };

  readonly sink = {
    stopped: (row: StoppedRow): void => {
      for (const [{ subject }, counts] of this.#stops) {
        if (subject.type !== 'stops') continue;
        const { rule, verdict } = subject;
        if (rule !== undefined && rule !== row.rule) continue;
        if (verdict !== undefined && verdict !== row.verdict) continue;
        add(counts, stoppedName(row));
        if (row.logged !== '') add(counts, row.logged);
      }
    },
  };

  /** The run is over. */
  finish(tally: Tally, answers: readonly Answer[], files: readonly FileReport[]): void {
    this.#tally = tally;
    this.#answers = answers;
    this.#files = files;
  }

  numbersOf(expectation: Expectation): Numbers {
    const { subject, bounds } = expectation;
    switch (subject.type) {
      case 'firings': {
        const { firings, keys, peak, limit } = this.#firings.get(expectation)!;
        const shown = limit === undefined ? undefined : Number(rounded(limit, 3));
        return { values: { firings, keys, peak, limit: shown }, detail: '' };
      }
      case 'unexpected':
        return { values: { firings: this.#uncoveredCount }, detail: this.#uncoveredText() };
      case 'moment': {
        const answer = this.#answers[this.#asks.indexOf(expectation)];
        if (typeof answer !== 'number') return answer;
        return { values: { [bounds[0][0]]: answer }, detail: '' };
      }
      case 'stops':
        return { values: withZeros(bounds, this.#stops.get(expectation)!), detail: '' };
      default: {
        const values = tallyNumbers(subject, this.#tally!, this.#files);
        return { values: withZeros(bounds, values), detail: '' };
      }
    }
  }

  /** A firing that made the expectation fail; undefined where one is missing. */
  wrongFiring(expectation: Expectation): OneFiring | undefined {
    const { subject, bounds } = expectation;
    if (subject.type === 'unexpected') return this.#uncovered.at(0);
    const counts = this.#firings.get(expectation);
    if (counts === undefined) return undefined;
    const isOfPeak = bounds.some(([name]) => name === 'peak' || name === 'limit');
    return counts.excess ?? (isOfPeak ? counts.highest : undefined);
  }

  #uncoveredText(): string {
    const shown = this.#uncovered.map(({ rule, key, timeMs }) => {
      return `${rule} ${key} at ${formatIso(timeMs)}`;
    });
    const others = this.#uncoveredCount - shown.length;
    if (others > 0) shown.push(`and ${others} more`);
    return shown.length === 0 ? '' : `: ${shown.join(', ')}`;
  }
}

/** What a stopped event is counted as. */
export function stoppedName({ kind }: StoppedRow): 'connections' | 'messages' {
  return kind === 'connect' || kind === 'auth_failure' ? 'connections' : 'messages';
}

/** Firings that a test forbids are none that it expects. */
export function isNever({ bounds }: Expectation): boolean {
  return bounds.every(([name, { op, value }]) => name === 'firings' && op === '=' && value === 0);
}

function add(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}

/** What a run does not name did not happen. */
function withZeros(bounds: Expectation['bounds'], values: Values): Values {
  return Object.fromEntries(bounds.map(([name]) => [name, values[name] ?? 0]));
}
