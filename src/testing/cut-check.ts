import { formatNetwork, parseNetwork, type Network } from '../model/address.ts';
import { compareText } from '../model/order.ts';
import { formatIso } from '../model/time.ts';
import type { RulePolicy } from '../policy/rule-policy.ts';
import type { FiringRow } from '../simulate/tally.ts';
import type { CutEvent } from './cut-units.ts';

/** Differences shown; the others are counted. */
const SHOWN = 5;

/** How the cut of some logs is held against the whole of them. */
export interface FiringCheck {
  readonly whole: readonly FiringRow[];
  readonly cut: readonly FiringRow[];
  readonly policy: RulePolicy;
  /** The blocks that were kept. */
  readonly networks: readonly Network[];
  /** Only firings of windows that lie in here are compared; half open. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Length of the windows of a rule, milliseconds. */
  readonly intervalMs: (rule: string) => number;
  /** What a block of the whole is called in the cut; the same where nothing was replaced. */
  readonly shownAs: (network: Network) => Network;
  /** Whether texts were replaced. */
  readonly isAnonymised: boolean;
  /** Whether the first firing of a row is of a line that was kept. */
  readonly isKept: (row: FiringRow) => boolean;
}

/**
 * What differs between the firings of whole logs and of a cut, for the keys kept: none when the cut
 * shows what the whole shows. A rule that counts by texts counts everyone who shares one; its rows
 * are compared where a line that was kept fired first, or the cut has them.
 */
export function firingDifferences(check: FiringCheck): {
  readonly differences: readonly string[];
  /** Rows that are the same. */
  readonly same: number;
} {
  const { whole, cut, fromMs, toMs } = check;
  const inSpan = ({ rule, windowStartMs }: FiringRow): boolean =>
    windowStartMs >= fromMs && windowStartMs + check.intervalMs(rule) <= toMs;
  const found = cut.filter(inSpan).map((row) => ({ row, text: describe(row, row.key, check) }));
  const inCut = new Map<string, number>();
  for (const { text } of found) inCut.set(text, (inCut.get(text) ?? 0) + 1);
  const cutKeys = new Set(found.map(({ row }) => `${row.rule}\0${row.key}`));
  let same = 0;
  const differences: string[] = [];
  const rules = new Map<string, Network | undefined>();
  for (const row of whole.filter(inSpan)) {
    const block = parseNetwork(row.key);
    const shown = block === undefined ? row.key : formatKey(row.key, check.shownAs(block));
    const isOurs =
      block === undefined
        ? check.isKept(row) || cutKeys.has(`${row.rule}\0${row.key}`)
        : check.networks.some((network) => networksOverlap(network, block));
    if (!isOurs) continue;
    const text = describe(row, shown, check);
    const left = inCut.get(text) ?? 0;
    if (left > 0) {
      inCut.set(text, left - 1);
      same++;
    } else {
      differences.push(`only in the whole: ${describe(row, row.key, check)}`);
      rules.set(row.rule, rules.get(row.rule) ?? block);
    }
  }
  for (const { row, text } of found) {
    const left = inCut.get(text) ?? 0;
    if (left === 0) continue;
    inCut.set(text, left - 1);
    differences.push(`only in the cut: ${describe(row, row.key, check)}`);
    if (!rules.has(row.rule)) rules.set(row.rule, undefined);
  }
  const reasons = [...rules].map(([rule, block]) => reasonOf(rule, block, check));
  return { differences: [...shortened(differences), ...reasons.sort(compareText)], same };
}

function describe(row: FiringRow, key: string, { isAnonymised }: FiringCheck): string {
  const { rule, windowStartMs, firings, peak } = row;
  // The pseudonym of a text hangs on the field that it stands in; the counts tell enough.
  const shown = isAnonymised && parseNetwork(key) === undefined ? 'a text' : key;
  const counted = peak === undefined ? '' : `, peak ${peak}`;
  return `${rule} ${shown} ${formatIso(windowStartMs)}: firings ${firings}${counted}`;
}

/** Keys of scripts are addresses without a prefix. */
function formatKey(key: string, network: Network): string {
  const text = formatNetwork(network);
  return key.includes('/') ? text : text.replace(/\/\d+$/, '');
}

function reasonOf(name: string, block: Network | undefined, check: FiringCheck): string {
  const rule = check.policy.rules.find((each) => each.name === name);
  const wider =
    block !== undefined &&
    !check.networks.some(
      (network) => network.bits <= block.bits && networksOverlap(network, block),
    );
  if (wider) {
    const own = formatNetwork(block);
    return `${name}: per /${block.bits} counts neighbours that were not kept: --ip ${own}`;
  }
  if (rule?.per.type === 'field') {
    return `${name}: counts by ${rule.per.field}, which peers that were not kept share`;
  }
  if (rule?.conditions.some(({ type }) => type === 'surge') === true) {
    return `${name}: a surge is held against earlier windows, which the cut may not reach back to`;
  }
  if (check.isAnonymised) {
    return `${name}: does it compare names or texts? They are replaced: cut without --anonymize`;
  }
  return `${name}: counts what was not kept`;
}

/** Whether two blocks share an address. */
export function networksOverlap(a: Network, b: Network): boolean {
  if (a.family !== b.family) return false;
  const bits = Math.min(a.bits, b.bits);
  return a.words.every((word, index) => {
    const own = Math.min(32, Math.max(0, bits - index * 32));
    return own === 0 || (word ^ b.words[index]) >>> (32 - own) === 0;
  });
}

/**
 * What differs between the events of the units kept and those of the cut: times, kinds, phases,
 * codes, peers, which events share a session or message, and which share a text.
 */
export function eventDifferences(whole: readonly CutEvent[], cut: readonly CutEvent[]): string[] {
  const [a, b] = [new Comparable(), new Comparable()];
  const differences: string[] = [];
  for (let index = 0; index < Math.max(whole.length, cut.length); index++) {
    const [ours, theirs] = [whole.at(index), cut.at(index)];
    const left = ours && a.textOf(ours);
    const right = theirs && b.textOf(theirs);
    if (left === right) continue;
    differences.push(`event ${index + 1}: ${left ?? 'none'}, in the cut ${right ?? 'none'}`);
    // All that follows would differ, too.
    if (ours === undefined || theirs === undefined || ours.facts !== theirs.facts) break;
  }
  return shortened(differences);
}

/** Events as text, in which names are numbers in the order of their first appearance. */
class Comparable {
  readonly #units = new Map<unknown, number>();
  readonly #texts: Map<string, number>[] = [];

  textOf({ unit, facts, peer, texts }: CutEvent): string {
    const numbers = texts.map((text, field) => {
      return text === '' ? '-' : numberOf((this.#texts[field] ??= new Map()), text);
    });
    return `${facts} ${peer} unit ${numberOf(this.#units, unit)} texts ${numbers.join(' ')}`;
  }
}

function numberOf<Key>(numbers: Map<Key, number>, key: Key): number {
  const known = numbers.get(key) ?? numbers.size + 1;
  numbers.set(key, known);
  return known;
}

function shortened(differences: readonly string[]): string[] {
  if (differences.length <= SHOWN) return [...differences];
  return [...differences.slice(0, SHOWN), `and ${differences.length - SHOWN} more`];
}
