import ipaddr from 'ipaddr.js';

import type { Prefix } from '../../src/model/address.ts';
import type { Monitor } from '../../src/model/monitor.ts';
import type { Condition, Quantity, Rule, RulePolicy } from '../../src/policy/rule-policy.ts';
import type { FiringRow, StoppedRow } from '../../src/simulate/tally.ts';
import type { CorrelatedEvent } from './correlated-events.ts';
import type { EventRow } from './event-batches.ts';
import {
  compareKeys,
  metricFeed,
  type LaterMs,
  ObviousCount,
  ObviousDistinct,
  ObviousSessions,
} from './obvious-audit.ts';

/** An event as the rules see it, and where it stands. */
export interface JudgedEvent {
  readonly row: EventRow;
  readonly correlated: CorrelatedEvent;
  readonly nowMs: number;
  readonly file: string;
  readonly line: number;
}

type Holds = { readonly count: number; readonly limit: number } | undefined;

/** Windows, sessions and rules by the text of semantics, section 5, without a thought for speed. */
export class ObviousRules {
  readonly firings: (FiringRow & { readonly rule: string })[] = [];
  readonly stopped: StoppedRow[] = [];
  readonly sessions = new ObviousSessions();
  readonly counts: readonly ObviousCount[];
  readonly taken = { ignored: 0, late: 0, tooLate: 0, counted: 0 };
  /** What became of the event taken last. */
  outcome: keyof ObviousRules['taken'] = 'counted';
  readonly #policy: RulePolicy;
  readonly #later: LaterMs;
  readonly #distinct = new Map<Condition, ObviousDistinct>();
  readonly #stoppedMessages = new Set<string>();
  /** The event at hand as the rules see it. */
  current!: JudgedEvent;
  /** Rules that fired at it, by name. */
  hits = new Map<string, NonNullable<Holds>>();
  /** Twins that the event at hand was added to, also a late one. */
  #added = new Set<ObviousCount | ObviousDistinct>();
  #startMs: number | undefined;

  constructor(policy: RulePolicy, later: LaterMs = () => 0) {
    this.#policy = policy;
    this.#later = later;
    const metrics = ['connections', 'receptions', 'rejections'] as const;
    this.counts = [
      ...policy.monitors.flatMap((monitor) => metrics.map((name) => metricFeed(name, monitor))),
      ...policy.series.map(({ name, type, monitor, on, where, key, amount, replicate }) => {
        const [filter] = where;
        const code =
          filter?.matches[0].type === 'exact' ? Number(filter.matches[0].value) : undefined;
        if (key !== 'ip' && key !== 'user' && key !== 'recipient') throw new Error(key);
        const toldAfterMs = replicate === 'cluster' ? (policy.replication?.series ?? 0) : undefined;
        const kept = monitor.windows;
        return { name, type, monitor, kept, kinds: on, code, key, amount, toldAfterMs };
      }),
    ].map((feed) => new ObviousCount(feed, later));
    for (const rule of policy.rules) {
      for (const condition of rule.conditions) {
        const { of } = condition;
        if (of.type !== 'distinct' || condition.type !== 'count') continue;
        if (of.field !== 'user' && of.field !== 'recipient') throw new Error(of.field);
        const per = rule.per.type === 'prefix' ? rule.per.prefix : rule.per.field;
        const asked = { per, monitor: of.monitor, windows: condition.windows, nodes: rule.scope };
        this.#distinct.set(condition, new ObviousDistinct(asked, of.on, of.field, later));
      }
    }
  }

  take(event: JudgedEvent, fromMs: number): void {
    const { row, correlated, nowMs } = event;
    this.start(nowMs);
    for (const { change, timeMs, ...session } of correlated.changes) {
      if (session.ip === 'unknown' || this.#isIgnored(session.ip)) continue;
      const { open } = this.sessions;
      const at = open.findIndex((own) => JSON.stringify(own) === JSON.stringify(session));
      this.sessions.change(change > 0 ? [...open, session] : open.toSpliced(at, 1), timeMs);
    }
    const ignored = this.#isIgnored(correlated.ip);
    const { ip: _ip, ...rest } = row;
    const { kind, user, ip } = correlated;
    const facts: EventRow = { ...rest, kind, user, ...(ip === '' ? {} : { ip }) };
    this.current = { ...event, row: facts };
    this.hits = new Map();
    this.#added = new Set();
    const results = ignored ? [] : this.add(facts, nowMs);
    if (nowMs < fromMs) return;
    const late = row.releaseMs !== undefined;
    const tooLate = late && results.includes(false) && !results.includes(true);
    this.outcome = ignored ? 'ignored' : tooLate ? 'tooLate' : late ? 'late' : 'counted';
    this.taken[this.outcome]++;
    if (this.outcome === 'counted') this.#judge(this.current);
  }

  #isIgnored(ip: string): boolean {
    return this.#policy.ignore.length > 0 && isIgnored(ip);
  }

  /** The rules that fired at the event taken last, in order. */
  get fired(): readonly Rule[] {
    return this.#policy.rules.filter(({ name }) => this.hits.has(name));
  }

  /** The first event of all happens. */
  start(nowMs: number): void {
    this.#startMs ??= nowMs;
  }

  /** Counts an event; of each twin: true where it was added, false where it came too late. */
  add(facts: EventRow, nowMs: number): (boolean | undefined)[] {
    const twins = [...this.counts, ...this.#distinct.values()];
    const results = twins.map((twin) => twin.take(facts, nowMs));
    this.#added = new Set(twins.filter((_, index) => results[index] === true));
    return results;
  }

  /** Takes back what the event at hand has added. */
  undo(): void {
    for (const twin of this.#added) twin.undo();
  }

  #judge(event: JudgedEvent): void {
    let stoppedBy: Rule | undefined;
    for (const rule of this.#policy.rules) {
      const result = this.fires(rule, event);
      if (result === undefined) continue;
      this.note(rule, event, result);
      this.hits.set(rule.name, result);
      const { type } = rule.verdict;
      if (type === 'reject' || type === 'disconnect') stoppedBy ??= rule;
    }
    if (stoppedBy !== undefined && event.correlated.phase !== '') this.stop(stoppedBy, event);
  }

  /** What a rule counts at an event that was counted, and its limit; undefined: it does not fire. */
  fires(rule: Rule, event: JudgedEvent): Holds {
    const { row, correlated } = event;
    const due =
      rule.at === undefined
        ? rule.conditions.some((condition) => this.#counts(condition, row))
        : correlated.phases.split(' ').includes(rule.at);
    if (!due) return undefined;
    const results = rule.conditions.map((condition) => this.#holds(rule, condition, event));
    if (results.includes(undefined)) return undefined;
    const ip = row.ip ?? '';
    const spared = rule.except.some(({ words, bits, family }) => {
      const own =
        family === 4
          ? new ipaddr.IPv4(bytesOf(words.slice(0, 1)))
          : new ipaddr.IPv6(bytesOf(words));
      if (ip === '') return false;
      const peer = ipaddr.parse(ip);
      return peer.kind() === own.kind() && peer.match(own, bits);
    });
    const domain = (row.sender ?? '').toLowerCase().split('@').at(-1)!;
    const friend = rule.exceptDomains.some((own) => `.${domain}`.endsWith(`.${own}`));
    return spared || friend ? undefined : results[0];
  }

  /** Whether the event at hand was added to what a part of a condition counts, late or not. */
  wasAdded(condition: Condition, of: Quantity): boolean {
    if (of.type === 'sessions') return false;
    return this.#added.has(
      of.type === 'distinct' ? this.#distinct.get(condition)! : this.#countOf(of),
    );
  }

  /** Whether the event is one that the condition counts. */
  #counts(condition: Condition, row: EventRow): boolean {
    const parts = condition.type === 'ratio' ? [condition.of, condition.to] : [condition.of];
    return parts.some((of) => {
      return of.type === 'sessions' ? row.kind === 'connect' : this.wasAdded(condition, of);
    });
  }

  #holds(rule: Rule, condition: Condition, event: JudgedEvent): Holds {
    const value = (of: Quantity, start: number, end: number): number =>
      this.value(rule, condition, of, { start, end }, event);
    if (condition.type === 'surge') {
      const { of, times, before, min } = condition;
      const { intervalMs } = this.monitorOf(of);
      const laterMs = this.#later(intervalMs);
      const first = Math.floor((this.#startMs! - laterMs) / intervalMs);
      const passed = Math.floor((event.nowMs - laterMs) / intervalMs) - first;
      const own = value(of, 0, 0);
      const sum = value(of, before.start, before.end);
      const number = before.end - before.start + 1;
      if (own < min || passed < before.end) return undefined;
      return own * number > times * sum ? { count: own, limit: (times * sum) / number } : undefined;
    }
    const { start, end } = condition.windows;
    const own = value(condition.of, start, end);
    if (condition.type === 'count') {
      return own > condition.above ? { count: own, limit: condition.above } : undefined;
    }
    const to = value(condition.to, start, end);
    if (to < condition.min || own <= condition.above * to) return undefined;
    return { count: own, limit: condition.above * to };
  }

  /** What a part of a condition counts over some windows at an event. */
  value(
    rule: Rule,
    condition: Condition,
    of: Quantity,
    windows: { start: number; end: number },
    { row, nowMs }: JudgedEvent,
  ): number {
    const prefix: Prefix = rule.per.type === 'prefix' ? rule.per.prefix : { ipv4: 32, ipv6: 128 };
    if (of.type === 'distinct') return this.#distinct.get(condition)!.value(row, nowMs, windows);
    if (of.type !== 'sessions') {
      return this.#countOf(of).value(row, nowMs, { prefix, windows, nodes: rule.scope });
    }
    const inbound = of.service === 'inbound_cidr';
    const service = inbound ? 'SMTP' : of.service;
    const nodes = inbound ? 'cluster' : rule.scope;
    return this.sessions.value(row, { prefix, service, listener: of.listener, nodes });
  }

  #countOf(of: Quantity): ObviousCount {
    return this.counts.find(({ feed }) =>
      of.type === 'metric'
        ? feed.name === of.metric && feed.monitor === of.monitor
        : of.type === 'series' && feed.name === of.series,
    )!;
  }

  monitorOf(of: Quantity): Monitor {
    if (of.type === 'sessions') return this.#policy.monitors[0];
    return of.type === 'distinct' ? of.monitor : this.#countOf(of).feed.monitor;
  }

  note(rule: Rule, { row, file, line }: JudgedEvent, { count, limit }: NonNullable<Holds>): void {
    const { intervalMs } = this.monitorOf(rule.conditions[0].of);
    const laterMs = this.#later(intervalMs);
    const windowStartMs = Math.floor((row.timeMs - laterMs) / intervalMs) * intervalMs + laterMs;
    const key =
      rule.per.type === 'prefix'
        ? blockOf(row.ip ?? '', rule.per.prefix)
        : row[rule.per.field as 'user'];
    const at = this.firings.findIndex(
      (own) => own.rule === rule.name && own.key === key && own.windowStartMs === windowStartMs,
    );
    if (at === -1) {
      this.firings.push({
        rule: rule.name,
        key: key ?? '',
        windowStartMs,
        firings: 1,
        firstMs: row.timeMs,
        lastMs: row.timeMs,
        peak: count,
        limit,
        verdict: rule.verdict.type,
        file,
        line,
      });
      return;
    }
    const known = this.firings[at];
    const higher = count > known.peak! ? { peak: count, limit } : {};
    this.firings[at] = { ...known, ...higher, firings: known.firings + 1, lastMs: row.timeMs };
  }

  stop(rule: Rule, { row, correlated, file, line }: JudgedEvent): void {
    const { queue_id: queueId = '', kind } = row;
    const message = `${row.node} ${queueId}`;
    if (queueId !== '' && kind === 'reception' && this.#stoppedMessages.delete(message)) return;
    if (queueId !== '' && kind === 'transaction') this.#stoppedMessages.add(message);
    this.stopped.push({
      timeMs: row.timeMs,
      rule: rule.name,
      verdict: rule.verdict.type,
      kind,
      ip: row.ip ?? '',
      sender: row.sender ?? '',
      recipient: row.recipient ?? '',
      recipients: row.recipients === undefined ? '' : String(row.recipients),
      queueId,
      logged: correlated.verdict,
      file,
      line,
    });
  }

  /** Rows of firings.csv in order. */
  sortedFirings(): FiringRow[] {
    const order = (name: string): number =>
      this.#policy.rules.findIndex((rule) => rule.name === name);
    return this.firings.toSorted((a, b) => {
      const byPlace = a.windowStartMs - b.windowStartMs || order(a.rule) - order(b.rule);
      if (byPlace !== 0) return byPlace;
      const { per } = this.#policy.rules[order(a.rule)];
      if (per.type === 'field') return compareKeys('string', a.key, b.key);
      return compareKeys('ip', a.key.replace(/\/.*/, ''), b.key.replace(/\/.*/, ''));
    });
  }

  /** Firings in a window of what rules count: a column of windows.csv. */
  firingsIn(series: string, monitor: Monitor, windowStartMs: number): number {
    const rows = this.firings.filter((row) => {
      const { of } = this.#policy.rules.find(({ name }) => name === row.rule)!.conditions[0];
      const counted = of.type === 'metric' ? of.metric : of.type === 'series' ? of.series : of.type;
      const own = this.monitorOf(of);
      return counted === series && own === monitor && row.windowStartMs === windowStartMs;
    });
    return rows.reduce((sum, { firings }) => sum + firings, 0);
  }
}

export const isIgnored = (ip: string): boolean => ip.startsWith('203.0.113.');

const bytesOf = (words: readonly number[]): number[] =>
  words.flatMap((word) => [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255]);

/** The block of a peer; `''` without one. */
export function blockOf(ip: string, prefix: Prefix): string {
  if (ip === '') return '';
  if (!ip.includes(':')) {
    const block = ipaddr.IPv4.networkAddressFromCIDR(`${ip}/${prefix.ipv4}`);
    return `${block.toString()}/${prefix.ipv4}`;
  }
  const block = ipaddr.IPv6.networkAddressFromCIDR(`${ip}/${prefix.ipv6}`);
  return `${block.toRFC5952String()}/${prefix.ipv6}`;
}
