import { formatNetwork, parseNetwork, type Network } from '../model/address.ts';
import { parseMonitor } from '../model/monitor.ts';
import { DAY_MS, parseIso } from '../model/time.ts';
import type { TextRange } from './mistakes.ts';
import type { Aggregate, CountQuery, Query, SeriesReference, Span } from './query.ts';
import { TokenCursor } from './token-cursor.ts';
import type { Token } from './tokens.ts';

const CLAUSES = [
  'from',
  'since',
  'on',
  'cidrsize',
  'order',
  'aggregate',
  'limit',
  'threshold',
] as const;

const DATE = /^(\d{4})-?(\d\d)-?(\d\d)(?:T(\d\d):?(\d\d)(?::?(\d\d))?Z?)?$/i;
const TIME_HINT = 'times are UTC: 20080423, or 20080605T120000';

/** What `from`, `to`, `since` and `on` are followed by. */
interface QueryTime extends TextRange {
  readonly startMs: number;
  /** The end of the day for a date alone, otherwise the moment itself. */
  readonly endMs: number;
  readonly wholeDay: boolean;
}

/** Clauses in the making; what is undefined was not written. */
interface Clauses {
  span?: Span;
  sizes?: TextRange & { readonly from: number; readonly to: number };
  order?: 'cidr' | 'count';
  aggregate?: Aggregate;
  aggregateAt?: TextRange;
  limit?: number;
  threshold?: number;
}

/**
 * Reads a query: the grammar in `docs/query.md`.
 *
 * @throws UserError with one diagnostic, whose code is a `QueryCode`
 */
export function parseQuery(text: string): Query {
  return new QueryParser(text).query();
}

class QueryParser {
  readonly #cursor: TokenCursor;

  constructor(text: string) {
    this.#cursor = new TokenCursor(text);
  }

  query(): Query {
    const first = this.#cursor.keyword('show', 'cache');
    if (first === 'cache') {
      this.#cursor.keyword('details');
      this.#cursor.end();
      return { kind: 'cache' };
    }
    if (this.#cursor.keyword('count', 'available') === 'available') {
      this.#cursor.end();
      return { kind: 'available' };
    }
    return this.#count();
  }

  #count(): CountQuery {
    this.#cursor.keyword('for');
    const { network: block, range: blockAt } = this.#network();
    this.#cursor.keyword('in');
    const { series, union } = this.#series();
    const clauses = this.#clauses();
    const width = block.family === 4 ? 32 : 128;
    const aggregate = clauses.aggregate ?? 'none';
    // A total over time is asked of the block as a whole, unless the query says otherwise.
    const size = aggregate === 'none' ? width : block.bits;
    const sizes = clauses.sizes ?? { from: size, to: size };
    if (clauses.sizes !== undefined) this.#checkSizes(clauses.sizes, block);
    return {
      kind: 'count',
      text: this.#cursor.text,
      block,
      series,
      union,
      span: clauses.span ?? { kind: 'span', fromMs: -Infinity, toMs: Infinity },
      sizes: { from: sizes.from, to: sizes.to },
      order: clauses.order ?? 'cidr',
      aggregate,
      aggregateAt: clauses.aggregateAt ?? blockAt,
      limit: clauses.limit ?? Infinity,
      threshold: clauses.threshold ?? -Infinity,
    };
  }

  #series(): { series: SeriesReference[]; union: boolean } {
    const union = this.#cursor.isWord('union') && this.#cursor.afterNext?.kind === '(';
    if (union) {
      this.#cursor.advance();
      this.#cursor.advance();
    }
    const series: SeriesReference[] = [];
    do {
      const next = this.#reference();
      if (series.some((before) => sameSeries(before, next))) {
        this.#cursor.refuse(next, 'query-twice', `the series '${next.name}' is named twice`);
      }
      series.push(next);
    } while (this.#cursor.take(','));
    if (union && !this.#cursor.take(')')) this.#cursor.refuseWord(["','", "')'"], []);
    return { series, union };
  }

  #reference(): SeriesReference {
    const token = this.#cursor.next;
    if (token.kind !== 'word' && token.kind !== 'text')
      this.#cursor.refuseWord(['the name of a series'], []);
    this.#cursor.advance();
    const { start, end } = token;
    const { name, monitor: written } = nameAndMonitor(token);
    if (name === '')
      this.#cursor.refuse(token, 'query-word', 'expected the name of a series, found ""');
    if (written === undefined) return { name, monitor: undefined, start, end };
    const monitor = parseMonitor(written);
    if (monitor !== undefined) return { name, monitor, start, end };
    return this.#cursor.refuse(
      { start: end - written.length, end },
      'query-number',
      `expected a monitor such as 300,12, found ${written}`,
    );
  }

  #clauses(): Clauses {
    const clauses: Clauses = {};
    const seen = new Map<string, string>();
    while (this.#cursor.next.kind !== 'end') {
      const at = this.#cursor.next;
      const word = this.#cursor.keywordOf(CLAUSES, ['the end of the query']);
      const what = word === 'from' || word === 'since' || word === 'on' ? 'time' : word;
      const before = seen.get(what);
      if (before !== undefined) {
        const message =
          before === word ? `'${word}' is given twice` : `'${word}' after '${before}': one of them`;
        this.#cursor.refuse(at, 'query-twice', message);
      }
      seen.set(what, word);
      this.#clause(word, at, clauses);
    }
    return clauses;
  }

  #clause(word: (typeof CLAUSES)[number], at: Token, clauses: Clauses): void {
    switch (word) {
      case 'from':
      case 'since':
      case 'on':
        clauses.span = this.#span(word);
        break;
      case 'cidrsize':
        clauses.sizes = this.#sizes();
        break;
      case 'order':
        this.#cursor.keyword('by');
        clauses.order = this.#cursor.keyword('cidr', 'count');
        break;
      case 'aggregate':
        clauses.aggregate = this.#cursor.isWord('daily') ? 'day' : 'window';
        clauses.aggregateAt = { start: at.start, end: at.end };
        if (clauses.aggregate === 'day') this.#cursor.advance();
        break;
      case 'limit':
      case 'threshold':
        clauses[word] = this.#number(`a whole number after '${word}'`);
        break;
    }
  }

  #span(word: 'from' | 'since' | 'on'): Span {
    const first = this.#time();
    if (word === 'since') return { kind: 'span', fromMs: first.startMs, toMs: Infinity };
    if (word === 'on') {
      if (!first.wholeDay) return { kind: 'moment', atMs: first.startMs };
      return { kind: 'span', fromMs: first.startMs, toMs: first.endMs };
    }
    this.#cursor.keyword('to');
    const last = this.#time();
    if (last.endMs <= first.startMs) {
      const hint = 'the earlier time comes first; a date as the end means the end of that day';
      this.#cursor.refuse(last, 'query-span', 'this is not after the start of the span', hint);
    }
    return { kind: 'span', fromMs: first.startMs, toMs: last.endMs };
  }

  #time(): QueryTime {
    const token = this.#cursor.word('a time such as 20080423 or 20080605T120000');
    const { text, start, end } = token;
    const [, year, month, day, hour, minute, second = '00'] = (DATE.exec(text) ?? []) as (
      | string
      | undefined
    )[];
    const wholeDay = hour === undefined;
    const clock = wholeDay ? '' : `T${hour}:${minute}:${second}`;
    const startMs = parseIso(`${year}-${month}-${day}${clock}`)?.localMs;
    if (startMs === undefined) {
      return this.#cursor.refuse(token, 'query-time', `'${text}' is no time`, TIME_HINT);
    }
    return { startMs, endMs: wholeDay ? startMs + DAY_MS : startMs, wholeDay, start, end };
  }

  #sizes(): TextRange & { from: number; to: number } {
    const { start } = this.#cursor.next;
    const from = this.#number("a prefix length after 'cidrsize'");
    let to = from;
    if (this.#cursor.isWord('to')) {
      this.#cursor.advance();
      to = this.#number("a prefix length after 'to'");
    }
    return { from, to, start, end: this.#cursor.last.end };
  }

  #checkSizes(sizes: TextRange & { from: number; to: number }, block: Network): void {
    const width = block.family === 4 ? 32 : 128;
    const { from, to } = sizes;
    if (from > to) {
      const hint = `cidrsize ${to} to ${from}`;
      this.#cursor.refuse(sizes, 'query-size', 'the shorter prefix length comes first', hint);
    }
    if (to > width) {
      const message = `expected a prefix length up to ${width} for IPv${block.family}, found ${to}`;
      this.#cursor.refuse(sizes, 'query-size', message);
    }
    if (from < block.bits) {
      const message = `blocks of /${from} are wider than ${formatNetwork(block)}, which is asked for`;
      const hint = `ask for a wider block, or for cidrsize ${block.bits} or above`;
      this.#cursor.refuse(sizes, 'query-size', message, hint);
    }
  }

  #network(): { network: Network; range: TextRange } {
    const token = this.#cursor.word('an address or network such as 192.0.2.0/24');
    const network = parseNetwork(token.text);
    if (network !== undefined) return { network, range: token };
    return this.#cursor.refuse(
      token,
      'query-network',
      `'${token.text}' is not an address or network`,
      'such as 192.0.2.0/24, 192.0.2.7, 2001:db8::/32 or [2001:db8::]/32',
    );
  }

  #number(what: string): number {
    const token = this.#cursor.word(what);
    if (/^\d{1,15}$/.test(token.text)) return Number(token.text);
    return this.#cursor.refuse(token, 'query-number', `expected ${what}, found '${token.text}'`);
  }
}

/** What stands in quotes is a name as it is, even when it ends like a monitor. */
function nameAndMonitor({ kind, text, monitor }: Token): { name: string; monitor?: string } {
  if (kind === 'text') return monitor === undefined ? { name: text } : { name: text, monitor };
  const match = /^(.+)\.(\d+,\d+)$/.exec(text);
  return match === null ? { name: text } : { name: match[1], monitor: match[2] };
}

function sameSeries(a: SeriesReference, b: SeriesReference): boolean {
  if (a.name !== b.name || (a.monitor === undefined) !== (b.monitor === undefined)) return false;
  const [mine, theirs] = [a.monitor, b.monitor];
  return mine?.intervalMs === theirs?.intervalMs && mine?.windows === theirs?.windows;
}
