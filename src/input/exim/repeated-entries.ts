import path from 'node:path';
import { allocateBlock, WordView } from '../../model/words.ts';
import { openBlocks, type BlockOptions } from '../blocks.ts';
import { isDigit, isFiller } from '../byte-text.ts';
import type { Input } from '../discover.ts';
import { LineCounts } from './line-counts.ts';

const BLOCK_BYTES = 256 * 1024;
const LONGEST_LINE_BYTES = 1024 * 1024;

/** An Exim log that will be read. */
export interface EximInput {
  readonly input: Input;
  readonly node: string | undefined;
}

/** What a rejectlog repeats. */
export interface RepeatedEntries {
  /** How often its lines stand in the mainlogs. */
  readonly lines: LineCounts;
  /** Names of the mainlogs. */
  readonly mainlogs: readonly string[];
}

/**
 * For each rejectlog, how often its lines stand in the mainlogs of its node: Exim writes an entry to
 * both in the very same words. A line of a rejectlog is a repetition as often as the mainlogs have
 * it; what they lack (`log_selector` may leave entries out of them) is an event of its own.
 *
 * Does not depend on the order of the inputs. What cannot be opened twice (standard input) is
 * compared with nothing.
 *
 * @throws DiskError, InterruptedError
 */
export async function countRepeatedEntries(
  inputs: readonly EximInput[],
  options: BlockOptions,
): Promise<Map<Input, RepeatedEntries>> {
  const entries = new Map<Input, RepeatedEntries>();
  const files = inputs.filter(({ input }) => !input.stream);
  for (const node of new Set(files.map((file) => file.node))) {
    const ofNode = files.filter((file) => file.node === node).map(({ input }) => input);
    const rejectlogs = ofNode.filter(isRejectlog);
    const mainlogs = ofNode.filter((input) => !isRejectlog(input));
    if (rejectlogs.length === 0 || mainlogs.length === 0) continue;
    const lines = new LineCounts();
    for (const input of rejectlogs) {
      await eachEntry(input, options, (words, start, end) => lines.know(words, start, end));
    }
    for (const input of mainlogs) {
      await eachEntry(input, options, (words, start, end) => lines.count(words, start, end));
    }
    const names = mainlogs.map(({ name }) => name);
    for (const input of rejectlogs) entries.set(input, { lines, mainlogs: names });
  }
  return entries;
}

/** Nothing inside a rejectlog tells that it is none of the mainlog; Exim and logrotate keep its name. */
function isRejectlog({ name }: Input): boolean {
  return /reject/i.test(path.basename(name));
}

/** Tells every line that begins with a digit, as those with a stamp do, without its line end. */
async function eachEntry(
  input: Input,
  options: BlockOptions,
  take: (words: Int32Array, start: number, end: number) => void,
): Promise<void> {
  const blocks = await openBlocks(input, options);
  const buffer = allocateBlock(BLOCK_BYTES + LONGEST_LINE_BYTES);
  const words = new WordView().of(buffer);
  const tell = (start: number, limit: number): void => {
    let end = limit;
    while (end > start && isFiller(buffer[end - 1])) end--;
    if (end > start && isDigit(buffer[start])) take(words, start, end);
  };
  try {
    let filled = 0;
    for (;;) {
      const got = await blocks.read(buffer, filled, BLOCK_BYTES);
      filled += got;
      const view = buffer.subarray(0, filled);
      let at = 0;
      for (let end = view.indexOf(10, at); end !== -1; end = view.indexOf(10, at)) {
        tell(at, end);
        at = end + 1;
      }
      if (got === 0) {
        tell(at, filled);
        return;
      }
      // A longer line is unparsed wherever it stands.
      if (filled - at >= LONGEST_LINE_BYTES) at = filled;
      buffer.copy(buffer, 0, at, filled);
      filled -= at;
    }
  } finally {
    blocks.close();
  }
}
