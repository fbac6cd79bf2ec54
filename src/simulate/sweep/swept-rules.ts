import { AuditEngine, METRICS } from '../../engine/audit-engine.ts';
import type { AuditView } from '../../engine/port.ts';
import { EventBatch } from '../../model/event-batch.ts';
import { formatMonitor, type Monitor } from '../../model/monitor.ts';
import type { Vocabulary } from '../../model/vocabulary.ts';
import { auditPlan } from '../../policy/audit-plan.ts';
import { RuleEvaluator, type Hit, type OnHit } from '../../policy/rule-evaluator.ts';
import {
  isRefusal,
  type Rule,
  type RulePolicy,
  type SeriesDefinition,
} from '../../policy/rule-policy.ts';
import { cellChange, type CellChange, type GroupSetting } from './cell-policy.ts';
import { LateEvents } from './late-events.ts';

export interface SweptRulesOptions {
  readonly vocabulary: Vocabulary;
  readonly policy: RulePolicy;
  /** One of the policy. */
  readonly rule: Rule;
  /** The lowest limit of the sweep. */
  readonly least: number;
  readonly groups: readonly GroupSetting[];
  readonly clampNegative: boolean | undefined;
}

/** The verdict of a rule that refuses an event; an event without a phase has no answer, though. */
export type Refuser = 'none' | 'reject' | 'disconnect';

/**
 * The rules of all policies of a sweep over one audit engine: those before and behind the swept
 * rule, once, and the swept rule with the lowest limit, once for each group.
 */
export class SweptRules {
  readonly engine: AuditEngine;
  readonly late: LateEvents;
  /** The first rules that refuse the event at hand, before and behind the swept one in order. */
  earlier: Refuser = 'none';
  later: Refuser = 'none';
  readonly #before: readonly Rule[];
  readonly #behind: readonly Rule[];
  readonly #evaluators: { readonly before: RuleEvaluator; readonly behind: RuleEvaluator };
  readonly #swept: RuleEvaluator;
  readonly #onFire: OnHit;

  /** @param onFire told of a group, by its number as `hit.rule`, whose count exceeds the lowest limit */
  constructor(options: SweptRulesOptions, onFire: OnHit) {
    const { vocabulary, policy, rule, groups, least } = options;
    this.#onFire = onFire;
    const changes = groups.map((group) =>
      cellChange(policy, rule, { ...group, above: least }, cloneName),
    );
    const monitors = distinctBy(
      changes.flatMap((change) => change.monitors),
      formatMonitor,
    );
    const series = distinctBy(
      changes.flatMap((change) => change.series),
      ({ name }) => name,
    );
    const whole: RulePolicy = {
      ...policy,
      monitors: [...policy.monitors, ...monitors],
      series: [...policy.series, ...series],
    };
    this.late = new LateEvents(groups.length);
    this.engine = new AuditEngine(
      {
        ...auditPlan(whole, vocabulary),
        top: 1,
        onLate: (counted, kept) => this.late.note(counted, kept),
        clampNegative: options.clampNegative,
      },
      new EventBatch(vocabulary, Buffer.alloc(0)),
    );
    const needed = (one: Rule): boolean =>
      (isRefusal(rule.verdict) && isRefusal(one.verdict)) || isDistinct(one);
    const at = policy.rules.indexOf(rule);
    this.#before = policy.rules.slice(0, at).filter(needed);
    this.#behind = policy.rules.slice(at + 1).filter(needed);
    const evaluator = (rules: readonly Rule[], view: AuditView = this.engine): RuleEvaluator =>
      new RuleEvaluator({ ...whole, rules }, view, vocabulary);
    this.#evaluators = { before: evaluator(this.#before), behind: evaluator(this.#behind) };
    const own: object[] = [];
    this.#swept = evaluator(
      changes.map((change) => change.rule),
      noting(this.engine, own),
    );
    own.forEach((counted, index) => {
      // Every group asks for the same number of them, one group after the other.
      this.late.own(counted, [Math.floor((index * groups.length) / own.length)]);
    });
    this.#noteOwners(changes, monitors, series);
  }

  /** The kinds of event that the swept rule counts. */
  get kinds(): ReadonlySet<number> {
    return this.#swept.kindsOf(0);
  }

  /** Judges an event that the engine has just counted. */
  evaluate(batch: EventBatch, row: number): void {
    this.earlier = 'none';
    this.later = 'none';
    if (this.#before.length > 0) this.#evaluators.before.evaluate(batch, row, this.#onEarlier);
    this.#swept.evaluate(batch, row, this.#onFire);
    if (this.#behind.length > 0) this.#evaluators.behind.evaluate(batch, row, this.#onLater);
  }

  readonly #onEarlier = ({ rule }: Hit): void => {
    if (this.earlier === 'none') this.earlier = refusalOf(this.#before[rule]);
  };

  readonly #onLater = ({ rule }: Hit): void => {
    if (this.later === 'none') this.later = refusalOf(this.#behind[rule]);
  };

  /** Tells which policies have a monitor or a clone that not all of them have. */
  #noteOwners(
    changes: readonly CellChange[],
    monitors: readonly Monitor[],
    series: readonly SeriesDefinition[],
  ): void {
    const groupsWith = (has: (change: CellChange) => boolean): number[] =>
      changes.flatMap((change, group) => (has(change) ? [group] : []));
    for (const monitor of monitors) {
      const text = formatMonitor(monitor);
      const groups = groupsWith((c) => c.monitors.some((one) => formatMonitor(one) === text));
      for (const { name } of METRICS) this.late.own(this.engine.metricFeed(name, monitor), groups);
    }
    for (const { name } of series) {
      const groups = groupsWith((change) => change.series.some((one) => one.name === name));
      this.late.own(this.engine.seriesNamed(name), groups);
    }
  }
}

/** No name of a user has a control character, so that it is free in every policy. */
const cloneName = (name: string, monitor: Monitor): string => `${name}\n${formatMonitor(monitor)}`;

function distinctBy<T>(values: readonly T[], textOf: (value: T) => string): T[] {
  return [...new Map(values.map((value) => [textOf(value), value])).values()];
}

/** Whether a rule asks the engine for different values, which count late events by themselves. */
function isDistinct({ conditions }: Rule): boolean {
  return conditions.some(({ of }) => of.type === 'distinct');
}

function refusalOf({ verdict }: Rule): Refuser {
  const { type } = verdict;
  return type === 'tag' || type === 'tarpit' ? 'none' : type;
}

/** The engine, where what is asked for different values is noted. */
function noting(engine: AuditEngine, noted: object[]): AuditView {
  return {
    subject: engine.subject,
    metric: (...question) => engine.metric(...question),
    series: (...question) => engine.series(...question),
    sessions: (...question) => engine.sessions(...question),
    windowsSinceStart: (intervalMs) => engine.windowsSinceStart(intervalMs),
    distinct: (question) => {
      const counter = engine.distinct(question);
      noted.push(counter);
      return counter;
    },
  };
}
