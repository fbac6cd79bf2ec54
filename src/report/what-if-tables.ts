import { visible } from '../model/visible.ts';
import type { CollateralCounts, CollateralTally, RuleCollateral } from '../simulate/collateral.ts';
import type { OverlapRow } from '../simulate/rule-overlap.ts';
import type { EnforcedTally, RuleTally, Tally } from '../simulate/tally.ts';
import { counted, duration, grouped, plainTable } from './plain-table.ts';

/** Shown on a terminal; summary.json has them all. */
const SHOWN_SENDERS = 3;
const SHOWN_PAIRS = 10;
/** Rules in a matrix that a terminal can show. */
const WIDEST_MATRIX = 6;

/** `0.0123` of a whole as `1.23 %`, with at most two decimals; empty where there is no whole. */
export function percent(part: number, whole: number): string {
  if (whole === 0) return '';
  return `${String(Number(((100 * part) / whole).toFixed(2)))} %`;
}

/** What each rule takes, by how the running system judged it; undefined: no rule takes anything. */
export function collateralTable(
  { total, rules }: CollateralTally,
  tallies: readonly RuleTally[],
): string | undefined {
  const shown = rules
    .map((taken, index) => ({ name: tallies[index].name, taken }))
    .filter(({ taken }) => sumOf(taken) > 0);
  if (shown.length === 0) return undefined;
  const labelled = total.good + total.bad > 0;
  const extras = (['greylisted', 'spam', 'virus'] as const).filter((name) => total[name] > 0);
  const head = [
    'what a rule takes',
    'connections',
    'accepted\nmessages',
    'of all\naccepted',
    'refused\nanyway',
    ...extras,
    ...(labelled ? ['good', 'bad', 'precision', 'recall'] : []),
  ];
  const rows = shown.map(({ name, taken }) => [
    name,
    grouped(taken.connections),
    grouped(taken.accepted),
    percent(taken.accepted, total.accepted),
    grouped(taken.rejected),
    ...extras.map((extra) => grouped(taken[extra])),
    ...(labelled ? labelCells(taken, total) : []),
  ]);
  const senders = shown.flatMap(({ name, taken }) => sendersLine(name, taken));
  return [plainTable(head, rows), ...senders].join('\n');
}

/** Connections, messages and refusals together. */
export function sumOf({
  connections,
  accepted,
  rejected,
  greylisted,
  spam,
  virus,
}: CollateralCounts): number {
  return connections + accepted + rejected + greylisted + spam + virus;
}

function labelCells({ good, bad }: CollateralCounts, total: CollateralCounts): string[] {
  return [grouped(good), grouped(bad), percent(bad, good + bad), percent(bad, total.bad)];
}

function sendersLine(name: string, { senders, accepted }: RuleCollateral): string[] {
  if (senders.length === 0) return [];
  const shown = senders
    .slice(0, SHOWN_SENDERS)
    .map(
      ({ sender, messages }) => `${sender === '' ? '<>' : visible(sender)} ${grouped(messages)}`,
    );
  const others = accepted - senders.slice(0, SHOWN_SENDERS).reduce((sum, s) => sum + s.messages, 0);
  if (others > 0) shown.push(`others ${grouped(others)}`);
  return [`accepted mail that ${name} takes, by sender: ${shown.join(', ')}`];
}

/** The matrix of rules that refuse the same events; undefined: no two do. */
export function overlapTable(
  rows: readonly OverlapRow[],
  tallies: readonly RuleTally[],
): string | undefined {
  const pairs = rows.filter(({ rule, other }) => rule !== other);
  if (pairs.length === 0) return undefined;
  const rules = [...new Set(pairs.flatMap(({ rule, other }) => [rule, other]))];
  rules.sort((a, b) => a - b);
  if (rules.length > WIDEST_MATRIX) return pairTable(pairs, tallies);
  const eventsOf = (a: number, b: number): number =>
    rows.find(({ rule, other }) => rule === Math.min(a, b) && other === Math.max(a, b))?.events ??
    0;
  const head = ['both refuse', ...rules.map((rule) => tallies[rule].name)];
  const cells = rules.map((rule) => [
    tallies[rule].name,
    ...rules.map((other) => grouped(eventsOf(rule, other))),
  ]);
  return plainTable(head, cells);
}

/** The pairs of rules with the most events, where a matrix would be too wide. */
function pairTable(pairs: readonly OverlapRow[], tallies: readonly RuleTally[]): string {
  const most = pairs.toSorted((a, b) => b.events - a.events).slice(0, SHOWN_PAIRS);
  const cells = most.map(({ rule, other, events }) => [
    tallies[rule].name,
    tallies[other].name,
    grouped(events),
  ]);
  const table = plainTable(['both refuse', 'and', 'events'], cells);
  const others = pairs.length - most.length;
  return others === 0 ? table : `${table}\n${counted(others, 'more pair')} (summary.json of --out)`;
}

/** Events as they were, as they were tried, and as no rule refused them. */
export function enforcedEventTable(tally: Tally, { observed, accepted }: EnforcedTally): string {
  const kinds = [
    ...new Set([...Object.keys(observed.events), ...Object.keys(tally.events)]),
  ].sort();
  const rows = kinds.map((kind) => [
    kind,
    grouped(observed.events[kind] ?? 0),
    grouped(tally.events[kind] ?? 0),
    grouped(accepted[kind] ?? 0),
  ]);
  const [before, after] = [observed.sessions, tally.sessions];
  if (before.opened > 0) {
    const peak = grouped(after.peak);
    rows.push(['most sessions open at once', grouped(before.peak), peak, peak]);
  }
  if (tally.ignored > 0) {
    rows.push(['ignored (not counted)', grouped(observed.ignored), grouped(tally.ignored), '']);
  }
  return plainTable(['event', 'observed', 'attempts', 'accepted'], rows);
}

/** Each rule as it fires on the log, and in force. */
export function enforcedRuleTable(tally: Tally, { observed, blocks }: EnforcedTally): string {
  const head = [
    'rule',
    'verdict',
    'firings\nobserved',
    'firings\nenforced',
    'keys',
    'refused\nconnections',
    'refused\nmessages',
    'blocks',
    'connects\nblocked',
  ];
  const before = [...observed.rules];
  const rows = tally.rules.map((rule) => {
    // Scripts that say only when they act what they do may have done it in another order.
    const at = before.findIndex(({ name, verdict }) => {
      return name === rule.name && verdict === rule.verdict;
    });
    const [known] = at === -1 ? [] : before.splice(at, 1);
    const block = blocks.find(({ rule: name }) => name === rule.name);
    return [
      rule.name,
      rule.verdict,
      grouped(known?.firings ?? 0),
      grouped(rule.firings),
      grouped(rule.keys),
      grouped(rule.stoppedConnections),
      grouped(rule.stoppedMessages),
      block === undefined ? '' : grouped(block.begun),
      block === undefined ? '' : grouped(block.refused),
    ];
  });
  return plainTable(head, rows);
}

/** What else a policy in force did. */
export function enforcedRemarks({ tarpits, retries }: EnforcedTally): string[] {
  const remarks: string[] = [];
  if (tarpits.sessions > 0) {
    const delay = duration(tarpits.seconds * 1000);
    remarks.push(`tarpits held ${counted(tarpits.sessions, 'session')} for ${delay} in all`);
  }
  if (retries !== undefined) {
    const after = duration(retries.afterMs);
    const { returned, waiting, gaveUp } = retries;
    remarks.push(
      `${counted(returned, 'refusal')} came back after ${after}, ${grouped(waiting)} had not when ` +
        `the log ended, ${grouped(gaveUp)} gave up`,
    );
  }
  return remarks;
}
