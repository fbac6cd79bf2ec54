/** A Sieve++ script as it is written: no name is looked up and nothing has a meaning yet. */
import type { Place } from '../mistakes.ts';

export type Command = Call | If | Assignment | TupleAssignment | Broken;

/** `name arguments;` or `name arguments { … }`; the same form is a test, and a value. */
export interface Call extends Place {
  readonly type: 'call';
  readonly name: Name;
  readonly arguments: readonly Argument[];
  /** Only a command has one, and none of those known today takes it. */
  readonly block: Block | undefined;
}
/** `if test { … } elsif test { … } else { … }` */
export interface If extends Place {
  readonly type: 'if';
  /** At least one: the `if`, then each `elsif`. */
  readonly branches: readonly Branch[];
  readonly otherwise: Block | undefined;
}
export interface Branch {
  readonly test: Test;
  readonly block: Block;
}
/** `$target = value;` */
export interface Assignment extends Place {
  readonly type: 'assignment';
  readonly target: Variable;
  readonly value: Call | Argument;
}
/** `($a, $b) = command arguments;`: the first elements of the list that it returns. */
export interface TupleAssignment extends Place {
  readonly type: 'tuple';
  readonly targets: readonly Variable[];
  readonly value: Call;
}
/** What is left of a command with a mistake: the blocks in it, so that they are checked too. */
export interface Broken extends Place {
  readonly type: 'broken';
  readonly blocks: readonly Block[];
}

export interface Block extends Place {
  readonly commands: readonly Command[];
}

export type Test = Call | Not | Junction;

export interface Not extends Place {
  readonly type: 'not';
  readonly test: Test;
}
/** `anyof (…)` or `allof (…)`, of one test or more. */
export interface Junction extends Place {
  readonly type: 'anyof' | 'allof';
  readonly tests: readonly Test[];
}

export type Argument = Text | NumberValue | Tag | Variable | Element | List;

/** A string; its parts in order, what it holds when the variables and macros are put in. */
export interface Text extends Place {
  readonly type: 'string';
  readonly parts: readonly Part[];
}
export type Part = LiteralPart | VariablePart | MacroPart;
interface LiteralPart extends Place {
  readonly type: 'literal';
  readonly text: string;
}
/** `${name}` */
interface VariablePart extends Place {
  readonly type: 'variable';
  readonly name: string;
}
/** `%{text}`, such as `%{vctx_conn:key}`. */
interface MacroPart extends Place {
  readonly type: 'macro';
  readonly text: string;
}

export interface NumberValue extends Place {
  readonly type: 'number';
  /** With K, M and G multiplied out: 2K is 2048. */
  readonly value: number;
}
/** `:name` */
export interface Tag extends Place {
  readonly type: 'tag';
  /** Without the colon, as it is written. */
  readonly name: string;
}
/** `$name` */
export interface Variable extends Place {
  readonly type: 'variable';
  readonly name: string;
}
/** `$list[0]`, `$hash["key"]` */
export interface Element extends Place {
  readonly type: 'element';
  readonly of: Variable;
  readonly index: Argument;
}
/** `["a", $b]` */
export interface List extends Place {
  readonly type: 'list';
  readonly items: readonly Argument[];
}

export interface Name extends Place {
  /** As it is written; commands and tags have no case (RFC 5228, 2.4.2). */
  readonly text: string;
}

/** The text of a string without variables and macros; undefined when it has some. */
export function literalOf(argument: Argument | undefined): string | undefined {
  if (argument?.type !== 'string') return undefined;
  const literals = argument.parts.map((part) => (part.type === 'literal' ? part.text : undefined));
  return literals.includes(undefined) ? undefined : literals.join('');
}

/** The whole number that is written as a number or in a string, negative ones too. */
export function wholeOf(value: Argument | undefined): number | undefined {
  const text = value?.type === 'number' ? String(value.value) : literalOf(value);
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : undefined;
}

const SEEN_LENGTH = 40;

/** An argument as messages name it. */
export function seenOf(argument: Argument): string {
  switch (argument.type) {
    case 'string': {
      const line = (literalOf(argument) ?? 'a string with variables').split('\n', 1)[0];
      if (literalOf(argument) === undefined) return line;
      return line.length > SEEN_LENGTH ? `"${line.slice(0, SEEN_LENGTH)}…"` : `"${line}"`;
    }
    case 'number':
      return String(argument.value);
    case 'tag':
      return `:${argument.name}`;
    case 'variable':
      return `$${argument.name}`;
    case 'element':
      return `an element of $${argument.of.name}`;
    case 'list':
      return 'a list';
  }
}
