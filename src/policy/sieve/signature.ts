/** What is known of a command before a script uses it. */
import type { Phase } from '../script-slots.ts';

/**
 * `must`: a policy of the audit facility cannot do without it. `should`: other connection and rate
 * policies use it. `no`: content, delivery or the outside world, which a replay does not have.
 */
export type Status = 'must' | 'should' | 'no';

/** What a literal in this place is held against. */
export type ValueKind =
  | 'any'
  | 'text'
  | 'number'
  /** The position of a configured monitor, from 0 on. */
  | 'index'
  /** A variable that holds a hash. */
  | 'hash'
  | 'series'
  | 'monitor'
  /** A monitor that the configuration has. */
  | 'configured'
  /** `"32"` */
  | 'mask'
  /** `"192.0.2.0/24"`, or `"/24"` of the peer. */
  | 'block'
  | 'address'
  | 'window'
  | 'service'
  /** An SMTP reply code. */
  | 'code'
  /** `"X/Y"`: X in Y seconds. */
  | 'quota';

export interface Parameter {
  readonly name: string;
  readonly kind: ValueKind;
  readonly optional: boolean;
}

/** Tags of one group exclude each other. */
export type TagGroup = 'match' | 'comparator' | 'part' | 'limit' | 'other';

export interface TagFacts {
  readonly group: TagGroup;
  /** What stands behind the tag, when something must. */
  readonly value?: 'relation' | 'comparator' | 'address';
}

export interface CommandFacts {
  /** Names that mean the same, or that are used alike. `x_*` is every name that begins so. */
  readonly names: readonly string[];
  readonly status: Status;
  /** Whether it is a test, a command (which may return a value), or either. */
  readonly role: 'command' | 'test' | 'either';
  /** Undefined: arguments are not documented, any will do. */
  readonly positional: readonly Parameter[] | undefined;
  /** More arguments than those may follow. */
  readonly more: boolean;
  /** The form with one hash: its keys. */
  readonly hash: readonly Parameter[] | undefined;
  /** Undefined: any tag that the language knows. */
  readonly tags: readonly string[] | undefined;
  /** Nothing behind it runs. */
  readonly terminal: boolean;
  /** The form without arguments gives a default reply. */
  readonly bare: boolean;
  /** A tag of this group must be there. */
  readonly needs: TagGroup | undefined;
  /** False: there is nothing to assign. True: it returns a value, or nothing says that it does not. */
  readonly returns: boolean;
  /** The phases that the manual lists; undefined where it lists all, or says nothing. */
  readonly phases: readonly Phase[] | undefined;
  /** The phases in which the compiler is known to refuse it. */
  readonly refused: readonly Phase[];
  /** It reads or writes what belongs to a message. */
  readonly ofMessage: boolean;
}

const MATCH = ['is', 'contains', 'matches', 'regex', 'value', 'count', 'comparator'];
const PARTS = ['all', 'localpart', 'domain', 'user', 'detail'];
export const TAG_SETS = { match: MATCH, envelope: [...MATCH, ...PARTS] } as const;

/** Every tag of the language. */
export const TAGS: ReadonlyMap<string, TagFacts> = new Map<string, TagFacts>([
  ...['is', 'contains', 'matches', 'regex'].map((name) => [name, { group: 'match' }] as const),
  ['value', { group: 'match', value: 'relation' }],
  ['count', { group: 'match', value: 'relation' }],
  ['comparator', { group: 'comparator', value: 'comparator' }],
  ...PARTS.map((name) => [name, { group: 'part' }] as const),
  ['over', { group: 'limit' }],
  ['under', { group: 'limit' }],
  ['ip', { group: 'other', value: 'address' }],
  ...['raw', 'content', 'binary', 'text', 'offset'].map(
    (name) => [name, { group: 'other' }] as const,
  ),
]);

export const RELATIONS = ['gt', 'ge', 'lt', 'le', 'eq', 'ne', 'bitwise-and'] as const;
export const COMPARATORS = ['i;octet', 'i;ascii-casemap', 'i;ascii-numeric'] as const;
/** Before the colon of a macro. */
export const MACRO_SPACES = ['vctx_conn', 'vctx_mess', 'spfv1', 'rfc822', 'rfc2822'] as const;

/**
 * Reads the short form of parameters in the command table: `name`, `name=kind`, `[name=kind]`
 * where it may be left out. Without a kind it is `any`, or the kind of that name.
 */
export function parametersOf(short: string): readonly Parameter[] {
  const words = short.split(' ').filter((word) => word !== '');
  return words.map((word) => {
    const optional = word.startsWith('[');
    const [name, kind = 'any'] = (optional ? word.slice(1, -1) : word).split('=');
    return { name, kind: kind as ValueKind, optional };
  });
}
