import { formatAddress, formatWords, maskWord, type Prefix } from './address.ts';
import type { EventBatch } from './event-batch.ts';
import { LOGGED, PHASES, TEXT, type EventField, type TextFieldName } from './event.ts';
import { formatIso } from './time.ts';

/** An event's field as text, as converted events show it; `''` where the event has none. */
export function fieldValue(batch: EventBatch, row: number, field: EventField): string {
  switch (field) {
    case 'time':
      return formatIso(batch.time[row]);
    case 'kind':
      return batch.vocabulary.kinds.name(batch.kind[row]);
    case 'ip':
      return peerText(batch, row);
    case 'node':
      return batch.vocabulary.nodes.name(batch.node[row]);
    case 'service':
      return batch.vocabulary.services.name(batch.service[row]);
    case 'listener':
      return batch.vocabulary.listeners.name(batch.listener[row]);
    case 'phase':
      return PHASES[batch.phase[row]];
    case 'code':
      return batch.code[row] === 0 ? '' : String(batch.code[row]);
    case 'size':
      return batch.size[row] < 0 ? '' : String(batch.size[row]);
    case 'recipients':
      return batch.recipients[row] < 0 ? '' : String(batch.recipients[row]);
    case 'verdict':
      return LOGGED[batch.verdict[row]];
    case 'line':
      return String(batch.line[row]);
    default:
      return batch.text(row, TEXT[field satisfies TextFieldName]);
  }
}

/** The peer's address, `''` where the event has none. */
export function peerText(batch: EventBatch, row: number): string {
  return formatWords(batch.family[row], batch.ip, row * 4);
}

/** The peer's block: `192.0.2.0/24`, `2001:db8::/64`; `''` for an event without peer. */
export function blockText(batch: EventBatch, row: number, prefix: Prefix): string {
  const family = batch.family[row];
  const { ip } = batch;
  const at = row * 4;
  if (family === 4) {
    return `${formatAddress(4, ip[at] & maskWord(prefix.ipv4, 0))}/${prefix.ipv4}`;
  }
  if (family !== 6) return '';
  const word = (index: number): number => ip[at + index] & maskWord(prefix.ipv6, index);
  return `${formatAddress(6, word(0), word(1), word(2), word(3))}/${prefix.ipv6}`;
}
