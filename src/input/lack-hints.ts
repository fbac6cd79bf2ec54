import { DIALECTS, type LackHints } from './dialects.ts';
import { PROGRAMS } from './syslog/programs.ts';

/** What makes logs of a dialect, as reports name it, show what they lack: `exim+postfix` is two. */
export function lackHintsOf(dialect: string): LackHints {
  const names = dialect.split('+');
  const own = DIALECTS.filter((one) => names.includes(one.dialect));
  const programs = PROGRAMS.filter(({ name }) => names.includes(name));
  return Object.assign({}, ...[...own, ...programs].map(({ hints }) => hints)) as LackHints;
}
