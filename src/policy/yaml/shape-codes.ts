import type { Place } from '../mistakes.ts';

/** What can be wrong in any YAML file of ours, whatever it says: the codes of `tree` and `shape`. */
export const SHAPE_WORDS = {
  'yaml-syntax': (detail: string) => detail,
  'yaml-documents': () => 'a file is one YAML document, this is the start of another one',
  'yaml-alias': (name: string) => `no anchor '&${name}' above this alias`,
  'yaml-deep': (levels: string) => `nested deeper than ${levels} levels`,
  'key-twice': (key: string) => `'${key}' is given twice`,
  'type-wrong': (what: string, expected: string, seen: string) =>
    `${what} must be ${expected}, not ${seen}`,
  'list-empty': (what: string) => `${what} is an empty list`,
  'number-range': (what: string, expected: string, seen: string) =>
    `${what} must be ${expected}, not ${seen}`,
  'word-unknown': (what: string, known: string, seen: string) =>
    `${what} must be one of ${known}, not '${seen}'`,
  'key-unknown': (key: string, where: string) => `unknown key '${key}' in ${where}`,
  'setting-missing': (where: string, key: string) => `${where} has no '${key}'`,
} as const satisfies Record<string, (...details: never[]) => string>;

type ShapeWords = typeof SHAPE_WORDS;

/** Takes mistakes in the shape of a file; a policy and a test file have lists of their own. */
export interface ShapeMistakes {
  readonly errors: number;
  add<Code extends keyof ShapeWords>(
    place: Place,
    code: Code,
    details: Parameters<ShapeWords[Code]>,
    hint?: string,
  ): void;
}
