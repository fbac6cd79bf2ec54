import type { Place } from '../policy/mistakes.ts';
import type { MapValue, Value } from '../policy/yaml/tree.ts';
import type { MomentQuestion } from '../simulate/watch/moment-question.ts';
import type { Bound } from './bounds.ts';
import type { Span } from './times.ts';

/** A name and what its number has to be. */
export type NamedBound = readonly [name: string, bound: Bound];

/** What a test expects: numbers of something that the run tells. */
export interface Expectation {
  /** Of its key, `fires` say. */
  readonly place: Place;
  /** The mapping around the key, and what stands behind it. */
  readonly item: MapValue;
  readonly value: Value;
  /** As it is written, on one line. */
  readonly text: string;
  readonly subject: Subject;
  /** Never empty but for `unexpected`. */
  readonly bounds: readonly NamedBound[];
}

/** Which firings; what is undefined may be any. */
export interface FiringsSubject {
  readonly type: 'firings';
  readonly rule: string | undefined;
  readonly key: string | undefined;
  readonly verdict: string | undefined;
  readonly within: Span | undefined;
}

/** What the numbers are of. */
export type Subject =
  | FiringsSubject
  | { readonly type: 'unexpected' }
  | { readonly type: 'moment'; readonly atMs: number; readonly question: MomentQuestion }
  | {
      readonly type: 'stops';
      readonly rule: string | undefined;
      readonly verdict: string | undefined;
    }
  | { readonly type: 'collateral'; readonly rule: string | undefined }
  | { readonly type: 'blocks'; readonly rule: string | undefined }
  | { readonly type: 'notes'; readonly series: string }
  | { readonly type: 'input' }
  | { [Type in PlainSubject]: { readonly type: Type } }[PlainSubject];

/** What needs no more to be said: numbers of the whole run. */
export type PlainSubject =
  | 'events'
  | 'session_ends'
  | 'accepted'
  | 'refused'
  | 'tarpits'
  | 'retries';
