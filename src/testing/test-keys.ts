/** The keys of a test file, for the reader and for the schema. */
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
import { ENFORCE_SCHEMA } from './enforcement.ts';
import { EXPECTATIONS_SCHEMA } from './expectation-keys.ts';
import { INPUT_SCHEMA, WITH_CONTENT } from './test-input.ts';
import { POLICY_REFERENCE_SCHEMA } from './policy-reference.ts';
import { DURATION_SCHEMA, MOMENT_SCHEMA } from './times.ts';

export const VERSION = 1;
export const VERSION_KEY = 'hindcast-test';
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
export const TEST_KEYS: KeyTable = {
  name: { about: 'What results call the test.', value: TEXT, required: true },
  ...SHARED_KEYS,
  input: { ...SHARED_KEYS['input'], value: { ...INPUT_SCHEMA, ...WITH_CONTENT } },
  expect: {
    about: 'What the run must lead to, each with a dash of its own.',
    value: EXPECTATIONS_SCHEMA,
    required: true,
  },
};
export const FILE_KEYS: KeyTable = {
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
