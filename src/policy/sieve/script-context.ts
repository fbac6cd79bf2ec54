import type { Monitor } from '../../model/monitor.ts';
import { didYouMean } from '../../model/suggest.ts';

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

/** Where a configuration hangs a script, or its phase alone where the half does not matter. */
export type ScriptSlot = Phase | `${Phase}_phase${1 | 2}`;

/** What is known of a script beside its text. What is left out is not checked. */
export interface ScriptContext {
  readonly slot?: ScriptSlot | undefined;
  /** Those of the configuration, in its order; never empty. */
  readonly monitors?: readonly Monitor[] | undefined;
}

export function phaseOf(slot: ScriptSlot): Phase {
  return slot.replace(/_phase[12]$/, '') as Phase;
}

/** Undefined when there is no such slot. */
export function slotOf(text: string): ScriptSlot | undefined {
  const phase = text.replace(/_phase[12]$/, '');
  return PHASES.some((one) => one === phase) ? (text as ScriptSlot) : undefined;
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
