import * as fc from 'fast-check';

import type { Statement, TextValue, Value } from '../../src/policy/ecelerity/tree.ts';

/** A tree of a configuration without places: what its author means. */
export type BareValue =
  | string
  | readonly BareValue[]
  | { readonly pairs: readonly (readonly [string, BareValue])[] };
export type BareStatement =
  | { readonly stanza: string; readonly name: string | undefined; readonly body: BareStatement[] }
  | { readonly option: string; readonly value: BareValue }
  | { readonly include: string };

/** What is left of a tree when the places are taken out. */
export function bareTree(statements: readonly Statement[]): BareStatement[] {
  return statements.map((statement) => {
    if (statement.type === 'include') return { include: statement.path.text };
    if (statement.type === 'option') {
      return { option: statement.name.text, value: bareValue(statement.value) };
    }
    const { keyword, name, body } = statement;
    return { stanza: keyword.text, name: name?.text, body: bareTree(body) };
  });
}

function bareValue(value: Value): BareValue {
  if (value.type === 'text') return value.text;
  if (value.type === 'list') return value.items.map((item) => bareValue(item));
  const pair = ({ key, value: inner }: { key: TextValue; value: Value }) =>
    [key.text, bareValue(inner)] as const;
  return { pairs: value.entries.map(pair) };
}

/** Letters, signs of the language, commas, escapes and line ends. */
const characters = fc.constantFrom(...'abZ09_.:,-*@é \t\n#/"\'={}[]()\\'.split(''));
const text = fc.string({ unit: characters, maxLength: 8 });
const keyword = fc.constantFrom('inbound_audit', 'Listen', 'Monitors', 'Peer', 'x');

const { statements } = fc.letrec<{ value: BareValue; statements: BareStatement[] }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    text,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.record({ pairs: fc.array(fc.tuple(text, tie('value')), { maxLength: 3 }) }),
  ),
  statements: fc.array(
    fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.record({ option: keyword, value: tie('value') }),
      fc.record({ include: text }),
      fc.record({
        stanza: keyword,
        name: fc.option(text, { nil: undefined }),
        body: tie('statements'),
      }),
    ),
    { maxLength: 4 },
  ),
}));

export const bareTrees: fc.Arbitrary<BareStatement[]> = statements;

/** Answers a number below `count`, the next of a random sequence. */
export type Choice = (count: number) => number;

/** An endless sequence from a few random numbers. */
export const choices: fc.Arbitrary<Choice> = fc
  .array(fc.nat(0xff_ff), { minLength: 1, maxLength: 60 })
  .map((numbers) => {
    let at = 0;
    return (count) => numbers[at++ % numbers.length] % count;
  });

const GAPS = [' ', '\n', '\t ', '/**/', '/* a { b " # * /*/', '# } " /* (\n', '\r\n'];
const PLAIN = /^[^\s#/"'={}[\]()]+$/;

/** Prints trees with the spacing, comments and quotes that `choose` picks. */
export class ConfigurationPrinter {
  readonly #choose: Choice;

  constructor(choose: Choice) {
    this.#choose = choose;
  }

  print(tree: readonly BareStatement[]): string {
    return tree.map((one) => this.#statement(one)).join(this.#gap());
  }

  #statement(statement: BareStatement): string {
    if ('include' in statement) {
      const word = ['include', 'readonly_include', 'Include'][this.#choose(3)];
      return `${word}${this.#gap()}${this.#quoted(statement.include)}`;
    }
    if ('option' in statement) {
      return `${this.#text(statement.option)}${this.#equals()}${this.#value(statement.value)}`;
    }
    const { stanza, name, body } = statement;
    const parts = [this.#text(stanza)];
    // One equals sign may stand on either side of a name.
    const before = this.#choose(3) === 0;
    if (before) parts.push(this.#equals());
    else parts.push(this.#gap());
    if (name !== undefined) parts.push(this.#text(name));
    if (!before && name !== undefined && this.#choose(3) === 0) parts.push(this.#equals());
    return `${parts.join('')}${this.#gap()}{${this.#gap()}${this.print(body)}${this.#gap()}}`;
  }

  #value(value: BareValue): string {
    if (typeof value === 'string') return this.#text(value);
    if ('pairs' in value) {
      const entries = value.pairs.map(
        ([key, inner]) => `${this.#text(key)}${this.#equals()}${this.#value(inner)}`,
      );
      return `[${this.#gap()}${entries.join(this.#gap())}${this.#gap()}]`;
    }
    const between = [this.#gap(), `${this.#gap()},${this.#gap()}`, ','][this.#choose(3)];
    const items = value.map((item) => {
      // Without quotes a comma beside a word may belong to it.
      const quoted = typeof item === 'string' && (between === ',' || item.includes(','));
      return quoted ? this.#quoted(item) : this.#value(item);
    });
    return `(${this.#gap()}${items.join(between)}${this.#gap()})`;
  }

  #text(words: string): string {
    return PLAIN.test(words) && this.#choose(2) === 0 ? words : this.#quoted(words);
  }

  #quoted(words: string): string {
    const quote = ['"', "'"][this.#choose(2)];
    const escaped = words.replaceAll('\\', '\\\\').replaceAll(quote, `\\${quote}`);
    return `${quote}${escaped}${quote}`;
  }

  #equals(): string {
    return `${this.#gap()}=${this.#gap()}`;
  }

  /** White space and comments, never nothing: two words must not become one. */
  #gap(): string {
    const first = GAPS[this.#choose(GAPS.length)];
    return this.#choose(4) === 0 ? first + GAPS[this.#choose(GAPS.length)] : first;
  }
}
