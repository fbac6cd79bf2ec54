const SLOTS = 4096;
/** Room for queue ids and session ids; longer keys are not kept. */
const LONGEST_KEY = 24;

/**
 * Numbers the keys (a queue id and its node) of earlier lines, so that a reader can keep a few facts
 * about each in columns of its own. Of fixed size: a new key may push out an old one, whose facts are
 * then unknown, never those of another key.
 */
export class LineMemory {
  /** Slot numbers are below it. */
  readonly capacity = SLOTS;
  /** Keys were kept; while it is false, nothing can be found. */
  used = false;
  readonly #lengths = new Uint8Array(SLOTS);
  readonly #nodes = new Uint16Array(SLOTS);
  readonly #keys = new Uint8Array(SLOTS * LONGEST_KEY);

  /** The slot of the key `bytes[start, end)`, or -1. */
  find(node: number, bytes: Uint8Array, start: number, end: number): number {
    const length = end - start;
    if (!this.used || length <= 0 || length > LONGEST_KEY) return -1;
    const slot = slotOf(node, bytes, start, end);
    if (this.#lengths[slot] !== length || this.#nodes[slot] !== node) return -1;
    const base = slot * LONGEST_KEY;
    for (let i = 0; i < length; i++) if (this.#keys[base + i] !== bytes[start + i]) return -1;
    return slot;
  }

  /** The slot that the key has from now on; -1 when it cannot be kept. */
  claim(node: number, bytes: Uint8Array, start: number, end: number): number {
    const length = end - start;
    if (length <= 0 || length > LONGEST_KEY) return -1;
    const slot = slotOf(node, bytes, start, end);
    this.used = true;
    this.#lengths[slot] = length;
    this.#nodes[slot] = node;
    const base = slot * LONGEST_KEY;
    for (let i = 0; i < length; i++) this.#keys[base + i] = bytes[start + i];
    return slot;
  }
}

function slotOf(node: number, bytes: Uint8Array, start: number, end: number): number {
  let hash = node;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i], 0x0100_0193);
  return (hash ^ (hash >>> 13)) & (SLOTS - 1);
}
