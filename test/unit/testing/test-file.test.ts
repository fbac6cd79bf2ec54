// Goal: every mistake in a test file is shown where it stands, in words that say what to write.
import { describe, expect, test } from 'vitest';
import { formatDiagnostic } from '../../../src/model/diagnostic.ts';
import { TEST_WORDS } from '../../../src/testing/codes.ts';
import { readTestFile } from '../../../src/testing/test-file.ts';

const GOOD = `hindcast-test: 1
policy: p.yaml
input: { date: 2026-11-20 }
tests:
  - name: a
    input: { events: [at 10:00 connect 192.0.2.1] }
    expect: [{ unparsed: 0 }]
`;

function shown(text: string): string {
  const { diagnostics, testFile } = readTestFile(text, 'a.test.yaml');
  expect(testFile === undefined).toBe(diagnostics.length > 0);
  return diagnostics.map((one) => formatDiagnostic(one, text)).join('\n');
}

/** The file with another event, or another expectation. */
const withEvent = (event: string): string => GOOD.replace('at 10:00 connect 192.0.2.1', event);
const expecting = (expectation: string): string => GOOD.replace('{ unparsed: 0 }', expectation);

test('a good file has no mistakes', () => {
  expect(shown(GOOD)).toBe('');
});

// Code, file, the words behind `error: `, and the marked text.
const CASES: [string, string, string, string][] = [
  ['version-missing', '', 'the version of the test format is missing', ''],
  [
    'version-missing',
    GOOD.replace('hindcast-test: 1\n', ''),
    'the version of the test format is missing',
    'policy',
  ],
  [
    'version-newer',
    GOOD.replace('test: 1', 'test: 2'),
    'format 2 is newer than this hindcast, which reads 1',
    '2',
  ],
  [
    'type-wrong',
    GOOD.replace('test: 1', 'test: one'),
    "'hindcast-test' must be the number 1, not 'one'",
    'one',
  ],
  ['yaml-syntax', 'a: b: c\n', 'Nested mappings are not allowed in compact mappings', 'b'],
  ['key-unknown', GOOD.replace('tests:', 'test:'), "unknown key 'test' in a test file", 'test'],
  ['setting-missing', GOOD.replace('tests:', 'x:'), "a test file has no 'tests'", 'hindcast-test'],
  ['setting-missing', GOOD.replace('name: a', 'from: 10:00'), "a test has no 'name'", 'from'],
  ['setting-missing', GOOD.replace('expect:', 'state:'), "a test has no 'expect'", 'name'],
  ['list-empty', GOOD.replace('[{ unparsed: 0 }]', '[]'), "'expect' is an empty list", '[]'],
  [
    'name-twice',
    `${GOOD}  - { name: a, input: { events: [at 10:00 x] }, expect: [{ late: 0 }] }\n`,
    "another test is named 'a' too",
    'a',
  ],
  [
    'key-misplaced',
    GOOD.replace('name: a', 'name: a\n    state: s\n    enforce: true'),
    "'state' does not belong here: a run with a state takes no 'enforce'",
    's',
  ],
  [
    'key-misplaced',
    expecting('{ collateral: 0 }').replace('name: a', 'name: a\n    state: s'),
    "'collateral' does not belong here: what rules take is not counted in a run with a state",
    '0',
  ],
  [
    'input-missing',
    GOOD.replace('events: [at 10:00 connect 192.0.2.1]', ''),
    'the test has no events, lines, logs or inputs',
    '{  }',
  ],
  ['time-wrong', withEvent('at ten connect'), "'ten' is not a time", 'ten'],
  ['time-wrong', withEvent('at 25:00 connect'), "'25:00' is not a time", '25:00'],
  [
    'date-missing',
    GOOD.replace('{ date: 2026-11-20 }', '{}'),
    '10:00 has no date, and the input names none',
    '10:00',
  ],
  [
    'type-wrong',
    GOOD.replace('2026-11-20', '2026-11-31'),
    "'date' must be a date, not '2026-11-31'",
    '2026-11-31',
  ],
  [
    'span-wrong',
    expecting('{ never: { within: 10:00 } }'),
    "'within' must be a span FROM..TO, not '10:00'",
    '10:00',
  ],
  [
    'span-wrong',
    expecting('{ never: { within: 10:00..10:00 } }'),
    "'within' must be a span FROM..TO, not '10:00..10:00'",
    '10:00..10:00',
  ],
  [
    'span-wrong',
    GOOD.replace('name: a', 'name: a\n    from: 10:00\n    to: 09:00'),
    "'from' to 'to' must be a span FROM..TO, not '09:00'",
    '09:00',
  ],
  [
    'bound-wrong',
    expecting('{ unparsed: some }'),
    "'unparsed' must be a number or a bound, not 'some'",
    'some',
  ],
  [
    'bound-wrong',
    expecting('{ unparsed: 5..3 }'),
    "'unparsed' must be a number or a bound, not '5..3'",
    '5..3',
  ],
  [
    'block-wrong',
    expecting('{ sessions: { block: here, at: 10:00, is: 0 } }'),
    "'block' must be an address or a block, not 'here'",
    'here',
  ],
  [
    'windows-wrong',
    expecting('{ count: { series: a, block: 192.0.2.1, windows: 2..0, at: 10:00, is: 0 } }'),
    "'windows' must be a window or a range, not '2..0'",
    '2..0',
  ],
  [
    'monitor-wrong',
    expecting('{ count: { series: a, block: 192.0.2.1, monitor: x, at: 10:00, is: 0 } }'),
    "'x' is not a monitor",
    'x',
  ],
  [
    'setting-missing',
    expecting('{ count: { series: a, at: 10:00, is: 0 } }'),
    "'count' has no 'block'",
    '{ series: a, at: 10:00, is: 0 }',
  ],
  [
    'setting-missing',
    expecting('{ stops: { rule: a } }'),
    "'stops' has no 'number'",
    '{ rule: a }',
  ],
  ['setting-missing', expecting('{ fires: { key: a } }'), "'fires' has no 'rule'", 'key'],
  [
    'word-unknown',
    expecting('{ unexpected: ok }'),
    "'unexpected' must be one of fail, not 'ok'",
    'ok',
  ],
  [
    'word-unknown',
    expecting('{ never: { verdict: rejct } }'),
    "'verdict' must be one of tag, tarpit, reject, disconnect, discard, not 'rejct'",
    'rejct',
  ],
  [
    'duration-wrong',
    GOOD.replace('name: a', 'name: a\n    session_timeout: long'),
    "'session_timeout' must be a duration, not 'long'",
    'long',
  ],
  [
    'number-range',
    GOOD.replace('name: a', 'name: a\n    enforce: { retry: 5d }'),
    "'retry' must be a duration from 1s to less than 5d, not '5d'",
    '5d',
  ],
  [
    'expectation-several',
    expecting('{ unparsed: 0, late: 0 }'),
    "'unparsed' and 'late' are two expectations",
    'late',
  ],
  [
    'enforce-missing',
    expecting('{ blocks: { begun: 1 } }'),
    "'blocks' is asked of a policy in force only",
    'blocks',
  ],
  [
    'key-unknown',
    expecting('{ fire: { rule: a } }'),
    "unknown key 'fire' in an expectation",
    'fire',
  ],
  ['event-wrong', withEvent('10:00 connect'), "an event begins with 'at TIME'", '10:00'],
  ['event-wrong', withEvent('at 10:00'), 'an event has a time and a kind', 'at 10:00'],
  ['event-wrong', withEvent('at 10:00 Connect'), "'Connect' cannot be a kind of event", 'Connect'],
  [
    'event-wrong',
    withEvent('at 10:00 connect 192.0.2.300'),
    "'192.0.2.300' is not an address",
    '192.0.2.300',
  ],
  [
    'event-wrong',
    withEvent('"at 10:00 connect 192.0.2.{9..1}"'),
    "the range '192.0.2.{9..1}' runs backwards",
    '192.0.2.{9..1}',
  ],
  [
    'event-wrong',
    withEvent('"at 10:00 connect 192.0.2.{1..256}"'),
    "'192.0.2.{1..256}' is not a range of addresses",
    '192.0.2.{1..256}',
  ],
  ['event-wrong', withEvent('at 10:00 connect 192.0.2.1 x0'), "'x0' repeats nothing", 'x0'],
  ['event-wrong', withEvent('at 10:00 connect x2 x3'), 'the events are repeated twice', 'x3'],
  ['event-wrong', withEvent('at 10:00 connect x2 every'), "'every' needs a duration", 'every'],
  ['event-wrong', withEvent('at 10:00 connect x2 every soon'), "'every' needs a duration", 'soon'],
  [
    'event-wrong',
    withEvent('at 10:00 connect every 2s'),
    "'every' repeats nothing without xN",
    'every',
  ],
  [
    'event-wrong',
    withEvent('at 10:00 connect 192.0.2.1 192.0.2.2'),
    "'192.0.2.2' is no field=value",
    '192.0.2.2',
  ],
  [
    'event-wrong',
    withEvent('at 10:00 connect sendr=a'),
    "events have no field 'sendr' here",
    'sendr=a',
  ],
  ['event-wrong', withEvent('at 10:00 connect helo=a helo=b'), "'helo' is given twice", 'helo=b'],
  ['event-wrong', withEvent('at 10:00 connect phase=rcpt'), "'rcpt' is no phase", 'phase=rcpt'],
  [
    'event-wrong',
    withEvent('at 10:00 connect code=five'),
    "'code' is a whole number, not 'five'",
    'code=five',
  ],
  [
    'event-wrong',
    withEvent('"at 10:00 connect 2001:db8::{0..ffff} x100"'),
    'a line stands for 1000000 events at the most',
    '"at 10:00 connect 2001:db8::{0..ffff} x100"',
  ],
];

test.each(CASES)('%s: %#', (code, text, words, marked) => {
  const { diagnostics } = readTestFile(text, 'a.test.yaml');
  const found = diagnostics.map((one) => [one.code, one.message, text.slice(one.start, one.end)]);
  expect(found).toContainEqual([code, words, marked]);
});

test('every code of the test format has a case, but for those that only a run tells', () => {
  const told = new Set(CASES.map(([code]) => code));
  const ofTrees = ['yaml-documents', 'yaml-alias', 'yaml-deep', 'key-twice'];
  const ofRuns = ['rule-unknown', 'answer-refused', 'run-refused'];
  const missing = Object.keys(TEST_WORDS).filter((code) => !told.has(code));
  expect(missing.sort()).toEqual([...ofTrees, ...ofRuns].sort());
});

describe('what is read', () => {
  const read = (text: string) => readTestFile(text, 'a.test.yaml').testFile!.tests[0];

  test('the file speaks for tests that are silent, and only for those', () => {
    const text = GOOD.replace('tests:', 'from: 09:00\nenforce: true\ntests:');
    expect(read(text)).toMatchObject({ fromMs: Date.UTC(2026, 10, 20, 9), enforce: {} });
    const own = text.replace('name: a', 'name: a\n    from: 09:30\n    enforce: false');
    expect(read(own)).toMatchObject({ fromMs: Date.UTC(2026, 10, 20, 9, 30), enforce: undefined });
  });

  test('a policy is a name, a mapping of names, or itself', () => {
    expect(read(GOOD).policy).toMatchObject({ type: 'named', file: 'p.yaml' });
    const script = GOOD.replace('p.yaml', '{ file: a.siv, phase: connect }');
    expect(read(script).policy).toMatchObject({ type: 'named', file: 'a.siv', phase: 'connect' });
    expect(read(GOOD.replace('p.yaml', '{ rules: [] }')).policy).toMatchObject({ type: 'inline' });
    expect(read(GOOD.replace('policy: p.yaml\n', '')).policy).toBeUndefined();
  });

  test('an expectation is known by its place and its words on one line', () => {
    const [first] = read(
      expecting('{ fires: { rule: busy, # why\n        peak: ">= 3" } }'),
    ).expectations;
    expect(first.text).toBe('{ fires: { rule: busy, peak: ">= 3" } }');
    expect(first.bounds.map(([name, { op, value }]) => [name, op, value])).toEqual([
      ['firings', '>=', 1],
      ['peak', '>=', 3],
    ]);
  });
});
