import { assert, UserError } from '../../model/errors.ts';
import type { Coverage } from '../coverage.ts';
import type { ScriptPlace, ScriptWorld } from '../script-policy.ts';
import { bytesOf, textOf } from './bytes.ts';
import { hintOf } from './call-hints.ts';
import { INIT, RUN, whyUnreached } from './callouts.ts';
import { Closure } from './closure.ts';
import type { LuaError, LuaStopped } from './errors.ts';
import type { CoveredFile } from './line-traps.ts';
import { LuaMachine } from './machine.ts';
import { isVendorModule, openMsys, type Msys, type RegisteredModule } from './msys/open.ts';
import type { LuaFiles, MsysWorld } from './msys/world.ts';
import type { LuaTable, LuaValue } from './value.ts';

/** A checked module file. */
export interface LuaSource {
  /** As it was opened. */
  readonly file: string;
  /** As reports show it. */
  readonly name: string;
  readonly text: string;
}

/** An error of a script, or its end by the budget. */
export type Failure = Pick<LuaError | LuaStopped, 'message' | 'traceback'>;

/** What loading and `init` may use: they may read large lists. */
const LOAD_BUDGET = { steps: 100_000_000, bytes: 256 * 1024 * 1024, output: 1024 * 1024 };
/** Lines that are printed before there is an event to show them at. */
const MAX_EARLY_LINES = 1000;

/** Modules on a machine of their own, loaded and started. */
export class LuaModules {
  readonly machine: LuaMachine;
  readonly msys: Msys;
  readonly #world: ScriptWorld;
  /** The files that were loaded, by the names that messages give them. */
  readonly #files = new Map<string, CoveredFile>();
  readonly #early: { readonly place: ScriptPlace; readonly text: string }[] = [];

  /** @throws {UserError} when a module cannot be loaded, or its `init` does not return true */
  constructor(
    sources: readonly LuaSource[],
    files: LuaFiles,
    world: ScriptWorld,
    act: MsysWorld['act'],
    coverage: Coverage | undefined,
  ) {
    this.#world = world;
    this.machine = new LuaMachine({
      print: (line) => this.#print(textOf(line)),
      readModule: (name) => {
        if (isVendorModule(name)) return { text: 'return {}', file: name };
        const found = files.module(textOf(name));
        if (found === undefined) return undefined;
        this.#files.set(found.file, { file: found.path, text: found.text });
        return { text: bytesOf(found.text), file: found.file };
      },
      coverage,
      fileOf: (name) => this.#files.get(name),
    });
    const textOfFile = (file: string): string | undefined => this.#files.get(file)?.text;
    this.msys = openMsys({ host: this.machine, world, files, act, textOf: textOfFile });
    for (const source of sources) this.#load(source);
    // One that is registered by another's init has none of its own.
    for (const module of this.msys.modules.slice()) this.#init(module);
    for (const module of this.msys.modules) this.#tellUnreached(module);
  }

  /** Whether a module has a function of this name. */
  someHas(name: string): boolean {
    return this.msys.modules.some((module) => hookOf(module, name) !== undefined);
  }

  /** What was printed while modules were loaded is logged at the first event that they see. */
  logEarly(): void {
    for (const { place, text } of this.#early.splice(0)) this.#world.log(place, '', text);
  }

  tellFailure(hook: string, failure: Failure, place: ScriptPlace): void {
    const { message, traceback } = failure;
    const hint = this.#hintOf(failure);
    const what = hint === undefined ? message : `${message}; ${hint}`;
    this.#world.note(place, 'failed', [`${hook}: ${what}`, ...traceback].join('\n'));
  }

  /** Where an error came from: its message, or its traceback, begins with a file and a line. */
  placeIn({ message, traceback }: Failure, module: RegisteredModule): ScriptPlace {
    for (const text of [message, ...traceback]) {
      const [, script, line] = /^(.+?):(\d+): /.exec(text) ?? [];
      if (script !== undefined && this.#files.has(script)) return { script, line: Number(line) };
    }
    return module.place;
  }

  #print(text: string): void {
    const place = this.msys.place();
    if (this.msys.phase !== 'init') this.#world.log(place, '', text);
    else if (this.#early.length < MAX_EARLY_LINES) this.#early.push({ place, text });
  }

  #load({ file, name, text }: LuaSource): void {
    this.#files.set(name, { file, text });
    const chunk = this.machine.load(text, name);
    assert(chunk.ok, `${file} passed the checks`);
    const before = this.msys.modules.length;
    const ran = this.machine.run(chunk.chunk, [], LOAD_BUDGET);
    if (!ran.ok) this.#refuse('', ran.error);
    if (this.msys.modules.length > before) return;
    throw new UserError(`${file} registers no module`, 'msys.registerModule("name", table)');
  }

  #init(module: RegisteredModule): void {
    const init = hookOf(module, INIT);
    if (init === undefined) return;
    const ran = this.machine.run(init, [module.table], LOAD_BUDGET);
    if (!ran.ok) this.#refuse(`${module.name}:init: `, ran.error);
    if (ran.values[0] === true) return;
    const { script, line } = placeOf(init, module);
    throw new UserError(
      `${script}:${line}: ${module.name}:init does not return true`,
      'a server would not load the module; return true at the end of init',
    );
  }

  #refuse(hook: string, failure: Failure): never {
    const calls = failure.traceback.map((line) => `\n  ${line}`).join('');
    throw new UserError(`${hook}${failure.message}${calls}`, this.#hintOf(failure));
  }

  #hintOf({ message }: Failure): string | undefined {
    return hintOf(message, this.machine.globals, this.msys);
  }

  /** Hooks that no event stands for, and modules without any other. */
  #tellUnreached(module: RegisteredModule): void {
    const { table, name, place } = module;
    for (let entry = table.next(undefined); entry !== undefined; entry = table.next(entry[0])) {
      const [key, value] = entry;
      if (typeof key !== 'string' || typeof value !== 'object') continue;
      const why = whyUnreached(key);
      if (why !== undefined) this.#world.note(placeOf(value, module), 'doubt', why);
    }
    if (RUN.some((hook) => hookOf(module, hook) !== undefined)) return;
    this.#world.note(place, 'doubt', `module '${name}' has no hook that runs`);
  }
}

/** Most tables behind one another that a hook is looked for in. */
const MAX_CHAIN = 100;

/** The function of a module, or of what it is derived from. */
export function hookOf(module: RegisteredModule, name: string): LuaValue {
  let table: LuaTable | undefined = module.table;
  for (let step = 0; table !== undefined && step < MAX_CHAIN; step++) {
    const hook = table.get(name);
    // As scripts switch one off.
    if (hook === false) return undefined;
    if (hook !== undefined) return hook;
    // A function there would run without a budget.
    const next: LuaValue = table.metatable?.get('__index');
    table = typeof next === 'object' && next.kind === 'table' ? next : undefined;
  }
  return undefined;
}

/** Where a hook begins. */
export function placeOf(hook: LuaValue, module: RegisteredModule): ScriptPlace {
  if (!(hook instanceof Closure)) return module.place;
  const { source, line } = hook.prototype;
  return { script: textOf(source), line };
}
