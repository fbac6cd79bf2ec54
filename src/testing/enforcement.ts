import { BOOLEAN, either, mapping, type KeyTable } from '../policy/yaml/key-table.ts';
import { checkKeys, mapOf, valueAt } from '../policy/yaml/shape.ts';
import type { Value } from '../policy/yaml/tree.ts';
import { seenOf } from '../policy/yaml/tree.ts';
import type { TestMistakes } from './codes.ts';
import { DURATION_SCHEMA, readDuration } from './times.ts';

export interface Enforcement {
  /** After how long a client comes back that was refused with 4xx; undefined: it does not. */
  readonly retryMs: number | undefined;
}

const SHORTEST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 5 * 86_400_000;

const ENFORCE_KEYS: KeyTable = {
  retry: {
    about: 'After how long a client comes back that was refused with 4xx: 1s to less than 5d.',
    value: DURATION_SCHEMA,
  },
};

export const ENFORCE_SCHEMA = either(BOOLEAN, mapping(ENFORCE_KEYS));

/** `true`, or `{ retry: 15m }`; `false` is what holds without the key. */
export function readEnforce(mistakes: TestMistakes, value: Value): Enforcement | undefined {
  if (value.type === 'boolean') return value.value ? { retryMs: undefined } : undefined;
  const map = mapOf(mistakes, value, "'enforce'");
  if (map === undefined) return undefined;
  checkKeys(mistakes, map, ENFORCE_KEYS, "'enforce'");
  const retry = valueAt(map, 'retry');
  const retryMs = retry && readDuration(mistakes, retry, "'retry'");
  const isFit =
    retryMs === undefined || (retryMs >= SHORTEST_RETRY_MS && retryMs < LONGEST_RETRY_MS);
  if (!isFit && retry !== undefined) {
    const range = 'a duration from 1s to less than 5d';
    mistakes.add(retry, 'number-range', ["'retry'", range, seenOf(retry)]);
  }
  return { retryMs };
}
