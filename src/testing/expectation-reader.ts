import { checkKeys, choiceOf, mapOf, requiredAt, textOf, valueAt } from '../policy/yaml/shape.ts';
import { seenOf, type MapValue, type Value } from '../policy/yaml/tree.ts';
import type { MomentQuestion } from '../simulate/watch/moment-question.ts';
import { AT_LEAST_ONE, NONE, readBound } from './bounds.ts';
import type { TestMistakes } from './codes.ts';
import type { Expectation, NamedBound, PlainSubject, Subject } from './expectation.ts';
import { numberTextOf, readBlock, readMonitorAt, readWindowRange } from './scalars.ts';
import { readMomentAt, readSpan, type Calendar } from './times.ts';

/** What the rest of a test says that expectations must go with. */
export interface Facts {
  readonly calendar: Calendar;
  readonly enforces: boolean;
  readonly hasState: boolean;
}

const VERDICTS = ['tag', 'tarpit', 'reject', 'disconnect', 'discard'] as const;
const STOPPED = ['connections', 'messages'];
/** How the running system judged what is stopped or taken. */
const LOGGED = ['accepted', 'rejected', 'greylisted', 'spam', 'virus'];
const TAKEN = ['connections', ...LOGGED];
const NOTES = ['wrong_family', 'without_key', 'without_amount', 'negative'];
const MOMENT_KEYS = ['at', 'is'];

/** An expectation without its place; undefined: `mistakes` says why. */
export type ReadExpectation = Omit<Expectation, 'place' | 'text'> | undefined;

/** Reads what stands behind the key of an expectation. */
export class ExpectationReader {
  readonly #mistakes: TestMistakes;
  readonly #facts: Facts;

  constructor(mistakes: TestMistakes, facts: Facts) {
    this.#mistakes = mistakes;
    this.#facts = facts;
  }

  firings(key: string, value: Value): ReadExpectation {
    const numbers = key === 'never' ? [] : ['firings', 'keys', 'peak', 'limit'];
    const map = this.#map(key, value, ['rule', 'key', 'verdict', 'within', ...numbers]);
    if (map === undefined) return undefined;
    if (key === 'fires') requiredAt(this.#mistakes, map, 'rule', `'${key}'`);
    const span = valueAt(map, 'within');
    const within = span && readSpan(this.#mistakes, span, "'within'", this.#facts.calendar);
    const keyValue = valueAt(map, 'key');
    const subject = {
      type: 'firings',
      rule: this.#text(map, 'rule'),
      key: keyValue && this.#keyText(keyValue),
      verdict: this.#verdict(map),
      within,
    } as const;
    if (key === 'never') return { subject, bounds: [['firings', NONE]] };
    const bounds = this.#bounds(map, numbers);
    const isCounted = bounds.some(([name]) => name === 'firings');
    return { subject, bounds: isCounted ? bounds : [['firings', AT_LEAST_ONE], ...bounds] };
  }

  unexpected(key: string, value: Value): ReadExpectation {
    const word = choiceOf(this.#mistakes, value, `'${key}'`, ['fail']);
    return word && { subject: { type: 'unexpected' }, bounds: [['firings', NONE]] };
  }

  count(key: string, value: Value): ReadExpectation {
    const mistakes = this.#mistakes;
    const known = ['series', 'monitor', 'block', 'key', 'windows', ...MOMENT_KEYS];
    const map = this.#map(key, value, known);
    if (map === undefined) return undefined;
    const seriesValue = requiredAt(mistakes, map, 'series', `'${key}'`);
    const [blockValue, keyValue] = [valueAt(map, 'block'), valueAt(map, 'key')];
    if ((blockValue === undefined) === (keyValue === undefined)) {
      const hint = 'block: 192.0.2.0/24, or key: with a text for a string series';
      mistakes.add(map, 'setting-missing', [`'${key}'`, 'block'], hint);
    }
    const [monitorValue, windowsValue] = [valueAt(map, 'monitor'), valueAt(map, 'windows')];
    const series = seriesValue && textOf(mistakes, seriesValue, "'series'");
    const keys = blockValue ? readBlock(mistakes, blockValue, "'block'") : this.#text(map, 'key');
    const monitor = monitorValue && readMonitorAt(mistakes, monitorValue);
    const windows = windowsValue ? readWindowRange(mistakes, windowsValue) : { start: 0, end: 0 };
    if (series === undefined || keys === undefined || windows === undefined) return undefined;
    return this.#moment(key, map, { type: 'count', series, monitor, keys, windows });
  }

  sessions(key: string, value: Value): ReadExpectation {
    const map = this.#map(key, value, ['block', 'service', 'listener', ...MOMENT_KEYS]);
    if (map === undefined) return undefined;
    const blockValue = valueAt(map, 'block');
    const block = blockValue && readBlock(this.#mistakes, blockValue, "'block'");
    const service = this.#text(map, 'service') ?? 'SMTP';
    const listener = this.#text(map, 'listener');
    return this.#moment(key, map, { type: 'sessions', block, service, listener });
  }

  stops(key: string, value: Value): ReadExpectation {
    const names = [...STOPPED, ...LOGGED];
    const map = this.#map(key, value, ['rule', 'verdict', ...names]);
    if (map === undefined) return undefined;
    const [rule, verdict] = [this.#text(map, 'rule'), this.#verdict(map)];
    return { subject: { type: 'stops', rule, verdict }, bounds: this.#someBounds(key, map, names) };
  }

  /** `0` stands for accepted messages of all rules. */
  collateral(key: string, value: Value): ReadExpectation {
    if (this.#facts.hasState) {
      const reason = 'what rules take is not counted in a run with a state';
      this.#mistakes.add(value, 'key-misplaced', [key, reason]);
    }
    if (value.type !== 'map') {
      const bound = readBound(this.#mistakes, value, `'${key}'`);
      return (
        bound && { subject: { type: 'collateral', rule: undefined }, bounds: [['accepted', bound]] }
      );
    }
    return this.#ofRule(key, value, 'collateral', TAKEN);
  }

  blocks(key: string, value: Value): ReadExpectation {
    return this.#ofRule(key, value, 'blocks', ['begun', 'refused']);
  }

  notes(key: string, value: Value): ReadExpectation {
    const map = this.#map(key, value, ['series', ...NOTES]);
    if (map === undefined) return undefined;
    requiredAt(this.#mistakes, map, 'series', `'${key}'`);
    const series = this.#text(map, 'series') ?? '';
    return { subject: { type: 'notes', series }, bounds: this.#someBounds(key, map, NOTES) };
  }

  /** @param names undefined: kinds of events, which may be any word */
  numbers(
    key: string,
    value: Value,
    type: PlainSubject,
    names: readonly string[] | undefined,
  ): ReadExpectation {
    const map = mapOf(this.#mistakes, value, `'${key}'`);
    if (map === undefined) return undefined;
    const known = names ?? [...map.members.keys()];
    checkKeys(this.#mistakes, map, known, `'${key}'`);
    return { subject: { type } as Subject, bounds: this.#someBounds(key, map, known) };
  }

  inputNumber(key: string, value: Value): ReadExpectation {
    const bound = readBound(this.#mistakes, value, `'${key}'`);
    return bound && { subject: { type: 'input' }, bounds: [[key, bound]] };
  }

  #ofRule(
    key: string,
    value: Value,
    type: 'collateral' | 'blocks',
    names: readonly string[],
  ): ReadExpectation {
    const map = this.#map(key, value, ['rule', ...names]);
    if (map === undefined) return undefined;
    const rule = this.#text(map, 'rule');
    return { subject: { type, rule }, bounds: this.#someBounds(key, map, names) };
  }

  #moment(key: string, map: MapValue, question: MomentQuestion): ReadExpectation {
    const mistakes = this.#mistakes;
    const [at, is] = MOMENT_KEYS.map((own) => requiredAt(mistakes, map, own, `'${key}'`));
    const atMs = at && readMomentAt(mistakes, at, this.#facts.calendar);
    const bound = is && readBound(mistakes, is, "'is'");
    if (atMs === undefined || bound === undefined) return undefined;
    return { subject: { type: 'moment', atMs, question }, bounds: [[key, bound]] };
  }

  #map(key: string, value: Value, known: readonly string[]): MapValue | undefined {
    const map = mapOf(this.#mistakes, value, `'${key}'`);
    if (map !== undefined) checkKeys(this.#mistakes, map, known, `'${key}'`);
    return map;
  }

  #text(map: MapValue, key: string): string | undefined {
    const value = valueAt(map, key);
    return value && textOf(this.#mistakes, value, `'${key}'`);
  }

  #verdict(map: MapValue): string | undefined {
    const value = valueAt(map, 'verdict');
    return value && choiceOf(this.#mistakes, value, "'verdict'", VERDICTS);
  }

  /** A block or an address as reports write it, or a text as it is. */
  #keyText(value: Value): string | undefined {
    const text = numberTextOf(value);
    if (text !== undefined) return text;
    this.#mistakes.add(value, 'type-wrong', ["'key'", 'a block or a text', seenOf(value)]);
    return undefined;
  }

  #bounds(map: MapValue, names: readonly string[]): NamedBound[] {
    return names.flatMap((name): NamedBound[] => {
      const value = valueAt(map, name);
      const bound = value && readBound(this.#mistakes, value, `'${name}'`);
      return bound === undefined ? [] : [[name, bound]];
    });
  }

  #someBounds(key: string, map: MapValue, names: readonly string[]): NamedBound[] {
    const before = this.#mistakes.errors;
    const bounds = this.#bounds(map, names);
    if (bounds.length === 0 && this.#mistakes.errors === before) {
      const hint = `one of ${names.join(', ') || 'connect, reception, …'}`;
      this.#mistakes.add(map, 'setting-missing', [`'${key}'`, 'number'], hint);
    }
    return bounds;
  }
}
