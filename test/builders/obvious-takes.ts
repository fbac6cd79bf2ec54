import type { Rule, RulePolicy } from '../../src/policy/rule-policy.ts';
import {
  isFirstLine,
  type Belongings,
  type Correlated,
  type CorrelatedEvent,
} from './correlated-events.ts';
import type { EventRow } from './event-batches.ts';
import { releaseOf } from './event-sources.ts';
import { ObviousRules } from './obvious-rules.ts';

/** What a policy does with an event. */
export interface ObviousJudgement {
  readonly isCounted: boolean;
  readonly takenBy: Rule | undefined;
  /** The rule whose verdict counts. */
  readonly rule: Rule | undefined;
  /** The rules that fired at it, in order. */
  readonly fired: readonly Rule[];
  /** The event as rules see it, with what the correlator knows. */
  readonly facts: EventRow;
}

/** A rule took something at an event; what goes with it is found by looking. */
interface Take {
  readonly rule: Rule;
  readonly at: number;
  /** All later events of it; undefined: not that. */
  readonly session: number | undefined;
  readonly message: number | undefined;
}

export interface ObviousSpan {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * What a policy takes by the text of semantics, section 6: at each event the whole history is looked
 * through for who took its message or session.
 *
 * @returns for each row; undefined where the row is no event of the span
 */
export function obviousTakes(
  policy: RulePolicy,
  stream: readonly (readonly [EventRow, number])[],
  { events, belongings }: Correlated,
  { fromMs, toMs }: ObviousSpan,
): (ObviousJudgement | undefined)[] {
  const obvious = new ObviousRules(policy);
  const history = new History(events, belongings);
  return stream.map(([row, rank], at): ObviousJudgement | undefined => {
    const nowMs = releaseOf(row);
    const correlated = events[at];
    if (nowMs >= toMs || correlated.kind === 'dropped') return undefined;
    obvious.take({ row, correlated, nowMs, file: `log${rank}`, line: row.line! }, fromMs);
    if (nowMs < fromMs) return undefined;
    const { outcome, fired } = obvious;
    const rule = verdictOf(fired, correlated);
    const owner = history.ownerOf(at);
    if (owner === undefined && rule !== undefined && refuses(rule)) history.take(rule, at);
    const isCounted = outcome === 'counted' || outcome === 'late';
    const takenBy = owner ?? (rule !== undefined && refuses(rule) ? rule : undefined);
    const { row: facts } = obvious.current;
    return { isCounted, takenBy: isCounted ? takenBy : undefined, rule, fired, facts };
  });
}

const refuses = ({ verdict }: Rule): boolean =>
  verdict.type === 'reject' || verdict.type === 'disconnect';

function verdictOf(fired: readonly Rule[], { phase }: CorrelatedEvent): Rule | undefined {
  return (
    (phase === '' ? undefined : fired.find(refuses)) ??
    fired.find(({ verdict }) => verdict.type === 'tarpit') ??
    fired.find(({ verdict }) => verdict.type === 'tag')
  );
}

class History {
  readonly #events: readonly CorrelatedEvent[];
  readonly #belongings: readonly Belongings[];
  readonly #takes: Take[] = [];

  constructor(events: readonly CorrelatedEvent[], belongings: readonly Belongings[]) {
    this.#events = events;
    this.#belongings = belongings;
  }

  ownerOf(at: number): Rule | undefined {
    const { session, message, closed } = this.#belongings[at];
    const first = this.#takes.find(
      (take) =>
        this.#hasMessage(take, message, at) ||
        (take.session !== undefined && [session, closed].includes(take.session)),
    );
    return first?.rule;
  }

  take(rule: Rule, at: number): void {
    const { session, message } = this.#belongings[at];
    const { kind } = this.#events[at];
    const isMessage = kind === 'transaction' || kind === 'reception';
    const isSession = kind === 'connect' || rule.verdict.type === 'disconnect';
    this.#takes.push({
      rule,
      at,
      session: isSession && session !== 0 ? session : undefined,
      message: isMessage && message !== 0 ? message : undefined,
    });
  }

  /** Whether a take before `at` has taken the message, or it comes in over a session that it took. */
  #hasMessage(take: Take, message: number, at: number): boolean {
    if (message === 0) return false;
    if (take.message === message) return true;
    if (take.session === undefined) return false;
    const ofSession = (index: number): boolean => this.#belongings[index].session === take.session;
    const ofMessage = (index: number): boolean => this.#belongings[index].message === message;
    const indexes = [...this.#events.keys()].filter((index) => index < at);
    // One of its own lines came over the session after that.
    const comesLater = indexes.some((index) => {
      const carries = isFirstLine(this.#events[index]) || this.#events[index].kind === 'reception';
      return index > take.at && carries && ofMessage(index) && ofSession(index);
    });
    if (comesLater) return true;
    // Or it was the message in the making: begun last, and nothing was received over the session since.
    const upTo = [...this.#events.keys()].filter((index) => index <= take.at && ofSession(index));
    const making = upTo.findLast((index) => isFirstLine(this.#events[index]));
    if (making === undefined || !ofMessage(making)) return false;
    return !upTo.some((index) => index > making && this.#events[index].kind === 'reception');
  }
}
