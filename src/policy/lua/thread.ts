import type { Closure } from './closure.ts';
import type { LuaThread, LuaValue, NativeFunction } from './value.ts';

/** Most calls inside one another, as in Lua. */
export const MAX_CALLS = 20_000;
/** Most registers of all calls together. */
const MAX_SLOTS = 1_000_000;
const FIRST_SLOTS = 64;

/** A call that is running. Frames are used again. */
export class Frame {
  callee: Closure | NativeFunction;
  /** The word behind the instruction that is running; of calls that wait, behind the call. */
  at = 0;
  /** The first register. */
  base = 0;
  /** Where the results go. */
  results = 0;
  /** How many results are wanted; -1: all. */
  wanted = 0;
  /** The first slot behind its registers. */
  limit = 0;
  /** How many further arguments there are; they lie below `base`. */
  further = 0;
  /** Calls that ended in this one. */
  tails = 0;

  constructor(callee: Closure | NativeFunction) {
    this.callee = callee;
  }
}

export type ThreadStatus = 'suspended' | 'running' | 'normal' | 'dead';

/** A stack of calls: the script's own, or a coroutine's. */
export class Thread implements LuaThread {
  readonly kind = 'thread';
  /** Registers of all frames. Never another array: the machine's loop holds on to it. */
  readonly slots: LuaValue[] = [];
  readonly frames: Frame[] = [];
  /** Index of the innermost frame; -1: none. */
  depth = -1;
  /** Behind the last of values whose number is open. */
  top = 0;
  /** The machine's loops that run on this thread; it can yield from the only one. */
  loops = 0;
  status: ThreadStatus = 'suspended';
  /** What a coroutine runs; undefined once it runs. */
  body: LuaValue = undefined;
  /** What was yielded. */
  yielded: readonly LuaValue[] = [];
  /** Where a yield wants its results, and how many; -1: all. */
  pendingResults = 0;
  pendingWanted = 0;
  readonly main: boolean;

  constructor(main: boolean) {
    this.main = main;
    for (let slot = 0; slot < FIRST_SLOTS; slot++) this.slots.push(undefined);
  }

  /** The first slot that no frame uses. */
  get free(): number {
    return this.depth < 0 ? 0 : this.frames[this.depth].limit;
  }

  /** @returns false when there is no room for so many */
  reach(limit: number): boolean {
    const { slots } = this;
    if (limit > MAX_SLOTS) return false;
    const enough = Math.max(limit, Math.min(slots.length * 2, MAX_SLOTS));
    while (slots.length < enough) slots.push(undefined);
    return true;
  }

  /** The frame of a new call; its other fields are the caller's to set. */
  push(callee: Closure | NativeFunction): Frame {
    const depth = ++this.depth;
    if (depth === this.frames.length) {
      const frame = new Frame(callee);
      this.frames.push(frame);
      return frame;
    }
    const frame = this.frames[depth];
    frame.callee = callee;
    frame.tails = 0;
    return frame;
  }
}
