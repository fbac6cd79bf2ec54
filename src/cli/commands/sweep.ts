import { UserError } from '../../model/errors.ts';
import type { Needs } from '../../model/event.ts';
import { Vocabulary } from '../../model/vocabulary.ts';
import { needsOf } from '../../policy/needs.ts';
import type { PlacedRules } from '../../policy/rule-coverage.ts';
import { isRefusal, type Rule, type RulePolicy } from '../../policy/rule-policy.ts';
import { cellText } from '../../policy/yaml/cell-text.ts';
import { sweepCsv, sweepJson } from '../../report/sweep-rows.ts';
import { settingText, sweepTable, type SweepReport } from '../../report/sweep-table.ts';
import type { Labels } from '../../simulate/collateral.ts';
import { cellChange, ownSetting } from '../../simulate/sweep/cell-policy.ts';
import { enforceCells, type EnforceCellsOptions } from '../../simulate/sweep/enforce-cells.ts';
import { sweep } from '../../simulate/sweep/sweep.ts';
import { budgetText } from '../budget.ts';
import { closingNote } from '../closing-note.ts';
import { configFilesOf, shownConfig } from '../configuration-file.ts';
import { chosenCells, pointsOption, type PointFlags } from '../enforced-points.ts';
import { EXIT } from '../exit-code.ts';
import { durationOption, fromToOptions, type LogOptions } from '../input-options.ts';
import { loadLabels, type LabelOptions } from '../label-lists.ts';
import { isLuaFile } from '../lua-modules.ts';
import type { AskingPolicy } from '../missing-facts.ts';
import { openLogs, type OpenLogs } from '../open-logs.ts';
import { isScriptFile } from '../policy-file.ts';
import type { CommandContext } from '../program.ts';
import { showProgress } from '../progress.ts';
import { refusePipes, refuseStdin } from '../read-twice.ts';
import { jsonText } from '../replay-logs.ts';
import { loadRunPolicy } from '../run-policy.ts';
import { suggestCell, suggestOption, type FoundCell } from '../suggest-cell.ts';
import { gridOf, sweptRule, type GridFlags } from '../sweep-options.ts';
import { refuseUnusable } from '../unusable-logs.ts';
import { VERSION } from '../version.ts';
import { listOption } from '../what-if-options.ts';

interface SweepFlags extends LogOptions, GridFlags, LabelOptions, PointFlags {
  readonly policy?: string;
  readonly config?: readonly string[];
  readonly root?: string;
  readonly from?: string;
  readonly to?: string;
  readonly sessionTimeout?: string;
  readonly clampNegative?: boolean;
  readonly ascii?: boolean;
  readonly format?: 'table' | 'json' | 'csv';
  readonly maxUnparsed?: number;
}

/** `hindcast sweep` */
export async function runSweep(
  logs: readonly string[],
  flags: SweepFlags,
  context: CommandContext,
): Promise<void> {
  const { stdio } = context;
  const { policy, placed, name, text, warnings } = policyOf(flags);
  const rule = sweptRule(policy, flags.rule);
  const grid = gridOf(policy, rule, flags);
  const labels = labelsFor(rule, flags);
  const budgets = suggestOption(flags.suggest ?? [], rule, labels);
  const points = pointsOption(flags, grid);
  const { fromMs, toMs } = fromToOptions(flags);
  const sessionTimeoutMs = durationOption('--session-timeout', flags.sessionTimeout);
  const { clampNegative, enforce } = flags;
  const asked = { policy, rule, fromMs, toMs, sessionTimeoutMs, clampNegative, labels };
  const reader = new LogReader(logs, flags, { policy, placed }, context);

  const { result, files } = await reader.read(async (opened, inputs) => {
    if (enforce === true) refusePipes(opened, '--enforce');
    const swept = await sweep({ ...asked, ...grid, ...inputs });
    const reports = opened.reports(swept.bySource);
    refuseUnusable(reports);
    return { result: swept, files: reports };
  });
  const suggestion = budgets.length === 0 ? undefined : suggestCell(result, budgets);
  const found = suggestion?.found;
  const chosen = enforce === true ? chosenCells(result, points, found) : [];
  const settings = chosen.map(({ group, cell }) => ({ ...group, above: cell.above }));
  const inForce =
    settings.length === 0
      ? []
      : await reader.read((_, inputs) => enforceCells({ ...asked, settings, ...inputs }));

  for (const warning of warnings) stdio.err(`${warning}\n`);
  if (enforce === true && settings.length === 0) {
    stdio.err('nothing was put in force: there is no knee and no suggestion\n');
  }
  const conditions = budgets.map((budget) => `${budget.metric} ${budgetText(budget)}`);
  const report: SweepReport = {
    version: VERSION,
    policy: name,
    rule: rule.name,
    verdict: rule.verdict.type,
    refuses: isRefusal(rule.verdict),
    own: ownSetting(policy, rule)!,
    labelled: labels !== undefined,
    files,
    sweep: result,
    suggestion: found && {
      ...found,
      asked: conditions,
      yaml: yamlOf(found, text, policy, rule, flags),
    },
    enforced:
      enforce === true
        ? new Map(chosen.map(({ cell }, index) => [cell.cell, inForce[index]]))
        : undefined,
  };
  for (const piece of piecesOf(report, flags)) if (!stdio.out(piece)) return;
  closingNote(files, flags.maxUnparsed, context);
  if (suggestion === undefined || found !== undefined) return;
  stdio.err(`hindcast: ${nearestText(suggestion.nearest, conditions, labels)}\n`);
  context.exit(EXIT.checkFailed);
}

/** What a pass over the logs needs of them. */
type Inputs = Pick<EnforceCellsOptions, 'sources' | 'vocabulary' | 'needs' | 'fileOf'>;

/** Opens the logs for each pass over them. */
class LogReader {
  readonly #logs: readonly string[];
  readonly #flags: SweepFlags;
  readonly #asking: AskingPolicy;
  readonly #needs: Needs;
  #told = false;
  readonly #context: CommandContext;

  constructor(
    logs: readonly string[],
    flags: SweepFlags,
    asking: AskingPolicy,
    context: CommandContext,
  ) {
    if (flags.enforce === true) refuseStdin(logs, '--enforce', 'name files');
    this.#logs = logs;
    this.#flags = flags;
    this.#asking = asking;
    // The sender, too, where lists of labels need it: the rule refuses then.
    this.#needs = needsOf(asking.policy);
    this.#context = context;
  }

  async read<Result>(pass: (opened: OpenLogs, inputs: Inputs) => Promise<Result>): Promise<Result> {
    const { stdio, signal } = this.#context;
    const needs = this.#needs;
    const vocabulary = new Vocabulary();
    const policies = [this.#asking];
    const demands = { vocabulary, needs, gapMs: Infinity, signal, policies };
    const opened = await openLogs(this.#logs, this.#flags, demands);
    if (!this.#told) for (const note of opened.notes) stdio.err(`${note}\n`);
    this.#told = true;
    const hideProgress = showProgress(stdio, opened.progress);
    try {
      const { sources, fileOf } = opened;
      return await pass(opened, { sources, vocabulary, needs, fileOf });
    } finally {
      hideProgress();
      opened.close();
    }
  }
}

/** The lists of those who are known. */
function labelsFor(rule: Rule, flags: SweepFlags): Labels | undefined {
  const { labels } = loadLabels(flags);
  if (labels === undefined || isRefusal(rule.verdict)) return labels;
  const { name, verdict } = rule;
  throw new UserError(
    `${listOption(flags)} labels what a rule takes, and ${name} only says ${verdict.type}`,
    'give it a reject or disconnect',
  );
}

/** Scripts have no limits of their own that a sweep could vary. */
function policyOf({ policy: file, config, root }: SweepFlags): {
  readonly policy: RulePolicy;
  readonly placed: PlacedRules | undefined;
  readonly name: string;
  readonly text: string;
  readonly warnings: readonly string[];
} {
  if (file === undefined) {
    throw new UserError('sweep needs --policy: a YAML policy with the rule to vary');
  }
  if (isScriptFile(file) || isLuaFile(file)) {
    throw new UserError(
      `--policy ${file}: sweep varies rules of a YAML policy, and a script has none`,
    );
  }
  const { policy, placed, name, texts, warnings } = loadRunPolicy(file, { config, root });
  return { policy, placed, name: name ?? file, text: texts[0], warnings };
}

function piecesOf(report: SweepReport, flags: SweepFlags): Iterable<string> {
  if (flags.format === 'json') return [jsonText(sweepJson(report))];
  if (flags.format === 'csv') return sweepCsv(report);
  return [sweepTable(report, flags.ascii === true)];
}

/** The rule to paste; where a configuration has the monitors, what it needs besides. */
function yamlOf(
  { group, cell }: FoundCell,
  text: string,
  policy: RulePolicy,
  rule: Rule,
  flags: SweepFlags,
): string {
  const change = cellChange(policy, rule, { ...group, above: cell.above });
  const yaml = cellText(text, policy, policy.rules.indexOf(rule), change);
  const configs = configFilesOf(flags);
  if (configs.length === 0 || change.monitors.length === 0) return yaml;
  return `# ${shownConfig(configs)} needs these monitors, too\n${yaml}`;
}

function nearestText(
  { group, cell }: FoundCell,
  asked: readonly string[],
  labels: Labels | undefined,
): string {
  const { taken, firings, keys } = cell;
  const facts = `accepted ${taken.accepted}, rejected ${taken.rejected}, connections ${taken.connections}, firings ${firings}, keys ${keys}`;
  const known = labels === undefined ? '' : `, good ${taken.good}, bad ${taken.bad}`;
  return `no setting holds ${asked.join(', ')}; nearest: above ${cell.above}, ${settingText(group)} (${facts}${known})`;
}
