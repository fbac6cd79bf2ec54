import type { Scope } from '../../engine/port.ts';
import type { ScriptEvent } from '../script-policy.ts';

/** In place of a node's number, which is that of the run's vocabulary, from 0. */
const CLUSTER = -1;

/** What scripts keep: each node its own, and one that all share, made when first asked for. */
export class ByNode<Kept> {
  readonly #make: () => Kept;
  readonly #kept = new Map<number, Kept>();

  constructor(make: () => Kept) {
    this.#make = make;
  }

  /** That of the cluster, or of the node of the event or of the session that ends. */
  at({ batch, row }: ScriptEvent, scope: Scope = 'node'): Kept {
    const node = scope === 'cluster' ? CLUSTER : batch.node[row];
    let kept = this.#kept.get(node);
    if (kept === undefined) this.#kept.set(node, (kept = this.#make()));
    return kept;
  }
}

/** What the report is told where there is no view of the cluster (semantics, section 7). */
export function notReplicated(what: string): string {
  return `the configuration replicates no ${what}: each node has its own`;
}
