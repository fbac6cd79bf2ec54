import { fieldValue } from '../model/field-value.ts';
import type { EventField } from '../model/event.ts';
import type { WindowRange } from '../model/monitor.ts';
import type { FeedNodes } from './nodes/feed-nodes.ts';
import type { BlockQuestion, Counter, Subject } from './port.ts';
import type { BlockTable, TextTable } from './tables.ts';

/** What a counter belongs to: it knows the event that was added to it last. */
export interface Counted {
  /** `serial` of the subject at that event. */
  readonly lastAdded: number;
}

abstract class FeedCounter implements Counter {
  readonly subject: Subject;
  readonly #feed: Counted;

  constructor(feed: Counted, subject: Subject) {
    this.#feed = feed;
    this.subject = subject;
  }

  abstract value(): number;

  counted(): boolean {
    return this.#feed.lastAdded === this.subject.serial;
  }

  identity(): number {
    return -1;
  }
}

/** Sums over the block of the peer, all nodes together. */
export class BlockCounter extends FeedCounter {
  readonly #four: BlockTable | undefined;
  readonly #six: BlockTable | undefined;
  readonly #windows: WindowRange;
  readonly #range4: number;
  readonly #range6: number;

  constructor(
    feed: Counted,
    subject: Subject,
    four: BlockTable | undefined,
    six: BlockTable | undefined,
    windows: WindowRange,
  ) {
    super(feed, subject);
    this.#four = four;
    this.#six = six;
    this.#windows = windows;
    this.#range4 = four?.wheel.watch(windows) ?? 0;
    this.#range6 = six?.wheel.watch(windows) ?? 0;
  }

  value(): number {
    const four = this.subject.family === 4;
    const block = four ? this.#four : this.#six;
    if (block === undefined || this.subject.family === 0) return 0;
    return block.wheel.sum(four ? this.#range4 : this.#range6, block.keys.find(this.subject));
  }

  arm(limit: number): boolean {
    if (this.#windows.start > 0) return false;
    this.#four?.wheel.arm(this.#range4, limit, this.subject.alarm);
    this.#six?.wheel.arm(this.#range6, limit, this.subject.alarm);
    return true;
  }

  override identity(): number {
    const four = this.subject.family === 4;
    const block = four ? this.#four : this.#six;
    if (block === undefined) return -1;
    const entry = block.keys.find(this.subject);
    // Entries are even.
    return block.wheel.isKept(entry) ? entry + (four ? 0 : 1) : -1;
  }
}

/** Sums over the block of the peer, as the node of the event counts it. */
export class NodeBlockCounter extends FeedCounter {
  readonly #asked: BlockQuestion;

  constructor(feed: Counted, subject: Subject, asked: BlockQuestion) {
    super(feed, subject);
    this.#asked = asked;
  }

  value(): number {
    const { family, batch, at } = this.subject;
    return this.#asked.count(family, batch.ip, at);
  }
}

/** Sums under the event's key in a string series, all nodes together. */
export class TextCounter extends FeedCounter {
  readonly #texts: TextTable;
  readonly #key: EventField;
  readonly #range: number;

  constructor(
    feed: Counted,
    subject: Subject,
    texts: TextTable,
    key: EventField,
    windows: WindowRange,
  ) {
    super(feed, subject);
    this.#texts = texts;
    this.#key = key;
    this.#range = texts.wheel.watch(windows);
  }

  value(): number {
    const { batch, row } = this.subject;
    const entry = this.#texts.keys.find(fieldValue(batch, row, this.#key));
    return this.#texts.wheel.sum(this.#range, entry);
  }
}

/** Sums under the event's key in a string series, as the node of the event counts it. */
export class NodeTextCounter extends FeedCounter {
  readonly #nodes: FeedNodes;
  readonly #key: EventField;
  readonly #windows: WindowRange;

  constructor(
    feed: Counted,
    subject: Subject,
    nodes: FeedNodes,
    key: EventField,
    windows: WindowRange,
  ) {
    super(feed, subject);
    this.#nodes = nodes;
    this.#key = key;
    this.#windows = windows;
  }

  value(): number {
    const { batch, row } = this.subject;
    return this.#nodes.countText(fieldValue(batch, row, this.#key), this.#windows);
  }
}
