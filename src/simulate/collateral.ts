import { NetworkSet, type Network } from '../model/address.ts';
import type { EventBatch } from '../model/event-batch.ts';
import { KIND, LOGGED_AS, TEXT } from '../model/event.ts';
import { compareText } from '../model/order.ts';

/** Senders of a rule's collateral that the report names. */
const TOP_SENDERS = 10;

/** Who is known to be good or bad: peers by network, senders by domain (lower case). */
export interface LabelList {
  readonly networks: readonly Network[];
  readonly domains: readonly string[];
}

export interface Labels {
  readonly good: LabelList | undefined;
  readonly bad: LabelList | undefined;
}

/** Events by how the running system judged them, and by label (semantics, section 6). */
export interface CollateralCounts {
  connections: number;
  /** Messages: receptions. */
  accepted: number;
  spam: number;
  virus: number;
  /** Refusals: rejections. */
  rejected: number;
  greylisted: number;
  /** Connects, receptions, rejections and `auth_failure` with a label; 0 without lists. */
  good: number;
  bad: number;
}

/** What a rule takes. */
export interface RuleCollateral extends CollateralCounts {
  /** Senders of accepted messages that it takes, those with the most first; `''`: the empty sender. */
  senders: readonly { readonly sender: string; readonly messages: number }[];
}

export interface CollateralTally {
  /** What there was to take in the span of the report. */
  readonly total: CollateralCounts;
  /** In the order of the tally's rules. */
  readonly rules: readonly RuleCollateral[];
}

export const emptyCounts = (): CollateralCounts => ({
  connections: 0,
  accepted: 0,
  spam: 0,
  virus: 0,
  rejected: 0,
  greylisted: 0,
  good: 0,
  bad: 0,
});

/** The class of an event, or undefined when it is neither connection, message nor refusal. */
export function classOf(
  batch: EventBatch,
  row: number,
): Exclude<keyof CollateralCounts, 'good' | 'bad'> | undefined {
  const verdict = batch.verdict[row];
  switch (batch.kind[row]) {
    case KIND.connect:
      return 'connections';
    case KIND.reception:
      return verdict === LOGGED_AS.spam
        ? 'spam'
        : verdict === LOGGED_AS.virus
          ? 'virus'
          : 'accepted';
    case KIND.rejection:
      return verdict === LOGGED_AS.greylisted ? 'greylisted' : 'rejected';
    default:
      return undefined;
  }
}

/** Tells whether a peer or sender is labelled. */
export class Labeller {
  readonly #good: LabelSet | undefined;
  readonly #bad: LabelSet | undefined;

  constructor({ good, bad }: Labels) {
    this.#good = good && new LabelSet(good);
    this.#bad = bad && new LabelSet(bad);
  }

  /** Undefined: the event has no label, or is of a kind that gets none. */
  labelOf(batch: EventBatch, row: number): 'good' | 'bad' | undefined {
    const kind = batch.kind[row];
    const isLabelled =
      kind === KIND.connect ||
      kind === KIND.reception ||
      kind === KIND.rejection ||
      kind === KIND.auth_failure;
    if (!isLabelled) return undefined;
    if (this.#good?.has(batch, row) === true) return 'good';
    return this.#bad?.has(batch, row) === true ? 'bad' : undefined;
  }
}

class LabelSet {
  readonly #networks: NetworkSet;
  readonly #domains: ReadonlySet<string>;

  constructor({ networks, domains }: LabelList) {
    this.#networks = new NetworkSet(networks);
    this.#domains = new Set(domains);
  }

  has(batch: EventBatch, row: number): boolean {
    const family = batch.family[row];
    if (family !== 0 && this.#networks.has(family, batch.ip, row * 4)) return true;
    if (this.#domains.size === 0) return false;
    const sender = batch.text(row, TEXT.sender).toLowerCase();
    // A domain also stands for those below it.
    let domain = sender.slice(sender.lastIndexOf('@') + 1);
    for (;;) {
      if (this.#domains.has(domain)) return true;
      const dot = domain.indexOf('.');
      if (dot === -1) return false;
      domain = domain.slice(dot + 1);
    }
  }
}

interface TakenByRule {
  readonly counts: CollateralCounts;
  /** Accepted messages by sender. */
  readonly senders: Map<string, number>;
}

/** Counts what there is to take, and what each rule takes of it. */
export class Collateral {
  readonly #total = emptyCounts();
  readonly #rules: TakenByRule[] = [];
  readonly #labeller: Labeller | undefined;

  constructor(labels: Labels | undefined) {
    this.#labeller = labels && new Labeller(labels);
  }

  /** Counts an event of the span that the report covers; `owner`: the rule that took it, or -1. */
  count(owner: number, batch: EventBatch, row: number): void {
    const own = owner === -1 ? undefined : this.#of(owner);
    const label = this.#labeller?.labelOf(batch, row);
    if (label !== undefined) {
      this.#total[label]++;
      if (own !== undefined) own.counts[label]++;
    }
    const name = classOf(batch, row);
    if (name === undefined) return;
    this.#total[name]++;
    if (own === undefined) return;
    own.counts[name]++;
    if (name !== 'accepted') return;
    const sender = batch.text(row, TEXT.sender);
    own.senders.set(sender, (own.senders.get(sender) ?? 0) + 1);
  }

  /** @param rules how many rules there are */
  tally(rules: number): CollateralTally {
    return {
      total: this.#total,
      rules: Array.from({ length: rules }, (_, rule) => {
        const { counts, senders } = this.#of(rule);
        return { ...counts, senders: topSenders(senders) };
      }),
    };
  }

  #of(rule: number): TakenByRule {
    return (this.#rules[rule] ??= { counts: emptyCounts(), senders: new Map<string, number>() });
  }
}

function topSenders(senders: ReadonlyMap<string, number>): RuleCollateral['senders'] {
  return Array.from(senders, ([sender, messages]) => ({ sender, messages }))
    .sort((a, b) => b.messages - a.messages || compareText(a.sender, b.sender))
    .slice(0, TOP_SENDERS);
}
