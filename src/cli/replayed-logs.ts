import type { ConsoleTarget } from '../console/target.ts';
import type { AuditEngine } from '../engine/audit-engine.ts';
import { UserError } from '../model/errors.ts';
import { Vocabulary } from '../model/vocabulary.ts';
import { needsOf } from '../policy/needs.ts';
import type { RulePolicy } from '../policy/rule-policy.ts';
import type { ScriptPolicy } from '../policy/script-policy.ts';
import { ReplayRun, type OpenSession } from '../simulate/replay.ts';
import type { LogOptions } from './input-options.ts';
import { openLogs, type OpenLogs } from './open-logs.ts';
import { refuseUnusable } from './unusable-logs.ts';

export interface ReplayedLogsOptions extends LogOptions {
  readonly logs: readonly string[];
  readonly rules: RulePolicy;
  readonly scripts: ScriptPolicy | undefined;
  readonly sessionTimeoutMs: number | undefined;
  readonly signal: AbortSignal;
  /** Shows how far a replay is; the function that it returns ends that. */
  readonly showProgress: (progress: OpenLogs['progress']) => () => void;
}

/** Logs under a clock that moves as the user says: on, or from the start again. */
export class ReplayedLogs implements ConsoleTarget {
  readonly seriesDir = '';
  readonly #options: ReplayedLogsOptions;
  #logs: OpenLogs;
  #run: ReplayRun;

  private constructor(options: ReplayedLogsOptions, logs: OpenLogs, run: ReplayRun) {
    this.#options = options;
    this.#logs = logs;
    this.#run = run;
  }

  /**
   * Replays the logs up to `untilMs`; Infinity: to their end.
   *
   * @throws {UserError} when they cannot be opened, or hold no line that can be read
   */
  static async open(options: ReplayedLogsOptions, untilMs: number): Promise<ReplayedLogs> {
    const target = new ReplayedLogs(options, ...(await start(options)));
    try {
      await target.#advance(untilMs);
      if (untilMs === Infinity) refuseUnusable(target.#logs.reports([]));
    } catch (error) {
      target.close();
      throw error;
    }
    return target;
  }

  get engine(): AuditEngine {
    return this.#run.engine;
  }

  get clockMs(): number | undefined {
    const { clockMs } = this.#run;
    return clockMs === -Infinity ? undefined : clockMs;
  }

  readonly openSessions = (): OpenSession[] => this.#run.openSessions();

  readonly moveTo = async (timeMs: number): Promise<boolean> => {
    const back = timeMs < this.#run.clockMs;
    if (back) await this.#startAgain();
    await this.#advance(timeMs);
    return back;
  };

  close(): void {
    this.#logs.close();
  }

  async #startAgain(): Promise<void> {
    if (this.#options.logs.includes('-')) {
      throw new UserError('standard input can be read once only, so the clock cannot go back');
    }
    this.close();
    [this.#logs, this.#run] = await start(this.#options);
  }

  async #advance(untilMs: number): Promise<void> {
    const hideProgress = this.#options.showProgress(this.#logs.progress);
    try {
      await this.#run.advance(untilMs);
    } finally {
      hideProgress();
    }
  }
}

async function start(options: ReplayedLogsOptions): Promise<[OpenLogs, ReplayRun]> {
  const { logs: names, rules: policy, scripts, sessionTimeoutMs, signal } = options;
  const vocabulary = new Vocabulary();
  const needs = scripts?.needs ?? needsOf(policy);
  const logs = await openLogs(names, options, { vocabulary, needs, gapMs: Infinity, signal });
  const { sources, fileOf } = logs;
  const run = new ReplayRun({
    sources,
    vocabulary,
    needs,
    policy,
    scripts,
    sessionTimeoutMs,
    fileOf,
  });
  return [logs, run];
}
