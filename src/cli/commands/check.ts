import { UserError } from '../../model/errors.ts';
import { DEFAULT_MONITOR, type Monitor } from '../../model/monitor.ts';
import type { AuditStanza } from '../../policy/ecelerity/audit-stanza.ts';
import type { LoadedScript } from '../../policy/ecelerity/sieve-stanza.ts';
import type { RulePolicy } from '../../policy/rule-policy.ts';
import type { ScriptSlot } from '../../policy/script-slots.ts';
import {
  loadConfiguration,
  refuseLoneRoot,
  type ConfigurationOptions,
} from '../configuration-file.ts';
import { configurationWords, intervalWords, skippedWords } from '../configuration-words.ts';
import { EXIT } from '../exit-code.ts';
import { checkLua, isLuaFile, readModuleFile, scriptletFiles } from '../lua-modules.ts';
import { phaseOption, refuseLoneLogOptions, type PhaseFlags } from '../phase-option.ts';
import { isScriptFile, loadPolicy, loadScript } from '../policy-file.ts';
import type { AskingPolicy } from '../missing-facts.ts';
import type { CommandContext } from '../program.ts';

interface CheckFlags extends ConfigurationOptions, PhaseFlags {
  readonly phase?: readonly string[];
}

/**
 * `hindcast check`: every mistake of the configuration, or else of its scripts and of every policy
 * and script under it, then exit code 2 when there was one. With logs, and without a mistake, how
 * the firings of the policy move when windows shift.
 */
export async function runCheck(
  files: readonly string[],
  flags: CheckFlags,
  context: CommandContext,
): Promise<void> {
  if (files.length === 0 && flags.config === undefined) {
    throw new UserError('nothing to check', 'hindcast check policy.yaml, or --config FILE');
  }
  refuseLoneRoot(flags);
  const { slot, logs } = phaseOption(flags.phase ?? [], files);
  if (logs === undefined) {
    refuseLoneLogOptions(flags);
    checkFiles(files, flags, slot, context);
    return;
  }
  const { stdio } = context;
  let sound = true;
  const policy = checkFiles(files, flags, undefined, {
    ...context,
    // JSON is all that stdout shows then.
    stdio: flags.format === 'json' ? { ...stdio, out: () => true } : stdio,
    exit: (code) => {
      sound = false;
      context.exit(code);
    },
  });
  if (!sound || policy === undefined) return;
  const { checkPhases } = await import('./check-phases.ts');
  await checkPhases(policy, logs, flags, context);
}

/** @returns the last YAML policy of the files, when it has no mistakes */
function checkFiles(
  files: readonly string[],
  { config, root }: ConfigurationOptions,
  slot: ScriptSlot | undefined,
  context: CommandContext,
): AskingPolicy | undefined {
  let stanza: AuditStanza | undefined;
  if (config !== undefined) {
    const configuration = checkFile(config, context, () => {
      const loaded = loadConfiguration(config, root);
      return { result: loaded, warnings: loaded.warnings, words: configurationWords(loaded) };
    });
    // Under unknown monitors a policy would be accused of what is wrong elsewhere.
    if (configuration === undefined) return undefined;
    const { audit, scripts, scriptlets, skipped } = configuration;
    if (skipped.size > 0) context.stdio.out(`${config}: skipped: ${skippedWords(skipped)}\n`);
    checkScripts(scripts, keptMonitors(audit), context);
    for (const file of scriptletFiles(config, scriptlets)) checkModule(file, context);
    stanza = audit;
  }
  const monitors = stanza && keptMonitors(stanza);
  let checked: AskingPolicy | undefined;
  for (const file of files) {
    if (isScriptFile(file)) {
      checkFile(file, context, () => {
        const { commands, warnings } = loadScript({ file, slot, monitors });
        return { result: commands, warnings, words: scriptWords(commands.length) };
      });
      continue;
    }
    if (isLuaFile(file)) {
      checkModule(file, context);
      continue;
    }
    checked = checkFile(file, context, () => {
      const { policy, placed, warnings } = loadPolicy(file, stanza);
      return { result: { policy, placed }, warnings, words: policyWords(policy) };
    });
  }
  return checked;
}

/** Each script of a configuration at each of its slots. */
function checkScripts(
  scripts: readonly LoadedScript[],
  monitors: readonly Monitor[],
  context: CommandContext,
): void {
  for (const script of scripts) {
    checkFile(script.file, context, () => {
      const { commands, warnings } = loadScript({ ...script, monitors });
      const words = [script.slot, ...scriptWords(commands.length)];
      return { result: commands, warnings, words };
    });
  }
}

function checkModule(file: string, context: CommandContext): void {
  checkFile(file, context, () => {
    checkLua(readModuleFile(file));
    return { result: file, warnings: [], words: ['a Lua module'] };
  });
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
  return [commands === 1 ? '1 command' : `${commands} commands`];
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

function keptMonitors({ monitors }: AuditStanza): readonly Monitor[] {
  return monitors?.value ?? [DEFAULT_MONITOR];
}
