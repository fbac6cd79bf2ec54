import type { Diagnostic } from '../model/diagnostic.ts';
import type { TextEdit } from '../model/text-edit.ts';
import type { FileReport } from '../model/file-report.ts';
import type { Member } from '../policy/yaml/tree.ts';
import type { Tally } from '../simulate/tally.ts';
import { meets } from './bounds.ts';
import { FIRING_NUMBERS } from './expectation-keys.ts';
import type { Expectation, FiringsSubject } from './expectation.ts';
import { appendEdits, fillEdits } from './fill-expectations.ts';
import { FiringBook } from './firing-book.ts';
import { tallyNumbers, type Values } from './tally-numbers.ts';
import type { PolicyTest, TestFile } from './test-file.ts';
import { TestReplay, type TestPolicy, type TestPort } from './test-replay.ts';
import { isNever, Witness } from './witness.ts';
import { isWithin, memberAppend, memberCuts, scalarEdit } from './yaml-edits.ts';

/** Expectations that one test is given; more are no longer read by anyone. */
const MOST_ADDED = 50;

/** What makes the expectations of a test those that hold. */
export interface TestUpdate {
  readonly edits: readonly TextEdit[];
  /** Expectations that are changed or added. */
  readonly updated: number;
  /** Unexpected (rule, key) pairs beyond those that are added. */
  readonly left: number;
}

/**
 * Runs a test and finds the edits of its file that let its expectations hold. What cannot be edited
 * is left: what stands behind an alias, say.
 *
 * @throws {UserError} with diagnostics of its own for mistakes in the policy
 * @throws {DiskError} when an input is damaged
 */
export async function updateTest(
  test: PolicyTest,
  file: TestFile,
  port: TestPort,
): Promise<TestUpdate | { readonly diagnostics: readonly Diagnostic[] }> {
  const replay = new TestReplay(test, file, port);
  const update = await new OneUpdate(replay).run();
  return update ?? { diagnostics: replay.mistakes.sorted() };
}

class OneUpdate {
  readonly #replay: TestReplay;
  readonly #witness: Witness;
  readonly #book: FiringBook;
  #edits: TextEdit[] = [];
  #updated = 0;
  #left = 0;

  constructor(replay: TestReplay) {
    this.#replay = replay;
    const { expectations } = replay.test;
    this.#witness = new Witness(expectations);
    const covering = expectations.filter((one) => this.#willCover(one));
    this.#book = new FiringBook(covering.map(({ subject }) => subject as FiringsSubject));
  }

  /** Undefined: the mistakes of the replay say why. */
  async run(): Promise<TestUpdate | undefined> {
    const own = await this.#replay.policy();
    if (own === undefined) return undefined;
    const { test, mistakes } = this.#replay;
    const [witness, book] = [this.#witness, this.#book];
    let tally: Tally | undefined;
    const files = await this.#replay.watch(own, {
      questions: witness.questions,
      sink: {
        firing: book.takeRow,
        stopped(row) {
          witness.sink.stopped(row);
          book.takeStopped(row);
        },
      },
      fired(firing) {
        witness.fired(firing);
        book.take(firing);
      },
      finish(finished, answers, reports) {
        tally = finished;
        witness.finish(finished, answers, reports);
      },
    });
    if (files === undefined || tally === undefined) return undefined;
    if (test.expectations.length === 0) this.#fill(this.#found(own, tally, files));
    else this.#refresh();
    if (mistakes.errors > 0) return undefined;
    return { edits: this.#edits, updated: this.#updated, left: this.#left };
  }

  /** What a test without expectations is given. */
  #found(own: TestPolicy, tally: Tally, files: readonly FileReport[]): object[] {
    const found: object[] = [];
    const { fired, stopped } = this.#book;
    if (fired.length <= MOST_ADDED) {
      for (const { rule, key, firings } of fired) found.push({ fires: { rule, key, firings } });
    } else {
      for (const rule of new Set(fired.map((one) => one.rule))) {
        const keys = fired.filter((one) => one.rule === rule);
        const firings = keys.reduce((sum, one) => sum + one.firings, 0);
        found.push({ fires: { rule, firings, keys: keys.length } });
      }
    }
    for (const { name } of tally.rules) {
      const counts = stopped.get(name);
      if (counts !== undefined) found.push({ stops: { rule: name, ...counts } });
    }
    const hasPolicy = own.policy !== undefined || own.scripts !== undefined;
    if (hasPolicy && this.#replay.test.state === undefined) {
      const subject = { type: 'collateral', rule: undefined } as const;
      found.push({ collateral: tallyNumbers(subject, tally, files)['accepted'] });
    }
    found.push({ unparsed: tallyNumbers({ type: 'input' }, tally, files)['unparsed'] });
    found.push({ unexpected: 'fail' });
    return found;
  }

  #fill(items: readonly object[]): void {
    const { test, file, mistakes } = this.#replay;
    const edits = fillEdits(file.text, test, items);
    if (edits === undefined) mistakes.add(test.place, 'list-empty', ["'expect'"]);
    else this.#take(edits, items.length);
  }

  #refresh(): void {
    const { mistakes, test } = this.#replay;
    const seen = new Set<number>();
    let isLoud = false;
    for (const expectation of test.expectations) {
      const { place, subject, bounds } = expectation;
      const numbers = this.#witness.numbersOf(expectation);
      if ('refused' in numbers) {
        mistakes.add(place, 'answer-refused', [numbers.refused]);
        continue;
      }
      if (subject.type === 'unexpected') isLoud = true;
      if (!this.#isOwn(expectation) || seen.has(place.start)) continue;
      seen.add(place.start);
      if (bounds.every(([name, bound]) => meets(bound, numbers.values[name] ?? 0))) continue;
      const edits = this.#editsOf(expectation, numbers.values);
      if (edits !== undefined && edits.length > 0) this.#take(edits, 1);
    }
    if (isLoud) this.#expectMore();
  }

  #editsOf(expectation: Expectation, values: Values): TextEdit[] | undefined {
    const { text } = this.#replay.file;
    const { subject, bounds } = expectation;
    const { firings } = values;
    if (subject.type === 'unexpected') return undefined;
    if (isWritten(expectation, 'never')) return this.#asFires(expectation, firings ?? 0);
    if (subject.type === 'firings' && firings === 0) return this.#asNever(expectation);
    return bounds.flatMap(([name, bound]) => {
      const number = values[name];
      if (number === undefined || meets(bound, number)) return [];
      const member = this.#memberOf(expectation, name);
      return (member && scalarEdit(text, member, number)) ?? [];
    });
  }

  /** `never` that fired. */
  #asFires(expectation: Expectation, firings: number): TextEdit[] | undefined {
    const { value, place } = expectation;
    if (!this.#becomesFires(expectation) || value.type !== 'map') return undefined;
    const more = memberAppend(this.#replay.file.text, value, `firings: ${firings}`);
    return more && [this.#renamed(place, 'never', 'fires'), more];
  }

  /** `fires` that did not: what it says of numbers goes. */
  #asNever({ value, place }: Expectation): TextEdit[] | undefined {
    if (value.type !== 'map') return undefined;
    const { text } = this.#replay.file;
    const cuts = memberCuts(text, value, (name) => Object.hasOwn(FIRING_NUMBERS, name));
    return cuts && [this.#renamed(place, 'fires', 'never'), ...cuts];
  }

  #renamed({ start, end }: Expectation['place'], from: string, to: string): TextEdit {
    const text = this.#replay.file.text.slice(start, end).replace(from, to);
    return { start, end, text };
  }

  /** Expects all that fires and that nothing speaks of. */
  #expectMore(): void {
    const { test, file } = this.#replay;
    if (test.expect === undefined || !isWithin(test.expect.value, test.map)) return;
    const unexpected = this.#book.fired.filter(({ isUnexpected }) => isUnexpected);
    if (unexpected.length === 0) return;
    const items = unexpected.slice(0, MOST_ADDED).map(({ rule, key, firings }) => {
      return { fires: { rule, key, firings } };
    });
    const edits = appendEdits(file.text, test, items);
    if (edits === undefined) return;
    this.#take(edits, items.length);
    this.#left = unexpected.length - items.length;
  }

  #take(edits: readonly TextEdit[], updated: number): void {
    this.#edits.push(...edits);
    this.#updated += updated;
  }

  /** Whether firings of the expectation are expected once it is updated. */
  #willCover(expectation: Expectation): boolean {
    if (expectation.subject.type !== 'firings') return false;
    if (!isNever(expectation)) return true;
    if (!this.#isOwn(expectation)) return false;
    if (isWritten(expectation, 'never')) return this.#becomesFires(expectation);
    const member = this.#memberOf(expectation, 'firings');
    return member !== undefined && scalarEdit(this.#replay.file.text, member, 0) !== undefined;
  }

  #becomesFires({ subject, value }: Expectation): boolean {
    if (subject.type !== 'firings' || subject.rule === undefined) return false;
    return (
      value.type === 'map' &&
      memberAppend(this.#replay.file.text, value, 'firings: 1') !== undefined
    );
  }

  /** Where a number of an expectation is written; undefined: elsewhere. */
  #memberOf({ value, place, subject }: Expectation, name: string): Member | undefined {
    if (value.type !== 'map') return { key: { type: 'text', text: name, ...place }, value };
    const member = value.members.get(subject.type === 'moment' ? 'is' : name);
    const isOwn = member && isWithin(member.value, value) && isWithin(member.key, value);
    return isOwn ? member : undefined;
  }

  /** Whether the expectation stands in its test: what is behind an alias belongs to others too. */
  #isOwn({ item, place, value }: Expectation): boolean {
    const { expect, map } = this.#replay.test;
    return (
      expect !== undefined &&
      isWithin(expect.value, map) &&
      isWithin(item, expect.value) &&
      isWithin(place, item) &&
      isWithin(value, item)
    );
  }
}

/** Whether this is the key of an expectation. */
function isWritten({ item }: Expectation, key: string): boolean {
  return item.members.has(key);
}
