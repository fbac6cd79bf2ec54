import { FLAG } from '../../model/event-batch.ts';
import { fieldValue } from '../../model/field-value.ts';
import type { Network } from '../../model/address.ts';
import type { Moment } from './explain.ts';
import type { Explanation, SourceLine } from './explanation.ts';
import type { FiringRow } from '../tally.ts';

/** An event near the one that was asked for. */
export interface NearEvent extends SourceLine {
  readonly kind: string;
}

/** How much an event is worth as an answer: a firing, a rule that was asked, anything. */
const WORTH = { event: 1, judged: 2, fired: 3 } as const;

/**
 * Finds the decision about a peer in a span of time: of its events the first at which a rule fired,
 * else the first at which one was asked, else the first. An event lies where its own time does.
 */
export class DecisionAt {
  explanation: Explanation | undefined;
  /** The peer's nearest events outside of the span, where it has none in it. */
  before: NearEvent | undefined;
  after: NearEvent | undefined;
  /** Clock at the first and last event of anyone that was read. */
  firstMs: number | undefined;
  lastMs: number | undefined;
  readonly #peer: Network;
  readonly #fromMs: number;
  readonly #toMs: number;
  #worth = 0;

  /** @param peer one address */
  constructor(peer: Network, fromMs: number, toMs: number) {
    this.#peer = peer;
    this.#fromMs = fromMs;
    this.#toMs = toMs;
  }

  readonly look = (moment: Moment): boolean => {
    const { batch, row, nowMs } = moment;
    this.firstMs ??= nowMs;
    this.lastMs = nowMs;
    // Late events of the span may follow; they would be no better an answer.
    if (nowMs >= this.#toMs && this.explanation !== undefined) return false;
    if (!this.#isPeer(moment)) return true;
    const timeMs = batch.time[row];
    if (timeMs >= this.#fromMs && timeMs < this.#toMs) return this.#weigh(moment);
    if (timeMs >= this.#toMs) {
      if (this.after === undefined || timeMs < this.after.timeMs) this.after = nearEvent(moment);
      return (batch.flags[row] & FLAG.late) !== 0;
    }
    if (this.before === undefined || timeMs >= this.before.timeMs) this.before = nearEvent(moment);
    return true;
  };

  /** Whether a better answer may follow. */
  #weigh(moment: Moment): boolean {
    const states = moment.states() ?? [];
    const fires = states.some((state) => state.fires);
    const asked = states.some(({ due, exempt }) => due && exempt === undefined);
    const worth = fires ? WORTH.fired : asked ? WORTH.judged : WORTH.event;
    if (worth > this.#worth) {
      this.#worth = worth;
      this.explanation = moment.explain();
    }
    return !fires && moment.nowMs < this.#toMs;
  }

  #isPeer({ batch, row }: Moment): boolean {
    const { family, words } = this.#peer;
    return (
      batch.family[row] === family &&
      words.every((word, index) => (batch.ip[row * 4 + index] ^ word) === 0)
    );
  }
}

/** Finds the first event behind a row of firings.csv. */
export class DecisionOfRow {
  explanation: Explanation | undefined;
  readonly #firing: FiringRow;
  readonly #rule: number;

  /** @param rule index of the row's rule in the policy */
  constructor(firing: FiringRow, rule: number) {
    this.#firing = firing;
    this.#rule = rule;
  }

  readonly look = (moment: Moment): boolean => {
    const { batch, row } = moment;
    const { line, file, key, firstMs } = this.#firing;
    if (batch.line[row] !== line || batch.time[row] !== firstMs) return true;
    if (moment.place().file !== file) return true;
    if (moment.states()?.[this.#rule].fires !== true || moment.keyOf(this.#rule) !== key) {
      return true;
    }
    this.explanation = moment.explain();
    return false;
  };
}

function nearEvent(moment: Moment): NearEvent {
  const { batch, row } = moment;
  return { ...moment.place(), kind: fieldValue(batch, row, 'kind') };
}
