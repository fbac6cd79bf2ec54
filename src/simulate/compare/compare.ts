import type { EventSource } from '../../clock/event-source.ts';
import type { EventBatch } from '../../model/event-batch.ts';
import { LOGGED, TEXT, type Needs } from '../../model/event.ts';
import { fieldValue, peerText } from '../../model/field-value.ts';
import type { Vocabulary } from '../../model/vocabulary.ts';
import type { RulePolicy } from '../../policy/rule-policy.ts';
import type { ScriptPolicy } from '../../policy/script-policy.ts';
import type { Labels } from '../collateral.ts';
import { CLASSES, classAt, OTHER, STOPPABLE, type ClassName } from './compared-classes.ts';
import { EventStream, type StreamTaker } from '../event-stream.ts';
import { Movers, type Change, type EventPlace, type Mover, type RuleChanges } from './movers.ts';
import { PolicyRun, type JudgedVerdict } from '../policy-run.ts';
import { NOBODY } from '../taken-traffic.ts';
import type { SourceTally, Tally } from '../tally.ts';

/** One of the policies that are compared, as for a replay. */
export interface ComparedPolicy {
  readonly policy: RulePolicy;
  readonly scripts: ScriptPolicy | undefined;
}

export interface CompareOptions {
  readonly sources: readonly EventSource[];
  readonly vocabulary: Vocabulary;
  /** What the policies need, and what rows of the report tell. */
  readonly needs: Needs;
  readonly old: ComparedPolicy;
  readonly new: ComparedPolicy;
  /** Who is known to be good or bad; undefined: nobody is. */
  readonly labels?: Labels | undefined;
  readonly strict?: boolean | undefined;
  readonly clampNegative?: boolean | undefined;
  readonly sessionTimeoutMs?: number | undefined;
  /** Half open; events before `fromMs` warm the windows and are not compared. */
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
  readonly fileOf: (source: number) => string;
  /** Told each event that the policies treat differently, in the order of the stream. */
  readonly onChange?: ((row: ChangeRow) => void) | undefined;
}

/** A row of changes.csv: an event that the policies treat differently. */
export interface ChangeRow extends EventPlace {
  readonly change: Change;
  /**
   * The rule that takes the event, else the one that gives the verdict; of a changed verdict the
   * other way round. `''`: none.
   */
  readonly oldRule: string;
  readonly newRule: string;
  /** The verdicts on this very event. */
  readonly oldVerdict: JudgedVerdict;
  readonly newVerdict: JudgedVerdict;
  readonly kind: string;
  readonly ip: string;
  readonly sender: string;
  readonly recipient: string;
  readonly recipients: string;
  readonly queueId: string;
  /** How the running system judged it. */
  readonly logged: string;
}

/** How the policies treat the events of a class. */
export interface ClassTally {
  readonly name: ClassName;
  /** Events that at least one of the policies counts. */
  events: number;
  newlyStopped: number;
  newlyFreed: number;
  bothStopped: number;
  /** Stopped by neither or by both, with another verdict. */
  changed: number;
}

export interface Comparison {
  /** In the order of reports. */
  readonly classes: readonly ClassTally[];
  /** Connections, messages, refusals and failed logins together. */
  readonly stoppable: Omit<ClassTally, 'name' | 'changed'>;
  /** Events of all classes, and those with another verdict. */
  readonly judged: { readonly events: number; readonly changed: number };
  /** The first event that the policies treat differently; undefined: there is no difference. */
  readonly first: ChangeRow | undefined;
  readonly rules: readonly RuleChanges[];
  readonly movers: readonly Mover[];
  readonly old: Tally;
  readonly new: Tally;
  /** Facts about each input, by rank; late lines are those of the new policy. */
  readonly bySource: readonly SourceTally[];
}

/**
 * Takes one stream of events through two policies and tells where they part (docs/compare.md).
 * Memory is that of two replays, and grows with the rules and blocks that changed.
 */
export async function compare(options: CompareOptions): Promise<Comparison> {
  const { sources, needs, sessionTimeoutMs, toMs, vocabulary } = options;
  const runOf = ({ policy, scripts }: ComparedPolicy): PolicyRun => {
    const { labels, strict, fromMs, clampNegative, fileOf } = options;
    const common = { vocabulary, strict, fromMs, toMs, clampNegative, fileOf };
    return new PolicyRun({ ...common, policy, scripts, collateral: { labels } });
  };
  const runs = { old: runOf(options.old), new: runOf(options.new) };
  const differences = new Differences(runs, options);
  // What differs is known once both have judged.
  const takers = [runs.old, runs.new, differences];
  await new EventStream({ sources, needs, takers, sessionTimeoutMs, toMs }).advance(Infinity);
  runs.old.finish(false);
  runs.new.finish(false);
  return {
    ...differences.found,
    old: runs.old.tally,
    new: runs.new.tally,
    bySource: runs.new.tally.bySource,
  };
}

/** Holds against each other what two runs have judged. */
class Differences implements StreamTaker {
  readonly nextDueMs = Infinity;
  readonly #old: PolicyRun;
  readonly #new: PolicyRun;
  readonly #options: CompareOptions;
  readonly #fromMs: number;
  readonly #classes = CLASSES.map((name): ClassTally => {
    return { name, events: 0, newlyStopped: 0, newlyFreed: 0, bothStopped: 0, changed: 0 };
  });
  readonly #movers: Movers;
  #first: ChangeRow | undefined;

  constructor(runs: { old: PolicyRun; new: PolicyRun }, options: CompareOptions) {
    this.#old = runs.old;
    this.#new = runs.new;
    this.#options = options;
    this.#fromMs = options.fromMs ?? -Infinity;
    this.#movers = new Movers({
      old: (rule) => runs.old.ruleOf(rule),
      new: (rule) => runs.new.ruleOf(rule),
    });
  }

  attach(): void {}

  start(): void {}

  advance(): void {}

  session(): void {}

  drop(): void {}

  take(batch: EventBatch, row: number, nowMs: number): void {
    if (nowMs < this.#fromMs) return;
    const older = this.#old.judged;
    const newer = this.#new.judged;
    if (!older.isCounted && !newer.isCounted) return;
    const at = classAt(batch, row);
    const tally = this.#classes[at];
    tally.events++;
    const stopped = older.takenBy !== NOBODY;
    const differs = older.verdict !== newer.verdict;
    if (stopped === (newer.takenBy !== NOBODY)) {
      if (stopped) tally.bothStopped++;
      if (!differs) return;
      tally.changed++;
      this.#note('changed', at, batch, row);
    } else if (at === OTHER && !differs) {
      // A delivery or the end of a session: what it follows is counted already.
    } else if (stopped) {
      tally.newlyFreed++;
      this.#note('newly_freed', at, batch, row);
    } else {
      tally.newlyStopped++;
      this.#note('newly_stopped', at, batch, row);
    }
  }

  get found(): Pick<Comparison, 'classes' | 'stoppable' | 'judged' | 'first' | 'rules' | 'movers'> {
    const classes = this.#classes;
    const stoppable = { events: 0, newlyStopped: 0, newlyFreed: 0, bothStopped: 0 };
    for (const tally of classes.slice(0, STOPPABLE)) {
      stoppable.events += tally.events;
      stoppable.newlyStopped += tally.newlyStopped;
      stoppable.newlyFreed += tally.newlyFreed;
      stoppable.bothStopped += tally.bothStopped;
    }
    const judged = { events: 0, changed: 0 };
    for (const { events, changed } of classes) {
      judged.events += events;
      judged.changed += changed;
    }
    const { rules, movers } = this.#movers;
    return { classes, stoppable, judged, first: this.#first, rules, movers };
  }

  #note(change: Change, at: number, batch: EventBatch, row: number): void {
    const older = this.#old.judged;
    const newer = this.#new.judged;
    // Who stops it moved it; another verdict is the new policy's doing, where it has one.
    const isOld = change === 'newly_freed' || (change === 'changed' && newer.verdict === 'none');
    const own = isOld ? older : newer;
    const rule = change === 'changed' ? own.rule : own.takenBy;
    const place = (): EventPlace => ({
      timeMs: batch.time[row],
      file: batch.text(row, TEXT.file) || this.#options.fileOf(batch.source),
      line: batch.line[row],
    });
    this.#movers.add(change, isOld ? 'old' : 'new', rule, at, batch, row, place);
    const { onChange } = this.#options;
    if (onChange === undefined && this.#first !== undefined) return;
    const changed: ChangeRow = {
      ...place(),
      change,
      oldRule: nameOf(this.#old, change),
      newRule: nameOf(this.#new, change),
      oldVerdict: older.verdict,
      newVerdict: newer.verdict,
      kind: batch.vocabulary.kinds.name(batch.kind[row]),
      ip: peerText(batch, row),
      sender: batch.text(row, TEXT.sender),
      recipient: batch.text(row, TEXT.recipient),
      recipients: fieldValue(batch, row, 'recipients'),
      queueId: batch.text(row, TEXT.queue_id),
      logged: LOGGED[batch.verdict[row]],
    };
    this.#first ??= changed;
    onChange?.(changed);
  }
}

/** The rule behind what a policy does with an event; `''`: none. */
function nameOf(run: PolicyRun, change: Change): string {
  const { takenBy, rule } = run.judged;
  const own = takenBy === NOBODY || (change === 'changed' && rule !== NOBODY) ? rule : takenBy;
  return own === NOBODY ? '' : run.ruleOf(own).name;
}
