import { FIRST_CUSTOM_KIND, KINDS } from './event.ts';

/** Words numbered in order of appearance. The numbers mean identity only and never reach output. */
export class Words {
  readonly #ids = new Map<string, number>();
  readonly #names: string[] = [];

  /** @param first words that get the numbers 0, 1, … */
  constructor(first: readonly string[] = []) {
    for (const word of first) this.id(word);
  }

  /** The number of a word, new or known. At most 65,535 words; `undefined` when there are more. */
  id(word: string): number | undefined {
    const known = this.#ids.get(word);
    if (known !== undefined) return known;
    const id = this.#names.length;
    if (id >= 0xffff) return undefined;
    this.#ids.set(word, id);
    this.#names.push(word);
    return id;
  }

  name(id: number): string {
    return this.#names[id] ?? '';
  }

  get size(): number {
    return this.#names.length;
  }

  /** The words from this number on. */
  from(id: number): string[] {
    return this.#names.slice(id);
  }
}

/** The words shared by all batches of one run: what the numbers in their columns stand for. */
export class Vocabulary {
  readonly nodes = new Words(['']);
  readonly listeners = new Words(['']);
  /** 0 is SMTP, the service of every log that names none. */
  readonly services = new Words(['SMTP']);
  readonly kinds = new Words([
    ...KINDS,
    // Keeps the numbers of custom kinds clear of those that we may add.
    ...Array.from({ length: FIRST_CUSTOM_KIND - KINDS.length }, (_, gap) => `#${gap}`),
  ]);
}
