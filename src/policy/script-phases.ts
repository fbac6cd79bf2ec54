import type { EventBatch } from '../model/event-batch.ts';
import { KIND, PHASE } from '../model/event.ts';
import type { Phase } from './script-slots.ts';

/** The phase of an event that stands for a phase of scripts, where it is not the one of that name. */
const STANDING: Partial<Record<Phase, number>> = {
  accept: PHASE.connect,
  each_rcpt: PHASE.spool,
  set_binding: PHASE.spool,
};

/** The bit of `phases` at which scripts of a phase run. */
export function bitOf(phase: Phase): number {
  return 1 << (STANDING[phase] ?? PHASE[phase as keyof typeof PHASE]);
}

const ONCE: readonly [number, number] = [0, 1];

/**
 * The recipients that a phase runs for at an event, from 0, the end not included: each, where the
 * phase belongs to one (semantics, section 5).
 */
export function recipientsOf(
  phase: Phase,
  batch: EventBatch,
  row: number,
): readonly [first: number, end: number] {
  if (phase !== 'rcptto' && phase !== 'each_rcpt' && phase !== 'set_binding') return ONCE;
  if (batch.kind[row] !== KIND.reception) return ONCE;
  const recipients = Math.max(1, batch.recipients[row]);
  // The `client=` line of a known message was its first recipient's.
  const isKnown = phase === 'rcptto' && (batch.phases[row] & (1 << PHASE.mailfrom)) === 0;
  return [isKnown ? 1 : 0, recipients];
}
