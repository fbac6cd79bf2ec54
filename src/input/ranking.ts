import { createHash } from 'node:crypto';
import { closeSync, readSync } from 'node:fs';
import { compareText } from '../model/order.ts';
import { cannotRead, openBlocks, openForReading, type BlockOptions } from './blocks.ts';
import type { Input } from './discover.ts';

/** What orders inputs at equal times; only as much of it is computed as ties ask for. */
export interface Contender {
  readonly input: Input;
  /** Time of the first dated line, milliseconds UTC; NaN when there is none. */
  readonly firstMs: number;
  /** Time of the last dated line; called for files with equal first times only. */
  lastMs(): Promise<number>;
}

export interface Ranked<C extends Contender> {
  readonly contender: C;
  /** The file whose content this one repeats; it is not to be read again. */
  readonly duplicateOf: C | undefined;
}

interface Entry<C extends Contender> {
  readonly contender: C;
  lastMs: number;
  digest: string;
}

/**
 * Inputs by (first time, last time, content digest, name), duplicates behind what they repeat. The
 * digest is that of the unpacked bytes, so a file and its gzip copy are duplicates too.
 */
export async function rankInputs<C extends Contender>(
  contenders: readonly C[],
  options: BlockOptions = {},
): Promise<Ranked<C>[]> {
  const entries: Entry<C>[] = contenders.map((contender) => ({
    contender,
    lastMs: Number.NaN,
    digest: '',
  }));
  for (const tied of tiedBy(entries, ({ contender }) => contender.firstMs)) {
    for (const entry of tied) entry.lastMs = await entry.contender.lastMs();
    for (const same of tiedBy(tied, ({ lastMs }) => lastMs)) {
      for (const entry of same) entry.digest = await digestOf(entry.contender.input, options);
    }
  }
  entries.sort(compareEntries);
  return entries.map((entry, index) => {
    let first = index;
    while (first > 0 && isCopy(entries[first - 1], entry)) first--;
    return {
      contender: entry.contender,
      duplicateOf: first === index ? undefined : entries[first].contender,
    };
  });
}

/** Groups of two and more files on disk that agree in a number. */
function tiedBy<C extends Contender>(
  entries: readonly Entry<C>[],
  keyOf: (entry: Entry<C>) => number,
): Entry<C>[][] {
  const groups = new Map<number, Entry<C>[]>();
  for (const entry of entries) {
    const key = keyOf(entry);
    if (Number.isNaN(key) || entry.contender.input.stream) continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [entry]);
    else group.push(entry);
  }
  return [...groups.values()].filter((group) => group.length > 1);
}

/** Files without a dated line come first; they have nothing to be ordered. */
function compareEntries<C extends Contender>(a: Entry<C>, b: Entry<C>): number {
  return (
    compareTimes(a.contender.firstMs, b.contender.firstMs) ||
    compareTimes(a.lastMs, b.lastMs) ||
    compareText(a.digest, b.digest) ||
    compareText(a.contender.input.name, b.contender.input.name)
  );
}

function compareTimes(a: number, b: number): number {
  const x = Number.isNaN(a) ? -Infinity : a;
  const y = Number.isNaN(b) ? -Infinity : b;
  return x === y ? 0 : x - y;
}

function isCopy<C extends Contender>(a: Entry<C>, b: Entry<C>): boolean {
  if (a.digest === '' || a.digest !== b.digest) return false;
  return a.contender.firstMs === b.contender.firstMs && a.lastMs === b.lastMs;
}

const CHUNK_BYTES = 256 * 1024;

async function digestOf(input: Input, options: BlockOptions): Promise<string> {
  const hash = createHash('sha256');
  await eachChunk(input, options, (chunk) => void hash.update(chunk));
  return hash.digest('hex');
}

async function eachChunk(
  input: Input,
  options: BlockOptions,
  take: (chunk: Buffer) => void,
): Promise<void> {
  const blocks = await openBlocks(input, options);
  try {
    const buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
    for (;;) {
      const got = await blocks.read(buffer, 0, buffer.length);
      if (got === 0) return;
      take(buffer.subarray(0, got));
    }
  } finally {
    blocks.close();
  }
}

const TAIL_BYTES = 64 * 1024;

/** The last whole lines of an input's unpacked bytes, the last one first. */
export async function lastLines(
  input: Input,
  compressed: boolean,
  options: BlockOptions = {},
): Promise<Buffer[]> {
  const tail = compressed ? await unpackedTail(input, options) : plainTail(input);
  const lines: Buffer[] = [];
  let end = tail.at(-1) === 10 ? tail.length - 1 : tail.length;
  while (end > 0) {
    const newline = tail.lastIndexOf(10, end - 1);
    // The front of the tail is the end of some line, unless the tail is the whole file.
    if (newline === -1 && tail.length === TAIL_BYTES) break;
    lines.push(tail.subarray(newline + 1, end));
    end = newline;
  }
  return lines;
}

function plainTail(input: Input): Buffer {
  if (input.bytes !== undefined) return input.bytes.subarray(-TAIL_BYTES);
  const length = Math.min(TAIL_BYTES, input.sizeBytes);
  const tail = Buffer.alloc(length);
  const fd = openForReading(input);
  try {
    return tail.subarray(0, readSync(fd, tail, 0, length, input.sizeBytes - length));
  } catch (error) {
    throw cannotRead(input, error);
  } finally {
    closeSync(fd);
  }
}

async function unpackedTail(input: Input, options: BlockOptions): Promise<Buffer> {
  let tail: Buffer = Buffer.alloc(0);
  await eachChunk(input, options, (chunk) => {
    tail = Buffer.concat([tail, chunk]).subarray(-TAIL_BYTES);
  });
  return tail;
}
