import type { LuaValue } from './value.ts';

/** Words of `code` for each instruction: operation and A, then B, C and D. */
export const STRIDE = 4;

/**
 * A compiled function without its variables. Shared by all its closures; the machine writes hints
 * (rows of constant keys) into the last word of some instructions.
 */
export interface Prototype {
  /** Of the script, as messages show it. */
  readonly source: string;
  /** Where the function begins, 0 for the script itself. */
  readonly line: number;
  readonly parameters: number;
  readonly vararg: boolean;
  /** Registers that it needs, parameters included. */
  readonly registers: number;
  /** Four words for each instruction; the first is operation + 256 * A. */
  readonly code: Int32Array;
  readonly constants: readonly LuaValue[];
  /** The line of each instruction. */
  readonly lines: Int32Array;
  /** The words of the instructions that begin what a line does: who runs them has reached it. */
  readonly starts: readonly number[];
  readonly functions: readonly Prototype[];
  /** Where a closure finds its variables: a register of the maker, or ~index of its upvalues. */
  readonly upvalues: Int32Array;
  /** What messages call the operands, by instruction: `local 'x'`, `field 'count'`. */
  readonly names: ReadonlyMap<number, OperandNames>;
}

export type OperandNames = readonly (string | undefined)[];
