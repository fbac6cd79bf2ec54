import { UserError } from '../model/errors.ts';
import { formatIso } from '../model/time.ts';
import type { Span, SpanChoice, TopTally } from '../simulate/top.ts';
import { durationOption, fromToOptions, timeOption } from './input-options.ts';

/** How the two spans of `top` are named on the command line. */
export interface SpanFlags {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly last?: string | undefined;
  /** `start..end` */
  readonly before?: string | undefined;
}

const DEFAULT_LAST = '1h';

/**
 * The spans that the options name (semantics, section 10): `--from` and `--to`, or one of them and
 * the length `--last`, or the last `--last` of the log; before them `--before`, or as much as that.
 *
 * @throws {UserError} which names the option
 */
export function spanOptions({ from, to, last, before }: SpanFlags): SpanChoice {
  const { fromMs, toMs } = fromToOptions({ from, to });
  if (fromMs !== undefined && toMs !== undefined && last !== undefined) {
    throw new UserError(
      `--last ${last}: --from and --to say how long the span is`,
      'leave one of the three away',
    );
  }
  const lastMs = durationOption('--last', last ?? DEFAULT_LAST)!;
  if (lastMs === 0) throw new UserError(`--last ${last}: expected more than nothing`);
  const given = before === undefined ? undefined : spanOption('--before', before);
  if (fromMs === undefined && toMs === undefined) return { type: 'last', lastMs, before: given };
  const now = { fromMs: fromMs ?? toMs! - lastMs, toMs: toMs ?? fromMs! + lastMs };
  if (given !== undefined && given.toMs > now.fromMs) throw notEarlier(before!, now);
  const lengthMs = now.toMs - now.fromMs;
  return {
    type: 'given',
    now,
    before: given ?? { fromMs: now.fromMs - lengthMs, toMs: now.fromMs },
  };
}

function spanOption(option: string, text: string): Span {
  const [first, second, ...more] = text.split('..');
  if (second === undefined || more.length > 0 || first === '' || second === '') {
    throw new UserError(
      `${option} ${text}: expected start..end`,
      `${option} 2026-11-20T16:00..2026-11-20T17:00`,
    );
  }
  const fromMs = timeOption(option, first)!;
  const toMs = timeOption(option, second)!;
  if (fromMs >= toMs) throw new UserError(`${option} ${text}: the end is not after the start`);
  return { fromMs, toMs };
}

function notEarlier(before: string, now: Span): UserError {
  return new UserError(
    `--before ${before} does not end before the span looked at begins`,
    `that one is ${spanText(now)}`,
  );
}

const spanText = ({ fromMs, toMs }: Span): string => `${formatIso(fromMs)} to ${formatIso(toMs)}`;

/**
 * Refuses spans of which the log covers nothing, and those that turned out to overlap: growth from
 * nothing would look like an attack.
 *
 * @throws {UserError} which says what the log covers
 */
export function refuseUncovered(tally: TopTally, flags: SpanFlags): void {
  const { asked, before, now, firstMs, lastMs } = tally;
  if (asked === undefined || firstMs === undefined || lastMs === undefined) return;
  if (flags.before !== undefined && asked.before.toMs > asked.now.fromMs) {
    throw notEarlier(flags.before, asked.now);
  }
  const missing = now === undefined ? asked.now : before === undefined ? asked.before : undefined;
  if (missing === undefined) return;
  const which = now === undefined ? 'the span looked at' : 'the span before';
  const chosen = flags.from ?? flags.to ?? flags.before;
  const halfS = Math.floor((lastMs - firstMs) / 2000);
  throw new UserError(
    `no event in ${which}, ${spanText(missing)}: events read are of ${spanText({ fromMs: firstMs, toMs: lastMs })}`,
    chosen === undefined && halfS > 0
      ? `--last ${halfS}s compares the halves of this log`
      : 'times are UTC unless they have an offset; --tz is the zone of the log',
  );
}
