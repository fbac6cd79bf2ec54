import type { Run } from './run.ts';
import type { Site } from './site.ts';
import { leadingNumber, textOf, type Value } from './value.ts';

/** Argument number `at`, from 0, as a text; the checks have seen to it that it is there. */
export function textAt({ positional }: Site, at: number): (run: Run) => string {
  const { get } = positional[at];
  return (run) => textOf(get(run));
}

/** The number that a value begins with; 0 with a note where there is none, as in comparisons. */
export function numberOf(site: Site, value: Value | undefined, run: Run): number {
  if (typeof value === 'number') return value;
  const text = textOf(value);
  const number = leadingNumber(text);
  if (number !== undefined) return number;
  run.world.note(site, 'doubt', `${site.name}: '${text.slice(0, 64)}' is no number and taken as 0`);
  return 0;
}
