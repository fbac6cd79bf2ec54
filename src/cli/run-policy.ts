import { UserError } from '../model/errors.ts';
import { formatMonitor } from '../model/monitor.ts';
import type { AuditStanza } from '../policy/ecelerity/audit-stanza.ts';
import type { RulePolicy } from '../policy/rule-policy.ts';
import type { ScriptPolicy } from '../policy/script-policy.ts';
import { BARE_POLICY } from '../simulate/replay.ts';
import { loadConfiguration } from './configuration-file.ts';
import { isScriptFile, loadPolicy, readNamedFile, type PolicySource } from './policy-file.ts';
import { loadScripts, slotOf, type ScriptFile, type ScriptOptions } from './scripts.ts';

/** What a run counts and judges by. */
export interface RunPolicy {
  /** `BARE_POLICY` under the configured settings when the user names no policy. */
  readonly policy: RulePolicy;
  /** Scripts that judge; `policy` then has no rules. */
  readonly scripts: ScriptPolicy | undefined;
  /** What the user names as policy, as reports show it; empty for none. */
  readonly name: string;
  /** What is set of the audit engine, by the names of `inbound_audit`, for the manifest. */
  readonly settings: Readonly<Record<string, unknown>>;
  /**
   * Of the policy, its lists, the configuration and its includes, in this order. Scripts add what
   * they include when they come to it.
   */
  readonly texts: readonly string[];
  /** As shown to the user. */
  readonly warnings: readonly string[];
}

/**
 * Reads the configuration, then the policy under its settings.
 *
 * @param config an `ecelerity.conf`
 * @throws {UserError} with all mistakes of the first file that has any
 * @throws {DiskError} when a file cannot be read
 */
export function loadRunPolicy(
  source: PolicySource | undefined,
  config: string | undefined,
  options: ScriptOptions = {},
): RunPolicy {
  const configuration = config === undefined ? undefined : loadConfiguration(config);
  const stanza = configuration?.audit;
  const script = source === undefined ? undefined : namedScript(source, options);
  const loaded = source === undefined || script ? undefined : loadPolicy(source, stanza);
  const scripts = script && loadScripts([script], options);
  if (scripts === undefined) refuseScriptOptions(options);
  const policy = loaded?.policy ?? barePolicy(stanza);
  return {
    policy,
    scripts: scripts?.policy,
    name: script?.file ?? policy.file,
    settings: settingsOf(policy, stanza),
    get texts() {
      const own = loaded?.texts ?? scripts?.texts ?? [];
      return [...own, ...(configuration?.texts ?? [])];
    },
    warnings: [
      ...(configuration?.warnings ?? []),
      ...(loaded?.warnings ?? scripts?.warnings ?? []),
    ],
  };
}

/** The policy as a script in the phase that the user names; undefined when it is no script. */
function namedScript(source: PolicySource, { phase }: ScriptOptions): ScriptFile | undefined {
  const file = typeof source === 'string' ? source : (source.file ?? '');
  if (!isScriptFile(file)) return undefined;
  const slot = slotOf(phase, file);
  const text = typeof source === 'string' ? readNamedFile(file, 'policy') : source.text;
  return { slot, file, text, runtimeError: 'fail' };
}

/** An option that changes nothing would be believed to have changed something. */
function refuseScriptOptions({ phase, strict, sliding, dnsFixture }: ScriptOptions): void {
  const given = { '--phase': phase, '--sliding': sliding, '--dns-fixture': dnsFixture };
  const names = Object.entries(given).filter(([, value]) => value !== undefined);
  if (strict === true) names.push(['--strict', '']);
  if (names.length === 0) return;
  throw new UserError(`${names[0][0]} goes with a policy of scripts, and there is none`);
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
