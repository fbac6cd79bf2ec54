import { assert } from '../../model/errors.ts';
import type { ScriptPlace } from '../script-policy.ts';
import { COMMAND_BINDERS, TEST_BINDERS } from './commands/index.ts';
import { factsOf } from './command-table.ts';
import { bindUnsimulated } from './commands/unsimulated.ts';
import { ScriptBranches } from './script-branches.ts';
import { macroOf } from '../momentum/macros.ts';
import type { Run } from './run.ts';
import { TAGS } from './signature.ts';
import {
  bounded,
  fail,
  type Binding,
  type BoundArgument,
  type Check,
  type Getter,
  type Site,
} from './site.ts';
import {
  seenOf,
  type Argument,
  type Assignment,
  type Block,
  type Call,
  type Command,
  type Element,
  type If,
  type List,
  type Test,
  type Text,
  type TupleAssignment,
} from './tree.ts';
import { itemsOf, textOf, type Value } from './value.ts';

/** A command, or many, when the script runs. */
export type Step = (run: Run) => void;

/** A script's text and names, for messages. */
export interface ScriptSource {
  /** The file as it was opened. */
  readonly file: string;
  /** As reports show it. */
  readonly name: string;
  readonly text: string;
}

/** Numbers of variables; scripts that include each other share them. */
export class VariableNames {
  readonly #numbers = new Map<string, number>();

  number(name: string): number {
    let number = this.#numbers.get(name);
    if (number === undefined) this.#numbers.set(name, (number = this.#numbers.size));
    return number;
  }
}

/**
 * Compiles a checked script to closures. Nothing is looked up by name when it runs.
 *
 * @param commands without mistakes: `readScript` has returned them
 */
export function compileScript(
  commands: readonly Command[],
  source: ScriptSource,
  names: VariableNames,
  binding: Binding,
): Step {
  return new Compiler(source, names, binding).block({ commands });
}

class Compiler {
  readonly #source: ScriptSource;
  /** Offsets of the line ends. */
  readonly #lineEnds: readonly number[];
  readonly #names: VariableNames;
  readonly #binding: Binding;
  readonly #branches: ScriptBranches | undefined;

  constructor(source: ScriptSource, names: VariableNames, binding: Binding) {
    this.#source = source;
    this.#lineEnds = Array.from(source.text.matchAll(/\n/g), ({ index }) => index);
    this.#names = names;
    this.#binding = binding;
    this.#branches = binding.coverage && new ScriptBranches(source, binding.coverage);
  }

  block({ commands }: Pick<Block, 'commands'>): Step {
    const steps = commands.map((command) => this.#command(command));
    const places = commands.map((command) => this.#place(command.start));
    return (run) => {
      for (let i = 0; i < steps.length; i++) {
        try {
          run.step(places[i]);
          steps[i](run);
        } catch (error) {
          run.recover(error);
        }
        if (run.ended) return;
      }
    };
  }

  #command(command: Command): Step {
    if (command.type === 'if') return this.#if(command);
    const step = this.#plain(command);
    return this.#branches?.command(command, step) ?? step;
  }

  #plain(command: Exclude<Command, If>): Step {
    switch (command.type) {
      case 'call':
        return this.#call(command, false);
      case 'assignment':
        return this.#assignment(command);
      case 'tuple':
        return this.#tuple(command);
      case 'broken':
        assert(false, 'a script with mistakes is not compiled');
    }
  }

  #if({ branches, otherwise }: If): Step {
    const tests = branches.map(({ test }, index) => {
      const check = this.#test(test);
      const hasElse = otherwise !== undefined && index === branches.length - 1;
      return this.#branches?.decision(test, index === 0, hasElse, check) ?? check;
    });
    const blocks = branches.map(({ block }) => this.block(block));
    const last = otherwise && this.#otherwise(otherwise);
    return (run) => {
      for (let i = 0; i < tests.length; i++) {
        if (!tests[i](run)) continue;
        blocks[i](run);
        return;
      }
      last?.(run);
    };
  }

  #otherwise(block: Block): Step {
    const step = this.block(block);
    return this.#branches?.otherwise(block, step) ?? step;
  }

  #assignment({ target, value }: Assignment): Step {
    const number = this.#names.number(target.name);
    const get = value.type === 'call' ? this.#call(value, true) : this.#argument(value).get;
    return (run) => {
      run.variables[number] = get(run);
    };
  }

  #tuple({ targets, value }: TupleAssignment): Step {
    const numbers = targets.map(({ name }) => this.#names.number(name));
    const get = this.#call(value, true);
    return (run) => {
      const items = itemsOf(get(run));
      for (let i = 0; i < numbers.length; i++) run.variables[numbers[i]] = items[i] ?? '';
    };
  }

  #test(test: Test): Check {
    if (test.type === 'not') {
      const inner = this.#test(test.test);
      return (run) => !inner(run);
    }
    if (test.type === 'call') {
      const site = this.#site(test, false);
      const bind = TEST_BINDERS.get(site.name);
      return bind === undefined
        ? bindUnsimulated(site, this.#binding).test
        : bind(site, this.#binding);
    }
    const tests = test.tests.map((one) => {
      const check = this.#test(one);
      return this.#branches?.part(one, check) ?? check;
    });
    const wanted = test.type === 'anyof';
    return (run) => {
      for (let i = 0; i < tests.length; i++) if (tests[i](run) === wanted) return wanted;
      return !wanted;
    };
  }

  #call(call: Call, isAssigned: boolean): Getter {
    const site = this.#site(call, isAssigned);
    const bind = COMMAND_BINDERS.get(site.name);
    if (bind !== undefined) return bind(site, this.#binding);
    const known = factsOf(site.name);
    assert(known !== undefined, `${site.name} passed the checks unknown`);
    assert(known.status === 'no', `${site.name} is simulated`);
    return bindUnsimulated(site, this.#binding).get;
  }

  #site(call: Call, isAssigned: boolean): Site {
    const positional: BoundArgument[] = [];
    const tags = new Map<string, BoundArgument | undefined>();
    for (let at = 0; at < call.arguments.length; at++) {
      const argument = call.arguments[at];
      if (argument.type !== 'tag') {
        positional.push(this.#argument(argument));
        continue;
      }
      const name = argument.name.toLowerCase();
      const takesValue = TAGS.get(name)?.value !== undefined;
      const value = takesValue ? call.arguments.at(++at) : undefined;
      tags.set(name, value && this.#argument(value));
    }
    const { file } = this.#source;
    const name = call.name.text.toLowerCase();
    return { name, file, isAssigned, positional, tags, ...this.#place(call.start) };
  }

  #argument(argument: Argument): BoundArgument {
    switch (argument.type) {
      case 'string':
        return this.#text(argument);
      case 'number': {
        // Examples assign -86 and 65.43; both are texts to every other command (momentum, 1.1).
        const { value } = argument;
        return constant(Number.isInteger(value) && value >= 0 ? value : String(value));
      }
      case 'variable': {
        const number = this.#names.number(argument.name);
        return { get: (run) => run.variables[number], literal: undefined };
      }
      case 'element':
        return { get: this.#element(argument), literal: undefined };
      case 'list':
        return this.#list(argument);
      case 'tag':
        assert(false, `${seenOf(argument)} is no value`);
    }
  }

  #text({ parts, start }: Text): BoundArgument {
    if (parts.every((part) => part.type === 'literal')) {
      return constant(parts.map(({ text }) => text).join(''));
    }
    const getters = parts.map((part) => {
      if (part.type === 'literal') return () => part.text;
      if (part.type === 'macro') return macroOf(part.text, this.#place(start), this.#binding.world);
      const number = this.#names.number(part.name);
      return (run: Run) => textOf(run.variables[number]);
    });
    const [only] = getters;
    const place = this.#place(start);
    if (getters.length === 1) return { get: only, literal: undefined };
    const get = (run: Run): string => {
      let text = '';
      for (const getter of getters) text += getter(run);
      return bounded(place, text);
    };
    return { get, literal: undefined };
  }

  #element({ of, index, start }: Element): Getter {
    const number = this.#names.number(of.name);
    const key = this.#argument(index).get;
    const place = this.#place(start);
    return (run) => {
      const value = run.variables[number];
      if (value instanceof Map) return value.get(textOf(key(run)));
      if (value === undefined) fail(place, `$${of.name} is not set`);
      return itemsOf(value)[Number(textOf(key(run)))];
    };
  }

  #list({ items, start }: List): BoundArgument {
    const bound = items.map((item) => this.#argument(item));
    const place = this.#place(start);
    const get = (run: Run): Value =>
      bounded(
        place,
        bound.flatMap((item) => itemsOf(item.get(run))),
      );
    const literals = bound.flatMap(({ literal }) => itemsOf(literal));
    const fixed = bound.every(({ literal }) => literal !== undefined);
    return fixed ? constant(literals) : { get, literal: undefined };
  }

  #place(start: number): ScriptPlace {
    const ends = this.#lineEnds;
    let line = 0;
    for (let above = ends.length; line < above;) {
      const middle = (line + above) >>> 1;
      if (ends[middle] < start) line = middle + 1;
      else above = middle;
    }
    return { script: this.#source.name, line: line + 1 };
  }
}

function constant(literal: Value): BoundArgument {
  return { get: () => literal, literal };
}
