import { PHASES, type PhaseName } from '../../model/event.ts';
import type { RulePlaces } from '../rule-coverage.ts';
import type { Condition, Rule } from '../rule-policy.ts';
import { BLOCK_SCHEMA, PER_SCHEMA, readPer } from './blocks.ts';
import { BESIDE_FORMS, CONDITION_FITS, CONDITION_KEYS, FORMS } from './condition-keys.ts';
import { readCondition, type ReadCondition } from './conditions.ts';
import {
  choice,
  mapping,
  oneKeyOf,
  shared,
  without,
  type KeyTable,
  type Schema,
} from './key-table.ts';
import { NAME_PATTERN, NAME_SCHEMA, NAME_WORDS, NETWORKS_SCHEMA, readExcept } from './lists.ts';
import type { Mistakes, Place } from './mistakes.ts';
import type { Declared } from './quantities.ts';
import { checkKeys, choiceOf, headOf, itemsOf, keyAt, mapOf, textOf, valueAt } from './shape.ts';
import type { MapValue, Value } from './tree.ts';
import { readVerdict, VERDICT_SCHEMA, type ReadVerdict } from './verdicts.ts';

export interface ReadRules {
  readonly rules: readonly Rule[];
  /** By rule name. */
  readonly places: ReadonlyMap<string, RulePlaces>;
}

const JUDGED_PHASES = PHASES.filter((phase): phase is PhaseName => phase !== '');
const COUNTS = ['attempts', 'accepted'] as const;
const SCOPES = ['cluster', 'node'] as const;
/** What says what a rule counts: exactly one of these. */
const RULE_FORMS = [...FORMS, 'all'];

const CONDITION_SCHEMA = shared(
  'condition',
  mapping(CONDITION_KEYS, { ...CONDITION_FITS, ...oneKeyOf(FORMS) }),
);

const RULE_KEYS: KeyTable = {
  name: {
    about: 'What reports call it: letters, digits and _ . -',
    value: NAME_SCHEMA,
    required: 'reports call the rule by its name',
  },
  all: {
    about: 'Two or more conditions that must hold at once.',
    value: { type: 'array', items: CONDITION_SCHEMA, minItems: 2 },
  },
  ...CONDITION_KEYS,
  per: {
    about: 'What is counted apart: address, { ipv4: 24, ipv6: 64 }, or for distinct a field.',
    value: PER_SCHEMA,
  },
  except: { about: 'Networks and lists that the rule passes over.', value: NETWORKS_SCHEMA },
  at: { about: 'Judge at every event that implies this phase.', value: choice(JUDGED_PHASES) },
  counts: {
    about: 'Whether refused traffic still counts in a policy in force; default attempts.',
    value: choice(COUNTS),
  },
  scope: {
    about: 'All nodes together, or each node apart; default cluster.',
    value: choice(SCOPES),
  },
  // oxlint-disable-next-line unicorn/no-thenable -- it is what the format calls the verdict
  then: {
    about: 'The verdict: tag, or a mapping with tag, tarpit, reject or disconnect.',
    value: VERDICT_SCHEMA,
    required: 'then: tag only records the firing',
  },
};

/** Only `distinct`, alone or in `all`, can be counted by a field. */
const BY_BLOCK: Schema = { properties: { per: BLOCK_SCHEMA } };

export const RULES_SCHEMA: Schema = {
  type: 'array',
  items: shared(
    'rule',
    mapping(RULE_KEYS, {
      ...oneKeyOf(RULE_FORMS),
      dependentSchemas: { all: without(BESIDE_FORMS) },
      allOf: [
        CONDITION_FITS,
        { dependentSchemas: { count: BY_BLOCK, ratio: BY_BLOCK, surge: BY_BLOCK } },
      ],
    }),
  ),
};

/** Kinds whose lines imply a phase, so that a reply to the client is still possible. */
const PHASED_KINDS = ['connect', 'reception', 'rejection', 'auth_failure', 'transaction'];

export function readRules(declared: Declared, value: Value): ReadRules {
  const { mistakes } = declared;
  const names = new Set<string>();
  const rules: Rule[] = [];
  const places = new Map<string, RulePlaces>();
  const entries = value.type === 'list' ? value.items : undefined;
  if (entries === undefined) mapOrListMistake(mistakes, value);
  for (const entry of entries ?? []) {
    const map = mapOf(mistakes, entry, 'a rule');
    if (map === undefined) continue;
    const name = readName(mistakes, map, names);
    const rule = readRule(declared, map, name);
    if (rule === undefined) continue;
    rules.push(rule);
    places.set(rule.name, placesOf(map));
  }
  return { rules, places };
}

function mapOrListMistake(mistakes: Mistakes, value: Value): void {
  const seen = value.type === 'map' ? 'a mapping' : 'a single value';
  const hint = 'each rule starts with a dash: - name: …';
  mistakes.add(value, 'type-wrong', ["'rules'", 'a list', seen], hint);
}

function placesOf(map: MapValue): RulePlaces {
  const all = valueAt(map, 'all');
  const conditions = all === undefined ? [map] : itemsOf(all).filter(({ type }) => type === 'map');
  return {
    rule: headOf(map),
    counted: formPlace(map),
    conditions: conditions.map((one) => formPlace(one as MapValue)),
    except: keyAt(map, 'except'),
  };
}

function formPlace(map: MapValue): Place {
  for (const form of RULE_FORMS) {
    const key = keyAt(map, form);
    if (key !== undefined) return key;
  }
  return headOf(map);
}

function readName(mistakes: Mistakes, map: MapValue, names: Set<string>): string | undefined {
  const value = valueAt(map, 'name');
  const name = value && textOf(mistakes, value, "'name'");
  if (value === undefined || name === undefined) return undefined;
  if (!NAME_PATTERN.test(name)) mistakes.add(value, 'name-wrong', ['a rule', name, NAME_WORDS]);
  else if (names.has(name)) mistakes.add(value, 'name-twice', [name]);
  names.add(name);
  return name;
}

function readRule(declared: Declared, map: MapValue, name: string | undefined): Rule | undefined {
  const { mistakes, lists } = declared;
  const before = mistakes.errors;
  const where = name === undefined ? 'the rule' : `rule '${name}'`;
  checkKeys(mistakes, map, RULE_KEYS, where);
  const read = readConditions(declared, map, where);
  const per = readPer(
    mistakes,
    map,
    read.flatMap((one) => one.spaces),
  );
  const at = readChoice(mistakes, map, 'at', JUDGED_PHASES);
  const exceptValue = valueAt(map, 'except');
  const except = exceptValue && readExcept(mistakes, lists, exceptValue);
  const counts = readChoice(mistakes, map, 'counts', COUNTS);
  const scope = readChoice(mistakes, map, 'scope', SCOPES);
  const thenValue = valueAt(map, 'then');
  const answer = thenValue && readVerdict(mistakes, thenValue);
  checkMoment(mistakes, map, read, answer);
  const [first, ...rest] = read.flatMap((one): Condition[] =>
    one.condition ? [one.condition] : [],
  );
  if (mistakes.errors > before || name === undefined || first === undefined) return undefined;
  if (per === undefined || answer === undefined) return undefined;
  return {
    name,
    conditions: [first, ...rest],
    per,
    at,
    except: except?.networks ?? [],
    exceptDomains: except?.domains ?? [],
    counts: counts ?? 'attempts',
    scope: scope ?? 'cluster',
    verdict: answer.verdict,
    blockMs: answer.blockMs,
  };
}

function readChoice<Word extends string>(
  mistakes: Mistakes,
  map: MapValue,
  key: string,
  words: readonly Word[],
): Word | undefined {
  const value = valueAt(map, key);
  return value && choiceOf(mistakes, value, `'${key}'`, words);
}

/** The one condition of a rule, or those of its `all:`. */
function readConditions(declared: Declared, map: MapValue, where: string): ReadCondition[] {
  const { mistakes } = declared;
  if (!hasOneForm(mistakes, map, RULE_FORMS, where)) return [];
  const all = valueAt(map, 'all');
  if (all === undefined) return [readCondition(declared, map, where)];
  for (const name of BESIDE_FORMS) {
    const key = keyAt(map, name);
    if (key === undefined) continue;
    mistakes.add(key, 'key-misplaced', [name, "it belongs inside a condition of 'all'"]);
  }
  const entries = itemsOf(all);
  if (entries.length < 2) mistakes.add(keyAt(map, 'all') ?? all, 'all-short', []);
  return entries.flatMap((entry) => {
    const condition = mapOf(mistakes, entry, "a condition of 'all'");
    if (condition === undefined) return [];
    const inside = `a condition of ${where}`;
    checkKeys(mistakes, condition, CONDITION_KEYS, inside);
    const fits = hasOneForm(mistakes, condition, FORMS, inside);
    return fits ? [readCondition(declared, condition, inside)] : [];
  });
}

function hasOneForm(
  mistakes: Mistakes,
  map: MapValue,
  forms: readonly string[],
  where: string,
): boolean {
  const keys = forms.flatMap((form) => keyAt(map, form) ?? []).sort((a, b) => a.start - b.start);
  if (keys.length === 0) {
    mistakes.add(headOf(map), 'quantity-missing', [where], `give it one of ${forms.join(', ')}`);
  } else if (keys.length > 1) {
    mistakes.add(keys[1], 'quantity-several', [keys[0].text, keys[1].text]);
  }
  return keys.length === 1;
}

/** Whether the rule can be judged when it says, and can answer then. */
function checkMoment(
  mistakes: Mistakes,
  map: MapValue,
  read: readonly ReadCondition[],
  answer: ReadVerdict | undefined,
): void {
  const at = valueAt(map, 'at');
  if (at !== undefined) {
    const onlySessions = read.length > 0 && read.every((one) => one.sessions);
    if (onlySessions && at.type === 'text' && at.text !== 'connect') {
      const hint = 'leave it out, or write at: connect';
      mistakes.add(at, 'at-sessions', [at.text], hint);
    }
    return;
  }
  if (answer === undefined || answer.blockMs !== undefined || answer.verdict.type === 'tag') return;
  const kinds: string[] = [];
  for (const one of read) {
    if (one.kinds === undefined) return;
    kinds.push(...one.kinds);
  }
  if (kinds.length === 0 || kinds.some((kind) => PHASED_KINDS.includes(kind))) return;
  const verb = answer.verdict.type;
  const then = valueAt(map, 'then');
  const place = (then?.type === 'map' ? keyAt(then, verb) : undefined) ?? headOf(map);
  const hint = "tag it, give it a lasting block with 'for:', or judge it later with 'at:'";
  mistakes.add(place, 'phase-missing', [verb, [...new Set(kinds)].join(', ')], hint);
}
