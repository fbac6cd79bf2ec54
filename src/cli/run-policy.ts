import { formatMonitor } from '../model/monitor.ts';
import type { AuditStanza } from '../policy/ecelerity/audit-stanza.ts';
import type { RulePolicy } from '../policy/rule-policy.ts';
import { BARE_POLICY } from '../simulate/replay.ts';
import {
  loadConfiguration,
  refuseLoneRoot,
  type ConfigurationOptions,
  type LoadedConfiguration,
} from './configuration-file.ts';
import { loadPolicy, type PolicySource } from './policy-file.ts';

/** What a run counts and judges by. */
export interface RunPolicy {
  /** `BARE_POLICY` under the configured settings when the user names no policy. */
  readonly policy: RulePolicy;
  /** What is set of the audit engine, by the names of `inbound_audit`, for the manifest. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Of the policy, its lists, the configuration, its includes and its scripts, in this order. */
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
  options: ConfigurationOptions,
): RunPolicy {
  refuseLoneRoot(options);
  const { config, root } = options;
  const configuration = config === undefined ? undefined : loadConfiguration(config, root);
  const stanza = configuration?.audit;
  const loaded = source === undefined ? undefined : loadPolicy(source, stanza);
  const policy = loaded?.policy ?? barePolicy(stanza);
  return {
    policy,
    settings: settingsOf(policy, stanza),
    texts: [...(loaded?.texts ?? []), ...(configuration?.texts ?? [])],
    warnings: [
      ...(configuration?.warnings ?? []),
      ...(configuration === undefined ? [] : unusedScripts(config, configuration)),
      ...(loaded?.warnings ?? []),
    ],
  };
}

/** A replay must not look as if it had judged by scripts. */
function unusedScripts(config: string | undefined, { scripts }: LoadedConfiguration): string[] {
  return scripts.length === 0 ? [] : [`${config}: its sieve scripts are read, and not run yet`];
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
  stanza: AuditStanza | undefined,
): Record<string, unknown> {
  const settings = {
    monitors: stanza && monitors.map((monitor) => formatMonitor(monitor)),
    maintenance_interval: maintenanceIntervalMs && maintenanceIntervalMs / 1000,
    log_dir: stanza?.logDir,
    serialize_dir: stanza?.serializeDir,
  };
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}
