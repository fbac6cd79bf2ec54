import type { EventSource } from '../clock/event-source.ts';
import { formatWords, readAddressText } from '../model/address.ts';
import { EventBatch } from '../model/event-batch.ts';
import { TEXT, TEXT_FIELDS, type TextFieldName } from '../model/event.ts';
import type { Vocabulary } from '../model/vocabulary.ts';
import { allocateBlock } from '../model/words.ts';

/** An event that a file still to come may precede, as plain values. */
export interface HeldEvent {
  readonly timeMs: number;
  readonly releaseMs: number;
  readonly kind: string;
  /** Where it stands in the input that it came from. */
  readonly file: string;
  readonly line: number;
  readonly ip: string;
  readonly node: string;
  readonly listener: string;
  readonly service: string;
  /** Numbers as in the columns of a batch. */
  readonly code: number;
  readonly phase: number;
  readonly verdict: number;
  readonly flags: number;
  readonly size: number;
  readonly recipients: number;
  /** Fields that stood in the log: one character for each byte. */
  readonly bytes: Partial<Record<TextFieldName, string>>;
  /** Fields that did not. */
  readonly texts: Partial<Record<TextFieldName, string>>;
}

/** @param file name of the input that the batch was read from */
export function saveEvent(batch: EventBatch, row: number, file: string): HeldEvent {
  const { nodes, listeners, services, kinds } = batch.vocabulary;
  const bytes: Partial<Record<TextFieldName, string>> = {};
  const texts: Partial<Record<TextFieldName, string>> = {};
  TEXT_FIELDS.forEach((name, field) => {
    if (name === 'file' || (batch.has[row] & (1 << field)) === 0) return;
    const start = batch.spanStart(row, field);
    if (start === -1) texts[name] = batch.text(row, field);
    else bytes[name] = batch.bytes.toString('latin1', start, batch.spanEnd(row, field));
  });
  return {
    timeMs: batch.time[row],
    releaseMs: batch.release[row],
    kind: kinds.name(batch.kind[row]),
    file: batch.text(row, TEXT.file) || file,
    line: batch.line[row],
    ip: formatWords(batch.family[row], batch.ip, row * 4),
    node: nodes.name(batch.node[row]),
    listener: listeners.name(batch.listener[row]),
    service: services.name(batch.service[row]),
    code: batch.code[row],
    phase: batch.phase[row],
    verdict: batch.verdict[row],
    flags: batch.flags[row],
    size: batch.size[row],
    recipients: batch.recipients[row],
    bytes,
    texts,
  };
}

/** The events that the last run held back: they precede those of this one at equal times. */
export class HeldEvents implements EventSource {
  readonly rank = -1;
  readonly lowerBound: number;
  readonly certainMs = -Infinity;
  watermark = -Infinity;
  #batch: EventBatch | undefined;

  /** @param source number of the input that the events count for */
  constructor(events: readonly HeldEvent[], vocabulary: Vocabulary, source: number) {
    this.lowerBound = events.at(0)?.releaseMs ?? Infinity;
    const length = events.reduce((sum, event) => sum + bytesOf(event), 0);
    const batch = new EventBatch(vocabulary, allocateBlock(length));
    batch.source = source;
    let at = 0;
    for (const event of events) at = addRow(batch, event, at);
    this.#batch = batch;
  }

  nextBatch(): Promise<EventBatch | undefined> {
    const batch = this.#batch;
    this.#batch = undefined;
    this.watermark = Infinity;
    return Promise.resolve(batch);
  }

  recycle(): void {}
}

/** Bytes that the fields of an event take in its batch. */
export function bytesOf({ bytes }: HeldEvent): number {
  return Object.values(bytes).reduce((sum, text) => sum + text.length, 0);
}

/** @param at where the bytes of its fields go; returns where they end */
export function addRow(batch: EventBatch, event: HeldEvent, at: number): number {
  const { nodes, listeners, services, kinds } = batch.vocabulary;
  const row = batch.push(event.timeMs, kinds.id(event.kind)!, event.line, at);
  const ip = new Int32Array(4);
  batch.release[row] = event.releaseMs;
  batch.family[row] = readAddressText(event.ip, ip);
  batch.ip.set(ip, row * 4);
  batch.node[row] = nodes.id(event.node)!;
  batch.listener[row] = listeners.id(event.listener)!;
  batch.service[row] = services.id(event.service)!;
  batch.code[row] = event.code;
  batch.phase[row] = event.phase;
  batch.verdict[row] = event.verdict;
  batch.flags[row] = event.flags;
  batch.size[row] = event.size;
  batch.recipients[row] = event.recipients;
  batch.setText(row, TEXT.file, event.file);
  for (const [name, text] of Object.entries(event.texts)) {
    batch.setText(row, TEXT[name as TextFieldName], text);
  }
  let end = at;
  for (const [name, text] of Object.entries(event.bytes)) {
    const start = end;
    end += batch.bytes.write(text, start, 'latin1');
    batch.setSpan(row, TEXT[name as TextFieldName], start, end);
  }
  return end;
}
