import type { KindName } from '../../model/event.ts';
import { isDigit } from '../byte-text.ts';
import { LINE, type LineClass } from '../port.ts';
import type { ProgramLine } from '../syslog/program-line.ts';
import type { ProgramReader } from '../syslog/programs.ts';
import { behindProcess } from './behind-process.ts';
import { EximReader } from './reader.ts';
import { EximStamp } from './stamp.ts';

const BLANK = 32;
const OPEN = 91;
const CLOSE = 93;
const SLASH = 47;
const BACKSLASH = 92;
const ONE = 49;
/** Every zone is whole quarters of an hour away from UTC. */
const QUARTER_MS = 15 * 60_000;
/** The stamps of a line further apart are of two clocks; the one of the envelope holds. */
const MOST_APART_MS = 5 * 60_000;

/**
 * Exim over syslog: `[1/5] 2026-11-20 18:44:25.578 +0100 [5142] text`, of which everything but the
 * text may be missing (formats, section 3.8).
 */
export class EximProgram implements ProgramReader {
  readonly #stamp = new EximStamp();
  readonly #reader = new EximReader();

  get lacks(): readonly KindName[] {
    return this.#reader.lacks ?? [];
  }

  read(line: ProgramLine): LineClass {
    const { bytes, words, end } = line;
    const text = behindPart(bytes, line.at, end);
    // A further part of a line that was split, or a header of a rejected message.
    if (text < 0) return LINE.irrelevant;
    let at = text;
    if (this.#stamp.read(bytes, words, at, end)) {
      at = this.#stamp.next;
      line.time = exactTime(line.time, this.#stamp.localMs);
    }
    line.at = behindProcess(bytes, at, end);
    return this.#reader.read(line);
  }
}

/**
 * The time of the stamp in the text, whose zone need not be known: it is the moment with those
 * minutes and seconds that lies next to the envelope's.
 */
function exactTime(timeMs: number, localMs: number): number {
  const apart = (((localMs - timeMs) % QUARTER_MS) + QUARTER_MS) % QUARTER_MS;
  const step = apart > QUARTER_MS / 2 ? apart - QUARTER_MS : apart;
  return Math.abs(step) > MOST_APART_MS ? timeMs : timeMs + step;
}

/** Behind the mark `[1/5] ` or `[1\18] `; -1 for the mark of a further part. */
function behindPart(bytes: Buffer, at: number, end: number): number {
  if (bytes[at] !== OPEN) return at;
  let stop = at + 1;
  while (stop < end && isDigit(bytes[stop])) stop++;
  const mark = bytes[stop];
  if (stop === at + 1 || (mark !== SLASH && mark !== BACKSLASH)) return at;
  const isFirst = stop === at + 2 && bytes[at + 1] === ONE;
  const total = ++stop;
  while (stop < end && isDigit(bytes[stop])) stop++;
  if (stop === total || bytes[stop] !== CLOSE || bytes[stop + 1] !== BLANK) return at;
  return isFirst ? stop + 2 : -1;
}
