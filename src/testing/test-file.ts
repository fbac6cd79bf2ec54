import type { Diagnostic } from '../model/diagnostic.ts';
import type { Place } from '../policy/mistakes.ts';
import {
  BOOLEAN,
  mapping,
  schemaFile,
  shared,
  someSchema,
  TEXT,
  type KeyTable,
  type Schema,
} from '../policy/yaml/key-table.ts';
import {
  booleanOf,
  checkKeys,
  headOf,
  mapOf,
  someOf,
  textOf,
  valueAt,
} from '../policy/yaml/shape.ts';
import { readTree, seenOf, type MapValue, type Value } from '../policy/yaml/tree.ts';
import { TestMistakes } from './codes.ts';
import { ENFORCE_SCHEMA, readEnforce, type Enforcement } from './enforcement.ts';
import type { Expectation } from './expectation.ts';
import { EXPECTATIONS_SCHEMA } from './expectation-keys.ts';
import { readExpectations } from './expectations.ts';
import {
  INPUT_SCHEMA,
  readCalendar,
  readInput,
  WITH_CONTENT,
  type TestInput,
} from './test-input.ts';
import {
  POLICY_REFERENCE_SCHEMA,
  readPolicyReference,
  type PolicyReference,
} from './policy-reference.ts';
import { DURATION_SCHEMA, MOMENT_SCHEMA, readDuration, readMomentAt } from './times.ts';

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
  /** Never empty. */
  readonly expectations: readonly Expectation[];
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

const VERSION = 1;
const VERSION_KEY = 'hindcast-test';
/** What a test may say for itself and a file for all its tests. */
const SHARED_KEYS: KeyTable = {
  policy: {
    about: 'A policy file, { file, phase, config, root }, or the keys of a policy themselves.',
    value: shared('policy', POLICY_REFERENCE_SCHEMA),
  },
  input: { about: 'The events or logs of a test.', value: INPUT_SCHEMA },
  from: {
    about: 'Report from here on; earlier events only warm the windows.',
    value: MOMENT_SCHEMA,
  },
  to: { about: 'Stop before this time.', value: MOMENT_SCHEMA },
  session_timeout: {
    about: 'Silence that ends a session without a logged end.',
    value: DURATION_SCHEMA,
  },
  clamp_negative: {
    about: 'Counts stop at 0 where an amount would take them below.',
    value: BOOLEAN,
  },
  enforce: {
    about: 'What the policy refuses no longer happens; { retry: 15m }: clients come back.',
    value: ENFORCE_SCHEMA,
  },
  state: { about: 'A folder with the state that the replay goes on from.', value: TEXT },
};
const TEST_KEYS: KeyTable = {
  name: { about: 'What results call the test.', value: TEXT, required: true },
  ...SHARED_KEYS,
  input: { ...SHARED_KEYS['input'], value: { ...INPUT_SCHEMA, ...WITH_CONTENT } },
  expect: {
    about: 'What the run must lead to, each with a dash of its own.',
    value: EXPECTATIONS_SCHEMA,
    required: true,
  },
};
const FILE_KEYS: KeyTable = {
  [VERSION_KEY]: { about: 'The version of the test format.', value: { const: VERSION } },
  ...SHARED_KEYS,
  tests: {
    about: 'The tests; what one does not say itself, the file says for all.',
    value: someSchema(shared('test', mapping(TEST_KEYS))),
    required: true,
  },
};

/** A test needs events or logs; those of the file are for tests without any. */
const FILE_BESIDES: Schema = {
  anyOf: [
    { required: ['input'], properties: { input: WITH_CONTENT } },
    { properties: { tests: someSchema({ type: 'object', required: ['input'] }) } },
  ],
};

/** The JSON Schema of a test file. */
export function testSchema(): Schema {
  return schemaFile(
    'Tests of a policy of hindcast',
    mapping(FILE_KEYS, { ...FILE_BESIDES, required: [VERSION_KEY, 'tests'] }),
  );
}

/** Reads a test file. Never throws on what a user wrote; every mistake becomes a diagnostic. */
export function readTestFile(text: string, file: string): TestFileReading {
  const mistakes = new TestMistakes(file);
  const root = readTree(text, mistakes);
  let tests: readonly PolicyTest[] = [];
  if (root === undefined) {
    if (mistakes.errors === 0) addVersionMissing(mistakes, { start: 0, end: 0 });
  } else if (mistakes.errors === 0) {
    const map = mapOf(mistakes, root, 'a test file');
    if (map !== undefined && readVersion(mistakes, map)) tests = readTests(mistakes, map, text);
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

function readTests(mistakes: TestMistakes, map: MapValue, text: string): PolicyTest[] {
  checkKeys(mistakes, map, FILE_KEYS, 'a test file');
  const value = valueAt(map, 'tests');
  if (value === undefined) return [];
  const names = new Set<string>();
  return someOf(mistakes, value, "'tests'").flatMap((item) => {
    const own = mapOf(mistakes, item, 'a test');
    if (own === undefined) return [];
    const test = new TestReader(mistakes, text, map, own).read();
    if (test === undefined) return [];
    if (names.has(test.name)) mistakes.add(test.place, 'name-twice', [test.name]);
    names.add(test.name);
    return [test];
  });
}

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

  read(): PolicyTest | undefined {
    const mistakes = this.#mistakes;
    const test = this.#test;
    checkKeys(mistakes, test, TEST_KEYS, 'a test');
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
    const expect = valueAt(test, 'expect');
    const facts = { calendar, enforces: enforce !== undefined, hasState: state !== undefined };
    const expectations = expect && readExpectations(mistakes, expect, this.#text, facts);
    const policyValue = this.#valueOf('policy');
    const policy = policyValue && readPolicyReference(mistakes, policyValue);
    const clampValue = this.#valueOf('clamp_negative');
    const timeoutValue = this.#valueOf('session_timeout');
    const [fromMs, toMs] = this.#span(calendar);
    const clamp = clampValue && booleanOf(mistakes, clampValue, "'clamp_negative'");
    const sessionTimeoutMs =
      timeoutValue && readDuration(mistakes, timeoutValue, "'session_timeout'");
    if (name === undefined || nameValue === undefined) return undefined;
    if (input === undefined || expectations === undefined) return undefined;
    const settings = { fromMs, toMs, sessionTimeoutMs, clampNegative: clamp === true };
    return { name, place: nameValue, policy, input, ...settings, enforce, state, expectations };
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
