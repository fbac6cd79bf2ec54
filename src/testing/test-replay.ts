import { UserError } from '../model/errors.ts';
import { TEXT, type Needs } from '../model/event.ts';
import type { FileReport } from '../model/file-report.ts';
import { Vocabulary } from '../model/vocabulary.ts';
import type { Place } from '../policy/mistakes.ts';
import { needsOf } from '../policy/needs.ts';
import type { RunCoverage } from '../policy/rule-coverage.ts';
import type { RulePolicy } from '../policy/rule-policy.ts';
import type { ScriptPolicy } from '../policy/script-policy.ts';
import type { OneFiring } from '../simulate/firing-ledger.ts';
import { BARE_POLICY } from '../simulate/policy-run.ts';
import { SILENT_SINK } from '../simulate/silent-sink.ts';
import type { ReplaySink, SourceTally, Tally } from '../simulate/tally.ts';
import type { Answer } from '../simulate/watch/moment-question.ts';
import { watch, type QuestionAt, type WatchOptions } from '../simulate/watch/watch.ts';
import { checkRules } from './check-rules.ts';
import { TestMistakes } from './codes.ts';
import type { PolicyTest, TestFile } from './test-file.ts';

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

/** Sees what a run does. */
export interface Observer {
  readonly questions: readonly QuestionAt[];
  readonly sink: Partial<ReplaySink>;
  readonly fired: (firing: OneFiring) => void;
  /** The run is over. */
  finish(tally: Tally, answers: readonly Answer[], files: readonly FileReport[]): void;
}

/** Replays the input of one test through its policy. */
export class TestReplay {
  readonly mistakes: TestMistakes;
  readonly test: PolicyTest;
  readonly file: TestFile;
  readonly #port: TestPort;

  constructor(test: PolicyTest, file: TestFile, port: TestPort) {
    this.mistakes = new TestMistakes(file.file);
    this.test = test;
    this.file = file;
    this.#port = port;
  }

  /** The policy, which has all rules that the test names; undefined: `mistakes` says why not. */
  async policy(): Promise<TestPolicy | undefined> {
    const { test, file } = this;
    const own = await this.#attempt(test.policy?.place ?? test.place, () => {
      return Promise.resolve(this.#port.policyOf(test, file));
    });
    if (own !== undefined) checkRules(this.mistakes, test, own);
    return this.mistakes.errors > 0 ? undefined : own;
  }

  /** Runs the test; undefined: `mistakes` says why not. */
  async watch(own: TestPolicy, observer: Observer): Promise<readonly FileReport[] | undefined> {
    const { fromMs, toMs, sessionTimeoutMs, clampNegative, enforce } = this.test;
    const { policy = BARE_POLICY, scripts, coverage, start } = own;
    const { textFields } = scripts?.needs ?? needsOf(policy);
    // Events of the test file name its lines as their places.
    const needs = { textFields: textFields | (1 << TEXT.file) };
    return this.read(needs, start, async (opened, vocabulary) => {
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
        sink: { ...SILENT_SINK, ...observer.sink },
        onFiring: observer.fired,
        collateral: start.state === undefined ? { labels: undefined } : undefined,
        enforce,
        questions: observer.questions,
      });
      const files = opened.reports(tally.bySource);
      observer.finish(tally, answers, files);
      return files;
    });
  }

  /** Reads the events of the test; undefined: `mistakes` says why not. */
  async read<Result>(
    needs: Needs,
    start: TestPolicy['start'],
    use: (opened: OpenTestInput, vocabulary: Vocabulary) => Promise<Result>,
  ): Promise<Result | undefined> {
    const vocabulary = new Vocabulary();
    const demands = { vocabulary, needs, start };
    return this.#attempt(this.test.input.place, async () => {
      const opened = await this.#port.openInput(this.test, this.file, demands);
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
