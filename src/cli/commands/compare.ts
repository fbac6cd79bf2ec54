import { UserError } from '../../model/errors.ts';
import type { FileReport } from '../../model/file-report.ts';
import { visible } from '../../model/visible.ts';
import { rounded } from '../../report/csv.ts';
import { comparisonTable } from '../../report/comparison-table.ts';
import { nodesTable } from '../../report/nodes-table.ts';
import type { ClassTally, Comparison } from '../../simulate/compare/compare.ts';
import { budgetHolds, budgetText, parseBudget, type Budget } from '../budget.ts';
import { closingNote } from '../closing-note.ts';
import { compareLogs, type CompareLogsOptions } from '../compare-logs.ts';
import { compareNodes, type CompareNodesOptions } from '../compare-nodes.ts';
import { EXIT } from '../exit-code.ts';
import type { CommandContext } from '../program.ts';
import { showProgress } from '../progress.ts';
import { jsonText } from '../replay-logs.ts';

interface CompareFlags extends Omit<CompareNodesOptions, 'logs' | 'limit' | 'signal' | 'onOpen'> {
  readonly by?: 'node';
  readonly format?: 'table' | 'json';
  readonly maxUnparsed?: number;
  readonly limit?: number;
}

const DEFAULT_LIMIT = 10;

/** A class of events, or undefined for all that may be stopped. */
type Counted = readonly [of: 'newlyStopped' | 'newlyFreed', className: string | undefined];
const COUNTED: Readonly<Record<Exclude<Metric, 'changed'>, Counted>> = {
  'newly-stopped': ['newlyStopped', undefined],
  'newly-freed': ['newlyFreed', undefined],
  'newly-stopped-accepted': ['newlyStopped', 'accepted'],
  'newly-freed-accepted': ['newlyFreed', 'accepted'],
  'newly-stopped-rejected': ['newlyStopped', 'rejected'],
  'newly-freed-rejected': ['newlyFreed', 'rejected'],
  'newly-stopped-connections': ['newlyStopped', 'connections'],
  'newly-freed-connections': ['newlyFreed', 'connections'],
};
const METRICS = [
  'newly-stopped',
  'newly-freed',
  'changed',
  'newly-stopped-accepted',
  'newly-freed-accepted',
  'newly-stopped-rejected',
  'newly-freed-rejected',
  'newly-stopped-connections',
  'newly-freed-connections',
] as const;
type Metric = (typeof METRICS)[number];

/** `hindcast compare` */
export async function runCompare(
  logs: readonly string[],
  flags: CompareFlags,
  context: CommandContext,
): Promise<void> {
  const limit = flags.limit ?? DEFAULT_LIMIT;
  const asked = { ...flags, logs, limit, signal: context.signal };
  if (flags.by === 'node') {
    const { comparison } = await show(
      flags,
      context,
      (onOpen) => compareNodes({ ...asked, onOpen }),
      (report) => nodesTable(report, limit),
    );
    noteLoneNode(comparison.nodes, context);
    return;
  }
  refuseLoneOptions(flags);
  const budgets = (flags.failOn ?? []).map(budgetOption);
  const { comparison } = await show(
    flags,
    context,
    (onOpen) => compareLogs({ ...asked, onOpen }),
    (report) => comparisonTable(report, limit),
  );
  checkBudgets(budgets, comparison, context);
}

interface Compared<Report> {
  readonly report: Report;
  readonly summary: unknown;
  readonly warnings: readonly string[];
}

/** Shows a comparison, with progress until it is made and what to know of it behind it. */
async function show<Report extends { readonly files: readonly FileReport[] }>(
  flags: CompareFlags,
  context: CommandContext,
  make: (onOpen: CompareLogsOptions['onOpen']) => Promise<Compared<Report>>,
  table: (report: Report) => string,
): Promise<Report> {
  const { stdio } = context;
  let hideProgress = (): void => undefined;
  try {
    const { report, summary, warnings } = await make((progress) => {
      hideProgress = showProgress(stdio, progress);
    });
    hideProgress();
    for (const warning of warnings) stdio.err(`${warning}\n`);
    stdio.out(flags.format === 'json' ? jsonText(summary) : table(report));
    closingNote(report.files, flags.maxUnparsed, context);
    return report;
  } finally {
    hideProgress();
  }
}

function noteLoneNode(
  nodes: readonly { readonly name: string }[],
  { stdio }: CommandContext,
): void {
  if (nodes.length !== 1) return;
  const [{ name }] = nodes;
  const whose =
    name === '' ? 'all events are of lines without a host' : `all events are of ${visible(name)}`;
  stdio.err(`hindcast: ${whose}: there is no other node to compare with\n`);
  stdio.err('hint: --node name=glob says whose lines a file holds\n');
}

function refuseLoneOptions({ count, per }: CompareFlags): void {
  const option = Object.entries({ '--count': count, '--per': per }).find(
    ([, value]) => value !== undefined,
  )?.[0];
  if (option === undefined) return;
  throw new UserError(`${option} goes with --by node: movers have the blocks of their rules`);
}

/** A budget of `--fail-on`; one that can never or must always be exceeded checks nothing. */
function budgetOption(text: string): Budget<Metric> {
  const budget = parseBudget('--fail-on', text, METRICS, ['>', '>=']);
  const { op, value, isShare } = budget;
  const always = op === '>=' && value === 0;
  const never = isShare && (op === '>' ? value >= 100 : value > 100);
  if (!always && !never) return budget;
  throw new UserError(
    `--fail-on ${text}: ${always ? 'always' : 'never'} holds`,
    always ? `'${budget.metric} > 0' fails on the first one` : 'a share is at most 100 %',
  );
}

/** Ends with exit code 1, and says why, when a budget is exceeded. */
function checkBudgets(
  budgets: readonly Budget<Metric>[],
  comparison: Comparison,
  { stdio, exit }: CommandContext,
): void {
  for (const budget of budgets) {
    const [count, all] = measured(budget.metric, comparison);
    if (!budgetHolds(budget, count, all)) continue;
    const percent = all === 0 ? 0 : (100 * count) / all;
    const found = `${count} of ${all} (${rounded(percent, 4)} %)`;
    stdio.err(`hindcast: ${budget.metric} ${found} ${budgetText(budget)} (--fail-on)\n`);
    exit(EXIT.checkFailed);
  }
}

/** Events of a metric, and all of its class. */
function measured(metric: Metric, comparison: Comparison): readonly [number, number] {
  const { classes, stoppable, judged } = comparison;
  if (metric === 'changed') return [judged.changed, judged.events];
  const [of, className] = COUNTED[metric];
  const tally: Pick<ClassTally, 'events' | typeof of> =
    classes.find(({ name }) => name === className) ?? stoppable;
  return [tally[of], tally.events];
}
