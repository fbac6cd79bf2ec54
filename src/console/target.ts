import type { AuditEngine } from '../engine/audit-engine.ts';
import type { OpenSession } from '../simulate/replay.ts';

/** What a console is about: a state that was stored, or logs that were replayed. */
export interface ConsoleTarget {
  /** Replaced when the clock goes back. */
  readonly engine: AuditEngine;
  /** Simulated time, milliseconds UTC; undefined before the first event. */
  readonly clockMs: number | undefined;
  /** Sessions open now, in any order. */
  readonly openSessions: () => readonly OpenSession[];
  /** Where `load` looks for files by the name of their series. */
  readonly seriesDir: string;
  /**
   * Moves the clock to `timeMs`, Infinity being the end of the logs. Back, the logs are replayed
   * from their start, and all that was changed by hand is gone: the result is true. Absent: there
   * are no logs.
   */
  readonly moveTo?: (timeMs: number) => Promise<boolean>;
  /** Writes the state back. Absent: there is none. */
  readonly save?: () => Promise<void>;
}

/** Where answers and notes go. */
export interface ConsoleOutput {
  /** Writes results. Returns false once nobody reads them any more. */
  out(text: string): boolean;
  err(text: string): void;
}
