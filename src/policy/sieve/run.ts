import type { ScriptEvent, ScriptPlace, ScriptWorld } from '../script-policy.ts';
import type { Value } from './value.ts';

/** Scripts and commands that one event may run: far beyond any policy, short of a hang. */
const MAX_STEPS = 100_000;

/** A script could not go on: a runtime error of the language (`runtime_error`). */
export class ScriptFailure extends Error {
  override readonly name = 'ScriptFailure';
  readonly place: ScriptPlace;
  /** Ends the script whatever `runtime_error` and `ec_error_mode` say. */
  readonly isFinal: boolean;

  constructor(place: ScriptPlace, message: string, isFinal = false) {
    super(message);
    this.place = place;
    this.isFinal = isFinal;
  }
}

/** One execution of a script and of those that it includes. One object, used again for each. */
export class Run {
  readonly world: ScriptWorld;
  readonly event: ScriptEvent;
  /** By number of the name; undefined: not set. */
  readonly variables: (Value | undefined)[] = [];
  /** Where the script stands: `connect_phase1`. */
  slot = '';
  /** Commands run at the event at hand. */
  steps = 0;
  /** `stop` or a terminal action: nothing behind it runs. */
  ended = false;
  /** The reply of the phase: 250 until an action sets another one. */
  code = 250;
  /** A terminal action was taken: phase2 does not run. */
  terminal = false;
  /** What a runtime error does: `ec_error_mode`, or `runtime_error` of the configuration. */
  onError: 'fail' | 'continue' = 'fail';
  /** Scripts that are open: the script of the phase and what it includes. */
  depth = 0;
  /** The recipient of the `each_rcpt` or `rcptto` at hand, from 0; further ones have no address. */
  recipient = 0;

  constructor(world: ScriptWorld) {
    this.world = world;
    this.event = world.event;
  }

  /** Begins a script with all variables unset. */
  begin(slot: string, onError: 'fail' | 'continue'): void {
    this.variables.fill(undefined);
    this.slot = slot;
    this.ended = false;
    this.onError = onError;
    this.depth = 0;
  }

  /** The event at hand has used up its steps: nothing more runs. */
  get isExhausted(): boolean {
    return this.steps > MAX_STEPS;
  }

  /** @throws {ScriptFailure} when the event has used up its steps */
  step(place: ScriptPlace): void {
    if (++this.steps > MAX_STEPS) {
      throw new ScriptFailure(place, `more than ${MAX_STEPS} steps at one event`, true);
    }
  }

  /** Goes on behind a statement that failed, where the error mode lets it; else throws again. */
  recover(error: unknown): void {
    if (!(error instanceof ScriptFailure)) throw error;
    if (error.isFinal || this.onError === 'fail') throw error;
    this.world.note(error.place, 'failed', error.message);
  }
}
