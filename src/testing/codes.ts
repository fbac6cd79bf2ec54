import { MistakeList } from '../policy/mistakes.ts';
import { SHAPE_WORDS } from '../policy/yaml/shape-codes.ts';

/** Every mistake that a test file can hold, and the words for it. */
export const TEST_WORDS = {
  ...SHAPE_WORDS,
  'version-missing': () => 'the version of the test format is missing',
  'version-newer': (seen: string) => `format ${seen} is newer than this hindcast, which reads 1`,
  'name-twice': (name: string) => `another test is named '${name}' too`,
  'key-misplaced': (key: string, reason: string) => `'${key}' does not belong here: ${reason}`,
  'input-missing': () => 'the test has no events, lines, logs or inputs',
  'event-wrong': (detail: string) => detail,
  'time-wrong': (seen: string) => `'${seen}' is not a time`,
  'date-missing': (time: string) => `${time} has no date, and the input names none`,
  'span-wrong': (what: string, seen: string) => `${what} must be a span FROM..TO, not ${seen}`,
  'bound-wrong': (what: string, seen: string) => `${what} must be a number or a bound, not ${seen}`,
  'block-wrong': (what: string, seen: string) =>
    `${what} must be an address or a block, not ${seen}`,
  'duration-wrong': (what: string, seen: string) => `${what} must be a duration, not ${seen}`,
  'windows-wrong': (seen: string) => `'windows' must be a window or a range, not ${seen}`,
  'monitor-wrong': (seen: string) => `${seen} is not a monitor`,
  'expectation-several': (first: string, second: string) =>
    `'${first}' and '${second}' are two expectations`,
  'enforce-missing': (key: string) => `'${key}' is asked of a policy in force only`,
  'rule-unknown': (name: string) => `unknown rule '${name}'`,
  'answer-refused': (detail: string) => detail,
  'run-refused': (detail: string) => detail,
} as const satisfies Record<string, (...details: never[]) => string>;

/** What is wrong in a test file. */
export class TestMistakes extends MistakeList<typeof TEST_WORDS> {
  constructor(file: string) {
    super(file, TEST_WORDS, new Set());
  }
}
