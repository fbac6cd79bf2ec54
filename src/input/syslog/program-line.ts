import type { EventBatch } from '../../model/event-batch.ts';
import { LOGGED_AS, TEXT, type Needs } from '../../model/event.ts';
import { seekBehindWord } from '../../model/words.ts';
import { phrase, startsWith } from '../byte-text.ts';
import { LINE, type LineClass } from '../port.ts';
import { FilterVerdicts } from '../filters/verdicts.ts';
import { PeerReader } from '../postfix/peer.ts';
import { WordCache } from '../word-cache.ts';

const COLON = 58;
const BLANK = 32;
/** Postfix's long queue ids have 20 characters at most. */
const LONGEST_QUEUE_ID = 40;
const NOQUEUE = phrase('NOQUEUE');

/** The line being read: what the readers of the daemons share. One instance serves a parser. */
export class ProgramLine {
  batch!: EventBatch;
  bytes!: Buffer;
  /** The same bytes, four at a time. */
  words!: Int32Array;
  lineNumber = 0;
  /** Where the line begins in `bytes`. */
  lineStart = 0;
  time = 0;
  node = 0;
  listener = 0;
  /** `postfix/smtpd` and `19832`; no process id: an empty span. */
  tagStart = 0;
  tagEnd = 0;
  pidStart = 0;
  pidEnd = 0;
  /** What `setProcess` sets where tag and process id do not stand so in the bytes; else empty. */
  process = '';
  /** The text, `bytes[at, end)`. */
  at = 0;
  end = 0;
  /** The queue id read last; empty for `NOQUEUE`. */
  queueStart = 0;
  queueEnd = 0;
  /** Why the line is unparsed. */
  reason = '';
  readonly peer = new PeerReader();
  /** What filters said of messages in earlier lines of the file. */
  readonly verdicts = new FilterVerdicts();
  readonly #textFields: number;
  readonly #listeners = new WordCache((word) => this.batch.vocabulary.listeners.id(word) ?? -1);

  constructor(needs: Needs) {
    this.#textFields = needs.textFields;
  }

  wants(field: number): boolean {
    return (this.#textFields & (1 << field)) !== 0;
  }

  unparsed(reason: string): LineClass {
    this.reason = reason;
    return LINE.unparsed;
  }

  /** Reads `queue-id: ` or `NOQUEUE: ` at `at`; the index behind it, or -1 when it is neither. */
  readQueueId(at: number): number {
    const { bytes, words } = this;
    const limit = Math.min(this.end, at + LONGEST_QUEUE_ID);
    const stop = seekBehindWord(words, at, limit);
    if (stop === at || stop + 1 >= limit) return -1;
    if (bytes[stop] !== COLON || bytes[stop + 1] !== BLANK) return -1;
    this.queueStart = at;
    const none = stop - at === NOQUEUE.length && startsWith(words, at, stop, NOQUEUE);
    this.queueEnd = none ? at : stop;
    return stop + 2;
  }

  /** Adds an event without peer. */
  push(kind: number): number {
    const { batch } = this;
    const row = batch.push(this.time, kind, this.lineNumber, this.lineStart);
    batch.node[row] = this.node;
    batch.listener[row] = this.listener;
    return row;
  }

  /** Adds an event of the peer read last. */
  pushOfPeer(kind: number): number {
    const row = this.push(kind);
    const { batch } = this;
    const { family, words } = this.peer;
    batch.family[row] = family;
    // What the words of no address hold is that of an earlier line.
    if (family === 0) return row;
    const at = row * 4;
    batch.ip[at] = words[0];
    if (family === 6) {
      batch.ip[at + 1] = words[1];
      batch.ip[at + 2] = words[2];
      batch.ip[at + 3] = words[3];
    }
    return row;
  }

  /** Sets a text field when the run asks for it. */
  setWanted(row: number, field: number, start: number, end: number): void {
    if (this.wants(field)) this.batch.setSpan(row, field, start, end);
  }

  /** Sets the listener to the one that the line names; the tag's stays where there are too many. */
  setListener(row: number, start: number, end: number): void {
    if (end <= start) return;
    const number = this.#listeners.number(this.bytes, start, end);
    if (number >= 0) this.batch.listener[row] = number;
  }

  /** What a filter said of the message whose queue id was read last; `LOGGED_AS.none`: nothing. */
  verdictOfFilter(): number {
    return this.verdicts.of(this.node, this.bytes, this.queueStart, this.queueEnd);
  }

  /** Sets the verdict of a message that was let in, where a filter had found something in it. */
  setFinding(row: number): void {
    if (!this.verdicts.used) return;
    const verdict = this.verdictOfFilter();
    if (verdict === LOGGED_AS.spam || verdict === LOGGED_AS.virus)
      this.batch.verdict[row] = verdict;
  }

  setQueueId(row: number): void {
    this.batch.setSpan(row, TEXT.queue_id, this.queueStart, this.queueEnd);
  }

  /**
   * Sets the session to the tag and process id, `postfix/smtpd[19832]`: one smtpd process serves
   * one client at a time. Without a process id nothing tells sessions apart, so it stays unset.
   */
  setProcess(row: number): void {
    const { tagStart, tagEnd, pidStart, pidEnd } = this;
    if (pidEnd <= pidStart) return;
    if (this.process !== '') {
      this.batch.setText(row, TEXT.session, this.process);
      return;
    }
    if (pidStart === tagEnd + 1 && this.bytes[tagEnd] === 91) {
      this.batch.setSpan(row, TEXT.session, tagStart, pidEnd + 1);
      return;
    }
    const tag = this.bytes.toString('latin1', tagStart, tagEnd);
    const pid = this.bytes.toString('latin1', pidStart, pidEnd);
    this.batch.setText(row, TEXT.session, `${tag}[${pid}]`);
  }
}
