import type { BranchPlace } from '../../model/branch.ts';
import type { Coverage } from '../coverage.ts';
import { OP } from './operations.ts';
import { STRIDE, type Prototype } from './prototype.ts';

/** A file of a script, as coverage shows it. */
export interface CoveredFile {
  readonly file: string;
  readonly text: string;
}

interface Trap {
  /** The word that stood there. */
  readonly word: number;
  readonly branch: number;
}

/**
 * The lines of modules, as branches. Where a line begins, a trap takes the place of the
 * instruction; the machine that steps into it marks the line, puts the instruction back and runs
 * it. So nothing is added to the code: steps and budgets are the same, and a line that was reached
 * costs nothing any more.
 */
export class LineTraps {
  readonly #coverage: Coverage;
  readonly #traps = new WeakMap<Int32Array, ReadonlyMap<number, Trap>>();

  constructor(coverage: Coverage) {
    this.#coverage = coverage;
  }

  /** Sets the traps of a file that was just compiled. */
  set(script: Prototype, { file, text }: CoveredFile): void {
    const texts = text.replace(/^\uFEFF/, '').split(/\r\n|\n\r|[\r\n]/);
    const columns = texts.map((line) => 1 + line.search(/\S|$/));
    this.#setIn(script, (line) => ({ file, line, column: columns[line - 1] }));
  }

  /** The machine stands before the instruction at a word and finds a trap there. */
  spring(code: Int32Array, at: number): void {
    const { word, branch } = this.#traps.get(code)!.get(at)!;
    this.#coverage.reach(branch);
    code[at] = word;
  }

  #setIn({ code, lines, starts, functions }: Prototype, placeOf: (line: number) => BranchPlace) {
    const traps = new Map<number, Trap>();
    for (const at of starts) {
      const branch = this.#coverage.declare(placeOf(lines[at / STRIDE]), 'the line runs');
      traps.set(at, { word: code[at], branch });
      code[at] = OP.TRAP;
    }
    this.#traps.set(code, traps);
    for (const inner of functions) this.#setIn(inner, placeOf);
  }
}
