import type { Diagnostic } from '../model/diagnostic.ts';
import type { Place } from '../policy/mistakes.ts';
import type { KeyTable } from '../policy/yaml/key-table.ts';
import {
  booleanOf,
  checkKeys,
  headOf,
  mapOf,
  someOf,
  textOf,
  valueAt,
} from '../policy/yaml/shape.ts';
import { readTree, seenOf, type MapValue, type Member, type Value } from '../policy/yaml/tree.ts';
import { TestMistakes } from './codes.ts';
import { readEnforce, type Enforcement } from './enforcement.ts';
import type { Expectation } from './expectation.ts';
import { readExpectations } from './expectations.ts';
import { readCalendar, readInput, type TestInput } from './test-input.ts';
import { FILE_KEYS, TEST_KEYS, VERSION, VERSION_KEY } from './test-keys.ts';
import { readPolicyReference, type PolicyReference } from './policy-reference.ts';
import { readDuration, readMomentAt } from './times.ts';

/** A test with everything that the file says of it, and where. */
export interface PolicyTest {
  readonly name: string;
  readonly place: Place;
  /** Undefined: the built-in metrics alone. */
  readonly policy: PolicyReference | undefined;
  readonly input: TestInput;
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
  readonly sessionTimeoutMs: number | undefined;
  readonly clampNegative: boolean;
  /** Undefined: the policy observes. */
  readonly enforce: Enforcement | undefined;
  /** A folder with the state that the replay goes on from, as the file names it. */
  readonly state: { readonly path: string; readonly place: Place } | undefined;
  /** Empty only where they are still to be filled in. */
  readonly expectations: readonly Expectation[];
  /** The test, and what stands behind its `expect:`; undefined: nothing does. */
  readonly map: MapValue;
  readonly expect: Member | undefined;
}

export interface TestFile {
  readonly file: string;
  readonly text: string;
  /** Never empty. */
  readonly tests: readonly PolicyTest[];
}

export interface TestFileReading {
  /** Absent when the file has a mistake. */
  readonly testFile?: TestFile;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads a test file. Never throws on what a user wrote; every mistake becomes a diagnostic.
 *
 * @param fills a test without expectations is none: they are filled in
 */
export function readTestFile(text: string, file: string, fills = false): TestFileReading {
  const mistakes = new TestMistakes(file);
  const root = readTree(text, mistakes);
  let tests: readonly PolicyTest[] = [];
  if (root === undefined) {
    if (mistakes.errors === 0) addVersionMissing(mistakes, { start: 0, end: 0 });
  } else if (mistakes.errors === 0) {
    const map = mapOf(mistakes, root, 'a test file');
    if (map !== undefined && readVersion(mistakes, map))
      tests = readTests(mistakes, map, text, fills);
  }
  const diagnostics = mistakes.sorted();
  return mistakes.errors > 0 ? { diagnostics } : { testFile: { file, text, tests }, diagnostics };
}

function addVersionMissing(mistakes: TestMistakes, place: Place): void {
  mistakes.add(place, 'version-missing', [], `start the file with ${VERSION_KEY}: ${VERSION}`);
}

/** Whether the rest can be read: a newer format may mean anything by its keys. */
function readVersion(mistakes: TestMistakes, map: MapValue): boolean {
  const value = valueAt(map, VERSION_KEY);
  if (value === undefined) addVersionMissing(mistakes, headOf(map));
  else if (value.type === 'number' && value.value > VERSION) {
    mistakes.add(value, 'version-newer', [value.text]);
    return false;
  } else if (value.type !== 'number' || value.value !== VERSION) {
    const expected = `the number ${VERSION}`;
    mistakes.add(value, 'type-wrong', [`'${VERSION_KEY}'`, expected, seenOf(value)]);
  }
  return true;
}

function readTests(
  mistakes: TestMistakes,
  map: MapValue,
  text: string,
  fills: boolean,
): PolicyTest[] {
  checkKeys(mistakes, map, FILE_KEYS, 'a test file');
  const value = valueAt(map, 'tests');
  if (value === undefined) return [];
  const names = new Set<string>();
  return someOf(mistakes, value, "'tests'").flatMap((item) => {
    const own = mapOf(mistakes, item, 'a test');
    if (own === undefined) return [];
    const test = new TestReader(mistakes, text, map, own).read(fills);
    if (test === undefined) return [];
    if (names.has(test.name)) mistakes.add(test.place, 'name-twice', [test.name]);
    names.add(test.name);
    return [test];
  });
}

/** Of a test whose expectations are to come. */
const FILLED_KEYS: KeyTable = {
  ...TEST_KEYS,
  expect: { about: TEST_KEYS['expect'].about, value: TEST_KEYS['expect'].value },
};

/** Reads one test; what it does not say itself, the file says. */
class TestReader {
  readonly #mistakes: TestMistakes;
  readonly #text: string;
  readonly #file: MapValue;
  readonly #test: MapValue;

  constructor(mistakes: TestMistakes, text: string, file: MapValue, test: MapValue) {
    this.#mistakes = mistakes;
    this.#text = text;
    this.#file = file;
    this.#test = test;
  }

  read(fills: boolean): PolicyTest | undefined {
    const mistakes = this.#mistakes;
    const test = this.#test;
    checkKeys(mistakes, test, fills ? FILLED_KEYS : TEST_KEYS, 'a test');
    const nameValue = valueAt(test, 'name');
    const name = nameValue && textOf(mistakes, nameValue, "'name'");
    const [inputValue, sharedInput] = [valueAt(test, 'input'), valueAt(this.#file, 'input')];
    const calendar = readCalendar(mistakes, [inputValue, sharedInput]);
    const input = readInput(mistakes, inputValue ?? sharedInput, calendar, {
      text: this.#text,
      file: mistakes.file,
      place: headOf(test),
    });
    const enforceValue = this.#valueOf('enforce');
    const enforce = enforceValue && readEnforce(mistakes, enforceValue);
    const state = this.#state(enforceValue);
    const expect = test.members.get('expect');
    const list = expect?.value;
    const isEmpty = list?.type === 'list' && list.items.length === 0;
    const isFilled = fills && (list === undefined || list.type === 'nothing' || isEmpty);
    const facts = { calendar, enforces: enforce !== undefined, hasState: state !== undefined };
    const read = isFilled ? [] : list && readExpectations(mistakes, list, this.#text, facts);
    const policyValue = this.#valueOf('policy');
    const policy = policyValue && readPolicyReference(mistakes, policyValue);
    const clampValue = this.#valueOf('clamp_negative');
    const timeoutValue = this.#valueOf('session_timeout');
    const [fromMs, toMs] = this.#span(calendar);
    const clamp = clampValue && booleanOf(mistakes, clampValue, "'clamp_negative'");
    const sessionTimeoutMs =
      timeoutValue && readDuration(mistakes, timeoutValue, "'session_timeout'");
    if (name === undefined || nameValue === undefined) return undefined;
    if (input === undefined || read === undefined) return undefined;
    const settings = { fromMs, toMs, sessionTimeoutMs, clampNegative: clamp === true, enforce };
    const places = { place: nameValue, map: test, expect };
    return { name, policy, input, ...settings, state, expectations: read, ...places };
  }

  #valueOf(key: string): Value | undefined {
    return valueAt(this.#test, key) ?? valueAt(this.#file, key);
  }

  #span(calendar: Parameters<typeof readMomentAt>[2]): readonly (number | undefined)[] {
    const [from, to] = ['from', 'to'].map((key) => this.#valueOf(key));
    const [fromMs, toMs] = [from, to].map((value) => {
      return value && readMomentAt(this.#mistakes, value, calendar);
    });
    if (fromMs !== undefined && toMs !== undefined && fromMs >= toMs) {
      this.#mistakes.add(to!, 'span-wrong', ["'from' to 'to'", seenOf(to!)], 'from is before to');
    }
    return [fromMs, toMs];
  }

  #state(enforce: Value | undefined): PolicyTest['state'] {
    const value = this.#valueOf('state');
    const path = value && textOf(this.#mistakes, value, "'state'");
    if (value === undefined || path === undefined) return undefined;
    const other = ['from', 'to'].find((key) => this.#valueOf(key) !== undefined);
    if (enforce !== undefined || other !== undefined) {
      const reason = `a run with a state takes no '${other ?? 'enforce'}'`;
      this.#mistakes.add(value, 'key-misplaced', ['state', reason]);
    }
    return { path, place: value };
  }
}
