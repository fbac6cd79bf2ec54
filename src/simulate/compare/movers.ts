import {
  compareNetworks,
  maskWord,
  parseNetwork,
  type Network,
  type Prefix,
} from '../../model/address.ts';
import type { EventBatch } from '../../model/event-batch.ts';
import { blockText } from '../../model/field-value.ts';
import { compareText } from '../../model/order.ts';
import { CLASSES, noCounts, STOPPABLE, type ClassCounts } from './compared-classes.ts';

export type Side = 'old' | 'new';

export type Change = 'newly_stopped' | 'newly_freed' | 'changed';
const CHANGES: readonly Change[] = ['newly_stopped', 'newly_freed', 'changed'];

/** An event by its place in the logs. */
export interface EventPlace {
  readonly timeMs: number;
  readonly file: string;
  readonly line: number;
}

/** What changed for a rule, or for one block of it. */
interface Moved {
  /** Those that the change counts: messages begun and other events only where verdicts changed. */
  events: number;
  readonly counts: ClassCounts;
  /** The first in the order of the stream. */
  readonly first: EventPlace;
}

/** All that changed by one rule. */
export interface RuleChanges extends Moved {
  readonly change: Change;
  /** The policy that the rule belongs to. */
  readonly side: Side;
  readonly rule: string;
  /** Different blocks. */
  blocks: number;
}

/** What changed for one block by one rule. */
export interface Mover extends Moved {
  readonly change: Change;
  readonly side: Side;
  readonly rule: string;
  /** `''`: events without a peer. */
  readonly block: string;
}

/** A mover, and where its block stands in the order of addresses. */
interface PlacedMover {
  readonly mover: Mover;
  readonly network: Network | undefined;
}

/** Gathers what changed by rule and block; memory grows with the blocks that changed. */
export class Movers {
  readonly #rules: RuleMovers[] = [];
  readonly #sides: Readonly<Record<Side, SideMovers>>;

  /** @param ruleOf name and blocks of a rule by its number, for each policy */
  constructor(ruleOf: Readonly<Record<Side, SideMovers['ruleOf']>>) {
    const side = (name: Side): SideMovers => ({ ruleOf: ruleOf[name], byChange: new Map() });
    this.#sides = { old: side('old'), new: side('new') };
  }

  /**
   * Notes an event that changed.
   *
   * @param rule its number in the policy of `side`
   * @param at place of its class
   * @param place asked where the event is the first of its rule and block
   */
  add(
    change: Change,
    side: Side,
    rule: number,
    at: number,
    batch: EventBatch,
    row: number,
    place: () => EventPlace,
  ): void {
    this.#of(change, side, rule, place).add(at, batch, row, place);
  }

  /** Totals, by change, then in the order in which rules first changed something. */
  get rules(): RuleChanges[] {
    const totals = this.#rules.map(({ total }) => total);
    return totals.sort((a, b) => CHANGES.indexOf(a.change) - CHANGES.indexOf(b.change));
  }

  /** Those with the most events first; of equals by address, then by change and rule. */
  get movers(): Mover[] {
    const all = this.#rules.flatMap((rule) => rule.movers);
    return all.sort(compareMovers).map(({ mover }) => mover);
  }

  #of(change: Change, side: Side, rule: number, place: () => EventPlace): RuleMovers {
    const { ruleOf, byChange } = this.#sides[side];
    let byRule = byChange.get(change);
    if (byRule === undefined) byChange.set(change, (byRule = []));
    const known = byRule[rule];
    if (known !== undefined) return known;
    const { name, prefix } = ruleOf(rule);
    // A line of a script may be a rule for each of its verdicts.
    const same = this.#rules.find(
      ({ total }) => total.change === change && total.side === side && total.rule === name,
    );
    if (same !== undefined) return (byRule[rule] = same);
    const made = new RuleMovers(change, side, name, prefix, place());
    this.#rules.push(made);
    return (byRule[rule] = made);
  }
}

interface SideMovers {
  readonly ruleOf: (rule: number) => { readonly name: string; readonly prefix: Prefix };
  readonly byChange: Map<Change, RuleMovers[]>;
}

class RuleMovers {
  readonly total: RuleChanges;
  readonly movers: PlacedMover[] = [];
  readonly #prefix: Prefix;
  readonly #v4 = new Map<number, Mover>();
  readonly #others = new Map<string, Mover>();

  constructor(change: Change, side: Side, rule: string, prefix: Prefix, first: EventPlace) {
    this.total = { change, side, rule, blocks: 0, events: 0, counts: noCounts(), first };
    this.#prefix = prefix;
  }

  add(at: number, batch: EventBatch, row: number, place: () => EventPlace): void {
    const { total } = this;
    const mover = this.#moverOf(batch, row, place);
    const name = CLASSES[at];
    total.counts[name]++;
    mover.counts[name]++;
    if (at >= STOPPABLE && total.change !== 'changed') return;
    total.events++;
    mover.events++;
  }

  #moverOf(batch: EventBatch, row: number, place: () => EventPlace): Mover {
    if (batch.family[row] === 4) {
      const key = batch.ip[row * 4] & maskWord(this.#prefix.ipv4, 0);
      let mover = this.#v4.get(key);
      if (mover !== undefined) return mover;
      mover = this.#begin(blockText(batch, row, this.#prefix), place());
      this.#v4.set(key, mover);
      return mover;
    }
    const block = blockText(batch, row, this.#prefix);
    let mover = this.#others.get(block);
    if (mover !== undefined) return mover;
    mover = this.#begin(block, place());
    this.#others.set(block, mover);
    return mover;
  }

  #begin(block: string, first: EventPlace): Mover {
    const { change, side, rule } = this.total;
    const mover = { change, side, rule, block, events: 0, counts: noCounts(), first };
    this.movers.push({ mover, network: parseNetwork(block) });
    this.total.blocks++;
    return mover;
  }
}

function compareMovers(first: PlacedMover, second: PlacedMover): number {
  const { mover: a, network: blockA } = first;
  const { mover: b, network: blockB } = second;
  if (a.events !== b.events) return b.events - a.events;
  if (blockA === undefined || blockB === undefined) {
    // Events without a peer stand last.
    if (blockA !== blockB) return blockA === undefined ? 1 : -1;
  } else {
    const byAddress = compareNetworks(blockA, blockB);
    if (byAddress !== 0) return byAddress;
  }
  const byChange = CHANGES.indexOf(a.change) - CHANGES.indexOf(b.change);
  return byChange || compareText(b.side, a.side) || compareText(a.rule, b.rule);
}
