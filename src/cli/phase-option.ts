import { existsSync } from 'node:fs';
import { UserError } from '../model/errors.ts';
import { visible } from '../model/visible.ts';
import { meantSlot, slotOf, type ScriptSlot } from '../policy/script-slots.ts';
import type { LogOptions } from './input-options.ts';
import { isLuaFile } from './lua-modules.ts';
import { isScriptFile } from './policy-file.ts';

/** What belongs to the logs of `--phase`. */
export interface PhaseFlags extends LogOptions {
  readonly sessionTimeout?: string;
  readonly steps?: string;
  readonly format?: 'table' | 'json';
}

/** What `check --phase` asks: neither, when it is not given. */
export interface PhaseOption {
  /** Where the scripts run. */
  readonly slot?: ScriptSlot;
  /** Over which the windows of the one YAML policy are shifted. */
  readonly logs?: readonly string[];
}

const SLOT_HINT = 'with scripts it names their slot: hindcast check limits.siv --phase connect';
const LOGS_HINT = 'with one YAML policy it names logs: hindcast check policy.yaml --phase mail.log';

/**
 * Tells by the files to check what the values of `--phase` name: of scripts the slot, of a YAML
 * policy logs.
 *
 * @throws {UserError} for a value that is neither, or not what these files go with
 */
export function phaseOption(values: readonly string[], files: readonly string[]): PhaseOption {
  if (values.length === 0) return {};
  const script = files.find(isScriptFile);
  if (script !== undefined) return { slot: slotOption(values, script) };
  const stray = values.find((value) => slotOf(value) !== undefined && !existsSync(value));
  if (stray !== undefined) {
    throw new UserError(
      `--phase ${stray} is a slot of Sieve scripts, and none is named`,
      LOGS_HINT,
    );
  }
  if (files.length !== 1) {
    const named = files.length === 0 ? 'none is named' : `${files.length} files are named`;
    throw new UserError(`--phase takes logs for one YAML policy, and ${named}`, LOGS_HINT);
  }
  const [file] = files;
  if (isLuaFile(file)) {
    throw new UserError(`--phase takes logs for a YAML policy, and ${file} is Lua`, LOGS_HINT);
  }
  const neither = values.find((value) => !isLog(value));
  if (neither === undefined) return { logs: values };
  throw new UserError(`--phase ${visible(neither)}: neither a log nor a slot`, LOGS_HINT);
}

function slotOption(values: readonly string[], script: string): ScriptSlot {
  const slots = values.map(slotOf);
  const other = slots.indexOf(undefined);
  if (other !== -1) {
    const value = values[other];
    if (!isLog(value)) throw new UserError(`unknown phase '${visible(value)}'`, meantSlot(value));
    throw new UserError(
      `--phase ${visible(value)} names a log, and ${script} is a Sieve script`,
      SLOT_HINT,
    );
  }
  if (slots.length === 1) return slots[0]!;
  throw new UserError(`--phase names ${slots.length} slots, and scripts run in one`, SLOT_HINT);
}

/** Whether a value can stand for logs: standard input, what exists, a glob. */
function isLog(value: string): boolean {
  return value === '-' || existsSync(value) || /[*?[{(]/.test(value);
}

/**
 * Refuses options of logs where there are none: one that changes nothing would be believed to have
 * changed something.
 */
export function refuseLoneLogOptions(flags: PhaseFlags): void {
  const given = {
    '--tz': flags.tz,
    '--year': flags.year,
    '--reorder': flags.reorder,
    '--node': flags.node,
    '--input-format': flags.inputFormat,
    '--map': flags.map,
    '--kind': flags.kind,
    '--session-timeout': flags.sessionTimeout,
    '--steps': flags.steps,
    '--format': flags.format,
  };
  const option = Object.entries(given).find(([, value]) => value !== undefined)?.[0];
  if (option === undefined) return;
  throw new UserError(
    `${option} goes with logs, and --phase names none`,
    'hindcast check policy.yaml --phase mail.log',
  );
}
