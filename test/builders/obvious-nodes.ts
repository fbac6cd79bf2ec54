import { compareNetworks, parseNetwork, type Prefix } from '../../src/model/address.ts';
import { COUNTED, countsOf, type ClientCounts } from '../../src/model/client-counts.ts';
import type { Rule, RulePolicy } from '../../src/policy/rule-policy.ts';
import { classOf } from './obvious-difference.ts';
import type { Correlated } from './correlated-events.ts';
import type { EventRow } from './event-batches.ts';
import { releaseOf } from './event-sources.ts';
import { blockOf, isIgnored } from './obvious-rules.ts';
import type { ObviousJudgement, ObviousSpan } from './obvious-takes.ts';

const KINDS = ['connect', 'reception', 'rejection', 'auth_failure'];

/** An event that is counted. */
interface Seen {
  readonly node: string;
  readonly kind: string;
  readonly ip: string;
  readonly isLate: boolean;
  readonly judged: ObviousJudgement | undefined;
  readonly className: string;
}

/** The comparison of nodes by the text of docs/compare.md: lists of events, filtered anew for each number. */
export class ObviousNodes {
  readonly names: readonly string[];
  readonly ignored: number;
  readonly late: number;
  readonly #events: readonly Seen[];
  readonly #per: Prefix;
  readonly #ranked: string;

  constructor(
    stream: readonly (readonly [EventRow, number])[],
    { events }: Correlated,
    judgements: readonly (ObviousJudgement | undefined)[],
    asked: ObviousSpan & { readonly ignores: boolean; readonly per: Prefix; ranked: string },
  ) {
    const all = stream.flatMap(([row], at): Seen[] => {
      const nowMs = releaseOf(row);
      const correlated = events[at];
      const { kind, ip } = correlated;
      if (kind === 'dropped' || nowMs < asked.fromMs || nowMs >= asked.toMs) return [];
      const isLate = row.releaseMs !== undefined;
      const own = { node: row.node!, kind, ip, isLate, className: classOf(correlated) };
      return [{ ...own, judged: judgements[at] }];
    });
    this.#events = all.filter(({ ip }) => !(asked.ignores && isIgnored(ip)));
    this.ignored = all.length - this.#events.length;
    this.late = this.#events.filter(({ isLate }) => isLate).length;
    this.names = [...new Set(this.#events.map(({ node }) => node))].sort();
    this.#per = asked.per;
    this.#ranked = KINDS[COUNTED.indexOf(asked.ranked as 'connections')];
  }

  get nodes(): object[] {
    return this.names.map((name) => {
      const clients = this.#clients.filter((client) => this.#seenBy(client).includes(name));
      return {
        name,
        counts: countsIn(this.#events.filter(({ node }) => node === name)),
        clients: clients.length,
        onlyHere: clients.filter((client) => this.#seenBy(client).length === 1).length,
      };
    });
  }

  get bySeen(): number[] {
    return [...this.names.keys()].map(
      (index) => this.#clients.filter((own) => this.#seenBy(own).length === index + 1).length,
    );
  }

  get shared(): object[] {
    return this.names.flatMap((a, node) =>
      this.names.flatMap((b, other) => {
        const clients = this.#clients.filter((client) => {
          return [a, b].every((name) => this.#seenBy(client).includes(name));
        }).length;
        return node < other && clients > 0 ? [{ node, other, clients }] : [];
      }),
    );
  }

  /** Rows of clients.csv. */
  get clients(): object[] {
    return this.#clients.map((key) => ({ key, nodes: this.#atNodes(key) }));
  }

  /** Clients with a difference, the greatest first; twice the difference times all events. */
  get differences(): { key: string; count: number; difference: number }[] {
    const ranked = this.#events.filter(({ kind, ip }) => kind === this.#ranked && ip !== '');
    const countAt = (name: string, key?: string): number =>
      ranked.filter(({ node, ip }) => {
        return node === name && (key === undefined || blockOf(ip, this.#per) === key);
      }).length;
    const all = ranked.length;
    const rows = this.#clients.map((key) => {
      const count = ranked.filter(({ ip }) => blockOf(ip, this.#per) === key).length;
      const off = this.names.map((name) => {
        return Math.abs(countAt(name, key) * all - count * countAt(name));
      });
      return { key, count, twice: off.reduce((sum, one) => sum + one, 0) };
    });
    return rows
      .filter(({ twice }) => twice > 0)
      .sort((a, b) => b.twice - a.twice || compareBlocks(a.key, b.key))
      .map(({ key, count, twice }) => ({ key, count, difference: twice / 2 / all }));
  }

  rule(rule: Rule): object {
    const taken = (events: readonly Seen[]): Record<string, number> =>
      tally(
        events.flatMap(({ judged: own, className }) => (own?.takenBy === rule ? [className] : [])),
      );
    const fired = this.#events.flatMap(({ node, judged: own }) => {
      return own?.fired.includes(rule) === true ? [{ node, key: keyOf(rule, own.facts) }] : [];
    });
    const keys = [...new Set(fired.map(({ key }) => key))];
    const isBlock = rule.per.type === 'prefix';
    return {
      firings: fired.length,
      taken: taken(this.#events),
      keys: keys
        .map((key) => ({ key, nodes: this.#firedAt(rule, key, fired) }))
        .sort((a, b) =>
          isBlock && a.key !== '' && b.key !== '' ? compareBlocks(a.key, b.key) : 0,
        ),
      nodes: this.names.flatMap((name, node) => {
        const own = fired.filter((one) => one.node === name);
        const took = taken(this.#events.filter((event) => event.node === name));
        if (own.length === 0 && Object.keys(took).length === 0) return [];
        const different = new Set(own.map(({ key }) => key)).size;
        return [{ node, firings: own.length, keys: different, taken: took }];
      }),
    };
  }

  #firedAt(
    rule: Rule,
    key: string,
    fired: readonly { readonly node: string; readonly key: string }[],
  ): object[] {
    const { per } = rule;
    const seen =
      per.type === 'field' || key === ''
        ? undefined
        : this.#counted.filter(({ ip }) => ip !== '' && blockOf(ip, per.prefix) === key);
    return this.names.flatMap((name, node) => {
      const firings = fired.filter((own) => own.node === name && own.key === key).length;
      const events = seen?.filter((own) => own.node === name).length;
      const elsewhere = seen?.filter((own) => own.node !== name).length;
      return firings === 0 ? [] : [{ node, firings, events, elsewhere }];
    });
  }

  get #counted(): Seen[] {
    return this.#events.filter(({ kind }) => KINDS.includes(kind));
  }

  /** Blocks with a counted event, in order. */
  get #clients(): string[] {
    const blocks = this.#counted.flatMap(({ ip }) => (ip === '' ? [] : [blockOf(ip, this.#per)]));
    return [...new Set(blocks)].sort(compareBlocks);
  }

  #of(client: string, name: string): Seen[] {
    return this.#counted.filter(({ ip, node }) => {
      return ip !== '' && node === name && blockOf(ip, this.#per) === client;
    });
  }

  #seenBy(client: string): string[] {
    return this.names.filter((name) => this.#of(client, name).length > 0);
  }

  #atNodes(client: string): object[] {
    return this.#seenBy(client).map((name) => {
      return { node: this.names.indexOf(name), ...countsIn(this.#of(client, name)) };
    });
  }
}

/** The rules of a policy and what a comparison of nodes says of each. */
export function obviousRules(policy: RulePolicy, obvious: ObviousNodes): object[] {
  return policy.rules.map((rule) => {
    return { rule: rule.name, verdict: rule.verdict.type, ...obvious.rule(rule) };
  });
}

function keyOf({ per }: Rule, facts: EventRow): string {
  if (per.type === 'prefix') return blockOf(facts.ip ?? '', per.prefix);
  return facts[per.field as 'user' | 'sender' | 'recipient'] ?? '';
}

const countsIn = (events: readonly Seen[]): ClientCounts =>
  countsOf((place) => events.filter(({ kind }) => kind === KINDS[place]).length);

const compareBlocks = (a: string, b: string): number =>
  compareNetworks(parseNetwork(a)!, parseNetwork(b)!);

function tally(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
