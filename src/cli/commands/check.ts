import { UserError } from '../../model/errors.ts';
import { DEFAULT_MONITOR, type Monitor } from '../../model/monitor.ts';
import { visible } from '../../model/visible.ts';
import type { AuditStanza } from '../../policy/ecelerity/audit-stanza.ts';
import type { LoadedScript } from '../../policy/ecelerity/sieve-stanza.ts';
import type { RulePolicy } from '../../policy/rule-policy.ts';
import { meantSlot, slotOf, type ScriptSlot } from '../../policy/script-slots.ts';
import {
  loadConfiguration,
  refuseLoneRoot,
  type ConfigurationOptions,
} from '../configuration-file.ts';
import { configurationWords, intervalWords, skippedWords } from '../configuration-words.ts';
import { EXIT } from '../exit-code.ts';
import { checkLua, isLuaFile, readModuleFile, scriptletFiles } from '../lua-modules.ts';
import { isScriptFile, loadPolicy, loadScript } from '../policy-file.ts';
import type { CommandContext } from '../program.ts';

interface CheckFlags extends ConfigurationOptions {
  readonly phase?: string;
}

/**
 * `hindcast check`: every mistake of the configuration, or else of its scripts and of every policy
 * and script under it, then exit code 2 when there was one.
 */
export function runCheck(
  files: readonly string[],
  options: CheckFlags,
  context: CommandContext,
): void {
  const { config, root, phase } = options;
  if (files.length === 0 && config === undefined) {
    throw new UserError('nothing to check', 'hindcast check policy.yaml, or --config FILE');
  }
  refuseLoneRoot(options);
  const slot = phase === undefined ? undefined : namedSlot(phase);
  let stanza: AuditStanza | undefined;
  if (config !== undefined) {
    const configuration = checkFile(config, context, () => {
      const loaded = loadConfiguration(config, root);
      return { result: loaded, warnings: loaded.warnings, words: configurationWords(loaded) };
    });
    // Under unknown monitors a policy would be accused of what is wrong elsewhere.
    if (configuration === undefined) return;
    const { audit, scripts, scriptlets, skipped } = configuration;
    if (skipped.size > 0) context.stdio.out(`${config}: skipped: ${skippedWords(skipped)}\n`);
    checkScripts(scripts, keptMonitors(audit), context);
    for (const file of scriptletFiles(config, scriptlets)) checkModule(file, context);
    stanza = audit;
  }
  const monitors = stanza && keptMonitors(stanza);
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
    checkFile(file, context, () => {
      const { policy, warnings } = loadPolicy(file, stanza);
      return { result: policy, warnings, words: policyWords(policy) };
    });
  }
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

function namedSlot(phase: string): ScriptSlot {
  const slot = slotOf(phase);
  if (slot !== undefined) return slot;
  throw new UserError(`unknown phase '${visible(phase)}'`, meantSlot(phase));
}

function keptMonitors({ monitors }: AuditStanza): readonly Monitor[] {
  return monitors?.value ?? [DEFAULT_MONITOR];
}
