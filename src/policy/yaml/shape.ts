/** Typed access to values: each function reports what does not fit and returns undefined. */
import type { Place } from '../mistakes.ts';
import { fitsNumber, type KeyTable, type NumberShape } from './key-table.ts';
import type { ShapeMistakes } from './shape-codes.ts';
import { didYouMean } from '../../model/suggest.ts';
import { seenOf, type MapValue, type TextValue, type Value } from './tree.ts';

function wrongType(
  mistakes: ShapeMistakes,
  value: Value,
  what: string,
  expected: string,
): undefined {
  mistakes.add(value, 'type-wrong', [what, expected, seenOf(value)]);
}

export function textOf(mistakes: ShapeMistakes, value: Value, what: string): string | undefined {
  if (value.type === 'text') return value.text;
  if (value.type === 'number' || value.type === 'boolean') {
    const hint = `write "${value.text}" in quotes`;
    mistakes.add(value, 'type-wrong', [what, 'a text', seenOf(value)], hint);
    return undefined;
  }
  return wrongType(mistakes, value, what, 'a text');
}

/** A text, or a number or boolean as it is written: what is compared with a text of the log. */
export function wordOf(mistakes: ShapeMistakes, value: Value, what: string): string | undefined {
  if ('text' in value) return value.text;
  return wrongType(mistakes, value, what, 'a text or a number');
}

export function booleanOf(
  mistakes: ShapeMistakes,
  value: Value,
  what: string,
): boolean | undefined {
  return value.type === 'boolean' ? value.value : wrongType(mistakes, value, what, 'true or false');
}

export function numberOf(
  mistakes: ShapeMistakes,
  value: Value,
  what: string,
  shape: NumberShape,
): number | undefined {
  if (value.type !== 'number') return wrongType(mistakes, value, what, shape.words);
  if (fitsNumber(shape, value.value)) return value.value;
  mistakes.add(value, 'number-range', [what, shape.words, value.text]);
  return undefined;
}

export function mapOf(mistakes: ShapeMistakes, value: Value, what: string): MapValue | undefined {
  return value.type === 'map' ? value : wrongType(mistakes, value, what, 'a mapping');
}

/** The values of a list, or the one value that stands instead of a list. */
export function itemsOf(value: Value): readonly Value[] {
  return value.type === 'list' ? value.items : [value];
}

/** As `itemsOf`, where an empty list would mean that nothing ever counts. */
export function someOf(mistakes: ShapeMistakes, value: Value, what: string): readonly Value[] {
  const items = itemsOf(value);
  if (items.length === 0) mistakes.add(value, 'list-empty', [what]);
  return items;
}

/** One of a closed set of words. */
export function choiceOf<Word extends string>(
  mistakes: ShapeMistakes,
  value: Value,
  what: string,
  words: readonly Word[],
): Word | undefined {
  const text = textOf(mistakes, value, what);
  return text === undefined ? undefined : choiceAt(mistakes, value, text, what, words);
}

export function choiceAt<Word extends string>(
  mistakes: ShapeMistakes,
  place: Place,
  text: string,
  what: string,
  words: readonly Word[],
): Word | undefined {
  const found = words.find((word) => word === text);
  if (found === undefined) {
    const known = words.map((word) => (word === '' ? '""' : word)).join(', ');
    mistakes.add(place, 'word-unknown', [what, known, text], didYouMean(text, words));
  }
  return found;
}

/** More would be a page, not a hint. */
const MAX_HINTED_KEYS = 10;

/** Reports the keys of a mapping that nobody reads, and those that it must have and has not. */
export function checkKeys(
  mistakes: ShapeMistakes,
  map: MapValue,
  table: KeyTable,
  where: string,
): void {
  const known = Object.keys(table);
  for (const { key } of map.members.values()) {
    if (known.includes(key.text)) continue;
    const all = known.length <= MAX_HINTED_KEYS ? `keys are ${known.join(', ')}` : undefined;
    mistakes.add(key, 'key-unknown', [key.text, where], didYouMean(key.text, known) ?? all);
  }
  for (const [name, { required }] of Object.entries(table)) {
    if (required === undefined || map.members.has(name)) continue;
    addMissing(mistakes, map, name, where, required === true ? undefined : required);
  }
}

/** Reports a key that is not there, at the head of its mapping. */
export function addMissing(
  mistakes: ShapeMistakes,
  map: MapValue,
  key: string,
  where: string,
  hint?: string,
): void {
  mistakes.add(headOf(map), 'setting-missing', [where, key], hint);
}

export function valueAt(map: MapValue, key: string): Value | undefined {
  return map.members.get(key)?.value;
}

export function keyAt(map: MapValue, key: string): TextValue | undefined {
  return map.members.get(key)?.key;
}

/** The first key of a mapping, or its brace when it is empty: where something missing is shown. */
export function headOf(map: MapValue): Place {
  for (const { key } of map.members.values()) {
    // A merged key stands elsewhere.
    if (key.start >= map.start && key.end <= map.end) return key;
  }
  return { start: map.start, end: map.start + 1 };
}
