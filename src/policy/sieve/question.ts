import type { Askable, BlockQuestion } from '../../engine/port.ts';
import type { Prefix } from '../../model/address.ts';
import { formatMonitor, type Monitor } from '../../model/monitor.ts';
import { checkFamily, type NamedAddress } from './asked-block.ts';
import { ScriptFailure, type Run } from './run.ts';
import { fail, type BoundArgument, type Getter, type Site } from './site.ts';
import { leadingNumber, textOf, type Hash, type Value } from './value.ts';

/** The arguments of a command by name: positional ones, or the keys of a hash. */
export type Named = (name: string) => Value | undefined;

/** A count over windows and a block, with all of its arguments known. */
export interface Question {
  readonly of: Askable;
  readonly monitor: Monitor;
  readonly prefix: Prefix;
  /** The mask as given; undefined where the script gives none. */
  readonly bits: number | undefined;
  readonly start: number;
  readonly end: number;
  /** Undefined: the peer. */
  readonly address: NamedAddress | undefined;
}

/** The arguments when the script runs; the call is in the positional form. */
export function namedAt(run: Run, { positional }: Site, names: readonly string[]): Named {
  return (name) =>
    names.includes(name) ? positional.at(names.indexOf(name))?.get(run) : undefined;
}

/** The arguments of a call whose one argument is a hash. */
export function namedIn(hash: Hash): Named {
  return (name) => hash.get(name);
}

export function hashOf(site: Site, argument: BoundArgument, run: Run): Hash {
  const value = argument.get(run);
  if (value instanceof Map) return value;
  return fail(site, `${site.name}: its one argument is no hash`);
}

/** Whether only literals are given, so that the call means the same at every event. */
export function isLiteral({ positional, tags }: Site): boolean {
  return [...positional, ...tags.values()].every((one) => one?.literal !== undefined);
}

/**
 * What can be made once, before the first event, so that the engine is ready. A mistake in it is
 * left for the event that comes to it.
 */
export function madeAhead<Kind>(make: () => Kind): Kind | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof ScriptFailure) return undefined;
    throw error;
  }
}

/** A whole number; decimals are cut off. */
export function wholeOf(
  site: Site,
  name: string,
  value: Value | undefined,
  missing: number,
): number {
  if (value === undefined) return missing;
  const number = leadingNumber(textOf(value));
  if (number === undefined) {
    fail(site, `${site.name}: ${name} '${textOf(value).slice(0, 64)}' is no number`);
  }
  return Math.trunc(number);
}

/** The first window is 0 where it is missing, the last one the first (momentum, 3.6, row 7). */
export function windowsOf(site: Site, named: Named): { start: number; end: number } {
  const start = wholeOf(site, 'period_start', named('period_start'), 0);
  return { start, end: wholeOf(site, 'period_end', named('period_end'), start) };
}

/** The answer as a text: Momentum's counts are strings. */
export function countOf(run: Run, site: Site, question: Question): string {
  return areKept(run, site, question) ? ask(run, site, question, engineQuestion(question)) : '0';
}

/** The same for a question that never changes, asked of the engine before the first event. */
export function countAhead(site: Site, question: Question): Getter {
  if (!isInside(question)) return (run) => countOf(run, site, question);
  const asked = engineQuestion(question);
  return (run) => ask(run, site, question, asked);
}

function engineQuestion({ of, prefix, start, end }: Question): BlockQuestion {
  return of.over(prefix, { start, end });
}

/** For the address that the question names, or the peer. */
function ask(run: Run, site: Site, { address, bits }: Question, asked: BlockQuestion): string {
  if (address !== undefined) return String(asked.count(address.family, address.words, 0));
  return String(askForPeer(run, site, bits, asked));
}

/** The answer for the block of the peer; 0 where the log does not name it. */
export function askForPeer(
  run: Run,
  site: Site,
  bits: number | undefined,
  asked: BlockQuestion,
): number {
  const { batch, row } = run.event;
  const family = batch.family[row];
  checkFamily(run, site, family, bits);
  return asked.count(family, batch.ip, row * 4);
}

function isInside({ monitor, start, end }: Question): boolean {
  return start >= 0 && start <= end && end < monitor.windows;
}

/** Windows are 0 to n-1; others answer 0, which is told (momentum, 3.6, row 8). */
function areKept(run: Run, site: Site, question: Question): boolean {
  if (isInside(question)) return true;
  const { monitor, start, end } = question;
  const seen = start === end ? `window ${start}` : `windows ${start} to ${end}`;
  const text = `${seen} of "${formatMonitor(monitor)}", which keeps 0 to ${monitor.windows - 1}: 0`;
  run.world.note(site, 'doubt', text);
  return false;
}
