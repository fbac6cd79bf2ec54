const PHASES = [
  'accept',
  'connect',
  'ehlo',
  'mailfrom',
  'rcptto',
  'data',
  'spool',
  'each_rcpt',
  'set_binding',
] as const;

/** Where a script of a `sieve` stanza runs: a phase of the session and one of its two turns. */
export type ScriptSlot = `${(typeof PHASES)[number]}_phase${1 | 2}`;

/** All slots in the order of a session; the second turn of a phase is behind its first. */
export const SCRIPT_SLOTS: readonly ScriptSlot[] = PHASES.flatMap(
  (phase) => [`${phase}_phase1`, `${phase}_phase2`] as const,
);
