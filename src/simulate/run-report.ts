import type { SessionEnd } from '../correlate/session-table.ts';
import type { AuditEngine, Taken } from '../engine/audit-engine.ts';
import type { AuditSink, ClosedWindow } from '../engine/port.ts';
import type { EventBatch } from '../model/event-batch.ts';
import { KIND } from '../model/event.ts';
import { peerText } from '../model/field-value.ts';
import { compareText } from '../model/order.ts';
import type { Vocabulary } from '../model/vocabulary.ts';
import { WindowGrid, type WindowShift } from '../model/window-grid.ts';
import { countedName, monitorOf, type RuleEvaluator } from '../policy/rule-evaluator.ts';
import type { Rule, RulePolicy } from '../policy/rule-policy.ts';
import { Collateral, type Labels } from './collateral.ts';
import { emptyTally } from './empty-tally.ts';
import { FiringLedger, type Firing, type LedgerRule, type OneFiring } from './firing-ledger.ts';
import { NodeReports, type NodeSink } from './node-reports.ts';
import { allEvents, NodeTallies } from './node-tallies.ts';
import type { ReplayState } from './replay-state.ts';
import { RuleOverlap } from './rule-overlap.ts';
import { SourceTallies } from './source-tallies.ts';
import { StoppedEvents } from './stopped-events.ts';
import type { FiringRow, ReplaySink, Tally, UnfedRule, WindowRow } from './tally.ts';

/** How many top keys of a window keys.csv names unless told otherwise. */
const DEFAULT_TOP = 20;

export interface RunReportOptions {
  readonly vocabulary: Vocabulary;
  readonly policy: RulePolicy;
  /** Half open; what happens before `fromMs` is not reported. */
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
  /** Top keys of a window in keys.csv; Infinity: all of them. */
  readonly top: number | undefined;
  /** Name of an input by rank, for the files and lines of a report. */
  readonly fileOf: (source: number) => string;
  readonly sink: ReplaySink | undefined;
  /** Where the rows of each node go, beside those of all; undefined: nodes are not told apart. */
  readonly nodeSink: ((node: string) => NodeSink) | undefined;
  /** Undefined: windows begin at multiples of their interval. */
  readonly shift?: WindowShift | undefined;
  /** Whether what rules take is counted, and who is labelled; undefined: it is not. */
  readonly collateral: { readonly labels: Labels | undefined } | undefined;
  /** Told of each firing that is reported, as it happens. */
  readonly onFiring?: ((firing: OneFiring) => void) | undefined;
  /** The key of a rule of the policy at an event, as text. */
  readonly keyText: (rule: number, batch: EventBatch, row: number) => string;
}

/** What a policy at work leaves behind: rows for the sink, and the tally. */
export class RunReport {
  readonly tally: Tally = emptyTally();
  readonly ledger: FiringLedger;
  readonly stopped: StoppedEvents;
  /** Undefined where nobody asks what rules take. */
  readonly collateral: Collateral | undefined;
  readonly overlap = new RuleOverlap();
  /** Takes the windows of the engine whose counts the report shows. */
  readonly auditSink: AuditSink;
  readonly #options: RunReportOptions;
  readonly #fromMs: number;
  readonly #toMs: number;
  readonly #nodes: NodeTallies;
  readonly #nodeReports: NodeReports | undefined;
  /** Kinds of all events, those before `fromMs` included. */
  readonly #seenKinds: boolean[] = [];
  readonly #sources = new SourceTallies();
  /** Clock at the first and last reported event. */
  #firstMs = -Infinity;
  #lastMs = -Infinity;

  constructor(options: RunReportOptions) {
    this.#options = options;
    const { vocabulary, policy, fileOf, sink, nodeSink, collateral } = options;
    this.#fromMs = options.fromMs ?? -Infinity;
    this.#toMs = options.toMs ?? Infinity;
    this.auditSink = {
      windowClosed: (window) => this.#windowClosed(window),
      journal: (snapshot) => {
        if (this.covers(snapshot.windowZeroMs, snapshot.monitor.intervalMs)) {
          sink?.journal(snapshot);
        }
      },
      managerJournal: (snapshot) => {
        if (this.covers(snapshot.windowZeroMs, snapshot.monitor.intervalMs)) {
          sink?.managerJournal(snapshot);
        }
      },
    };
    const rules = policy.rules.map((rule) => ledgerRule(rule, policy));
    this.ledger = this.#newLedger(rules, (row) => sink?.firing(row), options.onFiring);
    this.#nodes = new NodeTallies(vocabulary);
    this.#nodeReports =
      nodeSink &&
      new NodeReports({
        sinkOf: (node) => nodeSink(vocabulary.nodes.name(node)),
        newLedger: (emit) => this.#newLedger(this.ledger.rules, emit),
      });
    this.stopped = new StoppedEvents(fileOf, (row, node) => {
      sink?.stopped(row);
      this.#nodeReports?.stopped(node, row);
    });
    this.collateral = collateral && new Collateral(collateral.labels);
  }

  /** How many top keys of a window the engine has to name: without files only the busiest one's. */
  get topKeys(): number {
    return this.#options.sink === undefined ? 1 : (this.#options.top ?? DEFAULT_TOP);
  }

  /** Whether what happens at `nowMs` is reported. */
  isReported(nowMs: number): boolean {
    return nowMs >= this.#fromMs;
  }

  /** Whether a window overlaps the span of the report. */
  covers(windowStartMs: number, intervalMs: number): boolean {
    return windowStartMs + intervalMs > this.#fromMs && windowStartMs < this.#toMs;
  }

  /** Notes an event, reported or not. */
  see(batch: EventBatch, row: number): void {
    const kind = batch.kind[row];
    this.#seenKinds[kind] = true;
    if (kind === KIND.transaction) this.stopped.begin(batch, row);
  }

  /** Notes an event that is reported and was counted in the present window. */
  count(batch: EventBatch, row: number, nowMs: number): void {
    this.reach(nowMs);
    this.#nodes.count(batch, row);
  }

  /** Notes an event that is reported and was not counted in the present window. */
  setAside(taken: Exclude<Taken, 'counted'>, batch: EventBatch, row: number, nowMs: number): void {
    this.reach(nowMs);
    this.#nodes.setAside(taken, batch, row);
    const { tally } = this;
    if (taken === 'ignored') tally.ignored++;
    else if (taken === 'late') {
      tally.late++;
      this.#sources.addLate(batch);
    } else {
      tally.tooLate++;
      this.#sources.addTooLate(batch);
    }
  }

  /** The report covers `nowMs`. */
  reach(nowMs: number): void {
    if (this.#lastMs === -Infinity) this.#firstMs = nowMs;
    this.#lastMs = nowMs;
  }

  drop(batch: EventBatch, row: number): void {
    this.#sources.addDropped(batch, row);
  }

  /** One more rule, behind the others; its number for `fire`. */
  declare(rule: LedgerRule): number {
    this.#nodeReports?.eachLedger((ledger) => ledger.add(rule));
    return this.ledger.add(rule);
  }

  /** A rule fires at an event. */
  fire(hit: Firing, batch: EventBatch, row: number): void {
    this.ledger.fire(hit, batch, row);
    this.#nodes.of(batch.node[row]).firings++;
    this.#nodeReports?.fire(hit, batch, row);
  }

  /** A rule is the first to stop the event at hand, which is judged. */
  stop(rule: number, batch: EventBatch, row: number): void {
    this.overlap.close();
    this.stopped.add(batch, row, this.ledger.tallyOf(rule), this.#nodes.of(batch.node[row]));
  }

  /** The clock has come to `timeMs`. */
  advance(timeMs: number): void {
    this.ledger.advance(timeMs);
    this.#nodeReports?.eachLedger((ledger) => ledger.advance(timeMs));
  }

  /** No rule fires any more. */
  finish(): void {
    this.ledger.finish();
    this.#nodeReports?.eachLedger((ledger) => ledger.finish());
  }

  /** A session of a node that is counted opened (`end` undefined) or ended. */
  session(end: SessionEnd | 'refused' | undefined, node: number, nowMs: number): void {
    this.#nodes.session(node, end === undefined, this.isReported(nowMs));
    const tally = this.tally.sessions;
    tally.openAtEnd += end === undefined ? 1 : -1;
    if (!this.isReported(nowMs)) return;
    if (end === undefined) tally.opened++;
    else tally.ended[end]++;
    // Sessions that were open before the first reported event count from then on.
    const open = tally.openAtEnd + (end === undefined ? 0 : 1);
    if (open > tally.peak) {
      tally.peak = open;
      tally.peakMs = nowMs;
    }
  }

  /** Brings the tally up to date with what others count. */
  complete(engine: AuditEngine, evaluator: RuleEvaluator, unopened: number): void {
    const { tally, ledger } = this;
    tally.sessions.unopened = unopened;
    ledger.countKeys();
    tally.rules = ledger.tallies;
    tally.nodes = this.#nodes.tallies;
    tally.events = allEvents(tally.nodes);
    for (const [, node] of this.#nodes.reported) this.#nodeReports?.begin(node);
    tally.notes = notesOf(engine);
    if (this.#lastMs > -Infinity) {
      tally.firstMs = this.#firstMs;
      tally.lastMs = this.#lastMs;
    }
    tally.bySource = this.#sources.tallies;
    tally.unfed = this.#unfedRules(evaluator);
    if (this.collateral === undefined) return;
    tally.overlap = this.overlap.tally;
    tally.collateral = this.collateral.tally(tally.rules.length);
  }

  save(): Pick<ReplayState, 'seenKinds' | 'tally' | 'ledger' | 'stopped'> {
    const { vocabulary } = this.#options;
    const seenKinds = this.#seenKinds.flatMap((seen, kind) => {
      return seen ? [vocabulary.kinds.name(kind)] : [];
    });
    return {
      seenKinds: seenKinds.sort(compareText),
      tally: { ...this.tally, bySource: [], overlap: [], collateral: undefined },
      ledger: this.ledger.save(),
      stopped: this.stopped.save(vocabulary.nodes),
    };
  }

  restore(state: ReplayState): void {
    const { vocabulary } = this.#options;
    const { kinds, nodes } = vocabulary;
    for (const name of state.seenKinds) this.#seenKinds[kinds.id(name)!] = true;
    this.#nodes.restore(state.tally.nodes);
    this.ledger.restore(state.ledger);
    this.stopped.restore(state.stopped, nodes);
    const { sessions, series, ignored, late, tooLate, firstMs, lastMs } = state.tally;
    Object.assign(this.tally, { ignored, late, tooLate, sessions: structuredClone(sessions) });
    this.tally.series = series.map((known) => ({ ...known }));
    this.#firstMs = firstMs ?? -Infinity;
    this.#lastMs = lastMs ?? -Infinity;
  }

  #unfedRules(evaluator: RuleEvaluator): UnfedRule[] {
    const { vocabulary, policy } = this.#options;
    const { kinds } = vocabulary;
    return policy.rules.flatMap(({ name }, index) => {
      const counted = [...evaluator.kindsOf(index)];
      if (counted.some((kind) => this.#seenKinds[kind])) return [];
      return [{ rule: name, kinds: counted.map((kind) => kinds.name(kind)) }];
    });
  }

  #windowClosed(window: ClosedWindow): void {
    const { series, monitor, windowStartMs, node, total, keys, top } = window;
    const report = node === undefined ? undefined : this.#nodeReports?.of(node);
    const { ledger } = report ?? this;
    const firings = ledger.takeFirings(series, monitor, windowStartMs);
    if (!this.covers(windowStartMs, monitor.intervalMs)) return;
    const [first] = top;
    const topKey = first?.key ?? '';
    const topCount = first?.count ?? 0;
    const row = { series, monitor, windowStartMs, total, keys, topKey, topCount, firings };
    if (report === undefined) this.#sum(row);
    const { sink } = report ?? this.#options;
    sink?.window(row, top.slice(0, this.#options.top ?? DEFAULT_TOP));
  }

  #newLedger(
    rules: readonly LedgerRule[],
    emit: (row: FiringRow) => void,
    onFiring?: (firing: OneFiring) => void,
  ): FiringLedger {
    const { policy, keyText, fileOf, shift } = this.#options;
    return new FiringLedger(
      rules,
      fileOf,
      (rule, batch, row) =>
        rule < policy.rules.length ? keyText(rule, batch, row) : peerText(batch, row),
      emit,
      new WindowGrid(shift),
      onFiring,
    );
  }

  #sum(row: WindowRow): void {
    const { series, monitor, total } = row;
    const all = this.tally.series;
    const known = all.find((tally) => {
      const { intervalMs, windows } = tally.monitor;
      return (
        tally.series === series && intervalMs === monitor.intervalMs && windows === monitor.windows
      );
    });
    if (known === undefined) all.push({ series, monitor, total, windows: 1, busiest: row });
    else {
      known.total += total;
      known.windows++;
      if (total > known.busiest.total) known.busiest = row;
    }
  }
}

function notesOf(engine: AuditEngine): Tally['notes'] {
  return engine.feeds
    .filter((feed) => !feed.isMetric)
    .map(({ name, wrongFamily, withoutKey, withoutAmount, total }) => {
      return { series: name, wrongFamily, withoutKey, withoutAmount, negative: total.negative };
    })
    .filter((note) => note.negative || note.wrongFamily + note.withoutKey + note.withoutAmount > 0);
}

function ledgerRule(rule: Rule, policy: RulePolicy): LedgerRule {
  return {
    name: rule.name,
    verdict: rule.verdict.type,
    monitor: monitorOf(rule, policy),
    counted: countedName(rule),
    prefix: rule.per.type === 'prefix' ? rule.per.prefix : undefined,
  };
}
