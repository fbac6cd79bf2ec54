import type { BlockReader } from './blocks.ts';
import { findJoint, type Joint } from './joint.ts';

/** A file that may share lines with others of its rotation. */
export interface Sibling {
  readonly name: string;
  /** Time of the first dated line, milliseconds UTC. */
  readonly firstMs: number;
  /** The first line with its end. */
  readonly firstLine: Buffer;
  open(): Promise<BlockReader>;
  /** Time of the last dated line, milliseconds UTC. */
  lastMs(): Promise<number>;
  /** Whether the file holds a line newer than this; undefined when that takes too much reading. */
  reaches(timeMs: number): Promise<boolean | undefined>;
}

/** What of one file other files of its rotation hold as well (semantics, section 2). */
export class Repeats {
  /** Names of the files that were found to hold some of it. */
  readonly foundIn = new Set<string>();
  readonly #self: Sibling;
  readonly #rotation: Rotation;

  constructor(self: Sibling, rotation: Rotation) {
    this.#self = self;
    this.#rotation = rotation;
  }

  /** Lines at its front that other files hold; Infinity when one holds them all. */
  async atFront(): Promise<number> {
    const self = this.#self;
    let most = 0;
    for (const other of this.#rotation.othersOf(self)) {
      // Where both begin at one time, `reaches` would wait for the file that waits for it.
      const mayReach = other.firstMs === self.firstMs || (await this.#reaches(other));
      const joint = mayReach ? await this.#rotation.between(other, self) : undefined;
      if (joint === undefined) continue;
      this.foundIn.add(other.name);
      most = Math.max(most, joint.contained ? Infinity : joint.lines);
    }
    return most;
  }

  async #reaches(other: Sibling): Promise<boolean> {
    const { firstMs } = this.#self;
    if (other.firstMs > firstMs) return false;
    return (await other.reaches(firstMs)) ?? (await other.lastMs()) > firstMs;
  }

  /**
   * Whether another file holds its last line whole, which was cut short.
   *
   * @param newestMs of the lines before it
   */
  async atEnd(newestMs: number): Promise<boolean> {
    for (const other of this.#rotation.othersOf(this.#self)) {
      if (!(newestMs > other.firstMs) || other.firstMs < this.#self.firstMs) continue;
      const joint = await this.#rotation.between(this.#self, other);
      if (joint === undefined || !joint.cutLine || joint.contained) continue;
      this.foundIn.add(other.name);
      return true;
    }
    return false;
  }
}

/** The files of one rotation and one format, by rank. */
export class Rotation {
  readonly #siblings: Sibling[] = [];
  readonly #joints = new Map<string, Promise<Joint | undefined>>();

  add(sibling: Sibling): Repeats {
    this.#siblings.push(sibling);
    return new Repeats(sibling, this);
  }

  othersOf(sibling: Sibling): readonly Sibling[] {
    return this.#siblings.filter((other) => other !== sibling);
  }

  /** What `later` begins with and `earlier` holds; of two files that begin at one time, one does. */
  async between(earlier: Sibling, later: Sibling): Promise<Joint | undefined> {
    if (this.#siblings.indexOf(earlier) > this.#siblings.indexOf(later)) {
      if (earlier.firstMs !== later.firstMs) return undefined;
      if ((await this.#jointOf(later, earlier)) !== undefined) return undefined;
    }
    return this.#jointOf(earlier, later);
  }

  #jointOf(earlier: Sibling, later: Sibling): Promise<Joint | undefined> {
    const key = `${earlier.name}\n${later.name}`;
    const known = this.#joints.get(key) ?? joined(earlier, later);
    this.#joints.set(key, known);
    return known;
  }
}

async function joined(earlier: Sibling, later: Sibling): Promise<Joint | undefined> {
  const blocks = await earlier.open();
  let joint: Joint | undefined;
  try {
    joint = await findJoint(blocks, () => later.open(), later.firstLine);
  } finally {
    blocks.close();
  }
  if (joint === undefined) return undefined;
  // Within one time stamp equal lines may be what two clients did.
  const lastMs = await (joint.contained ? later : earlier).lastMs();
  return lastMs > later.firstMs ? joint : undefined;
}
