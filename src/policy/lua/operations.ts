/**
 * The operations of the machine. `R` are registers, `K` constants, `U` upvalues; T is an
 * instruction to go on with (its word in the code). The machine's loop has these numbers as
 * literals, because only literals become a jump table; a test holds the two together.
 */
export const OP = {
  /** R[A] = R[B] */
  MOVE: 0,
  /** R[A] = K[B] */
  LOADK: 1,
  /** R[A] = B is 1 */
  LOADBOOL: 2,
  /** R[A] to R[B] = nil */
  LOADNIL: 3,
  /** R[A] = U[B] */
  GETUPVAL: 4,
  /** U[B] = R[A] */
  SETUPVAL: 5,
  /** R[A] = what the box R[B] holds */
  GETBOX: 6,
  /** The box R[A] holds R[B] */
  SETBOX: 7,
  /** R[A] = a box that holds R[A] */
  NEWBOX: 8,
  /** R[A] = globals[K[B]]; D: hint */
  GETGLOBAL: 9,
  /** globals[K[B]] = R[A]; D: hint */
  SETGLOBAL: 10,
  /** R[A] = R[B][K[C]]; D: hint */
  GETFIELD: 11,
  /** R[A] = R[B][R[C]] */
  GETINDEX: 12,
  /** R[A][K[B]] = R[C]; D: hint */
  SETFIELD: 13,
  /** R[A][R[B]] = R[C] */
  SETINDEX: 14,
  /** R[A + 1] = R[B]; R[A] = R[B][K[C]]; D: hint */
  SELF: 15,
  /** R[A] = {} */
  NEWTABLE: 16,
  /** R[A][C...] = R[A + 1] to R[A + B]; B 0: up to the top */
  SETLIST: 17,
  /** R[A] = R[B] op R[C] */
  ADD: 18,
  SUB: 19,
  MUL: 20,
  DIV: 21,
  MOD: 22,
  /** R[A] = R[B] op K[C], a number */
  ADDK: 23,
  SUBK: 24,
  MULK: 25,
  DIVK: 26,
  MODK: 27,
  /** R[A] = R[B] op R[C]; D: which of `ARITHMETIC` or `LOGIC` */
  ARITH: 28,
  LOGIC: 29,
  /** R[A] = op R[B] */
  UNM: 30,
  NOT: 31,
  LEN: 32,
  BNOT: 33,
  /** R[A] = R[B] .. to .. R[C] */
  CONCAT: 34,
  /** Go on at B */
  JUMP: 35,
  /** Go on at B, which is before this */
  LOOP: 36,
  /** Go on at B when R[A] is true; when it is not */
  IF: 37,
  IFNOT: 38,
  /** Go on at C when (R[A] op R[B]) is (D is 1) */
  EQ: 39,
  LT: 40,
  LE: 41,
  /** Go on at C when (R[A] op K[B]) is (D is 1); all but EQK with numbers */
  EQK: 42,
  LTK: 43,
  LEK: 44,
  GTK: 45,
  GEK: 46,
  /** Calls R[A] with B - 1 arguments behind it, C - 1 results from R[A] on; 0: up to the top */
  CALL: 47,
  /** Calls instead of this function; what is no function of the script is called as by CALL */
  TAILCALL: 48,
  /** Returns B - 1 values from R[A] on; 0: up to the top */
  RETURN: 49,
  /** Numeric loop at R[A]: counter, end, step; its variable R[A + 3]. B: behind the loop */
  FORPREP: 50,
  /** B: the body */
  FORLOOP: 51,
  /** Generic loop at R[A]: function, state, control. Asks `__iter` */
  ITERATE: 52,
  /** R[A + 3]... = C results of the function; go on at B, the body, unless the first is nil */
  FORCALL: 53,
  /** R[A] = a closure of function B */
  CLOSURE: 54,
  /** R[A]... = B - 1 of the further arguments; 0: all, up to the top */
  VARARG: 55,
  /** R[A] = a table of the further arguments, with their number as `n` */
  ARGUMENTS: 56,
  /** What stood here is put back and runs; a line was reached (`LineTraps`). */
  TRAP: 57,
} as const;

/** The metamethods of arithmetic and of bits, by their number in the code. */
export const EVENTS = [
  '__add',
  '__sub',
  '__mul',
  '__div',
  '__mod',
  '__pow',
  '__intdiv',
  '__or',
  '__and',
  '__xor',
  '__shl',
  '__shr',
] as const;
export const ADD = 0;
export const SUB = 1;
export const MUL = 2;
export const DIV = 3;
export const MOD = 4;
export const POW = 5;
export const INTDIV = 6;
export const OR = 7;
export const AND = 8;
export const XOR = 9;
export const SHL = 10;
export const SHR = 11;
