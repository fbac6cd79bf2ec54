import { UserError } from '../model/errors.ts';
import { startDigest } from './digest.ts';
import { DIGEST_MARK } from './format.ts';

/** The first line of a kind of file: `#<kind>,<version>`. */
export interface Seal {
  readonly kind: string;
  readonly version: number;
}

const LF = 10;
const DIGEST_LINE = /^#sha256,[0-9a-f]{64}$/;

/** Records as lines of JSON, closed by a digest of every byte before it; in pieces. */
export function* encodeSealed(
  { kind, version }: Seal,
  records: Iterable<unknown>,
): Generator<Buffer, void, undefined> {
  const digest = startDigest();
  const first = Buffer.from(`#${kind},${version}\n`);
  digest.add(first);
  yield first;
  for (const record of records) {
    const line = Buffer.from(`${JSON.stringify(record)}\n`);
    digest.add(line);
    yield line;
  }
  yield Buffer.from(`${DIGEST_MARK}${digest.hex()}\n`, 'latin1');
}

/**
 * Reads what `encodeSealed` wrote, as a whole or not at all.
 *
 * @throws UserError that names the file and the line where it is another file, a newer one, cut or
 *     altered
 */
export function readSealed({ kind, version }: Seal, bytes: Buffer, file: string): unknown[] {
  const lineEnd = bytes.indexOf(LF);
  const first = bytes.toString('latin1', 0, lineEnd === -1 ? Math.min(bytes.length, 80) : lineEnd);
  const mark = `#${kind},`;
  if (bytes.length === 0) refuse(file, 1, 'the file is empty');
  if (!first.startsWith(mark)) refuse(file, 1, `expected ${mark}${version} at its start`);
  if (first !== `${mark}${version}`) {
    const found = first.slice(mark.length);
    const hint = 'a newer hindcast wrote this file; read it with that one';
    refuse(file, 1, `expected version ${version}, found ${found}`, hint);
  }
  const lines = countLines(bytes);
  if (bytes.at(-1) !== LF) refuse(file, lines + 1, 'the file is cut within a line');
  const lastLine = bytes.lastIndexOf(LF, bytes.length - 2) + 1;
  const seal = bytes.toString('latin1', lastLine, bytes.length - 1);
  if (!DIGEST_LINE.test(seal)) refuse(file, lines, 'the file is cut: its last line is no digest');
  const digest = startDigest();
  digest.add(bytes.subarray(0, lastLine));
  if (seal !== `${DIGEST_MARK}${digest.hex()}`) {
    refuse(file, lines, 'the file was altered: it has another digest than its last line says');
  }
  const records: unknown[] = [];
  for (let at = lineEnd + 1; at < lastLine;) {
    const end = bytes.indexOf(LF, at);
    records.push(JSON.parse(bytes.toString('utf8', at, end)));
    at = end + 1;
  }
  return records;
}

function countLines(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(LF); at !== -1; at = bytes.indexOf(LF, at + 1)) lines++;
  return lines;
}

function refuse(file: string, line: number, what: string, hint?: string): never {
  throw new UserError(`${file}:${line}: ${what}`, hint);
}
