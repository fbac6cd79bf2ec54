import { DURATION_PATTERN, parseDuration } from '../../model/time.ts';
import type { RuleVerdict } from '../rule-policy.ts';
import {
  ABOVE_0,
  either,
  mapping,
  matching,
  numberSchema,
  oneKeyOf,
  TEXT,
  whereKey,
  without,
  type KeyTable,
} from './key-table.ts';
import type { Mistakes } from './mistakes.ts';
import { checkKeys, headOf, keyAt, numberOf, textOf, valueAt } from './shape.ts';
import { didYouMean } from '../../model/suggest.ts';
import { seenOf, type MapValue, type Value } from './tree.ts';

// A line break would end the reply and start another one.
const REPLY = /^\s*([45]\d\d) +(\S[^\r\n]*?)\s*$/;

const VERB_KEYS = {
  tag: { about: 'Only record the firing, with this reason.', value: { type: ['string', 'null'] } },
  tarpit: { about: 'Slow the session down by so many seconds.', value: numberSchema(ABOVE_0) },
  reject: {
    about: 'Refuse this command or message: a code 400..599 and a text.',
    value: matching(REPLY),
  },
  disconnect: {
    about: 'Refuse and close the connection: a code 400..599 and a text.',
    value: matching(REPLY),
  },
} as const satisfies KeyTable;
type Verb = keyof typeof VERB_KEYS;
const VERBS = Object.keys(VERB_KEYS) as readonly Verb[];

const VERDICT_KEYS: KeyTable = {
  ...VERB_KEYS,
  reason: { about: 'Why, for reports; beside tarpit or tag.', value: TEXT },
  for: {
    about: 'Block the block for that long: 90s, 15m, 1h, 2d.',
    value: either({ type: 'number', exclusiveMinimum: 0 }, matching(DURATION_PATTERN)),
  },
};

export const VERDICT_SCHEMA = either(
  { const: 'tag' },
  mapping(VERDICT_KEYS, {
    ...oneKeyOf(VERBS),
    dependentSchemas: {
      tarpit: without(['for']),
      reject: without(['reason']),
      disconnect: without(['reason']),
    },
    ...whereKey('tag', TEXT, without(['reason'])),
  }),
);

export interface ReadVerdict {
  readonly verdict: RuleVerdict;
  /** Undefined without `for:`. */
  readonly blockMs: number | undefined;
}

const VERB_HINTS: Readonly<Record<Verb, string>> = {
  tag: 'then: tag',
  tarpit: 'then: { tarpit: 10 }',
  reject: 'then: { reject: "550 5.7.1 text" }',
  disconnect: 'then: { disconnect: "421 4.7.0 text" }',
};

/** Reads `then:`: the word `tag`, or a mapping with one verb. */
export function readVerdict(mistakes: Mistakes, value: Value): ReadVerdict | undefined {
  if (value.type === 'text') return readWord(mistakes, value, value.text);
  if (value.type !== 'map') {
    const expected = "'tag' or a mapping with a verb";
    mistakes.add(value, 'type-wrong', ["'then'", expected, seenOf(value)]);
    return undefined;
  }
  const before = mistakes.errors;
  checkKeys(mistakes, value, VERDICT_KEYS, "'then'");
  const verbs = VERBS.filter((verb) => value.members.has(verb));
  if (verbs.length === 0) {
    if (mistakes.errors > before) return undefined;
    const hint = `verbs are ${VERBS.join(', ')}`;
    mistakes.add(headOf(value), 'verdict-wrong', ["'then' has no verb"], hint);
    return undefined;
  }
  if (verbs.length > 1) {
    const words = `'then' has two verbs, ${verbs[0]} and ${verbs[1]}`;
    mistakes.add(keyAt(value, verbs[1]) ?? value, 'verdict-wrong', [words], 'write two rules');
    return undefined;
  }
  const blockMs = readBlock(mistakes, value, verbs[0]);
  const verdict = readVerb(mistakes, value, verbs[0]);
  if (verdict === undefined || mistakes.errors > before) return undefined;
  return { verdict, blockMs };
}

function readWord(mistakes: Mistakes, value: Value, word: string): ReadVerdict | undefined {
  if (word === 'tag') return { verdict: { type: 'tag', reason: '' }, blockMs: undefined };
  const verb = VERBS.find((one) => one === word);
  if (verb === undefined) {
    mistakes.add(value, 'verdict-wrong', [`'${word}' is no verdict`], didYouMean(word, VERBS));
  } else {
    const words = `'${word}' needs ${word === 'tarpit' ? 'its seconds' : 'a reply'}`;
    mistakes.add(value, 'verdict-wrong', [words], VERB_HINTS[verb]);
  }
  return undefined;
}

function readBlock(mistakes: Mistakes, map: MapValue, verb: Verb): number | undefined {
  const value = valueAt(map, 'for');
  const key = keyAt(map, 'for');
  if (value === undefined || key === undefined) return undefined;
  if (verb === 'tarpit') {
    mistakes.add(key, 'key-misplaced', ['for', 'a tarpit slows connects down, it does not refuse']);
    return undefined;
  }
  const text = value.type === 'text' || value.type === 'number' ? value.text : '';
  const blockMs = parseDuration(text);
  if (blockMs === undefined || blockMs === 0) {
    mistakes.add(value, 'duration-wrong', [seenOf(value)], 'for example 90s, 15m, 1h or 2d');
  }
  return blockMs;
}

function readVerb(mistakes: Mistakes, map: MapValue, verb: Verb): RuleVerdict | undefined {
  const value = valueAt(map, verb);
  if (value === undefined) return undefined;
  if (verb === 'reject' || verb === 'disconnect') {
    const key = keyAt(map, 'reason');
    if (key !== undefined) {
      const reason = 'the text of the reply is the reason';
      mistakes.add(key, 'key-misplaced', ['reason', reason]);
    }
    return readReply(mistakes, value, verb);
  }
  const reason = readReason(mistakes, map);
  if (verb === 'tarpit') {
    const seconds = numberOf(mistakes, value, "'tarpit'", ABOVE_0);
    return seconds === undefined ? undefined : { type: 'tarpit', seconds, reason };
  }
  if (value.type === 'nothing') return { type: 'tag', reason };
  const tagReason = textOf(mistakes, value, "'tag'");
  const key = keyAt(map, 'reason');
  if (key !== undefined) {
    mistakes.add(key, 'key-misplaced', ['reason', "'tag' has the reason already"]);
  }
  return tagReason === undefined ? undefined : { type: 'tag', reason: tagReason };
}

function readReason(mistakes: Mistakes, map: MapValue): string {
  const value = valueAt(map, 'reason');
  return (value && textOf(mistakes, value, "'reason'")) ?? '';
}

/** `550 5.7.1 text`: the code, and the text with its enhanced code when it has one. */
function readReply(
  mistakes: Mistakes,
  value: Value,
  verb: 'reject' | 'disconnect',
): RuleVerdict | undefined {
  const text = value.type === 'number' ? value.text : textOf(mistakes, value, `'${verb}'`);
  if (text === undefined) return undefined;
  const match = REPLY.exec(text);
  if (match === null) {
    mistakes.add(value, 'reply-wrong', [text.split('\n', 1)[0]], VERB_HINTS[verb]);
    return undefined;
  }
  return { type: verb, code: Number(match[1]), text: match[2] };
}
