import type { BlockReader } from './blocks.ts';

/** Where the lines of one file end and those of another begin, when they share some. */
export interface Joint {
  /** Lines at the front of the later file that are in the earlier one. */
  readonly lines: number;
  /** The later file lies in the earlier one as a whole. */
  readonly contained: boolean;
  /** The earlier file ends inside a line that the later one has whole. */
  readonly cutLine: boolean;
}

const CHUNK_BYTES = 256 * 1024;
/** How far the places of one first line may lie apart: what is kept of the later file. */
const SPREAD_BYTES = 8 * 1024 * 1024;

/** A place of the earlier file from which on it agrees with the later one so far. */
interface Place {
  readonly at: number;
  /** Line ends from there on. */
  lines: number;
}

/**
 * Looks for the longest stretch at the end of `earlier` that `later` begins with, or for all of
 * `later` in `earlier`; both are read once and compared byte by byte. Memory is what the places
 * spread over at which the first line stands.
 *
 * @param openLater opens the later file, again when a place turned out to be none
 * @param firstLine of the later file, with its line end
 */
export async function findJoint(
  earlier: BlockReader,
  openLater: () => Promise<BlockReader>,
  firstLine: Buffer,
): Promise<Joint | undefined> {
  const later = new Front(openLater);
  let places: Place[] = [];
  // The bytes of a chunk, behind those of the chunk before that may begin a first line.
  let bytes: Buffer = Buffer.alloc(0);
  let start = 0;
  let compared = 0;
  let searched = 0;
  let atLineStart = true;
  try {
    for (;;) {
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
      const got = await earlier.read(chunk, 0, CHUNK_BYTES);
      if (got === 0) break;
      bytes = Buffer.concat([bytes, chunk.subarray(0, got)]);
      const end = start + bytes.length;
      // Places in the order of the file; each is compared from where it stands.
      for (;;) {
        const index = bytes.indexOf(firstLine, searched - start);
        if (index === -1) break;
        const at = start + index;
        searched = at + 1;
        const begins = index === 0 ? atLineStart : bytes[index - 1] === 10;
        if (!begins) continue;
        if (places.length > 0 && (!later.whole || at - places[0].at > SPREAD_BYTES)) continue;
        places.push({ at, lines: 0 });
      }
      searched = Math.max(searched, end - firstLine.length + 1);
      const alive: Place[] = [];
      for (const place of places) {
        const from = Math.max(place.at, compared);
        const piece = bytes.subarray(from - start);
        const other = await later.slice(from - place.at, piece.length);
        const same = piece.subarray(0, other.length).equals(other);
        if (!same) continue;
        if (other.length < piece.length)
          return { lines: Infinity, contained: true, cutLine: false };
        place.lines += countLines(piece);
        alive.push(place);
      }
      places = alive;
      compared = end;
      if (places.length === 0) later.restart();
      else if (compared - places[0].at > SPREAD_BYTES) later.forget(compared - places.at(-1)!.at);
      // A first line may begin in what is kept, and one byte before it tells of a line start.
      const kept = Math.min(bytes.length, firstLine.length);
      const cut = bytes.length - kept;
      if (cut > 0) atLineStart = bytes[cut - 1] === 10;
      bytes = bytes.subarray(cut);
      start = end - kept;
    }
    const [place] = places;
    if (place === undefined) return undefined;
    const contained = (await later.slice(compared - place.at, 1)).length === 0;
    return { lines: place.lines, contained, cutLine: bytes.length > 0 && bytes.at(-1) !== 10 };
  } finally {
    later.close();
  }
}

function countLines(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) lines++;
  return lines;
}

/** The bytes of a file from its front on, read forward and kept as long as they are asked for. */
class Front {
  readonly #open: () => Promise<BlockReader>;
  #blocks: BlockReader | undefined;
  #bytes: Buffer = Buffer.alloc(0);
  #start = 0;

  constructor(open: () => Promise<BlockReader>) {
    this.#open = open;
  }

  /** Nothing was forgotten. */
  get whole(): boolean {
    return this.#start === 0;
  }

  /** `length` bytes from `from` on; fewer at the end of the file. */
  async slice(from: number, length: number): Promise<Buffer> {
    this.#blocks ??= await this.#open();
    const parts = [this.#bytes];
    let end = this.#start + this.#bytes.length;
    while (end < from + length) {
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
      const got = await this.#blocks.read(chunk, 0, CHUNK_BYTES);
      if (got === 0) break;
      parts.push(chunk.subarray(0, got));
      end += got;
    }
    if (parts.length > 1) this.#bytes = Buffer.concat(parts);
    return this.#bytes.subarray(from - this.#start, from - this.#start + length);
  }

  /** Bytes before `from` are not asked for again. */
  forget(from: number): void {
    const cut = Math.min(Math.max(0, from - this.#start), this.#bytes.length);
    this.#bytes = this.#bytes.subarray(cut);
    this.#start += cut;
  }

  /** Begins at the front again. */
  restart(): void {
    if (this.whole) return;
    this.close();
    this.#bytes = Buffer.alloc(0);
    this.#start = 0;
  }

  close(): void {
    this.#blocks?.close();
    this.#blocks = undefined;
  }
}
