import type { Diagnostic } from '../../model/diagnostic.ts';
import { WARNINGS, WORDS, type DiagnosticCode } from './codes.ts';

/** A half-open range in the text of a file, in UTF-16 units. */
export interface Place {
  readonly start: number;
  readonly end: number;
}

/** Collects what is wrong, so that a reader goes on and reports many mistakes at once. */
export class Mistakes {
  readonly #file: string;
  /** By place and words: a value that an alias repeats is wrong once. */
  readonly #found = new Map<string, Diagnostic>();
  #errors = 0;

  constructor(file: string) {
    this.#file = file;
  }

  get errors(): number {
    return this.#errors;
  }

  /** @param file the file in which the place is, when it is not the policy itself */
  add<Code extends DiagnosticCode>(
    place: Place,
    code: Code,
    details: Parameters<(typeof WORDS)[Code]>,
    hint?: string,
    file = this.#file,
  ): void {
    const words = WORDS[code] as (...details: readonly string[]) => string;
    const severity = WARNINGS.has(code) ? 'warning' : 'error';
    const message = words(...details);
    const { start, end } = place;
    const identity = `${start} ${end} ${code} ${message} ${file}`;
    if (this.#found.has(identity)) return;
    if (severity === 'error') this.#errors++;
    const mistake = { severity, code, message, file, start, end } as const;
    this.#found.set(identity, hint === undefined ? mistake : { ...mistake, hint });
  }

  /** The policy's own mistakes first, then those of its list files; by place inside each. */
  sorted(): Diagnostic[] {
    const files = [...new Set([this.#file, ...[...this.#found.values()].map((one) => one.file)])];
    return [...this.#found.values()].sort(
      (a, b) => files.indexOf(a.file) - files.indexOf(b.file) || a.start - b.start || a.end - b.end,
    );
  }
}
