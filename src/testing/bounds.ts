import { either, matching, shared } from '../policy/yaml/key-table.ts';
import { seenOf, type Value } from '../policy/yaml/tree.ts';
import type { TestMistakes } from './codes.ts';

/** What a number has to be: `3`, `">= 3"`, `3..5`. */
export interface Bound {
  readonly op: '=' | '<' | '<=' | '>' | '>=' | '..';
  readonly value: number;
  /** The upper end of `..`, which is part of it; else `value`. */
  readonly end: number;
}

export const AT_LEAST_ONE: Bound = { op: '>=', value: 1, end: 1 };
export const NONE: Bound = exactly(0);

function exactly(value: number): Bound {
  return { op: '=', value, end: value };
}

const NUMBER = String.raw`(-?\d{1,15}(?:\.\d{1,3})?)`;
const COMPARED = new RegExp(`^\\s*(<=|>=|<|>) *${NUMBER}\\s*$`);
const RANGE = new RegExp(`^\\s*${NUMBER} *\\.\\. *${NUMBER}\\s*$`);

export const BOUND_SCHEMA = shared(
  'bound',
  either({ type: 'number' }, matching(COMPARED), matching(RANGE)),
);

/** @param what the key as messages name it */
export function readBound(mistakes: TestMistakes, value: Value, what: string): Bound | undefined {
  if (value.type === 'number' && Number.isFinite(value.value)) return exactly(value.value);
  const bound = value.type === 'text' ? boundOf(value.text) : undefined;
  if (bound === undefined) {
    const hint = 'write 3, ">= 3", "< 3" or 3..5';
    mistakes.add(value, 'bound-wrong', [what, seenOf(value)], hint);
  }
  return bound;
}

function boundOf(text: string): Bound | undefined {
  const compared = COMPARED.exec(text);
  if (compared !== null) {
    const value = Number(compared[2]);
    return { op: compared[1] as Bound['op'], value, end: value };
  }
  const range = RANGE.exec(text);
  if (range === null) return undefined;
  const [value, end] = [Number(range[1]), Number(range[2])];
  return value <= end ? { op: '..', value, end } : undefined;
}

export function meets({ op, value, end }: Bound, number: number): boolean {
  switch (op) {
    case '=':
      return number === value;
    case '<':
      return number < value;
    case '<=':
      return number <= value;
    case '>':
      return number > value;
    case '>=':
      return number >= value;
    case '..':
      return number >= value && number <= end;
  }
}

/** Whether a number that only grows can no longer meet the bound. */
export function isBeyond(bound: Bound, number: number): boolean {
  return bound.op !== '>' && bound.op !== '>=' && !meets(bound, number) && number >= bound.value;
}

/** `3`, `>= 3`, `3..5`. */
export function boundText({ op, value, end }: Bound): string {
  if (op === '=') return String(value);
  return op === '..' ? `${value}..${end}` : `${op} ${value}`;
}
