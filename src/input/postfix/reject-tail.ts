import { phrase, type Phrase, findByte, findLast, startsWith } from '../byte-text.ts';

const BLANK = 32;
const COMMA = 44;
const SEMICOLON = 59;
const GREATER = 62;
const QUOTE = 34;
const BACKSLASH = 92;
const FROM = phrase(' from=<');
const TO = phrase(' to=<');
const PROTO = phrase(' proto=');
const HELO = phrase(' helo=<');
const SASL_METHOD = phrase(' sasl_method=');
const SASL_USERNAME = phrase(' sasl_username=');
const SASL_SENDER = phrase(' sasl_sender=');

/**
 * Takes the end of a reject line apart: `; from=<s> to=<r> proto=ESMTP helo=<h> sasl_username=u`
 * (postscreen: the same with commas), of which every part may be missing.
 *
 * Sender, recipient and HELO are the client's words and may imitate the fields, so the parts are
 * taken from the back: `proto=` cannot stand inside HELO, which has no blanks, and inside an
 * address it stands before the real one. All results are half-open spans, empty when missing.
 */
export class RejectTail {
  /** Where the text before the tail ends. */
  textEnd = 0;
  senderStart = 0;
  senderEnd = 0;
  recipientStart = 0;
  recipientEnd = 0;
  heloStart = 0;
  heloEnd = 0;
  userStart = 0;
  userEnd = 0;
  /** Behind HELO, or behind `proto=` where HELO is missing. */
  next = 0;

  /** @param mayHaveRecipient false before RCPT, where ` to=<` can only be part of the sender */
  read(
    bytes: Buffer,
    words: Int32Array,
    start: number,
    end: number,
    mayHaveRecipient: boolean,
  ): void {
    this.senderStart = this.senderEnd = 0;
    this.recipientStart = this.recipientEnd = 0;
    this.heloStart = this.heloEnd = 0;
    this.userStart = this.userEnd = 0;
    this.next = end;
    const proto = findLast(bytes, start, end, PROTO);
    if (proto >= 0) this.#readBehind(bytes, words, proto, end);
    this.#readAddresses(bytes, start, proto < 0 ? end : proto, mayHaveRecipient);
  }

  /** ` proto=ESMTP helo=<h> sasl_method=m sasl_username=u sasl_sender=s` */
  #readBehind(bytes: Buffer, words: Int32Array, proto: number, end: number): void {
    let at = wordEnd(bytes, proto + PROTO.length, end);
    this.next = at;
    if (at < end && bytes[at] === COMMA) at++;
    if (startsWith(words, at, end, HELO)) {
      const helo = at + HELO.length;
      const close = findByte(bytes, helo, end, BLANK);
      const last = lastGreater(bytes, helo, close);
      if (last < 0) return;
      this.heloStart = helo;
      this.heloEnd = last;
      at = last + 1;
      this.next = at;
    }
    if (startsWith(words, at, end, SASL_METHOD)) {
      at = findByte(bytes, at + SASL_METHOD.length, end, BLANK);
    }
    if (!startsWith(words, at, end, SASL_USERNAME)) return;
    this.userStart = at + SASL_USERNAME.length;
    const sender = findLast(bytes, this.userStart, end, SASL_SENDER);
    this.userEnd = sender < 0 ? end : sender;
  }

  /** `text; from=<s> to=<r>`, with a comma behind each part from postscreen. */
  #readAddresses(bytes: Buffer, start: number, limit: number, mayHaveRecipient: boolean): void {
    let end = limit;
    if (end > start && bytes[end - 1] === COMMA) end--;
    if (mayHaveRecipient && end > start && bytes[end - 1] === GREATER) {
      const to = findAddress(bytes, start, end, TO);
      if (to >= 0) {
        this.recipientStart = to + TO.length;
        this.recipientEnd = end - 1;
        end = to;
        if (bytes[end - 1] === COMMA) end--;
      }
    }
    if (end > start && bytes[end - 1] === GREATER) {
      const from = findAddress(bytes, start, end, FROM);
      if (from >= 0 && from > start && bytes[from - 1] === SEMICOLON) {
        this.senderStart = from + FROM.length;
        this.senderEnd = end - 1;
        end = from;
      }
    }
    this.textEnd = end > start && bytes[end - 1] === SEMICOLON ? end - 1 : end;
  }
}

/**
 * The last ` key=<` in `bytes[start, end)` that opens an address ending at `end`. An address with
 * blanks is quoted, so a key inside one leaves an odd number of quotes behind it and is passed
 * over; where no key leaves an even number (Postfix before 3.5 logged addresses without their
 * quotes) the last one is taken.
 */
function findAddress(bytes: Buffer, start: number, end: number, key: Phrase): number {
  let fallback = -1;
  for (let limit = end; ;) {
    const at = findLast(bytes, start, limit, key);
    if (at < 0) return fallback;
    const before = at > start ? bytes[at - 1] : 0;
    if (before === GREATER || before === SEMICOLON || before === COMMA) {
      if (fallback < 0) fallback = at;
      if (quotesPair(bytes, at + key.length, end)) return at;
    }
    limit = at + key.length - 1;
  }
}

function quotesPair(bytes: Buffer, start: number, end: number): boolean {
  let odd = false;
  for (let i = start; i < end; i++) {
    if (bytes[i] === BACKSLASH) i++;
    else if (bytes[i] === QUOTE) odd = !odd;
  }
  return !odd;
}

function wordEnd(bytes: Buffer, at: number, end: number): number {
  let i = at;
  while (i < end && bytes[i] !== BLANK && bytes[i] !== COMMA && bytes[i] !== 58) i++;
  return i;
}

function lastGreater(bytes: Buffer, start: number, end: number): number {
  for (let i = end - 1; i >= start; i--) if (bytes[i] === GREATER) return i;
  return -1;
}
