import { didYouMean } from '../../model/suggest.ts';
import type { HashUse } from './check-call.ts';
import { checkValue, checkWindows } from './check-values.ts';
import type { Mistakes } from './mistakes.ts';
import type { Parameter } from './signature.ts';
import { literalOf, type Argument, type Variable } from './tree.ts';

/** `hash_set $hash key value;` */
export interface HashEntry {
  readonly hash: Variable;
  readonly key: Argument;
  readonly value: Argument;
}

/** Of a key that is set twice nobody knows the value without running the script: undefined. */
type Values = ReadonlyMap<string, Argument | undefined>;

/**
 * Holds what a script puts into hashes against the commands that read them. The order of commands
 * is not followed: a key counts as set wherever it is set.
 *
 * @param created hashes that this script alone has made
 */
export function checkHashes(
  uses: readonly HashUse[],
  entries: readonly HashEntry[],
  created: ReadonlySet<string>,
  mistakes: Mistakes,
): void {
  const usesOf = byHash(uses);
  const entriesOf = byHash(entries);
  for (const [name, own] of usesOf) {
    const set = entriesOf.get(name) ?? [];
    const commands = new Set(own.map((use) => use.facts));
    const parameters = [...commands].flatMap((one) => one.hash ?? []);
    for (const entry of set) checkEntry(entry, own[0], parameters, mistakes);
    const values = valuesOf(set);
    // Behind a key that is only known at run time, none is known to be missing.
    if (values === undefined) continue;
    checkAsked(values, mistakes);
    if (!created.has(name)) continue;
    for (const use of own) checkMissing(use, values, mistakes);
  }
}

function byHash<Kind extends { readonly hash: Variable }>(
  all: readonly Kind[],
): ReadonlyMap<string, readonly Kind[]> {
  const found = new Map<string, Kind[]>();
  for (const one of all) {
    const own = found.get(one.hash.name);
    if (own === undefined) found.set(one.hash.name, [one]);
    else own.push(one);
  }
  return found;
}

function valuesOf(entries: readonly HashEntry[]): Values | undefined {
  const values = new Map<string, Argument | undefined>();
  for (const { key, value } of entries) {
    const name = literalOf(key);
    if (name === undefined) return undefined;
    values.set(name, values.has(name) ? undefined : value);
  }
  return values;
}

function checkEntry(
  { key, value }: HashEntry,
  { call }: HashUse,
  parameters: readonly Parameter[],
  mistakes: Mistakes,
): void {
  const name = literalOf(key);
  if (name === undefined) return;
  const parameter = parameters.find((one) => one.name === name);
  if (parameter !== undefined) {
    checkValue({ ...parameter, value }, mistakes);
    return;
  }
  const known = new Set(parameters.map((one) => one.name));
  const hint = didYouMean(name, known) ?? `keys are ${[...known].join(', ')}`;
  mistakes.add(key, 'key-unknown', [name.slice(0, 64), call.name.text], hint);
}

function checkAsked(values: Values, mistakes: Mistakes): void {
  const certain = ['monitor', 'period_start'].every(
    (name) => !values.has(name) || values.get(name) !== undefined,
  );
  if (!certain) return;
  const [monitor, start, end] = ['monitor', 'period_start', 'period_end'].map((name) =>
    values.get(name),
  );
  checkWindows({ monitor, start, end }, mistakes);
}

function checkMissing({ call, facts, hash }: HashUse, values: Values, mistakes: Mistakes): void {
  for (const { name, optional } of facts.hash ?? []) {
    if (optional || values.has(name)) continue;
    const details = [`$${hash.name}`, name, call.name.text] as const;
    mistakes.add(hash, 'key-missing', [...details], `hash_set $${hash.name} "${name}" …;`);
  }
}
