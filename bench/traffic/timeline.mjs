import assert from 'node:assert/strict';

/** @import { LineFile } from './outputs.mjs' */
/** @import { Random } from './random.mjs' */

/** Seconds that lines may be put ahead of the clock: a power of two. */
const AHEAD = 512;
const HOST = 'mx1';
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** Columns that hindcast reads without options. */
const CSV_HEADER = 'time,kind,ip,sender,recipient,code';

/**
 * Where the traffic goes; a form that is not wanted is undefined.
 *
 * @typedef {object} Outputs
 * @property {LineFile | undefined} log RFC 3164 stamps
 * @property {LineFile | undefined} rfc3339
 * @property {LineFile | undefined} csv
 */

/** What happens in one second, in order. */
class Second {
  /** @type {string[]} */
  lines = [];
  /** @type {string[]} */
  events = [];
  /** @type {(() => void)[]} */
  endings = [];
}

/** Puts the lines of many sessions in order of time and writes each second in every form. */
export class Timeline {
  /**
   * Events written, by kind.
   *
   * @type {Record<string, number>}
   */
  events = {};
  /** Lines that `grep -c 'connect from'` finds. */
  connectLines = 0;
  /** The second being filled, counted from the start. */
  now = 0;
  #startMs;
  #outputs;
  #fractions;
  #seconds = Array.from({ length: AHEAD }, () => new Second());

  /**
   * @param {number} startMs of a whole second, UTC
   * @param {Outputs} outputs
   * @param {Random} fractions draws the parts of a second, and nothing else
   */
  constructor(startMs, outputs, fractions) {
    this.#startMs = startMs;
    this.#outputs = outputs;
    this.#fractions = fractions;
    outputs.csv?.write(CSV_HEADER);
  }

  /**
   * @param {number} at second from the start
   * @param {string} text tag and message
   */
  log(at, text) {
    this.#second(at).lines.push(text);
    if (text.includes('connect from')) this.connectLines++;
  }

  /**
   * @param {number} at second from the start
   * @param {string} kind hindcast's word
   * @param {string} ip
   * @param {string} [sender]
   * @param {string} [recipient]
   * @param {number | ''} [code]
   */
  event(at, kind, ip, sender = '', recipient = '', code = '') {
    this.events[kind] = (this.events[kind] ?? 0) + 1;
    if (this.#outputs.csv === undefined) return;
    const quoted = sender.includes('"') ? `"${sender.replaceAll('"', '""')}"` : sender;
    this.#second(at).events.push(`${kind},${ip},${quoted},${recipient},${code}`);
  }

  /**
   * Runs when the second is over.
   *
   * @param {number} at second from the start
   * @param {() => void} ending
   */
  after(at, ending) {
    this.#second(at).endings.push(ending);
  }

  /** Writes the present second and enters the next. */
  tick() {
    const second = this.#seconds[this.now % AHEAD];
    if (second.lines.length > 0 || second.events.length > 0) this.#write(second);
    for (const ending of second.endings) ending();
    this.#seconds[this.now % AHEAD] = new Second();
    this.now++;
  }

  /** Writes what was put ahead of the clock. */
  finish() {
    for (let i = 0; i < AHEAD; i++) this.tick();
  }

  /** @param {number} at */
  #second(at) {
    assert(at >= this.now && at < this.now + AHEAD, `second ${at} is not ahead of ${this.now}`);
    return this.#seconds[at % AHEAD];
  }

  /** @param {Second} second */
  #write({ lines, events }) {
    const { log, rfc3339, csv } = this.#outputs;
    const iso = new Date(this.#startMs + this.now * 1000).toISOString();
    const stamp = syslogStamp(iso);
    let micros = this.#fractions.below(1 + 500_000 / (lines.length + 1));
    for (const line of lines) {
      log?.write(`${stamp} ${HOST} ${line}`);
      if (rfc3339 !== undefined) {
        const fraction = String(micros).padStart(6, '0');
        rfc3339.write(`${iso.slice(0, 20)}${fraction}+00:00 ${HOST} ${line}`);
      }
      // Never past the end of the second, however full it is.
      micros += this.#fractions.below((1_000_000 - micros) / 8);
    }
    const time = `${iso.slice(0, 19)}Z,`;
    for (const event of events) csv?.write(time + event);
  }
}

/**
 * `Mar  2 10:00:00`
 *
 * @param {string} iso
 */
function syslogStamp(iso) {
  const month = MONTHS[Number(iso.slice(5, 7)) - 1];
  const day = String(Number(iso.slice(8, 10))).padStart(2, ' ');
  return `${month} ${day} ${iso.slice(11, 19)}`;
}
