import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { UserError } from '../../model/errors.ts';
import { ArchiveError, damaged, endsEarly, type PackingKind } from './archive.ts';
import type { RawBytes } from './raw-bytes.ts';

const PIECE_BYTES = 64 * 1024;
/** Of what the program says about its trouble. */
const COMPLAINT_BYTES = 2048;

/** Words of xz and bzip2, in English, for data that stop too soon. */
const ENDS_EARLY = /unexpected end of input|ends unexpectedly|unexpected end of file/i;

/**
 * Unpacks with a program of the system, `xz -dc` or `bzip2 -dc`, which runs beside us. It is given
 * the bytes through a pipe, so that it sees no name, and it is ended with the generator.
 *
 * @throws ArchiveError when it cannot unpack the data, UserError when it is not installed
 */
export async function* unpackWith(program: 'xz' | 'bzip2', raw: RawBytes): AsyncGenerator<Buffer> {
  // Nothing of the environment but where programs are: XZ_OPT and BZIP2 would change what they do.
  const child = spawn(program, ['-dc'], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], LC_ALL: 'C' },
    windowsHide: true,
  });
  const ended = endOf(child);
  let complaint = '';
  child.stderr.on('data', (text: Buffer) => {
    complaint = (complaint + text.toString('latin1')).slice(0, COMPLAINT_BYTES);
  });
  let rawError: Error | undefined;
  const fed = feed(child, raw, ended).catch((error: unknown) => {
    rawError = error as Error;
    child.kill('SIGKILL');
  });
  try {
    yield* child.stdout as AsyncIterable<Buffer>;
    const { error, code, signal } = await ended;
    await fed;
    if (rawError !== undefined) throw rawError;
    if (error !== undefined) throw notStarted(program, error);
    if (code !== 0) throw failureOf(program, raw, complaint, code ?? signal ?? '');
  } finally {
    child.kill('SIGKILL');
  }
}

interface End {
  readonly error?: NodeJS.ErrnoException;
  readonly code?: number | null;
  readonly signal?: string | null;
}

function endOf(child: ChildProcessWithoutNullStreams): Promise<End> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ error }));
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
}

/** Ends when the program has everything, or wants no more: its exit code says why. */
async function feed(
  child: ChildProcessWithoutNullStreams,
  raw: RawBytes,
  ended: Promise<End>,
): Promise<void> {
  const { stdin } = child;
  let gone = false;
  const isGone = (): boolean => gone;
  stdin.on('error', () => (gone = true));
  void ended.then(() => (gone = true));
  while (!isGone()) {
    const piece = await raw.some(PIECE_BYTES);
    if (piece.length === 0) break;
    if (isGone() || stdin.write(piece)) continue;
    await Promise.race([ended, new Promise((resolve) => void stdin.once('drain', resolve))]);
  }
  stdin.end();
}

function notStarted(program: string, error: NodeJS.ErrnoException): Error {
  if (error.code !== 'ENOENT')
    return new ArchiveError(`${program} cannot be started: ${error.message}`);
  return new UserError(
    `${program} data is unpacked by the program ${program}, which is not installed`,
    program === 'xz'
      ? 'install xz (package xz-utils or xz), or unpack the file elsewhere'
      : 'install bzip2 (package bzip2), or unpack the file elsewhere',
  );
}

function failureOf(
  kind: PackingKind,
  raw: RawBytes,
  complaint: string,
  exit: number | string,
): ArchiveError {
  if (ENDS_EARLY.test(complaint)) return endsEarly(kind, raw.bytesRead);
  const [first] = complaint.trim().split('\n');
  const cause = first.replace(/^(?:xz|bzip2): (?:\(stdin\): )?/, '').replace(/\.$/, '');
  // How much it was given when it stopped depends on the machine.
  return damaged(kind, undefined, cause === '' ? `exit code ${exit}` : cause);
}
