import type { KeyTable } from '../policy/yaml/key-table.ts';
import { checkKeys, choiceOf, mapOf, textOf, valueAt } from '../policy/yaml/shape.ts';
import { seenOf, type MapValue, type Value } from '../policy/yaml/tree.ts';
import type { MomentQuestion } from '../simulate/watch/moment-question.ts';
import { AT_LEAST_ONE, NONE, readBound } from './bounds.ts';
import type { TestMistakes } from './codes.ts';
import type { Expectation, NamedBound, PlainSubject, Subject } from './expectation.ts';
import {
  BLOCK_NUMBERS,
  BLOCKS_KEYS,
  COUNT_KEYS,
  FIRES_KEYS,
  FIRING_NUMBERS,
  NEVER_KEYS,
  NOTE_NUMBERS,
  NOTES_KEYS,
  SESSIONS_KEYS,
  STOPPED_NUMBERS,
  STOPS_KEYS,
  TAKEN_KEYS,
  TAKEN_NUMBERS,
  VERDICTS,
} from './expectation-keys.ts';
import { numberTextOf, readBlock, readMonitorAt, readWindowRange } from './scalars.ts';
import { readMomentAt, readSpan, type Calendar } from './times.ts';

/** What the rest of a test says that expectations must go with. */
export interface Facts {
  readonly calendar: Calendar;
  readonly enforces: boolean;
  readonly hasState: boolean;
}

/** An expectation without its place; undefined: `mistakes` says why. */
export type ReadExpectation = Pick<Expectation, 'subject' | 'bounds'> | undefined;

/** Reads what stands behind the key of an expectation. */
export class ExpectationReader {
  readonly #mistakes: TestMistakes;
  readonly #facts: Facts;

  constructor(mistakes: TestMistakes, facts: Facts) {
    this.#mistakes = mistakes;
    this.#facts = facts;
  }

  firings(key: string, value: Value): ReadExpectation {
    const map = this.#map(key, value, key === 'never' ? NEVER_KEYS : FIRES_KEYS);
    if (map === undefined) return undefined;
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
    const bounds = this.#bounds(map, FIRING_NUMBERS);
    const isCounted = bounds.some(([name]) => name === 'firings');
    return { subject, bounds: isCounted ? bounds : [['firings', AT_LEAST_ONE], ...bounds] };
  }

  unexpected(key: string, value: Value): ReadExpectation {
    const word = choiceOf(this.#mistakes, value, `'${key}'`, ['fail']);
    return word && { subject: { type: 'unexpected' }, bounds: [['firings', NONE]] };
  }

  count(key: string, value: Value): ReadExpectation {
    const mistakes = this.#mistakes;
    const map = this.#map(key, value, COUNT_KEYS);
    if (map === undefined) return undefined;
    const seriesValue = valueAt(map, 'series');
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
    const map = this.#map(key, value, SESSIONS_KEYS);
    if (map === undefined) return undefined;
    const blockValue = valueAt(map, 'block');
    const block = blockValue && readBlock(this.#mistakes, blockValue, "'block'");
    const service = this.#text(map, 'service') ?? 'SMTP';
    const listener = this.#text(map, 'listener');
    return this.#moment(key, map, { type: 'sessions', block, service, listener });
  }

  stops(key: string, value: Value): ReadExpectation {
    const map = this.#map(key, value, STOPS_KEYS);
    if (map === undefined) return undefined;
    const [rule, verdict] = [this.#text(map, 'rule'), this.#verdict(map)];
    const bounds = this.#someBounds(key, map, STOPPED_NUMBERS);
    return { subject: { type: 'stops', rule, verdict }, bounds };
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
    return this.#ofRule(key, value, 'collateral', TAKEN_KEYS, TAKEN_NUMBERS);
  }

  blocks(key: string, value: Value): ReadExpectation {
    return this.#ofRule(key, value, 'blocks', BLOCKS_KEYS, BLOCK_NUMBERS);
  }

  notes(key: string, value: Value): ReadExpectation {
    const map = this.#map(key, value, NOTES_KEYS);
    if (map === undefined) return undefined;
    const series = this.#text(map, 'series') ?? '';
    return { subject: { type: 'notes', series }, bounds: this.#someBounds(key, map, NOTE_NUMBERS) };
  }

  /** @param table undefined: kinds of events, which may be any word */
  numbers(
    key: string,
    value: Value,
    type: PlainSubject,
    table: KeyTable | undefined,
  ): ReadExpectation {
    const map = mapOf(this.#mistakes, value, `'${key}'`);
    if (map === undefined) return undefined;
    if (table !== undefined) checkKeys(this.#mistakes, map, table, `'${key}'`);
    const bounds = this.#someBounds(key, map, table ?? Object.fromEntries(map.members));
    return { subject: { type } as Subject, bounds };
  }

  inputNumber(key: string, value: Value): ReadExpectation {
    const bound = readBound(this.#mistakes, value, `'${key}'`);
    return bound && { subject: { type: 'input' }, bounds: [[key, bound]] };
  }

  #ofRule(
    key: string,
    value: Value,
    type: 'collateral' | 'blocks',
    table: KeyTable,
    numbers: KeyTable,
  ): ReadExpectation {
    const map = this.#map(key, value, table);
    if (map === undefined) return undefined;
    const rule = this.#text(map, 'rule');
    return { subject: { type, rule }, bounds: this.#someBounds(key, map, numbers) };
  }

  #moment(key: string, map: MapValue, question: MomentQuestion): ReadExpectation {
    const mistakes = this.#mistakes;
    const [at, is] = [valueAt(map, 'at'), valueAt(map, 'is')];
    const atMs = at && readMomentAt(mistakes, at, this.#facts.calendar);
    const bound = is && readBound(mistakes, is, "'is'");
    if (atMs === undefined || bound === undefined) return undefined;
    return { subject: { type: 'moment', atMs, question }, bounds: [[key, bound]] };
  }

  #map(key: string, value: Value, table: KeyTable): MapValue | undefined {
    const map = mapOf(this.#mistakes, value, `'${key}'`);
    if (map !== undefined) checkKeys(this.#mistakes, map, table, `'${key}'`);
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

  #bounds(map: MapValue, numbers: Readonly<Record<string, unknown>>): NamedBound[] {
    return Object.keys(numbers).flatMap((name): NamedBound[] => {
      const value = valueAt(map, name);
      const bound = value && readBound(this.#mistakes, value, `'${name}'`);
      return bound === undefined ? [] : [[name, bound]];
    });
  }

  #someBounds(
    key: string,
    map: MapValue,
    numbers: Readonly<Record<string, unknown>>,
  ): NamedBound[] {
    const before = this.#mistakes.errors;
    const bounds = this.#bounds(map, numbers);
    if (bounds.length === 0 && this.#mistakes.errors === before) {
      const hint = `one of ${Object.keys(numbers).join(', ') || 'connect, reception, …'}`;
      this.#mistakes.add(map, 'setting-missing', [`'${key}'`, 'number'], hint);
    }
    return bounds;
  }
}
