// Goal: a comparison shows where two policies part, however they are written.
// Method: the command in this process, over a recorded log.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { COMPARED, limitOf } from '../../builders/compared-policies.ts';
import { hereWith, type Ended } from '../../builders/run-here.ts';
import { comparisonOf, type ComparisonSummary } from '../../builders/comparison-summary.ts';

const FIXTURES = fileURLToPath(new URL('../../../fixtures/', import.meta.url));
const LOG = path.join(FIXTURES, 'logs', 'postfix', 'recorded.rfc3339.log.gz');
const { folder, run, write } = hereWith(COMPARED);

interface Setting {
  readonly files?: Readonly<Record<string, string>>;
}

async function compare(
  older: string,
  newer: string,
  more: readonly string[] = [],
  { files = {} }: Setting = {},
): Promise<Ended> {
  for (const [name, content] of Object.entries(files)) write(name, content);
  return run(['compare', LOG, '--policy', older, '--policy', newer, ...more]);
}

const json = async (...args: Parameters<typeof compare>): Promise<ComparisonSummary> => {
  const [older, newer, more = [], setting] = args;
  return comparisonOf(await compare(older, newer, [...more, '--format', 'json'], setting));
};

const PHASE = ['--config', 'e.conf', '--phase', 'connect'];

test.each([
  ['old.yaml', 'old.yaml', []],
  ['old.yaml', 'old.siv', PHASE],
  ['old.lua', 'old.yaml', ['--config', 'e.conf']],
])('%s and %s: no difference', async (older, newer, more) => {
  const { code, stdout, stderr } = await compare(older, newer, more);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout.split('\n')).toEqual([
    'recorded.rfc3339.log.gz: 6,000 lines = 4,341 events + 1,659 irrelevant + 0 unparsed',
    '2026-11-20 17:27:13 to 2026-11-20 17:27:46 UTC (33 s)',
    `old ${older}, new ${newer}`,
    'no difference',
    '',
  ]);
});

test('an edited limit, in every way to write it', async () => {
  const edited = await json('old.yaml', 'new.yaml');
  expect(edited.stoppable['newly_stopped']).toBeGreaterThan(20);
  expect([edited.stoppable['newly_freed'], edited.judged['changed']]).toEqual([0, 0]);
  for (const [older, newer] of [
    ['old.siv', 'new.yaml'],
    ['old.lua', 'new.siv'],
  ]) {
    const same = await json(older, newer, PHASE);
    expect([newer, same.classes]).toEqual([newer, edited.classes]);
    expect(same.movers.map(({ block, events }) => [block, events])).toEqual(
      edited.movers.map(({ block, events }) => [block, events]),
    );
  }
});

test('the span, and what one policy alone counts', async () => {
  const late = ['--from', '2026-11-20T17:27:30Z', '--to', '2026-11-20T17:27:40Z'];
  const { classes, first_difference: first } = await json('old.yaml', 'new.yaml', late);
  const whole = await json('old.yaml', 'new.yaml');
  expect(classes[0]['events']).toBeLessThan(whole.classes[0]['events']);
  expect(String(first?.['time']) >= '2026-11-20T17:27:30').toBe(true);

  const ignoring = limitOf(5).replace('rules:', 'ignore: [0.0.0.0/0, "::/0"]\nrules:');
  const freed = await json('new.yaml', 'blind.yaml', [], { files: { 'blind.yaml': ignoring } });
  expect(freed.classes[0]['events']).toBe(whole.classes[0]['events']);
  expect(freed.stoppable['newly_stopped']).toBe(0);
  const alone = await json('none.yaml', 'new.yaml', [], {
    files: { 'none.yaml': limitOf(100_000) },
  });
  expect(freed.stoppable['newly_freed']).toBe(alone.stoppable['newly_stopped']);
});

const AS_JSON = ['--format', 'json'];

test('--fail-on: every metric is measured by itself', async () => {
  const files = { 'tag.yaml': limitOf(8).replace('{ disconnect: "421 no" }', 'tag') };
  const metrics = ['connections', 'accepted', 'rejected'];
  const budgets = (word: string): string[] =>
    metrics.flatMap((metric) => ['--fail-on', `newly-${word}-${metric} > 0`]);
  const forth = await compare('tag.yaml', 'new.yaml', [...AS_JSON, ...budgets('stopped')], {
    files,
  });
  const { classes } = JSON.parse(forth.stdout) as ComparisonSummary;
  const stopped = Object.fromEntries(classes.map((one) => [one.class, one['newly_stopped']]));
  const back = await compare('new.yaml', 'tag.yaml', budgets('freed'), { files });
  for (const [word, { code, stderr }] of [
    ['stopped', forth],
    ['freed', back],
  ] as const) {
    expect(code).toBe(1);
    const found = stderr.split('\n').map((text) => text.split(' ').slice(1, 3).join(' '));
    expect(found.slice(0, 3)).toEqual(
      metrics.map((metric) => `newly-${word}-${metric} ${stopped[metric]}`),
    );
  }
  const other = { 'tarpit.yaml': limitOf(8).replace('{ disconnect: "421 no" }', '{ tarpit: 5 }') };
  const changed = await compare('tag.yaml', 'tarpit.yaml', ['--fail-on', 'changed > 0'], {
    files: { ...files, ...other },
  });
  expect(changed.code).toBe(1);
  expect(changed.stderr).toMatch(
    /^hindcast: changed \d+ of 4513 \([\d.]+ %\) > 0 \(--fail-on\)\n$/,
  );
  expect(changed.stdout).toContain('old tag (busy), new tarpit (busy)');
});

test('each script in its own phase; options of scripts beside a YAML policy', async () => {
  const both = ['--config', 'e.conf', '--phase', 'connect', '--phase', 'ehlo'];
  const { stoppable } = await json('old.siv', 'old.siv', both);
  expect(stoppable['newly_freed']).toBeGreaterThan(0);
  const strict = await json('old.yaml', 'old.siv', [...PHASE, '--strict', '--sliding', 'average']);
  expect(strict.first_difference).toBeNull();
});

test('who is known to be good or bad is counted for both policies', async () => {
  const files = { 'good.cidr': '198.51.100.0/24\n', 'bad.cidr': '198.18.0.0/15\n' };
  const more = ['--good', 'good.cidr', '--bad', 'bad.cidr', '--out', path.join(folder, 'diff')];
  const { code, stdout, stderr } = await compare('old.yaml', 'new.yaml', more, { files });
  expect([code, stderr]).toEqual([0, '']);
  const textOf = (name: string): string => readFileSync(path.join(folder, 'diff', name), 'utf8');
  const summary = JSON.parse(textOf('summary.json')) as Record<
    'old' | 'new',
    { collateral: { rules: { good: number; bad: number }[] } }
  >;
  const labelled = (['old', 'new'] as const).map((side) => summary[side].collateral.rules[0]);
  expect(labelled[1].bad).toBeGreaterThan(labelled[0].bad);
  const cells = stdout
    .match(/│ busy +│(.*)│\n/)![1]
    .split('│')
    .map((cell) => Number(cell));
  expect([cells.slice(3, 5), cells.slice(8)]).toEqual(labelled.map(({ good, bad }) => [good, bad]));
  expect(JSON.parse(textOf('manifest.json'))).toHaveProperty('labels.sha256');
});
