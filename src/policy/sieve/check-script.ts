import { checkCall, type HashUse, type Use } from './check-call.ts';
import { factsOf } from './command-table.ts';
import { checkHashes, type HashEntry } from './check-hashes.ts';
import type { Mistakes } from './mistakes.ts';
import { MACRO_SPACES } from './signature.ts';
import { didYouMean } from '../../model/suggest.ts';
import type { Argument, Block, Call, Command, Test, Text, Variable } from './tree.ts';

/** Says what is wrong in commands that were read. A script with mistakes of syntax is checked too. */
export function checkScript(commands: readonly Command[], mistakes: Mistakes): void {
  const whole = mistakes.errors === 0;
  const checker = new Checker(mistakes);
  checker.commands(commands);
  // What was not read may set what seems to be unset.
  if (whole) checker.finish();
}

class Checker {
  readonly #mistakes: Mistakes;
  readonly #set = new Set<string>();
  /** The first place at which each variable is read. */
  readonly #read = new Map<string, Text['parts'][number] | Variable>();
  readonly #hashUses: HashUse[] = [];
  readonly #hashEntries: HashEntry[] = [];
  /** Variables that hold nothing but what `hash_create` made. */
  readonly #hashes = new Map<string, boolean>();
  /** Another script shares the variables (`ec_include`). */
  #shared = false;

  constructor(mistakes: Mistakes) {
    this.#mistakes = mistakes;
  }

  commands(commands: readonly Command[]): void {
    let last: Call | undefined;
    for (const command of commands) {
      if (last !== undefined) {
        this.#mistakes.add(command, 'unreachable', [last.name.text]);
        last = undefined;
      }
      this.#command(command);
      if (command.type === 'call' && factsOf(command.name.text)?.terminal === true) last = command;
    }
  }

  finish(): void {
    if (this.#shared) return;
    for (const [name, place] of this.#read) {
      if (this.#set.has(name)) continue;
      this.#mistakes.add(place, 'variable-unset', [name], didYouMean(name, this.#set));
    }
    const created = new Set([...this.#hashes].filter(([, only]) => only).map(([name]) => name));
    checkHashes(this.#hashUses, this.#hashEntries, created, this.#mistakes);
  }

  #command(command: Command): void {
    switch (command.type) {
      case 'call':
        this.#call(command, 'statement');
        if (command.block !== undefined) this.#block(command.block);
        break;
      case 'assignment': {
        const { target, value } = command;
        if (value.type === 'call') this.#call(value, 'value');
        else this.#argument(value);
        // Under another name the hash may get keys that are not seen here.
        if (value.type === 'variable') this.#hashes.set(value.name, false);
        const created = value.type === 'call' && value.name.text.toLowerCase() === 'hash_create';
        this.#assign(target, created);
        break;
      }
      case 'tuple':
        this.#call(command.value, 'value');
        for (const target of command.targets) this.#assign(target, false);
        break;
      case 'if':
        for (const { test, block } of command.branches) {
          this.#test(test);
          this.#block(block);
        }
        if (command.otherwise !== undefined) this.#block(command.otherwise);
        break;
      case 'broken':
        for (const block of command.blocks) this.#block(block);
        break;
    }
  }

  #block({ commands }: Block): void {
    this.commands(commands);
  }

  #assign({ name }: Variable, created: boolean): void {
    this.#set.add(name);
    this.#hashes.set(name, created && (this.#hashes.get(name) ?? true));
  }

  #test(test: Test): void {
    if (test.type === 'call') this.#call(test, 'test');
    else if (test.type === 'not') this.#test(test.test);
    else for (const one of test.tests) this.#test(one);
  }

  #call(call: Call, use: Use): void {
    for (const argument of call.arguments) this.#argument(argument);
    const hashUse = checkCall(call, use, this.#mistakes);
    if (hashUse !== undefined) this.#hashUses.push(hashUse);
    const name = call.name.text.toLowerCase();
    if (name === 'ec_include') this.#shared = true;
    if (name !== 'hash_set' || call.arguments.length !== 3) return;
    const [hash, key, value] = call.arguments;
    if (hash.type === 'variable') this.#hashEntries.push({ hash, key, value });
  }

  #argument(argument: Argument): void {
    switch (argument.type) {
      case 'string':
        this.#text(argument);
        break;
      case 'variable':
        this.#reads(argument.name, argument);
        break;
      case 'element':
        this.#reads(argument.of.name, argument.of);
        this.#argument(argument.index);
        break;
      case 'list':
        for (const item of argument.items) this.#argument(item);
        break;
      case 'number':
      case 'tag':
        break;
    }
  }

  #text({ parts }: Text): void {
    for (const part of parts) {
      if (part.type === 'variable') this.#reads(part.name, part);
      if (part.type !== 'macro') continue;
      const colon = part.text.indexOf(':');
      const space = part.text.slice(0, colon);
      if (colon === -1 || MACRO_SPACES.some((one) => one === space)) continue;
      this.#mistakes.add(part, 'macro-unknown', [space], didYouMean(space, MACRO_SPACES));
    }
  }

  #reads(name: string, place: Text['parts'][number] | Variable): void {
    if (!this.#read.has(name)) this.#read.set(name, place);
  }
}
