import { visible } from '../model/visible.ts';
import type { CollateralCounts } from '../simulate/collateral.ts';
import type { ChangeRow, ClassTally, Comparison } from '../simulate/compare/compare.ts';
import type { Change, EventPlace, Mover, RuleChanges, Side } from '../simulate/compare/movers.ts';
import type { Tally } from '../simulate/tally.ts';
import type { ComparisonReport } from './comparison-rows.ts';
import { clock, counted, grouped, plainTable } from './plain-table.ts';
import { heading } from './tables.ts';
import { sumOf } from './what-if-tables.ts';

const SIDES: readonly Side[] = ['old', 'new'];
const CHANGE_WORDS: Readonly<Record<Change, string>> = {
  newly_stopped: 'newly stopped',
  newly_freed: 'newly freed',
  changed: 'changed verdict',
};
/** Shown only where they differ: they begin or follow what the classes above count. */
const ASIDE: readonly string[] = ['begun', 'other'];

/** What a terminal shows: where the policies part, by whom, and what each of them stops. */
export function comparisonTable(report: ComparisonReport, limit: number): string {
  const { files, comparison } = report;
  const names = `old ${visible(report.old)}, new ${visible(report.new)}`;
  const head = `${heading(files, comparison.new)}\n${names}\n`;
  if (comparison.first === undefined) return `${head}no difference\n`;
  const { movers } = comparison;
  const parts = [
    summaryOf(comparison),
    classTable(comparison.classes),
    firstDifference(comparison.first),
    ruleTable(comparison.rules),
    moverTable(movers.slice(0, limit)),
  ];
  const rest = movers.length - limit;
  if (rest > 0) parts.push(`${counted(rest, 'more mover')} (--limit, movers.csv of --out)`);
  const collateral = collateralTable(comparison);
  if (collateral !== undefined) parts.push(collateral);
  return `${head}${parts.join('\n')}\n`;
}

function summaryOf({ stoppable, judged }: Comparison): string {
  const { events, newlyStopped, newlyFreed } = stoppable;
  return (
    `${grouped(newlyStopped)} newly stopped, ${grouped(newlyFreed)} newly freed of ` +
    `${grouped(events)} connections, messages, refusals and failed logins; ` +
    counted(judged.changed, 'changed verdict')
  );
}

function classTable(classes: readonly ClassTally[]): string {
  const shown = classes.filter(({ name, newlyStopped, newlyFreed, changed }) => {
    return !ASIDE.includes(name) || newlyStopped + newlyFreed + changed > 0;
  });
  const rows = shown.map(({ name, events, newlyStopped, newlyFreed, bothStopped, changed }) => [
    name,
    ...[events, newlyStopped, newlyFreed, bothStopped, changed].map(grouped),
  ]);
  const head = ['class', 'events', 'newly\nstopped', 'newly\nfreed', 'both\nstopped', 'changed'];
  return plainTable(head, rows);
}

/** `first difference: 2026-11-20 17:27:25, newly stopped: connect of 192.0.2.1 (a.log:7), …` */
function firstDifference(row: ChangeRow): string {
  const peer = row.ip === '' ? 'without a peer' : `of ${row.ip}`;
  const sides = SIDES.map((side) => {
    const rule = side === 'old' ? row.oldRule : row.newRule;
    const verdict = side === 'old' ? row.oldVerdict : row.newVerdict;
    return `${side} ${verdict}${rule === '' ? '' : ` (${visible(rule)})`}`;
  });
  return (
    `first difference: ${clock(row.timeMs)}, ${CHANGE_WORDS[row.change]}: ` +
    `${row.kind} ${peer} (${shownPlace(row)}), ${sides.join(', ')}`
  );
}

function shownPlace({ file, line }: EventPlace): string {
  return `${visible(file)}:${line}`;
}

function movedCells({ events, counts, first }: Mover | RuleChanges): string[] {
  const { connections, accepted, rejected, greylisted } = counts;
  const cells = [events, connections, accepted, rejected + greylisted].map(grouped);
  return [...cells, shownPlace(first)];
}

const MOVED_HEAD = ['events', 'connections', 'accepted', 'refusals', 'first'];

function ruleTable(rules: readonly RuleChanges[]): string {
  const rows = rules.map((rule) => [
    CHANGE_WORDS[rule.change],
    `${visible(rule.rule)} (${rule.side})`,
    grouped(rule.blocks),
    ...movedCells(rule),
  ]);
  return plainTable(['change', 'rule', 'blocks', ...MOVED_HEAD], rows);
}

function moverTable(movers: readonly Mover[]): string {
  const rows = movers.map((mover) => [
    mover.block,
    CHANGE_WORDS[mover.change],
    `${visible(mover.rule)} (${mover.side})`,
    ...movedCells(mover),
  ]);
  return plainTable(['biggest movers', 'change', 'rule', ...MOVED_HEAD], rows);
}

const COUNTED = ['connections', 'accepted', 'rejected'] as const;
const LABELLED = [...COUNTED, 'good', 'bad'] as const;
type Shown = Pick<CollateralCounts, (typeof LABELLED)[number]>;

/** What each rule takes, side by side; undefined where none takes anything. */
function collateralTable(comparison: Comparison): string | undefined {
  const sides = SIDES.map((side) => takenByName(comparison[side]));
  const names = new Set(sides.flatMap((taken) => [...taken.keys()]));
  if (names.size === 0) return undefined;
  const labels = SIDES.map((side) => comparison[side].collateral!.total);
  const columns = labels.some(({ good, bad }) => good + bad > 0) ? LABELLED : COUNTED;
  const cells = (counts: Shown | undefined): string[] =>
    columns.map((name) => (counts === undefined ? '' : grouped(counts[name])));
  const rows = [...names].map((name) => [
    visible(name),
    ...sides.flatMap((taken) => cells(taken.get(name))),
  ]);
  const totals = sides.map((taken) => added([...taken.values()]));
  rows.push(['all rules', ...totals.flatMap(cells)]);
  const head = SIDES.flatMap((side) => columns.map((name) => `${side}\n${name}`));
  return plainTable(['stopped by', ...head], rows);
}

/** What rules take, by name, of those that take anything. */
function takenByName({ rules, collateral }: Tally): Map<string, Shown> {
  const taken = new Map<string, Shown>();
  rules.forEach(({ name }, index) => {
    const own = collateral!.rules[index];
    const known = taken.get(name);
    if (sumOf(own) === 0) return;
    taken.set(name, known === undefined ? own : added([known, own]));
  });
  return taken;
}

function added(all: readonly Shown[]): Shown {
  const sum = { connections: 0, accepted: 0, rejected: 0, good: 0, bad: 0 };
  for (const one of all) for (const name of LABELLED) sum[name] += one[name];
  return sum;
}
