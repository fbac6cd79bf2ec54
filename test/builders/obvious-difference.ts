import { ADDRESS } from '../../src/model/address.ts';
import type { Rule } from '../../src/policy/rule-policy.ts';
import type { ChangeRow, ClassTally } from '../../src/simulate/compare/compare.ts';
import type {
  Change,
  EventPlace,
  Mover,
  RuleChanges,
  Side,
} from '../../src/simulate/compare/movers.ts';
import type { Correlated, CorrelatedEvent } from './correlated-events.ts';
import type { EventRow } from './event-batches.ts';
import { blockOf } from './obvious-rules.ts';
import type { ObviousJudgement } from './obvious-takes.ts';

const STOPPABLE: readonly string[] = [
  'connections',
  'accepted',
  'spam',
  'virus',
  'rejected',
  'greylisted',
  'auth_failure',
];
const CLASSES = [...STOPPABLE, 'begun', 'other'];
const CHANGES: readonly Change[] = ['newly_stopped', 'newly_freed', 'changed'];

/** An event that changed, with whose doing it was. */
interface Changed {
  readonly row: ChangeRow;
  readonly name: string;
  readonly side: Side;
  readonly rule: Rule;
  readonly block: string;
}

/** What a comparison must find. */
export interface ObviousComparison {
  readonly rows: readonly ChangeRow[];
  readonly classes: readonly ClassTally[];
  readonly rules: readonly RuleChanges[];
  /** In any order. */
  readonly movers: readonly Mover[];
}

type Judgements = readonly (ObviousJudgement | undefined)[];

/** The difference of what two policies do with each event, by the text of docs/compare.md. */
export function obviousDifference(
  stream: readonly (readonly [EventRow, number])[],
  { events }: Correlated,
  older: Judgements,
  newer: Judgements,
): ObviousComparison {
  const classes = CLASSES.map((name) => {
    return { name, events: 0, newlyStopped: 0, newlyFreed: 0, bothStopped: 0, changed: 0 };
  });
  const all: Changed[] = [];
  stream.forEach(([row, rank], at) => {
    const [a, b] = [older[at], newer[at]];
    if (a === undefined || b === undefined || !(a.isCounted || b.isCounted)) return;
    const name = classOf(events[at]);
    const tally = classes.find((one) => one.name === name)!;
    tally.events++;
    if (a.takenBy !== undefined && b.takenBy !== undefined) tally.bothStopped++;
    const change = changeOf(name, a, b);
    if (change === undefined) return;
    if (change === 'newly_stopped') tally.newlyStopped++;
    else if (change === 'newly_freed') tally.newlyFreed++;
    else tally.changed++;
    const side = change === 'newly_freed' || (change === 'changed' && !b.rule) ? 'old' : 'new';
    const { takenBy, rule: judge } = side === 'old' ? a : b;
    const rule = (change === 'changed' ? judge : takenBy)!;
    const { per } = rule;
    const block = blockOf(events[at].ip, per.type === 'prefix' ? per.prefix : ADDRESS);
    all.push({ row: rowOf(change, events[at], row, rank, a, b), name, side, rule, block });
  });
  const ruleKey = ({ row, side, rule }: Changed): string => `${row.change} ${side} ${rule.name}`;
  const rules = grouped(all, ruleKey).map((own): RuleChanges => {
    const blocks = new Set(own.map(({ block }) => block)).size;
    return { ...headOf(own[0]), blocks, ...movedOf(own) };
  });
  const movers = grouped(all, (one) => `${ruleKey(one)} ${one.block}`).map((own): Mover => {
    return { ...headOf(own[0]), block: own[0].block, ...movedOf(own) };
  });
  rules.sort((a, b) => CHANGES.indexOf(a.change) - CHANGES.indexOf(b.change));
  return { rows: all.map(({ row }) => row), classes: classes as ClassTally[], rules, movers };
}

export function classOf({ kind, verdict }: CorrelatedEvent): string {
  if (kind === 'connect') return 'connections';
  if (kind === 'reception') return ['spam', 'virus'].includes(verdict) ? verdict : 'accepted';
  if (kind === 'rejection') return verdict === 'greylisted' ? 'greylisted' : 'rejected';
  if (kind === 'auth_failure') return kind;
  return kind === 'transaction' ? 'begun' : 'other';
}

const verdictOf = ({ rule }: ObviousJudgement): ChangeRow['oldVerdict'] =>
  rule?.verdict.type ?? 'none';

function changeOf(
  name: string,
  older: ObviousJudgement,
  newer: ObviousJudgement,
): Change | undefined {
  const differs = verdictOf(older) !== verdictOf(newer);
  const [before, now] = [older.takenBy !== undefined, newer.takenBy !== undefined];
  if (before === now) return differs ? 'changed' : undefined;
  if (name === 'other' && !differs) return undefined;
  return now ? 'newly_stopped' : 'newly_freed';
}

function rowOf(
  change: Change,
  event: CorrelatedEvent,
  row: EventRow,
  rank: number,
  a: ObviousJudgement,
  b: ObviousJudgement,
): ChangeRow {
  const named = ({ takenBy, rule }: ObviousJudgement): string =>
    (change === 'changed' ? (rule ?? takenBy) : (takenBy ?? rule))?.name ?? '';
  return {
    timeMs: row.timeMs,
    file: `log${rank}`,
    line: row.line!,
    change,
    oldRule: named(a),
    newRule: named(b),
    oldVerdict: verdictOf(a),
    newVerdict: verdictOf(b),
    kind: event.kind,
    ip: event.ip,
    sender: row.sender ?? '',
    recipient: row.recipient ?? '',
    recipients: row.recipients === undefined ? '' : String(row.recipients),
    queueId: row.queue_id ?? '',
    logged: event.verdict,
  };
}

const headOf = ({ row, side, rule }: Changed): Pick<Mover, 'change' | 'side' | 'rule'> => {
  return { change: row.change, side, rule: rule.name };
};

function movedOf(all: readonly Changed[]): Pick<Mover, 'events' | 'counts' | 'first'> {
  const counts = Object.fromEntries(
    CLASSES.map((name) => [name, all.filter((one) => one.name === name).length]),
  ) as Mover['counts'];
  const events = all.filter(({ row, name }) => {
    return row.change === 'changed' || STOPPABLE.includes(name);
  }).length;
  const { timeMs, file, line } = all[0].row;
  const first: EventPlace = { timeMs, file, line };
  return { events, counts, first };
}

function grouped<T>(all: readonly T[], keyOf: (one: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const one of all) groups.set(keyOf(one), [...(groups.get(keyOf(one)) ?? []), one]);
  return [...groups.values()];
}
