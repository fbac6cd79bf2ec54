import { placeOf } from '../../model/diagnostic.ts';
import type { Coverage } from '../coverage.ts';
import type { Place } from '../mistakes.ts';
import type { ScriptSource, Step } from './compile.ts';
import type { Check } from './site.ts';
import type { Block, Command, If, Test } from './tree.ts';

/**
 * The branches of one script: its commands, the ways out of each `if`, and both outcomes of the
 * tests in `anyof` and `allof`. Each method gives back what marks them and does the same.
 */
export class ScriptBranches {
  readonly #source: ScriptSource;
  readonly #coverage: Coverage;

  constructor(source: ScriptSource, coverage: Coverage) {
    this.#source = source;
    this.#coverage = coverage;
  }

  command(command: Exclude<Command, If>, step: Step): Step {
    return this.#marked(this.#declare(command, `${nameOf(command)} runs`), step);
  }

  /** @param hasElse its false outcome is the `else`, which has a place of its own */
  decision(test: Test, isFirst: boolean, hasElse: boolean, check: Check): Check {
    const word = isFirst ? 'if' : 'elsif';
    const yes = this.#declare(test, `the '${word}' is taken`);
    const no = hasElse ? undefined : this.#declare(test, `the '${word}' is not taken`);
    return this.#judged(yes, no, check);
  }

  otherwise(block: Block, step: Step): Step {
    return this.#marked(this.#declare(block, `the 'else' is taken`), step);
  }

  /** One of several tests; what `not` turns around is marked as it is written. */
  part(test: Test, check: Check): Check {
    if (test.type === 'anyof' || test.type === 'allof') return check;
    const name = testName(test);
    const yes = this.#declare(test, `the test '${name}' is true`);
    return this.#judged(yes, this.#declare(test, `the test '${name}' is false`), check);
  }

  #declare({ start }: Place, what: string): number {
    const { file, text } = this.#source;
    return this.#coverage.declare({ file, ...placeOf(text, start) }, what);
  }

  #marked(branch: number, step: Step): Step {
    return (run) => {
      this.#coverage.reach(branch);
      step(run);
    };
  }

  #judged(yes: number, no: number | undefined, check: Check): Check {
    return (run) => {
      const holds = check(run);
      const branch = holds ? yes : no;
      if (branch !== undefined) this.#coverage.reach(branch);
      return holds;
    };
  }
}

function nameOf(command: Exclude<Command, If>): string {
  switch (command.type) {
    case 'call':
      return `'${command.name.text}'`;
    case 'assignment':
      return `the assignment of $${command.target.name}`;
    case 'tuple':
      return `the assignment of ${command.targets.map(({ name }) => `$${name}`).join(', ')}`;
    case 'broken':
      return 'a command';
  }
}

function testName(test: Test): string {
  if (test.type === 'call') return test.name.text;
  return test.type === 'not' ? `not ${testName(test.test)}` : test.type;
}
