/** The keys of expectations, for the reader and for the schema. */
import { SERVICES } from '../model/event.ts';
import {
  choice,
  either,
  mapping,
  namedValues,
  oneKeyOf,
  shared,
  someSchema,
  TEXT,
  TEXT_OR_NUMBER,
  type KeyTable,
  type Schema,
} from '../policy/yaml/key-table.ts';
import { MONITOR_SCHEMA } from '../policy/yaml/series.ts';
import { WINDOWS_SCHEMA } from '../policy/yaml/windows.ts';
import { BOUND_SCHEMA } from './bounds.ts';
import { MOMENT_SCHEMA, SPAN_SCHEMA } from './times.ts';

export const VERDICTS = ['tag', 'tarpit', 'reject', 'disconnect', 'discard'] as const;

/** Numbers by name, each with what it is. */
function numbers(abouts: Readonly<Record<string, string>>): KeyTable {
  const keys = Object.entries(abouts).map(([name, about]) => {
    return [name, { about, value: BOUND_SCHEMA }] as const;
  });
  return Object.fromEntries(keys);
}

const RULE = { about: 'The name of the rule.', value: TEXT };
const VERDICT = { about: 'Only those with this verdict.', value: choice(VERDICTS) };
const BLOCK = { about: 'An address or a block.', value: TEXT };

export const FIRING_NUMBERS = numbers({
  firings: 'How often it fires; default at least once.',
  keys: 'How many blocks or texts it fires for.',
  peak: 'The greatest count of a firing.',
  limit: 'The limit that was exceeded.',
});
/** Without numbers: what never happens has none. */
export const NEVER_KEYS: KeyTable = {
  rule: RULE,
  key: { about: 'Only firings of this block or text.', value: TEXT_OR_NUMBER },
  verdict: VERDICT,
  within: { about: 'Only firings of this span: 10:00..10:05.', value: SPAN_SCHEMA },
};
export const FIRES_KEYS: KeyTable = {
  ...NEVER_KEYS,
  rule: { ...RULE, required: true },
  ...FIRING_NUMBERS,
};

const MOMENT_KEYS: KeyTable = {
  at: { about: 'When it is asked.', value: MOMENT_SCHEMA, required: true },
  is: { about: 'What it is then: 3, ">= 3" or 3..5.', value: BOUND_SCHEMA, required: true },
};
export const COUNT_KEYS: KeyTable = {
  series: { about: 'A metric or a series.', value: TEXT, required: true },
  monitor: { about: 'The windows of a metric; default the first.', value: MONITOR_SCHEMA },
  block: BLOCK,
  key: { about: 'The text, for a string series.', value: TEXT },
  windows: { about: 'The windows added up; default 0.', value: WINDOWS_SCHEMA },
  ...MOMENT_KEYS,
};
export const SESSIONS_KEYS: KeyTable = {
  block: BLOCK,
  service: { about: `The service, such as ${SERVICES[0]}; default SMTP.`, value: TEXT },
  listener: { about: 'The listener; default all.', value: TEXT },
  ...MOMENT_KEYS,
};

const LOGGED_NUMBERS = {
  accepted: 'Messages that the server had accepted.',
  rejected: 'Messages that the server had rejected.',
  greylisted: 'Messages that the server had greylisted.',
  spam: 'Messages that the server had found to be spam.',
  virus: 'Messages that the server had found to hold a virus.',
};
export const STOPPED_NUMBERS = numbers({
  connections: 'Connections that are stopped.',
  messages: 'Messages that are stopped.',
  ...LOGGED_NUMBERS,
});
export const TAKEN_NUMBERS = numbers({
  connections: 'Connections that are taken.',
  ...LOGGED_NUMBERS,
});
export const BLOCK_NUMBERS = numbers({
  begun: 'Lasting blocks that begin.',
  refused: 'Connects that they refuse.',
});
export const NOTE_NUMBERS = numbers({
  wrong_family: 'Events of the family that the series does not know.',
  without_key: 'Events without the key of the series.',
  without_amount: 'Events without the amount.',
  negative: 'Adds that took a count below 0.',
});
export const END_NUMBERS = numbers({
  opened: 'Sessions that began.',
  logged: 'Sessions whose end is logged.',
  replaced: 'Sessions ended by another one of the same process.',
  restart: 'Sessions ended by a restart.',
  timeout: 'Sessions ended by silence.',
  refused: 'Sessions that a policy in force ended.',
  unopened: 'Ends without a session.',
  open: 'Sessions still open at the end.',
});
export const TARPIT_NUMBERS = numbers({
  sessions: 'Sessions that were slowed down.',
  seconds: 'Seconds of all tarpits.',
  held: 'Sessions held open beyond their end.',
});
export const RETRY_NUMBERS = numbers({
  returned: 'Clients that came back and were let in.',
  gave_up: 'Clients that gave up.',
  waiting: 'Clients that still wait at the end.',
});
export const STOPS_KEYS: KeyTable = { rule: RULE, verdict: VERDICT, ...STOPPED_NUMBERS };
export const TAKEN_KEYS: KeyTable = { rule: RULE, ...TAKEN_NUMBERS };
export const BLOCKS_KEYS: KeyTable = { rule: RULE, ...BLOCK_NUMBERS };
export const NOTES_KEYS: KeyTable = {
  series: { about: 'The name of the series.', value: TEXT, required: true },
  ...NOTE_NUMBERS,
};
export const INPUT_NUMBERS = numbers({
  unparsed: 'Lines that could not be read.',
  late: 'Lines behind newer ones that were put in order.',
  too_late: 'Lines too far behind newer ones.',
  quarantined: 'Lines whose time cannot be.',
  ignored: 'Events of ignored networks.',
});

/** A mapping with at least one of the numbers. */
function withNumbers(table: KeyTable, named: KeyTable): Schema {
  return mapping(table, { anyOf: Object.keys(named).map((name) => ({ required: [name] })) });
}

/** Kinds of events may be any word. */
const KIND_NUMBERS: Schema = { ...namedValues({}, BOUND_SCHEMA), minProperties: 1 };

export const OBSERVED_KEYS = {
  fires: { about: 'A rule fires.', value: mapping(FIRES_KEYS) },
  never: { about: 'Nothing fires, or no rule of this name.', value: mapping(NEVER_KEYS) },
  unexpected: { about: 'fail: no firing but those that are expected.', value: choice(['fail']) },
  count: {
    about: 'What a metric or series holds at a moment.',
    value: mapping(COUNT_KEYS, oneKeyOf(['block', 'key'])),
  },
  sessions: { about: 'How many sessions are open at a moment.', value: mapping(SESSIONS_KEYS) },
  stops: {
    about: 'What rules stop.',
    value: withNumbers(STOPS_KEYS, STOPPED_NUMBERS),
  },
  collateral: {
    about: 'What rules take; a number alone is accepted messages of all rules.',
    value: either(BOUND_SCHEMA, withNumbers(TAKEN_KEYS, TAKEN_NUMBERS)),
  },
  events: { about: 'Events by kind.', value: KIND_NUMBERS },
  session_ends: {
    about: 'Sessions by how they end.',
    value: withNumbers(END_NUMBERS, END_NUMBERS),
  },
  notes: {
    about: 'Events that a series could not count.',
    value: withNumbers(NOTES_KEYS, NOTE_NUMBERS),
  },
} satisfies KeyTable;

/** These are asked of a policy in force only. */
export const ENFORCED_KEYS = {
  accepted: { about: 'Events by kind that a policy in force lets happen.', value: KIND_NUMBERS },
  refused: { about: 'Events by kind that no longer happen.', value: KIND_NUMBERS },
  blocks: { about: 'Lasting blocks.', value: withNumbers(BLOCKS_KEYS, BLOCK_NUMBERS) },
  tarpits: { about: 'Tarpits.', value: withNumbers(TARPIT_NUMBERS, TARPIT_NUMBERS) },
  retries: {
    about: 'Clients that come back.',
    value: withNumbers(RETRY_NUMBERS, RETRY_NUMBERS),
  },
} satisfies KeyTable;

export const EXPECTATION_KEYS: KeyTable = {
  ...OBSERVED_KEYS,
  ...INPUT_NUMBERS,
  ...ENFORCED_KEYS,
};

export const EXPECTATIONS_SCHEMA = someSchema(
  shared('expectation', mapping(EXPECTATION_KEYS, { minProperties: 1, maxProperties: 1 })),
);
