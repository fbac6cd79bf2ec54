import { recipientOf, senderOf } from '../momentum/envelope.ts';
import { heloOf } from '../momentum/session-facts.ts';
import type { Moment } from '../script-policy.ts';
import type { Phase } from '../script-slots.ts';

/**
 * The string that hooks of a phase are given: the HELO name with the end of its line, or the address;
 * empty where the log does not tell it.
 */
export function commandText(moment: Moment, phase: Phase): string {
  if (phase === 'ehlo') return `${heloOf(moment)}\r\n`;
  return phase === 'mailfrom' ? senderOf(moment) : recipientOf(moment);
}
