import { compareText } from '../../model/order.ts';
import { Glob } from './glob.ts';
import { regExpOf } from '../momentum/pcre.ts';
import { remembered } from './remembered.ts';
import type { Run } from './run.ts';
import { fail, type Site } from './site.ts';
import { itemsOf, leadingNumber, textOf, type Value, type ValueList } from './value.ts';

/** Compares two texts, or the numbers in them; `left` and `right` as the script gives them. */
type Compare = (left: string, right: string, run: Run) => boolean;

/** How a test with a match type compares: `ec_test`, `vctx`, `envelope`, `type`. */
export type Match = (left: Value | undefined, right: Value | undefined, run: Run) => boolean;

const RELATION: Readonly<Record<string, ((order: number) => boolean) | undefined>> = {
  gt: (order) => order > 0,
  ge: (order) => order >= 0,
  lt: (order) => order < 0,
  le: (order) => order <= 0,
  eq: (order) => order === 0,
  ne: (order) => order !== 0,
};

/**
 * The comparison that a test's tags ask for; `:is` and `i;octet` where they ask for nothing
 * (momentum, 1.3). A list matches when any of its items does; what is not set is an empty text.
 */
export function matchOf(site: Site): Match {
  const { tags } = site;
  const count = tags.get('count');
  if (count !== undefined) {
    const compare = relationOf(site, textOf(count.literal), 'i;ascii-numeric');
    return (left, right, run) => {
      const items = String(itemsOf(left).length);
      return operandsOf(right).some((item) => compare(items, String(item), run));
    };
  }
  const compare = compareOf(site);
  return (left, right, run) => {
    if (typeof left === 'string') {
      if (typeof right === 'string') return compare(left, right, run);
      if (typeof right === 'number') return compare(left, String(right), run);
    }
    const wanted = operandsOf(right);
    return operandsOf(left).some((one) =>
      wanted.some((other) => compare(String(one), String(other), run)),
    );
  };
}

function operandsOf(value: Value | undefined): ValueList {
  return value === undefined ? [''] : itemsOf(value);
}

function compareOf(site: Site): Compare {
  const { tags } = site;
  const comparator = textOf(tags.get('comparator')?.literal ?? 'i;octet');
  const value = tags.get('value');
  if (value !== undefined) return relationOf(site, textOf(value.literal), comparator);
  const folds = comparator === 'i;ascii-casemap';
  const fold = foldOf(comparator);
  if (tags.has('contains')) return (left, right) => fold(left).includes(fold(right));
  if (tags.has('matches')) {
    const globOf = remembered((pattern) => new Glob(pattern, folds));
    return (left, right) => globOf(right).matches(left);
  }
  if (tags.has('regex')) {
    const patternOf = patternsOf(site, folds);
    return (left, right) => patternOf(right).test(left);
  }
  if (comparator === 'i;ascii-numeric') return relationOf(site, 'eq', comparator);
  if (folds) return (left, right) => left.length === right.length && fold(left) === fold(right);
  return (left, right) => left === right;
}

/**
 * The regular expressions that a place of a script gives, each compiled once.
 *
 * @param folds whether letters match in either case
 */
export function patternsOf(site: Site, folds: boolean): (text: string) => RegExp {
  return remembered((text) => {
    try {
      return regExpOf(text, folds);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return fail(site, `'${text.slice(0, 64)}' cannot be run as a regular expression: ${reason}`);
    }
  });
}

function relationOf(site: Site, relation: string, comparator: string): Compare {
  if (relation === 'bitwise-and') {
    return (left, right, run) => (toBits(site, left, run) & toBits(site, right, run)) !== 0n;
  }
  const holds = RELATION[relation];
  if (holds === undefined) {
    return () => fail(site, `${site.name}: '${relation.slice(0, 64)}' is no relation`);
  }
  if (comparator === 'i;ascii-numeric') {
    return (left, right, run) => {
      const a = numeric(site, left, run);
      const b = numeric(site, right, run);
      // Not a - b: of two infinities that is no number.
      return holds(a < b ? -1 : a > b ? 1 : 0);
    };
  }
  const fold = foldOf(comparator);
  return (left, right, run) => {
    const result = holds(compareText(fold(left), fold(right)));
    if (isNumber(left) && isNumber(right) && holds(Number(left) - Number(right)) !== result) {
      const text = `'${left}' and '${right}' compare as texts without "i;ascii-numeric"`;
      run.world.note(site, 'doubt', text);
    }
    return result;
  };
}

/** Longer ones are names, not counts. */
function isNumber(text: string): boolean {
  return text.length < 16 && /^-?\d+(?:\.\d+)?$/.test(text);
}

/** The number that a text begins with; 0 with a note where there is none (momentum, 3.6, row 17). */
function numeric(site: Site, text: string, run: Run): number {
  const number = leadingNumber(text);
  if (number !== undefined) return number;
  run.world.note(site, 'doubt', `'${text.slice(0, 64)}' is no number and compared as 0`);
  return 0;
}

/** The bits of a whole number, of a negative one in two's complement; decimals are cut off. */
function toBits(site: Site, text: string, run: Run): bigint {
  const number = numeric(site, text, run);
  return Number.isFinite(number) ? BigInt(Math.trunc(number)) : fail(site, 'the number is too big');
}

function foldOf(comparator: string): (text: string) => string {
  return comparator === 'i;ascii-casemap' ? upperCase : asWritten;
}

function asWritten(text: string): string {
  return text;
}

/** ASCII letters only (RFC 4790, section 9.2). */
function upperCase(text: string): string {
  if (!/[\u0080-\uffff]/.test(text)) return text.toUpperCase();
  return text.replace(/[a-z]+/g, (letters) => letters.toUpperCase());
}
