import type { Diagnostic } from '../model/diagnostic.ts';

/** A half-open range in the text of a file, in UTF-16 units. */
export interface Place {
  readonly start: number;
  readonly end: number;
}

/** The words of every mistake that one way to write a policy knows, by code. */
type Codes = Readonly<Record<string, (...details: string[]) => string>>;

/** Collects what is wrong, so that a reader goes on and reports many mistakes at once. */
export class MistakeList<Words extends Codes> {
  /** The file whose mistakes come first. */
  readonly file: string;
  readonly #words: Words;
  readonly #warnings: ReadonlySet<keyof Words>;
  /** By place and words: a value that an alias repeats is wrong once. */
  readonly #found = new Map<string, Diagnostic>();
  #errors = 0;

  /**
   * @param file the file whose mistakes come first
   * @param warnings the codes that do not stop the file from being used
   */
  constructor(file: string, words: Words, warnings: ReadonlySet<keyof Words>) {
    this.file = file;
    this.#words = words;
    this.#warnings = warnings;
  }

  get errors(): number {
    return this.#errors;
  }

  /** @param file the file in which the place is, when it is not the first one */
  add<Code extends keyof Words & string>(
    place: Place,
    code: Code,
    details: Parameters<Words[Code]>,
    hint?: string,
    file = this.file,
  ): void {
    const words = this.#words[code];
    const severity = this.#warnings.has(code) ? 'warning' : 'error';
    const message = words(...details);
    const { start, end } = place;
    const identity = `${start} ${end} ${code} ${message} ${file}`;
    if (this.#found.has(identity)) return;
    if (severity === 'error') this.#errors++;
    const mistake = { severity, code, message, file, start, end } as const;
    this.#found.set(identity, hint === undefined ? mistake : { ...mistake, hint });
  }

  /**
   * The first file's own mistakes, then those of the files it names; by place inside each.
   *
   * @param order of the files, where it is not that of the first mistake in each
   */
  sorted(order: Iterable<string> = []): Diagnostic[] {
    const found = [...this.#found.values()];
    const files = [...new Set([this.file, ...order, ...found.map((one) => one.file)])];
    return found.sort(
      (a, b) => files.indexOf(a.file) - files.indexOf(b.file) || a.start - b.start || a.end - b.end,
    );
  }
}
