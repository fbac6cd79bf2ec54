/** A configuration as it is written: nothing is looked up, included or given a meaning yet. */
import type { Place } from '../mistakes.ts';

export type Statement = Stanza | Option | Include;

/** `keyword name { … }`, such as `Listen ":25" { … }`. */
export interface Stanza extends Place {
  readonly type: 'stanza';
  readonly keyword: TextValue;
  readonly name: TextValue | undefined;
  readonly body: readonly Statement[];
}
/** `name = value` */
export interface Option extends Place {
  readonly type: 'option';
  readonly name: TextValue;
  readonly value: Value;
}
/** `include "file-or-folder"`; `readonly_include` differs only in what the server may write. */
export interface Include extends Place {
  readonly type: 'include';
  readonly path: TextValue;
}

export type Value = TextValue | ListValue | DictionaryValue;

export interface TextValue extends Place {
  readonly type: 'text';
  /** Without quotes. */
  readonly text: string;
}
/** `( a "b c" )` */
export interface ListValue extends Place {
  readonly type: 'list';
  readonly items: readonly Value[];
}
/** `[ key = value … ]`; in order, a key may come twice. */
export interface DictionaryValue extends Place {
  readonly type: 'dictionary';
  readonly entries: readonly { readonly key: TextValue; readonly value: Value }[];
}

/** Keywords and option names have no case. */
export function isNamed(text: TextValue, name: string): boolean {
  return text.text.toLowerCase() === name;
}

const SEEN_LENGTH = 40;

/** The value as messages name it. */
export function seenOf(value: Value): string {
  if (value.type === 'list') return 'a list';
  if (value.type === 'dictionary') return 'a dictionary';
  const line = value.text.split('\n', 1)[0];
  return line.length > SEEN_LENGTH ? `'${line.slice(0, SEEN_LENGTH)}…'` : `'${line}'`;
}

/** The stanza as messages name it. */
export function shownStanza({ keyword, name }: Stanza): string {
  const words = keyword.text.toLowerCase();
  return name === undefined ? words : `${words} ${seenOf(name)}`;
}
