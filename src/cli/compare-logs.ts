import { UserError } from '../model/errors.ts';
import { TEXT, type Needs } from '../model/event.ts';
import { Vocabulary } from '../model/vocabulary.ts';
import { needsOf } from '../policy/needs.ts';
import {
  changeLine,
  CHANGES_HEADER,
  comparisonJson,
  moverLines,
  type ComparisonReport,
} from '../report/comparison-rows.ts';
import { policyRemarks } from '../report/tables.ts';
import { compare } from '../simulate/compare/compare.ts';
import type { ClusterOptions } from './cluster-settings.ts';
import type { ConfigurationOptions } from './configuration-file.ts';
import { durationOption, fromToOptions, type LogOptions } from './input-options.ts';
import type { LabelOptions } from './label-lists.ts';
import { isLuaFile } from './lua-modules.ts';
import { commonOptions, givenOf, inputJson, policyJson } from './manifest.ts';
import { openLogs } from './open-logs.ts';
import { isScriptFile } from './policy-file.ts';
import { jsonText, longestSpan } from './replay-logs.ts';
import { REPORT_FILES } from './report-directory.ts';
import { ReportFolder } from './report-folder.ts';
import { loadRunPolicy, type RunPolicy } from './run-policy.ts';
import type { ScriptOptions } from './scripts.ts';
import { refuseUnusable } from './unusable-logs.ts';
import { VERSION } from './version.ts';
import { readLabels } from './what-if-options.ts';

/** What `compare` takes; the same words as the command line's. */
export interface CompareLogsOptions
  extends
    LogOptions,
    LabelOptions,
    ConfigurationOptions,
    ClusterOptions,
    Omit<ScriptOptions, 'phase'> {
  readonly logs: readonly string[];
  /** Policy files: the old one, then the new one. */
  readonly policy?: readonly string[] | undefined;
  /** Of the Sieve scripts among them: one for both, or one for each in their order. */
  readonly phase?: readonly string[] | undefined;
  readonly out?: string | undefined;
  readonly force?: boolean | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly sessionTimeout?: string | undefined;
  readonly clampNegative?: boolean | undefined;
  /** Movers that the summary names. */
  readonly limit: number;
  readonly signal: AbortSignal;
  /** Told once when the logs are open. */
  readonly onOpen: (progress: () => { bytes: number; total: number }) => void;
}

export interface CompareLogsResult {
  readonly report: ComparisonReport;
  /** The summary as in `summary.json`. */
  readonly summary: unknown;
  /** Of the policies, then what a reader should know of how they fared. */
  readonly warnings: readonly string[];
}

interface Policies {
  readonly old: RunPolicy;
  readonly new: RunPolicy;
}

/** What a row of changes.csv tells. */
const TOLD: Needs = {
  textFields: (1 << TEXT.sender) | (1 << TEXT.recipient) | (1 << TEXT.queue_id),
};

/**
 * Takes mail logs through two policies at once (docs/compare.md).
 *
 * @throws {UserError} for a mistake in the options, a policy or the inputs; nothing was simulated
 * @throws {DiskError} when an input is damaged or the report cannot be written
 * @throws {InterruptedError} when `signal` is aborted
 */
export async function compareLogs(options: CompareLogsOptions): Promise<CompareLogsResult> {
  const policies = loadPolicies(options);
  const both = [policies.old, policies.new];
  const { labels, texts } = readLabels(options, both);
  const { fromMs, toMs } = fromToOptions(options);
  const sessionTimeoutMs = durationOption('--session-timeout', options.sessionTimeout);
  const vocabulary = new Vocabulary();
  const needs = unionOf([...both.map((run) => run.scripts?.needs ?? needsOf(run.policy)), TOLD]);
  const monitors = both.flatMap(({ policy }) => [
    ...policy.monitors,
    ...policy.series.map(({ monitor }) => monitor),
  ]);
  const { signal } = options;
  const asking = both.map(({ policy, placed, scripts }) => {
    return { policy, placed, hasScripts: scripts !== undefined };
  });
  const demands = { vocabulary, needs, gapMs: longestSpan(monitors), signal, policies: asking };
  const logs = await openLogs(options.logs, options, demands);
  options.onOpen(logs.progress);
  let folder: ReportFolder | undefined;
  try {
    if (options.out !== undefined) folder = new ReportFolder(options.out, options.force === true);
    folder?.begin('changes.csv', CHANGES_HEADER);
    const comparison = await compare({
      ...policies,
      sources: logs.sources,
      vocabulary,
      needs,
      labels,
      strict: options.strict,
      clampNegative: options.clampNegative,
      sessionTimeoutMs,
      fromMs,
      toMs,
      fileOf: logs.fileOf,
      onChange: folder && ((row) => folder!.write('changes.csv', changeLine(row))),
    });
    const files = logs.reports(comparison.bySource);
    refuseUnusable(files);
    const [older, newer] = both.map(({ name }) => name!);
    const report = { version: VERSION, old: older, new: newer, files, comparison };
    const summary = comparisonJson(report, options.limit);
    folder?.begin('movers.csv', '');
    for (const line of moverLines(comparison)) folder?.write('movers.csv', line);
    folder?.begin('summary.json', jsonText(summary));
    folder?.begin('manifest.json', jsonText(manifestOf(options, policies, texts, report)));
    folder?.commit(REPORT_FILES);
    const remarks = (['old', 'new'] as const).flatMap((side) => {
      return policyRemarks(comparison[side]).map((remark) => `${side}: ${remark}`);
    });
    const warnings = new Set(both.flatMap((run) => run.warnings));
    return { report, summary, warnings: [...warnings, ...logs.notes, ...remarks] };
  } catch (error) {
    folder?.discard();
    throw error;
  } finally {
    logs.close();
  }
}

function loadPolicies(options: CompareLogsOptions): Policies {
  const { policy: files = [], strict, sliding, dnsFixture } = options;
  if (files.length !== 2) {
    const given = files.length === 1 ? 'one' : files.length === 0 ? 'none' : String(files.length);
    throw new UserError(
      `compare takes two policies, and ${given} ${files.length > 1 ? 'are' : 'is'} named`,
      '--policy old.yaml --policy new.yaml',
    );
  }
  const isProgram = (file: string): boolean => isScriptFile(file) || isLuaFile(file);
  const phases = phasesOf(files, options.phase ?? []);
  // Where no policy is a script, what goes with scripts is refused as for any other run.
  const isShared = !files.some(isProgram);
  const load = (at: number): RunPolicy => {
    const { config, root, maxDelay } = options;
    const own = isShared || isProgram(files[at]) ? { strict, sliding, dnsFixture } : {};
    return loadRunPolicy(files[at], { config, root, maxDelay, ...own, phase: phases[at] });
  };
  return { old: load(0), new: load(1) };
}

/** The phase of each policy: `--phase` is said once for all scripts, or of each in their order. */
function phasesOf(
  files: readonly string[],
  phases: readonly string[],
): readonly (string | undefined)[] {
  const scripts = files.filter(isScriptFile).length;
  if (phases.length > 1 && phases.length !== scripts) {
    const are = ['none of the policies is a', 'one of the policies is a', 'both policies are'];
    throw new UserError(
      `--phase is given ${phases.length} times, and ${are[scripts]} Sieve script` +
        (scripts === 2 ? 's' : ''),
      'once for all scripts, or once for each in the order of the policies',
    );
  }
  // Without a script to run in it, the phase is refused with the first policy.
  if (scripts === 0) return [phases[0], undefined];
  let next = 0;
  return files.map((file) => {
    if (!isScriptFile(file)) return undefined;
    return phases.length === 1 ? phases[0] : phases[next++];
  });
}

function unionOf(all: readonly Needs[]): Needs {
  return { textFields: all.reduce((fields, needs) => fields | needs.textFields, 0) };
}

/** What the report was made from: everything that changes results, and nothing else. */
function manifestOf(
  options: CompareLogsOptions,
  policies: Policies,
  lists: readonly string[],
  { files }: ComparisonReport,
): unknown {
  const sideOf = ({ texts, settings }: RunPolicy): object => ({
    policy: policyJson(texts),
    ...(Object.keys(settings).length === 0 ? {} : { audit: settings }),
  });
  const { skipped } = policies.old;
  return {
    hindcast: VERSION,
    old: sideOf(policies.old),
    new: sideOf(policies.new),
    ...(lists.length === 0 ? {} : { labels: policyJson(lists) }),
    ...(skipped.size === 0 ? {} : { skipped: Object.fromEntries(skipped) }),
    options: givenOf({ ...commonOptions(options), limit: options.limit }),
    inputs: files.map(inputJson),
  };
}
