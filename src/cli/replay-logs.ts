import { createHash } from 'node:crypto';
import path from 'node:path';
import { UserError } from '../model/errors.ts';
import type { Monitor } from '../model/monitor.ts';
import type { SeriesSnapshot } from '../model/series-snapshot.ts';
import { formatIso } from '../model/time.ts';
import { Vocabulary } from '../model/vocabulary.ts';
import { needsOf } from '../policy/needs.ts';
import { summaryJson, type ReplayReport } from '../report/summary.ts';
import { replay as replayEvents } from '../simulate/replay.ts';
import { durationOption, timeOption, type LogOptions } from './input-options.ts';
import { openLogs } from './open-logs.ts';
import type { PolicySource } from './policy-file.ts';
import { ReportDirectory } from './report-directory.ts';
import { loadRunPolicy, type RunPolicy } from './run-policy.ts';
import { refuseUnusable } from './unusable-logs.ts';
import { VERSION } from './version.ts';

/** What `replay` takes; the same words as the command line's. */
export interface ReplayLogsOptions extends LogOptions {
  /** Files, globs, folders, or `-` for standard input. */
  readonly logs: readonly string[];
  /** A policy file, or a policy's text. Absent: the built-in metrics alone. */
  readonly policy?: PolicySource | undefined;
  /** An `ecelerity.conf`: its `inbound_audit` stanza gives the monitors. */
  readonly config?: string | undefined;
  /** Folder for the report: it must be new or empty, unless `force` is set. Absent: no files. */
  readonly out?: string | undefined;
  readonly force?: boolean | undefined;
  /** Report events from this time on (ISO 8601 or epoch); earlier ones warm the windows. */
  readonly from?: string | undefined;
  /** Stop before this time. */
  readonly to?: string | undefined;
  /** Keys per window in keys.csv; Infinity: all. Default 20. */
  readonly top?: number | undefined;
  /** Silence that ends a session without a logged end; default `10m`. */
  readonly sessionTimeout?: string | undefined;
  readonly maxKeys?: number | undefined;
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
  const run = loadRunPolicy(options.policy, options.config);
  const { policy } = run;
  const fromMs = timeOption('--from', options.from);
  const toMs = timeOption('--to', options.to);
  if (fromMs !== undefined && toMs !== undefined && fromMs >= toMs) {
    throw new UserError(`--from ${options.from} is not before --to ${options.to}`);
  }
  const sessionTimeoutMs = durationOption('--session-timeout', options.sessionTimeout);
  const vocabulary = new Vocabulary();
  const needs = needsOf(policy);
  const monitors = [...policy.monitors, ...policy.series.map(({ monitor }) => monitor)];
  const logs = await openLogs(options.logs, options, {
    vocabulary,
    needs,
    gapMs: longestSpan(monitors),
    signal: options.signal,
  });
  options.onOpen?.(logs.progress);
  let directory: ReportDirectory | undefined;
  try {
    directory =
      options.out === undefined
        ? undefined
        : new ReportDirectory(options.out, options.force === true);
    const { tally, snapshot } = await replayEvents({
      sources: logs.sources,
      vocabulary,
      needs,
      policy,
      fromMs,
      toMs,
      sessionTimeoutMs,
      maxKeys: options.maxKeys,
      top: options.top,
      fileOf: logs.fileOf,
      sink: directory,
    });
    const files = logs.reports(tally.bySource);
    refuseUnusable(files);
    const report = { version: VERSION, policy: policyName(policy.file), files, tally };
    const summary = summaryJson(report);
    if (directory !== undefined) {
      for (const { name, persist } of policy.series) if (persist) directory.state(snapshot(name));
      const manifest = manifestOf(options, run, report);
      directory.commit(jsonText(summary), jsonText(manifest));
    }
    return {
      report,
      get series() {
        return policy.series.map(({ name }) => snapshot(name));
      },
      summary,
      warnings: run.warnings,
    };
  } catch (error) {
    directory?.discard();
    throw error;
  } finally {
    logs.close();
  }
}

/** Indented JSON with a final line end: the form of all JSON output. */
export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

/** The file's own name: where it lies must not change the report. */
function policyName(file: string): string | undefined {
  return file === '' ? undefined : path.basename(file);
}

function longestSpan(monitors: readonly Monitor[]): number {
  return Math.max(...monitors.map(({ intervalMs, windows }) => intervalMs * windows));
}

/** SHA-256 of the texts one after another, each closed by a NUL. */
function digestOf(texts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const text of texts) hash.update(text).update('\0');
  return hash.digest('hex');
}

/** What the report was made from: everything that changes results, and nothing else. */
function manifestOf(
  options: ReplayLogsOptions,
  { texts, settings }: RunPolicy,
  report: ReplayReport,
): unknown {
  const iso = (timeMs: number | undefined): string | null =>
    timeMs === undefined ? null : formatIso(timeMs);
  const chosen = {
    from: iso(timeOption('--from', options.from)),
    to: iso(timeOption('--to', options.to)),
    tz: options.tz,
    year: typeof options.year === 'number' ? [String(options.year)] : options.year,
    reorder: options.reorder,
    node: options.node,
    input_format: options.inputFormat,
    map: options.map,
    kind: options.kind,
    session_timeout: options.sessionTimeout,
    top: options.top === Infinity ? 'all' : options.top,
  };
  const given = Object.entries(chosen).filter(([, value]) => value !== undefined && value !== null);
  return {
    hindcast: VERSION,
    policy: texts.length === 0 ? null : { sha256: digestOf(texts) },
    ...(Object.keys(settings).length === 0 ? {} : { audit: settings }),
    options: Object.fromEntries(given),
    inputs: report.files.map(({ file, sizeBytes, firstMs, lastMs }) => ({
      name: file,
      size: sizeBytes,
      first: iso(firstMs),
      last: iso(lastMs),
    })),
  };
}
