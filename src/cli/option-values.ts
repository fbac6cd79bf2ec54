import { InvalidArgumentError, Option } from 'commander';

/** Gathers the values of an option that may be repeated. */
export const collect = (value: string, before: string[] | undefined): string[] => [
  ...(before ?? []),
  value,
];

/** Refuses a second value: the first one would be lost without a word. */
export function once(hint: string): (value: string, before: string | undefined) => string {
  return (value, before) => {
    if (before === undefined) return value;
    throw new InvalidArgumentError(`it stands behind '${before}'; ${hint}.`);
  };
}

/** More than 0 and at most 100, with at most two decimals. */
export function percentage(text: string): number {
  if (/^\d{1,3}(?:\.\d{1,2})?$/.test(text) && Number(text) > 0 && Number(text) <= 100) {
    return Number(text);
  }
  throw new InvalidArgumentError('expected percent above 0 and up to 100, such as 90 or 87.5.');
}

export function wholeNumber(least: number, most = Infinity): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
    if (value >= least && value <= most) return value;
    const range = most === Infinity ? `from ${least} on` : `from ${least} to ${most}`;
    throw new InvalidArgumentError(`expected a whole number ${range}.`);
  };
}

export const maxDelayOption = (): Option =>
  new Option(
    '--max-delay <duration>',
    'how long replicated counts and sessions take to arrive (default: as the --config says, or 0)',
  );
