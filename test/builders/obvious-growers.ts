// The growers of semantics, section 10, found without any cleverness: addresses as texts of bits,
// every mask and every block counted anew.

/** An address as 32 or 128 characters `0` and `1`. */
export interface ObviousAddress {
  readonly bits: string;
  readonly before: number;
  readonly now: number;
}

export interface ObviousGrower {
  /** The bits of the block: as many as its mask is long. */
  readonly block: string;
  readonly before: number;
  readonly now: number;
  readonly addresses: number;
  readonly apart: number;
}

const SHORTEST: Readonly<Record<number, number>> = { 32: 8, 128: 32 };

function around(width: number, mask: number): number {
  if (width === 128 && mask > 64) return 64;
  return Math.max(SHORTEST[width], mask - (width === 32 ? 8 : 16));
}

function groupBy<T>(all: readonly T[], keyOf: (one: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) groups.set(keyOf(one), [...(groups.get(keyOf(one)) ?? []), one]);
  return groups;
}

function commonStart(texts: readonly string[]): string {
  let length = texts[0].length;
  while (!texts.every((text) => text.startsWith(texts[0].slice(0, length)))) length--;
  return texts[0].slice(0, length);
}

/**
 * @param all of one family, in any order
 * @param factor what counts of the earlier span are multiplied with
 * @param share percent
 */
export function obviousGrowers(
  all: readonly ObviousAddress[],
  factor: { readonly numerator: number; readonly denominator: number },
  share: number,
): ObviousGrower[] {
  const gain = ({ before, now }: ObviousAddress): number =>
    Math.max(0, now * factor.denominator - before * factor.numerator);
  const sum = (own: readonly ObviousAddress[]): number =>
    own.reduce((total, address) => total + gain(address), 0);
  const width = all.at(0)?.bits.length ?? 32;
  const found: ObviousGrower[] = [];
  let free = [...all].sort((a, b) => (a.bits < b.bits ? -1 : 1));
  for (let mask = width; mask > SHORTEST[width]; mask--) {
    const hoods = [...groupBy(free, ({ bits }) => bits.slice(0, around(width, mask))).keys()];
    for (const hood of hoods) {
      for (;;) {
        const near = free.filter(({ bits }) => bits.startsWith(hood));
        const blocks = [...groupBy(near, ({ bits }) => bits.slice(0, mask)).values()];
        const best = blocks.toSorted((a, b) => sum(b) - sum(a)).at(0) ?? [];
        if (sum(best) === 0 || sum(best) * 100 < sum(near) * share) break;
        const growing = best.filter((address) => gain(address) > 0);
        const block = commonStart(growing.map(({ bits }) => bits));
        const own = free.filter(({ bits }) => bits.startsWith(block));
        free = free.filter(({ bits }) => !bits.startsWith(block));
        found.push({
          block,
          before: own.reduce((total, { before }) => total + before, 0),
          now: own.reduce((total, { now }) => total + now, 0),
          addresses: own.filter(({ now }) => now > 0).length,
          apart: found.filter((other) => other.block.startsWith(block)).length,
        });
      }
    }
  }
  return found;
}
