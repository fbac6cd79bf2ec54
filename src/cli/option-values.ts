import { InvalidArgumentError } from 'commander';

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

export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    if (/^\d{1,15}$/.test(text) && Number(text) >= least) return Number(text);
    throw new InvalidArgumentError(`expected a whole number from ${least} on.`);
  };
}
