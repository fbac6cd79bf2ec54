import { readFileSync } from 'node:fs';
import path from 'node:path';
import { UserError } from '../model/errors.ts';
import { didYouMean } from '../model/suggest.ts';
import { shownName } from '../policy/sieve/includes.ts';
import { readScript } from '../policy/sieve/read.ts';
import { SievePolicy, SLOTS, type SlottedScript } from '../policy/sieve/sieve-policy.ts';
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

/** A script, in its slot, as it was read. */
export interface ScriptFile {
  readonly slot: string;
  /** As it was opened. */
  readonly file: string;
  readonly text: string;
  readonly runtimeError: 'fail' | 'continue';
}

export interface LoadedScripts {
  readonly policy: SievePolicy;
  /** Of the scripts, then of the files that they have read so far, in the order of reading. */
  readonly texts: readonly string[];
  /** As shown to the user. */
  readonly warnings: readonly string[];
}

/**
 * Checks scripts and makes them one policy.
 *
 * @param mapped where a path that a script names is on this machine
 * @throws {UserError} with all mistakes of all scripts
 * @throws {DiskError} when a file cannot be read
 */
export function loadScripts(
  files: readonly ScriptFile[],
  options: ScriptOptions,
  mapped: (name: string) => string = (name) => name,
): LoadedScripts {
  const readings = files.map((script) => ({ script, ...readScript(script.text, script.file) }));
  const diagnostics = readings.flatMap((reading) => reading.diagnostics);
  const shown = shownDiagnostics(
    diagnostics,
    new Map(readings.map((r) => [r.script.file, r.text])),
  );
  const broken = readings.some(({ commands }) => commands === undefined);
  if (broken) throw mistakesIn(diagnostics, shown);
  const texts = files.map(({ text }) => text);
  const scripts = readings.map(({ script, commands, text }): SlottedScript => {
    return { ...script, text, name: shownName(script.file), commands: commands! };
  });
  const { sliding = 'rate', dnsFixture } = options;
  const policy = new SievePolicy(scripts, { files: filesOf(texts, mapped, dnsFixture), sliding });
  return { policy, texts, warnings: shown };
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
 * The slot that `--phase` names: `connect` is `connect_phase1`.
 *
 * @throws {UserError} when it names none
 */
export function slotOf(phase: string | undefined, file: string): string {
  if (phase === undefined) {
    throw new UserError(
      `${file} is a Sieve script, which does not say in which phase it runs`,
      'name it: --phase connect',
    );
  }
  const slot = /_phase[12]$/.test(phase) ? phase : `${phase}_phase1`;
  if (SLOTS.includes(slot)) return slot;
  const names = SLOTS.map((name) => name.replace(/_phase[12]$/, ''));
  const known = [...new Set(names)];
  throw new UserError(
    `--phase ${phase}: no such phase`,
    didYouMean(phase, known) ?? `phases are ${known.join(', ')}`,
  );
}
