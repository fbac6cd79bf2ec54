import { maskWord, NetworkSet, type Prefix } from '../../model/address.ts';
import type { EventBatch } from '../../model/event-batch.ts';
import { blockText } from '../../model/field-value.ts';
import { ADDRESS } from '../../model/address.ts';
import type { Rule } from '../../policy/rule-policy.ts';

/** The lasting blocks of one rule. */
class RuleBlocks {
  readonly rule: number;
  readonly blockMs: number;
  readonly #prefix: Prefix;
  readonly #ofNode: boolean;
  readonly #except: NetworkSet;
  /** When the block of an IPv4 network ends, by `node * 2^32 + address`. */
  readonly #four = new Map<number, number>();
  /** The same of an IPv6 network, by `node block`. */
  readonly #six = new Map<string, number>();

  constructor(rule: number, { per, scope, except }: Rule, blockMs: number) {
    this.rule = rule;
    this.blockMs = blockMs;
    // Who counts by a text blocks the address that it came from.
    this.#prefix = per.type === 'prefix' ? per.prefix : ADDRESS;
    this.#ofNode = scope === 'node';
    this.#except = new NetworkSet(except);
  }

  get size(): number {
    return this.#four.size + this.#six.size;
  }

  /** A firing: the block of the peer lasts from now on. True: there was none. */
  begin(batch: EventBatch, row: number, nowMs: number): boolean {
    const untilMs = nowMs + this.blockMs;
    const family = batch.family[row];
    if (family === 0) return false;
    const isNew = !(this.#untilMs(batch, row) > nowMs);
    if (family === 4) this.#four.set(this.#number(batch, row), untilMs);
    else this.#six.set(this.#text(batch, row), untilMs);
    return isNew;
  }

  refuses(batch: EventBatch, row: number, nowMs: number): boolean {
    if (this.size === 0 || !(this.#untilMs(batch, row) > nowMs)) return false;
    return this.#except.empty || !this.#except.has(batch.family[row], batch.ip, row * 4);
  }

  /** Forgets blocks that have ended. */
  expire(nowMs: number): void {
    for (const [key, untilMs] of this.#four) if (untilMs <= nowMs) this.#four.delete(key);
    for (const [key, untilMs] of this.#six) if (untilMs <= nowMs) this.#six.delete(key);
  }

  #untilMs(batch: EventBatch, row: number): number {
    const family = batch.family[row];
    const untilMs =
      family === 4
        ? this.#four.get(this.#number(batch, row))
        : family === 6
          ? this.#six.get(this.#text(batch, row))
          : undefined;
    return untilMs ?? -Infinity;
  }

  #number(batch: EventBatch, row: number): number {
    const node = this.#ofNode ? batch.node[row] : 0;
    const word = batch.ip[row * 4] & maskWord(this.#prefix.ipv4, 0);
    return node * 0x1_0000_0000 + (word >>> 0);
  }

  #text(batch: EventBatch, row: number): string {
    const node = this.#ofNode ? batch.node[row] : 0;
    return `${node} ${blockText(batch, row, this.#prefix)}`;
  }
}

/** The blocks that firings with `for:` have begun (semantics, section 6). */
export class Blocks {
  /** In the order of the policy. */
  readonly #rules: RuleBlocks[];
  /** By number of the rule; undefined where it has no `for:`. */
  readonly #byRule: (RuleBlocks | undefined)[];
  /** Blocks begun, by number of the rule; one that is extended is not begun again. */
  readonly begun: number[];

  constructor(rules: readonly Rule[]) {
    this.#byRule = rules.map((rule, index) =>
      rule.blockMs === undefined ? undefined : new RuleBlocks(index, rule, rule.blockMs),
    );
    this.#rules = this.#byRule.filter((blocks) => blocks !== undefined);
    this.begun = rules.map(() => 0);
  }

  /** A rule has fired at an event. */
  fired(rule: number, batch: EventBatch, row: number, nowMs: number): void {
    if (this.#byRule[rule]?.begin(batch, row, nowMs) === true) this.begun[rule]++;
  }

  /** Calls `each` for the rules with a block that refuses a connect, in the order of the policy. */
  refusing(batch: EventBatch, row: number, nowMs: number, each: (rule: number) => void): void {
    for (const blocks of this.#rules) if (blocks.refuses(batch, row, nowMs)) each(blocks.rule);
  }

  expire(nowMs: number): void {
    for (const blocks of this.#rules) blocks.expire(nowMs);
  }
}
