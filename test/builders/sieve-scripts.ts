import * as fc from 'fast-check';

import type { Argument, Block, Call, Command, Part, Test } from '../../src/policy/sieve/tree.ts';
import type { Choice } from './configuration-trees.ts';

/** A script without places: what its author means. */
export type BarePart = string | { readonly variable: string } | { readonly macro: string };
export type BareArgument =
  | { readonly text: readonly BarePart[] }
  | { readonly number: number }
  | { readonly tag: string }
  | { readonly variable: string }
  | { readonly element: string; readonly index: BareArgument }
  | { readonly list: readonly BareArgument[] };
export interface BareCall {
  readonly call: string;
  readonly given: readonly BareArgument[];
}
export type BareTest =
  | BareCall
  | { readonly not: BareTest }
  | { readonly some: readonly BareTest[] }
  | { readonly all: readonly BareTest[] };
export type BareCommand =
  | (BareCall & { readonly block: readonly BareCommand[] | undefined })
  | { readonly target: string; readonly value: BareCall | BareArgument }
  | { readonly targets: readonly string[]; readonly value: BareCall }
  | {
      readonly branches: readonly { readonly test: BareTest; readonly block: BareCommand[] }[];
      readonly otherwise: readonly BareCommand[] | undefined;
    }
  | { readonly broken: readonly (readonly BareCommand[])[] };

export function bareCommands(commands: readonly Command[]): BareCommand[] {
  return commands.map((command): BareCommand => {
    switch (command.type) {
      case 'call':
        return { ...bareCall(command), block: command.block && bareBlock(command.block) };
      case 'assignment': {
        const { target, value } = command;
        return {
          target: target.name,
          value: value.type === 'call' ? bareCall(value) : bareArgument(value),
        };
      }
      case 'tuple':
        return { targets: command.targets.map((one) => one.name), value: bareCall(command.value) };
      case 'if':
        return {
          branches: command.branches.map(({ test, block }) => ({
            test: bareTest(test),
            block: bareBlock(block),
          })),
          otherwise: command.otherwise && bareBlock(command.otherwise),
        };
      case 'broken':
        return { broken: command.blocks.map((block) => bareBlock(block)) };
    }
  });
}

function bareBlock({ commands }: Block): BareCommand[] {
  return bareCommands(commands);
}

function bareCall(call: Call): BareCall {
  return { call: call.name.text, given: call.arguments.map((one) => bareArgument(one)) };
}

function bareTest(test: Test): BareTest {
  switch (test.type) {
    case 'call':
      return bareCall(test);
    case 'not':
      return { not: bareTest(test.test) };
    case 'anyof':
      return { some: test.tests.map((one) => bareTest(one)) };
    case 'allof':
      return { all: test.tests.map((one) => bareTest(one)) };
  }
}

function bareArgument(argument: Argument): BareArgument {
  switch (argument.type) {
    case 'string':
      return { text: argument.parts.map((one) => barePart(one)) };
    case 'number':
      return { number: argument.value };
    case 'tag':
      return { tag: argument.name };
    case 'variable':
      return { variable: argument.name };
    case 'element':
      return { element: argument.of.name, index: bareArgument(argument.index) };
    case 'list':
      return { list: argument.items.map((one) => bareArgument(one)) };
  }
}

function barePart(part: Part): BarePart {
  if (part.type === 'literal') return part.text;
  return part.type === 'variable' ? { variable: part.name } : { macro: part.text };
}

const names = fc.constantFrom('a', 'x1', '_', 'series', 'Args', 'text');
const words = fc.constantFrom('ec_log', 'audit_series', 'x', 'notify', 'Text', 'iffy');

const characters = fc.constantFrom(...'aB0 .\n#*/"\\;{}[]()$%é\u20ac:'.split(''));
const macros = fc.constantFrom('i', 'vctx_conn:key', 'spfv1:ir-', 'rfc2822:$x "y"');

const anyPart: fc.Arbitrary<BarePart> = fc.oneof(
  fc.string({ unit: characters, minLength: 1, maxLength: 6 }),
  fc.record({ variable: names }),
  fc.record({ macro: macros }),
);

/** Texts that touch are one text, and only what is meant as a variable or macro looks like one. */
const parts = fc.array(anyPart, { maxLength: 5 }).map((given): BarePart[] => {
  const joined: BarePart[] = [];
  for (const part of given) {
    const last = joined.at(-1);
    if (typeof part === 'string' && typeof last === 'string')
      joined[joined.length - 1] = last + part;
    else joined.push(part);
  }
  return joined.map((one) => (typeof one === 'string' ? one.replaceAll(/[$%]+\{/g, '{') : one));
});

const tied = fc.letrec<{
  argument: BareArgument;
  call: BareCall;
  test: BareTest;
  commands: BareCommand[];
}>((tie) => ({
  argument: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({ text: parts }),
    fc.record({ number: fc.constantFrom(0, 7, -86, 65.43, 1000, 2048, 3 * 1024 ** 3) }),
    fc.record({ tag: fc.constantFrom('is', 'VALUE', 'comparator', 'nonsense') }),
    fc.record({ variable: names }),
    fc.record({ element: names, index: tie('argument') }),
    fc.record({ list: fc.array(tie('argument'), { maxLength: 3 }) }),
  ),
  call: fc.record({ call: words, given: fc.array(tie('argument'), { maxLength: 4 }) }),
  test: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    tie('call'),
    fc.record({ not: tie('test') }),
    fc.record({ some: fc.array(tie('test'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ all: fc.array(tie('test'), { minLength: 1, maxLength: 3 }) }),
  ),
  commands: fc.array(
    fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.record({ target: names, value: fc.oneof(tie('call'), tie('argument')) }),
      fc.record({
        targets: fc.array(names, { minLength: 1, maxLength: 3 }),
        value: tie('call'),
      }),
      fc.record({
        call: words,
        given: fc.array(tie('argument'), { maxLength: 4 }),
        block: fc.option(tie('commands'), { nil: undefined, freq: 1 }),
      }),
      fc.record({
        branches: fc.array(fc.record({ test: tie('test'), block: tie('commands') }), {
          minLength: 1,
          maxLength: 3,
        }),
        otherwise: fc.option(tie('commands'), { nil: undefined }),
      }),
    ),
    { maxLength: 4 },
  ),
}));

export const bareScripts: fc.Arbitrary<BareCommand[]> = tied.commands;

const GAPS = [
  ' ',
  '\n',
  '\t ',
  '/**/',
  '/* a { b " # * /*/',
  '# } " /* (\n',
  '\r\n',
  '\n# ${x\r\n',
];

/** Prints scripts with the spacing, comments and letter case that `choose` picks. */
export class ScriptPrinter {
  readonly #choose: Choice;

  constructor(choose: Choice) {
    this.#choose = choose;
  }

  print(commands: readonly BareCommand[]): string {
    return commands.map((one) => this.#command(one)).join(this.#maybeGap());
  }

  #command(command: BareCommand): string {
    if ('broken' in command) throw new Error('nobody means a broken command');
    if ('targets' in command) {
      const targets = this.#separated(command.targets.map((name) => `$${name}`));
      return `(${targets})${this.#equals()}${this.#call(command.value)}${this.#end()}`;
    }
    if ('target' in command) {
      const { value } = command;
      const shown = 'call' in value ? this.#call(value) : this.#argument(value);
      return `$${command.target}${this.#equals()}${shown}${this.#end()}`;
    }
    if ('call' in command) {
      const { block } = command;
      return this.#call(command) + (block === undefined ? this.#end() : this.#block(block));
    }
    const branches = command.branches.map(({ test, block }, index) => {
      const word = this.#word(index === 0 ? 'if' : 'elsif');
      return `${word}${this.#gap()}${this.#test(test)}${this.#block(block)}${this.#maybeGap()}`;
    });
    const { otherwise } = command;
    if (otherwise === undefined) return branches.join('');
    return `${branches.join('')}${this.#word('else')}${this.#block(otherwise)}`;
  }

  #block(commands: readonly BareCommand[]): string {
    return `${this.#maybeGap()}{${this.#maybeGap()}${this.print(commands)}${this.#maybeGap()}}`;
  }

  #test(test: BareTest): string {
    if ('call' in test) return this.#call(test);
    if ('not' in test) return `${this.#word('not')}${this.#gap()}${this.#test(test.not)}`;
    const [word, tests] = 'some' in test ? ['anyof', test.some] : ['allof', test.all];
    const shown = this.#separated(tests.map((one) => this.#test(one)));
    return `${this.#word(word)}${this.#maybeGap()}(${shown})`;
  }

  #call({ call, given }: BareCall): string {
    return [call, ...given.map((one) => this.#argument(one))].join(this.#gap());
  }

  #argument(argument: BareArgument): string {
    if ('text' in argument) return this.#text(argument.text);
    if ('number' in argument) return this.#number(argument.number);
    if ('tag' in argument) return `:${argument.tag}`;
    if ('variable' in argument) return `$${argument.variable}`;
    if ('list' in argument) {
      return `[${this.#separated(argument.list.map((one) => this.#argument(one)))}]`;
    }
    const index = `${this.#maybeGap()}${this.#argument(argument.index)}${this.#maybeGap()}`;
    return `$${argument.element}[${index}]`;
  }

  #number(value: number): string {
    const [unit, factor] = [['', 1] as const, ['K', 1024] as const, ['g', 1024 ** 3] as const][
      this.#choose(3)
    ];
    return Number.isInteger(value / factor) ? `${value / factor}${unit}` : String(value);
  }

  #text(given: readonly BarePart[]): string {
    const whole = given
      .map((part) => {
        if (typeof part === 'string') return part;
        return 'variable' in part ? `\${${part.variable}}` : `%{${part.macro}}`;
      })
      .join('');
    if (whole.endsWith('\n') && this.#choose(2) === 0) {
      const head = ['text:', 'TEXT: \t', 'text: # why "\r'][this.#choose(3)];
      return `${head}\n${whole.replaceAll(/^\./gm, '..')}.\n`;
    }
    const quoted = whole.replaceAll(/["\\]/g, '\\$&');
    // A backslash may stand before any character.
    return `"${this.#choose(3) === 0 ? quoted.replaceAll(/[a0]/g, '\\$&') : quoted}"`;
  }

  #separated(shown: readonly string[]): string {
    const inside = shown.join(`${this.#maybeGap()},${this.#maybeGap()}`);
    return `${this.#maybeGap()}${inside}${this.#maybeGap()}`;
  }

  #word(word: string): string {
    return this.#choose(4) === 0 ? word.toUpperCase() : word;
  }

  #end(): string {
    return `${this.#maybeGap()};`;
  }

  #equals(): string {
    return `${this.#maybeGap()}=${this.#maybeGap()}`;
  }

  #maybeGap(): string {
    return this.#choose(2) === 0 ? '' : this.#gap();
  }

  #gap(): string {
    return GAPS[this.#choose(GAPS.length)];
  }
}
