import type { Network, Prefix } from '../model/address.ts';
import type { EventField, PhaseName } from '../model/event.ts';
import type { Monitor, WindowRange } from '../model/monitor.ts';
import type { ManagerLog, Replicate, Replication } from '../model/replication.ts';
import type { SeriesType } from '../model/series-snapshot.ts';

/** A checked declarative policy: what `policy/yaml` reads and the replay compiles. */
export interface RulePolicy {
  /** The file's name as the user gave it; used in messages. */
  readonly file: string;
  /** Never empty; the first is the default monitor. */
  readonly monitors: readonly Monitor[];
  /** Networks that are never counted; loopback unless the policy says otherwise. */
  readonly ignore: readonly Network[];
  /**
   * How often a running server writes the series that persist; undefined where it is not set
   * (`DEFAULT_MAINTENANCE_INTERVAL_MS`). It changes no count (semantics, section 8).
   */
  readonly maintenanceIntervalMs: number | undefined;
  readonly series: readonly SeriesDefinition[];
  readonly rules: readonly Rule[];
  /** What nodes tell each other; undefined: everything, at once. */
  readonly replication?: Replication | undefined;
  /** What the manager of the cluster keeps; undefined: nothing. */
  readonly managerLog?: ManagerLog | undefined;
}

export interface SeriesDefinition {
  readonly name: string;
  readonly type: SeriesType;
  readonly monitor: Monitor;
  /** Event kinds that add. */
  readonly on: readonly string[];
  /** All must hold. */
  readonly where: readonly FieldFilter[];
  /** `ip` for the address types, any field for `string`. */
  readonly key: EventField;
  /** A whole number, or the field whose value is added. */
  readonly amount: number | 'recipients' | 'size';
  readonly persist: boolean;
  readonly serialize: boolean;
  /** Who counts what a node adds. */
  readonly replicate: Replicate;
}

/** Holds when the field's value matches any of `matches`. An absent field is the empty string. */
export interface FieldFilter {
  readonly field: EventField;
  readonly matches: readonly FieldMatch[];
}

export type FieldMatch =
  | { readonly type: 'exact'; readonly value: string }
  /** Anchored, made from a glob; `source` is the glob as written. */
  | { readonly type: 'glob'; readonly source: string; readonly pattern: RegExp }
  /** Unanchored, as the user wrote it. */
  | { readonly type: 'regex'; readonly source: string; readonly pattern: RegExp }
  /** For `ip`: the address lies in the network. */
  | { readonly type: 'network'; readonly network: Network };

export type Metric = 'connections' | 'receptions' | 'rejections';

/** What is counted. */
export type Quantity =
  | { readonly type: 'metric'; readonly metric: Metric; readonly monitor: Monitor }
  | { readonly type: 'series'; readonly series: string }
  | { readonly type: 'sessions'; readonly service: string; readonly listener: string | undefined }
  /** Different values of a field, over the events of these kinds that match. */
  | {
      readonly type: 'distinct';
      readonly field: EventField;
      readonly on: readonly string[];
      readonly where: readonly FieldFilter[];
      readonly monitor: Monitor;
    };

export type Condition =
  | {
      readonly type: 'count';
      readonly of: Quantity;
      readonly windows: WindowRange;
      /** Fires when the count is greater. */
      readonly above: number;
    }
  | {
      readonly type: 'ratio';
      readonly of: Quantity;
      readonly to: Quantity;
      readonly windows: WindowRange;
      readonly above: number;
      /** Smallest count of `to` at which the ratio is judged. */
      readonly min: number;
    }
  | {
      readonly type: 'surge';
      readonly of: Quantity;
      readonly times: number;
      /** The earlier windows whose mean window 0 is held against. */
      readonly before: WindowRange;
      readonly min: number;
    };

/** What a rule counts by: the peer's block, or (for `distinct` and string series) a text field. */
export type Per =
  | { readonly type: 'prefix'; readonly prefix: Prefix }
  /** The key of the string series that is counted, or the named field of a `distinct` rule. */
  | { readonly type: 'field'; readonly field: EventField };

export type RuleVerdict =
  | { readonly type: 'tag'; readonly reason: string }
  | { readonly type: 'tarpit'; readonly seconds: number; readonly reason: string }
  | { readonly type: 'reject'; readonly code: number; readonly text: string }
  | { readonly type: 'disconnect'; readonly code: number; readonly text: string };

/** A verdict that refuses what its rule fires at. */
export type Refusal = Extract<RuleVerdict, { readonly code: number }>;

export function isRefusal(verdict: RuleVerdict): verdict is Refusal {
  return verdict.type === 'reject' || verdict.type === 'disconnect';
}

export interface Rule {
  readonly name: string;
  /** One, or several under `all:`; the first gives window, limit and peak of the report. */
  readonly conditions: readonly [Condition, ...Condition[]];
  readonly per: Per;
  /** Judge at every event that implies this phase; undefined: at each event that is counted. */
  readonly at: PhaseName | undefined;
  readonly except: readonly Network[];
  /** Domains (of the sender) that are exempt; a domain also stands for those below it. */
  readonly exceptDomains: readonly string[];
  readonly counts: 'attempts' | 'accepted';
  readonly scope: 'cluster' | 'node';
  readonly verdict: RuleVerdict;
  /** How long the block of a firing lasts (`for:`); undefined: this event only. */
  readonly blockMs: number | undefined;
}
