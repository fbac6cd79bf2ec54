import type { Network, Prefix } from '../model/address.ts';
import { formatMonitor, type Monitor, type WindowRange } from '../model/monitor.ts';
import { METRICS, type AuditEngine } from './audit-engine.ts';
import { removeAt } from './feed-changes.ts';
import type { Replicate, Replication } from '../model/replication.ts';
import type { FeedNodes } from './nodes/feed-nodes.ts';
import type { Feed } from './feed.ts';
import type {
  Askable,
  AskableSeries,
  BlockQuestion,
  DefinedPlan,
  DefinedSeries,
  MetricName,
  Scope,
  ScriptAudit,
} from './port.ts';

/** Names that reports use for what every replay counts. */
const TAKEN: ReadonlySet<string> = new Set([...METRICS.map(({ name }) => name), 'sessions']);

/** The audit engine as scripts see it; questions that were asked before are found again. */
export class ScriptQuestions implements ScriptAudit {
  readonly monitors: readonly Monitor[];
  readonly #engine: AuditEngine;
  readonly #metrics = new Map<string, Askable>();
  readonly #series = new Map<string, AskedSeries>();
  readonly #sessions = new Map<string, BlockQuestion>();
  readonly #persisted = new Set<string>();

  constructor(engine: AuditEngine, monitors: readonly Monitor[]) {
    this.#engine = engine;
    this.monitors = monitors;
    // What a script asks first at some later event, its node has counted from the first one on.
    for (const feed of engine.feeds) feed.byNode();
  }

  get replication(): Replication {
    return this.#engine.replication;
  }

  metric(name: MetricName, monitor: Monitor, scope: Scope): Askable {
    return known(this.#metrics, `${formatMonitor(monitor)} ${name} ${scope}`, () => {
      return new AskedMetric(this.#engine.metricFeed(name, monitor), scope);
    });
  }

  series(name: string, monitor: Monitor): AskableSeries {
    return known(this.#series, `${formatMonitor(monitor)} ${name}`, () => {
      // A report that shows two things under one name and monitor would add them up.
      const shown = TAKEN.has(name) ? `${name} (series)` : name;
      return new AskedSeries(this.#engine, this.#engine.scriptFeed(shown, monitor), 'none');
    });
  }

  /** Names of the series that are kept at the end, in the order of their definition. */
  get persisted(): readonly string[] {
    return [...this.#persisted];
  }

  define({
    name,
    type,
    monitor,
    serialize,
    persist,
    replicate,
  }: DefinedPlan): DefinedSeries | undefined {
    const shown = TAKEN.has(name) ? `${name} (series)` : name;
    const feed = this.#engine.scriptFeed(shown, monitor, type);
    if (feed.type !== type) return undefined;
    if (serialize) feed.serialize = true;
    if (persist) this.#persisted.add(shown);
    return known(this.#series, `${formatMonitor(monitor)} ${name} ${replicate}`, () => {
      return new AskedSeries(this.#engine, feed, replicate);
    });
  }

  sessions(
    service: string | undefined,
    listener: string | undefined,
    prefix: Prefix,
    scope: Scope,
  ): BlockQuestion {
    const { ipv4, ipv6 } = prefix;
    // Names of services have no spaces; a listener may have no name.
    const asked = `${scope} ${ipv4} ${ipv6} ${service ?? ''} ${listener === undefined ? '' : `=${listener}`}`;
    return known(this.#sessions, asked, () => {
      return this.#engine.openSessions(service, listener, prefix, this.#sessionScope(scope));
    });
  }

  /** Whom the node at hand knows of, where it asks for the cluster. */
  #sessionScope(asked: Scope): Scope | 'told' {
    const delayMs = this.replication.sessions;
    if (asked === 'node' || delayMs === undefined) return 'node';
    return delayMs === 0 ? 'cluster' : 'told';
  }
}

class AskedMetric implements Askable {
  readonly #nodes: FeedNodes;
  readonly #scope: Scope;
  readonly #questions = new Map<string, BlockQuestion>();

  constructor(feed: Feed, scope: Scope) {
    this.#nodes = feed.byNode();
    this.#scope = scope;
  }

  over(prefix: Prefix, windows: WindowRange): BlockQuestion {
    return known(this.#questions, askedText(prefix, windows), () => {
      if (this.#scope === 'cluster') return this.#nodes.clusterQuestion(prefix, windows);
      return this.#nodes.question(prefix, windows);
    });
  }
}

class AskedSeries implements AskableSeries, DefinedSeries {
  readonly #engine: AuditEngine;
  readonly #feed: Feed;
  readonly #nodes: FeedNodes;
  /** Of a series that was defined; in Sieve each add says it. */
  readonly #replicate: Replicate;
  readonly #questions = new Map<string, BlockQuestion>();

  constructor(engine: AuditEngine, feed: Feed, replicate: Replicate) {
    this.#engine = engine;
    this.#feed = feed;
    this.#nodes = feed.byNode();
    this.#replicate = replicate;
  }

  over(prefix: Prefix, windows: WindowRange): BlockQuestion {
    return known(this.#questions, askedText(prefix, windows), () => {
      return this.#nodes.question(prefix, windows);
    });
  }

  add(
    family: number,
    words: Int32Array,
    at: number,
    amount: number,
    replicate = this.#replicate,
  ): void {
    this.#feed.addPresent(family, words, at, amount, replicate, this.#engine.nowMs);
  }

  addText(key: string, amount: number): void {
    this.#feed.addPresentText(key, amount, this.#replicate, this.#engine.nowMs);
  }

  countText(key: string, windows: WindowRange): number {
    return this.#nodes.countText(key, windows);
  }

  remove(key: Network | string): void {
    removeAt(this.#feed, key, this.#replicate);
  }

  serialize(): void {
    this.#feed.serialize = true;
  }
}

function askedText(prefix: Prefix, windows: WindowRange): string {
  return `${prefix.ipv4} ${prefix.ipv6} ${windows.start} ${windows.end}`;
}

function known<Kind>(all: Map<string, Kind>, key: string, make: () => Kind): Kind {
  let one = all.get(key);
  if (one === undefined) all.set(key, (one = make()));
  return one;
}
