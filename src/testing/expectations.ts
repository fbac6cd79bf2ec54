import type { Place } from '../policy/mistakes.ts';
import { checkKeys, mapOf, someOf } from '../policy/yaml/shape.ts';
import type { Value } from '../policy/yaml/tree.ts';
import type { TestMistakes } from './codes.ts';
import type { Expectation } from './expectation.ts';
import {
  END_NUMBERS,
  type ENFORCED_KEYS,
  EXPECTATION_KEYS,
  INPUT_NUMBERS,
  type OBSERVED_KEYS,
  RETRY_NUMBERS,
  TARPIT_NUMBERS,
} from './expectation-keys.ts';
import { ExpectationReader, type Facts, type ReadExpectation } from './expectation-reader.ts';

const KINDS = undefined;

type Read = (reader: ExpectationReader, key: string, value: Value) => ReadExpectation;

const OBSERVED: Readonly<Record<keyof typeof OBSERVED_KEYS, Read>> = {
  fires: (reader, key, value) => reader.firings(key, value),
  never: (reader, key, value) => reader.firings(key, value),
  unexpected: (reader, key, value) => reader.unexpected(key, value),
  count: (reader, key, value) => reader.count(key, value),
  sessions: (reader, key, value) => reader.sessions(key, value),
  stops: (reader, key, value) => reader.stops(key, value),
  collateral: (reader, key, value) => reader.collateral(key, value),
  events: (reader, key, value) => reader.numbers(key, value, 'events', KINDS),
  session_ends: (reader, key, value) => reader.numbers(key, value, 'session_ends', END_NUMBERS),
  notes: (reader, key, value) => reader.notes(key, value),
};

const INPUT: Readonly<Record<string, Read>> = Object.fromEntries(
  Object.keys(INPUT_NUMBERS).map((name): [string, Read] => [
    name,
    (reader, key, value) => reader.inputNumber(key, value),
  ]),
);

const ENFORCED: Readonly<Record<keyof typeof ENFORCED_KEYS, Read>> = {
  accepted: (reader, key, value) => reader.numbers(key, value, 'accepted', KINDS),
  refused: (reader, key, value) => reader.numbers(key, value, 'refused', KINDS),
  blocks: (reader, key, value) => reader.blocks(key, value),
  tarpits: (reader, key, value) => {
    return reader.numbers(key, value, 'tarpits', TARPIT_NUMBERS);
  },
  retries: (reader, key, value) => {
    return reader.numbers(key, value, 'retries', RETRY_NUMBERS);
  },
};

const ALL_READERS: Readonly<Record<string, Read>> = { ...OBSERVED, ...INPUT, ...ENFORCED };

/** Reads the list of `expect:`; undefined when an item of it cannot be used. */
export function readExpectations(
  mistakes: TestMistakes,
  value: Value,
  text: string,
  facts: Facts,
): Expectation[] | undefined {
  const before = mistakes.errors;
  const reader = new ExpectationReader(mistakes, facts);
  const found = someOf(mistakes, value, "'expect'").flatMap((item) => {
    const map = mapOf(mistakes, item, 'an expectation');
    if (map === undefined) return [];
    checkKeys(mistakes, map, EXPECTATION_KEYS, 'an expectation');
    const [first, second] = map.members.values();
    if (first === undefined || second !== undefined) {
      if (first === undefined) mistakes.add(item, 'list-empty', ['an expectation']);
      else {
        const hint = 'begin each with a dash of its own';
        const names = [first.key.text, second.key.text] as const;
        mistakes.add(second.key, 'expectation-several', [...names], hint);
      }
      return [];
    }
    const read = ALL_READERS[first.key.text];
    if (first.key.text in ENFORCED && !facts.enforces) {
      mistakes.add(first.key, 'enforce-missing', [first.key.text], 'enforce: true');
    }
    const own = read?.(reader, first.key.text, first.value);
    if (own === undefined) return [];
    return [{ ...own, place: first.key, item: map, value: first.value, text: lineOf(text, item) }];
  });
  return mistakes.errors > before ? undefined : found;
}

/** The words of a place on one line. */
function lineOf(text: string, { start, end }: Place): string {
  return text
    .slice(start, end)
    .replaceAll(/\s*#.*$/gm, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
}
