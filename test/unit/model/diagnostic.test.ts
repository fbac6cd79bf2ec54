import { expect, test } from 'vitest';

import { formatDiagnostic, placeOf, type Diagnostic } from '../../../src/model/diagnostic.ts';

const FILE = 'policy.yaml';

/** The mistake that `wrong` is, in a text that holds it once. */
function mistakeIn(text: string, wrong: string, hint?: string): string {
  const start = text.indexOf(wrong);
  const diagnostic: Diagnostic = {
    severity: 'error',
    code: 'series-unknown',
    message: `unknown series '${wrong}'`,
    file: FILE,
    start,
    end: start + wrong.length,
    ...(hint === undefined ? {} : { hint }),
  };
  return formatDiagnostic(diagnostic, text);
}

test('a mistake is shown where it stands', () => {
  const text = 'rules:\n  - name: a\n    count: recpt_bad\n    above: 5\n';
  expect(mistakeIn(text, 'recpt_bad', "did you mean 'rcpt_bad'?")).toBe(
    [
      "policy.yaml:3:12: error: unknown series 'recpt_bad' [series-unknown]",
      '3     count: recpt_bad',
      '             ^^^^^^^^^',
      "hint: did you mean 'rcpt_bad'?",
    ].join('\n'),
  );
});

test('a tab stays a tab, so that the caret stands under its character', () => {
  expect(mistakeIn('\tcount:\tbad', 'bad').split('\n').slice(1)).toEqual([
    '1 \tcount:\tbad',
    '  \t      \t^^^',
  ]);
});

test('the caret stands under its character behind wide ones and marks of no width', () => {
  expect(mistakeIn('漢字 ｱ ｗ 한 😀 e\u0301: bad', 'bad').split('\n')[2]).toBe(
    `  ${' '.repeat('漢字'.length * 2 + ' ｱ ｗｗ 한한 😀 e: '.length)}^^^`,
  );
  expect(mistakeIn('a 漢字', '漢字').split('\n')[2]).toBe('    ^^^^');
});

test('a byte order mark is in no column', () => {
  expect(mistakeIn('\uFEFFa: bad\nb', 'bad').split('\n')).toEqual([
    "policy.yaml:1:4: error: unknown series 'bad' [series-unknown]",
    '1 a: bad',
    '     ^^^',
  ]);
  expect(placeOf('\uFEFFa', 0)).toEqual({ line: 1, column: 1, lineText: 'a' });
  expect(placeOf('\uFEFF', 0)).toEqual({ line: 1, column: 1, lineText: '' });
});

test('nothing of a foreign file can steer the terminal', () => {
  const wrong = '\u001B[31m\u0000';
  const shown = mistakeIn(`a: ${wrong}\u009B7m`, wrong, `write "${wrong}"`);
  // oxlint-disable-next-line no-control-regex -- they must not be there
  expect(shown).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F]/);
  expect(shown.split('\n')[0]).toContain("unknown series '\uFFFD[31m\uFFFD'");
});

test('lines may end in CR LF, and the last one in nothing', () => {
  expect(mistakeIn('one\r\nbad\r\nthree', 'bad').split('\n')).toEqual([
    "policy.yaml:2:1: error: unknown series 'bad' [series-unknown]",
    '2 bad',
    '  ^^^',
  ]);
  expect(mistakeIn('one\r\nbad', 'bad').split('\n')[1]).toBe('2 bad');
});

test('a mistake over several lines is marked to the end of its first', () => {
  expect(mistakeIn('a: [1,\n 2]\n', '[1,\n 2]').split('\n').slice(-2)).toEqual([
    '1 a: [1,',
    '     ^^^',
  ]);
});

test('a mistake at the end of the file has a place', () => {
  const at = (text: string, offset: number): string => {
    const { line, column, lineText } = placeOf(text, offset);
    return `${line}:${column} ${lineText}`;
  };
  expect(at('', 0)).toBe('1:1 ');
  expect(at('abc', 3)).toBe('1:4 abc');
  expect(at('abc\n', 4)).toBe('2:1 ');
  expect(at('abc\n', 99)).toBe('2:1 ');
  expect(at('abc\nd', 3)).toBe('1:4 abc');
  expect(at('abc\nd', 4)).toBe('2:1 d');
  const empty = {
    severity: 'warning',
    code: 'x',
    message: 'm',
    file: FILE,
    start: 3,
    end: 3,
  } as const;
  expect(formatDiagnostic(empty, 'abc')).toBe('policy.yaml:1:4: warning: m [x]\n1 abc\n     ^');
});

test('of a long line the part around the mistake is shown', () => {
  const text = `${'a'.repeat(500)}bad${'c'.repeat(500)}`;
  const [head, shown, caret] = mistakeIn(text, 'bad').split('\n');
  expect(head).toContain('policy.yaml:1:501:');
  expect(shown.length).toBeLessThan(130);
  const from = caret.indexOf('^');
  expect(shown.slice(from, caret.length)).toBe('bad');
});

test('a caret does not go beyond what is shown', () => {
  const [, shown, caret] = mistakeIn(`${'a'.repeat(100)}${'b'.repeat(300)}`, 'b'.repeat(300)).split(
    '\n',
  );
  expect(caret.length).toBeLessThanOrEqual(shown.length);
});
