import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { InterruptedError, UserError } from '../../model/errors.ts';
import type { MaintenanceRules } from '../../model/maintenance.ts';
import { formatIso } from '../../model/time.ts';
import { readMaintenance, type MaintenanceSettings } from '../../policy/ecelerity/maintenance.ts';
import { upkeepJson, upkeepTable, type Upkeep } from '../../report/upkeep-table.ts';
import { findJournals, type JournalFolder } from '../../series/journals.ts';
import { storedJournals, suspiciousJump } from '../../series/maintenance.ts';
import { EXIT } from '../exit-code.ts';
import { timeOption } from '../input-options.ts';
import { JournalUpkeep } from '../journal-upkeep.ts';
import { mistakesIn, readNamedFile, shownDiagnostics } from '../policy-file.ts';
import type { CommandContext } from '../program.ts';
import { jsonText } from '../replay-logs.ts';
import { VERSION } from '../version.ts';

interface MaintainFlags {
  readonly config?: string;
  readonly now?: string;
  readonly retention?: number;
  readonly condense?: number;
  readonly series?: readonly string[];
  readonly dryRun?: boolean;
  readonly format?: 'table' | 'json';
}

const DEFAULT_RETENTION_DAYS = 30;
const DEFAULT_CONDENSE_DAYS = 0;

/** `hindcast maintain` */
export async function runMaintain(
  named: string | undefined,
  flags: MaintainFlags,
  context: CommandContext,
): Promise<void> {
  const { stdio } = context;
  const nowGiven = timeOption('--now', flags.now);
  const { config } = flags;
  const configured = config === undefined ? undefined : loadSettings(config, context);
  const dir = named ?? folderOf(config, configured);
  const folder = findJournals(dir);
  const series = flags.series ?? configured?.series;
  const days = {
    retentionDays: flags.retention ?? configured?.retentionDays ?? DEFAULT_RETENTION_DAYS,
    condenseDays: flags.condense ?? configured?.condenseDays ?? DEFAULT_CONDENSE_DAYS,
  };
  const nowMs = nowGiven ?? folder.journals.at(-1)?.windowEndMs;
  const isDry = flags.dryRun === true;
  let journals: readonly Upkeep[] = [];
  if (nowMs !== undefined) {
    const rules = { nowMs, ...days };
    if (nowGiven === undefined) refuseJump(folder, rules);
    journals = await keepAll(folder, series, new JournalUpkeep(folder, rules, isDry), context);
  }
  const report = { version: VERSION, dir, isDry, nowMs, series, journals, ...days };
  stdio.out(flags.format === 'json' ? jsonText(upkeepJson(report)) : upkeepTable(report));
  for (const { reason } of journals) {
    if (reason === undefined) continue;
    stdio.err(`hindcast: a journal was left alone: ${reason}\n`);
    context.exit(EXIT.checkFailed);
  }
}

function loadSettings(config: string, { stdio }: CommandContext): MaintenanceSettings {
  const text = readNamedFile(config, 'configuration');
  const { settings, diagnostics } = readMaintenance(text, config);
  const shown = shownDiagnostics(diagnostics, new Map([[config, text]]));
  if (settings === undefined) throw mistakesIn(diagnostics, shown);
  for (const warning of shown) stdio.err(`${warning}\n`);
  return settings;
}

/** A relative folder is beside the file that names it. */
function folderOf(config: string | undefined, settings: MaintenanceSettings | undefined): string {
  if (config !== undefined && settings?.baseDir !== undefined) {
    const { baseDir } = settings;
    return path.isAbsolute(baseDir) ? baseDir : path.join(path.dirname(config), baseDir);
  }
  const hint = 'hindcast maintain DIR, or a basedir in the file of --config';
  throw new UserError('maintain needs a folder: which journals?', hint);
}

/** Journals with a wrong year would make all others old. */
function refuseJump(folder: JournalFolder, rules: MaintenanceRules): void {
  const jump = suspiciousJump(folder.journals, rules);
  if (jump === undefined) return;
  throw new UserError(
    `no journals between ${formatIso(jump.fromMs)} and ${formatIso(jump.toMs)}, which is longer ` +
      `than journals are kept: all before would be removed`,
    `--now ${formatIso(folder.journals.at(-1)!.windowEndMs)} says that this is right`,
  );
}

async function keepAll(
  folder: JournalFolder,
  series: readonly string[] | undefined,
  upkeep: JournalUpkeep,
  { signal }: CommandContext,
): Promise<Upkeep[]> {
  const chosen = folder.journals.filter(({ name }) => series?.includes(name) !== false);
  const done: Upkeep[] = [];
  for (const journal of storedJournals(chosen)) {
    const one = upkeep.keep(journal);
    if (one !== undefined) done.push(one);
    await setImmediate();
    if (signal.aborted) throw new InterruptedError('interrupted');
  }
  const [first] = folder.journals;
  if (first !== undefined) upkeep.finish(path.dirname(first.path));
  return done;
}
