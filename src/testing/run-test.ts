import { placeOf, type Diagnostic } from '../model/diagnostic.ts';
import { ALL_NEEDS } from '../model/event.ts';
import type { RulePolicy } from '../policy/rule-policy.ts';
import type { ExpectationOutcome, TestOutcome } from '../report/test-outcome.ts';
import { explainEvents } from '../simulate/explain/explain.ts';
import type { Explanation } from '../simulate/explain/explanation.ts';
import { boundText, meets } from './bounds.ts';
import { MissingFiring, UnwantedFiring, type DecisionSearch } from './decision.ts';
import type { Expectation } from './expectation.ts';
import type { PolicyTest, TestFile } from './test-file.ts';
import { TestReplay, type TestPolicy, type TestPort } from './test-replay.ts';
import { Witness } from './witness.ts';

/** A test that ran, or what is wrong in its file that only running it showed. */
export type TestRun =
  | { readonly outcome: TestOutcome }
  | { readonly diagnostics: readonly Diagnostic[] };

/**
 * Runs one test of a file.
 *
 * @throws {UserError} with diagnostics of its own for mistakes in the policy
 * @throws {DiskError} when an input is damaged
 */
export async function runTest(test: PolicyTest, file: TestFile, port: TestPort): Promise<TestRun> {
  const replay = new TestReplay(test, file, port);
  const outcome = await new OneRun(replay).run();
  return outcome === undefined ? { diagnostics: replay.mistakes.sorted() } : { outcome };
}

class OneRun {
  readonly #replay: TestReplay;

  constructor(replay: TestReplay) {
    this.#replay = replay;
  }

  /** Undefined: the mistakes of the replay say why. */
  async run(): Promise<TestOutcome | undefined> {
    const { test, file, mistakes } = this.#replay;
    const own = await this.#replay.policy();
    if (own === undefined) return undefined;
    const witness = new Witness(test.expectations);
    const files = await this.#replay.watch(own, witness);
    if (files === undefined) return undefined;
    const expectations: ExpectationOutcome[] = [];
    for (const expectation of test.expectations) {
      const outcome = await this.#outcomeOf(expectation, witness, own);
      if (outcome !== undefined) expectations.push(outcome);
    }
    if (mistakes.errors > 0) return undefined;
    const { line } = placeOf(file.text, test.place.start);
    return { file: file.file, line, name: test.name, expectations };
  }

  async #outcomeOf(
    expectation: Expectation,
    witness: Witness,
    own: TestPolicy,
  ): Promise<ExpectationOutcome | undefined> {
    const { place, bounds, text } = expectation;
    const numbers = witness.numbersOf(expectation);
    if ('refused' in numbers) {
      this.#replay.mistakes.add(place, 'answer-refused', [numbers.refused]);
      return undefined;
    }
    const got = bounds.map(([name]) => [name, numbers.values[name]] as const);
    const passed = bounds.every(([name, bound]) => meets(bound, numbers.values[name] ?? 0));
    const { line, column } = placeOf(this.#replay.file.text, place.start);
    return {
      line,
      column,
      text,
      passed,
      expected: bounds.map(([name, bound]) => `${name} ${boundText(bound)}`).join(', '),
      got: got.map(([name, value]) => `${name} ${value ?? 'none'}`).join(', ') + numbers.detail,
      explanation: passed ? undefined : await this.#explain(expectation, witness, own),
    };
  }

  /** Of a policy in force, and of scripts, no decision can be explained. */
  async #explain(
    expectation: Expectation,
    witness: Witness,
    { policy, scripts, start }: TestPolicy,
  ): Promise<Explanation | undefined> {
    if (policy === undefined || scripts !== undefined || start.state !== undefined)
      return undefined;
    const search = this.#replay.test.enforce ? undefined : searchFor(expectation, witness, policy);
    if (search === undefined) return undefined;
    for (let pass = 0; pass < search.passes; pass++) {
      if (pass > 0) search.next();
      await this.#replay.read(ALL_NEEDS, start, async (opened, vocabulary) => {
        const { sources, fileOf } = opened;
        const { sessionTimeoutMs, clampNegative } = this.#replay.test;
        const settings = { sessionTimeoutMs, clampNegative, lines: 3 };
        const look = search.look.bind(search);
        const needs = ALL_NEEDS;
        await explainEvents({ ...settings, sources, vocabulary, needs, policy, fileOf, look });
      });
    }
    return search.explanation;
  }
}

function searchFor(
  expectation: Expectation,
  witness: Witness,
  { rules }: RulePolicy,
): DecisionSearch | undefined {
  const { subject } = expectation;
  const firing = witness.wrongFiring(expectation);
  const name = firing?.rule ?? (subject.type === 'firings' ? subject.rule : undefined);
  const rule = rules.findIndex((one) => one.name === name);
  if (rule === -1) return undefined;
  if (firing !== undefined) return new UnwantedFiring(firing, rule);
  return subject.type === 'firings' ? new MissingFiring(subject, rule) : undefined;
}
