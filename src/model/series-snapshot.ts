import type { Monitor } from './monitor.ts';

/** Types of a named series; `ip`, ours, keeps both families under one name. */
export const SERIES_TYPES = ['ip', 'cidr', 'cidr_ipv6', 'string'] as const;
export type SeriesType = (typeof SERIES_TYPES)[number];

export interface SeriesRow {
  /** 0 is the window that begins at `windowZeroMs`, k lies k intervals earlier. */
  readonly window: number;
  /** An address (RFC 5952 for IPv6) or, in a string series, any text. */
  readonly key: string;
  /** Whole, signed, within ±2^53; never 0. */
  readonly count: number;
}

/**
 * What a series holds at one moment. Rows are sorted by window, then IPv4 before IPv6 and by
 * address, or by the UTF-8 bytes of the text.
 */
export interface SeriesSnapshot {
  readonly name: string;
  readonly type: SeriesType;
  readonly monitor: Monitor;
  readonly windowZeroMs: number;
  readonly rows: readonly SeriesRow[];
}
