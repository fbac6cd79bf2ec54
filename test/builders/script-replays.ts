import { formatDiagnostic } from '../../src/model/diagnostic.ts';
import { DEFAULT_MONITOR, parseMonitor } from '../../src/model/monitor.ts';
import type { Replication } from '../../src/model/replication.ts';
import { slotOf } from '../../src/policy/script-slots.ts';
import { readScript } from '../../src/policy/sieve/read.ts';
import { SievePolicy, type SlottedScript } from '../../src/policy/sieve/sieve-policy.ts';
import { BARE_POLICY } from '../../src/simulate/policy-run.ts';
import type { ReplayOptions } from '../../src/simulate/replay.ts';
import type { ScriptTally } from '../../src/simulate/tally.ts';
import type { EventRow } from './event-batches.ts';
import { replayRows, type ReplayRecords } from './rule-policies.ts';

/** What a replay under scripts told. */
export interface ScriptReplay extends ScriptTally {
  /** What was logged, in order. */
  readonly logs: readonly string[];
  readonly records: ReplayRecords;
}

export interface ScriptSetting extends Partial<ReplayOptions> {
  /** Default: the one monitor of a replay without a configuration. */
  readonly monitors?: readonly string[];
  /** Default: everything is told at once. */
  readonly replication?: Replication | undefined;
  readonly sliding?: 'rate' | 'average' | undefined;
  readonly runtimeError?: 'fail' | 'continue' | undefined;
  /** What scripts may read, by name. */
  readonly files?: Readonly<Record<string, string>> | undefined;
}

/** @throws Error when the script has mistakes */
function slottedScript(
  slot: string,
  script: string,
  runtimeError: 'fail' | 'continue' = 'fail',
): SlottedScript {
  const name = `${slot}.siv`;
  const { commands, diagnostics, text } = readScript(script, name);
  if (commands === undefined) {
    throw new Error(diagnostics.map((one) => formatDiagnostic(one, text)).join('\n'));
  }
  return { slot: slotOf(slot)!, file: name, name, text, commands, runtimeError };
}

/**
 * Scripts as one policy.
 *
 * @param scripts by slot; a text alone runs at connect
 */
export function sievePolicy(
  scripts: string | Readonly<Record<string, string>>,
  setting: Pick<ScriptSetting, 'sliding' | 'runtimeError' | 'files'> = {},
): SievePolicy {
  const { sliding = 'rate', runtimeError, files = {} } = setting;
  const bySlot = typeof scripts === 'string' ? { connect: scripts } : scripts;
  return new SievePolicy(
    Object.entries(bySlot).map(([slot, script]) => slottedScript(slot, script, runtimeError)),
    {
      sliding,
      files: {
        dnsFixture: undefined,
        read: (name) => {
          if (files[name] === undefined) throw new Error('no such file');
          return { file: name, text: files[name] };
        },
      },
    },
  );
}

/** Replays events under scripts. */
export async function replayScripts(
  scripts: string | Readonly<Record<string, string>>,
  rows: readonly EventRow[],
  setting: ScriptSetting = {},
): Promise<ScriptReplay> {
  const { monitors, replication, sliding, runtimeError, files, ...options } = setting;
  const policy = sievePolicy(scripts, { sliding, runtimeError, files });
  const configured = monitors?.map((text) => parseMonitor(text)!) ?? [DEFAULT_MONITOR];
  const rules = { ...BARE_POLICY, monitors: configured, replication };
  const { tally, records } = await replayRows(rows, rules, { ...options, scripts: policy });
  return { ...tally.scripts!, logs: records.log.map(({ text }) => text), records };
}
