import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll } from 'vitest';
import { main } from '../../src/cli/main.ts';

// The command in the process of the test, for the many runs that end with a message: it starts
// nothing, so it costs a tenth of a run of the built command. It has no standard input, and the
// folder, zone and locale of the test.

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Here {
  readonly folder: string;
  /** Runs the command line. */
  readonly run: (args: readonly string[]) => Promise<Ended>;
  /** The same for a command that must end well and quietly; what it wrote to stdout. */
  readonly outputOf: (args: readonly string[]) => Promise<string>;
  /** Adds a file, or replaces it. */
  readonly write: (name: string, content: string | Buffer) => void;
}

/**
 * A folder with these files, gone after the last test of the file, and the command line over it:
 * words that name one of the files find it, and what is written shows them without their folder.
 */
export function hereWith(files: Readonly<Record<string, string | Buffer>>): Here {
  const folder = mkdtempSync(path.join(tmpdir(), 'hindcast-here-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const write = (name: string, content: string | Buffer): void => {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), content);
  };
  for (const [name, content] of Object.entries(files)) write(name, content);
  const run = async (args: readonly string[]): Promise<Ended> => {
    const out: string[] = [];
    const err: string[] = [];
    const stdio = {
      out: (text: string) => out.push(text) > 0,
      err: (text: string) => void err.push(text),
      drained: () => undefined,
      errIsTerminal: false,
    };
    const found = args.map((word) => {
      const file = path.join(folder, word);
      return word !== '' && existsSync(file) ? file : word;
    });
    const code = await main(found, stdio);
    const [stdout, stderr] = [out, err].map((texts) =>
      texts.join('').replaceAll(`${folder}${path.sep}`, ''),
    );
    return { code, stdout, stderr };
  };
  const outputOf = async (args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await run(args);
    if (code === 0 && stderr === '') return stdout;
    throw new Error(`hindcast ${args.join(' ')}: exit ${code}\n${stderr}`);
  };
  return { folder, run, outputOf, write };
}
