import type { Branch } from '../model/branch.ts';
import { visible } from '../model/visible.ts';
import { coverageJson } from './coverage-table.ts';
import { explanationJson } from './explanation-json.ts';
import { explanationTable } from './explanation-table.ts';
import { counted } from './plain-table.ts';
import { hasPassed, type ExpectationOutcome, type TestOutcome } from './test-outcome.ts';

/** One line for each test; below one that failed, what was expected and what came, and why. */
export function testTable(outcomes: readonly TestOutcome[], ascii: boolean): string {
  let text = '';
  for (const outcome of outcomes) {
    const { file, name, expectations } = outcome;
    text += `${hasPassed(outcome) ? 'ok    ' : 'FAILED'}  ${visible(`${file}: ${name}`)}\n`;
    for (const own of expectations) if (!own.passed) text += failureText(file, own, ascii);
  }
  return text + sumText(outcomes);
}

function sumText(outcomes: readonly TestOutcome[]): string {
  const failed = outcomes.filter((outcome) => !hasPassed(outcome)).length;
  const files = new Set(outcomes.map(({ file }) => file)).size;
  const all = `${counted(outcomes.length, 'test')} in ${counted(files, 'file')}`;
  return `${all}: ${failed === 0 ? 'all passed' : `${failed} failed`}\n`;
}

function failureText(file: string, failure: ExpectationOutcome, ascii: boolean): string {
  const { line, column, text, expected, got, explanation } = failure;
  const rows = [
    `${file}:${line}:${column}: ${text}`,
    `expected  ${expected}`,
    `got       ${got}`,
    ...(explanation === undefined
      ? []
      : explanationTable(explanation, ascii).trimEnd().split('\n')),
  ];
  return rows.map((row) => `${row === '' ? '' : `  ${visible(row)}`}\n`).join('');
}

/**
 * The results as JSON values; key order is part of the format.
 *
 * @param branches of the policies; undefined: nobody asked for their coverage
 */
export function testJson(
  version: string,
  outcomes: readonly TestOutcome[],
  branches: readonly Branch[] | undefined,
): unknown {
  return {
    hindcast: version,
    tests: outcomes.length,
    failed: outcomes.filter((outcome) => !hasPassed(outcome)).length,
    results: outcomes.map((outcome) => ({
      file: outcome.file,
      line: outcome.line,
      name: outcome.name,
      passed: hasPassed(outcome),
      expectations: outcome.expectations.map((own) => ({
        line: own.line,
        column: own.column,
        text: own.text,
        passed: own.passed,
        expected: own.expected,
        got: own.got,
        explanation:
          own.explanation === undefined ? null : explanationJson(version, own.explanation),
      })),
    })),
    coverage: branches === undefined ? undefined : coverageJson(branches),
  };
}

/** An annotation for each expectation that failed, in the commands of a GitHub workflow. */
export function githubText(outcomes: readonly TestOutcome[]): string {
  const annotations = outcomes.flatMap(({ file, name, expectations }) =>
    expectations
      .filter(({ passed }) => !passed)
      .map(({ line, column, text, expected, got }) => {
        const place = `file=${property(file)},line=${line},col=${column}`;
        const message = data(`${text}\nexpected ${expected}\ngot ${got}`);
        return `::error ${place},title=${property(name)}::${message}\n`;
      }),
  );
  return annotations.join('') + sumText(outcomes);
}

/** What would end a command is written as a percent code. */
function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

/** JUnit XML as Jenkins and others read it: a suite for each file, without times and host. */
export function junitText(outcomes: readonly TestOutcome[]): string {
  const suites = new Map<string, TestOutcome[]>();
  for (const outcome of outcomes) {
    const own = suites.get(outcome.file);
    if (own === undefined) suites.set(outcome.file, [outcome]);
    else own.push(outcome);
  }
  const parts = Array.from(suites, ([file, own]) => {
    const cases = own.map(caseText).join('');
    return `  <testsuite name="${xml(file)}" ${counts(own)}>\n${cases}  </testsuite>\n`;
  });
  const head = `<?xml version="1.0" encoding="UTF-8"?>\n`;
  return `${head}<testsuites name="hindcast" ${counts(outcomes)}>\n${parts.join('')}</testsuites>\n`;
}

function counts(outcomes: readonly TestOutcome[]): string {
  const failures = outcomes.filter((outcome) => !hasPassed(outcome)).length;
  return `tests="${outcomes.length}" failures="${failures}" errors="0"`;
}

function caseText(outcome: TestOutcome): string {
  const { file, name, expectations } = outcome;
  const head = `    <testcase name="${xml(name)}" classname="${xml(file)}"`;
  const failures = expectations.filter(({ passed }) => !passed);
  if (failures.length === 0) return `${head}/>\n`;
  const parts = failures.map((failure) => {
    const message = `${failure.text}: expected ${failure.expected}, got ${failure.got}`;
    const body = xml(failureText(file, failure, false).trim());
    return `      <failure type="expectation" message="${xml(message)}">${body}</failure>\n`;
  });
  return `${head}>\n${parts.join('')}    </testcase>\n`;
}

/** Text in XML 1.0, which has no way to write most control characters. */
function xml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
  };
  return text
    .replaceAll(/[&<>"]/g, (character) => entities[character])
    .replaceAll(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD');
}
