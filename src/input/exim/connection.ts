import { KIND, PHASE, TEXT, type KindName } from '../../model/event.ts';
import { findByte, phrase, startsWith } from '../byte-text.ts';
import { LINE, type LineClass } from '../port.ts';
import type { ProgramLine } from '../syslog/program-line.ts';
import { WordCache } from '../word-cache.ts';
import { findIdEnd, type HostReader } from './host.ts';
import { RecentPeers } from './recent-peers.ts';

const OPEN = 91;
const BLANK = 32;
const FROM = phrase('from ');
const ID = phrase('Ci=');
const COUNT = phrase(' (TCP/IP connection count = ');
const DURATION = phrase(' D=');
const CLOSED = phrase(' closed ');
const LOST = phrase(' lost');
const IN_DATA = phrase(' lost while reading message data');
/** A line that says `closed` follows what ended the connection at once. */
const SAME_END_MS = 5000;
const LACKING: readonly KindName[] = ['connect', 'disconnect'];

/**
 * The connections of one log: what opens and ends them, where `+smtp_connection` logs that.
 *
 * Some lines end a connection without another line that says so, some with one; the latter are
 * remembered for a few seconds, so that no connection ends twice.
 */
export class Connections {
  readonly host: HostReader;
  #areLogged = false;
  readonly #opened = new RecentPeers(256);
  readonly #ended = new RecentPeers(64);
  /** Numbers of our interfaces. */
  #listeners: WordCache | undefined;

  constructor(host: HostReader) {
    this.host = host;
  }

  /** What the log does not show, as far as it was read. */
  get lacks(): readonly KindName[] | undefined {
    return this.#areLogged ? undefined : LACKING;
  }

  /** Adds an event of the host read last. */
  push(line: ProgramLine, kind: number): number {
    const { host } = this;
    const row = line.pushOfPeer(kind);
    line.batch.setSpan(row, TEXT.session, host.sessionStart, host.sessionEnd);
    if (host.interfaceEnd > host.interfaceStart) this.#setListener(line, row);
    return row;
  }

  /**
   * `SMTP connection from HOST (TCP/IP connection count = 3)`, `… D=1s closed by QUIT`, `… lost`,
   * `… lost while reading message data`: what stands behind `SMTP connection `.
   */
  readConnection(line: ProgramLine, start: number): LineClass {
    const { bytes, words, end } = line;
    const at = this.readFrom(line, start);
    if (at < 0) return LINE.irrelevant;
    const { host } = this;
    if (!host.read(line, at, bytes[at] !== OPEN)) return line.unparsed('no peer');
    let { next } = host;
    if (startsWith(words, next, end, COUNT)) {
      this.#areLogged = true;
      if (host.port > 0) this.#opened.add(line.peer.family, line.peer.words, host.port, line.time);
      line.batch.phase[this.push(line, KIND.connect)] = PHASE.connect;
      return LINE.event;
    }
    if (startsWith(words, next, end, IN_DATA)) return this.end(line);
    if (startsWith(words, next, end, DURATION)) next = findByte(bytes, next + 1, end, BLANK);
    const isEnd = startsWith(words, next, end, CLOSED) || startsWith(words, next, end, LOST);
    if (!isEnd) return LINE.irrelevant;
    this.#areLogged = true;
    const { family, words: ip } = line.peer;
    if (this.#ended.take(family, ip, host.port, line.time - SAME_END_MS)) return LINE.irrelevant;
    return this.end(line);
  }

  /** Reads `Ci=id from ` or `from ` at `at`; the host behind it, -1 when it is neither. */
  readFrom(line: ProgramLine, at: number): number {
    const { bytes, words, end } = line;
    let from = at;
    if (startsWith(words, at, end, ID)) {
      from = findIdEnd(bytes, at + ID.length, end) + 1;
      this.host.idStart = at;
      this.host.idEnd = from - 1;
    }
    return startsWith(words, from, end, FROM) ? from + FROM.length : -1;
  }

  /** The connection of the host read last is over; a log that does not show it opened is silent. */
  end(line: ProgramLine): LineClass {
    if (!this.#areLogged) return LINE.irrelevant;
    this.push(line, KIND.disconnect);
    return LINE.event;
  }

  /** The same where a `closed` line may follow. */
  endAtOnce(line: ProgramLine): LineClass {
    if (!this.#areLogged) return LINE.irrelevant;
    this.#ended.add(line.peer.family, line.peer.words, this.host.port, line.time);
    return this.end(line);
  }

  /**
   * Whether the log showed the connection of the host read last open. Without a port a connection
   * cannot be told from others of its address: no.
   */
  wasOpened({ peer }: ProgramLine): boolean {
    const { port } = this.host;
    return port > 0 && this.#opened.take(peer.family, peer.words, port, -Infinity);
  }

  #setListener({ batch }: ProgramLine, row: number): void {
    const { interfaceStart, interfaceEnd } = this.host;
    const { listeners } = batch.vocabulary;
    // No room for another name: the connection counts without.
    this.#listeners ??= new WordCache((name) => listeners.id(name) ?? 0);
    batch.listener[row] = this.#listeners.number(batch.bytes, interfaceStart, interfaceEnd);
  }
}
