import type { Monitor, WindowRange } from '../../model/monitor.ts';
import { monitorOf } from '../../policy/rule-evaluator.ts';
import type {
  Condition,
  Per,
  Quantity,
  Rule,
  RulePolicy,
  SeriesDefinition,
} from '../../policy/rule-policy.ts';

/** By what, and in which windows, the cells of one group count. */
export interface GroupSetting {
  readonly per: Per;
  /** Undefined for open sessions, which have neither windows nor an interval. */
  readonly windows: WindowRange | undefined;
  readonly intervalMs: number | undefined;
}

/** All that a sweep changes: the first condition of one rule, and what the rule counts by. */
export interface CellSetting extends GroupSetting {
  readonly above: number;
}

/** A rule under a setting, with what its policy must have besides. */
export interface CellChange {
  readonly rule: Rule;
  /** To be appended to those of the policy. */
  readonly monitors: readonly Monitor[];
  readonly series: readonly SeriesDefinition[];
}

/** A condition whose limit a sweep can vary. */
export type SweptCondition = Extract<Condition, { above: number }>;

/** The first condition of a rule, undefined where it has no plain limit (a surge). */
export function sweptCondition(rule: Rule): SweptCondition | undefined {
  const [first] = rule.conditions;
  return first.type === 'surge' ? undefined : first;
}

/** The setting that the policy itself gives a rule. */
export function ownSetting(policy: RulePolicy, rule: Rule): CellSetting | undefined {
  const first = sweptCondition(rule);
  if (first === undefined) return undefined;
  const { above, of, windows } = first;
  if (of.type === 'sessions') {
    return { above, per: rule.per, windows: undefined, intervalMs: undefined };
  }
  return { above, per: rule.per, windows, intervalMs: monitorOf(rule, policy).intervalMs };
}

/** The policy with one rule under another setting; no other rule changes. */
export function cellPolicy(policy: RulePolicy, rule: Rule, setting: CellSetting): RulePolicy {
  const change = cellChange(policy, rule, setting);
  return {
    ...policy,
    monitors: [...policy.monitors, ...change.monitors],
    series: [...policy.series, ...change.series],
    rules: policy.rules.map((one) => (one === rule ? change.rule : one)),
  };
}

/**
 * A rule under another setting. A metric is asked under a monitor of the interval with enough
 * windows: its own, else the first that is configured, else a new one with as many windows as its
 * own or as the setting needs. A series is cloned where its own monitor does not fit, likewise.
 *
 * @param nameClone gives the clone of a series its name; default one that is free in the policy
 */
export function cellChange(
  policy: RulePolicy,
  rule: Rule,
  setting: CellSetting,
  nameClone: (name: string, monitor: Monitor) => string = (name, { intervalMs }) =>
    freeName(policy, `${name}-${intervalMs / 1000}`),
): CellChange {
  const { above, per, windows, intervalMs } = setting;
  const [first, ...rest] = rule.conditions;
  if (windows === undefined || intervalMs === undefined) {
    const condition: Condition = { ...(first as SweptCondition), above };
    const changed: Rule = { ...rule, per, conditions: [condition, ...rest] };
    return { rule: changed, monitors: [], series: [] };
  }
  const monitors: Monitor[] = [];
  const clones = new Map<string, SeriesDefinition>();
  const fits = (monitor: Monitor): boolean =>
    monitor.intervalMs === intervalMs && monitor.windows > windows.end;
  const wider = ({ windows: own }: Monitor): Monitor => {
    return { intervalMs, windows: Math.max(own, windows.end + 1) };
  };
  const metricMonitor = (own: Monitor): Monitor => {
    if (fits(own)) return own;
    const known = [...policy.monitors, ...monitors].find(fits);
    if (known !== undefined) return known;
    monitors.push(wider(own));
    return monitors.at(-1)!;
  };
  const moved = (of: Quantity): Quantity => {
    if (of.type === 'sessions') return of;
    if (of.type === 'metric') return { ...of, monitor: metricMonitor(of.monitor) };
    if (of.type === 'distinct')
      return fits(of.monitor) ? of : { ...of, monitor: wider(of.monitor) };
    const own = policy.series.find(({ name }) => name === of.series)!;
    if (fits(own.monitor)) return of;
    const monitor = wider(own.monitor);
    const clone = clones.get(own.name) ?? {
      ...own,
      name: nameClone(own.name, monitor),
      monitor,
      // It is there for the rule, not for files.
      persist: false,
      serialize: false,
    };
    clones.set(own.name, clone);
    return { type: 'series', series: clone.name };
  };
  const swept = first as SweptCondition;
  const condition: Condition =
    swept.type === 'ratio'
      ? { ...swept, of: moved(swept.of), to: moved(swept.to), windows, above }
      : { ...swept, of: moved(swept.of), windows, above };
  const changed: Rule = { ...rule, per, conditions: [condition, ...rest] };
  return { rule: changed, monitors, series: [...clones.values()] };
}

function freeName({ series }: RulePolicy, wanted: string): string {
  const taken = new Set(series.map(({ name }) => name));
  let name = wanted;
  for (let number = 2; taken.has(name); number++) name = `${wanted}-${number}`;
  return name;
}
