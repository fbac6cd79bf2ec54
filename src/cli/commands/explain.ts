import { parseNetwork, type Network } from '../../model/address.ts';
import { UserError } from '../../model/errors.ts';
import { ALL_NEEDS, type Needs } from '../../model/event.ts';
import type { FileReport } from '../../model/file-report.ts';
import { formatIso } from '../../model/time.ts';
import { Vocabulary } from '../../model/vocabulary.ts';
import { needsOf } from '../../policy/needs.ts';
import type { PlacedRules } from '../../policy/rule-coverage.ts';
import type { RulePolicy } from '../../policy/rule-policy.ts';
import { explanationJson } from '../../report/explanation-json.ts';
import { explanationTable } from '../../report/explanation-table.ts';
import { shownLine } from '../../report/timeline-table.ts';
import {
  DecisionAt,
  DecisionOfRow,
  type NearEvent,
} from '../../simulate/explain/decision-search.ts';
import { explainEvents, type Moment } from '../../simulate/explain/explain.ts';
import type { Explanation } from '../../simulate/explain/explanation.ts';
import { replay } from '../../simulate/replay.ts';
import { SILENT_SINK } from '../../simulate/silent-sink.ts';
import type { FiringRow } from '../../simulate/tally.ts';
import { closingNote } from '../closing-note.ts';
import { durationOption, fromToOptions, timeOption, type LogOptions } from '../input-options.ts';
import { isLuaFile } from '../lua-modules.ts';
import type { AskingPolicy } from '../missing-facts.ts';
import { openLogs, type OpenLogs } from '../open-logs.ts';
import { isScriptFile } from '../policy-file.ts';
import type { CommandContext } from '../program.ts';
import { showProgress } from '../progress.ts';
import { refusePipes, refuseStdin } from '../read-twice.ts';
import { jsonText } from '../replay-logs.ts';
import { loadRunPolicy } from '../run-policy.ts';
import { refuseUnusable } from '../unusable-logs.ts';
import { VERSION } from '../version.ts';

interface ExplainFlags extends LogOptions {
  readonly policy?: string;
  readonly config?: readonly string[];
  readonly root?: string;
  readonly ip?: string;
  readonly at?: string;
  readonly firing?: number;
  readonly from?: string;
  readonly to?: string;
  readonly lines?: number;
  readonly sessionTimeout?: string;
  readonly clampNegative?: boolean;
  readonly ascii?: boolean;
  readonly format?: 'table' | 'json';
  readonly json?: boolean;
}

const DEFAULT_LINES = 10;
const HOW = '--ip 192.0.2.7 --at "2026-11-20 17:27:33", or --firing 1';

/** `hindcast explain` */
export async function runExplain(
  logs: readonly string[],
  flags: ExplainFlags,
  context: CommandContext,
): Promise<void> {
  const { stdio } = context;
  const isJson = flags.json === true || flags.format === 'json';
  if (isJson && flags.ascii === true) throw new UserError('--ascii draws bars, and JSON has none');
  refuseUnclear(logs, flags);
  const { policy, placed, warnings } = loadRules(flags);
  const run = new ExplainRun(logs, flags, { policy, placed }, context);
  const { explanation, files } =
    flags.firing === undefined ? await run.explainMoment() : await run.explainFiring(flags.firing);
  for (const warning of warnings) stdio.err(`${warning}\n`);
  stdio.out(
    isJson
      ? jsonText(explanationJson(VERSION, explanation))
      : explanationTable(explanation, flags.ascii === true),
  );
  closingNote(files, undefined, context);
}

/** Which decision is meant must be said in one way. */
function refuseUnclear(logs: readonly string[], flags: ExplainFlags): void {
  const { ip, at, firing, from, to } = flags;
  if (firing === undefined) {
    if (ip === undefined || at === undefined) {
      throw new UserError('explain needs a decision: --ip and --at, or --firing', HOW);
    }
    const span = from === undefined ? (to === undefined ? undefined : '--to') : '--from';
    if (span === undefined) return;
    throw new UserError(`${span} goes with --firing: it changes no decision`, HOW);
  }
  const other = ip === undefined ? (at === undefined ? undefined : '--at') : '--ip';
  if (other !== undefined) {
    throw new UserError(`${other} does not go with --firing, which names the decision`, HOW);
  }
  refuseStdin(logs, '--firing', 'name files, or the decision by --ip and --at');
}

function loadRules(flags: ExplainFlags): {
  readonly policy: RulePolicy;
  readonly placed: PlacedRules | undefined;
  readonly warnings: readonly string[];
} {
  const { policy: file, config, root } = flags;
  if (file === undefined) throw new UserError('explain needs --policy: whose rules?');
  if (isScriptFile(file) || isLuaFile(file)) throw withoutRules(`${file} is a script`);
  const { policy, placed, warnings } = loadRunPolicy(file, { config, root });
  if (policy.rules.length === 0) throw withoutRules(`${file} has none`);
  return { policy, placed, warnings };
}

function withoutRules(why: string): UserError {
  return new UserError(
    `explain needs the rules of a YAML policy, and ${why}`,
    'where scripts act is in firings.csv of replay',
  );
}

interface Explained {
  readonly explanation: Explanation;
  readonly files: readonly FileReport[];
}

/** Reads the logs as often as the question needs. */
class ExplainRun {
  readonly #logs: readonly string[];
  readonly #flags: ExplainFlags;
  readonly #policy: RulePolicy;
  readonly #asking: AskingPolicy;
  readonly #context: CommandContext;
  #told = false;
  readonly #sessionTimeoutMs: number | undefined;

  constructor(
    logs: readonly string[],
    flags: ExplainFlags,
    asking: AskingPolicy,
    context: CommandContext,
  ) {
    this.#logs = logs;
    this.#flags = flags;
    this.#asking = asking;
    this.#policy = asking.policy;
    this.#context = context;
    this.#sessionTimeoutMs = durationOption('--session-timeout', flags.sessionTimeout);
  }

  /** The decision about `--ip` at `--at`, in one pass. */
  async explainMoment(): Promise<Explained> {
    const { ip = '', at = '' } = this.#flags;
    const peer = peerOption(ip);
    const fromMs = timeOption('--at', at)!;
    const search = new DecisionAt(peer, fromMs, fromMs + (namesMilliseconds(at) ? 1 : 1000));
    const files = await this.#explain(peer, search.look);
    if (search.explanation === undefined) throw notFound(search, ip, at);
    return { explanation: search.explanation, files };
  }

  /** The first event of row `number` of firings.csv: one pass finds the row, one explains. */
  async explainFiring(number: number): Promise<Explained> {
    const row = await this.#firingRow(number);
    const rule = this.#policy.rules.findIndex(({ name }) => name === row.rule);
    const isBlock = this.#policy.rules[rule].per.type === 'prefix';
    const search = new DecisionOfRow(row, rule);
    const files = await this.#explain(isBlock ? parseNetwork(row.key) : undefined, search.look);
    if (search.explanation === undefined) {
      throw new UserError(
        `row ${number} of firings.csv is not found again: the logs change while they are read`,
        'explain a copy of them',
      );
    }
    return { explanation: search.explanation, files };
  }

  #explain(
    around: Network | undefined,
    look: (moment: Moment) => boolean,
  ): Promise<readonly FileReport[]> {
    const { lines = DEFAULT_LINES, clampNegative } = this.#flags;
    return this.#read(ALL_NEEDS, async (opened, vocabulary) => {
      const { bySource } = await explainEvents({
        sources: opened.sources,
        vocabulary,
        needs: ALL_NEEDS,
        policy: this.#policy,
        sessionTimeoutMs: this.#sessionTimeoutMs,
        clampNegative,
        fileOf: opened.fileOf,
        lines,
        around,
        look,
      });
      const files = opened.reports(bySource);
      refuseUnusable(files);
      return files;
    });
  }

  async #firingRow(number: number): Promise<FiringRow> {
    const { fromMs, toMs } = fromToOptions(this.#flags);
    const policy = this.#policy;
    let count = 0;
    const found: FiringRow[] = [];
    const firing = (row: FiringRow): void => {
      if (++count === number) found.push(row);
    };
    const needs = needsOf(policy);
    await this.#read(needs, async (opened, vocabulary) => {
      refusePipes(opened, '--firing');
      const { tally } = await replay({
        sources: opened.sources,
        vocabulary,
        needs,
        policy,
        fromMs,
        toMs,
        sessionTimeoutMs: this.#sessionTimeoutMs,
        clampNegative: this.#flags.clampNegative,
        fileOf: opened.fileOf,
        top: 0,
        sink: { ...SILENT_SINK, firing },
      });
      refuseUnusable(opened.reports(tally.bySource));
    });
    if (found.length > 0) return found[0];
    const rows = count === 1 ? 'row' : 'rows';
    throw new UserError(
      `--firing ${number}: firings.csv of this replay has ${count} ${rows}`,
      count === 0 ? 'no rule fires' : 'rows count from 1, without the header',
    );
  }

  async #read<Result>(
    needs: Needs,
    use: (opened: OpenLogs, vocabulary: Vocabulary) => Promise<Result>,
  ): Promise<Result> {
    const { stdio, signal } = this.#context;
    const vocabulary = new Vocabulary();
    const policies = [this.#asking];
    const demands = { vocabulary, needs, gapMs: Infinity, signal, policies };
    const opened = await openLogs(this.#logs, this.#flags, demands);
    if (!this.#told) for (const note of opened.notes) stdio.err(`${note}\n`);
    this.#told = true;
    const hideProgress = showProgress(stdio, opened.progress);
    try {
      return await use(opened, vocabulary);
    } finally {
      hideProgress();
      opened.close();
    }
  }
}

function peerOption(text: string): Network {
  const network = parseNetwork(text);
  const width = network?.family === 4 ? 32 : 128;
  if (network !== undefined && network.bits === width) return network;
  throw new UserError(`--ip ${text}: not one address`, '--ip 192.0.2.7, --ip 2001:db8::7');
}

/** Whether a time that is one names milliseconds: by decimals, or in epoch milliseconds. */
function namesMilliseconds(text: string): boolean {
  return /[.,]\d/.test(text) || /^\d{12,}$/.test(text);
}

function notFound(search: DecisionAt, ip: string, at: string): UserError {
  const { before, after, firstMs, lastMs } = search;
  const near = [
    ['before', before],
    ['after', after],
  ] as const;
  const shown = near.flatMap(([when, event]) => {
    return event === undefined ? [] : [`nearest ${when}: ${nearText(event)}`];
  });
  if (shown.length > 0) return new UserError([`no event of ${ip} at ${at}`, ...shown].join('\n'));
  return new UserError(
    firstMs === undefined || lastMs === undefined
      ? `no event of ${ip}: the logs have no event at all`
      : `no event of ${ip} in the logs, which are of ${formatIso(firstMs)} to ${formatIso(lastMs)}`,
  );
}

function nearText({ timeMs, kind, file, line, text }: NearEvent): string {
  return `${formatIso(timeMs)} ${kind} ${shownLine(file, line, text).trimEnd()}`;
}
