import type { Network } from '../model/address.ts';
import type { Monitor } from '../model/monitor.ts';
import type { TextRange } from './mistakes.ts';

/** A series as a query names it. */
export interface SeriesReference extends TextRange {
  readonly name: string;
  /** Undefined where the name alone has to tell. */
  readonly monitor: Monitor | undefined;
}

/** Which windows count: those whose last moment lies in a half-open span, or that hold a moment. */
export type Span =
  | { readonly kind: 'span'; readonly fromMs: number; readonly toMs: number }
  | { readonly kind: 'moment'; readonly atMs: number };

/** Rows for each block alone, or for each block and window, or block and day. */
export type Aggregate = 'none' | 'window' | 'day';

export interface CountQuery {
  readonly kind: 'count';
  /** As it was written; ranges are places in it. */
  readonly text: string;
  readonly block: Network;
  readonly series: readonly SeriesReference[];
  /** Whether the series are summed. */
  readonly union: boolean;
  readonly span: Span;
  /** Prefix lengths of the rows, inclusive. */
  readonly sizes: { readonly from: number; readonly to: number };
  readonly order: 'cidr' | 'count';
  readonly aggregate: Aggregate;
  /** Where `aggregate` stands. */
  readonly aggregateAt: TextRange;
  /** Infinity where none is set. */
  readonly limit: number;
  /** -Infinity where none is set. */
  readonly threshold: number;
}

export type Query = { readonly kind: 'available' } | { readonly kind: 'cache' } | CountQuery;
