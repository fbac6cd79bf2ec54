import type { EventSource } from '../../clock/event-source.ts';
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
  const { sources, sessionTimeoutMs, toMs } = options;
  const collateral = options.collateral ?? { labels: undefined };
  const enforced = new EnforcedRun({ ...options, collateral });
  const observed = new PolicyRun({ ...options, collateral, top: 0, sink: windowsOf(enforced) });
  const needs = options.retryMs === undefined ? options.needs : withSessions(options.needs);
  const takers = [observed, enforced];
  const stream = new EventStream({ sources, needs, takers, sessionTimeoutMs, toMs });
  await stream.advance(Infinity);
  observed.finish(false);
  enforced.finish(observed.tally);
  return {
    tally: enforced.tally,
    snapshot: (series) => enforced.engine.snapshot(series),
    persisted: enforced.persisted,
    state: undefined,
  };
}

/** A session that comes back has one name in all its lines, those of its messages too. */
function withSessions({ textFields }: Needs): Needs {
  return { textFields: textFields | (1 << TEXT.session) };
}

/** Of the run that observes, the report of the other one has the windows alone. */
function windowsOf(enforced: EnforcedRun): ReplaySink {
  return { ...SILENT_SINK, window: (row) => enforced.closed('observed', row) };
}
