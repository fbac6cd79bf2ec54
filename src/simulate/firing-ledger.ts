import { compareNetworks, maskWord, type Network, type Prefix } from '../model/address.ts';
import type { EventBatch } from '../model/event-batch.ts';
import { TEXT } from '../model/event.ts';
import type { Monitor } from '../model/monitor.ts';
import { compareText } from '../model/order.ts';
import type { Hit } from '../policy/rule-evaluator.ts';
import type { Episode, FiringRow, RuleTally } from './tally.ts';

/** How many episodes of a rule the summary names. */
const TOP_EPISODES = 10;

export interface LedgerRule {
  readonly name: string;
  readonly verdict: string;
  readonly monitor: Monitor;
  /** What the rule counts, as windows.csv names it. */
  readonly counted: string;
  /** Undefined: the key is a text. */
  readonly prefix: Prefix | undefined;
}

interface OpenRow extends FiringRow {
  firings: number;
  lastMs: number;
  peak: number;
  limit: number;
  readonly order: Network | undefined;
}

interface OpenEpisode extends Episode {
  endMs: number;
  windows: number;
  firings: number;
  peak: number;
}

/** Keeps one rule's open window and joins its windows into episodes. */
class RuleLedger {
  readonly rule: LedgerRule;
  readonly tally: RuleTally;
  windowStartMs = 0;
  windowEndMs = 0;
  readonly rows = new Map<number | string, OpenRow>();
  readonly #keys = new Set<string>();
  #episodes = new Map<string, OpenEpisode>();

  constructor(rule: LedgerRule) {
    this.rule = rule;
    this.tally = {
      name: rule.name,
      verdict: rule.verdict,
      firings: 0,
      keys: 0,
      stoppedConnections: 0,
      stoppedMessages: 0,
      stoppedAccepted: 0,
      firstMs: undefined,
      lastMs: undefined,
      episodes: 0,
      topEpisodes: [],
    };
  }

  /** Rows of the open window, which is over, in the order of keys. */
  close(): OpenRow[] {
    const rows = [...this.rows.values()].sort(compareRows);
    this.rows.clear();
    for (const row of rows) this.#keys.add(row.key);
    this.tally.keys = this.#keys.size;
    if (rows.length > 0) this.#join(rows);
    return rows;
  }

  /** Ends the episodes whose key did not fire in the window before `timeMs`. */
  endEpisodes(timeMs: number): void {
    for (const [key, episode] of this.#episodes) {
      if (episode.endMs + this.rule.monitor.intervalMs > timeMs) continue;
      this.#episodes.delete(key);
      this.#rank(episode);
    }
  }

  finish(): void {
    for (const episode of this.#episodes.values()) this.#rank(episode);
    this.#episodes.clear();
  }

  #join(rows: readonly OpenRow[]): void {
    for (const row of rows) {
      const known = this.#episodes.get(row.key);
      const endMs = row.windowStartMs + this.rule.monitor.intervalMs;
      if (known !== undefined && known.endMs === row.windowStartMs) {
        known.endMs = endMs;
        known.windows++;
        known.firings += row.firings;
        known.peak = Math.max(known.peak, row.peak);
        continue;
      }
      if (known !== undefined) this.#rank(known);
      this.tally.episodes++;
      const { key, windowStartMs: startMs, firings, peak } = row;
      this.#episodes.set(key, { key, startMs, endMs, windows: 1, firings, peak });
    }
  }

  #rank(episode: Episode): void {
    const top = this.tally.topEpisodes;
    top.push(episode);
    top.sort((a, b) => b.firings - a.firings || a.startMs - b.startMs || compareText(a.key, b.key));
    if (top.length > TOP_EPISODES) top.pop();
  }
}

/** The key of a rule at an event as text. */
type KeyText = (rule: number, batch: EventBatch, row: number) => string;

/**
 * Collects firings into rows, one for each (rule, key, window), and hands them out sorted by
 * window, rule and key as soon as no earlier row can come.
 */
export class FiringLedger {
  readonly #rules: RuleLedger[];
  readonly #emit: (row: FiringRow) => void;
  readonly #fileOf: (source: number) => string;
  readonly #keyText: KeyText;
  /** Closed rows that wait for rules with longer windows. */
  #waiting: { windowStartMs: number; rule: number; rows: OpenRow[] }[] = [];
  /** Firings by what was counted and window start: a column of windows.csv. */
  readonly #byWindow = new Map<string, Map<number, number>>();

  constructor(
    rules: readonly LedgerRule[],
    fileOf: (source: number) => string,
    keyText: KeyText,
    emit: (row: FiringRow) => void,
  ) {
    this.#keyText = keyText;
    this.#rules = rules.map((rule) => new RuleLedger(rule));
    this.#fileOf = fileOf;
    this.#emit = emit;
  }

  get tallies(): RuleTally[] {
    return this.#rules.map(({ tally }) => tally);
  }

  /** Notes that a rule fired at an event. */
  fire(hit: Hit, batch: EventBatch, row: number): void {
    const ledger = this.#rules[hit.rule];
    const { tally, rule } = ledger;
    const timeMs = batch.time[row];
    if (timeMs >= ledger.windowEndMs) this.#openWindow(hit.rule, timeMs);
    tally.firings++;
    tally.firstMs ??= timeMs;
    tally.lastMs = timeMs;
    let key: number | string = hit.identity;
    if (key === -1) key = this.#keyText(hit.rule, batch, row);
    const open = ledger.rows.get(key);
    if (open !== undefined) {
      open.firings++;
      open.lastMs = timeMs;
      if (hit.count > open.peak) {
        open.peak = hit.count;
        open.limit = hit.limit;
      }
      return;
    }
    ledger.rows.set(key, {
      rule: rule.name,
      key: typeof key === 'string' ? key : this.#keyText(hit.rule, batch, row),
      windowStartMs: ledger.windowStartMs,
      firings: 1,
      firstMs: timeMs,
      lastMs: timeMs,
      peak: hit.count,
      limit: hit.limit,
      verdict: rule.verdict,
      file: batch.text(row, TEXT.file) || this.#fileOf(batch.source),
      line: batch.line[row],
      order: rule.prefix && orderOf(batch, row, rule.prefix),
    });
  }

  /** Firings of all rules on this metric or series in a window; asked once, then forgotten. */
  takeFirings(counted: string, monitor: Monitor, windowStartMs: number): number {
    const windows = this.#byWindow.get(windowKey(counted, monitor));
    if (windows === undefined) return 0;
    let firings = windows.get(windowStartMs) ?? 0;
    // Windows are asked in order; one that saw no event is passed over.
    for (const startMs of windows.keys()) if (startMs <= windowStartMs) windows.delete(startMs);
    for (const ledger of this.#rules) {
      const { rule } = ledger;
      if (
        rule.counted !== counted ||
        windowKey(counted, rule.monitor) !== windowKey(counted, monitor)
      ) {
        continue;
      }
      if (ledger.windowStartMs !== windowStartMs) continue;
      for (const row of ledger.rows.values()) firings += row.firings;
    }
    return firings;
  }

  /** The clock has come to `timeMs`: closes what ended and emits what is in order. */
  advance(timeMs: number): void {
    let oldestOpenMs = Infinity;
    this.#rules.forEach((ledger, index) => {
      const { intervalMs } = ledger.rule.monitor;
      if (ledger.rows.size > 0 && timeMs >= ledger.windowEndMs) this.#close(index);
      ledger.endEpisodes(timeMs);
      oldestOpenMs = Math.min(oldestOpenMs, Math.floor(timeMs / intervalMs) * intervalMs);
    });
    this.#flush(oldestOpenMs);
  }

  finish(): void {
    this.#rules.forEach((_, index) => this.#close(index));
    for (const ledger of this.#rules) ledger.finish();
    this.#flush(Infinity);
  }

  #openWindow(index: number, timeMs: number): void {
    const ledger = this.#rules[index];
    if (ledger.rows.size > 0) this.#close(index);
    const { intervalMs } = ledger.rule.monitor;
    ledger.windowStartMs = Math.floor(timeMs / intervalMs) * intervalMs;
    ledger.windowEndMs = ledger.windowStartMs + intervalMs;
  }

  #close(index: number): void {
    const ledger = this.#rules[index];
    const rows = ledger.close();
    if (rows.length === 0) return;
    const { windowStartMs, rule } = ledger;
    this.#waiting.push({ windowStartMs, rule: index, rows });
    // Different values have no windows of their own in a report.
    if (rule.counted === 'distinct') return;
    const key = windowKey(rule.counted, rule.monitor);
    let windows = this.#byWindow.get(key);
    if (windows === undefined) this.#byWindow.set(key, (windows = new Map<number, number>()));
    const firings = rows.reduce((sum, row) => sum + row.firings, 0);
    windows.set(windowStartMs, (windows.get(windowStartMs) ?? 0) + firings);
  }

  #flush(beforeMs: number): void {
    if (this.#waiting.length === 0) return;
    const due = this.#waiting.filter(({ windowStartMs }) => windowStartMs < beforeMs);
    if (due.length === 0) return;
    this.#waiting = this.#waiting.filter(({ windowStartMs }) => windowStartMs >= beforeMs);
    due.sort((a, b) => a.windowStartMs - b.windowStartMs || a.rule - b.rule);
    for (const { rows } of due) for (const row of rows) this.#emit(row);
  }
}

function windowKey(counted: string, monitor: Monitor): string {
  return `${counted} ${monitor.intervalMs} ${monitor.windows}`;
}

function orderOf(batch: EventBatch, row: number, prefix: Prefix): Network {
  const six = batch.family[row] === 6;
  const bits = six ? prefix.ipv6 : prefix.ipv4;
  const word = (index: number): number => (batch.ip[row * 4 + index] & maskWord(bits, index)) >>> 0;
  return {
    family: six ? 6 : 4,
    words: six ? [word(0), word(1), word(2), word(3)] : [word(0), 0, 0, 0],
    bits,
  };
}

function compareRows(a: OpenRow, b: OpenRow): number {
  if (a.order !== undefined && b.order !== undefined) return compareNetworks(a.order, b.order);
  return compareText(a.key, b.key);
}
