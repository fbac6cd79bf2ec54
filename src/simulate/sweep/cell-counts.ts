/** Cells that one mask holds. */
export const MASK_CELLS = 32;

/** The lowest `cells` bits. */
function lowBits(cells: number): number {
  return cells >= MASK_CELLS ? -1 : cells <= 0 ? 0 : (1 << cells) - 1;
}

/**
 * How the limits of a group are split into chunks, so that a set of cells is a mask of 32 bits. All
 * groups have the same limits: cell `group * limits + limit`, chunk `group * perGroup + part`.
 */
export class CellLayout {
  readonly groups: number;
  /** Cells of a group: one for each limit, the lowest first. */
  readonly limits: number;
  /** Chunks of a group, and of all groups. */
  readonly perGroup: number;
  readonly chunks: number;
  /** By chunk: its first cell, and the mask of all its cells. */
  readonly firstCell: Int32Array;
  readonly full: Int32Array;
  readonly groupOf: Int32Array;

  constructor(groups: number, limits: number) {
    this.groups = groups;
    this.limits = limits;
    this.perGroup = Math.ceil(limits / MASK_CELLS);
    this.chunks = groups * this.perGroup;
    this.firstCell = new Int32Array(this.chunks);
    this.full = new Int32Array(this.chunks);
    this.groupOf = new Int32Array(this.chunks);
    for (let chunk = 0; chunk < this.chunks; chunk++) {
      const group = Math.floor(chunk / this.perGroup);
      const first = (chunk - group * this.perGroup) * MASK_CELLS;
      this.groupOf[chunk] = group;
      this.firstCell[chunk] = group * limits + first;
      this.full[chunk] = lowBits(limits - first);
    }
  }

  get cells(): number {
    return this.groups * this.limits;
  }

  /** Sets the masks of a group's chunks to its `reached` lowest limits. */
  fill(masks: Int32Array, group: number, reached: number): void {
    const first = group * this.perGroup;
    for (let part = 0; part < this.perGroup; part++) {
      masks[first + part] = this.full[first + part] & lowBits(reached - part * MASK_CELLS);
    }
  }
}

/**
 * A number for each cell. Nearly all that is added holds for the lowest limits of a group, so a
 * number stands at the highest limit that it holds for and is summed up at the end.
 */
export class CellCounts {
  readonly #layout: CellLayout;
  /** By cell: what the cell has more than the next one of its chunk. */
  readonly #steps: Float64Array;

  constructor(layout: CellLayout) {
    this.#layout = layout;
    this.#steps = new Float64Array(layout.cells);
  }

  /** Adds 1 to the cells of a mask. */
  add(chunk: number, mask: number): void {
    if (mask === 0) return;
    const first = this.#layout.firstCell[chunk];
    const steps = this.#steps;
    if ((mask & (mask + 1)) === 0) {
      steps[first + MASK_CELLS - 1 - Math.clz32(mask)]++;
      return;
    }
    for (let left = mask; left !== 0; left &= left - 1) {
      const bit = MASK_CELLS - 1 - Math.clz32(left & -left);
      steps[first + bit]++;
      if (bit > 0) steps[first + bit - 1]--;
    }
  }

  /** Adds 1 to the cells of a mask for each chunk. */
  addAll(masks: Int32Array): void {
    for (let chunk = 0; chunk < masks.length; chunk++) this.add(chunk, masks[chunk]);
  }

  /** Adds 1 to the `reached` lowest limits of a group. */
  reach(group: number, reached: number): void {
    this.#change(group, reached, 1);
  }

  /** What `reach` has added goes up to `reached`, no longer to `before`. */
  move(group: number, before: number, reached: number): void {
    this.#change(group, before, -1);
    this.#change(group, reached, 1);
  }

  /** The number of each cell. */
  values(): Float64Array {
    const { chunks, firstCell, cells } = this.#layout;
    const values = new Float64Array(cells);
    for (let chunk = 0; chunk < chunks; chunk++) {
      const end = chunk + 1 < chunks ? firstCell[chunk + 1] : cells;
      let sum = 0;
      for (let cell = end - 1; cell >= firstCell[chunk]; cell--) {
        sum += this.#steps[cell];
        values[cell] = sum;
      }
    }
    return values;
  }

  #change(group: number, reached: number, amount: number): void {
    const { limits, perGroup, firstCell } = this.#layout;
    if (reached === 0) return;
    const first = group * limits;
    // Full chunks below the limit, and the one that it lies in.
    for (let part = 1; part < perGroup; part++) {
      const start = firstCell[group * perGroup + part] - first;
      if (reached > start) this.#steps[first + start - 1] += amount;
    }
    this.#steps[first + reached - 1] += amount;
  }
}
