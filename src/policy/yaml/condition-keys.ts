/** The keys of a condition, and which of them go together, for the reader and for the schema. */
import { SERVICES } from '../../model/event.ts';
import { FILTERS_SCHEMA, KEY_FIELD_SCHEMA, KINDS_SCHEMA } from './filters.ts';
import {
  ABOVE_0,
  choice,
  FROM_0,
  mapping,
  numberSchema,
  whereKey,
  WHOLE_FROM_0,
  without,
  WORD,
  type KeyTable,
  type Schema,
} from './key-table.ts';
import { PART_SCHEMA, QUANTITY_SCHEMA } from './quantities.ts';
import { MONITOR_SCHEMA } from './series.ts';
import { WINDOWS_SCHEMA } from './windows.ts';

const MIN = {
  about: 'Silent until this much was counted; default 1.',
  value: numberSchema(WHOLE_FROM_0),
};

export const RATIO_KEYS: KeyTable = {
  of: { about: 'What is held against the other part.', value: PART_SCHEMA, required: true },
  to: { about: 'What it is held against.', value: PART_SCHEMA, required: true },
  above: {
    about: 'Fires when of / to is greater.',
    value: numberSchema(FROM_0),
    required: true,
  },
  min: MIN,
};

export const SURGE_KEYS: KeyTable = {
  of: { about: 'What grows.', value: PART_SCHEMA, required: true },
  times: {
    about: 'Fires when window 0 holds more than this many times the mean.',
    value: numberSchema(ABOVE_0),
    required: true,
  },
  before: {
    about: 'The earlier windows whose mean counts: 1..5.',
    value: WINDOWS_SCHEMA,
    required: 'for example before: 1..5',
  },
  min: MIN,
};

const FORM_KEYS = {
  count: {
    about: 'What is counted: connections, receptions, rejections, sessions or a series.',
    value: QUANTITY_SCHEMA,
  },
  ratio: { about: 'One count against another.', value: mapping(RATIO_KEYS) },
  surge: { about: 'Window 0 against the mean of earlier ones.', value: mapping(SURGE_KEYS) },
  distinct: {
    about: 'A field whose different values are counted, over the events of on.',
    value: KEY_FIELD_SCHEMA,
  },
} as const satisfies KeyTable;
export type Form = keyof typeof FORM_KEYS;

/** The forms of a condition; exactly one of them says what is counted. */
export const FORMS = Object.keys(FORM_KEYS) as readonly Form[];

const BESIDE_KEYS = {
  monitor: {
    about: 'Which windows are counted, "seconds,windows"; default the first of monitors.',
    value: MONITOR_SCHEMA,
  },
  windows: {
    about: 'The windows added up: 0..2, or 3 for that one; default 0.',
    value: WINDOWS_SCHEMA,
  },
  above: {
    about: 'Fires when the count is greater.',
    value: numberSchema(WHOLE_FROM_0),
  },
  service: { about: 'For count: sessions, the service; default SMTP.', value: choice(SERVICES) },
  listener: { about: 'For count: sessions, the listener; default all.', value: WORD },
  on: { about: 'For distinct, the kind of event whose values count.', value: KINDS_SCHEMA },
  where: { about: 'For distinct, which of these events.', value: FILTERS_SCHEMA },
} as const satisfies KeyTable;
type Beside = keyof typeof BESIDE_KEYS;

/** Keys that stand beside a form. */
export const BESIDE_FORMS = Object.keys(BESIDE_KEYS) as readonly Beside[];

export const CONDITION_KEYS: KeyTable = { ...FORM_KEYS, ...BESIDE_KEYS };

const ONLY_SESSIONS = "only 'count: sessions' has a service and a listener";
const ONLY_DISTINCT = "only 'distinct' has it; a named series says which events it counts";
const NO_WINDOWS = 'sessions are open now, they have no windows';

/** Keys and why they do not belong there. */
export type Refused = Readonly<Partial<Record<Beside, string>>>;

/** What must stand beside a form, each with its hint, and what must not, each with its reason. */
export interface Fit {
  readonly needs: Readonly<Partial<Record<Beside, string | undefined>>>;
  readonly refuses: Refused;
}

export const OF_SESSIONS: Refused = { service: ONLY_SESSIONS, listener: ONLY_SESSIONS };
const OF_DISTINCT: Refused = { on: ONLY_DISTINCT, where: ONLY_DISTINCT };
export const OF_WINDOWS: Refused = { monitor: NO_WINDOWS, windows: NO_WINDOWS };
export const FITS: Readonly<Record<Form, Fit>> = {
  count: { needs: { above: undefined }, refuses: OF_DISTINCT },
  ratio: {
    needs: {},
    refuses: { above: "it is written inside 'ratio'", ...OF_SESSIONS, ...OF_DISTINCT },
  },
  surge: {
    needs: {},
    refuses: {
      windows: "a surge holds window 0 against those of 'before'",
      above: "a surge has 'times' and 'min'",
      ...OF_SESSIONS,
      ...OF_DISTINCT,
    },
  },
  distinct: {
    needs: { on: 'the kind of event whose values count', above: undefined },
    refuses: OF_SESSIONS,
  },
};

/** The same for the schema: what holds between the keys of one condition. */
export const CONDITION_FITS: Schema = {
  dependentRequired: Object.fromEntries(
    FORMS.map((form) => [form, Object.keys(FITS[form].needs)] as const).filter(
      ([, needs]) => needs.length > 0,
    ),
  ),
  dependentSchemas: Object.fromEntries(
    FORMS.map((form) => [form, without(Object.keys(FITS[form].refuses))]),
  ),
  ...whereKey(
    'count',
    { const: 'sessions' },
    without(Object.keys(OF_WINDOWS)),
    without(Object.keys(OF_SESSIONS)),
  ),
};
