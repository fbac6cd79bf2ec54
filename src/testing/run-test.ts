import { placeOf, type Diagnostic } from '../model/diagnostic.ts';
import { UserError } from '../model/errors.ts';
import { ALL_NEEDS, TEXT, type Needs } from '../model/event.ts';
import type { FileReport } from '../model/file-report.ts';
import { Vocabulary } from '../model/vocabulary.ts';
import type { Place } from '../policy/mistakes.ts';
import { needsOf } from '../policy/needs.ts';
import type { RunCoverage } from '../policy/rule-coverage.ts';
import type { RulePolicy } from '../policy/rule-policy.ts';
import type { ScriptPolicy } from '../policy/script-policy.ts';
import type { ExpectationOutcome, TestOutcome } from '../report/test-outcome.ts';
import { explainEvents } from '../simulate/explain/explain.ts';
import type { Explanation } from '../simulate/explain/explanation.ts';
import { BARE_POLICY } from '../simulate/policy-run.ts';
import { SILENT_SINK } from '../simulate/silent-sink.ts';
import type { SourceTally } from '../simulate/tally.ts';
import { watch, type WatchOptions } from '../simulate/watch/watch.ts';
import { boundText, meets } from './bounds.ts';
import { checkRules } from './check-rules.ts';
import { TestMistakes } from './codes.ts';
import { MissingFiring, UnwantedFiring, type DecisionSearch } from './decision.ts';
import type { Expectation } from './expectation.ts';
import type { PolicyTest, TestFile } from './test-file.ts';
import { Witness } from './witness.ts';

/** The policy of a test; without both, the built-in metrics alone. */
export interface TestPolicy {
  readonly policy: RulePolicy | undefined;
  readonly scripts: ScriptPolicy | undefined;
  /** Marks which branches of the policy are reached; undefined: nobody asks. */
  readonly coverage: RunCoverage | undefined;
  /** Where the replay goes on from, and what it loads at its first event. */
  readonly start: Pick<WatchOptions, 'state' | 'onStart'>;
}

/** The logs of a test, ready to be read once. */
export interface OpenTestInput extends Pick<WatchOptions, 'sources' | 'fileOf'> {
  readonly reports: (bySource: readonly (SourceTally | undefined)[]) => readonly FileReport[];
  readonly close: () => void;
}

/** What a test asks of the world around it; both throw a `UserError` for what cannot be used. */
export interface TestPort {
  policyOf(test: PolicyTest, file: TestFile): TestPolicy;
  openInput(
    test: PolicyTest,
    file: TestFile,
    demands: {
      readonly vocabulary: Vocabulary;
      readonly needs: Needs;
      readonly start: TestPolicy['start'];
    },
  ): Promise<OpenTestInput>;
}

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
  const run = new OneRun(test, file, port);
  const outcome = await run.run();
  return outcome === undefined ? { diagnostics: run.mistakes.sorted() } : { outcome };
}

class OneRun {
  readonly mistakes: TestMistakes;
  readonly #test: PolicyTest;
  readonly #file: TestFile;
  readonly #port: TestPort;

  constructor(test: PolicyTest, file: TestFile, port: TestPort) {
    this.mistakes = new TestMistakes(file.file);
    this.#test = test;
    this.#file = file;
    this.#port = port;
  }

  /** Undefined: `mistakes` says why. */
  async run(): Promise<TestOutcome | undefined> {
    const test = this.#test;
    const file = this.#file;
    const own = await this.#attempt(test.policy?.place ?? test.place, () => {
      return Promise.resolve(this.#port.policyOf(test, file));
    });
    if (own === undefined) return undefined;
    checkRules(this.mistakes, test, own);
    if (this.mistakes.errors > 0) return undefined;
    const witness = new Witness(test.expectations);
    const files = await this.#watch(own, witness);
    if (files === undefined) return undefined;
    const expectations: ExpectationOutcome[] = [];
    for (const expectation of test.expectations) {
      const outcome = await this.#outcomeOf(expectation, witness, own);
      if (outcome !== undefined) expectations.push(outcome);
    }
    if (this.mistakes.errors > 0) return undefined;
    const { line } = placeOf(file.text, test.place.start);
    return { file: file.file, line, name: test.name, expectations };
  }

  async #watch(own: TestPolicy, witness: Witness): Promise<readonly FileReport[] | undefined> {
    const { fromMs, toMs, sessionTimeoutMs, clampNegative, enforce } = this.#test;
    const { policy = BARE_POLICY, scripts, coverage, start } = own;
    const { textFields } = scripts?.needs ?? needsOf(policy);
    // Events of the test file name its lines as their places.
    const needs = { textFields: textFields | (1 << TEXT.file) };
    return this.#read(needs, start, async (opened, vocabulary) => {
      const { tally, answers } = await watch({
        ...start,
        sources: opened.sources,
        fileOf: opened.fileOf,
        vocabulary,
        needs,
        policy,
        scripts,
        coverage,
        fromMs,
        toMs,
        sessionTimeoutMs,
        clampNegative,
        top: 0,
        sink: { ...SILENT_SINK, stopped: witness.stopped },
        onFiring: witness.fired,
        collateral: start.state === undefined ? { labels: undefined } : undefined,
        enforce,
        questions: witness.questions,
      });
      const files = opened.reports(tally.bySource);
      witness.finish(tally, answers, files);
      return files;
    });
  }

  async #outcomeOf(
    expectation: Expectation,
    witness: Witness,
    own: TestPolicy,
  ): Promise<ExpectationOutcome | undefined> {
    const { place, bounds, text } = expectation;
    const numbers = witness.numbersOf(expectation);
    if ('refused' in numbers) {
      this.mistakes.add(place, 'answer-refused', [numbers.refused]);
      return undefined;
    }
    const got = bounds.map(([name]) => [name, numbers.values[name]] as const);
    const passed = bounds.every(([name, bound]) => meets(bound, numbers.values[name] ?? 0));
    const { line, column } = placeOf(this.#file.text, place.start);
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
    const search = this.#test.enforce ? undefined : searchFor(expectation, witness, policy);
    if (search === undefined) return undefined;
    for (let pass = 0; pass < search.passes; pass++) {
      if (pass > 0) search.next();
      await this.#read(ALL_NEEDS, start, async (opened, vocabulary) => {
        const { sources, fileOf } = opened;
        const { sessionTimeoutMs, clampNegative } = this.#test;
        const settings = { sessionTimeoutMs, clampNegative, lines: 3 };
        const look = search.look.bind(search);
        const needs = ALL_NEEDS;
        await explainEvents({ ...settings, sources, vocabulary, needs, policy, fileOf, look });
      });
    }
    return search.explanation;
  }

  async #read<Result>(
    needs: Needs,
    start: TestPolicy['start'],
    use: (opened: OpenTestInput, vocabulary: Vocabulary) => Promise<Result>,
  ): Promise<Result | undefined> {
    const vocabulary = new Vocabulary();
    const demands = { vocabulary, needs, start };
    return this.#attempt(this.#test.input.place, async () => {
      const opened = await this.#port.openInput(this.#test, this.#file, demands);
      try {
        return await use(opened, vocabulary);
      } finally {
        opened.close();
      }
    });
  }

  /** A mistake of the user is shown where the test file asks for it. */
  async #attempt<Result>(
    place: Place,
    attempt: () => Promise<Result>,
  ): Promise<Result | undefined> {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof UserError) || error.diagnostics.length > 0) throw error;
      this.mistakes.add(place, 'run-refused', [error.message.replaceAll('\n', '; ')], error.hint);
      return undefined;
    }
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
