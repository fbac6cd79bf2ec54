import { TEXT } from '../../model/event.ts';
import type { Moment } from '../script-policy.ts';

/** The envelope sender; empty for `<>`, and where the log has not told. */
export function senderOf({ event }: Moment): string {
  const { batch, row, session } = event;
  return bare(batch.text(row, TEXT.sender) || session.message.sender);
}

/** The recipient at hand; empty where the log does not tell, as of all but the first. */
export function recipientOf({ event, recipient }: Moment): string {
  if (recipient > 0) return '';
  const { batch, row, session } = event;
  return bare(batch.text(row, TEXT.recipient) || session.message.recipient);
}

function bare(address: string): string {
  return address.startsWith('<') && address.endsWith('>') ? address.slice(1, -1) : address;
}

/**
 * A part of an address by the name of its tag (RFC 5228, section 2.7.4; RFC 5233), with `+` between
 * user and detail. Undefined: the address has no detail.
 */
export function partOf(address: string, part: string): string | undefined {
  const at = address.lastIndexOf('@');
  const local = at === -1 ? address : address.slice(0, at);
  const plus = local.indexOf('+');
  switch (part) {
    case 'localpart':
      return local;
    case 'domain':
      return at === -1 ? '' : address.slice(at + 1);
    case 'user':
      return plus === -1 ? local : local.slice(0, plus);
    case 'detail':
      if (plus !== -1) return local.slice(plus + 1);
      return address === '' ? '' : undefined;
    default:
      return address;
  }
}
