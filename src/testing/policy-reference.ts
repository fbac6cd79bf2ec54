import type { Place } from '../policy/mistakes.ts';
import { checkKeys, textOf, valueAt } from '../policy/yaml/shape.ts';
import type { MapValue, Value } from '../policy/yaml/tree.ts';
import { seenOf } from '../policy/yaml/tree.ts';
import type { TestMistakes } from './codes.ts';

/** The policy of a test, as its file names it: paths are relative to that file. */
export type PolicyReference = NamedPolicy | InlinePolicy;

export interface NamedPolicy {
  readonly type: 'named';
  /** YAML, a Lua module or a Sieve script; undefined: the scripts of the configuration. */
  readonly file: string | undefined;
  /** Where a Sieve script runs. */
  readonly phase: string | undefined;
  readonly config: string | undefined;
  readonly root: string | undefined;
  readonly place: Place;
}

export interface InlinePolicy {
  readonly type: 'inline';
  readonly map: MapValue;
  readonly place: Place;
}

const NAMED_KEYS = ['file', 'phase', 'config', 'root'] as const;

/** A file, `{ file, phase, config, root }`, or the keys of a YAML policy themselves. */
export function readPolicyReference(
  mistakes: TestMistakes,
  value: Value,
): PolicyReference | undefined {
  const nothing = { file: undefined, phase: undefined, config: undefined, root: undefined };
  if (value.type === 'text') {
    return { type: 'named', ...nothing, file: value.text, place: value };
  }
  if (value.type !== 'map') {
    const expected = 'a file, or the keys of a policy';
    mistakes.add(value, 'type-wrong', ["'policy'", expected, seenOf(value)]);
    return undefined;
  }
  if (!NAMED_KEYS.some((key) => value.members.has(key))) {
    return { type: 'inline', map: value, place: value };
  }
  checkKeys(mistakes, value, NAMED_KEYS, "'policy'");
  const texts = NAMED_KEYS.map((key) => {
    const own = valueAt(value, key);
    return own && textOf(mistakes, own, `'${key}'`);
  });
  const [file, phase, config, root] = texts;
  return { type: 'named', file, phase, config, root, place: value };
}
