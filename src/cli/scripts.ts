import { UserError } from '../model/errors.ts';
import type { Monitor } from '../model/monitor.ts';
import { meantSlot, slotOf, type ScriptSlot } from '../policy/script-slots.ts';
import { shownNames } from '../policy/momentum/shown-names.ts';
import { readScript } from '../policy/sieve/read.ts';
import { SievePolicy, type SlottedScript } from '../policy/sieve/sieve-policy.ts';
import { mistakesIn, shownDiagnostics } from './policy-file.ts';
import type { ScriptDisk } from './script-disk.ts';

/** How scripts run; the same words as the command line's. */
export interface ScriptOptions {
  /** The phase of a script that is named by itself: `connect`, `connect_phase2`. */
  readonly phase?: string | undefined;
  /** Whether a place that is not simulated ends the run. */
  readonly strict?: boolean | undefined;
  /** How `ec_ip_connections` and its kin weigh the present window; default `rate`. */
  readonly sliding?: 'rate' | 'average' | undefined;
  /** Answers of DNS. */
  readonly dnsFixture?: string | undefined;
}

/** A script in its slot, as it was read. */
export interface ScriptFile {
  readonly slot: ScriptSlot;
  /** As it was opened. */
  readonly file: string;
  readonly text: string;
  readonly runtimeError: 'fail' | 'continue';
}

export interface LoadedScripts {
  readonly policy: SievePolicy;
  readonly scripts: readonly SlottedScript[];
  /** As shown to the user. */
  readonly warnings: readonly string[];
}

interface LoadOptions extends ScriptOptions {
  /** Undefined: which there are is not checked. */
  readonly monitors: readonly Monitor[] | undefined;
  readonly disk: ScriptDisk;
}

/**
 * Checks scripts and makes them one policy.
 *
 * @throws {UserError} with all mistakes of all scripts
 * @throws {DiskError} when a file cannot be read
 */
export function loadScripts(files: readonly ScriptFile[], options: LoadOptions): LoadedScripts {
  const { monitors, disk, sliding = 'rate' } = options;
  const readings = files.map((script) => {
    return readScript(script.text, script.file, { slot: script.slot, monitors });
  });
  const diagnostics = readings.flatMap((reading) => reading.diagnostics);
  const textOf = new Map(files.map(({ file }, index) => [file, readings[index].text]));
  // A script that runs at several slots has the same mistakes at each.
  const shown = [...new Set(shownDiagnostics(diagnostics, textOf))];
  if (readings.some(({ commands }) => commands === undefined)) {
    throw mistakesIn(diagnostics, shown);
  }
  const names = shownNames(files.map(({ file }) => file));
  const scripts = files.map((script, index): SlottedScript => {
    const { commands, text } = readings[index];
    return { ...script, text, name: names.get(script.file)!, commands: commands! };
  });
  const policy = new SievePolicy(scripts, { files: disk, sliding });
  return { policy, scripts, warnings: shown };
}

/**
 * The slot that `--phase` names.
 *
 * @param file the script that is to run there
 * @throws {UserError} when it names none
 */
export function slotNamed(phase: string | undefined, file: string): ScriptSlot {
  if (phase === undefined) {
    throw new UserError(
      `${file} is a Sieve script, which does not say in which phase it runs`,
      'name it: --phase connect',
    );
  }
  const slot = slotOf(phase);
  if (slot !== undefined) return slot;
  throw new UserError(`--phase ${phase}: no such phase`, meantSlot(phase));
}
