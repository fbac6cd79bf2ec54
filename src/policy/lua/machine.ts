import type { Diagnostic } from '../../model/diagnostic.ts';
import type { Coverage } from '../coverage.ts';
import { MistakeList, type Place } from '../mistakes.ts';
import { openBasics, type LoadText } from './base/basics.ts';
import { openCoroutines } from './base/coroutines.ts';
import { openModules, type ReadModule } from './base/modules.ts';
import { NAME_AT_RUN_TIME, NAME_OF_MISTAKES, chunkName } from './chunk-name.ts';
import { Closure } from './closure.ts';
import { WORDS } from './codes.ts';
import { compile } from './compile.ts';
import { LuaStopped, type LuaError } from './errors.ts';
import { execute, type Natives } from './execute.ts';
import { openLibraries } from './library/open.ts';
import { LineTraps, type CoveredFile } from './line-traps.ts';
import type { LuaBudget } from './meter.ts';
import { parse } from './parser.ts';
import { Refusal, refuse } from './refusal.ts';
import { Runtime } from './runtime.ts';
import type { Table } from './table.ts';
import type { Thread } from './thread.ts';
import type { LuaClosure, LuaTable, LuaValue } from './value.ts';

export interface LuaMachineOptions {
  /** Gets a line of `print`, as bytes, without its end. */
  readonly print: (line: string) => void;
  readonly readModule: ReadModule;
  /** Marks the lines of files that are reached; undefined: nobody asks. */
  readonly coverage?: Coverage | undefined;
  /** A file by the name it was loaded as, for `coverage`; undefined: it has no lines to reach. */
  readonly fileOf?: (name: string) => CoveredFile | undefined;
}

export type LuaOutcome =
  | { readonly ok: true; readonly values: readonly LuaValue[] }
  | { readonly ok: false; readonly error: LuaError | LuaStopped };

export type LoadOutcome =
  | { readonly ok: true; readonly chunk: LuaClosure }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/**
 * One Lua state: globals, modules and what scripts made of them. It reaches nothing outside but
 * what its options hand in, and does the same whenever it is asked the same.
 */
export class LuaMachine extends Runtime {
  readonly traps: LineTraps | undefined;
  readonly #natives: Natives;
  readonly #fileOf: LuaMachineOptions['fileOf'];

  constructor(options: LuaMachineOptions) {
    super();
    this.traps = options.coverage && new LineTraps(options.coverage);
    this.#fileOf = options.fileOf;
    const globals = this.globals as Table;
    const load: LoadText = (text, name) => this.#loadBytes(text, name);
    const loadFile: LoadText = (text, name) => this.#loadBytes(text, name, name.slice(1));
    const next = openBasics(this, globals, load, options.print);
    const coroutine = this.newTable();
    globals.set('coroutine', coroutine);
    this.#natives = { next, yield: openCoroutines(this, coroutine) };
    openModules(this, globals, loadFile, options.readModule);
    this.stringMetatable = this.newTable();
    this.stringMetatable.set('__index', openLibraries(this));
    this.#register(globals);
  }

  /** What `require` knows from the beginning. */
  #register(globals: Table): void {
    const loaded = (globals.get('package') as LuaTable).get('loaded') as LuaTable;
    loaded.set('_G', globals);
    for (const name of ['coroutine', 'package', 'string', 'table', 'math']) {
      loaded.set(name, globals.get(name));
    }
  }

  override execute(thread: Thread): boolean {
    return execute(this, thread, this.#natives);
  }

  /**
   * Compiles a script.
   *
   * @param text as it was decoded from UTF-8; offsets of diagnostics are in it
   * @param name the file, as messages and diagnostics name it
   */
  load(text: string, name: string): LoadOutcome {
    try {
      return { ok: true, chunk: this.#compile(text, name, false, name) };
    } catch (thrown) {
      const refusal = refusalOf(thrown, text);
      const mistakes = new MistakeList(name, WORDS, new Set());
      const details = refusal.details as [string, string, string, string];
      mistakes.add(placeIn(text, refusal), refusal.code, details, refusal.hint);
      return { ok: false, diagnostics: mistakes.sorted() };
    }
  }

  /** As `loadstring` does it: a function, or Lua's message. */
  #loadBytes(text: string, name: string, file?: string): Closure | string {
    try {
      return this.#compile(text, chunkName(name, NAME_AT_RUN_TIME), true, file);
    } catch (thrown) {
      const refusal = refusalOf(thrown, text);
      const words: (...details: string[]) => string = WORDS[refusal.code];
      const shown = chunkName(name, NAME_OF_MISTAKES);
      return `${shown}:${refusal.line}: ${words(...refusal.details)}`;
    }
  }

  /** @param file what the text was read from; undefined: a string of the script */
  #compile(text: string, name: string, bytes: boolean, file: string | undefined): Closure {
    if (text.startsWith('\u001B')) {
      refuse({ start: 0, end: 1, line: 1 }, 'bytecode-refused', []);
    }
    const prototype = compile(name, parse(text, bytes));
    const covered = file === undefined ? undefined : this.#fileOf?.(file);
    if (covered !== undefined) this.traps?.set(prototype, covered);
    return new Closure(prototype, [], this.globals);
  }

  /**
   * Calls a function with a budget of its own.
   *
   * @param args strings among them are bytes
   * @throws whatever a function of ours throws that is no error of the script
   */
  run(called: LuaValue, args: readonly LuaValue[], budget: LuaBudget): LuaOutcome {
    return this.withBudget(budget, () => this.#guarded(called, args));
  }

  #guarded(called: LuaValue, args: readonly LuaValue[]): LuaOutcome {
    try {
      return this.protect<LuaOutcome>(
        false,
        () => ({ ok: true, values: this.call(called, args) }),
        (error) => ({ ok: false, error }),
      );
    } catch (thrown) {
      if (thrown instanceof LuaStopped) return { ok: false, error: thrown };
      throw thrown;
    }
  }
}

/** A script can be nested so that our reader runs out of stack where its caller used up most. */
function refusalOf(thrown: unknown, text: string): Refusal {
  if (thrown instanceof Refusal) return thrown;
  if (!(thrown instanceof RangeError)) throw thrown;
  return new Refusal({ start: 0, end: Math.min(1, text.length) }, 1, 'nested-deep', [], undefined);
}

/** The compiler knows the line of a mistake only. */
function placeIn(text: string, { place, line }: Refusal): Place {
  if (place.end > 0 || line <= 1) return place;
  let start = 0;
  for (let passed = 1; passed < line; passed++) {
    const next = text.indexOf('\n', start) + 1;
    if (next === 0) break;
    start = next;
  }
  return { start, end: start };
}
