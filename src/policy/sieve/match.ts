import { compareText } from '../../model/order.ts';
import type { Run } from './run.ts';
import { fail, type Site } from './site.ts';
import { itemsOf, leadingNumber, textOf, type Value } from './value.ts';

/** Compares two texts, or the numbers in them; `left` and `right` as the script gives them. */
type Compare = (left: string, right: string, run: Run) => boolean;

/** How a test with a match type compares: `ec_test`, `vctx`, `envelope`, `type`. */
export type Match = (left: Value | undefined, right: Value | undefined, run: Run) => boolean;

const RELATION = {
  gt: (order: number) => order > 0,
  ge: (order: number) => order >= 0,
  lt: (order: number) => order < 0,
  le: (order: number) => order <= 0,
  eq: (order: number) => order === 0,
  ne: (order: number) => order !== 0,
} as const;
type Relation = keyof typeof RELATION | 'bitwise-and';

/** Different patterns that a test keeps compiled; more are made anew each time. */
const MAX_PATTERNS = 256;

/**
 * The comparison that a test's tags ask for; `:is` and `i;octet` where they ask for nothing
 * (momentum, 1.3). A list matches when any of its items does.
 */
export function matchOf(site: Site): Match {
  const { tags } = site;
  const count = tags.get('count');
  if (count !== undefined) {
    const compare = relationOf(site, textOf(count.literal), 'i;ascii-numeric');
    return (left, right, run) => {
      const items = String(itemsOf(left).length);
      return itemsOf(right).some((item) => compare(items, String(item), run));
    };
  }
  const compare = compareOf(site);
  return (left, right, run) => {
    if (typeof left === 'string' && typeof right === 'string') return compare(left, right, run);
    const wanted = right === undefined ? [''] : itemsOf(right);
    const given = left === undefined ? [''] : itemsOf(left);
    return given.some((one) => wanted.some((other) => compare(String(one), String(other), run)));
  };
}

function compareOf(site: Site): Compare {
  const { tags } = site;
  const comparator = textOf(tags.get('comparator')?.literal ?? 'i;octet');
  const value = tags.get('value');
  if (value !== undefined) return relationOf(site, textOf(value.literal), comparator);
  const fold = foldOf(comparator);
  if (tags.has('contains')) return (left, right) => fold(left).includes(fold(right));
  if (tags.has('matches')) {
    const patternOf = patterns((glob) => globPattern(glob, comparator === 'i;ascii-casemap'));
    return (left, right) => patternOf(right).test(left);
  }
  if (tags.has('regex')) {
    const flags = comparator === 'i;ascii-casemap' ? 'iu' : 'u';
    const patternOf = patterns((text) => regexOf(site, text, flags));
    return (left, right) => patternOf(right).test(left);
  }
  if (comparator === 'i;ascii-numeric') return relationOf(site, 'eq', comparator);
  return (left, right) => fold(left) === fold(right);
}

function relationOf(site: Site, relation: string, comparator: string): Compare {
  if (relation === 'bitwise-and') {
    return (left, right, run) =>
      (toBits(numeric(site, left, run)) & toBits(numeric(site, right, run))) !== 0n;
  }
  const holds = RELATION[relation as Exclude<Relation, 'bitwise-and'>];
  if (comparator === 'i;ascii-numeric') {
    return (left, right, run) => holds(numeric(site, left, run) - numeric(site, right, run));
  }
  const fold = foldOf(comparator);
  return (left, right) => holds(compareText(fold(left), fold(right)));
}

/** The number that a text begins with; 0 with a note where there is none (momentum, 3.6, row 17). */
function numeric(site: Site, text: string, run: Run): number {
  const number = leadingNumber(text);
  if (number !== undefined) return number;
  run.world.note(site, 'doubt', `'${text.slice(0, 64)}' is no number and compared as 0`);
  return 0;
}

function toBits(value: number): bigint {
  return BigInt(Math.trunc(value));
}

function foldOf(comparator: string): (text: string) => string {
  if (comparator !== 'i;ascii-casemap') return (text) => text;
  return (text) => text.replace(/[a-z]+/g, (letters) => letters.toUpperCase());
}

function patterns(make: (text: string) => RegExp): (text: string) => RegExp {
  const known = new Map<string, RegExp>();
  return (text) => {
    let pattern = known.get(text);
    if (pattern === undefined) {
      if (known.size === MAX_PATTERNS) known.clear();
      known.set(text, (pattern = make(text)));
    }
    return pattern;
  };
}

/** `*` and `?`, each taken literally behind a backslash (RFC 5228, section 2.7.1). */
function globPattern(glob: string, folds: boolean): RegExp {
  let source = '';
  for (let at = 0; at < glob.length; at++) {
    const character = glob[at];
    if (character === '*') source += '[^]*';
    else if (character === '?') source += '[^]';
    else {
      const literal = character === '\\' && at + 1 < glob.length ? glob[++at] : character;
      source += literal.replace(/[\\^$.*+?()[\]{}|/-]/, '\\$&');
    }
  }
  return new RegExp(`^${source}$`, folds ? 'i' : '');
}

/** A PCRE as JavaScript reads it; inline flags such as `(?i)` at its beginning become flags. */
function regexOf(site: Site, text: string, flags: string): RegExp {
  const inline = /^\(\?([ims]+)\)/.exec(text);
  const source = inline === null ? text : text.slice(inline[0].length);
  const all = [...new Set(flags + (inline?.[1] ?? ''))];
  for (const tried of [all.join(''), all.filter((flag) => flag !== 'u').join('')]) {
    try {
      return new RegExp(source, tried);
    } catch {
      // Without the `u` flag more escapes are allowed.
    }
  }
  return fail(site, `'${text.slice(0, 64)}' is no regular expression that can be run here`);
}
