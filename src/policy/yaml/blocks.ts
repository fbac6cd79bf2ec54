import { ADDRESS, type Prefix } from '../../model/address.ts';
import type { Per } from '../rule-policy.ts';
import { KEY_FIELDS, keyFieldAt } from './filters.ts';
import { choice, either, mapping, numberSchema, shared } from './key-table.ts';
import type { KeyTable, NumberShape, Schema } from './key-table.ts';
import type { Mistakes, Place } from './mistakes.ts';
import type { KeySpace } from './quantities.ts';
import { checkKeys, headOf, keyAt, numberOf, valueAt } from './shape.ts';
import { seenOf, type MapValue, type Value } from './tree.ts';

/** Prefixes this short or shorter hold a whole provider of IPv6. */
const SHORT_IPV6 = 32;

const FAMILIES = { ipv4: prefixShape(ADDRESS.ipv4), ipv6: prefixShape(ADDRESS.ipv6) } as const;
const PREFIX_KEYS: KeyTable = {
  ipv4: { about: 'Prefix length of IPv4 blocks.', value: numberSchema(FAMILIES.ipv4) },
  ipv6: { about: 'Prefix length of IPv6 blocks.', value: numberSchema(FAMILIES.ipv6) },
};

/** `per:` of what is counted by addresses. */
export const BLOCK_SCHEMA: Schema = shared(
  'block',
  either({ const: 'address' }, mapping(PREFIX_KEYS, { minProperties: 1 })),
);
/** `per:` of any rule: `distinct` is counted by the values of a field, too. */
export const PER_SCHEMA = either(
  BLOCK_SCHEMA,
  choice(KEY_FIELDS.filter((field) => field !== 'ip')),
);

/**
 * What a rule counts by, from its `per:` and from what it counts. Undefined when a mistake was
 * reported, or when nothing is known of what it counts.
 */
export function readPer(
  mistakes: Mistakes,
  rule: MapValue,
  spaces: readonly KeySpace[],
): Per | undefined {
  const value = valueAt(rule, 'per');
  const keyed = spaces.filter((space) => space.type === 'field');
  if (spaces.length > 0 && !agree(mistakes, rule, spaces)) return undefined;
  if (keyed.length > 0 && keyed.length === spaces.length) {
    const [{ field, series }] = keyed;
    const key = keyAt(rule, 'per');
    if (key === undefined) return { type: 'field', field };
    const reason = `series '${series}' is counted by its key, ${field}`;
    mistakes.add(key, 'key-misplaced', ['per', reason]);
    return undefined;
  }
  if (value !== undefined) return readBlock(mistakes, value, spaces, keyed);
  if (spaces.length === 0) return undefined;
  mistakes.add(headOf(rule), 'per-missing', [], missingHint(spaces));
  return undefined;
}

function missingHint(spaces: readonly KeySpace[]): string {
  const free = spaces.every((space) => space.type === 'any');
  const address = 'per: address counts each address apart, per: { ipv4: 24, ipv6: 64 } its block';
  return free ? `${address}, per: user each value of a field` : address;
}

function spaceName(space: KeySpace): string {
  return space.type === 'field' ? space.field : 'address';
}

/** One rule counts one thing at a time: blocks of addresses, or the values of one field. */
function agree(mistakes: Mistakes, rule: MapValue, spaces: readonly KeySpace[]): boolean {
  const names = [...new Set(spaces.filter((space) => space.type !== 'any').map(spaceName))];
  if (names.length < 2) return true;
  const place = keyAt(rule, 'all') ?? keyAt(rule, 'ratio') ?? headOf(rule);
  mistakes.add(place, 'keys-differ', [names[0], names[1]]);
  return false;
}

function readBlock(
  mistakes: Mistakes,
  value: Value,
  spaces: readonly KeySpace[],
  keyed: readonly (KeySpace & { type: 'field' })[],
): Per | undefined {
  if (value.type === 'map') {
    const prefix = readPrefix(mistakes, value, spaces);
    if (keyed.length > 0) return wrongKey(mistakes, value, 'blocks of addresses', keyed[0]);
    return prefix && { type: 'prefix', prefix };
  }
  if (value.type !== 'text') {
    mistakes.add(value, 'per-wrong', [seenOf(value)], missingHint(spaces));
    return undefined;
  }
  if (value.text === 'address') {
    if (keyed.length > 0) return wrongKey(mistakes, value, 'address', keyed[0]);
    return { type: 'prefix', prefix: ADDRESS };
  }
  return readField(mistakes, value, value.text, spaces, keyed);
}

function wrongKey(
  mistakes: Mistakes,
  place: Place,
  seen: string,
  keyed: KeySpace & { type: 'field' },
): undefined {
  const hint = `series '${keyed.series}' is counted by ${keyed.field}: per: ${keyed.field}`;
  mistakes.add(place, 'keys-differ', [seen, keyed.field], hint);
}

/** Only `distinct` can be counted by the values of a field. */
function readField(
  mistakes: Mistakes,
  place: Place,
  name: string,
  spaces: readonly KeySpace[],
  keyed: readonly (KeySpace & { type: 'field' })[],
): Per | undefined {
  const addressed = spaces.length === 0 || spaces.some((space) => space.type === 'address');
  if (addressed || name === 'ip') {
    const hint = name === 'ip' ? 'per: address counts each address apart' : missingHint(spaces);
    mistakes.add(place, 'per-wrong', [`'${name}'`], hint);
    return undefined;
  }
  const field = keyFieldAt(mistakes, place, name);
  if (field === undefined) return undefined;
  if (keyed.length > 0 && keyed[0].field !== field) {
    return wrongKey(mistakes, place, field, keyed[0]);
  }
  return { type: 'field', field };
}

function prefixShape(width: number): NumberShape {
  return { words: `a prefix length 0..${width}`, whole: true, from: 0, to: width };
}

/** A family that nothing of the rule can count may be left out. */
function readPrefix(
  mistakes: Mistakes,
  map: MapValue,
  spaces: readonly KeySpace[],
): Prefix | undefined {
  checkKeys(mistakes, map, PREFIX_KEYS, "'per'");
  const before = mistakes.errors;
  const read = (family: 'ipv4' | 'ipv6'): number => {
    const width = ADDRESS[family];
    const value = valueAt(map, family);
    if (value !== undefined) {
      return numberOf(mistakes, value, `'${family}'`, FAMILIES[family]) ?? width;
    }
    const counted = spaces.some((space) => space.type !== 'address' || space[family]);
    if (counted) {
      const hint = `${family}: ${width} counts each address apart`;
      mistakes.add(headOf(map), 'per-family-missing', [family], hint);
    }
    return width;
  };
  const prefix = { ipv4: read('ipv4'), ipv6: read('ipv6') };
  const ipv6 = valueAt(map, 'ipv6');
  if (mistakes.errors === before && ipv6 !== undefined && prefix.ipv6 <= SHORT_IPV6) {
    const hint = 'customers get /48 to /64; a mask made for IPv4 is taken literally';
    mistakes.add(ipv6, 'prefix-short', [String(prefix.ipv6)], hint);
  }
  return mistakes.errors > before ? undefined : prefix;
}
