import type { Diagnostic } from '../../model/diagnostic.ts';
import { assert, UserError } from '../../model/errors.ts';
import { ALL_NEEDS, type Needs } from '../../model/event.ts';
import { fieldValue } from '../../model/field-value.ts';
import type { ScriptPlace, ScriptPolicy, ScriptRunner, ScriptWorld } from '../script-policy.ts';
import { PHASES, type Phase } from '../script-slots.ts';
import { bitOf, recipientsOf } from '../script-phases.ts';
import { bytesOf, textOf } from './bytes.ts';
import { CALLOUTS, type Callout } from './callouts.ts';
import type { LuaError, LuaStopped } from './errors.ts';
import { LuaMachine } from './machine.ts';
import { isVendorModule, openMsys, type Msys, type RegisteredModule } from './msys/open.ts';
import { VALIDATE } from './msys/constants.ts';
import type { LuaFiles } from './msys/world.ts';
import type { LuaTable, LuaValue } from './value.ts';

/** A checked module file. */
export interface LuaSource {
  /** As it was opened. */
  readonly file: string;
  /** As reports show it. */
  readonly name: string;
  readonly text: string;
}

/** What is wrong in a module as far as it is not run: at most its first mistake. */
export function readLua(text: string, file: string): readonly Diagnostic[] {
  const machine = new LuaMachine({ print: () => undefined, readModule: () => undefined });
  const loaded = machine.load(text, file);
  return loaded.ok ? [] : loaded.diagnostics;
}

/** What one hook may use: far beyond any policy, short of a hang or of the machine's memory. */
const HOOK_BUDGET = { steps: 1_000_000, bytes: 32 * 1024 * 1024 };
const LOAD_BUDGET = { steps: 100_000_000, bytes: 256 * 1024 * 1024 };

/** Lua modules as one policy (semantics, section 5). */
export class LuaPolicy implements ScriptPolicy {
  readonly needs: Needs = ALL_NEEDS;
  readonly keepsSessions = true;
  readonly #sources: readonly LuaSource[];
  readonly #files: LuaFiles;

  /** @param sources in the order of the configuration */
  constructor(sources: readonly LuaSource[], files: LuaFiles) {
    this.#sources = sources;
    this.#files = files;
  }

  bind(world: ScriptWorld): ScriptRunner {
    return new LuaRunner(this.#sources, this.#files, world);
  }
}

class LuaRunner implements ScriptRunner {
  readonly phases: number;
  readonly #machine: LuaMachine;
  readonly #msys: Msys;
  readonly #stages: readonly { phase: Phase; bit: number; callouts: readonly Callout[] }[];
  readonly #rules = new Map<string, number>();
  /** `self` of each module by the context of its session. */
  readonly #selves = new WeakMap<object, Map<RegisteredModule, LuaTable>>();

  /** @throws {UserError} when a module cannot be loaded, or its `init` does not return true */
  constructor(sources: readonly LuaSource[], files: LuaFiles, world: ScriptWorld) {
    this.#machine = new LuaMachine({
      print: (line) => world.log(this.#msys.place(), '', textOf(line)),
      readModule: (name) => {
        if (isVendorModule(name)) return { text: 'return {}', file: name };
        const found = files.module(textOf(name));
        return found && { text: bytesOf(found.text), file: found.file };
      },
    });
    this.#msys = openMsys(this.#machine, world, files, (verdict, place) =>
      this.#act(verdict, place),
    );
    for (const source of sources) this.#load(source);
    for (const module of this.#msys.modules) this.#init(module);
    const used = CALLOUTS.filter(({ name }) =>
      this.#msys.modules.some(({ table }) => table.get(name) !== undefined),
    );
    this.#stages = PHASES.flatMap((phase) => {
      const callouts = used.filter((callout) => callout.phase === phase);
      return callouts.length === 0 ? [] : [{ phase, bit: bitOf(phase), callouts }];
    });
    this.phases = this.#stages.reduce((bits, { bit }) => bits | bit, 0);
  }

  judge(): void {
    const msys = this.#msys;
    const { batch, row } = msys.world.event;
    const phases = batch.phases[row];
    if ((phases & this.phases) === 0) return;
    for (const { phase, bit, callouts } of this.#stages) {
      if ((phases & bit) === 0) continue;
      msys.phase = phase;
      const [first, end] = recipientsOf(phase, batch, row);
      for (msys.recipient = first; msys.recipient < end; msys.recipient++) {
        for (const callout of callouts) this.#callout(callout);
      }
    }
  }

  orderOf(phase: string): number {
    return PHASES.findIndex((name) => name === phase);
  }

  /** Runs a hook of all modules, until one is done with it. */
  #callout(callout: Callout): void {
    const { reply, modules } = this.#msys;
    reply.code = 250;
    reply.disconnect = false;
    reply.place = undefined;
    for (const module of modules) {
      const hook = module.table.get(callout.name);
      if (hook === undefined) continue;
      const given = callout.given.map((name) => this.#given(name, callout.phase));
      const ran = this.#machine.run(hook, [this.#selfOf(module), ...given], HOOK_BUDGET);
      if (!ran.ok) {
        this.#fail(callout, ran.error, placeIn(ran.error));
        return;
      }
      const [result] = ran.values;
      if (result === VALIDATE.VALIDATE_DONE) break;
      if (result === VALIDATE.VALIDATE_CONT) continue;
      this.#fail(callout, this.#wrongReturn(module, callout, result), module.place);
      return;
    }
    const { code, disconnect, place } = reply;
    if (place === undefined || (code < 400 && !disconnect)) return;
    this.#act(disconnect ? 'disconnect' : 'reject', place);
  }

  #given(name: Callout['given'][number], phase: Phase): LuaValue {
    const msys = this.#msys;
    if (name === 'recipients') return msys.recipients();
    return name === 'string' ? bytesOf(commandText(msys, phase)) : msys[name];
  }

  /** A fresh table for each session; what it lacks is the module's. */
  #selfOf(module: RegisteredModule): LuaTable {
    const { context } = this.#msys.world.event.session;
    let selves = this.#selves.get(context);
    if (selves === undefined) this.#selves.set(context, (selves = new Map()));
    let self = selves.get(module);
    if (self === undefined) {
      self = this.#machine.newTable();
      self.metatable = module.selfMetatable;
      selves.set(module, self);
    }
    return self;
  }

  #wrongReturn(module: RegisteredModule, { name }: Callout, result: LuaValue): Failure {
    const words =
      result === VALIDATE.VALIDATE_AGAIN
        ? 'waits (VALIDATE_AGAIN), which a replay cannot'
        : `returns ${this.#machine.toText(result)}, not msys.core.VALIDATE_CONT or VALIDATE_DONE`;
    return { message: `${module.name}:${name} ${words}`, traceback: [] };
  }

  /** An error in a hook is a reply of 421. */
  #fail({ name }: Callout, { message, traceback }: Failure, place: ScriptPlace): void {
    this.#msys.world.note(place, 'failed', [`${name}: ${message}`, ...traceback].join('\n'));
    this.#act('reject', place);
  }

  #act(verdict: 'tarpit' | 'reject' | 'disconnect' | 'discard', place: ScriptPlace): void {
    const { world } = this.#msys;
    const key = `${verdict} ${place.script}:${place.line}`;
    let rule = this.#rules.get(key);
    if (rule === undefined) this.#rules.set(key, (rule = world.declare(place, verdict)));
    world.act(rule);
  }

  #load({ file, name, text }: LuaSource): void {
    const chunk = this.#machine.load(text, name);
    assert(chunk.ok, `${file} passed the checks`);
    const before = this.#msys.modules.length;
    const ran = this.#machine.run(chunk.chunk, [], LOAD_BUDGET);
    if (!ran.ok) throw new UserError(shown(ran.error));
    if (this.#msys.modules.length > before) return;
    throw new UserError(`${file} registers no module`, 'msys.registerModule("name", table)');
  }

  #init(module: RegisteredModule): void {
    const init = module.table.get('init');
    if (init === undefined) return;
    const ran = this.#machine.run(init, [module.table], LOAD_BUDGET);
    if (!ran.ok) throw new UserError(`${module.name}:init: ${shown(ran.error)}`);
    if (ran.values[0] === true) return;
    throw new UserError(`${module.name}:init does not return true`, 'return true at its end');
  }
}

type Failure = Pick<LuaError | LuaStopped, 'message' | 'traceback'>;

function shown({ message, traceback }: Failure): string {
  return [message, ...traceback.map((line) => `  ${line}`)].join('\n');
}

/** Where an error of a script came from: its message or its traceback begins with it. */
function placeIn({ message, traceback }: Failure): ScriptPlace {
  for (const text of [message, ...traceback]) {
    const match = /^([^\s:]+):(\d+): /.exec(text);
    if (match !== null) return { script: match[1], line: Number(match[2]) };
  }
  return { script: '?', line: 0 };
}

/** What the client sent, as far as the log tells it. */
function commandText({ world }: Msys, phase: Phase): string {
  const { batch, row, session } = world.event;
  if (phase === 'ehlo') return `${fieldValue(batch, row, 'helo') || session.helo}\r\n`;
  const { sender, recipient } = session.message;
  if (phase === 'mailfrom') return fieldValue(batch, row, 'sender') || sender;
  return fieldValue(batch, row, 'recipient') || recipient;
}
