import {
  compareNetworks,
  maskWord,
  parseNetwork,
  type Network,
  type Prefix,
} from '../model/address.ts';
import type { EventBatch } from '../model/event-batch.ts';
import { TEXT } from '../model/event.ts';
import type { Monitor } from '../model/monitor.ts';
import { compareText } from '../model/order.ts';
import { WindowGrid } from '../model/window-grid.ts';
import type { Hit } from '../policy/rule-evaluator.ts';
import type { Episode, FiringRow, RuleTally } from './tally.ts';

/** How many episodes of a rule the summary names. */
const TOP_EPISODES = 10;

export interface LedgerRule {
  readonly name: string;
  readonly verdict: string;
  readonly monitor: Monitor;
  /** What the rule counts, as windows.csv names it; undefined where that has no windows there. */
  readonly counted: string | undefined;
  /** Undefined: the key is a text. */
  readonly prefix: Prefix | undefined;
}

interface OpenRow extends FiringRow {
  firings: number;
  lastMs: number;
  peak: number | undefined;
  limit: number | undefined;
  readonly of: FiredKey;
}

interface OpenEpisode extends Episode {
  endMs: number;
  windows: number;
  firings: number;
  peak: number | undefined;
}

/** A rule that fired; of a script nothing was counted. */
export type Firing = Pick<Hit, 'rule' | 'identity'> & Partial<Pick<Hit, 'count' | 'limit'>>;

/** A key that fired: its row of the open window, and the episode that it is in. */
interface FiredKey {
  readonly key: string;
  readonly order: Network | undefined;
  row: OpenRow | undefined;
  episode: OpenEpisode | undefined;
}

/** A rule that has just fired. */
export interface OneFiring {
  readonly rule: string;
  readonly key: string;
  readonly verdict: string;
  readonly timeMs: number;
  /** Undefined for a script. */
  readonly count: number | undefined;
  readonly limit: number | undefined;
  readonly file: string;
  readonly line: number;
}

type StoredRow = Omit<FiringRow, 'rule' | 'verdict'>;

/** What a rule's ledger holds between two runs; keys are in the order of text. */
export interface RuleLedgerState {
  readonly tally: RuleTally;
  readonly windowStartMs: number;
  /** Every key that fired so far. */
  readonly keys: readonly string[];
  /** Episodes that the next window may continue. */
  readonly episodes: readonly Episode[];
  /** Rows of the open window. */
  readonly rows: readonly StoredRow[];
}

export interface LedgerState {
  readonly rules: readonly RuleLedgerState[];
  /** Closed rows that wait for rules with longer windows. */
  readonly waiting: readonly {
    readonly windowStartMs: number;
    readonly rule: number;
    readonly rows: readonly StoredRow[];
  }[];
  /** Firings of closed windows that windows.csv has not shown yet, by what was counted. */
  readonly byWindow: readonly (readonly [
    counted: string,
    firings: readonly (readonly [windowStartMs: number, firings: number])[],
  ])[];
}

/** Keeps one rule's open window and joins its windows into episodes. */
class RuleLedger {
  readonly rule: LedgerRule;
  readonly tally: RuleTally;
  windowStartMs = 0;
  windowEndMs = 0;
  /** Rows of the open window. */
  rows: OpenRow[] = [];
  readonly #keys = new Map<string, FiredKey>();
  /** The same by IPv4 block, and by identity while the window lasts: no text is made to find one. */
  readonly #blocks = new Map<number, FiredKey>();
  readonly #identities = new Map<number, FiredKey>();
  /** Those in an episode. */
  readonly #episodes = new Set<FiredKey>();

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

  /** The key of the event at hand. */
  keyOf(hit: Firing, batch: EventBatch, row: number, keyText: KeyText): FiredKey {
    const { prefix } = this.rule;
    const isBlock = prefix !== undefined && batch.family[row] === 4;
    const number = isBlock ? batch.ip[row * 4] & maskWord(prefix.ipv4, 0) : hit.identity;
    const numbered = isBlock ? this.#blocks : this.#identities;
    const byNumber = isBlock || number !== -1;
    const known = byNumber ? numbered.get(number) : undefined;
    if (known !== undefined) return known;
    const key = keyText(hit.rule, batch, row);
    let fired = this.#keys.get(key);
    if (fired === undefined) {
      const order = prefix && orderOf(batch, row, prefix);
      fired = { key, order, row: undefined, episode: undefined };
      this.#keys.set(key, fired);
    }
    if (byNumber) numbered.set(number, fired);
    return fired;
  }

  /** Notes how many different keys have fired, those of the open window included. */
  countKeys(): void {
    this.tally.keys = this.#keys.size;
  }

  /** Rows of the open window, which is over, in the order of keys. */
  close(): OpenRow[] {
    const rows = this.rows.sort(compareRows);
    this.rows = [];
    this.#identities.clear();
    for (const row of rows) {
      row.of.row = undefined;
      this.#join(row);
    }
    return rows;
  }

  /** Ends the episodes whose key did not fire in the window before `timeMs`. */
  endEpisodes(timeMs: number): void {
    for (const fired of this.#episodes) {
      if (fired.episode!.endMs + this.rule.monitor.intervalMs <= timeMs) this.#end(fired);
    }
  }

  finish(): void {
    for (const fired of this.#episodes) this.#end(fired);
  }

  save(): RuleLedgerState {
    return {
      tally: this.tally,
      windowStartMs: this.windowStartMs,
      keys: [...this.#keys.keys()].sort(compareText),
      episodes: Array.from(this.#episodes, ({ episode }) => episode!).sort((a, b) =>
        compareText(a.key, b.key),
      ),
      rows: this.rows.map(storedRow),
    };
  }

  restore(state: RuleLedgerState): void {
    Object.assign(this.tally, state.tally, { topEpisodes: [...state.tally.topEpisodes] });
    this.windowStartMs = state.windowStartMs;
    this.windowEndMs = state.windowStartMs + this.rule.monitor.intervalMs;
    for (const key of state.keys) this.#keyNamed(key);
    for (const episode of state.episodes) {
      const fired = this.#keyNamed(episode.key);
      fired.episode = { ...episode };
      this.#episodes.add(fired);
    }
    for (const row of state.rows) {
      const open = this.openRow(row);
      open.of.row = open;
      this.rows.push(open);
    }
  }

  /** A saved row of this rule. */
  openRow(row: StoredRow): OpenRow {
    const { name: rule, verdict } = this.rule;
    return { ...row, rule, verdict, of: this.#keyNamed(row.key) };
  }

  #keyNamed(key: string): FiredKey {
    let fired = this.#keys.get(key);
    if (fired === undefined) {
      const order = this.rule.prefix && parseNetwork(key);
      fired = { key, order, row: undefined, episode: undefined };
      this.#keys.set(key, fired);
    }
    return fired;
  }

  #join(row: OpenRow): void {
    const fired = row.of;
    const { episode } = fired;
    const endMs = row.windowStartMs + this.rule.monitor.intervalMs;
    if (episode !== undefined && episode.endMs === row.windowStartMs) {
      episode.endMs = endMs;
      episode.windows++;
      episode.firings += row.firings;
      if (row.peak !== undefined) episode.peak = Math.max(episode.peak!, row.peak);
      return;
    }
    if (episode !== undefined) this.#end(fired);
    this.tally.episodes++;
    const { key, windowStartMs: startMs, firings, peak } = row;
    fired.episode = { key, startMs, endMs, windows: 1, firings, peak };
    this.#episodes.add(fired);
  }

  #end(fired: FiredKey): void {
    this.#rank(fired.episode!);
    fired.episode = undefined;
    this.#episodes.delete(fired);
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
  readonly #grid: WindowGrid;
  readonly #onFiring: ((firing: OneFiring) => void) | undefined;
  /** Closed rows that wait for rules with longer windows. */
  #waiting: { windowStartMs: number; rule: number; rows: OpenRow[] }[] = [];
  /** Firings by what was counted and window start: a column of windows.csv. */
  readonly #byWindow = new Map<string, Map<number, number>>();

  constructor(
    rules: readonly LedgerRule[],
    fileOf: (source: number) => string,
    keyText: KeyText,
    emit: (row: FiringRow) => void,
    grid = new WindowGrid(),
    onFiring?: (firing: OneFiring) => void,
  ) {
    this.#onFiring = onFiring;
    this.#keyText = keyText;
    this.#grid = grid;
    this.#rules = rules.map((rule) => new RuleLedger(rule));
    this.#fileOf = fileOf;
    this.#emit = emit;
  }

  get rules(): LedgerRule[] {
    return this.#rules.map(({ rule }) => rule);
  }

  get tallies(): RuleTally[] {
    return this.#rules.map(({ tally }) => tally);
  }

  /** One more rule, behind the others; its number for `fire`. */
  add(rule: LedgerRule): number {
    this.#rules.push(new RuleLedger(rule));
    return this.#rules.length - 1;
  }

  ruleOf(rule: number): LedgerRule {
    return this.#rules[rule].rule;
  }

  tallyOf(rule: number): RuleTally {
    return this.#rules[rule].tally;
  }

  /** Notes that a rule fired at an event. */
  fire(hit: Firing, batch: EventBatch, row: number): void {
    const ledger = this.#rules[hit.rule];
    const { tally, rule } = ledger;
    const timeMs = batch.time[row];
    if (timeMs >= ledger.windowEndMs) this.#openWindow(hit.rule, timeMs);
    tally.firings++;
    tally.firstMs ??= timeMs;
    tally.lastMs = timeMs;
    const fired = ledger.keyOf(hit, batch, row, this.#keyText);
    if (this.#onFiring !== undefined) this.#tell(rule, fired.key, hit, batch, row);
    const open = fired.row;
    if (open !== undefined) {
      open.firings++;
      open.lastMs = timeMs;
      if (hit.count !== undefined && hit.count > open.peak!) {
        open.peak = hit.count;
        open.limit = hit.limit;
      }
      return;
    }
    fired.row = {
      rule: rule.name,
      key: fired.key,
      windowStartMs: ledger.windowStartMs,
      firings: 1,
      firstMs: timeMs,
      lastMs: timeMs,
      peak: hit.count,
      limit: hit.limit,
      verdict: rule.verdict,
      file: this.#fileAt(batch, row),
      line: batch.line[row],
      of: fired,
    };
    ledger.rows.push(fired.row);
  }

  #tell(
    { name, verdict }: LedgerRule,
    key: string,
    hit: Firing,
    batch: EventBatch,
    row: number,
  ): void {
    this.#onFiring!({
      rule: name,
      key,
      verdict,
      timeMs: batch.time[row],
      count: hit.count,
      limit: hit.limit,
      file: this.#fileAt(batch, row),
      line: batch.line[row],
    });
  }

  #fileAt(batch: EventBatch, row: number): string {
    return batch.text(row, TEXT.file) || this.#fileOf(batch.source);
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
      for (const row of ledger.rows) firings += row.firings;
    }
    return firings;
  }

  /** The clock has come to `timeMs`: closes what ended and emits what is in order. */
  advance(timeMs: number): void {
    let oldestOpenMs = Infinity;
    this.#rules.forEach((ledger, index) => {
      const { intervalMs } = ledger.rule.monitor;
      if (ledger.rows.length > 0 && timeMs >= ledger.windowEndMs) this.#close(index);
      ledger.endEpisodes(timeMs);
      oldestOpenMs = Math.min(oldestOpenMs, this.#windowStartMs(timeMs, intervalMs));
    });
    this.#flush(oldestOpenMs);
  }

  finish(): void {
    this.#rules.forEach((_, index) => this.#close(index));
    for (const ledger of this.#rules) ledger.finish();
    this.#flush(Infinity);
  }

  countKeys(): void {
    for (const ledger of this.#rules) ledger.countKeys();
  }

  save(): LedgerState {
    const waiting = this.#waiting.map(({ windowStartMs, rule, rows }) => {
      return { windowStartMs, rule, rows: rows.map(storedRow) };
    });
    waiting.sort((a, b) => a.windowStartMs - b.windowStartMs || a.rule - b.rule);
    const byWindow = Array.from(this.#byWindow, ([counted, windows]) => {
      return [counted, [...windows].sort(([a], [b]) => a - b)] as const;
    });
    byWindow.sort(([a], [b]) => compareText(a, b));
    return { rules: this.#rules.map((ledger) => ledger.save()), waiting, byWindow };
  }

  restore({ rules, waiting, byWindow }: LedgerState): void {
    rules.forEach((state, index) => this.#rules[index].restore(state));
    this.#waiting = waiting.map(({ windowStartMs, rule, rows }) => {
      return { windowStartMs, rule, rows: rows.map((row) => this.#rules[rule].openRow(row)) };
    });
    for (const [counted, windows] of byWindow) this.#byWindow.set(counted, new Map(windows));
  }

  #openWindow(index: number, timeMs: number): void {
    const ledger = this.#rules[index];
    if (ledger.rows.length > 0) this.#close(index);
    const { intervalMs } = ledger.rule.monitor;
    ledger.windowStartMs = this.#windowStartMs(timeMs, intervalMs);
    ledger.windowEndMs = ledger.windowStartMs + intervalMs;
  }

  #windowStartMs(timeMs: number, intervalMs: number): number {
    return this.#grid.startOf(this.#grid.numberAt(timeMs, intervalMs), intervalMs);
  }

  #close(index: number): void {
    const ledger = this.#rules[index];
    const rows = ledger.close();
    if (rows.length === 0) return;
    const { windowStartMs, rule } = ledger;
    this.#waiting.push({ windowStartMs, rule: index, rows });
    if (rule.counted === undefined) return;
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

function storedRow(row: OpenRow): StoredRow {
  const { key, windowStartMs, firings, firstMs, lastMs, peak, limit, file, line } = row;
  return { key, windowStartMs, firings, firstMs, lastMs, peak, limit, file, line };
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
  const [first, second] = [a.of.order, b.of.order];
  if (first !== undefined && second !== undefined) return compareNetworks(first, second);
  return compareText(a.key, b.key);
}
