/** `?`, `*` and the end of the pattern among code points. */
const ONE = -1;
const MANY = -2;
const END = -3;

/**
 * A pattern of `:matches`: `*` stands for any characters, `?` for one; behind a backslash both
 * stand for themselves (RFC 5228, section 2.7.1).
 *
 * A text is walked once for each run between two stars, so that no pattern is slow on any text.
 */
export class Glob {
  readonly #codes: readonly number[];
  readonly #folds: boolean;

  /** @param folds whether ASCII letters match in either case */
  constructor(pattern: string, folds: boolean) {
    this.#codes = codesOf(pattern, folds);
    this.#folds = folds;
  }

  matches(text: string): boolean {
    const codes = this.#codes;
    let at = 0;
    let next = 0;
    let star = -1;
    let retry = 0;
    while (at < text.length) {
      const code = this.#codeAt(text, at);
      const wanted = next < codes.length ? codes[next] : END;
      if (wanted === MANY) {
        star = next++;
        retry = at;
      } else if (wanted === ONE || wanted === code) {
        next++;
        at += widthOf(code);
      } else if (star === -1) {
        return false;
      } else {
        next = star + 1;
        retry += widthOf(this.#codeAt(text, retry));
        at = retry;
      }
    }
    while (next < codes.length && codes[next] === MANY) next++;
    return next === codes.length;
  }

  #codeAt(text: string, at: number): number {
    const code = text.codePointAt(at)!;
    return this.#folds ? foldedCode(code) : code;
  }
}

function codesOf(pattern: string, folds: boolean): number[] {
  const codes: number[] = [];
  let quoted = false;
  for (const character of pattern) {
    const code = character.codePointAt(0)!;
    if (!quoted && character === '\\') {
      quoted = true;
      continue;
    }
    if (!quoted && character === '*') codes.push(MANY);
    else if (!quoted && character === '?') codes.push(ONE);
    else codes.push(folds ? foldedCode(code) : code);
    quoted = false;
  }
  if (quoted) codes.push(92);
  return codes;
}

function foldedCode(code: number): number {
  return code >= 65 && code <= 90 ? code + 32 : code;
}

function widthOf(code: number): number {
  return code > 0xffff ? 2 : 1;
}
