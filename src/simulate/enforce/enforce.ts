import type { EventSource } from '../../clock/event-source.ts';
import type { AuditEngine } from '../../engine/audit-engine.ts';
import { TEXT, type Needs } from '../../model/event.ts';
import { EnforcedRun, type EnforcedRunOptions } from './enforced-run.ts';
import { EventStream } from '../event-stream.ts';
import { PolicyRun } from '../policy-run.ts';
import type { ReplayResult } from '../replay.ts';
import { SILENT_SINK } from '../silent-sink.ts';
import type { ReplaySink } from '../tally.ts';

export interface EnforceOptions extends EnforcedRunOptions {
  readonly sources: readonly EventSource[];
  readonly needs: Needs;
  readonly sessionTimeoutMs?: number | undefined;
}

/**
 * Replays inputs with the policy's rules in force: what a verdict stops no longer happens
 * (semantics, section 6). Beside it the same policy observes the log as it is.
 *
 * @throws {CheckError} when `maxKeys` is reached
 */
export async function enforce(options: EnforceOptions): Promise<ReplayResult> {
  const run = new EnforcedReplay(options);
  await run.reach(Infinity);
  return run.finish();
}

/** The same, able to stand still at any moment of the simulated clock. */
export class EnforcedReplay {
  readonly #enforced: EnforcedRun;
  readonly #observed: PolicyRun;
  readonly #stream: EventStream;

  constructor(options: EnforceOptions) {
    const { sources, retryMs, sessionTimeoutMs, toMs } = options;
    const needs = retryMs === undefined ? options.needs : withSessions(options.needs);
    const collateral = options.collateral ?? { labels: undefined };
    const enforced = (this.#enforced = new EnforcedRun({ ...options, collateral }));
    this.#observed = new PolicyRun({
      ...options,
      collateral,
      top: 0,
      sink: windowsOf(enforced),
      nodeSink: undefined,
      onFiring: undefined,
      coverage: undefined,
    });
    const takers = [this.#observed, enforced];
    this.#stream = new EventStream({ sources, needs, takers, sessionTimeoutMs, toMs });
  }

  /** The audit engine of the attempts. */
  get engine(): AuditEngine {
    return this.#enforced.engine;
  }

  /**
   * Lets all events before `untilMs` happen and moves the windows there; the clock begins with the
   * first event. False: there was none yet.
   *
   * @throws {CheckError} when `maxKeys` is reached
   */
  reach(untilMs: number): Promise<boolean> {
    return this.#stream.reach(untilMs);
  }

  finish(): ReplayResult {
    const enforced = this.#enforced;
    this.#observed.finish(false);
    enforced.finish(this.#observed.tally);
    return {
      tally: enforced.tally,
      snapshot: (series) => enforced.engine.snapshot(series),
      persisted: enforced.persisted,
      state: undefined,
    };
  }
}

/** A session that comes back has one name in all its lines, those of its messages too. */
function withSessions({ textFields }: Needs): Needs {
  return { textFields: textFields | (1 << TEXT.session) };
}

/** Of the run that observes, the report of the other one has the windows alone. */
function windowsOf(enforced: EnforcedRun): ReplaySink {
  return { ...SILENT_SINK, window: (row) => enforced.closed('observed', row) };
}
