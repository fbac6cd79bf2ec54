/**
 * What the YAML files of hindcast may hold, in the words of JSON Schema (draft 2020-12). A reader
 * declares the keys of a mapping once, as a table: `checkKeys` holds a file against it, and the
 * schema for editors is made of the same tables.
 */
export type Schema = Readonly<Record<string, unknown>>;

export interface Key {
  /** A short sentence for whoever writes the key. */
  readonly about: string;
  readonly value: Schema;
  /** Set when the mapping must have the key; a text is the hint where it is missing. */
  readonly required?: true | string;
}

/** The keys of a mapping, in the order in which messages and the schema name them. */
export type KeyTable = Readonly<Record<string, Key>>;

/** What a number must be beside being one; `whole` numbers are those that a float holds exactly. */
export interface NumberShape {
  readonly words: string;
  readonly whole: boolean;
  readonly from: number;
  readonly to: number;
  /** A number inside the range that it must not be. */
  readonly not?: number;
}

const MAX_WHOLE = Number.MAX_SAFE_INTEGER;

export const WHOLE_FROM_0: NumberShape = {
  words: 'a whole number from 0',
  whole: true,
  from: 0,
  to: MAX_WHOLE,
};
export const FROM_0: NumberShape = {
  words: 'a number from 0',
  whole: false,
  from: 0,
  to: Infinity,
};
export const ABOVE_0: NumberShape = { ...FROM_0, words: 'a number above 0', not: 0 };
export const WHOLE_NOT_0: NumberShape = {
  words: 'a whole number other than 0',
  whole: true,
  from: -MAX_WHOLE,
  to: MAX_WHOLE,
  not: 0,
};

export function fitsNumber({ whole, from, to, not }: NumberShape, value: number): boolean {
  if (whole ? !Number.isSafeInteger(value) : !Number.isFinite(value)) return false;
  return value >= from && value <= to && value !== not;
}

export function numberSchema({ whole, from, to, not }: NumberShape): Schema {
  return {
    type: whole ? 'integer' : 'number',
    minimum: from,
    ...(to === Infinity ? {} : { maximum: to }),
    ...(not === undefined ? {} : { not: { const: not } }),
  };
}

export const TEXT: Schema = { type: 'string' };
export const BOOLEAN: Schema = { type: 'boolean' };
/** What is compared with a text of the log: `587` is as good as `'587'`. */
export const WORD: Schema = { type: ['string', 'number', 'boolean'] };
/** A text that may look like a number: `90` and `90s`. */
export const TEXT_OR_NUMBER: Schema = { type: ['string', 'number'] };

export function choice(words: readonly string[]): Schema {
  return { enum: words };
}

/** @param pattern without flags: those of JSON Schema have none */
export function matching(pattern: RegExp): Schema {
  return { type: 'string', pattern: pattern.source };
}

export function either(...schemas: readonly Schema[]): Schema {
  return { anyOf: schemas };
}

/** A list, or one value that stands for a list of one. */
export function itemsSchema(item: Schema): Schema {
  return either(item, { type: 'array', items: item });
}

/** As `itemsSchema`, but not an empty list. */
export function someSchema(item: Schema): Schema {
  return either(item, { type: 'array', items: item, minItems: 1 });
}

/** @param besides what holds between the keys */
export function mapping(table: KeyTable, besides: Schema = {}): Schema {
  const keys = Object.entries(table);
  const properties = keys.map(([name, { about, value }]) => {
    return [name, { description: about, ...value }] as const;
  });
  const required = keys.filter(([, key]) => key.required !== undefined).map(([name]) => name);
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    ...(required.length === 0 ? {} : { required }),
    additionalProperties: false,
    ...besides,
  };
}

/** Keys of any name that fits, each with such a value. */
export function namedValues(name: Schema, value: Schema): Schema {
  return { type: 'object', propertyNames: name, additionalProperties: value };
}

/** Exactly one of these keys. */
export function oneKeyOf(names: readonly string[]): Schema {
  return { oneOf: names.map((name) => ({ required: [name] })) };
}

/** Keys that may not be there. */
export function without(names: readonly string[]): Schema {
  return { properties: Object.fromEntries(names.map((name) => [name, false])) };
}

/** What holds where the mapping has this value at a key, and what holds elsewhere. */
export function whereKey(key: string, value: Schema, holds: Schema, elsewhere?: Schema): Schema {
  const condition = { properties: { [key]: value }, required: [key] };
  const branches: [string, Schema][] = [
    ['if', condition],
    ['then', holds],
  ];
  return Object.fromEntries(elsewhere ? [...branches, ['else', elsewhere]] : branches);
}

const SHARED = '$shared';

/** A schema that is written once, under this name, however often it is used. */
export function shared(name: string, schema: Schema): Schema {
  return { [SHARED]: { name, schema } };
}

/** A whole schema: what is shared goes to `$defs`, by name. */
export function schemaFile(title: string, schema: Schema): Schema {
  const definitions = new Map<string, unknown>();
  const placed = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(placed);
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).map(([key, own]): [string, unknown] => {
      if (key !== SHARED) return [key, placed(own)];
      const { name, schema: inner } = own as { name: string; schema: Schema };
      if (!definitions.has(name)) definitions.set(name, placed(inner));
      return ['$ref', `#/$defs/${name}`];
    });
    return Object.fromEntries(entries);
  };
  const body = placed(schema) as Schema;
  const $defs = Object.fromEntries([...definitions].sort(([a], [b]) => (a < b ? -1 : 1)));
  const $schema = 'https://json-schema.org/draft/2020-12/schema';
  return { $schema, title, ...body, $defs };
}
