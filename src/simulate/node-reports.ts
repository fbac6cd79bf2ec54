import type { EventBatch } from '../model/event-batch.ts';
import type { Firing, FiringLedger } from './firing-ledger.ts';
import type { FiringRow, ReplaySink, StoppedRow } from './tally.ts';

/** Where the rows of one node go. */
export type NodeSink = Pick<ReplaySink, 'window' | 'firing' | 'stopped'>;

export interface NodeReportsOptions {
  /** Begins the rows of a node. */
  readonly sinkOf: (node: number) => NodeSink;
  /** A ledger with the rules of the report. */
  readonly newLedger: (emit: (row: FiringRow) => void) => FiringLedger;
}

/** The rows of one node: what happened at its events, and what it has counted. */
class NodeReport {
  readonly ledger: FiringLedger;
  readonly #newSink: () => NodeSink;
  #sink: NodeSink | undefined;

  constructor(newSink: () => NodeSink, newLedger: NodeReportsOptions['newLedger']) {
    this.#newSink = newSink;
    this.ledger = newLedger((row) => this.sink.firing(row));
  }

  get sink(): NodeSink {
    return this.#sink ?? this.begin();
  }

  begin(): NodeSink {
    return (this.#sink ??= this.#newSink());
  }
}

/** The rows of a report once more, those of each node by themselves (semantics, section 8). */
export class NodeReports {
  readonly #options: NodeReportsOptions;
  /** By number of the node. */
  readonly #nodes: NodeReport[] = [];

  constructor(options: NodeReportsOptions) {
    this.#options = options;
  }

  /** Begins the rows of a node, which may have none. */
  begin(node: number): void {
    this.of(node).begin();
  }

  of(node: number): NodeReport {
    const { sinkOf, newLedger } = this.#options;
    return (this.#nodes[node] ??= new NodeReport(() => sinkOf(node), newLedger));
  }

  fire(hit: Firing, batch: EventBatch, row: number): void {
    this.of(batch.node[row]).ledger.fire(hit, batch, row);
  }

  stopped(node: number, row: StoppedRow): void {
    this.of(node).sink.stopped(row);
  }

  /** What is done to the ledger of the report is done to that of each node. */
  eachLedger(act: (ledger: FiringLedger) => void): void {
    this.#nodes.forEach(({ ledger }) => act(ledger));
  }
}
