import { KIND, TEXT } from '../../model/event.ts';
import { findByte, findFirst, phrase, startsWith, wholeNumber } from '../byte-text.ts';
import { LINE, type LineClass } from '../port.ts';
import { LineMemory } from '../syslog/line-memory.ts';
import type { ProgramLine } from '../syslog/program-line.ts';
import { setSession } from './session-id.ts';

const BLANK = 32;
const GREATER = 62;
const SIZE = phrase(' size=');
const NRCPT = phrase(' nrcpt=');
const FROM = phrase(' from=<');
const TO = phrase('> to=<');
/** The first half of an envelope's id is the id of its message. */
const MESSAGE_ID_LENGTH = 8;

/**
 * A message has one line that says how large it is, and behind it one for each recipient. The first of
 * those is the reception: it is the first that shows the sender.
 */
export class Envelopes {
  readonly #ids = new LineMemory();
  readonly #sizes = new Float64Array(this.#ids.capacity);
  readonly #recipients = new Int32Array(this.#ids.capacity);
  readonly #received = new Uint8Array(this.#ids.capacity);

  /** `msgid=8f2b0c3d size=623 nrcpt=9 proto=ESMTP` */
  readMessage(line: ProgramLine, id: number): LineClass {
    const { node, bytes, words, end } = line;
    const idEnd = findByte(bytes, id, end, BLANK);
    if (!startsWith(words, idEnd, end, SIZE)) return line.unparsed('no message size');
    const size = idEnd + SIZE.length;
    const sizeEnd = findByte(bytes, size, end, BLANK);
    const sizeBytes = wholeNumber(bytes, size, sizeEnd);
    if (sizeBytes < 0) return line.unparsed('no message size');
    if (!startsWith(words, sizeEnd, end, NRCPT)) return line.unparsed('no recipient count');
    const nrcpt = sizeEnd + NRCPT.length;
    const recipients = wholeNumber(bytes, nrcpt, findByte(bytes, nrcpt, end, BLANK));
    if (recipients < 0 || recipients > 0x7fff_ffff) return line.unparsed('no recipient count');
    const slot = this.#ids.claim(node, bytes, id, idEnd);
    if (slot < 0) return LINE.irrelevant;
    this.#sizes[slot] = sizeBytes;
    this.#recipients[slot] = recipients;
    this.#received[slot] = 0;
    return LINE.irrelevant;
  }

  /** `evpid=8f2b0c3d4bdde04c from=<s> to=<r>` */
  readEnvelope(line: ProgramLine, id: number): LineClass {
    const { node, bytes, words, end, batch } = line;
    const idEnd = id + MESSAGE_ID_LENGTH;
    const from = findByte(bytes, id, end, BLANK);
    if (from < idEnd) return line.unparsed('envelope without id');
    if (!startsWith(words, from, end, FROM)) return line.unparsed('envelope without sender');
    let slot = this.#ids.find(node, bytes, id, idEnd);
    if (slot >= 0 && this.#received[slot] !== 0) return LINE.irrelevant;
    const row = line.pushOfPeer(KIND.reception);
    setSession(line, row);
    batch.setSpan(row, TEXT.queue_id, id, idEnd);
    const sender = from + FROM.length;
    const to = findFirst(bytes, sender, end, TO);
    line.setWanted(row, TEXT.sender, sender, to);
    if (slot >= 0) {
      batch.size[row] = this.#sizes[slot];
      batch.recipients[row] = this.#recipients[slot];
    } else slot = this.#ids.claim(node, bytes, id, idEnd);
    if (to >= 0 && batch.recipients[row] === 1) {
      const last = bytes[end - 1] === GREATER ? end - 1 : end;
      line.setWanted(row, TEXT.recipient, to + TO.length, last);
    }
    this.#received[slot] = 1;
    return LINE.event;
  }
}
