import { UserError } from '../../model/errors.ts';
import { DEFAULT_MONITOR } from '../../model/monitor.ts';
import type { RulePolicy } from '../../policy/rule-policy.ts';
import type { ScriptSlot } from '../../policy/script-slots.ts';
import { asksAudit } from '../../policy/sieve/needs.ts';
import {
  configFilesOf,
  loadConfiguration,
  refuseLoneRoot,
  requireAudit,
  shownConfig,
  type ConfigurationOptions,
  type LoadedConfiguration,
} from '../configuration-file.ts';
import { replicationFor, replicationWarnings } from '../cluster-settings.ts';
import { clusterLines, configurationWords, intervalWords } from '../configuration-words.ts';
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
  if (files.length === 0 && configFilesOf(flags).length === 0) {
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
  flags: ConfigurationOptions,
  slot: ScriptSlot | undefined,
  context: CommandContext,
): AskingPolicy | undefined {
  const configs = configFilesOf(flags);
  const configuration = configs.length === 0 ? undefined : checkConfiguration(flags, context);
  // Under unknown monitors a policy would be accused of what is wrong elsewhere.
  if (configs.length > 0 && configuration === undefined) return undefined;
  let checked: AskingPolicy | undefined;
  for (const file of files) {
    if (isScriptFile(file)) checkScript({ file, slot }, configuration, context);
    else if (isLuaFile(file)) checkModule(file, configuration, context);
    else {
      checked = checkFile(file, context, () => {
        if (configuration !== undefined) requireAudit(configuration);
        const { policy, placed, warnings } = loadPolicy(file, configuration?.audit);
        const replication = replicationFor(configuration, {});
        const told = [...warnings, ...replicationWarnings({ ...policy, replication })];
        return { result: { policy, placed }, warnings: told, words: policyWords(policy) };
      });
    }
  }
  return checked;
}

/** The configuration with its scripts, each at each of its slots; undefined when it has mistakes. */
function checkConfiguration(
  flags: ConfigurationOptions,
  context: CommandContext,
): LoadedConfiguration | undefined {
  const name = shownConfig(configFilesOf(flags));
  const configuration = checkFile(name, context, () => {
    const loaded = loadConfiguration(flags)!;
    return { result: loaded, warnings: loaded.warnings, words: configurationWords(loaded) };
  });
  if (configuration === undefined) return undefined;
  for (const line of clusterLines(configuration)) context.stdio.out(`${name}: ${line}\n`);
  const { files, scripts, scriptlets } = configuration;
  for (const script of scripts) checkScript(script, configuration, context);
  for (const file of scriptletFiles(files, scriptlets)) checkModule(file, configuration, context);
  return configuration;
}

function checkScript(
  script: Parameters<typeof loadScript>[0],
  configuration: LoadedConfiguration | undefined,
  context: CommandContext,
): void {
  const audit = configuration?.audit;
  const monitors = audit && (audit.monitors?.value ?? [DEFAULT_MONITOR]);
  checkFile(script.file, context, () => {
    const { commands, warnings } = loadScript({ ...script, monitors });
    if (configuration !== undefined && asksAudit(commands)) requireAudit(configuration);
    const ofSlot = script.text === undefined ? [] : [String(script.slot)];
    return { result: commands, warnings, words: [...ofSlot, ...scriptWords(commands.length)] };
  });
}

function checkModule(
  file: string,
  configuration: LoadedConfiguration | undefined,
  context: CommandContext,
): void {
  checkFile(file, context, () => {
    if (configuration !== undefined) requireAudit(configuration);
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
