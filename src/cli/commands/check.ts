import { UserError } from '../../model/errors.ts';
import { DEFAULT_MONITOR, formatMonitor, type Monitor } from '../../model/monitor.ts';
import { visible } from '../../model/visible.ts';
import { DEFAULT_MAINTENANCE_INTERVAL_MS } from '../../policy/audit-settings.ts';
import type { AuditStanza } from '../../policy/ecelerity/audit-stanza.ts';
import type { RulePolicy } from '../../policy/rule-policy.ts';
import { meantSlot, slotOf, type ScriptSlot } from '../../policy/sieve/script-context.ts';
import { loadConfiguration } from '../configuration-file.ts';
import { EXIT } from '../exit-code.ts';
import { isScriptFile, loadPolicy, loadScript } from '../policy-file.ts';
import type { CommandContext } from '../program.ts';

interface CheckFlags {
  readonly config?: string;
  readonly phase?: string;
}

/**
 * `hindcast check`: every mistake of the configuration, or else of every policy and script under it, then
 * exit code 2 when there was one.
 */
export function runCheck(
  files: readonly string[],
  { config, phase }: CheckFlags,
  context: CommandContext,
): void {
  if (files.length === 0 && config === undefined) {
    throw new UserError('nothing to check', 'hindcast check policy.yaml, or --config FILE');
  }
  const slot = phase === undefined ? undefined : namedSlot(phase);
  let stanza: AuditStanza | undefined;
  if (config !== undefined) {
    stanza = checkFile(config, context, () => {
      const { audit, warnings } = loadConfiguration(config);
      return { result: audit, warnings, words: stanzaWords(audit) };
    });
    // Under unknown monitors a policy would be accused of what is wrong elsewhere.
    if (stanza === undefined) return;
  }
  const monitors = stanza && keptMonitors(stanza);
  for (const file of files) {
    if (isScriptFile(file)) {
      checkFile(file, context, () => {
        const { commands, warnings } = loadScript(file, { slot, monitors });
        return { result: commands, warnings, words: scriptWords(commands.length) };
      });
      continue;
    }
    checkFile(file, context, () => {
      const { policy, warnings } = loadPolicy(file, stanza);
      return { result: policy, warnings, words: policyWords(policy) };
    });
  }
}

/** Undefined when the file has mistakes, which are shown. */
function checkFile<Result>(
  file: string,
  { stdio, exit }: CommandContext,
  load: () => { result: Result; warnings: readonly string[]; words: readonly string[] },
): Result | undefined {
  try {
    const { result, warnings, words } = load();
    for (const warning of warnings) stdio.err(`${warning}\n\n`);
    stdio.out(`${file}: ok, ${words.join(', ')}\n`);
    return result;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    stdio.err(`${error.message}\n`);
    const count = error.diagnostics.length;
    if (count > 0) stdio.err(`\n${file}: ${count === 1 ? '1 error' : `${count} errors`}\n`);
    exit(EXIT.userMistake);
    return undefined;
  }
}

function scriptWords(commands: number): string[] {
  return [commands === 1 ? '1 command' : `${commands} commands`, 'checked only: not run yet'];
}

function policyWords({ series, rules, maintenanceIntervalMs }: RulePolicy): string[] {
  const words = [
    `${series.length} series`,
    rules.length === 1 ? '1 rule' : `${rules.length} rules`,
  ];
  return maintenanceIntervalMs === undefined
    ? words
    : [...words, intervalWords(maintenanceIntervalMs)];
}

function namedSlot(phase: string): ScriptSlot {
  const slot = slotOf(phase);
  if (slot !== undefined) return slot;
  throw new UserError(`unknown phase '${visible(phase)}'`, meantSlot(phase));
}

function keptMonitors({ monitors }: AuditStanza): readonly Monitor[] {
  return monitors?.value ?? [DEFAULT_MONITOR];
}

function stanzaWords(stanza: AuditStanza): string[] {
  const { maintenanceIntervalMs, ...folders } = stanza;
  const kept = keptMonitors(stanza);
  const words = [
    `monitors ${kept.map((monitor) => `"${formatMonitor(monitor)}"`).join(' ')}`,
    intervalWords(maintenanceIntervalMs?.value ?? DEFAULT_MAINTENANCE_INTERVAL_MS),
  ];
  if (folders.logDir !== undefined) words.push(`log_dir ${visible(folders.logDir)} (not used)`);
  if (folders.serializeDir !== undefined) {
    words.push(`serialize_dir ${visible(folders.serializeDir)} (not used)`);
  }
  return words;
}

function intervalWords(intervalMs: number): string {
  return `maintenance_interval ${intervalMs / 1000}`;
}
