import type { Mistakes } from './mistakes.ts';
import { isSign, TokenCursor } from './token-cursor.ts';
import { readTokens, type SignToken, type Token } from './tokens.ts';
import type {
  Argument,
  Block,
  Branch,
  Call,
  Command,
  Element,
  List,
  Name,
  Test,
  Variable,
} from './tree.ts';

/**
 * Reads the commands of a script. Never throws on what a user wrote: a mistake is told, and
 * reading goes on with the next command.
 *
 * @param text without a byte order mark
 */
export function parseScript(text: string, mistakes: Mistakes): readonly Command[] {
  return new Parser(new TokenCursor(text, readTokens(text, mistakes), mistakes)).script();
}

/** What may stand behind the block of an `if`. */
const ELSE = ['elsif', 'else'];

/**
 * Each method reads one thing from the token at hand on. Undefined: it is broken, the mistake is
 * told, and `#command` looks for where the next command begins.
 */
class Parser {
  readonly #cursor: TokenCursor;
  /** Blocks of the command at hand that were read before it broke. */
  #blocks: Block[] = [];

  constructor(cursor: TokenCursor) {
    this.#cursor = cursor;
  }

  script(): Command[] {
    const commands: Command[] = [];
    while (this.#cursor.token.type !== 'end') {
      const { token } = this.#cursor;
      if (isSign(token, '}')) {
        this.#cursor.pass();
        this.#cursor.tell(token, 'bracket-stray', ['}']);
      } else if (this.#cursor.take(';') === undefined) commands.push(this.#command(0));
    }
    return commands;
  }

  #command(level: number): Command {
    const cursor = this.#cursor;
    const { start } = cursor.token;
    const outer = this.#blocks;
    this.#blocks = [];
    cursor.startCommand();
    const command = this.#sound(level) ?? this.#broken(start, level);
    this.#blocks = outer;
    return command;
  }

  #broken(start: number, level: number): Command {
    const cursor = this.#cursor;
    for (;;) {
      if (cursor.skip(start)) this.#block(level);
      if (cursor.isWord(...ELSE)) cursor.pass();
      else if (!isSign(cursor.token, '{')) break;
    }
    return { type: 'broken', blocks: this.#blocks, start, end: cursor.end };
  }

  #sound(level: number): Command | undefined {
    const cursor = this.#cursor;
    const { token } = cursor;
    if (token.type === 'variable') return this.#assignment();
    if (isSign(token, '(')) return this.#tuple(token);
    if (token.type !== 'identifier') {
      return cursor.misplaced('a command');
    }
    if (cursor.isWord('if')) return this.#if(level);
    if (cursor.isWord(...ELSE)) {
      cursor.pass();
      return cursor.tell(token, 'else-stray', [token.text]);
    }
    const call = this.#call(level);
    if (call === undefined) return undefined;
    if (isSign(cursor.token, '{')) {
      const block = this.#block(level);
      return block && { ...call, block, end: block.end };
    }
    return this.#finished(call, `'${call.name.text}'`);
  }

  /** The command with its `;`; one that is forgotten at the end of a line is told and no more. */
  #finished<Kind extends Command>(command: Kind, seen: string): Kind | undefined {
    const cursor = this.#cursor;
    const { end } = cursor;
    if (cursor.take(';') !== undefined) return { ...command, end: cursor.end };
    // The rest of the command is in a string that never ends.
    if (cursor.token.type === 'end' && cursor.token.cut) return undefined;
    if (!cursor.startsNextCommand()) return cursor.misplaced(`; behind ${seen}`);
    const required = command.type === 'call' && command.name.text.toLowerCase() === 'require';
    const hint = required
      ? 'require is not needed here; with it, write require "name";'
      : undefined;
    cursor.tell({ start: end - 1, end }, 'semicolon-missing', [seen], hint);
    return { ...command, end };
  }

  #if(level: number): Command | undefined {
    const cursor = this.#cursor;
    const { start } = cursor.token;
    const branches: Branch[] = [];
    do {
      cursor.pass();
      const test = this.#test(level);
      const block = test && this.#block(level);
      if (test === undefined || block === undefined) return undefined;
      branches.push({ test, block });
    } while (cursor.isWord('elsif'));
    let otherwise: Block | undefined;
    if (cursor.isWord('else')) {
      cursor.pass();
      if (cursor.isWord('if')) return cursor.misplaced('{ behind else', 'write elsif');
      otherwise = this.#block(level);
      if (otherwise === undefined) return undefined;
    }
    return { type: 'if', branches, otherwise, start, end: cursor.end };
  }

  #block(level: number): Block | undefined {
    const cursor = this.#cursor;
    const open = cursor.token;
    if (!isSign(open, '{')) return cursor.misplaced('{', nestedHint(open));
    if (cursor.tooDeep(open, level)) {
      cursor.skipBalanced();
      return undefined;
    }
    cursor.pass();
    const commands: Command[] = [];
    while (cursor.take('}') === undefined) {
      if (cursor.token.type === 'end') {
        cursor.neverClosed(open);
        break;
      }
      if (cursor.take(';') === undefined) commands.push(this.#command(level + 1));
    }
    const block = { commands, start: open.start, end: cursor.end };
    this.#blocks.push(block);
    return block;
  }

  #assignment(): Command | undefined {
    const cursor = this.#cursor;
    const target = this.#variable('a variable');
    if (target === undefined) return undefined;
    const { token } = cursor;
    if (cursor.take('=') === undefined) {
      const hint = isSign(token, '[') ? 'write hash_set $hash "key" value;' : undefined;
      return cursor.misplaced(`= behind $${target.name}`, hint);
    }
    const value = cursor.token.type === 'identifier' ? this.#call(0) : this.#argument(0, 'a value');
    if (value === undefined) return undefined;
    const { start } = target;
    return this.#finished(
      { type: 'assignment', target, value, start, end: cursor.end },
      `$${target.name} = …`,
    );
  }

  #tuple({ start }: SignToken): Command | undefined {
    const cursor = this.#cursor;
    const targets: Variable[] = [];
    do {
      cursor.pass();
      const target = this.#variable('a variable');
      if (target === undefined) return undefined;
      targets.push(target);
    } while (isSign(cursor.token, ','));
    if (cursor.take(')') === undefined) return cursor.misplaced(', or )');
    if (cursor.take('=') === undefined) return cursor.misplaced('= behind )');
    const value = this.#call(0);
    if (value === undefined) return undefined;
    return this.#finished({ type: 'tuple', targets, value, start, end: cursor.end }, '(…) = …');
  }

  #test(level: number): Test | undefined {
    const cursor = this.#cursor;
    const { token } = cursor;
    const { start } = token;
    const nested = cursor.isWord('not', 'anyof', 'allof');
    if (nested && cursor.tooDeep(token, level)) return undefined;
    if (cursor.isWord('not')) {
      cursor.pass();
      const test = this.#test(level + 1);
      return test && { type: 'not', test, start, end: test.end };
    }
    const type = cursor.isWord('anyof') ? 'anyof' : 'allof';
    if (!cursor.isWord(type)) return this.#call(level, 'a test');
    cursor.pass();
    if (!isSign(cursor.token, '(')) return cursor.misplaced(`( behind ${type}`);
    const tests: Test[] = [];
    do {
      cursor.pass();
      const test = this.#test(level + 1);
      if (test === undefined) return undefined;
      tests.push(test);
    } while (isSign(cursor.token, ','));
    if (cursor.take(')') === undefined) {
      return cursor.misplaced(', or )', nestedHint(cursor.token));
    }
    return { type, tests, start, end: cursor.end };
  }

  #call(level: number, expected = 'a command'): Call | undefined {
    const cursor = this.#cursor;
    const { token } = cursor;
    if (token.type !== 'identifier') {
      const hint = isSign(token, '(') && expected === 'a test' ? 'write allof (…)' : undefined;
      return cursor.misplaced(expected, hint);
    }
    cursor.pass();
    const { text, start, end } = token;
    const name: Name = { text, start, end };
    const given: Argument[] = [];
    while (this.#startsArgument()) {
      const argument = this.#argument(level, 'an argument');
      if (argument === undefined) return undefined;
      given.push(argument);
    }
    return { type: 'call', name, arguments: given, block: undefined, start, end: cursor.end };
  }

  #startsArgument(): boolean {
    const { token, following } = this.#cursor;
    // `$x =` begins the next command, whose predecessor misses its semicolon.
    if (token.type === 'variable') return !isSign(following, '=');
    return ['string', 'number', 'tag'].includes(token.type) || isSign(token, '[');
  }

  #argument(level: number, expected: string): Argument | undefined {
    const cursor = this.#cursor;
    const { token } = cursor;
    if (isSign(token, '[')) return this.#list(token, level);
    if (token.type === 'variable') return this.#variableOrElement(level);
    if (token.type !== 'string' && token.type !== 'number' && token.type !== 'tag') {
      return cursor.misplaced(expected);
    }
    cursor.pass();
    return token;
  }

  /** An index touches its variable: `$a ["x"]` is a variable and a list. */
  #variableOrElement(level: number): Variable | Element | undefined {
    const cursor = this.#cursor;
    const of = this.#variable('a variable');
    const open = cursor.token;
    if (of === undefined || !isSign(open, '[') || open.start !== of.end) return of;
    if (cursor.tooDeep(open, level)) return undefined;
    cursor.pass();
    const index = this.#argument(level + 1, 'an index');
    if (index === undefined) return undefined;
    if (cursor.take(']') === undefined) return cursor.misplaced(']');
    return { type: 'element', of, index, start: of.start, end: cursor.end };
  }

  #list(open: SignToken, level: number): List | undefined {
    const cursor = this.#cursor;
    if (cursor.tooDeep(open, level)) {
      cursor.skipBalanced();
      return undefined;
    }
    cursor.pass();
    const items: Argument[] = [];
    if (cursor.take(']') !== undefined) {
      return { type: 'list', items, start: open.start, end: cursor.end };
    }
    for (;;) {
      const item = this.#argument(level + 1, 'an item of a list');
      if (item === undefined) return undefined;
      items.push(item);
      if (cursor.take(']') !== undefined) break;
      if (cursor.take(',') === undefined) return cursor.misplaced(', or ]');
    }
    return { type: 'list', items, start: open.start, end: cursor.end };
  }

  #variable(expected: string): Variable | undefined {
    const cursor = this.#cursor;
    const { token } = cursor;
    if (token.type !== 'variable') return cursor.misplaced(expected);
    cursor.pass();
    return token;
  }
}

/** Behind a test that is complete, a bracket can only mean one thing. */
function nestedHint(token: Token): string | undefined {
  return isSign(token, '(') ? 'what a command returns is assigned first: $x = …;' : undefined;
}
