import type { Network, Prefix } from '../model/address.ts';
import { formatMonitor, type Monitor, type WindowRange } from '../model/monitor.ts';
import { METRICS, type AuditEngine } from './audit-engine.ts';
import { removeFrom } from './feed-changes.ts';
import type { Feed } from './feed.ts';
import type {
  Askable,
  AskableSeries,
  BlockQuestion,
  DefinedPlan,
  DefinedSeries,
  MetricName,
  ScriptAudit,
} from './port.ts';

/** Names that reports use for what every replay counts. */
const TAKEN: ReadonlySet<string> = new Set([...METRICS.map(({ name }) => name), 'sessions']);

/** The audit engine as scripts see it; questions that were asked before are found again. */
export class ScriptQuestions implements ScriptAudit {
  readonly monitors: readonly Monitor[];
  readonly #engine: AuditEngine;
  readonly #metrics = new Map<string, AskedFeed>();
  readonly #series = new Map<string, AskedFeed>();
  readonly #sessions = new Map<string, BlockQuestion>();
  readonly #persisted = new Set<string>();

  constructor(engine: AuditEngine, monitors: readonly Monitor[]) {
    this.#engine = engine;
    this.monitors = monitors;
  }

  metric(name: MetricName, monitor: Monitor): Askable {
    return known(this.#metrics, `${formatMonitor(monitor)} ${name}`, () => {
      return new AskedFeed(this.#engine.metricFeed(name, monitor));
    });
  }

  series(name: string, monitor: Monitor): AskableSeries {
    return known(this.#series, `${formatMonitor(monitor)} ${name}`, () => {
      // A report that shows two things under one name and monitor would add them up.
      const shown = TAKEN.has(name) ? `${name} (series)` : name;
      return new AskedFeed(this.#engine.scriptFeed(shown, monitor));
    });
  }

  /** Names of the series that are kept at the end, in the order of their definition. */
  get persisted(): readonly string[] {
    return [...this.#persisted];
  }

  define({ name, type, monitor, serialize, persist }: DefinedPlan): DefinedSeries | undefined {
    const shown = TAKEN.has(name) ? `${name} (series)` : name;
    const feed = this.#engine.scriptFeed(shown, monitor, type);
    if (feed.type !== type) return undefined;
    if (serialize) feed.serialize = true;
    if (persist) this.#persisted.add(shown);
    return known(this.#series, `${formatMonitor(monitor)} ${name}`, () => new AskedFeed(feed));
  }

  sessions(
    service: string | undefined,
    listener: string | undefined,
    prefix: Prefix,
  ): BlockQuestion {
    const { ipv4, ipv6 } = prefix;
    // Names of services have no spaces; a listener may have no name.
    const asked = `${ipv4} ${ipv6} ${service ?? ''} ${listener === undefined ? '' : `=${listener}`}`;
    return known(this.#sessions, asked, () => {
      return this.#engine.openSessions(service, listener, prefix);
    });
  }
}

class AskedFeed implements AskableSeries, DefinedSeries {
  readonly #feed: Feed;
  readonly #questions = new Map<string, BlockQuestion>();

  constructor(feed: Feed) {
    this.#feed = feed;
  }

  over(prefix: Prefix, windows: WindowRange): BlockQuestion {
    const asked = `${prefix.ipv4} ${prefix.ipv6} ${windows.start} ${windows.end}`;
    return known(this.#questions, asked, () => this.#feed.question(prefix, windows));
  }

  add(family: number, words: Int32Array, at: number, amount: number): void {
    this.#feed.addPresent(family, words, at, amount);
  }

  addText(key: string, amount: number): void {
    this.#feed.addPresentText(key, amount);
  }

  countText(key: string, windows: WindowRange): number {
    return this.#feed.countText(key, windows);
  }

  remove(key: Network | string): void {
    removeFrom(this.#feed, key);
  }

  serialize(): void {
    this.#feed.serialize = true;
  }
}

function known<Kind>(all: Map<string, Kind>, key: string, make: () => Kind): Kind {
  let one = all.get(key);
  if (one === undefined) all.set(key, (one = make()));
  return one;
}
