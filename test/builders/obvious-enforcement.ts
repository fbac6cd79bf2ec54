import ipaddr from 'ipaddr.js';

import { Correlator } from '../../src/correlate/correlator.ts';
import { formatWords } from '../../src/model/address.ts';
import { ALL_NEEDS, PHASES } from '../../src/model/event.ts';
import { fieldValue, peerText } from '../../src/model/field-value.ts';
import { Vocabulary } from '../../src/model/vocabulary.ts';
import type { Rule, RulePolicy } from '../../src/policy/rule-policy.ts';
import type { CorrelatedEvent } from './correlated-events.ts';
import { batchOf, type EventRow } from './event-batches.ts';
import { releaseOf } from './event-sources.ts';
import { ObviousSessions, type ObviousSession } from './obvious-audit.ts';
import { blockOf, isIgnored, ObviousRules, type JudgedEvent } from './obvious-rules.ts';

/** What one refusal took, on its way back. */
interface Unit {
  readonly number: number;
  readonly firstMs: number;
  readonly isSession: boolean;
}

interface Session extends ObviousSession {
  readonly id: number;
  takenBy: number | undefined;
  unit: Unit | undefined;
  counted: boolean;
  delayMs: number;
  begun: Message | undefined;
}

interface Message {
  takenBy: number | undefined;
  unit: Unit | undefined;
}

interface Returning {
  readonly row: EventRow;
  readonly unit: Unit;
  readonly isFirst: boolean;
}

interface Reply {
  readonly code: number;
  readonly text: string;
  readonly closes: boolean;
}

export interface Settings {
  readonly fromMs: number;
  readonly toMs: number;
  readonly timeoutMs: number;
  readonly retryMs: number | undefined;
}

const FIVE_DAYS_MS = 5 * 86_400_000;
const CLASSES: Readonly<Record<string, string>> = { spam: 'spam', virus: 'virus' };

/**
 * A policy in force by the text of semantics, section 6, one event after another: objects and lists,
 * and a filter for every answer. What ties lines together is the correlator's, tested apart.
 */
export class ObviousEnforcement {
  readonly attempts: ObviousRules;
  readonly accepted: ObviousRules;
  readonly sessions = new ObviousSessions<Session>();
  /** Events of the report by kind: attempted, and refused by no rule. */
  readonly events: Record<string, number> = {};
  readonly acceptedEvents: Record<string, number> = {};
  readonly blocksBegun: number[];
  readonly blocked: number[];
  readonly overlap = new Map<string, number>();
  readonly collateral: Record<string, number>[];
  readonly total: Record<string, number> = {};
  readonly tarpits = { sessions: 0, seconds: 0, heldAtEnd: 0 };
  readonly retries = { returned: 0, gaveUp: 0, waiting: 0 };
  ended: Record<string, number> = {};
  late = 0;
  /** Of the last event of the log. */
  clockMs = -Infinity;
  firstMs: number | undefined;
  readonly policy: RulePolicy;
  readonly #settings: Settings;
  readonly #vocabulary = new Vocabulary();
  readonly #correlator: Correlator;
  readonly #bySlot: Session[] = [];
  readonly #messages: (Message | undefined)[] = [];
  #blocks: { rule: number; block: string; node: string; untilMs: number }[] = [];
  #held: { session: Session; untilMs: number; end: string }[] = [];
  readonly #returns: Returning[] = [];
  #returning: Returning | undefined;
  #units = 0;
  #ids = 0;
  #nowMs = 0;

  constructor(policy: RulePolicy, settings: Settings) {
    this.policy = policy;
    this.#settings = settings;
    this.attempts = new ObviousRules(policy);
    this.accepted = new ObviousRules(policy);
    this.blocksBegun = policy.rules.map(() => 0);
    this.blocked = policy.rules.map(() => 0);
    this.collateral = policy.rules.map(() => ({}));
    this.#correlator = new Correlator({
      needs: ALL_NEEDS,
      sessionTimeoutMs: settings.timeoutMs,
      onSession: (slot, end) => {
        if (end === undefined) this.#open(slot);
        else this.#close(this.#bySlot[slot], end);
      },
    });
  }

  /** The rows in the order of the stream, each with its input. */
  run(stream: readonly (readonly [EventRow, number])[]): void {
    for (const [row, rank] of stream) {
      const nowMs = releaseOf(row);
      if (nowMs >= this.#settings.toMs) break;
      const batch = batchOf([row], this.#vocabulary, rank);
      if (!this.#correlator.admits(batch, 0)) continue;
      this.attempts.start(nowMs);
      this.accepted.start(nowMs);
      this.firstMs ??= nowMs;
      this.clockMs = nowMs;
      this.#passTo(nowMs);
      this.#happen(row, batch, nowMs, rank);
    }
    this.tarpits.heldAtEnd = this.#held.length;
    this.retries.waiting = this.#returns.filter(({ isFirst }) => isFirst).length;
  }

  /** Everything that is due by itself: held sessions, timeouts, and what comes back. */
  #passTo(nowMs: number): void {
    for (;;) {
      const heldMs = Math.min(...this.#held.map(({ untilMs }) => untilMs));
      const timeoutMs = this.#correlator.nextTimeoutMs;
      const [next] = this.#returns;
      const returnMs = next?.row.timeMs ?? Infinity;
      const dueMs = Math.min(heldMs, timeoutMs, returnMs);
      if (dueMs > nowMs) return;
      this.#nowMs = dueMs;
      if (heldMs === dueMs) this.#letGo(dueMs);
      else if (timeoutMs === dueMs) this.#correlator.expire();
      else {
        this.#returns.shift();
        if (next.isFirst) this.retries.returned++;
        const batch = batchOf([next.row], this.#vocabulary);
        this.#returning = next;
        if (this.#correlator.admits(batch, 0)) this.#happen(next.row, batch, dueMs, 0);
        this.#returning = undefined;
      }
    }
  }

  #happen(row: EventRow, batch: ReturnType<typeof batchOf>, nowMs: number, rank: number): void {
    const correlator = this.#correlator;
    this.#nowMs = nowMs;
    correlator.take(batch, 0);
    const correlated: CorrelatedEvent = {
      kind: fieldValue(batch, 0, 'kind'),
      ip: peerText(batch, 0),
      phases: PHASES.filter((_, phase) => (batch.phases[0] & (1 << phase)) !== 0).join(' '),
      phase: fieldValue(batch, 0, 'phase'),
      verdict: fieldValue(batch, 0, 'verdict'),
      user: fieldValue(batch, 0, 'user'),
      session: fieldValue(batch, 0, 'session'),
      listener: fieldValue(batch, 0, 'listener'),
      service: fieldValue(batch, 0, 'service'),
      sessions: '',
      changes: [],
    };
    const { ip: _ip, ...rest } = row;
    const { kind, user, ip } = correlated;
    const facts: EventRow = { ...rest, kind, user, ...(ip === '' ? {} : { ip }) };
    const file = row.file ?? `log${rank}`;
    const event = { row: facts, correlated, nowMs, file, line: row.line! };
    this.#judge(event);
  }

  #judge(event: JudgedEvent): void {
    const { row, correlated, nowMs } = event;
    const { kind, phase } = correlated;
    const { queued, session: slot, closed, begins: isFirst } = this.#correlator;
    const session = slot === 0 ? undefined : this.#bySlot[slot];
    const isReported = nowMs >= this.#settings.fromMs;
    const begins =
      isFirst || kind === 'transaction' || (kind === 'reinjection' && phase === 'rcptto');
    if (begins) {
      const message = { takenBy: session?.takenBy, unit: session?.unit };
      if (queued !== 0) this.#messages[queued] = message;
      if (session !== undefined) session.begun = queued === 0 ? undefined : message;
    }
    const message = queued === 0 ? undefined : this.#messages[queued];
    if (kind === 'reception' && session !== undefined) session.begun = undefined;
    const closedSession = closed === 0 || begins ? undefined : this.#bySlot[closed];
    const owner = message?.takenBy ?? session?.takenBy ?? closedSession?.takenBy;
    if (owner !== undefined) {
      if (kind === 'reception' && message !== undefined) {
        message.takenBy = owner;
      }
      this.#count(event, owner);
      const unit = message?.unit ?? session?.unit ?? closedSession?.unit;
      if (unit !== undefined && row.releaseMs === undefined) this.#comesBack(event, unit, false);
      return;
    }
    const isIgnoredPeer = isIgnored(correlated.ip);
    const late = row.releaseMs !== undefined;
    const results = isIgnoredPeer ? [] : this.attempts.add(row, nowMs);
    if (isIgnoredPeer || late || !isReported) {
      if (!isIgnoredPeer) this.accepted.add(row, nowMs);
      if (isIgnoredPeer || !isReported) return;
      if (results.includes(false) && !results.includes(true)) return;
      this.late++;
      this.#countEvent(kind);
      this.#accept(event);
      return;
    }
    this.#countEvent(kind);
    if (kind === 'connect') {
      const refusing = this.policy.rules.flatMap((_, rule) =>
        this.#isBlocked(rule, event) ? [rule] : [],
      );
      if (refusing.length > 0) {
        this.#noteOverlap(refusing);
        const { verdict } = this.policy.rules[refusing[0]];
        this.blocked[refusing[0]]++;
        const reply =
          'code' in verdict
            ? { code: verdict.code, text: verdict.text }
            : { code: 554, text: '5.7.1 blocked' };
        this.#refuse(event, refusing[0], { ...reply, closes: true }, session, message);
        return;
      }
    }
    this.accepted.add(row, nowMs);
    const refusing: number[] = [];
    this.policy.rules.forEach((rule, index) => {
      const result = this[rule.counts].fires(rule, event);
      if (result === undefined) return;
      this.attempts.note(rule, event, result);
      this.#fired(rule, index, event, session);
      const refuses = rule.verdict.type === 'reject' || rule.verdict.type === 'disconnect';
      if (refuses && phase !== '') refusing.push(index);
    });
    if (refusing.length === 0) {
      this.#accept(event);
      return;
    }
    this.accepted.undo();
    this.#noteOverlap(refusing);
    const { verdict } = this.policy.rules[refusing[0]];
    if (!('code' in verdict)) throw new Error(verdict.type);
    const closes = kind === 'connect' || verdict.type === 'disconnect';
    const reply = { code: verdict.code, text: verdict.text, closes };
    this.#refuse(event, refusing[0], reply, session, message);
  }

  #fired(rule: Rule, index: number, event: JudgedEvent, session: Session | undefined): void {
    const { row, nowMs } = event;
    if (rule.verdict.type === 'tarpit' && session?.counted === true) {
      if (session.delayMs === 0) this.tarpits.sessions++;
      session.delayMs += rule.verdict.seconds * 1000;
      this.tarpits.seconds += rule.verdict.seconds;
    }
    if (rule.blockMs === undefined || row.ip === undefined) return;
    const block = this.#blockOf(rule, row);
    const node = rule.scope === 'node' ? (row.node ?? '') : '';
    const same = this.#blocks.filter(
      (own) => own.rule === index && own.block === block && own.node === node,
    );
    if (!same.some(({ untilMs }) => untilMs > nowMs)) this.blocksBegun[index]++;
    this.#blocks.push({ rule: index, block, node, untilMs: nowMs + rule.blockMs });
  }

  #isBlocked(index: number, { row, nowMs }: JudgedEvent): boolean {
    const rule = this.policy.rules[index];
    const { ip } = row;
    if (ip === undefined) return false;
    const spared = rule.except.some(({ family, words, bits }) => {
      const peer = ipaddr.parse(ip);
      if ((peer.kind() === 'ipv4' ? 4 : 6) !== family) return false;
      const bytes = words.flatMap((w) => [w >>> 24, (w >>> 16) & 255, (w >>> 8) & 255, w & 255]);
      const own = family === 4 ? bytes.slice(0, 4) : bytes;
      return peer.match(ipaddr.fromByteArray(own), bits);
    });
    const node = rule.scope === 'node' ? (row.node ?? '') : '';
    const block = this.#blockOf(rule, row);
    return (
      !spared &&
      this.#blocks.some(
        (own) =>
          own.rule === index && own.node === node && own.block === block && own.untilMs > nowMs,
      )
    );
  }

  #blockOf({ per }: Rule, row: EventRow): string {
    return blockOf(row.ip ?? '', per.type === 'prefix' ? per.prefix : { ipv4: 32, ipv6: 128 });
  }

  #refuse(
    event: JudgedEvent,
    index: number,
    reply: Reply,
    session: Session | undefined,
    message: Message | undefined,
  ): void {
    const { row, correlated, nowMs } = event;
    const { kind } = correlated;
    this.attempts.stop(this.policy.rules[index], event);
    this.#count(event, index);
    const unit = this.#unitOf(event, reply, session);
    const taken: (Session | Message | undefined)[] = [];
    if (kind === 'transaction' || kind === 'reception') taken.push(message);
    if (reply.closes) taken.push(session, session?.begun);
    for (const one of taken) {
      if (one === undefined) continue;
      one.takenBy = index;
      one.unit = unit;
    }
    if (reply.closes && session?.counted === true) this.#close(session, 'refused');
    if (kind === 'rejection') return;
    const [, enhanced, reason] = /^(?:(\d\.\d+\.\d+) )?(.*)$/.exec(reply.text)!;
    this.attempts.add(
      {
        timeMs: row.timeMs,
        kind: 'rejection',
        ...(row.ip === undefined ? {} : { ip: row.ip }),
        node: row.node ?? '',
        recipient: row.recipient ?? '',
        sender: row.sender ?? '',
        code: reply.code,
        enhanced: enhanced ?? '',
        reason,
      },
      nowMs,
    );
    this.#countEvent('rejection');
  }

  /** What comes back of a refusal; undefined: nothing. */
  #unitOf(event: JudgedEvent, reply: Reply, session: Session | undefined): Unit | undefined {
    const { retryMs } = this.#settings;
    const { row, correlated, nowMs } = event;
    if (retryMs === undefined || reply.code >= 500) return undefined;
    const own = row.code ?? 0;
    if (correlated.kind === 'rejection' && own >= 400 && own < 500) return undefined;
    const firstMs = this.#returning?.unit.firstMs ?? nowMs;
    if (nowMs + retryMs - firstMs >= FIVE_DAYS_MS) {
      this.retries.gaveUp++;
      return undefined;
    }
    const isConnect = correlated.kind === 'connect';
    const isSession = isConnect || (reply.closes && session !== undefined);
    const unit = { number: ++this.#units, firstMs, isSession };
    if (!isConnect) {
      this.#connects(event, unit, 'connect');
      if (!isSession) this.#connects(event, unit, 'disconnect');
    }
    this.#comesBack(event, unit, isConnect);
    return unit;
  }

  #comesBack(event: JudgedEvent, unit: Unit, isFirst: boolean): void {
    const { row, correlated, file } = event;
    const { ip: _ip, reinjected, ...rest } = row;
    const { ip, phase, verdict, session, listener, service, user } = correlated;
    const back: EventRow = {
      ...rest,
      timeMs: row.timeMs + this.#settings.retryMs!,
      ...(ip === '' ? {} : { ip }),
      ...(phase === '' ? {} : { phase: phase as NonNullable<EventRow['phase']> }),
      verdict: (verdict || 'none') as NonNullable<EventRow['verdict']>,
      ...(reinjected === undefined ? {} : { reinjected }),
      session: unit.isSession ? renamed(session, unit) : '',
      queue_id: (row.queue_id ?? '') === '' ? '' : renamed(row.queue_id!, unit),
      listener,
      service,
      user,
      file,
    };
    this.#returns.push({ row: back, unit, isFirst });
  }

  #connects(event: JudgedEvent, unit: Unit, kind: 'connect' | 'disconnect'): void {
    const { row, correlated, file, line } = event;
    const { ip, listener, service, session } = correlated;
    const own: EventRow = {
      kind,
      timeMs: row.timeMs + this.#settings.retryMs!,
      ...(ip === '' ? {} : { ip }),
      node: row.node ?? '',
      listener,
      service,
      session: renamed(session, unit),
      file,
      line,
    };
    this.#returns.push({ row: own, unit, isFirst: kind === 'connect' });
  }

  #open(slot: number): void {
    const { family, words, node, service, listener } = this.#correlator.sessions;
    const ip = formatWords(family[slot], words, slot * 4);
    const { nodes, services, listeners } = this.#vocabulary;
    const session: Session = {
      id: ++this.#ids,
      ip,
      node: nodes.name(node[slot]),
      service: services.name(service[slot]),
      listener: listeners.name(listener[slot]),
      takenBy: undefined,
      unit: undefined,
      counted: !isIgnored(ip),
      delayMs: 0,
      begun: undefined,
    };
    this.#bySlot[slot] = session;
    if (session.counted && ip !== '') this.#change([...this.sessions.open, session]);
  }

  #close(session: Session, end: string): void {
    if (!session.counted) return;
    session.counted = false;
    const { delayMs } = session;
    if (delayMs > 0) this.#held.push({ session, untilMs: this.#nowMs + delayMs, end });
    else this.#gone(session, end);
  }

  #letGo(nowMs: number): void {
    const due = this.#held.filter(({ untilMs }) => untilMs === nowMs);
    this.#held = this.#held.filter(({ untilMs }) => untilMs !== nowMs);
    for (const { session, end } of due) this.#gone(session, end);
  }

  #gone(session: Session, end: string): void {
    this.#change(this.sessions.open.filter(({ id }) => id !== session.id));
    if (this.#nowMs >= this.#settings.fromMs) this.ended[end] = (this.ended[end] ?? 0) + 1;
  }

  #change(open: readonly Session[]): void {
    this.sessions.change(open, this.#nowMs);
    this.attempts.sessions.change(open, this.#nowMs);
    this.accepted.sessions.change(open, this.#nowMs);
  }

  #countEvent(kind: string): void {
    this.events[kind] = (this.events[kind] ?? 0) + 1;
  }

  #accept(event: JudgedEvent): void {
    const { kind } = event.correlated;
    this.acceptedEvents[kind] = (this.acceptedEvents[kind] ?? 0) + 1;
    this.#count(event, undefined);
  }

  #noteOverlap(rules: readonly number[]): void {
    for (const rule of rules) {
      for (const other of rules) {
        if (rule > other) continue;
        const key = `${rule} ${other}`;
        this.overlap.set(key, (this.overlap.get(key) ?? 0) + 1);
      }
    }
  }

  #count({ correlated: { kind, verdict } }: JudgedEvent, owner: number | undefined): void {
    const name =
      kind === 'connect'
        ? 'connections'
        : kind === 'reception'
          ? (CLASSES[verdict] ?? 'accepted')
          : kind === 'rejection'
            ? verdict === 'greylisted'
              ? 'greylisted'
              : 'rejected'
            : undefined;
    if (name === undefined) return;
    this.total[name] = (this.total[name] ?? 0) + 1;
    if (owner === undefined) return;
    const own = this.collateral[owner];
    own[name] = (own[name] ?? 0) + 1;
  }
}

function renamed(name: string, { number }: Unit): string {
  return `${name.replace(/~\d+$/, '')}~${number}`;
}
