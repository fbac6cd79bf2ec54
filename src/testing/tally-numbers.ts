import { assert } from '../model/errors.ts';
import type { FileReport } from '../model/file-report.ts';
import type { Tally } from '../simulate/tally.ts';
import type { Subject } from './expectation.ts';

/** Numbers by name; what is not there is 0. */
export type Values = Readonly<Record<string, number | undefined>>;

type Of<Type> = Extract<Subject, { readonly type: Type }>;
type TallySubject = Exclude<Subject, Of<'firings'> | Of<'unexpected'> | Of<'moment'> | Of<'stops'>>;

/** What the tally of a run, and the report on its inputs, say of a subject. */
export function tallyNumbers(
  subject: TallySubject,
  tally: Tally,
  files: readonly FileReport[],
): Values {
  switch (subject.type) {
    case 'events':
      return tally.events;
    case 'input':
      return {
        unparsed: sum(files.map(({ unparsed }) => unparsed)),
        quarantined: sum(files.map(({ quarantined }) => quarantined)),
        late: tally.late,
        too_late: tally.tooLate,
        ignored: tally.ignored,
      };
    case 'session_ends': {
      const { opened, ended, unopened, openAtEnd: open } = tally.sessions;
      return { opened, ...ended, unopened, open };
    }
    case 'notes': {
      const note = tally.notes.find(({ series }) => series === subject.series);
      return {
        wrong_family: note?.wrongFamily,
        without_key: note?.withoutKey,
        without_amount: note?.withoutAmount,
        negative: note?.negative === true ? 1 : 0,
      };
    }
    case 'collateral':
      return collateralNumbers(subject.rule, tally);
    default:
      return enforcedNumbers(subject, tally);
  }
}

function collateralNumbers(rule: string | undefined, { rules, collateral }: Tally): Values {
  const own = (collateral?.rules ?? []).filter((_, index) => {
    return rule === undefined || rules[index].name === rule;
  });
  const names = ['connections', 'accepted', 'rejected', 'greylisted', 'spam', 'virus'] as const;
  return Object.fromEntries(names.map((name) => [name, sum(own.map((counts) => counts[name]))]));
}

function enforcedNumbers(
  subject: Of<'accepted'> | Of<'refused'> | Of<'blocks'> | Of<'tarpits'> | Of<'retries'>,
  { enforced, events }: Tally,
): Values {
  assert(enforced !== undefined, 'the policy was in force');
  const { accepted, blocks, tarpits, retries } = enforced;
  switch (subject.type) {
    case 'accepted':
      return accepted;
    case 'refused':
      return Object.fromEntries(
        Object.entries(events).map(([kind, count]) => [kind, count - (accepted[kind] ?? 0)]),
      );
    case 'blocks': {
      const own = blocks.filter(({ rule }) => subject.rule === undefined || rule === subject.rule);
      return {
        begun: sum(own.map(({ begun }) => begun)),
        refused: sum(own.map(({ refused }) => refused)),
      };
    }
    case 'tarpits': {
      const { sessions, seconds, heldAtEnd } = tarpits;
      return { sessions, seconds, held: heldAtEnd };
    }
    case 'retries':
      return { returned: retries?.returned, gave_up: retries?.gaveUp, waiting: retries?.waiting };
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
