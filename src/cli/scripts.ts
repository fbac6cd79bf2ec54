import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { UserError } from '../model/errors.ts';
import type { Monitor } from '../model/monitor.ts';
import { meantSlot, slotOf, type ScriptSlot } from '../policy/script-slots.ts';
import { shownNames } from '../policy/sieve/shown-names.ts';
import { readScript } from '../policy/sieve/read.ts';
import { SievePolicy, type SlottedScript } from '../policy/sieve/sieve-policy.ts';
import type { ScriptFiles } from '../policy/sieve/site.ts';
import { mistakesIn, readNamedFile, shownDiagnostics } from './policy-file.ts';

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
  /** Of the files that the scripts have read so far, in the order of reading. */
  readonly texts: readonly string[];
  /** As shown to the user. */
  readonly warnings: readonly string[];
}

interface LoadOptions extends ScriptOptions {
  readonly monitors: readonly Monitor[];
  /** Where an absolute path that a script names is on this machine. */
  readonly mapped: (name: string) => string;
}

/**
 * Checks scripts and makes them one policy.
 *
 * @throws {UserError} with all mistakes of all scripts
 * @throws {DiskError} when a file cannot be read
 */
export function loadScripts(files: readonly ScriptFile[], options: LoadOptions): LoadedScripts {
  const { monitors, mapped, sliding = 'rate', dnsFixture } = options;
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
  const texts: string[] = [];
  const policy = new SievePolicy(scripts, { files: filesOf(texts, mapped, dnsFixture), sliding });
  return { policy, scripts, texts, warnings: shown };
}

/** The disk as scripts see it; every text that is read is kept for the digest. */
function filesOf(
  texts: string[],
  mapped: (name: string) => string,
  dnsFixture: string | undefined,
): ScriptFiles {
  const fixture =
    dnsFixture === undefined
      ? undefined
      : { file: dnsFixture, text: readNamedFile(dnsFixture, 'DNS fixture') };
  if (fixture !== undefined) texts.push(fixture.text);
  return {
    dnsFixture: fixture,
    read: (name, fromScript) => {
      const file = path.isAbsolute(name) ? mapped(name) : path.join(path.dirname(fromScript), name);
      try {
        // A pipe or a device may never end.
        if (!statSync(file).isFile()) throw new Error(`${file} is not a file`);
        const text = readFileSync(file, 'utf8');
        texts.push(text);
        return { file, text };
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        const reason = code === 'ENOENT' ? `no such file: ${file}` : message;
        throw new Error(reason, { cause: error });
      }
    },
  };
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
