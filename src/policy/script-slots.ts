import { didYouMean } from '../model/suggest.ts';

/** When scripts run, in the order of a session; from `mailfrom` on there is a message. */
export const PHASES = [
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
export type Phase = (typeof PHASES)[number];

/** Where a script of a `sieve` stanza runs: a phase of the session and one of its two turns. */
export type ScriptSlot = `${Phase}_phase${1 | 2}`;

/** All slots in the order of a session; the second turn of a phase is behind its first. */
export const SCRIPT_SLOTS: readonly ScriptSlot[] = PHASES.flatMap(
  (phase) => [`${phase}_phase1`, `${phase}_phase2`] as const,
);

export function phaseOf(slot: ScriptSlot): Phase {
  return slot.replace(/_phase[12]$/, '') as Phase;
}

/** The slot of a name; a phase alone is its first turn. Undefined when there is no such slot. */
export function slotOf(text: string): ScriptSlot | undefined {
  const whole = /_phase[12]$/.test(text) ? text : `${text}_phase1`;
  return SCRIPT_SLOTS.find((slot) => slot === whole);
}

/** What the name of a slot that does not exist may have meant. */
export function meantSlot(text: string): string {
  const phase = text.replace(/_phase\d*$/, '');
  return didYouMean(phase, PHASES) ?? `phases are ${PHASES.join(', ')}`;
}

/** Whether the phase stands before the first command about a message. */
export function isBeforeMessage(phase: Phase): boolean {
  return PHASES.indexOf(phase) < PHASES.indexOf('mailfrom');
}
