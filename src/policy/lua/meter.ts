/** What one run of a function may use up. */
export interface LuaBudget {
  /** Instructions of the machine, and what library functions spend for their work. */
  readonly steps: number;
  /** All that is ever allocated in the run, freed or not: strings, tables, functions. */
  readonly bytes: number;
  /** Bytes that `print` may write; undefined: as many as it may allocate. */
  readonly output?: number;
}
export type LuaResource = keyof LuaBudget;

/** What is left of a budget. The hot loop takes from the fields itself and calls `stop` below 0. */
export class Meter {
  steps = 0;
  bytes = 0;
  output = 0;
  readonly stop: (resource: LuaResource) => never;

  /** @param stop throws; it knows the place */
  constructor(stop: (resource: LuaResource) => never) {
    this.stop = stop;
  }

  spend(steps: number): void {
    this.steps -= steps;
    if (this.steps < 0) this.stop('steps');
  }

  grow(bytes: number): void {
    this.bytes -= bytes;
    if (this.bytes < 0) this.stop('bytes');
  }

  write(bytes: number): void {
    this.output -= bytes;
    if (this.output < 0) this.stop('output');
  }
}
