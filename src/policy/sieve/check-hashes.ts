import type { Monitor } from '../../model/monitor.ts';
import { didYouMean } from '../../model/suggest.ts';
import type { HashUse } from './check-call.ts';
import { checkFamily } from './check-masks.ts';
import { checkConfigured, monitorOf } from './check-monitors.ts';
import { checkValue } from './check-values.ts';
import { checkWindows } from './check-windows.ts';
import type { Mistakes } from './mistakes.ts';
import type { CommandFacts, Parameter } from './signature.ts';
import { literalOf, type Argument, type Variable } from './tree.ts';

/** `hash_set $hash key value;` */
export interface HashEntry {
  readonly hash: Variable;
  readonly key: Argument;
  readonly value: Argument;
}

/** Of a key that is set twice nobody knows the value without running the script: undefined. */
export type HashValues = ReadonlyMap<string, Argument | undefined>;

/** The hashes of a script. The order of commands is not followed. */
export interface HashFacts {
  readonly uses: readonly HashUse[];
  readonly entries: readonly HashEntry[];
  /** By the name of a hash, where all keys are known that this script sets. */
  readonly values: ReadonlyMap<string, HashValues>;
  /** Hashes that this script alone has made. */
  readonly created: ReadonlySet<string>;
}

/**
 * Holds what a script puts into hashes against the commands that read them. A key counts as set
 * wherever it is set.
 *
 * @param monitors those of the configuration, when they are known
 */
export function checkHashes(
  { uses, entries, values, created }: HashFacts,
  monitors: readonly Monitor[] | undefined,
  mistakes: Mistakes,
): void {
  const usesOf = byHash(uses);
  const entriesOf = byHash(entries);
  for (const [name, own] of usesOf) {
    const commands = new Set(own.map((use) => use.facts));
    const parameters = [...commands].flatMap((one) => one.hash ?? []);
    for (const entry of entriesOf.get(name) ?? [])
      checkEntry(entry, { use: own[0], parameters, monitors }, mistakes);
    const set = values.get(name) ?? (entriesOf.has(name) ? undefined : new Map());
    // Behind a key that is only known at run time, none is known to be missing.
    if (set === undefined) continue;
    const sole = created.has(name);
    for (const configured of new Set([...commands].map((one) => asksConfigured(one)))) {
      checkTogether({ set, sole, configured, monitors }, mistakes);
    }
    if (!sole) continue;
    for (const use of own) checkMissing(use, set, mistakes);
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

/** What hashes hold, without those that get a key which is only known at run time. */
export function valuesByHash(entries: readonly HashEntry[]): ReadonlyMap<string, HashValues> {
  const found = new Map<string, HashValues>();
  for (const [hash, own] of byHash(entries)) {
    const values = new Map<string, Argument | undefined>();
    for (const { key, value } of own) {
      const name = literalOf(key);
      if (name !== undefined) values.set(name, values.has(name) ? undefined : value);
    }
    if (own.every(({ key }) => literalOf(key) !== undefined)) found.set(hash, values);
  }
  return found;
}

/** What is known of the commands that read a hash. */
interface ReadHash {
  /** One of them. */
  readonly use: HashUse;
  readonly parameters: readonly Parameter[];
  readonly monitors: readonly Monitor[] | undefined;
}

function checkEntry(
  { key, value }: HashEntry,
  { use, parameters, monitors }: ReadHash,
  mistakes: Mistakes,
): void {
  const name = literalOf(key);
  if (name === undefined) return;
  const parameter = parameters.find((one) => one.name === name);
  if (parameter !== undefined) {
    checkValue({ ...parameter, value }, mistakes);
    const configured = parameter.kind === 'configured' && monitors !== undefined;
    if (configured) checkConfigured(value, monitors, mistakes);
    return;
  }
  const known = new Set(parameters.map((one) => one.name));
  const hint = didYouMean(name, known) ?? `keys are ${[...known].join(', ')}`;
  mistakes.add(key, 'key-unknown', [name.slice(0, 64), use.call.name.text], hint);
}

interface FilledHash {
  readonly set: HashValues;
  /** The commands that read it ask monitors of the configuration, not series. */
  readonly configured: boolean;
  /** No one else sets a key. */
  readonly sole: boolean;
  readonly monitors: readonly Monitor[] | undefined;
}

function asksConfigured({ hash }: CommandFacts): boolean {
  return hash?.some((one) => one.kind === 'configured') === true;
}

/** Checks values that depend on each other. */
function checkTogether({ set, sole, configured, monitors }: FilledHash, mistakes: Mistakes): void {
  checkFamily(set.get('ip'), set.get('mask'), mistakes);
  const certain = ['monitor', 'period_start'].every(
    (name) => !set.has(name) || set.get(name) !== undefined,
  );
  if (!certain) return;
  const first = configured && sole && !set.has('monitor') ? monitors?.[0] : undefined;
  const monitor = first ?? monitorOf(set.get('monitor'));
  const [start, end] = [set.get('period_start'), set.get('period_end')];
  checkWindows({ monitor, configured, start, end }, mistakes);
}

function checkMissing({ call, facts, hash }: HashUse, set: HashValues, mistakes: Mistakes): void {
  for (const { name, optional } of facts.hash ?? []) {
    if (optional || set.has(name)) continue;
    const details = [`$${hash.name}`, name, call.name.text] as const;
    mistakes.add(hash, 'key-missing', [...details], `hash_set $${hash.name} "${name}" …;`);
  }
}
