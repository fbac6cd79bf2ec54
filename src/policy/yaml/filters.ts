import { globPattern } from '../../model/glob.ts';
import {
  EVENT_COLUMNS,
  KIND_PATTERN,
  KINDS,
  LOGGED,
  PHASES,
  SERVICES,
  type EventField,
} from '../../model/event.ts';
import type { FieldFilter, FieldMatch } from '../rule-policy.ts';
import { choice, either, matching, shared, someSchema, WORD, type Schema } from './key-table.ts';
import { networksOnly, type Lists } from './lists.ts';
import type { Mistakes, Place } from './mistakes.ts';
import { choiceAt, mapOf, someOf, textOf, wordOf } from './shape.ts';
import { didYouMean } from '../../model/suggest.ts';
import type { TextValue, Value } from './tree.ts';

/** Kinds that tie log lines together; what they tell arrives as other events. */
const INTERNAL_KINDS: readonly string[] = ['queued', 'removed', 'restart', 'clock'];

const COUNTABLE = KINDS.filter((kind) => !INTERNAL_KINDS.includes(kind));

/** The known kinds first, for editors; a CSV may bring any other word. */
export const KINDS_SCHEMA = shared(
  'kinds',
  someSchema(either(choice(COUNTABLE), { ...matching(KIND_PATTERN), not: choice(INTERNAL_KINDS) })),
);

/** `on:` is one kind of event, or a list of them. */
export function readKinds(mistakes: Mistakes, value: Value): string[] {
  const kinds: string[] = [];
  for (const item of someOf(mistakes, value, "'on'")) {
    const kind = textOf(mistakes, item, "'on'");
    if (kind === undefined) continue;
    if (INTERNAL_KINDS.includes(kind)) {
      mistakes.add(item, 'kind-internal', [kind]);
    } else if (!KIND_PATTERN.test(kind)) {
      const hint =
        didYouMean(kind, COUNTABLE) ?? 'a kind is made of lower case letters, digits and _';
      mistakes.add(item, 'kind-wrong', [kind], hint);
    } else {
      if (!COUNTABLE.some((known) => known === kind)) {
        const hint = didYouMean(kind, COUNTABLE) ?? 'only a CSV can bring it';
        mistakes.add(item, 'kind-unknown', [kind], hint);
      }
      if (!kinds.includes(kind)) kinds.push(kind);
    }
  }
  return kinds;
}

const UNFILTERED: readonly EventField[] = ['time', 'file', 'line'];
const UNKEYED: readonly EventField[] = ['time', 'line', 'size', 'recipients'];
const FILTER_FIELDS = EVENT_COLUMNS.filter((column) => !UNFILTERED.includes(column));
export const KEY_FIELDS = EVENT_COLUMNS.filter((column) => !UNKEYED.includes(column));

const SLASHED = /^\/([\s\S]+)\/([A-Za-z]*)$/;
const GLOB = /[*?]/;
const CODE = /^(?:[1-5]\d\d)?$/;
/** The values of fields that can have a few only. */
const KNOWN_VALUES: Readonly<Partial<Record<EventField, readonly string[]>>> = {
  phase: PHASES,
  verdict: LOGGED,
  service: SERVICES,
};

export const KEY_FIELD_SCHEMA = shared('key_field', choice(KEY_FIELDS));
export const FILTERS_SCHEMA = shared('where', filtersSchema());

function filtersSchema(): Schema {
  const free = shared('values', someSchema(WORD));
  const patterns = [matching(SLASHED), matching(GLOB)];
  const code = either({ type: 'integer', minimum: 100, maximum: 599 }, matching(CODE), ...patterns);
  const properties = FILTER_FIELDS.map((field) => {
    const words = KNOWN_VALUES[field];
    if (field === 'code') return [field, someSchema(code)] as const;
    return [field, words ? someSchema(either(choice(words), ...patterns)) : free] as const;
  });
  const fields = Object.fromEntries(properties);
  return { type: 'object', properties: fields, additionalProperties: false };
}

function fieldAt(
  mistakes: Mistakes,
  place: Place,
  name: string,
  allowed: readonly EventField[],
  use: string,
): EventField | undefined {
  const field = EVENT_COLUMNS.find((column) => column === name);
  if (field === undefined) {
    const hint = didYouMean(name, allowed) ?? `fields are ${allowed.join(', ')}`;
    mistakes.add(place, 'field-unknown', [name], hint);
  } else if (!allowed.includes(field)) {
    mistakes.add(place, 'field-refused', [name, use]);
    return undefined;
  }
  return field;
}

/** A field whose values are told apart: the key of a series, or what `distinct` counts. */
export function readKeyField(
  mistakes: Mistakes,
  value: Value,
  what: string,
): EventField | undefined {
  const name = textOf(mistakes, value, what);
  return name === undefined ? undefined : keyFieldAt(mistakes, value, name);
}

export function keyFieldAt(mistakes: Mistakes, place: Place, name: string): EventField | undefined {
  return fieldAt(mistakes, place, name, KEY_FIELDS, 'counted by');
}

/** `where:` maps fields to one value or a list of values. */
export function readFilters(mistakes: Mistakes, lists: Lists, value: Value): FieldFilter[] {
  const filters: FieldFilter[] = [];
  for (const { key, value: wanted } of mapOf(mistakes, value, "'where'")?.members.values() ?? []) {
    const field = filterField(mistakes, key);
    if (field === undefined) continue;
    const matches = someOf(mistakes, wanted, `'${field}'`).flatMap((item) =>
      readMatches(mistakes, lists, field, item),
    );
    filters.push({ field, matches });
  }
  return filters;
}

function filterField(mistakes: Mistakes, key: TextValue): EventField | undefined {
  return fieldAt(mistakes, key, key.text, FILTER_FIELDS, 'compared in a filter');
}

/** One value of a filter; a list of addresses gives several matches. */
function readMatches(
  mistakes: Mistakes,
  lists: Lists,
  field: EventField,
  value: Value,
): readonly FieldMatch[] {
  const text = wordOf(mistakes, value, `'${field}'`);
  if (text === undefined) return [];
  const slashed = SLASHED.exec(text);
  if (slashed !== null) return readRegex(mistakes, value, slashed[1], slashed[2], text);
  if (GLOB.test(text)) return [{ type: 'glob', source: text, pattern: globPattern(text) }];
  if (field === 'ip' && text !== '') {
    const networks = networksOnly(mistakes, lists, value, text) ?? [];
    return networks.map((network) => ({ type: 'network', network }));
  }
  checkKnownValue(mistakes, value, field, text);
  return [{ type: 'exact', value: text }];
}

const REGEX_FLAGS = /^[imsu]*$/;

function readRegex(
  mistakes: Mistakes,
  place: Place,
  body: string,
  flags: string,
  source: string,
): readonly FieldMatch[] {
  if (!REGEX_FLAGS.test(flags)) {
    mistakes.add(place, 'regex-wrong', [`flags are i, m, s and u, not '${flags}'`]);
    return [];
  }
  try {
    const pattern = new RegExp(body, flags);
    // The engine compiles at the first use; a pattern that is too large fails only there.
    pattern.test('');
    return [{ type: 'regex', source, pattern }];
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // V8 puts the whole pattern before the reason.
    mistakes.add(place, 'regex-wrong', [message.slice(message.lastIndexOf(': ') + 2)]);
    return [];
  }
}

/** A value that the field can never have is a slip, and would silently count nothing. */
function checkKnownValue(mistakes: Mistakes, place: Place, field: EventField, text: string): void {
  const words = KNOWN_VALUES[field];
  if (words !== undefined) choiceAt(mistakes, place, text, `'${field}'`, words);
  if (field === 'code' && !CODE.test(text)) {
    mistakes.add(place, 'number-range', ["'code'", 'a reply code of three digits', `'${text}'`]);
  }
}
