import type { PlacedOption } from './stanza-body.ts';
import { isNamed, seenOf, type TextValue } from './tree.ts';

// Each reader answers undefined when the value is not what it must be, and has told the mistake.

export function textOf(at: PlacedOption, expected = 'a text'): TextValue | undefined {
  const { value } = at.option;
  if (value.type === 'text') return value;
  return wrongType(at, expected);
}

/** The texts of a list, or the one that stands in its place. */
export function textsOf(at: PlacedOption): readonly TextValue[] | undefined {
  const { value } = at.option;
  const items = value.type === 'list' ? value.items : [value];
  const texts = items.filter((item) => item.type === 'text');
  return texts.length === items.length ? texts : wrongType(at, 'a list of texts');
}

export function flagOf(at: PlacedOption): boolean | undefined {
  const expected = 'on, true, enabled or 1, or off, false, disabled or 0';
  const value = textOf(at, expected);
  if (value === undefined) return undefined;
  if (['on', 'true', 'enabled', '1'].some((word) => isNamed(value, word))) return true;
  if (['off', 'false', 'disabled', '0'].some((word) => isNamed(value, word))) return false;
  return wrongType(at, expected);
}

/** Reads `enabled` of a stanza that is left out, with a warning, when it is switched off. */
export function switchedOff(at: PlacedOption, keyword: string): boolean {
  if (flagOf(at) !== false) return false;
  at.source.mistakes.add(at.option, 'stanza-disabled', [keyword], undefined, at.file.name);
  return true;
}

/** @param choices in lower case, at least two */
export function choiceOf<Choice extends string>(
  at: PlacedOption,
  choices: readonly Choice[],
): Choice | undefined {
  const expected = choices.join(' or ');
  const value = textOf(at, expected);
  if (value === undefined) return undefined;
  return choices.find((choice) => isNamed(value, choice)) ?? wrongType(at, expected);
}

/** @param most with at most ten digits */
export function wholeNumberOf(
  at: PlacedOption,
  least: number,
  most: number,
  what = 'a whole number',
): number | undefined {
  const expected = `${what}, ${least} to ${most}`;
  const text = textOf(at, expected)?.text;
  if (text === undefined) return undefined;
  const number = /^(?:-[1-9]|\d)\d{0,9}$/.test(text) ? Number(text) : NaN;
  return number >= least && number <= most ? number : wrongType(at, expected);
}

/** A number that may have digits behind a point, from 0 on. */
export function decimalOf(at: PlacedOption, most: number, what: string): number | undefined {
  const expected = `${what}, 0 to ${most}`;
  const text = textOf(at, expected)?.text;
  if (text === undefined) return undefined;
  const number = /^\d{1,8}(?:\.\d{1,8})?$/.test(text) ? Number(text) : NaN;
  return number <= most ? number : wrongType(at, expected);
}

function wrongType({ source, option, file }: PlacedOption, expected: string): undefined {
  const details = [option.name.text, expected, seenOf(option.value)] as const;
  source.mistakes.add(option.value, 'type-wrong', [...details], undefined, file.name);
}
