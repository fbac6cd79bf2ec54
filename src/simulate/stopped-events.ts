import type { EventBatch } from '../model/event-batch.ts';
import { KIND, LOGGED, LOGGED_AS, TEXT } from '../model/event.ts';
import { fieldValue, peerText } from '../model/field-value.ts';
import { DAY_MS } from '../model/time.ts';
import type { Words } from '../model/vocabulary.ts';
import type { RuleTally, StoppedCounts, StoppedRow } from './tally.ts';

/** A message that was stopped at its first line is remembered this long for its second. */
export const REMEMBERED_MS = DAY_MS;

export interface StoppedMessage {
  readonly node: string;
  readonly queueId: string;
  readonly timeMs: number;
}

/** Lists each connection and message that a verdict stops once, under the first rule in order. */
export class StoppedEvents {
  readonly #fileOf: (source: number) => string;
  readonly #emit: (row: StoppedRow, node: number) => void;
  /** Messages stopped at their `client=` line, by node and queue id, with the time; oldest first. */
  readonly #messages = new Map<string, number>();

  constructor(fileOf: (source: number) => string, emit: (row: StoppedRow, node: number) => void) {
    this.#fileOf = fileOf;
    this.#emit = emit;
  }

  /** A `client=` line: its queue id belongs to another message from now on. */
  begin(batch: EventBatch, row: number): void {
    if (this.#messages.size > 0) this.#messages.delete(messageKey(batch, row));
  }

  /** Notes that `rule` stops the event, which has a phase; `ofNode` are the counts of its node. */
  add(batch: EventBatch, row: number, rule: RuleTally, ofNode: StoppedCounts): void {
    const kind = batch.kind[row];
    if (kind === KIND.transaction || kind === KIND.reception) {
      const queueId = batch.text(row, TEXT.queue_id);
      const key = messageKey(batch, row);
      if (queueId !== '' && kind === KIND.reception && this.#messages.delete(key)) return;
      if (queueId !== '' && kind === KIND.transaction) this.#remember(key, batch.time[row]);
    }
    for (const counts of [rule, ofNode]) {
      if (kind === KIND.connect || kind === KIND.auth_failure) counts.stoppedConnections++;
      else counts.stoppedMessages++;
      if (batch.verdict[row] === LOGGED_AS.accepted) counts.stoppedAccepted++;
    }
    const stopped = {
      timeMs: batch.time[row],
      rule: rule.name,
      verdict: rule.verdict,
      kind: batch.vocabulary.kinds.name(kind),
      ip: peerText(batch, row),
      sender: batch.text(row, TEXT.sender),
      recipient: batch.text(row, TEXT.recipient),
      recipients: fieldValue(batch, row, 'recipients'),
      queueId: batch.text(row, TEXT.queue_id),
      logged: LOGGED[batch.verdict[row]],
      file: batch.text(row, TEXT.file) || this.#fileOf(batch.source),
      line: batch.line[row],
    };
    this.#emit(stopped, batch.node[row]);
  }

  /** Messages stopped at their first line whose second is still to come, oldest first. */
  save(nodes: Words): StoppedMessage[] {
    return Array.from(this.#messages, ([key, timeMs]) => {
      const blank = key.indexOf(' ');
      const node = nodes.name(Number(key.slice(0, blank)));
      return { node, queueId: key.slice(blank + 1), timeMs };
    });
  }

  restore(messages: readonly StoppedMessage[], nodes: Words): void {
    for (const { node, queueId, timeMs } of messages) {
      this.#messages.set(`${nodes.id(node)} ${queueId}`, timeMs);
    }
  }

  #remember(key: string, timeMs: number): void {
    this.#messages.delete(key);
    this.#messages.set(key, timeMs);
    for (const [old, seenMs] of this.#messages) {
      if (timeMs - seenMs < REMEMBERED_MS) break;
      this.#messages.delete(old);
    }
  }
}

export function messageKey(batch: EventBatch, row: number): string {
  return `${batch.node[row]} ${batch.text(row, TEXT.queue_id)}`;
}
