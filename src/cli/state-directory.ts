import {
  accessSync,
  constants,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
} from 'node:fs';
import path from 'node:path';
import { UserError } from '../model/errors.ts';
import type { SeriesSnapshot } from '../model/series-snapshot.ts';
import { stateName } from '../series/name.ts';
import { encodeSealed, readSealed } from '../series/sealed-lines.ts';
import { encodeSeriesChunks } from '../series/writer.ts';
import { stateFrom, stateRecords, type ReplayState } from '../simulate/replay-state.ts';
import { attempt, GrowingFile, makeFolders, refuseFile, syncFolder } from './durable-files.ts';

/** Name of the file that holds a whole run; series of a policy lie beside it under their own. */
const STATE_FILE = 'hindcast.state';
const PARTIAL_SUFFIX = '.partial';
const SEAL = { kind: 'hindcast-state', version: 1 };

/** An input that a run has taken in. */
export interface StoredInput {
  readonly name: string;
  /** SHA-256 of its first line, of a CSV its first two. */
  readonly opening: string;
  readonly lines: number;
  readonly first: string | null;
  readonly last: string | null;
}

/** What a run leaves for the next one. */
export interface StoredRun {
  /** SHA-256 of the policy's texts; null where there was none. */
  readonly policy: string | null;
  readonly sessionTimeoutMs: number;
  /** Whether the windows were closed (`--final`): nothing can follow. */
  readonly closed: boolean;
  /** All inputs so far, in the order of their openings. */
  readonly inputs: readonly StoredInput[];
  readonly state: ReplayState;
}

/** The folder of `--state`: where a run begins and what it leaves. */
export class StateDirectory {
  readonly #path: string;
  readonly #file: string;
  /** How the file ended when it was read: its digest, empty where there was none. */
  #seal = '';
  #made: readonly string[] = [];

  /** @throws {UserError} when the path names no folder */
  constructor(directory: string) {
    if (directory === '') throw new UserError('--state names no folder');
    this.#path = directory;
    this.#file = path.join(directory, STATE_FILE);
    if (existsSync(directory)) refuseFile(directory, directory);
  }

  /**
   * What the last run left; undefined when there was none.
   *
   * @throws {UserError} when the file is damaged, foreign or newer: it names the file and the line
   */
  read(): StoredRun | undefined {
    if (!existsSync(this.#file)) return undefined;
    const bytes = attempt(this.#file, () => readFileSync(this.#file), 'read');
    const [run, ...records] = readSealed(SEAL, bytes, this.#file);
    this.#seal = sealOf(bytes);
    return { ...(run as Omit<StoredRun, 'state'>), state: stateFrom(records) };
  }

  /**
   * Makes the folder, so that a run does not find at its end that it cannot.
   *
   * @throws {DiskError} when it cannot be made or written
   */
  prepare(): void {
    attempt(this.#path, () => {
      this.#made = makeFolders(path.resolve(this.#path));
      accessSync(this.#path, constants.W_OK);
    });
  }

  /** Takes the folder back that `prepare` made, unless something lies in it. */
  discard(): void {
    for (const folder of this.#made.toReversed()) {
      if (existsSync(folder) && readdirSync(folder).length === 0) rmdirSync(folder);
    }
  }

  /**
   * Replaces what the last run left. Everything is on the disk before the first file appears, each
   * whole. The state is the first, the series that a policy persists are copies of what it holds:
   * beside a state they are not read, so a run that dies in between counts nothing twice.
   *
   * @throws {UserError} when another run has written since `read`
   */
  commit(stored: StoredRun, persisted: readonly SeriesSnapshot[]): void {
    attempt(this.#path, () => {
      this.#refuseChanged();
      const files = persisted.map((snapshot) => {
        const name = stateName(snapshot.name, snapshot.monitor, false);
        const file = path.join(this.#path, name);
        writePartial(file, encodeSeriesChunks(snapshot));
        return file;
      });
      const { state, ...run } = stored;
      writePartial(this.#file, encodeSealed(SEAL, recordsOf(run, state)));
      for (const file of [this.#file, ...files]) {
        renameSync(partialOf(file), file);
        syncFolder(this.#path);
      }
      this.#seal = sealOf(readFileSync(this.#file));
    });
  }

  #refuseChanged(): void {
    const seal = existsSync(this.#file) ? sealOf(readFileSync(this.#file)) : '';
    if (seal === this.#seal) return;
    throw new UserError(
      `${this.#file} was written by another run in the meantime; nothing was stored`,
      'let runs with the same --state follow one another',
    );
  }
}

const partialOf = (file: string): string => `${file}${PARTIAL_SUFFIX}`;

function writePartial(file: string, chunks: Iterable<Buffer>): void {
  const growing = new GrowingFile(partialOf(file), 'w');
  try {
    for (const chunk of chunks) growing.write(chunk);
    growing.finish();
  } finally {
    growing.close();
  }
}

function* recordsOf(run: object, state: ReplayState): Generator<unknown, void, undefined> {
  yield run;
  yield* stateRecords(state);
}

const SEAL_BYTES = 73;

function sealOf(bytes: Buffer): string {
  return bytes.toString('latin1', Math.max(0, bytes.length - SEAL_BYTES));
}
