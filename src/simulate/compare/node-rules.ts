import { compareNetworks, parseNetwork, type Network } from '../../model/address.ts';
import type { EventBatch } from '../../model/event-batch.ts';
import { compareText } from '../../model/order.ts';
import type { OneFiring } from '../firing-ledger.ts';
import type { Judgement } from '../policy-run.ts';
import { NOBODY } from '../taken-traffic.ts';
import type { ClientRows } from './client-rows.ts';
import { classAt, CLASSES, noCounts, type ClassCounts } from './compared-classes.ts';

/** How often rules fire, and what they take. */
export interface RuleSums {
  readonly firings: number;
  readonly taken: ClassCounts;
}

/** What a rule did at one node. */
export interface RuleAtNode extends RuleSums {
  /** Place of the node. */
  readonly node: number;
  /** Different keys that fired there. */
  readonly keys: number;
}

/** A key of a rule at a node where it fired. */
export interface KeyAtNode {
  readonly node: number;
  readonly firings: number;
  /** Events of its clients at this node and at all others; undefined where the key is a text. */
  readonly events: number | undefined;
  readonly elsewhere: number | undefined;
}

export interface FiredKey {
  readonly key: string;
  /** In the order of the nodes. */
  readonly nodes: readonly KeyAtNode[];
}

/** A rule, node by node; of a script, all that one line does with one verdict. */
export interface RuleByNode extends RuleSums {
  readonly rule: string;
  readonly verdict: string;
  /** Those that fired, in the order of addresses, or of texts. */
  readonly keys: readonly FiredKey[];
  /** Those where it fired or takes something, in order. */
  readonly nodes: readonly RuleAtNode[];
}

/** A key that fired at one node, though others saw its clients, too. */
export interface LoneKey extends KeyAtNode {
  readonly rule: string;
  readonly verdict: string;
  readonly key: string;
}

/** Firings by number of the node, then by key. */
type Firings = ReadonlyMap<number, ReadonlyMap<string, number>>;
/** What is taken, by number of the node. */
type Taken = ReadonlyMap<number, ClassCounts>;

/** Notes at which node rules fire and take; memory follows the keys that fired at each. */
export class NodeRules {
  /** By verdict and name: of a script several rules may share both. */
  readonly #firings = new Map<string, Map<number, Map<string, number>>>();
  /** By number of the rule. */
  readonly #taken: Map<number, ClassCounts>[] = [];

  /** @param node its number */
  fired({ rule, verdict, key }: OneFiring, node: number): void {
    const name = ruleKey(rule, verdict);
    let nodes = this.#firings.get(name);
    if (nodes === undefined) {
      this.#firings.set(name, (nodes = new Map<number, Map<string, number>>()));
    }
    let keys = nodes.get(node);
    if (keys === undefined) nodes.set(node, (keys = new Map<string, number>()));
    keys.set(key, (keys.get(key) ?? 0) + 1);
  }

  /** The event at hand, which lies in the span of the report, was judged. */
  judged({ takenBy, isCounted }: Readonly<Judgement>, batch: EventBatch, row: number): void {
    if (!isCounted || takenBy === NOBODY) return;
    const taken = (this.#taken[takenBy] ??= new Map<number, ClassCounts>());
    takenAt(taken, batch.node[row])[CLASSES[classAt(batch, row)]]++;
  }

  /** Numbers of the nodes where a rule fired; a session may end where nothing else happens. */
  get nodes(): Set<number> {
    return new Set([...this.#firings.values()].flatMap((nodes) => [...nodes.keys()]));
  }

  /**
   * Every rule, in the order of the policy.
   *
   * @param rules by their numbers
   * @param isBlock by number of a rule, whether its keys are blocks and no texts
   * @param places of nodes, by their numbers
   */
  byNode(
    rules: readonly { readonly name: string; readonly verdict: string }[],
    isBlock: (rule: number) => boolean,
    places: ReadonlyMap<number, number>,
    rows: ClientRows,
  ): RuleByNode[] {
    const taken = new Map<string, Map<number, ClassCounts>>();
    rules.forEach(({ name, verdict }, index) => {
      const key = ruleKey(name, verdict);
      const known = taken.get(key) ?? new Map<number, ClassCounts>();
      taken.set(key, known);
      for (const [node, counts] of this.#taken[index] ?? [])
        addCounts(takenAt(known, node), counts);
    });
    return rules.flatMap(({ name, verdict }, index) => {
      const key = ruleKey(name, verdict);
      const own = taken.get(key);
      // Shown already: a rule of the same name and verdict stands before it.
      if (own === undefined) return [];
      taken.delete(key);
      const firings: Firings = this.#firings.get(key) ?? new Map();
      const nodes = atNodes(firings, own, places);
      const keys = firedKeys(firings, places, isBlock(index) ? rows : undefined);
      return [{ rule: name, verdict, ...sumOf(nodes), keys, nodes }];
    });
  }
}

/** The keys that fired at one node though others saw their clients, those seen most first. */
export function loneKeys(rules: readonly RuleByNode[]): LoneKey[] {
  const all = rules.flatMap(({ rule, verdict, keys }) =>
    keys.flatMap(({ key, nodes }): LoneKey[] => {
      const [only] = nodes;
      if (nodes.length > 1 || (only.elsewhere ?? 0) === 0) return [];
      return [{ rule, verdict, key, ...only }];
    }),
  );
  return all.sort((a, b) => b.elsewhere! - a.elsewhere! || b.firings - a.firings);
}

const ruleKey = (rule: string, verdict: string): string => `${verdict} ${rule}`;

function takenAt(all: Map<number, ClassCounts>, node: number): ClassCounts {
  let counts = all.get(node);
  if (counts === undefined) all.set(node, (counts = noCounts()));
  return counts;
}

function addCounts(sum: ClassCounts, counts: Readonly<ClassCounts>): void {
  for (const name of CLASSES) sum[name] += counts[name];
}

/** What rules, or one rule at several nodes, do together. */
export function sumOf(all: readonly RuleSums[]): RuleSums {
  const taken = noCounts();
  for (const one of all) addCounts(taken, one.taken);
  return { firings: all.reduce((sum, { firings }) => sum + firings, 0), taken };
}

function atNodes(
  firings: Firings,
  taken: Taken,
  places: ReadonlyMap<number, number>,
): RuleAtNode[] {
  const nodes = new Set([...firings.keys(), ...taken.keys()]);
  const all = Array.from(nodes, (node): RuleAtNode => {
    const keys = firings.get(node);
    let sum = 0;
    for (const count of keys?.values() ?? []) sum += count;
    return {
      node: places.get(node)!,
      firings: sum,
      keys: keys?.size ?? 0,
      taken: taken.get(node) ?? noCounts(),
    };
  });
  return all.sort((a, b) => a.node - b.node);
}

/** @param rows undefined where the keys are texts */
function firedKeys(
  firings: Firings,
  places: ReadonlyMap<number, number>,
  rows: ClientRows | undefined,
): FiredKey[] {
  const byKey = new Map<string, Map<number, number>>();
  for (const [node, keys] of firings) {
    for (const [key, count] of keys) {
      let nodes = byKey.get(key);
      if (nodes === undefined) byKey.set(key, (nodes = new Map<number, number>()));
      nodes.set(places.get(node)!, count);
    }
  }
  return Array.from(byKey, ([key, counts]) => placedKey(key, counts, rows))
    .sort(comparePlaced)
    .map(({ fired }) => fired);
}

interface PlacedKey {
  readonly fired: FiredKey;
  readonly network: Network | undefined;
}

function placedKey(
  key: string,
  counts: ReadonlyMap<number, number>,
  rows: ClientRows | undefined,
): PlacedKey {
  const network = rows && parseNetwork(key);
  const seen = rows && network && rows.eventsIn(network);
  let all = 0;
  for (const events of seen?.values() ?? []) all += events;
  const nodes = Array.from(counts, ([node, firings]): KeyAtNode => {
    const events = seen && (seen.get(node) ?? 0);
    return { node, firings, events, elsewhere: events === undefined ? undefined : all - events };
  });
  return { fired: { key, nodes: nodes.sort((a, b) => a.node - b.node) }, network };
}

function comparePlaced(a: PlacedKey, b: PlacedKey): number {
  if (a.network !== undefined && b.network !== undefined) {
    return compareNetworks(a.network, b.network);
  }
  if (a.network === undefined && b.network === undefined) {
    return compareText(a.fired.key, b.fired.key);
  }
  return a.network === undefined ? 1 : -1;
}
