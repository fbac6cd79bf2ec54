import { EVENT_COLUMNS, KIND_PATTERN, LOGGED, PHASES, type EventField } from '../model/event.ts';
import { parseDuration } from '../model/time.ts';
import { didYouMean } from '../model/suggest.ts';
import type { Place } from '../policy/mistakes.ts';
import { readRange } from './address-range.ts';
import type { TestMistakes } from './codes.ts';
import { readMoment, type Calendar } from './times.ts';

/** One line of events: `at 10:00 connect 192.0.2.{1..40} x3 every 2s session=p{n}`. */
export interface EventLine {
  readonly startMs: number;
  readonly kind: string;
  /** As texts, in order; one empty text where the events have no address. */
  readonly addresses: readonly string[];
  readonly times: number;
  readonly everyMs: number;
  readonly fields: ReadonlyMap<EventField, string>;
  /** Where it stands in the test file, from 1. */
  readonly line: number;
}

interface Token {
  readonly text: string;
  /** The value of `name="value"`, without its quotes. */
  readonly value: string | undefined;
  readonly place: Place;
}

/** What stands in its own place, or is told from it. */
const POSITIONAL: readonly string[] = ['time', 'kind', 'ip', 'file', 'line'];
const FIELDS = EVENT_COLUMNS.filter((column) => !POSITIONAL.includes(column));
const WORDS: Readonly<Partial<Record<EventField, readonly string[]>>> = {
  phase: PHASES,
  verdict: LOGGED,
};
const NUMBERS: readonly EventField[] = ['code', 'size', 'recipients'];
const FORM = 'at TIME KIND [ADDRESS] [xN [every DURATION]] [field=value …]';
/** Events of one line; more are a log, which a file holds better. */
const MAX_EVENTS = 1_000_000;

/**
 * Reads a line of events; undefined when `mistakes` has got what is wrong with it.
 *
 * @param start where the text begins in the file; undefined: it is escaped, and `whole` stands for
 *   every place in it
 */
export function readEventLine(
  mistakes: TestMistakes,
  source: { readonly text: string; readonly start: number | undefined; readonly whole: Place },
  calendar: Calendar,
  line: number,
): EventLine | undefined {
  const tokens = tokensOf(source.text, (start, end) => {
    if (source.start === undefined) return source.whole;
    return { start: source.start + start, end: source.start + end };
  });
  const wrong = (place: Place, detail: string, hint: string = FORM): undefined => {
    mistakes.add(place, 'event-wrong', [detail], hint);
  };
  const [at, time, kind, ...others] = tokens;
  if (at?.text !== 'at') return wrong(at?.place ?? source.whole, "an event begins with 'at TIME'");
  if (time === undefined || kind === undefined) {
    return wrong(source.whole, 'an event has a time and a kind');
  }
  const startMs = readMoment(mistakes, time.place, time.text, calendar);
  if (!KIND_PATTERN.test(kind.text)) {
    return wrong(kind.place, `'${kind.text}' cannot be a kind of event`);
  }
  const rest = readRest(mistakes, others);
  if (startMs === undefined || rest === undefined) return undefined;
  if (rest.addresses.length * rest.times > MAX_EVENTS) {
    return wrong(source.whole, `a line stands for ${MAX_EVENTS} events at the most`);
  }
  return { startMs, kind: kind.text, line, ...rest };
}

/** Words with their places; a quoted value may hold blanks, and `""` is a quote in it. */
function tokensOf(text: string, placeOf: (start: number, end: number) => Place): Token[] {
  const found = text.matchAll(/([a-z_]+)="((?:[^"]|"")*)"(?=\s|$)|\S+/g);
  return Array.from(found, (match) => {
    const [whole, name = whole, quoted] = match as unknown as [string, string?, string?];
    const place = placeOf(match.index, match.index + whole.length);
    return { text: name, value: quoted?.replaceAll('""', '"'), place };
  });
}

/** What stands behind the kind, in any order but for the address. */
class Rest {
  addresses: readonly string[] = [''];
  times: number | undefined;
  everyMs: number | undefined;
  readonly fields = new Map<EventField, string>();
  readonly #mistakes: TestMistakes;

  constructor(mistakes: TestMistakes) {
    this.#mistakes = mistakes;
  }

  wrong(place: Place, detail: string, hint: string = FORM): void {
    this.#mistakes.add(place, 'event-wrong', [detail], hint);
  }

  readAddresses({ text, place }: Token): void {
    const range = readRange(text);
    if (typeof range === 'string') {
      this.wrong(place, range, 'such as 192.0.2.7, 192.0.2.{1..40} or 2001:db8::{1..ff}');
    } else this.addresses = range;
  }

  readTimes({ text, place }: Token): void {
    const times = Number(text.slice(1));
    if (this.times !== undefined) this.wrong(place, 'the events are repeated twice');
    else if (times < 1) this.wrong(place, `'${text}' repeats nothing`);
    else this.times = times;
  }

  readEvery(every: Token, step: Token | undefined): void {
    const everyMs = parseDuration(step?.text ?? '');
    if (everyMs === undefined) {
      this.wrong((step ?? every).place, "'every' needs a duration", 'x3 every 2s');
    } else this.everyMs = everyMs;
  }

  readField({ text, value, place }: Token): void {
    const at = value === undefined ? text.indexOf('=') : text.length;
    const name = text.slice(0, at);
    const own = value ?? text.slice(at + 1);
    const field = FIELDS.find((known) => known === name);
    if (at === -1 || field === undefined) {
      const seen = at === -1 ? text : name;
      const hint = POSITIONAL.includes(seen) ? FORM : didYouMean(seen, FIELDS);
      const what =
        at === -1 ? `'${seen}' is no field=value` : `events have no field '${seen}' here`;
      this.wrong(place, what, hint ?? `fields: ${FIELDS.join(', ')}`);
      return;
    }
    if (this.fields.has(field)) this.wrong(place, `'${field}' is given twice`);
    const words = WORDS[field];
    if (words?.includes(own) === false) {
      this.wrong(place, `'${own}' is no ${field}`, `one of ${words.slice(1).join(', ')}`);
    } else if (NUMBERS.includes(field) && !/^\d{1,15}$/.test(own)) {
      this.wrong(place, `'${field}' is a whole number, not '${own}'`);
    }
    this.fields.set(field, own);
  }
}

function readRest(
  mistakes: TestMistakes,
  tokens: readonly Token[],
): Pick<EventLine, 'addresses' | 'times' | 'everyMs' | 'fields'> | undefined {
  const before = mistakes.errors;
  const rest = new Rest(mistakes);
  let every: Token | undefined;
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index];
    const { text } = token;
    if (token.value !== undefined) rest.readField(token);
    else if (/^x\d{1,7}$/.test(text)) rest.readTimes(token);
    else if (text === 'every') rest.readEvery((every = token), tokens[++index]);
    else if (index === 0 && !/^[a-z_]+=/.test(text)) rest.readAddresses(token);
    else rest.readField(token);
  }
  const { addresses, times, everyMs, fields } = rest;
  if (every !== undefined && times === undefined) {
    rest.wrong(every.place, "'every' repeats nothing without xN", 'x3 every 2s');
  }
  if (mistakes.errors > before) return undefined;
  return { addresses, times: times ?? 1, everyMs: everyMs ?? 0, fields };
}
