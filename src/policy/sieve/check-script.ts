import type { Monitor } from '../../model/monitor.ts';
import { didYouMean } from '../../model/suggest.ts';
import { checkCall, isUsable, type HashUse, type Use } from './check-call.ts';
import { checkHashes, valuesByHash, type HashEntry } from './check-hashes.ts';
import { checkIndex } from './check-monitors.ts';
import { checkMacro, checkPhase } from './check-phase.ts';
import { checkSerialize } from './check-serialize.ts';
import { factsOf } from './command-table.ts';
import type { Mistakes } from './mistakes.ts';
import type { ScriptContext } from './script-context.ts';
import { phaseOf, type Phase } from '../script-slots.ts';
import { MACRO_SPACES } from './signature.ts';
import type { Argument, Block, Call, Command, If, Test, Text, Variable } from './tree.ts';

/** Says what is wrong in commands that were read. A script with mistakes of syntax is checked too. */
export function checkScript(
  commands: readonly Command[],
  context: ScriptContext,
  mistakes: Mistakes,
): void {
  const whole = mistakes.errors === 0;
  const checker = new Checker(context, mistakes);
  checker.commands(commands);
  // What was not read may set what seems to be unset.
  if (whole) checker.finish();
}

class Checker {
  readonly #mistakes: Mistakes;
  readonly #phase: Phase | undefined;
  readonly #monitors: readonly Monitor[] | undefined;
  readonly #set = new Set<string>();
  /** The first place at which each variable is read. */
  readonly #read = new Map<string, Text['parts'][number] | Variable>();
  readonly #hashUses: HashUse[] = [];
  readonly #adds: Call[] = [];
  readonly #hashEntries: HashEntry[] = [];
  /** Variables that hold nothing but what `hash_create` made. */
  readonly #hashes = new Map<string, boolean>();
  /** Another script shares the variables (`ec_include`). */
  #shared = false;

  constructor({ slot, monitors }: ScriptContext, mistakes: Mistakes) {
    this.#mistakes = mistakes;
    this.#phase = slot === undefined ? undefined : phaseOf(slot);
    this.#monitors = monitors;
  }

  /** Whether nothing runs behind these commands, because each way through them ends the script. */
  commands(commands: readonly Command[]): boolean {
    let last: Command | undefined;
    let ends = false;
    for (const command of commands) {
      if (last !== undefined) tellUnreachable(command, last, this.#mistakes);
      last = this.#command(command) ? command : undefined;
      ends ||= last !== undefined;
    }
    return ends;
  }

  finish(): void {
    const values = valuesByHash(this.#hashEntries);
    const own = [...this.#hashes].filter(([, only]) => only && !this.#shared);
    const created = new Set(own.map(([name]) => name));
    checkSerialize(this.#adds, { values, created }, this.#mistakes);
    if (this.#shared) return;
    for (const [name, place] of this.#read) {
      if (this.#set.has(name)) continue;
      this.#mistakes.add(place, 'variable-unset', [name], didYouMean(name, this.#set));
    }
    const hashes = { uses: this.#hashUses, entries: this.#hashEntries, values, created };
    checkHashes(hashes, this.#monitors, this.#mistakes);
  }

  /** Whether nothing runs behind it. */
  #command(command: Command): boolean {
    switch (command.type) {
      case 'call':
        this.#call(command, 'statement');
        if (command.block !== undefined) this.#block(command.block);
        return factsOf(command.name.text)?.terminal === true;
      case 'assignment': {
        const { target, value } = command;
        if (value.type === 'call') this.#call(value, 'value');
        else this.#argument(value);
        // Under another name the hash may get keys that are not seen here.
        if (value.type === 'variable') this.#hashes.set(value.name, false);
        const created = value.type === 'call' && value.name.text.toLowerCase() === 'hash_create';
        this.#assign(target, created);
        return false;
      }
      case 'tuple':
        this.#call(command.value, 'value');
        for (const target of command.targets) this.#assign(target, false);
        return false;
      case 'if':
        return this.#branches(command);
      case 'broken':
        for (const block of command.blocks) this.#block(block);
        return false;
    }
  }

  #branches({ branches, otherwise }: If): boolean {
    let ends = otherwise !== undefined;
    for (const { test, block } of branches) {
      this.#test(test);
      if (!this.#block(block)) ends = false;
    }
    return otherwise !== undefined && this.#block(otherwise) && ends;
  }

  #block({ commands }: Block): boolean {
    return this.commands(commands);
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
    this.#context(call, use);
    const name = call.name.text.toLowerCase();
    if (name === 'ec_include') this.#shared = true;
    if (name === 'audit_series_add') this.#adds.push(call);
    if (name !== 'hash_set' || call.arguments.length !== 3) return;
    const [hash, key, value] = call.arguments;
    if (hash.type === 'variable') this.#hashEntries.push({ hash, key, value });
  }

  #context({ name, arguments: given }: Call, use: Use): void {
    const facts = factsOf(name.text);
    if (facts === undefined || facts.status === 'no' || !isUsable(facts, use)) return;
    if (this.#phase !== undefined) checkPhase(name, facts, this.#phase, this.#mistakes);
    const indexed = facts.positional?.[0]?.kind === 'index';
    if (indexed && this.#monitors !== undefined) {
      checkIndex(given.at(0), this.#monitors, this.#mistakes);
    }
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
      if (this.#phase !== undefined) checkMacro(part, space, this.#phase, this.#mistakes);
      if (colon === -1 || MACRO_SPACES.some((one) => one === space)) continue;
      this.#mistakes.add(part, 'macro-unknown', [space], didYouMean(space, MACRO_SPACES));
    }
  }

  #reads(name: string, place: Text['parts'][number] | Variable): void {
    if (!this.#read.has(name)) this.#read.set(name, place);
  }
}

function tellUnreachable(command: Command, last: Command, mistakes: Mistakes): void {
  const name = last.type === 'call' ? last.name.text : 'if';
  const hint = last.type === 'if' ? 'each of its branches ends the script' : undefined;
  mistakes.add(command, 'unreachable', [name], hint);
}
