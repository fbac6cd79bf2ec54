import type { EventSource } from '../clock/event-source.ts';
import { compareNetworks, type Network } from '../model/address.ts';
import type { EventBatch } from '../model/event-batch.ts';
import { FLAG } from '../model/event-batch.ts';
import type { Needs } from '../model/event.ts';
import { MINUTE_MS, SECOND_MS } from '../model/time.ts';
import type { Vocabulary } from '../model/vocabulary.ts';
import { BucketCounts, type AddressCounts, type BucketRange } from './bucket-counts.ts';
import { streamEvents } from './events.ts';
import { findGrowers, type Weights } from './growers.ts';
import { SourceTallies } from './source-tallies.ts';
import type { SourceTally } from './tally.ts';

/** `[fromMs, toMs)`, milliseconds UTC. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * What is compared: two given spans, or the last `lastMs` of the log with a given span or with the
 * span of equal length before it. The earlier span ends no later than the other begins.
 */
export type SpanChoice =
  | { readonly type: 'given'; readonly before: Span; readonly now: Span }
  | { readonly type: 'last'; readonly lastMs: number; readonly before: Span | undefined };

/** What is counted: the name that the user gave, and the number of the kind. */
export interface CountedKind {
  readonly name: string;
  readonly kind: number;
}

export interface TopOptions {
  readonly sources: readonly EventSource[];
  readonly vocabulary: Vocabulary;
  readonly needs: Needs;
  readonly spans: SpanChoice;
  readonly counted: readonly CountedKind[];
  /** Percent of the growth around a block that it must hold, 1 to 100. */
  readonly share: number;
  /** Growers listed for each metric. */
  readonly limit: number;
}

/** Counts of a line of the answer; `growth` is by rate and may have decimals. */
export interface Growth {
  readonly before: number;
  readonly now: number;
  readonly growth: number;
  readonly addresses: number;
}

export interface ListedGrower extends Growth {
  readonly network: Network;
  /** Smaller growers inside the block, whose addresses are not counted here. */
  readonly apart: number;
}

export interface MetricGrowth {
  readonly name: string;
  /** Everyone: growers, others, and events without an address. */
  readonly total: Growth;
  /** Those that grew, the highest growth first. */
  readonly growers: readonly ListedGrower[];
  /** What is not in `growers`. */
  readonly others: Growth;
  /** The log holds an event of the kind, in whatever span. */
  readonly seen: boolean;
}

export interface TopTally {
  /** Clock at the first and the newest event that was read; undefined: no event. */
  readonly firstMs: number | undefined;
  readonly lastMs: number | undefined;
  readonly asked: { readonly before: Span; readonly now: Span } | undefined;
  /** As asked and cut to what the log covers; undefined where it covers nothing of it. */
  readonly before: Span | undefined;
  readonly now: Span | undefined;
  /** Empty unless both spans are covered. */
  readonly metrics: readonly MetricGrowth[];
  readonly late: number;
  readonly bySource: readonly SourceTally[];
}

/**
 * Who grew most between two spans of a log: exact counts by address, gathered into blocks
 * (semantics, section 10). Memory follows the addresses in the two spans.
 */
export async function top(options: TopOptions): Promise<TopTally> {
  const run = new TopRun(options);
  await streamEvents(
    {
      sources: options.sources,
      needs: options.needs,
      onDropped: (batch, row) => run.sources.addDropped(batch, row),
    },
    (batch, row) => run.take(batch, row),
  );
  return run.finish();
}

/** A minute, a second or a millisecond: the longest that divides all that was given. */
function stepOf(spans: SpanChoice): number {
  const times = [spans.before?.fromMs ?? 0, spans.before?.toMs ?? 0];
  if (spans.type === 'given') times.push(spans.now.fromMs, spans.now.toMs);
  else times.push(spans.lastMs);
  return [MINUTE_MS, SECOND_MS].find((step) => times.every((time) => time % step === 0)) ?? 1;
}

/** Buckets of spans that were given; all others are numbers of steps since 1970. */
const BEFORE = -2;
const NOW = -1;
const NO_BUCKET = -3;

class MetricCounts {
  readonly v4 = new BucketCounts(4);
  readonly v6 = new BucketCounts(6);
  /** Events without an address, by bucket. */
  readonly nobody = new Map<number, number>();
  seen = false;
}

class TopRun {
  readonly sources = new SourceTallies();
  readonly #options: TopOptions;
  readonly #spans: SpanChoice;
  readonly #stepMs: number;
  /** By number of the kind. */
  readonly #metrics: (MetricCounts | undefined)[] = [];
  /** Clock at the first and the newest event. */
  #firstMs = -Infinity;
  #lastMs = -Infinity;
  /** Buckets below are forgotten; the next time at which that moves. */
  #dropMs = -Infinity;
  #late = 0;

  constructor(options: TopOptions) {
    this.#options = options;
    this.#spans = options.spans;
    this.#stepMs = stepOf(options.spans);
    for (const { kind } of options.counted) this.#metrics[kind] ??= new MetricCounts();
  }

  readonly take = (batch: EventBatch, row: number): boolean => {
    const spans = this.#spans;
    const nowMs = batch.release[row];
    if (this.#lastMs === -Infinity) this.#firstMs = nowMs;
    this.#lastMs = nowMs;
    if (spans.type === 'given' && nowMs >= spans.now.toMs) return false;
    if ((batch.flags[row] & FLAG.late) !== 0) {
      this.#late++;
      this.sources.addLate(batch);
    }
    const metric = this.#metrics[batch.kind[row]];
    if (metric === undefined) return true;
    metric.seen = true;
    if (nowMs >= this.#dropMs) this.#drop(nowMs);
    const bucket = this.#bucketOf(batch.time[row]);
    if (bucket === NO_BUCKET) return true;
    const family = batch.family[row];
    if (family === 4) metric.v4.add(batch.ip, row * 4, bucket);
    else if (family === 6) metric.v6.add(batch.ip, row * 4, bucket);
    else metric.nobody.set(bucket, (metric.nobody.get(bucket) ?? 0) + 1);
    return true;
  };

  #bucketOf(timeMs: number): number {
    const spans = this.#spans;
    if (spans.before !== undefined && isIn(spans.before, timeMs)) return BEFORE;
    if (spans.type === 'last') return Math.floor(timeMs / this.#stepMs);
    return isIn(spans.now, timeMs) ? NOW : NO_BUCKET;
  }

  /** Forgets what can lie in neither span any more. */
  #drop(nowMs: number): void {
    const spans = this.#spans;
    if (spans.type === 'given') {
      this.#dropMs = Infinity;
      return;
    }
    const step = Math.floor(nowMs / this.#stepMs);
    this.#dropMs = (step + 1) * this.#stepMs;
    const keptMs = spans.before === undefined ? spans.lastMs * 2 : spans.lastMs;
    const least = step + 1 - keptMs / this.#stepMs;
    for (const metric of this.#metrics) {
      metric?.v4.dropBelow(least);
      metric?.v6.dropBelow(least);
    }
  }

  finish(): TopTally {
    const common = { late: this.#late, bySource: this.sources.tallies };
    if (this.#lastMs === -Infinity) {
      const times = { firstMs: undefined, lastMs: undefined };
      const spans = { asked: undefined, before: undefined, now: undefined };
      return { ...times, ...spans, metrics: [], ...common };
    }
    const times = { firstMs: this.#firstMs, lastMs: this.#lastMs };
    const step = this.#stepMs;
    const covered = {
      fromMs: Math.floor(this.#firstMs / step) * step,
      toMs: (Math.floor(this.#lastMs / step) + 1) * step,
    };
    const asked = this.#asked(covered.toMs);
    const before = cut(asked.before, covered);
    const now = cut(asked.now, covered);
    const metrics =
      before === undefined || now === undefined
        ? []
        : this.#options.counted.map((counted) => this.#growth(counted, asked, before, now));
    return { ...times, asked, before, now, metrics, ...common };
  }

  #asked(endMs: number): { readonly before: Span; readonly now: Span } {
    const spans = this.#spans;
    if (spans.type === 'given') return spans;
    const { lastMs } = spans;
    const now = { fromMs: endMs - lastMs, toMs: endMs };
    return { now, before: spans.before ?? { fromMs: endMs - lastMs * 2, toMs: endMs - lastMs } };
  }

  #growth(
    { name, kind }: CountedKind,
    asked: { readonly before: Span; readonly now: Span },
    before: Span,
    now: Span,
  ): MetricGrowth {
    const metric = this.#metrics[kind]!;
    const beforeRange = this.#rangeOf(asked.before, BEFORE, this.#spans.before !== undefined);
    const nowRange = this.#rangeOf(asked.now, NOW, this.#spans.type === 'given');
    const weights = weightsOf(before, now);
    const families = [metric.v4, metric.v6].map((counts) => counts.sum(beforeRange, nowRange));
    const growers = families
      .flatMap((counts) => findGrowers(counts, weights, this.#options.share))
      .filter(({ growth }) => growth > 0)
      .sort((a, b) => b.growth - a.growth || compareNetworks(a.network, b.network))
      .slice(0, this.#options.limit);
    const total = totalOf(families);
    for (const [bucket, events] of metric.nobody) {
      if (isBucketIn(beforeRange, bucket)) total.before += events;
      else if (isBucketIn(nowRange, bucket)) total.now += events;
    }
    const listed = growers.map((grower) => ({ ...grower, growth: grower.growth / weights.now }));
    const others = { ...total };
    for (const grower of growers) {
      others.before -= grower.before;
      others.now -= grower.now;
      others.addresses -= grower.addresses;
    }
    return {
      name,
      total: withGrowth(total, weights),
      growers: listed,
      others: withGrowth(others, weights),
      seen: metric.seen,
    };
  }

  #rangeOf(span: Span, bucket: number, given: boolean): BucketRange {
    if (given) return { from: bucket, to: bucket + 1 };
    return { from: span.fromMs / this.#stepMs, to: span.toMs / this.#stepMs };
  }
}

type Sums = { before: number; now: number; addresses: number };

function totalOf(families: readonly AddressCounts[]): Sums {
  const total = { before: 0, now: 0, addresses: 0 };
  for (const { size, before, now } of families) {
    for (let index = 0; index < size; index++) {
      total.before += before[index];
      total.now += now[index];
      if (now[index] > 0) total.addresses++;
    }
  }
  return total;
}

function withGrowth(sums: Sums, weights: Weights): Growth {
  const growth = (sums.now * weights.now - sums.before * weights.before) / weights.now;
  return { ...sums, growth };
}

/** The lengths of the spans, each the weight of the other's counts, by their greatest divisor. */
function weightsOf(before: Span, now: Span): Weights {
  const beforeMs = before.toMs - before.fromMs;
  const nowMs = now.toMs - now.fromMs;
  let [a, b] = [beforeMs, nowMs];
  while (b > 0) [a, b] = [b, a % b];
  return { before: nowMs / a, now: beforeMs / a };
}

/** What of the span is covered; undefined when nothing is. */
function cut(span: Span, covered: Span): Span | undefined {
  const fromMs = Math.max(span.fromMs, covered.fromMs);
  const toMs = Math.min(span.toMs, covered.toMs);
  return fromMs < toMs ? { fromMs, toMs } : undefined;
}

function isIn({ fromMs, toMs }: Span, timeMs: number): boolean {
  return timeMs >= fromMs && timeMs < toMs;
}

function isBucketIn({ from, to }: BucketRange, bucket: number): boolean {
  return bucket >= from && bucket < to;
}
