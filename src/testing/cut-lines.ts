import { NetworkSet, readAddressText, type Network } from '../model/address.ts';
import type { LineBits, LineHead, LineSet } from './cut-line.ts';

/** Daemons whose lines outside a session are of the peer that they name. */
const OF_PEERS = /(?:^|\/)(?:smtpd|postscreen|anvil|dnsblog|tlsproxy)$|^postfix$/;
const SMTPD = /(?:^|\/)smtpd$|^postfix$/;
const QUEUE_ID = /^(?:message repeated \d+ times?: \[ ?)?([0-9A-Za-z]{1,40}): /;
const ADDRESSES =
  /(?<![\w.])(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:.]+)(?![\w.]|:\w)/g;
/** Event lines that begin or end something, where they turned out to be no event. */
const NO_FOLLOWER = /^(?:connect from |disconnect from )|^[0-9A-Za-z]{1,40}: client=/;

export interface CutLinesOptions {
  readonly networks: readonly Network[];
  /** Lines of events to keep. */
  readonly kept: LineSet;
  /** By number of the input: lines of all events. */
  readonly eventLines: readonly (LineBits | undefined)[];
}

/**
 * Decides of each line of Postfix logs whether it is kept. Lines of events are known; others are
 * kept with the session of their process, the message of their queue id, or because they name a
 * peer that is kept. Lines come input by input, in the order of the inputs' first times.
 */
export class CutLines {
  readonly #options: CutLinesOptions;
  readonly #networks: NetworkSet;
  /** Processes in a session that is kept. */
  readonly #sessions = new Set<string>();
  /** By host and queue id, then by instance: whether the message is kept. */
  readonly #messages = new Map<string, Map<string, boolean>>();
  readonly #words = new Int32Array(4);

  constructor(options: CutLinesOptions) {
    this.#options = options;
    this.#networks = new NetworkSet(options.networks);
  }

  /** @param named whether a line that only names a peer is to be kept here */
  keeps(source: number, line: number, bytes: Buffer, head: LineHead, named: boolean): boolean {
    const { hostStart, hostEnd, tagStart, tagEnd, pidStart, pidEnd, textStart, end } = head;
    if (this.#options.eventLines[source]?.has(line) === true) {
      const kept = this.#options.kept.has(source, '', line);
      if (tagEnd > tagStart && (kept || this.#sessions.size > 0 || this.#messages.size > 0)) {
        this.#follow(bytes, head, kept);
      }
      return kept;
    }
    if (tagEnd === tagStart) return false;
    if (!named && this.#sessions.size + this.#messages.size === 0) return false;
    const text = bytes.toString('latin1', textStart, end);
    if (NO_FOLLOWER.test(text)) return false;
    const host = bytes.toString('latin1', hostStart, hostEnd);
    const tag = bytes.toString('latin1', tagStart, tagEnd);
    if (this.#messages.size > 0) {
      const id = QUEUE_ID.exec(text)?.[1];
      const kept = id === undefined ? undefined : this.#keptMessage(host, id, tag);
      if (kept !== undefined) {
        if (/^[0-9A-Za-z]+: removed$/.test(text)) this.#messages.delete(`${host} ${id}`);
        return kept;
      }
    }
    const process = `${host} ${tag}[${bytes.toString('latin1', pidStart, pidEnd)}]`;
    if (pidEnd > pidStart && this.#sessions.has(process)) return true;
    if (!named || !OF_PEERS.test(tag)) return false;
    // Of smtpd these are the warnings before a connect; others are of a session that is not kept.
    if (SMTPD.test(tag) && !text.startsWith('warning: ')) return false;
    return this.#namesPeer(text);
  }

  /** What an event line says of the lines behind it. */
  #follow(bytes: Buffer, head: LineHead, kept: boolean): void {
    const host = bytes.toString('latin1', head.hostStart, head.hostEnd);
    const tag = bytes.toString('latin1', head.tagStart, head.tagEnd);
    const text = bytes.toString('latin1', head.textStart, head.end);
    const pid = bytes.toString('latin1', head.pidStart, head.pidEnd);
    const process = `${host} ${tag}[${pid}]`;
    if (pid !== '' && SMTPD.test(tag)) {
      const ends = text.startsWith('disconnect from ');
      if (!kept || ends) this.#sessions.delete(process);
      // A tag cut to `postfix` may be that of any daemon.
      else if (tag !== 'postfix' || text.startsWith('connect from ')) this.#sessions.add(process);
    }
    const id = QUEUE_ID.exec(text)?.[1];
    if (id === undefined || id === 'NOQUEUE') return;
    const name = `${host} ${id}`;
    if (/^[0-9A-Za-z]+: client=/.test(text)) {
      const own = this.#messages.get(name) ?? new Map<string, boolean>();
      if (kept || own.size > 0) this.#messages.set(name, own.set(instanceOf(tag), kept));
    } else if (text.endsWith(': removed')) this.#messages.delete(name);
  }

  /** As the correlator finds messages: of the same instance, else the only one there is. */
  #keptMessage(host: string, id: string, tag: string): boolean | undefined {
    const own = this.#messages.get(`${host} ${id}`);
    if (own === undefined) return undefined;
    const same = own.get(instanceOf(tag));
    if (same !== undefined) return same;
    return own.size === 1 ? own.values().next().value : undefined;
  }

  #namesPeer(text: string): boolean {
    for (const [found] of text.matchAll(ADDRESSES)) {
      const family = readAddressText(found.replace(/[.:]$/, ''), this.#words);
      if (family !== 0 && this.#networks.has(family, this.#words, 0)) return true;
    }
    return false;
  }
}

/** The first part of a syslog name: `postfix-out` of `postfix-out/smtpd`. */
function instanceOf(tag: string): string {
  const slash = tag.indexOf('/');
  return slash === -1 ? tag : tag.slice(0, slash);
}
