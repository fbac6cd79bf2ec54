import { readAddress } from '../../src/model/address.ts';
import { EventBatch, FLAG } from '../../src/model/event-batch.ts';
import {
  LOGGED_AS,
  PHASE,
  TEXT,
  TEXT_FIELDS,
  type PhaseName,
  type TextFieldName,
} from '../../src/model/event.ts';
import { Vocabulary } from '../../src/model/vocabulary.ts';

/** 2026-11-20T12:00:00Z, a boundary of every window up to an hour. */
export const NOON_MS = 1_795_176_000_000;

/** One event as a test writes it: only what matters. */
export interface EventRow extends Readonly<Partial<Record<TextFieldName, string>>> {
  readonly timeMs: number;
  readonly kind: string;
  readonly ip?: string;
  readonly node?: string;
  readonly service?: string;
  readonly listener?: string;
  readonly phase?: PhaseName;
  readonly code?: number;
  readonly size?: number;
  readonly recipients?: number;
  readonly verdict?: keyof typeof LOGGED_AS;
  /** Late: the row leaves the merge at this time, not at its own. */
  readonly releaseMs?: number;
  readonly reinjected?: boolean;
  readonly perRecipient?: boolean;
  readonly inferred?: boolean;
  /** 1-based; default: one more than the row's index in the batch. */
  readonly line?: number;
}

/** Puts rows into the columns that a parser would fill, texts as spans of one block of bytes. */
export function batchOf(
  rows: readonly EventRow[],
  vocabulary: Vocabulary = new Vocabulary(),
  source = 0,
): EventBatch {
  const texts: Buffer[] = [];
  let end = 0;
  const batch = new EventBatch(vocabulary, Buffer.alloc(0));
  batch.source = source;
  for (const event of rows) {
    const kind = vocabulary.kinds.id(event.kind)!;
    const row = batch.push(event.timeMs, kind, event.line ?? batch.rows + 1, end);
    setFields(batch, row, event);
    for (const field of TEXT_FIELDS) {
      const text = Buffer.from(event[field] ?? '');
      batch.setSpan(row, TEXT[field], end, end + text.length);
      texts.push(text);
      end += text.length;
    }
  }
  batch.bytes = Buffer.concat(texts);
  return batch;
}

function setFields(batch: EventBatch, row: number, event: EventRow): void {
  const { vocabulary } = batch;
  batch.node[row] = vocabulary.nodes.id(event.node ?? '')!;
  batch.service[row] = vocabulary.services.id(event.service ?? 'SMTP')!;
  batch.listener[row] = vocabulary.listeners.id(event.listener ?? '')!;
  batch.phase[row] = PHASE[event.phase ?? 'none'];
  batch.code[row] = event.code ?? 0;
  batch.size[row] = event.size ?? -1;
  batch.recipients[row] = event.recipients ?? -1;
  batch.verdict[row] = LOGGED_AS[event.verdict ?? 'none'];
  if (event.releaseMs !== undefined) {
    batch.release[row] = event.releaseMs;
    batch.flags[row] |= FLAG.late;
  }
  if (event.reinjected === true) batch.flags[row] |= FLAG.reinjected;
  if (event.perRecipient === true) batch.flags[row] |= FLAG.perRecipient;
  if (event.inferred === true) batch.flags[row] |= FLAG.inferred;
  if (event.ip === undefined) return;
  const bytes = Buffer.from(event.ip);
  const family = readAddress(bytes, 0, bytes.length, batch.ip, row * 4);
  if (family === 0) throw new Error(`the test says that ${event.ip} is an address`);
  batch.family[row] = family;
}
