import type { Network, Prefix } from '../../model/address.ts';
import {
  COUNTED,
  countsOf,
  type ClientCounts,
  type CountedName,
} from '../../model/client-counts.ts';
import type { ClientRows } from './client-rows.ts';

/** What one node saw of a client. */
export interface ClientAtNode extends ClientCounts {
  /** Place of the node. */
  readonly node: number;
}

/** Two nodes that saw some clients both, by their places; `node` is before `other`. */
export interface SharedClients {
  readonly node: number;
  readonly other: number;
  clients: number;
}

/** A client that a node saw more of than its part of all traffic. */
export interface DifferingClient {
  readonly network: Network;
  readonly nodes: readonly ClientAtNode[];
  /** Of the ranked count, at all nodes. */
  readonly count: number;
  /** Events beyond what the nodes' parts of all traffic would give them; may have decimals. */
  readonly difference: number;
}

/** How clients spread over the nodes: who saw whom, and who saw more of whom (docs/compare.md). */
export class ClientSpread {
  /** Different clients of all nodes. */
  readonly clients: number;
  /** By place of the node: its clients, and those that no other node saw. */
  readonly byNode: readonly { clients: number; onlyHere: number }[];
  /** Clients by the number of nodes that saw them; index 0 is unused. */
  readonly bySeen: readonly number[];
  readonly shared: readonly SharedClients[];
  /** Clients with a difference. */
  readonly differing: number;
  readonly #rows: ClientRows;
  readonly #prefix: Prefix;
  readonly #starts: Uint32Array;
  /** Those with a difference, the largest first. */
  readonly #ranking: readonly number[];
  readonly #ranked: number;
  /** Of the ranked count: events at each node, and at all of them. */
  readonly #totals: Float64Array;
  readonly #total: number;

  /**
   * @param nodes how many there are
   * @param prefix what one client is
   * @param ranked what differences are of
   */
  constructor(rows: ClientRows, nodes: number, prefix: Prefix, ranked: CountedName) {
    this.#rows = rows;
    this.#prefix = prefix;
    this.#starts = rows.starts(prefix);
    this.clients = this.#starts.length - 1;
    this.#ranked = COUNTED.indexOf(ranked);
    this.#totals = new Float64Array(nodes);
    for (let row = 0; row < rows.size; row++) {
      this.#totals[rows.node(row)] += rows.count(row, this.#ranked);
    }
    this.#total = this.#totals.reduce((sum, total) => sum + total, 0);

    const byNode = Array.from({ length: nodes }, () => ({ clients: 0, onlyHere: 0 }));
    const bySeen = Array.from({ length: nodes + 1 }, () => 0);
    const shared = new Map<number, SharedClients>();
    const surplus = new Float64Array(this.clients);
    const ranking: number[] = [];
    for (let client = 0; client < this.clients; client++) {
      const seen = this.#at(client);
      bySeen[seen.length]++;
      for (const { node } of seen) byNode[node].clients++;
      if (seen.length === 1) byNode[seen[0].node].onlyHere++;
      else countPairs(shared, seen);
      surplus[client] = this.#surplus(seen);
      if (surplus[client] > 0) ranking.push(client);
    }
    this.byNode = byNode;
    this.bySeen = bySeen;
    this.shared = [...shared.values()].sort((a, b) => a.node - b.node || a.other - b.other);
    this.differing = ranking.length;
    // Clients are numbered in the order of addresses.
    this.#ranking = ranking.sort((a, b) => surplus[b] - surplus[a] || a - b);
  }

  /** Those with the greatest differences, the greatest first; of equals the first by address. */
  top(limit: number): DifferingClient[] {
    return this.#ranking.slice(0, limit).map((client) => {
      const nodes = this.#at(client);
      return {
        network: this.#networkOf(client),
        nodes,
        count: this.#countOf(nodes),
        difference: this.#surplus(nodes) / this.#total,
      };
    });
  }

  /** All clients in the order of addresses. */
  *all(): Generator<{ readonly network: Network; readonly nodes: readonly ClientAtNode[] }> {
    for (let client = 0; client < this.clients; client++) {
      yield { network: this.#networkOf(client), nodes: this.#at(client) };
    }
  }

  #networkOf(client: number): Network {
    return this.#rows.network(this.#starts[client], this.#prefix);
  }

  /** Who saw a client, in the order of the nodes. */
  #at(client: number): ClientAtNode[] {
    const rows = this.#rows;
    const seen: ClientAtNode[] = [];
    for (let row = this.#starts[client]; row < this.#starts[client + 1]; row++) {
      const node = rows.node(row);
      const known = seen.find((own) => own.node === node);
      if (known === undefined) seen.push({ node, ...countsOf((place) => rows.count(row, place)) });
      else COUNTED.forEach((name, place) => (known[name] += rows.count(row, place)));
    }
    return seen.sort((a, b) => a.node - b.node);
  }

  #countOf(seen: readonly ClientAtNode[]): number {
    const name = COUNTED[this.#ranked];
    return seen.reduce((sum, own) => sum + own[name], 0);
  }

  /** The difference times all events: a whole number, exact below 2^53. */
  #surplus(seen: readonly ClientAtNode[]): number {
    const name = COUNTED[this.#ranked];
    const count = this.#countOf(seen);
    let surplus = 0;
    for (const own of seen) {
      surplus += Math.max(0, own[name] * this.#total - count * this.#totals[own.node]);
    }
    return surplus;
  }
}

function countPairs(
  shared: Map<number, SharedClients>,
  seen: readonly { readonly node: number }[],
): void {
  seen.forEach(({ node }, index) => {
    for (const { node: other } of seen.slice(index + 1)) {
      const pair = node * 0x1_0000 + other;
      const known = shared.get(pair);
      if (known === undefined) shared.set(pair, { node, other, clients: 1 });
      else known.clients++;
    }
  });
}
