import { EventBatch } from '../../model/event-batch.ts';
import { KIND, LOGGED_AS, TEXT } from '../../model/event.ts';
import type { Vocabulary } from '../../model/vocabulary.ts';

/** What a client was answered. */
export interface Answer {
  readonly code: number;
  /** With its enhanced code, where it has one: `5.7.1 no`. */
  readonly text: string;
}

/** Fields of an event that the rejection which answers it has too. */
const KEPT_FIELDS = [TEXT.session, TEXT.queue_id, TEXT.sender, TEXT.recipient, TEXT.file];

/** The rejection that stands for a refusal (semantics, section 6); one row, changed per refusal. */
export class MadeRejection {
  readonly batch: EventBatch;
  readonly row = 0;

  constructor(vocabulary: Vocabulary) {
    this.batch = new EventBatch(vocabulary, Buffer.alloc(0));
  }

  /** Becomes the answer to an event. */
  answer(event: EventBatch, row: number, { code, text }: Answer): void {
    const own = this.batch;
    own.clear();
    own.push(event.time[row], KIND.rejection, event.line[row], 0);
    own.source = event.source;
    own.release[0] = event.release[row];
    own.family[0] = event.family[row];
    for (let word = 0; word < 4; word++) own.ip[word] = event.ip[row * 4 + word];
    own.node[0] = event.node[row];
    own.service[0] = event.service[row];
    own.listener[0] = event.listener[row];
    own.phase[0] = event.phase[row];
    own.code[0] = code;
    own.verdict[0] = LOGGED_AS.rejected;
    for (const field of KEPT_FIELDS) own.setText(0, field, event.text(row, field));
    const [, enhanced = '', reason] = /^([245]\.\d{1,3}\.\d{1,3})?\s*(.*)$/s.exec(text)!;
    own.setText(0, TEXT.enhanced, enhanced);
    own.setText(0, TEXT.reason, reason);
  }
}
