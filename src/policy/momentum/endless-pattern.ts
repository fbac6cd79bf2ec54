/** Parts of an expression as JavaScript writes it; `.` is a class by then. */
const TOKEN =
  /\\(?:[kpPu](?:\{[^}]*\}|<[^>]*>)|[^])|\[(?:\\[^]|[^\]\\])*\]|\((?:\?(?:<?[=!]|:|<\w+>))?|[*+?]\??|\{\d+(?:,\d*)?\}\??|[^]/gu;
/** A part that may come this often is as good as unbounded: 2^10 ways are already slow. */
const OFTEN = 10;

/** What stands between two bars or brackets: what it must have and what may come often. */
interface Part {
  /** The same text can be matched in more ways the longer it is, once the part is repeated. */
  readonly ambiguous: boolean;
  /** Holds `.*`, which takes what the parts around it need as well. */
  readonly greedy: boolean;
  readonly newline: boolean;
}

class Group {
  readonly isAssertion: boolean;
  /** The part that a quantifier would belong to. */
  last: Part | undefined;
  #all: Part = { ambiguous: false, greedy: false, newline: false };
  #often = 0;
  #needed = 0;
  #neededOften = 0;
  #greedy = false;
  #newline = false;

  constructor(isAssertion: boolean) {
    this.isAssertion = isAssertion;
  }

  /** Takes the last part, which comes from `least` to `most` times. */
  take(least = 1, most = 1): void {
    const { last } = this;
    if (last === undefined) return;
    const often = most >= OFTEN || last.ambiguous;
    if (often) this.#often++;
    if (least > 0) this.#needed++;
    if (often && least > 0) this.#neededOften++;
    if (often && last.greedy) this.#greedy = true;
    if (last.newline) this.#newline = true;
    this.last = undefined;
  }

  /** Ends an alternative, or the group. */
  end(): Part {
    this.take();
    const alone = this.#needed === 0 || (this.#needed === 1 && this.#neededOften === 1);
    const greedy = this.#greedy && !this.#newline;
    const ambiguous = (this.#often > 0 && alone) || greedy;
    this.#all = {
      ambiguous: this.#all.ambiguous || ambiguous,
      greedy: this.#all.greedy || greedy,
      newline: this.#all.newline || this.#newline,
    };
    this.#often = this.#needed = this.#neededOften = 0;
    this.#greedy = this.#newline = false;
    return this.#all;
  }
}

/**
 * Whether a group is repeated that holds nothing but something repeated, as in `(a+)+`, or `.*` as
 * in `(.*,)*`. A text of some fifty characters that does not match keeps JavaScript busy for days.
 *
 * There are slow patterns beside these; those are slow without a doubt.
 *
 * @param source an expression that JavaScript has taken
 */
export function isEndless(source: string): boolean {
  const open = [new Group(false)];
  for (const [token] of source.matchAll(TOKEN)) {
    const group = open.at(-1)!;
    const quantifier = /^(?:([*+?])|\{(\d+)(,?)(\d*)\})\??$/.exec(token);
    if (quantifier !== null) {
      const [, sign, first, comma, second] = quantifier;
      const least = sign === undefined ? Number(first) : sign === '+' ? 1 : 0;
      const most =
        sign === '?' ? 1 : sign || (comma && !second) ? Infinity : Number(second || first);
      if (most >= OFTEN && group.last?.ambiguous) return true;
      group.take(least, most);
      continue;
    }
    group.take();
    if (token === '|') group.end();
    else if (token.startsWith('(')) open.push(new Group(/^\(\?<?[=!]/.test(token)));
    else if (token === ')') {
      const all = group.end();
      open.pop();
      const none = { ambiguous: false, greedy: false, newline: false };
      open.at(-1)!.last = group.isAssertion ? none : all;
    } else {
      const greedy = token === '[^\\n]' || token === '[^]';
      group.last = { ambiguous: false, greedy, newline: /^(?:\\n|\[[^^].*\\n)/.test(token) };
    }
  }
  return false;
}
