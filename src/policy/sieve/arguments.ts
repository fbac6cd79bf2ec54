import { fail, type Getter, type Site } from './site.ts';
import { leadingNumber, textOf, type Value } from './value.ts';
import type { Run } from './run.ts';

/** An argument that a command cannot do without; where it is missing, the command fails. */
export function argumentAt(site: Site, at: number): Getter {
  const given = site.positional.at(at);
  if (given !== undefined) return given.get;
  return () => fail(site, `${site.name} needs ${at + 1} or more arguments`);
}

export function textAt(site: Site, at: number): (run: Run) => string {
  const get = argumentAt(site, at);
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
