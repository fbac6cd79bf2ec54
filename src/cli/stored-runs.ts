import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { replaceRows } from '../engine/feed-changes.ts';
import type { AuditEngine } from '../engine/audit-engine.ts';
import { UserError } from '../model/errors.ts';
import type { FileReport } from '../model/file-report.ts';
import { compareText } from '../model/order.ts';
import type { SeriesSnapshot } from '../model/series-snapshot.ts';
import { formatIso } from '../model/time.ts';
import type { StoredFacts } from '../report/summary.ts';
import { ageSnapshot } from '../series/ageing.ts';
import { refuseOther } from '../series/fitting.ts';
import { stateName } from '../series/name.ts';
import { readSeriesFile } from '../series/store.ts';
import type { SeriesDefinition } from '../policy/rule-policy.ts';
import type { ReplayState } from '../simulate/replay-state.ts';
import { StateDirectory, type StoredInput, type StoredRun } from './state-directory.ts';

/** What must be the same in all runs of one state. */
type Settings = Pick<StoredRun, 'policy' | 'sessionTimeoutMs'>;

/** The runs before this one, as `--state` keeps them, and what this one adds. */
export class StoredRuns {
  readonly #path: string;
  readonly #directory: StateDirectory;
  readonly #settings: Settings;
  readonly #final: boolean;
  readonly #stored: StoredRun | undefined;

  /** @throws {UserError} when the state is damaged, closed, or of runs with other settings */
  constructor(directory: string, settings: Settings, final: boolean) {
    this.#path = directory;
    this.#directory = new StateDirectory(directory);
    this.#settings = settings;
    this.#final = final;
    const stored = (this.#stored = this.#directory.read());
    if (stored !== undefined) refuseUnlike(stored, directory, settings);
  }

  /** Where the last run ended; undefined before the first. */
  get state(): ReplayState | undefined {
    return this.#stored?.state;
  }

  /**
   * The persisted series that lie in the folder before the first event: what a server reads when it
   * starts. They become what the series hold at that event, which a later run may bring.
   *
   * @throws {UserError} when a file is damaged, or of a series that is defined otherwise
   */
  persisted(series: readonly SeriesDefinition[]): SeriesSnapshot[] {
    if (this.#stored !== undefined && this.#stored.state.audit !== null) return [];
    return series.flatMap((own) => {
      const file = path.join(this.#path, stateName(own.name, own.monitor, false));
      if (!own.persist || !existsSync(file)) return [];
      const snapshot = readSeriesFile(file);
      refuseOther(file, snapshot, own);
      return [snapshot];
    });
  }

  /**
   * Refuses inputs that an earlier run has read, or the beginning of which it has: their events
   * would count twice.
   */
  refuseKnown(openings: ReadonlyMap<string, Buffer>): void {
    const known = new Map(this.#stored?.inputs.map((input) => [input.opening, input]));
    for (const [name, bytes] of openings) {
      const before = known.get(digestOf(bytes));
      if (before === undefined) continue;
      throw new UserError(
        `${name} begins with the same line as ${before.name}, which was replayed into this state`,
        growthHint(name, bytes, before.lines),
      );
    }
  }

  /** Refuses a run whose logs all end before the state's clock: nothing of them would be judged. */
  refusePast(files: readonly FileReport[]): void {
    const clockMs = this.#stored?.state.clockMs ?? null;
    if (clockMs === null) return;
    const ends = files.flatMap(({ lastMs }) => (lastMs === undefined ? [] : [lastMs]));
    if (ends.length === 0 || ends.some((lastMs) => lastMs >= clockMs)) return;
    throw new UserError(
      `these logs end before the state's clock, ${formatIso(clockMs)}`,
      'runs with --state take logs in the order of time',
    );
  }

  /** What a report says about the runs before this one and the next. */
  factsOf({ clockMs, held }: ReplayState): StoredFacts {
    return {
      fromMs: this.#stored?.state.clockMs ?? undefined,
      clockMs: clockMs ?? undefined,
      held: held.length,
      closed: this.#final,
    };
  }

  /** Sees that the state can be written in the end. */
  prepare(): void {
    this.#directory.prepare();
  }

  /** Takes back what the run has made before it failed. */
  discard(): void {
    this.#directory.discard();
  }

  commit(
    state: ReplayState,
    files: readonly FileReport[],
    openings: ReadonlyMap<string, Buffer>,
    persisted: readonly SeriesSnapshot[],
  ): void {
    const added = files.flatMap((file): StoredInput[] => {
      const opening = openings.get(file.file);
      if (opening === undefined) return [];
      const { file: name, lines } = file;
      return [
        {
          name,
          opening: digestOf(opening),
          lines,
          first: iso(file.firstMs),
          last: iso(file.lastMs),
        },
      ];
    });
    const inputs = [...(this.#stored?.inputs ?? []), ...added];
    inputs.sort((a, b) => compareText(a.opening, b.opening));
    const { policy, sessionTimeoutMs } = this.#settings;
    const run = { policy, sessionTimeoutMs, closed: this.#final, inputs, state };
    // Before the first event the series in the folder are still to be read, not to be replaced.
    this.#directory.commit(run, state.audit === null ? [] : persisted);
  }
}

/**
 * Puts persisted series into an engine whose clock has just been set. Windows that have aged out
 * since are dropped.
 *
 * @returns what was dropped, to be told to the user
 * @throws {UserError} when a series goes on after `nowMs`
 */
export function loadPersisted(
  engine: AuditEngine,
  snapshots: readonly SeriesSnapshot[],
  nowMs: number,
): string[] {
  return snapshots.flatMap((stored) => {
    const { snapshot, dropped } = ageSnapshot(stored, nowMs);
    replaceRows(engine.seriesNamed(stored.name), snapshot.rows);
    if (dropped.rows === 0) return [];
    const gone = `dropped rows ${dropped.rows}, of windows ${dropped.windows}`;
    return [`series ${stored.name}: ${gone}: they had aged out by the first event`];
  });
}

/** @param opening the first line, of a CSV with its header */
function growthHint(name: string, opening: Buffer, lines: number): string {
  const goesOn = `a log that has grown goes on at line ${lines + 1}`;
  const isPlain = name !== '-' && !name.endsWith('.gz');
  const hasHeader = opening.indexOf(10) < opening.length - 1;
  return isPlain && !hasHeader
    ? `${goesOn}: tail -n +${lines + 1} ${name}`
    : `${goesOn}; replay only what follows`;
}

/** @throws {UserError} when no run with these settings can follow */
function refuseUnlike(stored: StoredRun, directory: string, settings: Settings): void {
  if (stored.closed) {
    throw new UserError(
      `the state in ${directory} was closed with --final: no run can follow`,
      'begin a new one in another folder',
    );
  }
  if (stored.policy !== settings.policy) {
    throw new UserError(
      `the state in ${directory} was made with another policy`,
      'go on with that policy, or begin a new state in another folder',
    );
  }
  if (stored.sessionTimeoutMs !== settings.sessionTimeoutMs) {
    throw new UserError(
      `the state in ${directory} was made with --session-timeout ` +
        `${stored.sessionTimeoutMs / 1000}s`,
      'go on with that one, or begin a new state in another folder',
    );
  }
}

function digestOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function iso(timeMs: number | undefined): string | null {
  return timeMs === undefined ? null : formatIso(timeMs);
}
