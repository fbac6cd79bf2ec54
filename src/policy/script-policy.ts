import type { ScriptAudit } from '../engine/port.ts';
import type { EventBatch } from '../model/event-batch.ts';
import type { Needs } from '../model/event.ts';
import type { Coverage } from './coverage.ts';

// The port between a policy that is a script (it answers by itself, phase by phase) and the replay.

/** What a script does to a session. `reject` and `disconnect` stop it, `discard` stops a message. */
export type ScriptVerdict = 'tarpit' | 'reject' | 'disconnect' | 'discard';

/** What an action does to the session at hand where it is in force (semantics, section 6). */
export type ScriptEffect =
  | {
      /** The code of the reply. */
      readonly code: number;
      /** Asked only where the action is in force: so is what a script asks for its words. */
      readonly text: () => string;
    }
  | {
      /** How long a tarpit holds. */
      readonly seconds: number;
    };

/** A place in a script: what messages and reports name. */
export interface ScriptPlace {
  /** The script's name as reports show it, without folders. */
  readonly script: string;
  /** 1-based. */
  readonly line: number;
}

/** How `stats` counts: by the reply, or `informational` for what changes no reply. */
export type CounterClass = '5xx' | '4xx' | 'informational';

/** What the replay knows of the message at hand; made anew for each MAIL transaction. */
export interface ScriptMessage {
  /** `vctx_mess`. */
  readonly context: Map<string, string>;
  /** What the log has told so far; empty where it has not. */
  sender: string;
  recipient: string;
}

/** What the replay knows of the session at hand, as long as it is open. */
export interface ScriptSession {
  /** `vctx_conn`. */
  readonly context: Map<string, string>;
  /** What a policy keeps with the session, whatever that is; undefined at its beginning. */
  readonly memory: { own: unknown };
  /** What the log has told so far; empty where it has not. */
  helo: string;
  message: ScriptMessage;
}

/** The event at hand; one object, changed for each. */
export interface ScriptEvent {
  batch: EventBatch;
  row: number;
  /** The simulated clock, milliseconds UTC. */
  nowMs: number;
  session: ScriptSession;
}

/** The replay as a script sees it. */
export interface ScriptWorld {
  readonly audit: ScriptAudit;
  readonly event: ScriptEvent;
  /** Makes a place of a script a rule of the report; the number is for `act`. */
  declare(place: ScriptPlace, verdict: ScriptVerdict): number;
  /** A declared place acts on the event at hand. */
  act(rule: number, effect: ScriptEffect): void;
  /** Adds one to a counter of the `stats` table. */
  count(phase: string, counter: string, kind: CounterClass): void;
  /** A line that the script logs; `file` empty: the paniclog. */
  log(place: ScriptPlace, file: string, text: string): void;
  /**
   * Tells the reader of the report something about a place, once and counted.
   *
   * @throws {UserError} under `--strict` when `kind` is `not-simulated`
   */
  note(place: ScriptPlace, kind: NoteKind, text: string): void;
}

/** What a script is asked about: an event, and of its recipients the one at hand. */
export interface Moment {
  readonly world: ScriptWorld;
  readonly event: ScriptEvent;
  /** From 0; only the first one has an address in a log. */
  readonly recipient: number;
}

/** `not-simulated`: an answer is missing; `failed`: a runtime error; `doubt`: odd and counted on. */
export type NoteKind = 'not-simulated' | 'failed' | 'doubt';

/** Scripts bound to a replay. */
export interface ScriptRunner {
  /** Bit p: some script runs in phase p (`PHASE`). */
  readonly phases: number;
  /** Runs the scripts of the phases that the event at hand implies. */
  judge(): void;
  /** A session ended that had events; the event at hand has nothing but its peer. */
  ended(session: ScriptSession): void;
  /** Where a phase that `count` was told of stands in a session. */
  orderOf(phase: string): number;
}

/** Checked scripts with all that they read. */
export interface ScriptPolicy {
  /** The fields of events that the scripts may ask. */
  readonly needs: Needs;
  /** Whether sessions must remember something between their events (`ScriptSession`). */
  readonly keepsSessions: boolean;
  /**
   * Compiles the scripts; before the first event, so that what they ask is ready.
   *
   * @param coverage marks what of them is reached; undefined: nobody asks, and nothing is spent on it
   */
  bind(world: ScriptWorld, coverage?: Coverage): ScriptRunner;
}
