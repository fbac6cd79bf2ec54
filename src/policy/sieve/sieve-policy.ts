import type { Needs } from '../../model/event.ts';
import type { Coverage } from '../coverage.ts';
import type { ScriptPlace, ScriptPolicy, ScriptRunner, ScriptWorld } from '../script-policy.ts';
import { bitOf, recipientsOf } from '../script-phases.ts';
import { PHASES, SCRIPT_SLOTS, type Phase, type ScriptSlot } from '../script-slots.ts';
import { compileScript, VariableNames, type ScriptSource, type Step } from './compile.ts';
import { Includes } from './includes.ts';
import { needsOfScripts } from './needs.ts';
import { Run, ScriptFailure } from './run.ts';
import type { Binding, ScriptFiles } from './site.ts';
import type { Command } from './tree.ts';

/** A checked script in its slot. */
export interface SlottedScript extends ScriptSource {
  readonly slot: ScriptSlot;
  /** What a runtime error does: a reply of 421, or the next statement. */
  readonly runtimeError: 'fail' | 'continue';
  readonly commands: readonly Command[];
}

export interface SieveOptions {
  readonly files: ScriptFiles;
  /** How the sliding average weighs window 0 (`Binding.sliding`). */
  readonly sliding: 'rate' | 'average';
}

/** Sieve++ scripts as one policy (semantics, section 5). */
export class SievePolicy implements ScriptPolicy {
  readonly needs: Needs;
  readonly keepsSessions: boolean;
  readonly #scripts: readonly SlottedScript[];
  readonly #options: SieveOptions;

  /** @param scripts in the order of the configuration; of one slot in the order in which they run */
  constructor(scripts: readonly SlottedScript[], options: SieveOptions) {
    this.#scripts = scripts;
    this.#options = options;
    const asked = needsOfScripts(scripts.map(({ commands }) => commands));
    this.needs = asked.needs;
    this.keepsSessions = asked.keepsSessions;
  }

  bind(world: ScriptWorld, coverage?: Coverage): ScriptRunner {
    return new SieveRunner(this.#scripts, this.#options, world, coverage);
  }
}

interface BoundScript extends SlottedScript {
  readonly run: Step;
}

/** The scripts of a stage: those of phase1, then those of phase2. */
interface Stage {
  readonly name: Phase;
  readonly bit: number;
  readonly scripts: readonly BoundScript[];
}

class SieveRunner implements ScriptRunner {
  readonly phases: number;
  readonly #stages: readonly Stage[];
  readonly #run: Run;
  /** Rules of places that failed. */
  readonly #failed = new Map<string, number>();

  constructor(
    scripts: readonly SlottedScript[],
    options: SieveOptions,
    world: ScriptWorld,
    coverage: Coverage | undefined,
  ) {
    const names = new VariableNames();
    const shared = new Map<unknown, unknown>();
    const binding: Binding = {
      world,
      ...options,
      coverage,
      shared: <Kind>(Made: new () => Kind) => {
        if (!shared.has(Made)) shared.set(Made, new Made());
        return shared.get(Made) as Kind;
      },
      include: (run, site, name) => includes.run(run, site, name),
    };
    const includes = new Includes(
      options.files,
      (commands, source) => compileScript(commands, source, names, binding),
      scripts,
    );
    this.#run = new Run(world);
    this.#stages = PHASES.map((name) => {
      const own = ['phase1', 'phase2'].flatMap((pass) =>
        scripts.filter(({ slot }) => slot === `${name}_${pass}`),
      );
      const bound = own.map((script) => ({
        ...script,
        run: compileScript(script.commands, script, names, binding),
      }));
      return { name, bit: bitOf(name), scripts: bound };
    }).filter((stage) => stage.scripts.length > 0);
    this.phases = this.#stages.reduce((bits, { bit }) => bits | bit, 0);
  }

  judge(): void {
    const run = this.#run;
    const { batch, row } = run.event;
    const phases = batch.phases[row];
    if ((phases & this.phases) === 0) return;
    run.steps = 0;
    for (let i = 0; i < this.#stages.length; i++) {
      const stage = this.#stages[i];
      if ((phases & stage.bit) === 0) continue;
      const [first, end] = recipientsOf(stage.name, batch, row);
      for (run.recipient = first; run.recipient < end; run.recipient++) {
        this.#stage(stage);
        if (run.isExhausted) return;
      }
    }
  }

  /** No slot stands for the end of a session. */
  ended(): void {}

  orderOf(phase: string): number {
    return SCRIPT_SLOTS.findIndex((slot) => slot === phase);
  }

  #stage({ scripts }: Stage): void {
    const run = this.#run;
    run.code = 250;
    run.terminal = false;
    for (let i = 0; i < scripts.length && !run.terminal; i++) {
      const script = scripts[i];
      run.begin(script.slot, script.runtimeError);
      try {
        // Of a message with a billion recipients even an empty script would not end.
        run.step({ script: script.name, line: 1 });
        script.run(run);
      } catch (error) {
        if (!(error instanceof ScriptFailure)) throw error;
        this.#failure(error);
      }
    }
  }

  /** A runtime error ends the phase with a reply of 421. */
  #failure({ place, message }: ScriptFailure): void {
    const run = this.#run;
    const { world } = run;
    const { script, line } = place;
    run.code = 421;
    run.terminal = true;
    world.note(place, 'failed', message);
    const name = `${script}:${line}`;
    let rule = this.#failed.get(name);
    if (rule === undefined) {
      rule = world.declare({ script, line } satisfies ScriptPlace, 'reject');
      this.#failed.set(name, rule);
    }
    world.count(run.slot, name, '4xx');
    world.act(rule, { code: run.code, text: () => '' });
  }
}
