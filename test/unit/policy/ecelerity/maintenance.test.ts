// Goal: a cidr_maintain.conf says what its author meant, or every mistake in it is told at once and
// where it stands. Method: files as the manual has them, then each option and each slip alone.
import { expect, test } from 'vitest';

import { placeOf } from '../../../../src/model/diagnostic.ts';
import { readMaintenance } from '../../../../src/policy/ecelerity/maintenance.ts';

const settingsOf = (text: string): unknown => readMaintenance(text, 'cidr_maintain.conf').settings;

/** `code line:column` of every mistake, with its hint. */
function mistakesIn(text: string): string[] {
  return readMaintenance(text, 'cidr_maintain.conf').diagnostics.map(({ code, start, hint }) => {
    const { line, column } = placeOf(text, start);
    return `${code} ${line}:${column}${hint === undefined ? '' : ` (${hint})`}`;
  });
}

const NOTHING = {
  series: undefined,
  retentionDays: undefined,
  condenseDays: undefined,
  baseDir: undefined,
};

test('a file for all series of a folder', () => {
  const text = `# what the nightly job keeps
auto = true
# series = bad_rcpt spam
retention = 30
# packed as soon as a day has passed
condense = 0
basedir = "/var/log/example/journals"
`;
  expect(settingsOf(text)).toEqual({
    series: undefined,
    retentionDays: 30,
    condenseDays: 0,
    baseDir: '/var/log/example/journals',
  });
  expect(mistakesIn(text)).toEqual([]);
});

test('a file for one series, everything in quotes but the days', () => {
  const text = 'auto = "false"\nseries = "bad_rcpt"\ncondense = 30\nretention = 60\n';
  expect(settingsOf(text)).toEqual({
    ...NOTHING,
    series: ['bad_rcpt'],
    retentionDays: 60,
    condenseDays: 30,
  });
});

test.each(['bad_rcpt spam', '"bad_rcpt spam"', '"bad_rcpt" spam', 'bad_rcpt, spam # both'])(
  'series = %s',
  (value) => {
    const both = { ...NOTHING, series: ['bad_rcpt', 'spam'] };
    expect(settingsOf(`auto = off\nseries = ${value}`)).toEqual(both);
    // Whoever names some does not mean all.
    expect(settingsOf(`series = ${value}`)).toEqual(both);
  },
);

test('an empty file leaves all to the defaults', () => {
  for (const text of ['', '\uFEFF# nothing\r\n', 'auto = 1', 'Auto=enabled']) {
    expect(settingsOf(text)).toEqual(NOTHING);
  }
});

test('all mistakes at once', () => {
  const text = `auto = maybe
retension = 60
condense 0
retention = 30 days
= 4
condense =
series = ( spam )
basedir = /var/log
`;
  expect(settingsOf(text)).toBeUndefined();
  expect(mistakesIn(text)).toEqual([
    'type-wrong 1:8',
    "maintain-unknown 2:1 (did you mean 'retention'?)",
    'token-unexpected 3:10',
    'token-unexpected 4:16',
    'token-unexpected 5:1',
    'token-unexpected 6:11',
    'token-unexpected 7:10',
    'quote-missing 8:11 (write "/var/log")',
  ]);
});

test.each([
  ['retention = 0', 'type-wrong 1:13'],
  ['retention = 36526', 'type-wrong 1:13'],
  ['retention = 1.5', 'type-wrong 1:13'],
  ['condense = -1', 'type-wrong 1:12'],
  ['basedir = ""', 'type-wrong 1:11'],
  ['series = " , "', 'list-empty 1:10'],
  ['retention', 'token-unexpected 1:10'],
  ['retention = 1\nretention = 2', 'option-twice 2:1'],
  ['auto = false', 'maintain-none 1:1 (write series = …, with the names of some)'],
  ['auto = on\nseries = a', 'maintain-series 2:1 (write auto = false, or leave series away)'],
])('%j', (text, mistake) => {
  expect(mistakesIn(text)).toEqual([mistake]);
});

test('of an option that stands twice the later one counts', () => {
  expect(settingsOf('retention = 1\nretention = 2')).toEqual({ ...NOTHING, retentionDays: 2 });
});

test('a forgotten quote is one mistake, and what stands before it is read', () => {
  expect(mistakesIn('retension = 3\nauto = false\nseries = "spam\n')).toEqual([
    "maintain-unknown 1:1 (did you mean 'retention'?)",
    'string-open 3:10',
  ]);
  expect(mistakesIn('auto = false\nseries = "spam\nbasedir = "/var/log"\n')).toEqual([
    'string-open 3:20 (the string at cidr_maintain.conf:2:10 runs over several lines: is its quote missing?)',
  ]);
  expect(mistakesIn('auto = false\nseries = "spam\nbasedir = /var"\n')).toEqual([
    'string-open 2:10 (close it on its line)',
  ]);
});
