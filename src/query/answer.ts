import type { Readings } from '../series/journals.ts';
import type { CountQuery } from './query.ts';

/** One series of a folder and the time that its journals cover. */
export interface AvailableSeries {
  /** What a query calls it: with its monitor where the name has several. */
  readonly reference: string;
  /** `300,12` */
  readonly monitor: string;
  /** When the first window begins and when the last one ends, milliseconds since the epoch. */
  readonly firstMs: number;
  readonly lastMs: number;
  readonly journals: number;
}

export interface CountRow {
  /** When the window or day begins, milliseconds since the epoch; undefined without `aggregate`. */
  readonly stepMs: number | undefined;
  /** `192.0.2.0/24` */
  readonly block: string;
  /** One for each series of a list, one alone for a union. */
  readonly counts: readonly number[];
}

export interface CountAnswer {
  readonly kind: 'count';
  readonly query: CountQuery;
  /** Journals that were read. */
  readonly journals: number;
  readonly rowCount: number;
  /** The rows in their order; made as they are taken. */
  readonly rows: Iterable<CountRow>;
}

export type Answer =
  | { readonly kind: 'available'; readonly series: readonly AvailableSeries[] }
  | { readonly kind: 'cache'; readonly readings: Readings }
  | CountAnswer;
