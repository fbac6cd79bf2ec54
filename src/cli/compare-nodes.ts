import type { Prefix } from '../model/address.ts';
import { UserError } from '../model/errors.ts';
import { Vocabulary } from '../model/vocabulary.ts';
import { needsOf } from '../policy/needs.ts';
import {
  clientLines,
  nodeKeyLines,
  nodeLines,
  nodesJson,
  type NodesReport,
} from '../report/nodes-rows.ts';
import { policyRemarks } from '../report/tables.ts';
import type { CountedName } from '../model/client-counts.ts';
import { compareNodes as compareStream } from '../simulate/compare/nodes.ts';
import type { CompareLogsOptions } from './compare-logs.ts';
import { durationOption, fromToOptions } from './input-options.ts';
import { commonOptions, givenOf, inputJson, policyJson } from './manifest.ts';
import { openLogs } from './open-logs.ts';
import { readPer } from './prefix-option.ts';
import { jsonText, longestSpan } from './replay-logs.ts';
import { REPORT_FILES } from './report-directory.ts';
import { ReportFolder } from './report-folder.ts';
import { loadRunPolicy, type RunPolicy } from './run-policy.ts';
import { refuseUnusable } from './unusable-logs.ts';
import { VERSION } from './version.ts';

/** What `compare --by node` takes; the same words as the command line's. */
export interface CompareNodesOptions extends CompareLogsOptions {
  /** Which count ranks the clients; default `connections`. */
  readonly count?: CountedName | undefined;
  /** Prefix lengths of the blocks that are one client, `24,64`; default: an address is one. */
  readonly per?: string | undefined;
  /** Of two policies; refused here. */
  readonly failOn?: readonly string[] | undefined;
}

export interface CompareNodesResult {
  readonly report: NodesReport;
  /** The summary as in `summary.json`. */
  readonly summary: unknown;
  /** Of the policy, then what a reader should know of how it fared. */
  readonly warnings: readonly string[];
}

const DEFAULT_COUNT = 'connections';
const DEFAULT_PER = '32,128';

/**
 * Compares the nodes of mail logs: what each saw, and whom (docs/compare.md).
 *
 * @throws {UserError} for a mistake in the options, the policy or the inputs; nothing was simulated
 * @throws {DiskError} when an input is damaged or the report cannot be written
 * @throws {InterruptedError} when `signal` is aborted
 */
export async function compareNodes(options: CompareNodesOptions): Promise<CompareNodesResult> {
  const per = readPer(options.per ?? DEFAULT_PER);
  const ranked = options.count ?? DEFAULT_COUNT;
  const run = loadPolicy(options);
  const { policy, scripts, placed } = run;
  const { fromMs, toMs } = fromToOptions(options);
  const sessionTimeoutMs = durationOption('--session-timeout', options.sessionTimeout);
  const vocabulary = new Vocabulary();
  const needs = scripts?.needs ?? needsOf(policy);
  const monitors = [...policy.monitors, ...policy.series.map(({ monitor }) => monitor)];
  const { signal, limit, strict, clampNegative } = options;
  const policies = [{ policy, placed, hasScripts: scripts !== undefined }];
  const demands = { vocabulary, needs, gapMs: longestSpan(monitors), signal, policies };
  const logs = await openLogs(options.logs, options, demands);
  options.onOpen(logs.progress);
  let folder: ReportFolder | undefined;
  try {
    if (options.out !== undefined) folder = new ReportFolder(options.out, options.force === true);
    const asked = { vocabulary, needs, policy, scripts, per, ranked, strict, clampNegative };
    const span = { fromMs, toMs, sessionTimeoutMs };
    const { sources, fileOf } = logs;
    const comparison = await compareStream({ ...asked, ...span, sources, fileOf });
    const files = logs.reports(comparison.bySource);
    refuseUnusable(files);
    const report = { version: VERSION, policy: run.name, per, ranked, files, comparison };
    const summary = nodesJson(report, limit);
    if (folder !== undefined) writeFiles(folder, report);
    folder?.begin('summary.json', jsonText(summary));
    folder?.begin('manifest.json', jsonText(manifestOf(options, run, report)));
    folder?.commit(REPORT_FILES);
    const { judged } = comparison;
    const remarks = judged === undefined ? [] : policyRemarks(judged.tally);
    return { report, summary, warnings: [...run.warnings, ...logs.notes, ...remarks] };
  } catch (error) {
    folder?.discard();
    throw error;
  } finally {
    logs.close();
  }
}

function loadPolicy(options: CompareNodesOptions): RunPolicy {
  const { policy: files = [], phase: phases = [], failOn, good, bad } = options;
  if (files.length > 1) {
    throw new UserError(
      `--by node takes one policy or none, and ${files.length} are named`,
      'without --by, compare takes two policies',
    );
  }
  const ofTwo = { '--fail-on': failOn, '--good': good, '--bad': bad };
  const option = Object.entries(ofTwo).find(([, value]) => value !== undefined)?.[0];
  if (option !== undefined) {
    throw new UserError(`${option} is about two policies, and --by node compares nodes`);
  }
  if (phases.length > 1) {
    throw new UserError(`--phase is given ${phases.length} times, and there is one policy`);
  }
  const { config, root, strict, sliding, dnsFixture, maxDelay } = options;
  const settings = { config, root, strict, sliding, dnsFixture, maxDelay };
  return loadRunPolicy(files[0], { ...settings, phase: phases[0] });
}

function writeFiles(folder: ReportFolder, { comparison }: NodesReport): void {
  const { nodes, judged } = comparison;
  const files: [string, Iterable<string>][] = [
    ['nodes.csv', nodeLines(comparison)],
    ['clients.csv', clientLines(comparison)],
  ];
  if (judged !== undefined) files.push(['node-keys.csv', nodeKeyLines(nodes, judged)]);
  for (const [name, lines] of files) {
    folder.begin(name, '');
    for (const line of lines) folder.write(name, line);
  }
}

/** What the report was made from: everything that changes results, and nothing else. */
function manifestOf(
  options: CompareNodesOptions,
  { texts, settings, skipped }: RunPolicy,
  { files, per, ranked }: NodesReport,
): unknown {
  const own = { by: 'node', per: shownPer(per), count: ranked, limit: options.limit };
  return {
    hindcast: VERSION,
    policy: policyJson(texts),
    ...(Object.keys(settings).length === 0 ? {} : { audit: settings }),
    ...(skipped.size === 0 ? {} : { skipped: Object.fromEntries(skipped) }),
    options: givenOf({ ...commonOptions(options), ...own }),
    inputs: files.map(inputJson),
  };
}

const shownPer = ({ ipv4, ipv6 }: Prefix): string => `${ipv4},${ipv6}`;
