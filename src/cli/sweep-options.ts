import { UserError } from '../model/errors.ts';
import { MAX_INTERVAL_S, type WindowRange } from '../model/monitor.ts';
import { didYouMean } from '../model/suggest.ts';
import { parseDuration } from '../model/time.ts';
import type { Per, Rule, RulePolicy } from '../policy/rule-policy.ts';
import { ownSetting, sweptCondition, type GroupSetting } from '../simulate/sweep/cell-policy.ts';

/** The grid in the words of the command line. */
export interface GridFlags {
  readonly rule?: string;
  readonly above?: string;
  readonly per?: string;
  readonly windows?: string;
  readonly interval?: string;
}

export interface SweepGrid {
  /** Each once, the lowest first. */
  readonly above: readonly number[];
  readonly groups: readonly GroupSetting[];
}

/** More settings than this are no table that anyone reads. */
const MOST_SETTINGS = 10_000;
/** Limits are told apart to a millionth. */
const DECIMALS = 6;
const ABOVE_HINT = 'a list 5,10,20, steps 10..100:10, or a factor 10..1000:x1.5';

/**
 * The rule that a sweep varies.
 *
 * @throws {UserError} when there is none of this name, or it has no limit to vary
 */
export function sweptRule(policy: RulePolicy, name: string | undefined): Rule {
  const names = policy.rules.map((rule) => rule.name);
  if (name === undefined) {
    throw new UserError('sweep needs --rule: which rule?', `rules: ${names.join(', ')}`);
  }
  const rule = policy.rules.find((one) => one.name === name);
  if (rule === undefined) {
    const hint = didYouMean(name, names) ?? `rules: ${names.join(', ')}`;
    throw new UserError(`--rule ${name}: no such rule in ${policy.file}`, hint);
  }
  if (sweptCondition(rule) !== undefined) return rule;
  throw new UserError(
    `--rule ${name}: a surge has no limit to vary`,
    'sweep takes rules that begin with count, distinct or ratio',
  );
}

/**
 * All settings that the options ask for; what they leave out is the rule's own.
 *
 * @throws {UserError} for a mistake in an option, one that the rule has no use for, or too many settings
 */
export function gridOf(policy: RulePolicy, rule: Rule, flags: GridFlags): SweepGrid {
  const own = ownSetting(policy, rule)!;
  refuseUseless(rule, own, flags);
  const isRatio = sweptCondition(rule)?.type === 'ratio';
  const above = flags.above === undefined ? [own.above] : limitsOption(flags.above, isRatio);
  const pers = flags.per === undefined ? [own.per] : perOption(flags.per, own.per);
  const ranges = flags.windows === undefined ? [own.windows] : windowsOption(flags.windows);
  const intervalsMs =
    flags.interval === undefined ? [own.intervalMs] : intervalOption(flags.interval);
  const settings = above.length * pers.length * ranges.length * intervalsMs.length;
  if (settings > MOST_SETTINGS) {
    throw new UserError(
      `the sweep would have ${settings} settings, more than ${MOST_SETTINGS}`,
      'larger steps, or fewer values of --per, --windows and --interval',
    );
  }
  const groups = pers.flatMap((per) =>
    ranges.flatMap((windows) => intervalsMs.map((intervalMs) => ({ per, windows, intervalMs }))),
  );
  return { above, groups };
}

/** An option that changes nothing would be believed to have changed something. */
function refuseUseless({ name }: Rule, own: GroupSetting, flags: GridFlags): void {
  const refuse = (option: string, reason: string): void => {
    throw new UserError(`${option} does not go with rule ${name}: ${reason}`);
  };
  if (own.windows === undefined) {
    const reason = 'sessions are open now, they have no windows';
    if (flags.windows !== undefined) refuse('--windows', reason);
    if (flags.interval !== undefined) refuse('--interval', reason);
  }
  if (own.per.type === 'field' && flags.per !== undefined) {
    refuse('--per', `it counts by ${own.per.field}, not by blocks of addresses`);
  }
}

/** `5,10,20`, `10..100:10`, `10..1000:x1.5`; each once, the lowest first. */
export function limitsOption(text: string, isRatio: boolean): number[] {
  const limits = text.split(',').flatMap((part) => limitsIn(part.trim(), text, isRatio));
  return [...new Set(limits)].sort((a, b) => a - b);
}

const NUMBER = String.raw`(\d{1,15}(?:\.\d{1,6})?)`;
const ONE = new RegExp(`^${NUMBER}$`);
const RANGE = new RegExp(String.raw`^${NUMBER}\s*\.\.\s*${NUMBER}\s*:\s*(x?)\s*${NUMBER}$`);

function limitsIn(part: string, text: string, isRatio: boolean): number[] {
  const wrong = (reason: string, hint?: string): never => {
    throw new UserError(`--above ${text}: ${reason}`, hint);
  };
  const numberOf = (digits: string): number => {
    const value = Number(digits);
    if (!isRatio && !Number.isInteger(value)) wrong(`${digits} is not a whole number`);
    return value;
  };
  if (ONE.test(part)) return [numberOf(part)];
  const [, start, end, factor, size] = RANGE.exec(part) ?? [];
  if (start === undefined) return wrong(`'${part}' is no limit and no range`, ABOVE_HINT);
  const [first, last] = [numberOf(start), numberOf(end)];
  if (first > last) wrong(`${start}..${end} runs backwards`, `write ${end}..${start}`);
  const limits: number[] = [];
  const add = (limit: number): void => {
    if (limits.length >= MOST_SETTINGS) wrong(`more than ${MOST_SETTINGS} limits`, 'larger steps');
    if (limits.at(-1) !== limit) limits.push(limit);
  };
  if (factor === 'x') {
    const times = Number(size);
    if (times <= 1) wrong(`a factor of ${size} never gets to the end`, 'more than 1: x1.5');
    if (first === 0) wrong('a factor never leaves 0', `0,1..${end}:x${size}`);
    // Digits behind the twelfth are what multiplying has left there: 100 x 1.1 is 110.00000000000001.
    for (let limit = first; limit <= last; limit = tidy(limit * times)) {
      add(isRatio ? Number(limit.toFixed(DECIMALS)) : Math.ceil(limit));
    }
    return limits;
  }
  const step = numberOf(size);
  if (step === 0) wrong('a step of 0 never gets to the end', ABOVE_HINT);
  const scale = isRatio ? 10 ** DECIMALS : 1;
  const parts = [first, last, step].map((value) => Math.round(value * scale));
  for (let limit = parts[0]; limit <= parts[1]; limit += parts[2]) add(limit / scale);
  return limits;
}

function tidy(value: number): number {
  return Number(value.toPrecision(12));
}

/** `32,24` or `32/128,24/64`; without the second length the rule's own. */
export function perOption(text: string, own: Per): Per[] {
  const ipv6 = own.type === 'prefix' ? own.prefix.ipv6 : 128;
  const pers = new Map<string, Per>();
  for (const part of text.split(',')) {
    const [, four, six] = /^\s*(\d{1,2})(?:\s*\/\s*(\d{1,3}))?\s*$/.exec(part) ?? [];
    const prefix = { ipv4: Number(four ?? 99), ipv6: six === undefined ? ipv6 : Number(six) };
    if (prefix.ipv4 > 32 || prefix.ipv6 > 128) {
      throw new UserError(
        `--per ${text}: '${part.trim()}' is no prefix length`,
        'lengths of IPv4 blocks 32,24,22, or of both families 32/128,24/64',
      );
    }
    pers.set(`${prefix.ipv4}/${prefix.ipv6}`, { type: 'prefix', prefix });
  }
  return [...pers.values()];
}

/** `0..0,0..5`, and `3` for that one window. */
export function windowsOption(text: string): WindowRange[] {
  const ranges = new Map<string, WindowRange>();
  for (const part of text.split(',')) {
    const [, from, to] = /^\s*(\d{1,6})(?:\s*\.\.\s*(\d{1,6}))?\s*$/.exec(part) ?? [];
    if (from === undefined) {
      throw new UserError(
        `--windows ${text}: '${part.trim()}' is no range of windows`,
        'ranges 0..0,0..5, at most window 999999; 0 is the present one',
      );
    }
    const [start, end] = [Number(from), Number(to ?? from)];
    if (start > end) {
      throw new UserError(
        `--windows ${text}: ${start}..${end} runs backwards`,
        `window 0 is the present one: write ${end}..${start}`,
      );
    }
    ranges.set(`${start} ${end}`, { start, end });
  }
  return [...ranges.values()];
}

/** `60,300` or `1m,5m`, in milliseconds. */
export function intervalOption(text: string): number[] {
  const intervals = text.split(',').map((part) => {
    const ms = parseDuration(part);
    if (ms !== undefined && ms % 1000 === 0 && ms >= 1000 && ms <= MAX_INTERVAL_S * 1000) return ms;
    throw new UserError(
      `--interval ${text}: '${part.trim()}' is no length of a window`,
      'whole seconds, from 1s to 366d: 60,300 or 1m,5m',
    );
  });
  return [...new Set(intervals)];
}
