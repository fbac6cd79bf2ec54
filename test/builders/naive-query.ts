import { DAY_MS } from '../../src/model/time.ts';
import type { SeriesSnapshot } from '../../src/model/series-snapshot.ts';
import { numbered, type NumberedAddress } from './journals.ts';

/** A query in parts, as the obvious implementation takes it. */
export interface PlainQuery {
  readonly block: NumberedAddress;
  readonly bits: number;
  readonly series: readonly string[];
  readonly union: boolean;
  /** Half-open, for the last moment of a window. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly sizes: readonly [number, number];
  readonly order: 'cidr' | 'count';
  readonly aggregate: 'none' | 'window' | 'day';
  readonly limit: number;
  readonly threshold: number;
}

interface PlainRow {
  readonly stepMs: number | undefined;
  readonly value: bigint;
  readonly bits: number;
  readonly block: string;
  readonly counts: readonly bigint[];
}

const widthOf = (family: 4 | 6): number => (family === 4 ? 32 : 128);

function masked(value: bigint, bits: number, width: number): bigint {
  const host = BigInt(width - bits);
  return (value >> host) << host;
}

/** The 128 or 32 bits of a key, read without any code of ours. */
function readKey(key: string): { family: 4 | 6; value: bigint } {
  if (!key.includes(':')) {
    return {
      family: 4,
      value: key.split('.').reduce((sum, octet) => sum * 256n + BigInt(octet), 0n),
    };
  }
  const [head, tail] = key
    .split('::')
    .map((part) => part.split(':').filter((group) => group !== ''));
  const zeros = Array.from({ length: 8 - head.length - (tail?.length ?? 0) }, () => '0');
  const groups = [...head, ...zeros, ...(tail ?? [])];
  return {
    family: 6,
    value: groups.reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n),
  };
}

function stepOf(query: PlainQuery, { windowZeroMs, monitor }: SeriesSnapshot): number | undefined {
  if (query.aggregate === 'none') return undefined;
  if (query.aggregate === 'window') return windowZeroMs;
  return Math.floor((windowZeroMs + monitor.intervalMs - 1) / DAY_MS) * DAY_MS;
}

const compare = <T extends number | bigint>(a: T, b: T): number => (a < b ? -1 : Number(a > b));

/** The rows of an answer: every row of every journal looked at, counts without bounds. */
export function scanNaively(journals: readonly SeriesSnapshot[], query: PlainQuery): PlainRow[] {
  const width = widthOf(query.block.family);
  const columns = query.union ? 1 : query.series.length;
  const rows = new Map<string, PlainRow & { counts: bigint[] }>();
  for (const journal of journals) {
    const named = query.series.indexOf(journal.name);
    const lastMs = journal.windowZeroMs + journal.monitor.intervalMs - 1;
    if (named === -1 || lastMs < query.fromMs || lastMs >= query.toMs) continue;
    const stepMs = stepOf(query, journal);
    for (const { key, count } of journal.rows) {
      const { family, value } = readKey(key);
      if (family !== query.block.family) continue;
      if (masked(value, query.bits, width) !== masked(query.block.value, query.bits, width))
        continue;
      for (let bits = query.sizes[0]; bits <= query.sizes[1]; bits++) {
        const start = masked(value, bits, width);
        const id = `${stepMs} ${start} ${bits}`;
        const block = `${numbered(family, start).key}/${bits}`;
        const fresh = {
          stepMs,
          value: start,
          bits,
          block,
          counts: Array<bigint>(columns).fill(0n),
        };
        const row = rows.get(id) ?? fresh;
        row.counts[query.union ? 0 : named] += BigInt(count);
        rows.set(id, row);
      }
    }
  }
  const shown = [...rows.values()].filter(({ counts }) => {
    return counts.some((count) => count !== 0n) && counts.some((count) => count >= query.threshold);
  });
  const byBlock = (a: PlainRow, b: PlainRow): number =>
    compare(a.stepMs ?? 0, b.stepMs ?? 0) || compare(a.value, b.value) || a.bits - b.bits;
  const byCount = (a: PlainRow, b: PlainRow): number => {
    for (let i = 0; i < columns; i++) {
      if (a.counts[i] !== b.counts[i]) return compare(b.counts[i], a.counts[i]);
    }
    return byBlock(a, b);
  };
  return shown.sort(query.order === 'count' ? byCount : byBlock).slice(0, query.limit);
}
