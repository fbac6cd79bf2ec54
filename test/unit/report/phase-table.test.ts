import { expect, test } from 'vitest';
import { phaseJson, phaseTable, type PhaseReport } from '../../../src/report/phase-table.ts';
import type { EdgeKey, ShiftedRule } from '../../../src/simulate/phase-shifts.ts';

const NOON_MS = Date.UTC(2026, 10, 20, 12);

/** A rule with so many firings at each shift. */
function ruleOf(firings: readonly number[], change: Partial<ShiftedRule> = {}): ShiftedRule {
  return {
    name: 'many',
    verdict: 'tag',
    windowed: true,
    byShift: firings.map((own) => {
      return { firings: own, keys: 1, stoppedConnections: 0, stoppedMessages: 0 };
    }),
    steadyKeys: 1,
    edgeKeys: 0,
    edges: [],
    ...change,
  };
}

function reportOf(
  rules: readonly ShiftedRule[],
  firstMs: number | undefined = NOON_MS,
): PhaseReport {
  const steps = rules[0].byShift.length;
  const shifts = { steps, firstMs, lastMs: firstMs, rules, bySource: [] };
  return { version: '1.2.3', policy: 'p.yaml', files: [], shifts };
}

const edge = (shifts: readonly number[], key = 'a', limit = 3): EdgeKey => {
  return { key, shifts, peak: 1234, limit };
};

/** The cells of the row that begins with `many`, in the nth table. */
function rowsOf(report: PhaseReport): string[][] {
  const rows = phaseTable(report)
    .split('\n')
    .filter((line) => line.startsWith('│ many'));
  return rows.map((row) =>
    row
      .split('│')
      .slice(2, -1)
      .map((cell) => cell.trim()),
  );
}

test('a number shows its range where it moves', () => {
  expect(rowsOf(reportOf([ruleOf([1500, 1200, 1800])]))[0][1]).toBe('1,500 (1,200..1,800)');
  expect(rowsOf(reportOf([ruleOf([1500, 1500])]))[0][1]).toBe('1,500');
});

test.each([
  [{ steadyKeys: 0 }, 'never fires'],
  [{ steadyKeys: 1 }, 'steady: the same key at every shift'],
  [{ steadyKeys: 1200 }, 'steady: the same keys at every shift'],
  [{ windowed: false }, 'steady: it has no windows'],
  [{ steadyKeys: 0, windowed: false }, 'never fires'],
  [{ steadyKeys: 0, edgeKeys: 1 }, 'lives on an edge: 1 of 1 key fires only at some shifts'],
  [{ edgeKeys: 1999 }, 'lives on an edge: 1,999 of 2,000 keys fire only at some shifts'],
])('the finding of %j', (change, words) => {
  expect(rowsOf(reportOf([ruleOf([1, 1], change)]))[0].at(-1)).toBe(words);
});

test.each([
  [[0], '0'],
  [[0, 1], '0..1'],
  [[0, 2, 4], '0, 2, 4'],
  [[1, 2, 3, 6, 8, 9], '1..3, 6, 8..9'],
])('shifts %j', (shifts, words) => {
  const rule = ruleOf(
    Array.from({ length: 10 }, () => 1),
    { edgeKeys: 1, edges: [edge(shifts)] },
  );
  expect(rowsOf(reportOf([rule]))[1][1]).toBe(words);
});

test('keys are shown safely, peaks and limits as numbers', () => {
  const edges = [edge([1], 'a\u001b[2J', 2.5 / 3)];
  const report = reportOf([ruleOf([1, 1], { edgeKeys: 2, edges })]);
  expect(rowsOf(report)[1]).toEqual([String.raw`a\x1b[2J`, '1', '1,234', '0.833']);
  expect(phaseTable(report)).toMatch(/\nmany: 1 more key fires only at some shifts\n$/);
  const { rules } = phaseJson(report) as { rules: { edges: unknown; edge_keys: number }[] };
  expect(rules[0].edges).toEqual([{ key: 'a\u001b[2J', shifts: [1], peak: 1234, limit: 0.833 }]);
  expect(rules[0].edge_keys).toBe(2);
});

test('a log without events is an answer', () => {
  const { shifts, ...rest } = reportOf([ruleOf([0, 0], { steadyKeys: 0 })]);
  const report = { ...rest, shifts: { ...shifts, firstMs: undefined, lastMs: undefined } };
  expect(phaseTable(report)).toMatch(
    /^0 files: 0 lines = .*\nnothing to read\nwindows at 2 shifts, /,
  );
  expect(phaseJson(report)).toMatchObject({ first: null, last: null, steps: 2 });
});
