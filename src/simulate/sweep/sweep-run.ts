import type { SessionEnd } from '../../correlate/session-table.ts';
import { FLAG, type EventBatch } from '../../model/event-batch.ts';
import { KIND, PHASE } from '../../model/event.ts';
import { DAY_MS } from '../../model/time.ts';
import type { Hit } from '../../policy/rule-evaluator.ts';
import { isRefusal } from '../../policy/rule-policy.ts';
import { CellCounts, CellLayout } from './cell-counts.ts';
import {
  classOf,
  emptyCounts,
  Labeller,
  type CollateralCounts,
  type Labels,
} from '../collateral.ts';
import type { StreamClock, StreamTaker } from '../event-stream.ts';
import { FiredKeys } from './fired-keys.ts';
import { SourceTallies } from '../source-tallies.ts';
import { StoppedCells } from './stopped-cells.ts';
import { SweptRules, type SweptRulesOptions } from './swept-rules.ts';
import { TakenCells } from './taken-cells.ts';

export interface SweepRunOptions extends Omit<SweptRulesOptions, 'least'> {
  /** Limits, each once, the lowest first; never empty. */
  readonly above: readonly number[];
  readonly fromMs: number | undefined;
  readonly labels: Labels | undefined;
}

export type CountName = keyof CollateralCounts;
export const COUNT_NAMES = Object.keys(emptyCounts()) as readonly CountName[];

/** What one day (UTC) brought, by cell. */
export interface DayCells {
  readonly dayMs: number;
  readonly firings: Float64Array;
  readonly accepted: Float64Array;
  readonly rejected: Float64Array;
}

/**
 * Many policies at once on a stream of events, which differ in one rule: one audit engine counts for
 * all of them, each group of cells asks once at an event, and how many of the limits its count
 * exceeds says in which cells the rule fires. What a single `PolicyRun` tallies of the rule is
 * tallied for each cell.
 */
export class SweepRun implements StreamTaker {
  readonly layout: CellLayout;
  readonly firings: CellCounts;
  readonly keys: CellCounts;
  readonly stopped: StoppedCells;
  readonly taken: Readonly<Record<CountName, CellCounts>>;
  /** Days with events, in order; complete after `finish`. */
  readonly days: DayCells[] = [];
  readonly sources = new SourceTallies();
  /** Clock at the first and last reported event; -Infinity: there was none. */
  firstMs = -Infinity;
  lastMs = -Infinity;

  readonly #above: Float64Array;
  readonly #fromMs: number;
  readonly #rules: SweptRules;
  readonly #fired: readonly FiredKeys[];
  readonly #traffic: TakenCells;
  readonly #labeller: Labeller | undefined;
  /** Whether the rule refuses what it fires at: else it stops and takes nothing. */
  readonly #refuses: boolean;
  #clock!: StreamClock;
  /** By number: kinds of all events, those before `fromMs` included. */
  readonly #seenKinds: boolean[] = [];
  /** What there was to take, late events apart, which not every group takes. */
  readonly #total = emptyCounts();
  readonly #lateTotals: readonly CollateralCounts[];
  #dayMs = -Infinity;
  /** All that the days before have brought. */
  #before: Omit<DayCells, 'dayMs'> | undefined;
  /** By chunk: where the rule fires at the event at hand. */
  readonly #hits: Int32Array;
  #anyHit = false;
  readonly #refusal: {
    readonly ours: Int32Array;
    readonly others: Int32Array;
    readonly oursCloses: boolean;
    othersClose: boolean;
  };

  constructor(options: SweepRunOptions) {
    const { above, groups, rule, labels } = options;
    this.#above = Float64Array.from(above);
    this.#fromMs = options.fromMs ?? -Infinity;
    this.#refuses = isRefusal(rule.verdict);
    this.#rules = new SweptRules({ ...options, least: above[0] }, this.#onFire);
    const layout = (this.layout = new CellLayout(groups.length, above.length));
    this.firings = new CellCounts(layout);
    this.keys = new CellCounts(layout);
    this.stopped = new StoppedCells(layout);
    const counts = COUNT_NAMES.map((name) => [name, new CellCounts(layout)] as const);
    this.taken = Object.fromEntries(counts) as Record<CountName, CellCounts>;
    this.#fired = groups.map(({ per }) => new FiredKeys(per));
    this.#traffic = new TakenCells(layout);
    this.#labeller = labels && new Labeller(labels);
    this.#lateTotals = groups.map(() => emptyCounts());
    this.#hits = new Int32Array(layout.chunks);
    this.#refusal = {
      ours: new Int32Array(layout.chunks),
      others: new Int32Array(layout.chunks),
      oursCloses: rule.verdict.type === 'disconnect',
      othersClose: false,
    };
  }

  get nextDueMs(): number {
    return this.#rules.engine.nextBoundaryMs;
  }

  /** Kinds that the rule counts, when the logs have events of none of them. */
  get unfed(): readonly number[] {
    const kinds = [...this.#rules.kinds];
    return kinds.some((kind) => this.#seenKinds[kind]) ? [] : kinds;
  }

  /** What there was to take for the policies of a group. */
  totalOf(group: number): CollateralCounts {
    const total = emptyCounts();
    for (const name of COUNT_NAMES) {
      total[name] = this.#total[name] + this.#lateTotals[group][name];
    }
    return total;
  }

  attach(clock: StreamClock): void {
    this.#clock = clock;
  }

  start(nowMs: number): void {
    this.#rules.engine.start(nowMs);
  }

  advance(untilMs: number): void {
    this.#rules.engine.shift(untilMs);
  }

  session(slot: number, end: SessionEnd | undefined, nowMs: number): void {
    if (end === undefined) this.#traffic.opened(slot);
    this.#rules.engine.session(this.#clock.factsOf(slot), end === undefined ? 1 : -1, nowMs);
  }

  take(batch: EventBatch, row: number, nowMs: number): void {
    const kind = batch.kind[row];
    const { engine, late } = this.#rules;
    if ((batch.flags[row] & FLAG.late) !== 0) late.begin();
    const taken = engine.take(batch, row);
    this.#seenKinds[kind] = true;
    if (this.#refuses) {
      this.#traffic.look(batch, row, this.#clock.correlator);
      if (kind === KIND.transaction) this.stopped.begin(batch, row);
    }
    if (nowMs < this.#fromMs) return;
    if (nowMs >= this.#dayMs + DAY_MS) this.#beginDay(nowMs);
    this.lastMs = nowMs;
    if (taken === 'counted') {
      this.#judge(batch, row);
      this.#count(batch, row);
    } else if (taken === 'late' || taken === 'too late') {
      if (taken === 'late') this.sources.addLate(batch);
      else this.sources.addTooLate(batch);
      this.#countLate(batch, row);
    }
  }

  drop(batch: EventBatch, row: number): void {
    this.sources.addDropped(batch, row);
  }

  finish(): void {
    if (this.lastMs > -Infinity) this.#endDay();
  }

  /** A group's count exceeds the lowest limit. */
  readonly #onFire = (hit: Hit, batch: EventBatch, row: number): void => {
    const { rule: group, count, scale } = hit;
    const above = this.#above;
    // The limits below `reached` are exceeded, the one at `beyond` is not.
    let reached = 1;
    let beyond = above.length;
    while (reached < beyond) {
      const middle = (reached + beyond) >> 1;
      if (count > above[middle] * scale) reached = middle + 1;
      else beyond = middle;
    }
    this.firings.reach(group, reached);
    const before = this.#fired[group].reach(batch, row, reached);
    if (reached > before) this.keys.move(group, before, reached);
    this.layout.fill(this.#hits, group, reached);
    this.#anyHit = true;
  };

  #judge(batch: EventBatch, row: number): void {
    const rules = this.#rules;
    rules.evaluate(batch, row);
    // An event without a phase has no answer that could refuse it.
    const isRefused = this.#anyHit || rules.earlier !== 'none' || rules.later !== 'none';
    if (this.#refuses && isRefused && batch.phase[row] !== PHASE.none) this.#refuse(batch, row);
    if (this.#anyHit) this.#hits.fill(0);
    this.#anyHit = false;
  }

  /** In each cell the first rule in order that refuses the event is its reason. */
  #refuse(batch: EventBatch, row: number): void {
    const { earlier, later } = this.#rules;
    const { full } = this.layout;
    const refusal = this.#refusal;
    for (let chunk = 0; chunk < full.length; chunk++) {
      const ours = earlier === 'none' ? this.#hits[chunk] : 0;
      refusal.ours[chunk] = ours;
      refusal.others[chunk] = earlier !== 'none' || later !== 'none' ? full[chunk] & ~ours : 0;
    }
    refusal.othersClose = (earlier === 'none' ? later : earlier) === 'disconnect';
    this.stopped.add(refusal, batch, row);
    this.#traffic.take(refusal, batch, row, this.#clock.correlator);
  }

  #count(batch: EventBatch, row: number): void {
    const name = classOf(batch, row);
    if (name !== undefined) this.#countAs(name);
    const label = this.#labeller?.labelOf(batch, row);
    if (label !== undefined) this.#countAs(label);
  }

  #countAs(name: CountName): void {
    this.#total[name]++;
    if (this.#traffic.anyTaken) this.taken[name].addAll(this.#traffic.ours);
  }

  /** The policies of some groups may be too late for an event that others still take. */
  #countLate(batch: EventBatch, row: number): void {
    const names = [classOf(batch, row), this.#labeller?.labelOf(batch, row)];
    const { full, groupOf, perGroup } = this.layout;
    for (const name of names) {
      if (name === undefined) continue;
      for (let chunk = 0; chunk < full.length; chunk++) {
        const group = groupOf[chunk];
        if (!this.#rules.late.isTaken(group)) continue;
        if (chunk % perGroup === 0) this.#lateTotals[group][name]++;
        if (this.#traffic.anyTaken) this.taken[name].add(chunk, this.#traffic.ours[chunk]);
      }
    }
  }

  #beginDay(nowMs: number): void {
    if (this.lastMs === -Infinity) this.firstMs = nowMs;
    else this.#endDay();
    this.#dayMs = Math.floor(nowMs / DAY_MS) * DAY_MS;
  }

  #endDay(): void {
    const now = {
      firings: this.firings.values(),
      accepted: this.taken.accepted.values(),
      rejected: this.taken.rejected.values(),
    };
    const before = this.#before;
    const since = (name: keyof typeof now): Float64Array =>
      now[name].map((value, cell) => value - (before === undefined ? 0 : before[name][cell]));
    this.days.push({
      dayMs: this.#dayMs,
      firings: since('firings'),
      accepted: since('accepted'),
      rejected: since('rejected'),
    });
    this.#before = now;
  }
}
