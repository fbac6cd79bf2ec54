import { existsSync } from 'node:fs';
import path from 'node:path';
import { restoredEngine, restoredSessions } from '../console/restored-engine.ts';
import type { ConsoleTarget } from '../console/target.ts';
import type { AuditEngine } from '../engine/audit-engine.ts';
import { UserError } from '../model/errors.ts';
import { stateName } from '../series/name.ts';
import type { OpenSession } from '../simulate/replay.ts';
import { StateDirectory, type StoredRun } from './state-directory.ts';

/** The state that replays have left in a folder; its clock stands where the last one ended. */
export class StoredState implements ConsoleTarget {
  readonly engine: AuditEngine;
  readonly seriesDir: string;
  readonly #directory: StateDirectory;
  readonly #run: StoredRun;

  /** @throws {UserError} when there is none, or when it must be refused */
  constructor(folder: string) {
    this.seriesDir = folder;
    this.#directory = new StateDirectory(folder);
    const run = this.#directory.read();
    if (run === undefined) {
      throw new UserError(
        `there is no state in ${folder}`,
        `hindcast replay LOGS --state ${folder} leaves one`,
      );
    }
    this.#run = run;
    this.engine = restoredEngine(run.state.audit);
  }

  get clockMs(): number | undefined {
    return this.#run.state.clockMs ?? undefined;
  }

  readonly openSessions = (): OpenSession[] => restoredSessions(this.#run.state);

  /** Counts are all that a console changes: sessions, rules and inputs stay as they were read. */
  readonly save = (): Promise<void> => {
    const { state } = this.#run;
    if (state.audit === null) return Promise.resolve();
    const { feeds, cluster } = this.engine.save();
    const run = { ...this.#run, state: { ...state, audit: { ...state.audit, feeds, cluster } } };
    const series = feeds.filter(({ isMetric }) => !isMetric);
    const copies = series
      .map(({ name }) => this.engine.snapshot(name))
      .filter(({ name, monitor }) => {
        return existsSync(path.join(this.seriesDir, stateName(name, monitor, false)));
      });
    this.#directory.commit(run, copies);
    return Promise.resolve();
  };
}
