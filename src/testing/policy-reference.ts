import type { Place } from '../policy/mistakes.ts';
import { either, mapping, TEXT, type KeyTable } from '../policy/yaml/key-table.ts';
import { INLINE_POLICY_SCHEMA } from '../policy/yaml/read.ts';
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

const NAMED_KEYS = {
  file: { about: 'A YAML policy, a Lua module or a Sieve script.', value: TEXT },
  phase: { about: 'Where a Sieve script runs.', value: TEXT },
  config: { about: 'An ecelerity.conf.', value: TEXT },
  root: { about: 'Where absolute paths of the configuration are looked for.', value: TEXT },
} as const satisfies KeyTable;

/** A policy of a mapping with one of the keys above is a named one. */
export const POLICY_REFERENCE_SCHEMA = either(
  TEXT,
  mapping(NAMED_KEYS, { minProperties: 1 }),
  INLINE_POLICY_SCHEMA,
);

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
  const names = Object.keys(NAMED_KEYS);
  if (!names.some((key) => value.members.has(key))) {
    return { type: 'inline', map: value, place: value };
  }
  checkKeys(mistakes, value, NAMED_KEYS, "'policy'");
  const texts = names.map((key) => {
    const own = valueAt(value, key);
    return own && textOf(mistakes, own, `'${key}'`);
  });
  const [file, phase, config, root] = texts;
  return { type: 'named', file, phase, config, root, place: value };
}
