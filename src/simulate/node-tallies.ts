import type { Taken } from '../engine/audit-engine.ts';
import type { EventBatch } from '../model/event-batch.ts';
import { FIRST_CUSTOM_KIND } from '../model/event.ts';
import { compareText } from '../model/order.ts';
import type { Vocabulary, Words } from '../model/vocabulary.ts';
import type { NodeTotals, StoppedCounts } from './tally.ts';

/** A node's tally while it is counted. */
interface Counts extends StoppedCounts {
  /** By number of the kind; as long as the highest so far needs it. */
  events: Float64Array;
  ignored: number;
  late: number;
  tooLate: number;
  opened: number;
  open: number;
  peak: number;
  firings: number;
}

/** What a report counts, by the node of the event; no event makes an object. */
export class NodeTallies {
  readonly #vocabulary: Vocabulary;
  /** By number of the node. */
  readonly #nodes: (Counts | undefined)[] = [];

  constructor(vocabulary: Vocabulary) {
    this.#vocabulary = vocabulary;
  }

  /** An event that is counted. */
  count(batch: EventBatch, row: number): void {
    const own = this.of(batch.node[row]);
    const kind = batch.kind[row];
    if (kind >= own.events.length) own.events = longer(own.events, kind);
    own.events[kind]++;
  }

  /** An event that is not counted in the present window. */
  setAside(taken: Exclude<Taken, 'counted'>, batch: EventBatch, row: number): void {
    const own = this.of(batch.node[row]);
    if (taken === 'ignored') own.ignored++;
    else if (taken === 'too late') own.tooLate++;
    else {
      own.late++;
      this.count(batch, row);
    }
  }

  /** A session opened or ended; one that was open before the first reported event counts from then on. */
  session(node: number, opens: boolean, isReported: boolean): void {
    const own = this.of(node);
    own.open += opens ? 1 : -1;
    if (!isReported) return;
    if (opens) own.opened++;
    own.peak = Math.max(own.peak, own.open + (opens ? 0 : 1));
  }

  /** What is counted of a node; firings and what rules stop are added to it. */
  of(node: number): Counts {
    return (this.#nodes[node] ??= noCounts());
  }

  /** Names and numbers of the nodes that the report has something of, in the order of names. */
  get reported(): readonly (readonly [name: string, node: number])[] {
    const { nodes } = this.#vocabulary;
    const all = this.#nodes.flatMap((own, node) =>
      own !== undefined && hasSomething(own) ? [[nodes.name(node), node] as const] : [],
    );
    return all.sort(([a], [b]) => compareText(a, b));
  }

  get tallies(): NodeTotals[] {
    return this.reported.map(([name, node]) => {
      const { events, opened, open, peak, ...counts } = this.of(node);
      const sessions = { opened, openAtEnd: open, peak };
      const byKind = eventsOf(events, this.#vocabulary.kinds);
      return { node: name, events: byKind, sessions, ...counts };
    });
  }

  restore(tallies: readonly NodeTotals[]): void {
    const { nodes, kinds } = this.#vocabulary;
    for (const { node, events, sessions, ...counts } of tallies) {
      const { opened, openAtEnd: open, peak } = sessions;
      const own = Object.assign(this.of(nodes.id(node)!), { ...counts, opened, open, peak });
      for (const [name, count] of Object.entries(events)) {
        const kind = kinds.id(name)!;
        if (kind >= own.events.length) own.events = longer(own.events, kind);
        own.events[kind] = count;
      }
    }
  }
}

/** The events of all nodes together, by kind in the order of names. */
export function allEvents(tallies: readonly NodeTotals[]): Record<string, number> {
  const sums = new Map<string, number>();
  for (const { events } of tallies) {
    for (const [kind, count] of Object.entries(events)) {
      sums.set(kind, (sums.get(kind) ?? 0) + count);
    }
  }
  return Object.fromEntries([...sums].sort(([a], [b]) => compareText(a, b)));
}

function noCounts(): Counts {
  return {
    events: new Float64Array(FIRST_CUSTOM_KIND),
    ignored: 0,
    late: 0,
    tooLate: 0,
    opened: 0,
    open: 0,
    peak: 0,
    firings: 0,
    stoppedConnections: 0,
    stoppedMessages: 0,
    stoppedAccepted: 0,
  };
}

function hasSomething({ events, open: _open, ...counts }: Counts): boolean {
  return Object.values(counts).some((count) => count > 0) || events.some((count) => count > 0);
}

/** Room for a kind, and as much again. */
function longer(events: Float64Array, kind: number): Float64Array {
  const grown = new Float64Array((kind + 1) * 2);
  grown.set(events);
  return grown;
}

function eventsOf(events: Float64Array, kinds: Words): Record<string, number> {
  const counts: [string, number][] = [];
  events.forEach((count, kind) => {
    if (count > 0) counts.push([kinds.name(kind), count]);
  });
  return Object.fromEntries(counts.sort(([a], [b]) => compareText(a, b)));
}
