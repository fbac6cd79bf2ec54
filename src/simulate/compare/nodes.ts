import { NetworkSet, type Prefix } from '../../model/address.ts';
import { FLAG, type EventBatch } from '../../model/event-batch.ts';
import { compareText } from '../../model/order.ts';
import { EventStream, type StreamTaker } from '../event-stream.ts';
import { PolicyRun } from '../policy-run.ts';
import { SourceTallies } from '../source-tallies.ts';
import type { SourceTally, Tally } from '../tally.ts';
import type { ClientCounts, CountedName } from '../../model/client-counts.ts';
import { ClientRows } from './client-rows.ts';
import { ClientSpread } from './client-spread.ts';
import type { CompareOptions, ComparedPolicy } from './compare.ts';
import { NodeClients } from './node-clients.ts';
import {
  loneKeys,
  NodeRules,
  sumOf,
  type LoneKey,
  type RuleByNode,
  type RuleSums,
} from './node-rules.ts';

export interface CompareNodesOptions
  extends ComparedPolicy, Omit<CompareOptions, 'old' | 'new' | 'labels' | 'onChange'> {
  /** What one client is: an address, or a block. */
  readonly per: Prefix;
  /** Which count ranks the clients. */
  readonly ranked: CountedName;
}

export interface NodeTally {
  /** `''`: lines without a host. */
  readonly name: string;
  readonly counts: ClientCounts;
  readonly clients: number;
  /** Clients that no other node saw. */
  readonly onlyHere: number;
}

/** What a policy with rules, or scripts, does at the nodes. */
export interface JudgedNodes {
  /** By place of the node. */
  readonly nodes: readonly RuleSums[];
  readonly all: RuleSums;
  readonly rules: readonly RuleByNode[];
  readonly loneKeys: readonly LoneKey[];
  readonly tally: Tally;
}

export interface NodesComparison {
  /** Clock at the first and last event of the span; undefined: there is none. */
  readonly firstMs: number | undefined;
  readonly lastMs: number | undefined;
  /** In the order of their names, which is that of all places. */
  readonly nodes: readonly NodeTally[];
  readonly spread: ClientSpread;
  /** Undefined where nothing judges. */
  readonly judged: JudgedNodes | undefined;
  /** Events of peers that are ignored; not counted. */
  readonly ignored: number;
  /** Late events, which are counted. */
  readonly late: number;
  readonly bySource: readonly SourceTally[];
}

/**
 * Compares the nodes of one stream of events: what each saw, and whom (docs/compare.md). Memory
 * follows the clients of each node, and with a policy is that of a replay beside it.
 */
export async function compareNodes(options: CompareNodesOptions): Promise<NodesComparison> {
  const { sources, needs, policy, scripts, sessionTimeoutMs, toMs } = options;
  const rules = new NodeRules();
  const judges = policy.rules.length > 0 || scripts !== undefined;
  const run: PolicyRun | undefined = judges ? runOf(options, rules) : undefined;
  const traffic = new NodeTraffic(options, run && { run, rules });
  // What a policy does with an event is known once it has judged.
  const takers = run === undefined ? [traffic] : [run, traffic];
  await new EventStream({ sources, needs, takers, sessionTimeoutMs, toMs }).advance(Infinity);
  run?.finish(false);
  return traffic.finish();
}

function runOf(options: CompareNodesOptions, rules: NodeRules): PolicyRun {
  const run: PolicyRun = new PolicyRun({
    ...options,
    collateral: { labels: undefined },
    onFiring: (firing) => rules.fired(firing, run.engine.subject.node),
  });
  return run;
}

/** Counts by node what happens in the span. */
class NodeTraffic implements StreamTaker {
  readonly nextDueMs = Infinity;
  readonly #options: CompareNodesOptions;
  readonly #judging: { readonly run: PolicyRun; readonly rules: NodeRules } | undefined;
  readonly #ignore: NetworkSet;
  readonly #fromMs: number;
  /** By number of the node. */
  readonly #nodes: (NodeClients | undefined)[] = [];
  readonly #sources = new SourceTallies();
  #firstMs: number | undefined;
  #lastMs: number | undefined;
  #ignored = 0;
  #late = 0;

  constructor(
    options: CompareNodesOptions,
    judging: { readonly run: PolicyRun; readonly rules: NodeRules } | undefined,
  ) {
    this.#options = options;
    this.#judging = judging;
    this.#ignore = new NetworkSet(options.policy.ignore);
    this.#fromMs = options.fromMs ?? -Infinity;
  }

  attach(): void {}

  start(): void {}

  advance(): void {}

  session(): void {}

  drop(batch: EventBatch, row: number): void {
    this.#sources.addDropped(batch, row);
  }

  take(batch: EventBatch, row: number, nowMs: number): void {
    if (nowMs < this.#fromMs) return;
    this.#firstMs ??= nowMs;
    this.#lastMs = nowMs;
    const family = batch.family[row];
    if (family !== 0 && this.#ignore.has(family, batch.ip, row * 4)) {
      this.#ignored++;
      return;
    }
    if ((batch.flags[row] & FLAG.late) !== 0) {
      this.#late++;
      this.#sources.addLate(batch);
    }
    (this.#nodes[batch.node[row]] ??= new NodeClients()).add(batch, row);
    this.#judging?.rules.judged(this.#judging.run.judged, batch, row);
  }

  finish(): NodesComparison {
    const { vocabulary, per, ranked } = this.#options;
    for (const number of this.#judging?.rules.nodes ?? [])
      this.#nodes[number] ??= new NodeClients();
    const seen = this.#nodes.flatMap((clients, number) => {
      return clients === undefined
        ? []
        : [{ number, clients, name: vocabulary.nodes.name(number) }];
    });
    seen.sort((a, b) => compareText(a.name, b.name));
    const rows = new ClientRows(seen.map(({ clients }) => clients));
    const spread = new ClientSpread(rows, seen.length, per, ranked);
    const places = new Map(seen.map(({ number }, place) => [number, place]));
    return {
      firstMs: this.#firstMs,
      lastMs: this.#lastMs,
      nodes: seen.map(({ name, clients }, place) => {
        return { name, counts: clients.totals, ...spread.byNode[place] };
      }),
      spread,
      judged: this.#judged(rows, places),
      ignored: this.#ignored,
      late: this.#late,
      bySource: this.#judging?.run.tally.bySource ?? this.#sources.tallies,
    };
  }

  #judged(rows: ClientRows, places: ReadonlyMap<number, number>): JudgedNodes | undefined {
    if (this.#judging === undefined) return undefined;
    const { tally } = this.#judging.run;
    const own = this.#options.policy.rules;
    // A rule behind those of the policy is a place in a script, which counts addresses.
    const isBlock = (rule: number): boolean => own[rule]?.per.type !== 'field';
    const rules = this.#judging.rules.byNode(tally.rules, isBlock, places, rows);
    const atNodes: RuleSums[][] = Array.from(places, () => []);
    for (const at of rules.flatMap((rule) => rule.nodes)) atNodes[at.node].push(at);
    const nodes = atNodes.map(sumOf);
    return { nodes, all: sumOf(rules), rules, loneKeys: loneKeys(rules), tally };
  }
}
