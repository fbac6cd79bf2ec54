import path from 'node:path';
import { UserError } from '../model/errors.ts';
import { formatMonitor } from '../model/monitor.ts';
import type { AuditStanza } from '../policy/ecelerity/audit-stanza.ts';
import { managerLogOf } from '../policy/ecelerity/replication.ts';
import type { LuaSource } from '../policy/lua/lua-policy.ts';
import type { PlacedRules } from '../policy/rule-coverage.ts';
import type { RulePolicy } from '../policy/rule-policy.ts';
import { JoinedScripts } from '../policy/joined-scripts.ts';
import type { ScriptPolicy } from '../policy/script-policy.ts';
import { asksAudit } from '../policy/sieve/needs.ts';
import type { SlottedScript } from '../policy/sieve/sieve-policy.ts';
import { BARE_POLICY } from '../simulate/policy-run.ts';
import {
  clusterSettings,
  replicationFor,
  replicationWarnings,
  type ClusterOptions,
} from './cluster-settings.ts';
import {
  loadConfiguration,
  mappedPath,
  requireAudit,
  shownConfig,
  type ConfigurationOptions,
  type LoadedConfiguration,
} from './configuration-file.ts';
import { isScriptFile, loadPolicy, readNamedFile, type PolicySource } from './policy-file.ts';
import { isLuaFile, loadModules, readModuleFile, scriptletFiles } from './lua-modules.ts';
import { ScriptDisk, type ReadText } from './script-disk.ts';
import { loadScripts, slotNamed, type ScriptFile, type ScriptOptions } from './scripts.ts';

/** What a run counts and judges by. */
export interface RunPolicy {
  /** `BARE_POLICY` under the configured settings when the user names no policy, or a script. */
  readonly policy: RulePolicy;
  /** Where the policy's rules stand; undefined: no YAML policy is named. */
  readonly placed: PlacedRules | undefined;
  /** Scripts that judge: the policy, or where none is named those of the configuration. */
  readonly scripts: ScriptPolicy | undefined;
  /** Those scripts, without what they include. */
  readonly loadedScripts: readonly SlottedScript[];
  /** The modules among them. */
  readonly loadedModules: readonly LuaSource[];
  /** The file name of the policy, or of the configuration that names its scripts. */
  readonly name: string | undefined;
  /** What is set of the audit engine and the cluster, by the configuration's names. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Stanzas of the configuration that are not read, by keyword, with their number. */
  readonly skipped: ReadonlyMap<string, number>;
  /**
   * Of the policy, its lists, the configuration, its includes and its scripts, in this order; what
   * scripts have read stands behind them.
   */
  readonly texts: readonly string[];
  /** As shown to the user. */
  readonly warnings: readonly string[];
}

/**
 * Reads the configuration, then the policy under its settings.
 *
 * @throws {UserError} with all mistakes of the first file that has any
 * @throws {DiskError} when a file cannot be read
 */
export function loadRunPolicy(
  source: PolicySource | undefined,
  options: ConfigurationOptions & ScriptOptions & ClusterOptions,
): RunPolicy {
  const { root } = options;
  const configuration = loadConfiguration(options);
  const stanza = configuration?.audit;
  const programs = programsOf(source, options, configuration);
  const { scripts, modules } = programs;
  const isProgram = scripts.length + modules.length > 0;
  const isNamed = source !== undefined && isProgram;
  const isCounting = modules.length > 0 || (source !== undefined && !isProgram);
  if (configuration !== undefined && isCounting) requireAudit(configuration);
  const loaded = source === undefined || isNamed ? undefined : loadPolicy(source, stanza);
  const policy: RulePolicy = {
    ...(loaded?.policy ?? barePolicy(stanza)),
    replication: replicationFor(configuration, options),
    managerLog: managerLogOf(configuration?.asLogger),
  };
  if (!isProgram) refuseLoneOptions(options);
  const disk = new ScriptDisk((name) => mappedPath(name, root), options.dnsFixture);
  // Without its stanza the one mistake to tell is that it is missing.
  const monitors =
    configuration !== undefined && stanza === undefined ? undefined : policy.monitors;
  const sieve =
    scripts.length === 0 ? undefined : loadScripts(scripts, { ...options, monitors, disk });
  if (configuration !== undefined && sieve?.scripts.some(({ commands }) => asksAudit(commands))) {
    requireAudit(configuration);
  }
  const policies: ScriptPolicy[] = sieve === undefined ? [] : [sieve.policy];
  const lua = modules.length === 0 ? undefined : loadModules(modules, disk);
  if (lua !== undefined) policies.push(lua.policy);
  const configFiles = isProgram ? (configuration?.files ?? []) : [];
  const namedFile = isNamed ? fileOf(source) : policy.file;
  const named = namedFile === '' ? configFiles : [namedFile];
  return {
    policy,
    placed: loaded?.placed,
    scripts: policies.length > 1 ? new JoinedScripts(policies) : policies.at(0),
    loadedScripts: sieve?.scripts ?? [],
    loadedModules: lua?.sources ?? [],
    // Where it lies must not change the report.
    name: named.length === 0 ? undefined : shownConfig(named.map((file) => path.basename(file))),
    settings: settingsOf(policy, configuration),
    skipped: configuration?.skipped ?? new Map(),
    get texts() {
      const own =
        loaded?.texts ?? (isNamed ? [...scripts, ...modules].map(({ text }) => text) : []);
      const configured = configuration?.texts ?? [];
      const ofModules = isNamed ? [] : modules.map(({ text }) => text);
      return [...own, ...configured, ...ofModules, ...disk.texts];
    },
    warnings: [
      ...(configuration?.warnings ?? []),
      ...(loaded?.warnings ?? sieve?.warnings ?? []),
      ...replicationWarnings(policy),
    ],
  };
}

/** What answers by itself: the policy that the user names, else the programs of a configuration. */
interface Programs {
  readonly scripts: readonly ScriptFile[];
  readonly modules: readonly ReadText[];
}

function programsOf(
  source: PolicySource | undefined,
  options: ConfigurationOptions & ScriptOptions,
  configuration: LoadedConfiguration | undefined,
): Programs {
  if (source === undefined) {
    refuseLonePhase(options);
    const { files: configs = [], scripts = [], scriptlets = [] } = configuration ?? {};
    const files = scriptletFiles(configs, scriptlets);
    return { scripts, modules: files.map(readModuleFile) };
  }
  const script = namedScript(source, options);
  if (script !== undefined) return { scripts: [script], modules: [] };
  refuseLonePhase(options);
  const file = fileOf(source);
  if (!isLuaFile(file)) return { scripts: [], modules: [] };
  const module = typeof source === 'string' ? readModuleFile(file) : { file, text: source.text };
  return { scripts: [], modules: [module] };
}

function fileOf(source: PolicySource): string {
  return typeof source === 'string' ? source : (source.file ?? '');
}

/** The policy as a script in the phase that the user names; undefined when it is no script. */
function namedScript(source: PolicySource, { phase }: ScriptOptions): ScriptFile | undefined {
  const file = fileOf(source);
  if (!isScriptFile(file)) return undefined;
  const text = typeof source === 'string' ? readNamedFile(file, 'policy') : source.text;
  return { slot: slotNamed(phase, file), file, text, runtimeError: 'fail' };
}

function refuseLonePhase({ phase }: ScriptOptions): void {
  if (phase === undefined) return;
  throw new UserError('--phase needs a script as --policy', '--policy limits.siv --phase connect');
}

/** An option that changes nothing would be believed to have changed something. */
function refuseLoneOptions({ strict, sliding, dnsFixture }: ScriptOptions): void {
  const given = { '--strict': strict, '--sliding': sliding, '--dns-fixture': dnsFixture };
  const option = Object.entries(given).find(([, value]) => value !== undefined)?.[0];
  if (option === undefined) return;
  throw new UserError(`${option} goes with scripts, and none are run`);
}

function barePolicy(stanza: AuditStanza | undefined): RulePolicy {
  return {
    ...BARE_POLICY,
    monitors: stanza?.monitors?.value ?? BARE_POLICY.monitors,
    maintenanceIntervalMs: stanza?.maintenanceIntervalMs?.value,
  };
}

function settingsOf(
  { monitors, maintenanceIntervalMs }: RulePolicy,
  configuration: LoadedConfiguration | undefined,
): Record<string, unknown> {
  const stanza = configuration?.audit;
  const settings = {
    monitors: stanza && monitors.map((monitor) => formatMonitor(monitor)),
    maintenance_interval: maintenanceIntervalMs && maintenanceIntervalMs / 1000,
    log_dir: stanza?.logDir,
    serialize_dir: stanza?.serializeDir,
    ...(configuration && clusterSettings(configuration)),
  };
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}
