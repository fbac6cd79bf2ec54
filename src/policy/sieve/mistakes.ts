import { MistakeList, type Place } from '../mistakes.ts';
import { WARNINGS, WORDS, type ScriptCode } from './codes.ts';

/** A file that is no script at all has a mistake on every line; nobody reads the thousandth. */
const MAX_TOLD = 100;

/** What is wrong in a script, up to 100 errors and as many warnings. */
export class Mistakes extends MistakeList<typeof WORDS> {
  readonly #told = { error: 0, warning: 0 };
  #trusted = Infinity;

  constructor(file: string) {
    super(file, WORDS, WARNINGS);
  }

  /** From this place on nothing is told any more: a forgotten quote turned it inside out. */
  trustUntil(offset: number): void {
    this.#trusted = offset;
  }

  override add<Code extends ScriptCode>(
    place: Place,
    code: Code,
    details: Parameters<(typeof WORDS)[Code]>,
    hint?: string,
  ): void {
    if (place.start >= this.#trusted) return;
    const kind = WARNINGS.has(code) ? 'warning' : 'error';
    if (this.#told[kind] > MAX_TOLD) return;
    this.#told[kind]++;
    if (this.#told[kind] <= MAX_TOLD) {
      super.add(place, code, details, hint);
      return;
    }
    const limit = kind === 'error' ? 'errors-many' : 'warnings-many';
    super.add(place, limit, [String(MAX_TOLD)]);
  }
}
