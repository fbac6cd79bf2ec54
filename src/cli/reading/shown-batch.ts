import { assert } from '../../model/errors.ts';
import { EventBatch } from '../../model/event-batch.ts';
import type { Vocabulary, Words } from '../../model/vocabulary.ts';

// A batch is read in one thread and handled in another. Its block and columns lie in memory that
// both see; what goes between them is where that is, and the words that its numbers stand for.

const WORDS = ['nodes', 'listeners', 'services', 'kinds'] as const;
type WordsName = (typeof WORDS)[number];

/** Words by their number, from the first that the other thread does not know. */
export type NewWords = Readonly<Record<WordsName, readonly string[]>>;

/** What one thread tells the other of a batch. */
export interface ShownBatch {
  /** The batch's number; it has one for good. */
  readonly batch: number;
  readonly source: number;
  readonly rows: number;
  readonly overrides: readonly string[];
  /** Where its columns lie, and its block of so many bytes; undefined: where they lay last time. */
  readonly memory: ArrayBufferLike | undefined;
  readonly block: { readonly memory: ArrayBufferLike; readonly bytes: number } | undefined;
  readonly words: NewWords;
}

/** Shows the batches of this thread to another. */
export class BatchSender {
  readonly #vocabulary: Vocabulary;
  readonly #batches: EventBatch[] = [];
  readonly #numbers = new Map<EventBatch, number>();
  /** By number of the batch: the memory that the other thread knows. */
  readonly #memory: ArrayBufferLike[] = [];
  readonly #blocks: Buffer[] = [];
  /** How many words the other thread knows. */
  readonly #known: Record<WordsName, number>;

  /** @param known the words that the other thread knows, which stand first in `vocabulary` */
  constructor(vocabulary: Vocabulary, known: NewWords) {
    this.#vocabulary = vocabulary;
    this.#known = Object.fromEntries(
      WORDS.map((name) => {
        for (const word of known[name]) vocabulary[name].id(word);
        return [name, vocabulary[name].size];
      }),
    ) as Record<WordsName, number>;
  }

  show(batch: EventBatch): ShownBatch {
    let number = this.#numbers.get(batch);
    if (number === undefined) {
      number = this.#batches.push(batch) - 1;
      this.#numbers.set(batch, number);
    }
    const { source, rows, overrides, memory, bytes } = batch;
    const isMoved = this.#memory[number] !== memory;
    const isNewBlock = this.#blocks[number] !== bytes;
    this.#memory[number] = memory;
    this.#blocks[number] = bytes;
    return {
      batch: number,
      source,
      rows,
      overrides,
      memory: isMoved ? memory : undefined,
      block: isNewBlock ? { memory: bytes.buffer, bytes: bytes.length } : undefined,
      words: this.#newWords(),
    };
  }

  batchOf(number: number): EventBatch {
    return this.#batches[number];
  }

  #newWords(): NewWords {
    const words = wordsSince(this.#vocabulary, this.#known);
    for (const name of WORDS) this.#known[name] += words[name].length;
    return words;
  }
}

/** Has the batches that another thread shows, with the numbers of this one's vocabulary. */
export class BatchReceiver {
  readonly #vocabulary: Vocabulary;
  readonly #batches: EventBatch[] = [];
  readonly #numbers = new Map<EventBatch, number>();
  readonly #maps: Readonly<Record<WordsName, WordMap>>;

  constructor(vocabulary: Vocabulary) {
    this.#vocabulary = vocabulary;
    this.#maps = Object.fromEntries(
      WORDS.map((name) => [name, new WordMap(vocabulary[name])]),
    ) as Record<WordsName, WordMap>;
  }

  /** Takes note of the words behind a batch that was shown; of all batches, in that order. */
  learn({ words }: ShownBatch): void {
    for (const name of WORDS) this.#maps[name].learn(words[name]);
  }

  receive({ batch: number, source, rows, overrides, memory, block }: ShownBatch): EventBatch {
    let batch = this.#batches[number];
    if (batch === undefined) {
      batch = new EventBatch(this.#vocabulary, Buffer.alloc(0));
      this.#batches[number] = batch;
      this.#numbers.set(batch, number);
    }
    if (block !== undefined) batch.bytes = Buffer.from(block.memory, 0, block.bytes);
    batch.source = source;
    batch.show(memory ?? batch.memory, rows, [...overrides]);
    this.#maps.nodes.translate(batch.node, rows);
    this.#maps.listeners.translate(batch.listener, rows);
    this.#maps.services.translate(batch.service, rows);
    this.#maps.kinds.translate(batch.kind, rows);
    return batch;
  }

  /** The number by which the other thread knows the batch. */
  numberOf(batch: EventBatch): number {
    const number = this.#numbers.get(batch);
    assert(number !== undefined, 'the batch is one that was received');
    return number;
  }
}

/** The numbers of this thread by those of another one. */
class WordMap {
  readonly #words: Words;
  readonly #numbers: number[];
  /** They are the same. */
  #isSame = true;

  /** @param words as far as both threads know them */
  constructor(words: Words) {
    this.#words = words;
    this.#numbers = Array.from({ length: words.size }, (_, number) => number);
  }

  learn(words: readonly string[]): void {
    for (const word of words) {
      const number = this.#words.id(word);
      assert(number !== undefined, 'both threads together know fewer words than a column can name');
      if (number !== this.#numbers.length) this.#isSame = false;
      this.#numbers.push(number);
    }
  }

  /** Numbers that stand for no word, such as that of a dropped row, stay. */
  translate(column: Uint16Array, rows: number): void {
    if (this.#isSame) return;
    for (let row = 0; row < rows; row++) column[row] = this.#numbers[column[row]] ?? column[row];
  }
}

/** All words of a vocabulary. */
export function wordsOf(vocabulary: Vocabulary): NewWords {
  return wordsSince(vocabulary, { nodes: 0, listeners: 0, services: 0, kinds: 0 });
}

function wordsSince(
  { nodes, listeners, services, kinds }: Vocabulary,
  known: Readonly<Record<WordsName, number>>,
): NewWords {
  return {
    nodes: nodes.from(known.nodes),
    listeners: listeners.from(known.listeners),
    services: services.from(known.services),
    kinds: kinds.from(known.kinds),
  };
}
