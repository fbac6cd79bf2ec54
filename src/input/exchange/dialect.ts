import { bomLength } from '../log-source.ts';
import type { Dialect } from '../dialects.ts';
import { createExchangeParser } from './parser.ts';

const HASH = 35;
const OWN = ['#Fields: date-time,', '#Log-type: '].map((text) => Buffer.from(text));

export const EXCHANGE: Dialect = {
  dialect: 'exchange',
  owns: (bytes, start, end) => {
    return OWN.some((text) =>
      bytes.subarray(start, Math.min(end, start + text.length)).equals(text),
    );
  },
  createParser: createExchangeParser,
  preambleBytes,
  hints: {
    connect: 'name the protocol logs of its receive connectors, RECV*.LOG, too',
    disconnect: 'name the protocol logs of its receive connectors, RECV*.LOG, too',
  },
};

/** The lines at the front that begin with `#`: they name the columns. */
function preambleBytes(head: Buffer): number {
  let at = bomLength(head, head.length);
  while (head[at] === HASH) {
    const newline = head.indexOf(10, at);
    if (newline === -1) return head.length;
    at = newline + 1;
  }
  return at;
}
