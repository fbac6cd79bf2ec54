import type { AuditEngine } from '../../engine/audit-engine.ts';
import { countIn, type KeyRange } from '../../engine/feed-changes.ts';
import type { Network } from '../../model/address.ts';
import { formatMonitor, type Monitor, type WindowRange } from '../../model/monitor.ts';

/** What an engine that stands still between two events is asked. */
export type MomentQuestion = CountQuestion | SessionsQuestion;

export interface CountQuestion {
  readonly type: 'count';
  /** A metric or a named series. */
  readonly series: string;
  /** Undefined: the first that the engine counts under that name. */
  readonly monitor: Monitor | undefined;
  readonly keys: KeyRange;
  readonly windows: WindowRange;
}

export interface SessionsQuestion {
  readonly type: 'sessions';
  /** Undefined: all of them. */
  readonly block: Network | undefined;
  readonly service: string;
  /** Undefined: all of them. */
  readonly listener: string | undefined;
}

/** A number, or why there is none. */
export type Answer = number | { readonly refused: string };

/** Nothing has happened yet, so nothing is counted. */
export const BEFORE_ALL: Answer = 0;

/**
 * Makes ready for a question; before the first event, so that the sessions that a tarpit holds are
 * seen.
 */
export function bind(engine: AuditEngine, question: MomentQuestion): () => Answer {
  if (question.type === 'count') return () => askCount(engine, question);
  return bindSessions(engine, question);
}

function askCount(
  { feeds }: AuditEngine,
  { series, monitor, keys, windows }: CountQuestion,
): Answer {
  const named = feeds.filter(({ name }) => name === series);
  const feed = named.find((one) => monitor === undefined || sameMonitor(one.monitor, monitor));
  if (feed === undefined) {
    const kept = named.map((one) => `"${formatMonitor(one.monitor)}"`).join(', ');
    return { refused: kept === '' ? `nothing is counted as '${series}'` : `it has ${kept}` };
  }
  if ((feed.type === 'string') !== (typeof keys === 'string')) {
    const by = feed.type === 'string' ? 'text, so it needs a key' : 'address, so it needs a block';
    return { refused: `'${series}' counts by ${by}` };
  }
  if (windows.end < feed.kept) return countIn(feed, keys, windows);
  return { refused: `'${series}' keeps the windows 0..${feed.kept - 1}` };
}

function bindSessions(engine: AuditEngine, question: SessionsQuestion): () => Answer {
  const { block, service, listener } = question;
  if (block === undefined) {
    const all = engine.openSessions(service, listener, { ipv4: 0, ipv6: 0 }, 'cluster');
    const nowhere = new Int32Array(4);
    return () => all.count(4, nowhere, 0) + all.count(6, nowhere, 0);
  }
  const { family, bits } = block;
  const prefix = family === 4 ? { ipv4: bits, ipv6: 0 } : { ipv4: 0, ipv6: bits };
  const own = engine.openSessions(service, listener, prefix, 'cluster');
  const words = Int32Array.from(block.words);
  return () => own.count(family, words, 0);
}

function sameMonitor(a: Monitor, b: Monitor): boolean {
  return a.intervalMs === b.intervalMs && a.windows === b.windows;
}
