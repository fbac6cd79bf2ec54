import { fieldValue } from '../../model/field-value.ts';
import { partOf, recipientOf, senderOf } from './envelope.ts';
import type { Moment } from '../script-policy.ts';

// Keys of `vctx_conn` and `vctx_mess` that the server sets by itself, as far as the log tells them.

type Fact = (run: Moment) => string;

/** The HELO name; empty where the log does not tell it. */
export function heloOf({ event: { batch, row, session } }: Moment): string {
  return fieldValue(batch, row, 'helo') || session.helo;
}

const CONNECTION_FACTS: ReadonlyMap<string, Fact> = new Map<string, Fact>([
  ['ehlo_domain', heloOf],
  ['ehlo_string', (run) => line('EHLO ', heloOf(run))],
]);

const MESSAGE_FACTS: ReadonlyMap<string, Fact> = new Map<string, Fact>([
  ['mailfrom_domain', (run) => partOf(senderOf(run), 'domain') ?? ''],
  ['mailfrom_localpart', (run) => partOf(senderOf(run), 'localpart') ?? ''],
  ['mailfrom_string', (run) => line('MAIL FROM:', bracketed(senderOf(run)))],
  ['rcptto_domain', (run) => partOf(recipientOf(run), 'domain') ?? ''],
  ['rcptto_localpart', (run) => partOf(recipientOf(run), 'localpart') ?? ''],
  ['rcptto_string', (run) => line('RCPT TO:', bracketed(recipientOf(run)))],
]);

function line(command: string, argument: string): string {
  return argument === '' ? '' : command + argument;
}

function bracketed(address: string): string {
  return address === '' ? '' : `<${address}>`;
}

/** A key of `vctx_conn`: what a script has set, else what the server sets. */
export function connectionValue(run: Moment, key: string): string | undefined {
  return run.event.session.context.get(key) ?? known(CONNECTION_FACTS.get(key), run);
}

/** A key of `vctx_mess`: what a script has set, else what the server sets. */
export function messageValue(run: Moment, key: string): string | undefined {
  return run.event.session.message.context.get(key) ?? known(MESSAGE_FACTS.get(key), run);
}

/** A fact that the log does not tell is a key that is not set. */
function known(fact: Fact | undefined, run: Moment): string | undefined {
  return fact?.(run) || undefined;
}

/** Whether the server sets a key of `vctx_mess` by itself. */
export function isMessageFact(key: string): boolean {
  return MESSAGE_FACTS.has(key);
}
