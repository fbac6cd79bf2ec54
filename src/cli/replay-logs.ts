import path from 'node:path';
import { UserError } from '../model/errors.ts';
import type { Monitor } from '../model/monitor.ts';
import type { SeriesSnapshot } from '../model/series-snapshot.ts';
import { Vocabulary } from '../model/vocabulary.ts';
import { needsOf } from '../policy/needs.ts';
import { summaryJson, type ReplayReport } from '../report/summary.ts';
import { DEFAULT_SESSION_TIMEOUT_MS } from '../correlate/correlator.ts';
import { enforce } from '../simulate/enforce/enforce.ts';
import { replay as replayEvents } from '../simulate/replay.ts';
import type { ClusterOptions } from './cluster-settings.ts';
import type { ConfigurationOptions } from './configuration-file.ts';
import { durationOption, fromToOptions, type LogOptions } from './input-options.ts';
import { commonOptions, digestOf, givenOf, inputJson, policyJson } from './manifest.ts';
import { openLogs } from './open-logs.ts';
import type { PolicySource } from './policy-file.ts';
import { ReplayOutput } from './replay-output.ts';
import { loadRunPolicy, type RunPolicy } from './run-policy.ts';
import { loadPersisted, StoredRuns } from './stored-runs.ts';
import type { ScriptOptions } from './scripts.ts';
import { refuseUnusable } from './unusable-logs.ts';
import { readWhatIf, type WhatIf, type WhatIfOptions } from './what-if-options.ts';
import { VERSION } from './version.ts';

/** What `replay` takes; the same words as the command line's. */
export interface ReplayLogsOptions
  extends LogOptions, ScriptOptions, WhatIfOptions, ConfigurationOptions, ClusterOptions {
  /** Files, globs, folders, or `-` for standard input; none only with `final`. */
  readonly logs: readonly string[];
  /** A policy file, or a policy's text. Absent: the built-in metrics alone. */
  readonly policy?: PolicySource | undefined;
  /** Folder for the report: it must be new or empty, unless `force` is set. Absent: no files. */
  readonly out?: string | undefined;
  readonly force?: boolean | undefined;
  /** With `out`: what each node counted, too, in a folder of its own. */
  readonly by?: 'node' | undefined;
  /**
   * Folder with the state of earlier runs: this one goes on where they ended and leaves its own.
   * Windows that are still open are reported by the run that closes them.
   */
  readonly state?: string | undefined;
  /** With `state`: closes every window, so that nothing can follow. */
  readonly final?: boolean | undefined;
  /** Folder for the journals of series, those of other runs included; else they are in the report. */
  readonly journal?: string | undefined;
  /** Report events from this time on (ISO 8601 or epoch); earlier ones warm the windows. */
  readonly from?: string | undefined;
  /** Stop before this time. */
  readonly to?: string | undefined;
  /** Keys per window in keys.csv; Infinity: all. Default 20. */
  readonly top?: number | undefined;
  /** Silence that ends a session without a logged end; default `10m`. */
  readonly sessionTimeout?: string | undefined;
  readonly maxKeys?: number | undefined;
  /** Whether counts stop at 0 where an amount would take them below. */
  readonly clampNegative?: boolean | undefined;
  /** Ends the run with an `InterruptedError`; no report is left. */
  readonly signal?: AbortSignal | undefined;
  /** Told once when the logs are open; `progress()` may then be asked at any time. */
  readonly onOpen?: ((progress: () => { bytes: number; total: number }) => void) | undefined;
}

export interface ReplayLogsResult {
  readonly report: ReplayReport;
  /** What each named series of the policy holds at the end; made each time it is asked. */
  readonly series: readonly SeriesSnapshot[];
  /** The summary as in `summary.json`. */
  readonly summary: unknown;
  /** Firings of each rule in this run alone, in the order of the policy. */
  readonly firings: readonly { readonly rule: string; readonly firings: number }[];
  /** Those of the configuration, then of the policy, as shown to a user. */
  readonly warnings: readonly string[];
}

/**
 * Replays mail logs through the audit engine and judges them by a policy.
 *
 * @throws {UserError} for a mistake in the options, the configuration, the policy or the inputs;
 *   nothing was simulated
 * @throws {DiskError} when an input is damaged or the report cannot be written
 * @throws {CheckError} when `maxKeys` is reached
 * @throws {InterruptedError} when `signal` is aborted
 */
export async function replay(options: ReplayLogsOptions): Promise<ReplayLogsResult> {
  const run = loadRunPolicy(options.policy, options);
  const { policy, scripts } = run;
  const { fromMs, toMs } = fromToOptions(options);
  const sessionTimeoutMs =
    durationOption('--session-timeout', options.sessionTimeout) ?? DEFAULT_SESSION_TIMEOUT_MS;
  refuseOverlaps(options);
  refuseBy(options);
  if (scripts !== undefined && options.state !== undefined) {
    throw new UserError(
      '--state does not go with scripts yet: what they keep between events is not stored',
      'replay all logs in one run',
    );
  }
  const whatIf = readWhatIf(options, run);
  const runs = openRuns(options, { policy: settledDigest(run, options), sessionTimeoutMs });
  const persistedBefore = runs?.persisted(policy.series) ?? [];
  const aged: string[] = [];
  const vocabulary = new Vocabulary();
  const needs = scripts?.needs ?? needsOf(policy);
  const monitors = [...policy.monitors, ...policy.series.map(({ monitor }) => monitor)];
  const logs = await openLogs(options.logs, options, {
    vocabulary,
    needs,
    gapMs: longestSpan(monitors),
    signal: options.signal,
    afterMs: runs?.state?.clockMs ?? undefined,
    policies: [{ policy, placed: run.placed, hasScripts: scripts !== undefined }],
  });
  options.onOpen?.(logs.progress);
  let output: ReplayOutput | undefined;
  try {
    runs?.refuseKnown(logs.openings);
    runs?.prepare();
    output = new ReplayOutput(options);
    const asked = {
      sources: logs.sources,
      vocabulary,
      needs,
      policy,
      fromMs,
      toMs,
      sessionTimeoutMs,
      clampNegative: options.clampNegative,
      maxKeys: options.maxKeys,
      top: options.top,
      fileOf: logs.fileOf,
      sink: output.sink,
      nodeSink: output.nodeSink,
      collateral: whatIf.collateral,
      scripts,
      strict: options.strict,
    };
    const result =
      whatIf.enforce === undefined
        ? await replayEvents({
            ...asked,
            onStart: (engine, nowMs) => aged.push(...loadPersisted(engine, persistedBefore, nowMs)),
            state: runs?.state,
            pauses: runs !== undefined && options.final !== true,
            keepsState: runs !== undefined,
          })
        : await enforce({ ...asked, retryMs: whatIf.enforce.retryMs });
    const { tally, snapshot, persisted: kept, state } = result;
    const files = logs.reports(tally.bySource);
    refuseUnusable(files);
    runs?.refusePast(files);
    const stored = state && runs?.factsOf(state);
    const report = {
      version: VERSION,
      policy: run.name,
      files,
      tally,
      stored,
      missing: logs.notes,
    };
    const summary = summaryJson(report);
    const persisted = kept.map((name) => snapshot(name));
    output.commit(persisted, jsonText(summary), jsonText(manifestOf(options, run, whatIf, report)));
    // Last: a run that dies before this is run again from where the one before it ended.
    if (state !== undefined) runs?.commit(state, files, logs.openings, persisted);
    return {
      report,
      get series() {
        return policy.series.map(({ name }) => snapshot(name));
      },
      summary,
      firings: tally.rules.map(({ name, firings }, index) => {
        const before = runs?.state?.ledger.rules[index].tally.firings ?? 0;
        return { rule: name, firings: firings - before };
      }),
      warnings: [...run.warnings, ...logs.notes, ...aged],
    };
  } catch (error) {
    output?.discard();
    runs?.discard();
    throw error;
  } finally {
    logs.close();
  }
}

/** Refuses folders that a report replaces, or where it grows: what others left there would be lost. */
function refuseOverlaps({ out, state, journal }: ReplayLogsOptions): void {
  if (out === undefined) return;
  const report = path.resolve(out);
  const kept = { '--state': state, '--journal': journal };
  for (const [option, folder] of Object.entries(kept)) {
    if (folder === undefined || folder === '') continue;
    const below = path.relative(report, path.resolve(folder)).split(path.sep)[0];
    const grows = option === '--journal' && below === '';
    if (!grows && !['series', 'nodes', '.partial'].includes(below)) continue;
    throw new UserError(
      `${option} ${folder} is a folder of the report --out ${out}`,
      'name a folder that no report replaces',
    );
  }
}

/** Refuses to split a report by what it cannot be split by, or where there is none. */
function refuseBy({ by, out, state }: ReplayLogsOptions): void {
  if (by === undefined) return;
  if ((by as string) !== 'node') {
    throw new UserError(`by: '${by}' is nothing that a report is split by`, "by: 'node'");
  }
  if (out === undefined) {
    throw new UserError(
      '--by node writes files, and there is no --out',
      'name a folder for the report with --out',
    );
  }
  if (state === undefined) return;
  throw new UserError(
    '--by node does not go with --state yet: what each node has counted alone is not stored',
    'replay all logs in one run; summary.json has the totals of each node in any run',
  );
}

/** Where the state of other runs is, if the user named it. */
function openRuns(
  options: ReplayLogsOptions,
  settings: ConstructorParameters<typeof StoredRuns>[1],
): StoredRuns | undefined {
  const { state, final, logs, from, to } = options;
  if (state === undefined) {
    if (final === true) throw new UserError('--final closes the windows of a --state; name one');
    if (logs.length === 0) throw new UserError('no logs named');
    return undefined;
  }
  if (logs.length === 0 && final !== true) {
    throw new UserError('no logs named', 'only --final goes without: it closes the open windows');
  }
  if (options.inferConnections === true) {
    throw new UserError(
      '--infer-connections does not go with --state: connections seen before are not stored',
      'replay all logs in one run',
    );
  }
  const span = from === undefined ? (to === undefined ? undefined : '--to') : '--from';
  if (span !== undefined) {
    throw new UserError(
      `${span} does not go with --state: a run goes on where the one before it ended`,
      'cut the log instead, or replay without --state',
    );
  }
  return new StoredRuns(state, settings, final === true);
}

/** Indented JSON with a final line end: the form of all JSON output. */
export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

/** How long the longest of these monitors keeps what it counts, milliseconds. */
export function longestSpan(monitors: readonly Monitor[]): number {
  return Math.max(...monitors.map(({ intervalMs, windows }) => intervalMs * windows));
}

/** What all runs of a state must share: the policy, and what changes how it counts. */
function settledDigest(
  { texts }: RunPolicy,
  { clampNegative, maxDelay }: ReplayLogsOptions,
): string | null {
  const clamp = clampNegative === true ? ['clamp-negative'] : [];
  const delayMs = durationOption('--max-delay', maxDelay);
  const delay = delayMs === undefined ? [] : [`max-delay ${delayMs}`];
  return digestOf([...texts, ...clamp, ...delay]);
}

/** What the report was made from: everything that changes results, and nothing else. */
function manifestOf(
  options: ReplayLogsOptions,
  { texts, settings, skipped }: RunPolicy,
  whatIf: WhatIf,
  report: ReplayReport,
): unknown {
  const chosen = {
    ...commonOptions(options),
    top: options.top === Infinity ? 'all' : options.top,
    by: options.by,
    enforce: options.enforce,
    retry: options.retry,
  };
  return {
    hindcast: VERSION,
    policy: policyJson(texts),
    ...(whatIf.texts.length === 0 ? {} : { labels: policyJson(whatIf.texts) }),
    ...(Object.keys(settings).length === 0 ? {} : { audit: settings }),
    ...(skipped.size === 0 ? {} : { skipped: Object.fromEntries(skipped) }),
    options: givenOf(chosen),
    inputs: report.files.map(inputJson),
  };
}
