import type { EventBatch } from '../../model/event-batch.ts';
import { KIND } from '../../model/event.ts';
import { classOf } from '../collateral.ts';

/** Classes of events, in the order of reports (docs/compare.md). */
export const CLASSES = [
  'connections',
  'accepted',
  'spam',
  'virus',
  'rejected',
  'greylisted',
  'auth_failure',
  'begun',
  'other',
] as const;
export type ClassName = (typeof CLASSES)[number];

/** The first classes are what may be stopped; the others begin, end or follow it. */
export const STOPPABLE = 7;
const AUTH_FAILURE = CLASSES.indexOf('auth_failure');
const BEGUN = CLASSES.indexOf('begun');
export const OTHER = CLASSES.indexOf('other');
const PLACES: Readonly<Record<string, number>> = Object.fromEntries(
  CLASSES.map((name, place) => [name, place]),
);

/** The class of an event, as its place in `CLASSES`. */
export function classAt(batch: EventBatch, row: number): number {
  const name = classOf(batch, row);
  if (name !== undefined) return PLACES[name];
  const kind = batch.kind[row];
  if (kind === KIND.auth_failure) return AUTH_FAILURE;
  return kind === KIND.transaction ? BEGUN : OTHER;
}

/** Events of each class. */
export type ClassCounts = Record<ClassName, number>;

export const noCounts = (): ClassCounts => ({
  connections: 0,
  accepted: 0,
  spam: 0,
  virus: 0,
  rejected: 0,
  greylisted: 0,
  auth_failure: 0,
  begun: 0,
  other: 0,
});
