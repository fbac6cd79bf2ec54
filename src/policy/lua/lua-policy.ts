import type { Diagnostic } from '../../model/diagnostic.ts';
import { ALL_NEEDS, type Needs } from '../../model/event.ts';
import type { Coverage } from '../coverage.ts';
import type {
  ScriptEffect,
  ScriptPlace,
  ScriptPolicy,
  ScriptRunner,
  ScriptSession,
  ScriptWorld,
} from '../script-policy.ts';
import { PHASES, type Phase } from '../script-slots.ts';
import { bitOf, recipientsOf } from '../script-phases.ts';
import { bytesOf, textOf } from './bytes.ts';
import { CALLOUTS, DEALLOC, type Callout } from './callouts.ts';
import { commandText } from './command-text.ts';
import { hookOf, LuaModules, placeOf, type Failure, type LuaSource } from './lua-modules.ts';
import { LuaMachine } from './machine.ts';
import { VALIDATE } from './msys/constants.ts';
import type { RegisteredModule } from './msys/open.ts';
import type { LuaFiles, LuaVerdict, MsysWorld } from './msys/world.ts';
import type { LuaTable, LuaValue } from './value.ts';

export type { LuaSource };

/** What is wrong in a module as far as it is not run: at most its first mistake. */
export function readLua(text: string, file: string): readonly Diagnostic[] {
  const machine = new LuaMachine({ print: () => undefined, readModule: () => undefined });
  const loaded = machine.load(text, file);
  return loaded.ok ? [] : loaded.diagnostics;
}

/** What one hook may use: far beyond any policy, short of a hang or of the machine's memory. */
const HOOK_BUDGET = { steps: 1_000_000, bytes: 32 * 1024 * 1024, output: 64 * 1024 };
/** Most hooks at one event, which may have very many recipients. */
const MAX_HOOKS = 10_000;

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

  /** @throws {UserError} when a module cannot be loaded, or its `init` does not return true */
  bind(world: ScriptWorld, coverage?: Coverage): ScriptRunner {
    return new LuaRunner(this.#sources, this.#files, world, coverage);
  }
}

/** The hooks of a phase, which no event runs in another order. */
interface Stage {
  readonly phase: Phase;
  readonly bit: number;
  readonly callouts: readonly Callout[];
}

/** `self` of each module that ran in a session: what is kept with it. */
type Selves = Map<RegisteredModule, LuaTable>;

class LuaRunner implements ScriptRunner {
  readonly phases: number;
  readonly #world: ScriptWorld;
  readonly #modules: LuaModules;
  readonly #stages: readonly Stage[];
  readonly #deallocates: boolean;
  readonly #rules = new Map<string, number>();
  /** At the event at hand. */
  #hooks = 0;

  constructor(
    sources: readonly LuaSource[],
    files: LuaFiles,
    world: ScriptWorld,
    coverage: Coverage | undefined,
  ) {
    this.#world = world;
    const act: MsysWorld['act'] = (verdict, place, effect) => this.#act(verdict, place, effect);
    this.#modules = new LuaModules(sources, files, world, act, coverage);
    const used = CALLOUTS.filter(({ name }) => this.#modules.someHas(name));
    this.#stages = PHASES.flatMap((phase) => {
      const callouts = used.filter((callout) => callout.phase === phase);
      return callouts.length === 0 ? [] : [{ phase, bit: bitOf(phase), callouts }];
    });
    this.phases = this.#stages.reduce((bits, { bit }) => bits | bit, 0);
    this.#deallocates = this.#modules.someHas(DEALLOC);
  }

  judge(): void {
    const { batch, row } = this.#world.event;
    const phases = batch.phases[row];
    if ((phases & this.phases) === 0) return;
    const { msys } = this.#modules;
    this.#hooks = 0;
    for (const { phase, bit, callouts } of this.#stages) {
      if ((phases & bit) === 0) continue;
      msys.phase = phase;
      this.#modules.logEarly();
      const [first, end] = recipientsOf(phase, batch, row);
      for (msys.recipient = first; msys.recipient < end; msys.recipient++) {
        for (const callout of callouts) this.#callout(callout);
        if (this.#hooks >= MAX_HOOKS) return;
      }
    }
  }

  /** What a hook returns and sets here means nothing: the session is over. */
  ended({ memory }: ScriptSession): void {
    if (!this.#deallocates || memory.own === undefined) return;
    const selves = memory.own as Selves;
    this.#modules.msys.phase = 'dealloc';
    this.#modules.msys.recipient = 0;
    for (const [module, self] of selves) {
      const hook = hookOf(module, DEALLOC);
      if (hook === undefined) continue;
      const ran = this.#modules.machine.run(hook, [self], HOOK_BUDGET);
      if (!ran.ok)
        this.#modules.tellFailure(DEALLOC, ran.error, this.#modules.placeIn(ran.error, module));
    }
  }

  orderOf(phase: string): number {
    return phase === 'dealloc' ? PHASES.length : PHASES.findIndex((name) => name === phase);
  }

  /** Runs a hook of all modules, until one is done with it. */
  #callout(callout: Callout): void {
    const { reply, modules } = this.#modules.msys;
    reply.code = 250;
    reply.text = '';
    reply.disconnect = false;
    reply.place = undefined;
    for (const module of modules) {
      const hook = hookOf(module, callout.name);
      if (hook === undefined) continue;
      if (++this.#hooks === MAX_HOOKS) {
        this.#world.note(module.place, 'doubt', `more than ${MAX_HOOKS} hooks at one event`);
      }
      const given = callout.given.map((name) => this.#given(name, callout.phase));
      const ran = this.#modules.machine.run(hook, [this.#selfOf(module), ...given], HOOK_BUDGET);
      if (!ran.ok) {
        this.#fail(callout, ran.error, this.#modules.placeIn(ran.error, module));
        return;
      }
      const [result] = ran.values;
      if (result === VALIDATE.VALIDATE_DONE) break;
      if (result === VALIDATE.VALIDATE_CONT) continue;
      this.#fail(callout, this.#wrongReturn(module, callout, result), placeOf(hook, module));
      return;
    }
    const { code, text, disconnect, place } = reply;
    if (place === undefined || (code < 400 && !disconnect)) return;
    this.#act(disconnect ? 'disconnect' : 'reject', place, { code, text: () => text });
  }

  #given(name: Callout['given'][number], phase: Phase): LuaValue {
    const { msys } = this.#modules;
    if (name === 'recipients') return msys.recipients();
    return name === 'string' ? bytesOf(commandText(msys, phase)) : msys[name];
  }

  /** A fresh table for each session; what it lacks is the module's. */
  #selfOf(module: RegisteredModule): LuaTable {
    const { memory } = this.#world.event.session;
    const selves = (memory.own ??= new Map()) as Selves;
    let self = selves.get(module);
    if (self === undefined) {
      self = this.#modules.machine.newTable();
      self.metatable = module.selfMetatable;
      selves.set(module, self);
    }
    return self;
  }

  #wrongReturn(module: RegisteredModule, { name }: Callout, result: LuaValue): Failure {
    const words =
      result === VALIDATE.VALIDATE_AGAIN
        ? 'returns msys.core.VALIDATE_AGAIN to be called later, which a replay cannot'
        : `returns ${textOf(this.#modules.machine.toText(result))}, ` +
          'not msys.core.VALIDATE_CONT or msys.core.VALIDATE_DONE';
    return { message: `${module.name}:${name} ${words}`, traceback: [] };
  }

  /** An error in a hook is a reply of 421, and no further module is asked. */
  #fail({ name }: Callout, failure: Failure, place: ScriptPlace): void {
    this.#modules.tellFailure(name, failure, place);
    this.#act('reject', place, { code: 421, text: () => '' });
  }

  #act(verdict: LuaVerdict, place: ScriptPlace, effect: ScriptEffect): void {
    const { phase } = this.#modules.msys;
    if (phase === 'init' || phase === 'dealloc') return;
    const key = `${verdict} ${place.script}:${place.line}`;
    let rule = this.#rules.get(key);
    if (rule === undefined) this.#rules.set(key, (rule = this.#world.declare(place, verdict)));
    this.#world.act(rule, effect);
  }
}
