import { fieldValue } from '../../model/field-value.ts';
import type { Run } from './run.ts';

// What the log tells of the session and the message at hand; '' where it does not.

/** From the event at hand, or from an earlier one of its message. */
export function senderOf({ event: { batch, row, session } }: Run): string {
  return fieldValue(batch, row, 'sender') || session.message.sender;
}

/** Of the recipient at hand; logs name the first one of an event only. */
export function recipientOf({ event: { batch, row, session }, recipient }: Run): string {
  if (recipient > 0) return '';
  return fieldValue(batch, row, 'recipient') || session.message.recipient;
}

export function heloOf({ event: { batch, row, session } }: Run): string {
  return fieldValue(batch, row, 'helo') || session.helo;
}

/** What stands before the last `@`; the whole address where there is none. */
export function localPartOf(address: string): string {
  const at = address.lastIndexOf('@');
  return at === -1 ? address : address.slice(0, at);
}

/** What stands behind the last `@`; `''` where there is none. */
export function domainOf(address: string): string {
  const at = address.lastIndexOf('@');
  return at === -1 ? '' : address.slice(at + 1);
}

type Fact = (run: Run) => string;

function line(command: string, argument: string): string {
  return argument === '' ? '' : command + argument;
}

/** Keys of `vctx_conn` that the server sets by itself. */
const CONNECTION_FACTS: ReadonlyMap<string, Fact> = new Map<string, Fact>([
  ['ehlo_domain', heloOf],
  ['ehlo_string', (run) => line('EHLO ', heloOf(run))],
]);

/** Keys of `vctx_mess` that the server sets by itself. */
export const MESSAGE_FACTS: ReadonlyMap<string, Fact> = new Map<string, Fact>([
  ['mailfrom_domain', (run) => domainOf(senderOf(run))],
  ['mailfrom_localpart', (run) => localPartOf(senderOf(run))],
  ['mailfrom_string', (run) => line('MAIL FROM:', bracketed(senderOf(run)))],
  ['rcptto_domain', (run) => domainOf(recipientOf(run))],
  ['rcptto_localpart', (run) => localPartOf(recipientOf(run))],
  ['rcptto_string', (run) => line('RCPT TO:', bracketed(recipientOf(run)))],
]);

function bracketed(address: string): string {
  return address === '' ? '' : `<${address}>`;
}

/** A key of `vctx_conn`: what a script has set, else what the server sets. */
export function connectionValue(key: string): (run: Run) => string | undefined {
  const fact = CONNECTION_FACTS.get(key);
  return (run) => run.event.session.context.get(key) ?? known(fact, run);
}

/** A key of `vctx_mess`: what a script has set, else what the server sets. */
export function messageValue(key: string): (run: Run) => string | undefined {
  const fact = MESSAGE_FACTS.get(key);
  return (run) => run.event.session.message.context.get(key) ?? known(fact, run);
}

/** A fact that the log does not tell is a key that is not set. */
function known(fact: Fact | undefined, run: Run): string | undefined {
  return fact?.(run) || undefined;
}
