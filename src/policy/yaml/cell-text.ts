import { Document, isCollection, isMap, parse, visit } from 'yaml';
import { formatMonitor, type Monitor, type WindowRange } from '../../model/monitor.ts';
import type { Condition, Quantity, Rule, RulePolicy, SeriesDefinition } from '../rule-policy.ts';
import { BESIDE_FORMS, FORMS } from './condition-keys.ts';

/** What a rule becomes, and what its policy must have besides. */
export interface RuleChange {
  readonly rule: Rule;
  readonly monitors: readonly Monitor[];
  /** Clones: each differs from a series of the policy in its name and monitor. */
  readonly series: readonly SeriesDefinition[];
}

type Plain = Record<string, unknown>;

/** Document, mapping and pair stand above the list of rules. */
const TOP_LEVELS = 3;

/** Keys of rules and conditions in the order in which the documentation has them. */
const ORDER: readonly string[] = ['name', ...FORMS, 'all', ...BESIDE_FORMS, 'per'];

/**
 * Another setting of one rule as YAML: the rule as its policy writes it with the new limit, windows
 * and blocks, and above it `monitors:` and `series:` where the policy needs more of them. Comments
 * are left out, aliases written in full.
 *
 * @param text a policy that passed the checks
 * @param policy the same, read
 * @param index which of its rules it is
 */
export function cellText(
  text: string,
  policy: RulePolicy,
  index: number,
  change: RuleChange,
): string {
  const plain = parse(text, { merge: true, logLevel: 'silent' }) as Plain;
  const result: Plain = {};
  if (change.monitors.length > 0) {
    result['monitors'] = [...policy.monitors, ...change.monitors].map(formatMonitor);
  }
  const before = policy.rules[index];
  const [was, is] = [before.conditions[0], change.rule.conditions[0]];
  if (change.series.length > 0) {
    const known = plain['series'] as Plain;
    const clones = change.series.map((clone) => {
      const own = known[originOf(clone.name, was, is)] as Plain;
      const { persist: _, serialize: __, ...rest } = own;
      return [clone.name, { ...rest, monitor: formatMonitor(clone.monitor) }] as const;
    });
    result['series'] = Object.fromEntries(clones);
  }
  const rule = (plain['rules'] as Plain[])[index];
  result['rules'] = [changedRule(rule, before, change.rule)];
  return written(result);
}

function changedRule(plain: Plain, before: Rule, after: Rule): Plain {
  const [was, is] = [before.conditions[0], after.conditions[0]];
  const rule: Plain = { ...plain, name: after.name };
  if (after.per.type === 'prefix' && JSON.stringify(after.per) !== JSON.stringify(before.per)) {
    rule['per'] = { ...after.per.prefix };
  }
  if (!Array.isArray(rule['all'])) return ordered(changedCondition(rule, was, is));
  const [first, ...rest] = rule['all'] as Plain[];
  rule['all'] = [ordered(changedCondition(first, was, is)), ...rest];
  return ordered(rule);
}

function changedCondition(plain: Plain, was: Condition, is: Condition): Plain {
  const condition: Plain = { ...plain };
  if (is.type === 'surge' || was.type === 'surge') return condition;
  const parts: [Quantity, Quantity][] = [[was.of, is.of]];
  if (is.type === 'ratio' && was.type === 'ratio') {
    parts.push([was.to, is.to]);
    const ratio: Plain = { ...(condition['ratio'] as Plain), above: is.above };
    if (is.of.type === 'series') ratio['of'] = is.of.series;
    if (is.to.type === 'series') ratio['to'] = is.to.series;
    condition['ratio'] = ratio;
  } else {
    condition['above'] = is.above;
    if (is.of.type === 'series') condition['count'] = is.of.series;
  }
  for (const [old, now] of parts) {
    const monitor = monitorOf(now);
    if (monitor !== undefined && monitor !== monitorOf(old)) condition['monitor'] = monitor;
  }
  if (is.of.type !== 'sessions' && rangeText(is.windows) !== rangeText(was.windows)) {
    condition['windows'] = rangeText(is.windows);
  }
  return condition;
}

function monitorOf(of: Quantity): string | undefined {
  return of.type === 'metric' || of.type === 'distinct' ? formatMonitor(of.monitor) : undefined;
}

function rangeText({ start, end }: WindowRange): string | number {
  return start === end ? start : `${start}..${end}`;
}

/** The series that a clone stands for. */
function originOf(name: string, was: Condition, is: Condition): string {
  const isCloned = (of: Quantity): boolean => of.type === 'series' && of.series === name;
  const old = is.type === 'ratio' && was.type === 'ratio' && isCloned(is.to) ? was.to : was.of;
  return old.type === 'series' ? old.series : name;
}

function ordered(plain: Plain): Plain {
  const place = (key: string): number => (ORDER.includes(key) ? ORDER.indexOf(key) : ORDER.length);
  // The sort is stable: other keys stay as they stand.
  return Object.fromEntries(Object.entries(plain).sort(([a], [b]) => place(a) - place(b)));
}

/** Rules and the list of `all` one below the other, everything in them on one line. */
function written(plain: Plain): string {
  const document = new Document(plain, { aliasDuplicateObjects: false });
  visit(document, {
    Pair: (_, { key, value }) => {
      const isOpen = ['rules', 'series', 'all'].includes(String(key));
      if (!isOpen && isCollection(value)) value.flow = true;
    },
    Seq: (_, list, path) => {
      // Not the list of rules itself.
      if (path.length > TOP_LEVELS)
        for (const item of list.items) if (isMap(item)) item.flow = true;
    },
    Scalar: (_, scalar) => {
      // Older readers of YAML take a monitor for a number with a separator.
      if (/^\d+,\d+$/.test(String(scalar.value))) scalar.type = 'QUOTE_SINGLE';
    },
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}
