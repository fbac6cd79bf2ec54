import type { Network } from '../../model/address.ts';
import type { Monitor, WindowRange } from '../../model/monitor.ts';

/** A decision, explained: an event, and what every rule of the policy found at it. */
export interface Explanation {
  readonly event: ExplainedEvent;
  /** The first rule in order that refuses the event. */
  readonly refusedBy: string | undefined;
  /** All rules, in the order of the policy. */
  readonly rules: readonly ExplainedRule[];
}

/** A log line with its place. */
export interface SourceLine {
  readonly file: string;
  readonly line: number;
  readonly timeMs: number;
  /** Of a CSV record that spans several lines, the first. */
  readonly text: string;
}

/** The event of a decision; a field that the log does not give is empty. */
export interface ExplainedEvent extends SourceLine {
  readonly kind: string;
  readonly ip: string;
  readonly node: string;
  /** The phase that the event happened in. */
  readonly phase: string;
  /** The phases that it implies, in order: those that `at:` looks at. */
  readonly phases: readonly string[];
  readonly session: string;
  readonly queueId: string;
  readonly sender: string;
  readonly recipient: string;
  readonly code: string;
  readonly reason: string;
  /** How the running system judged it. */
  readonly logged: string;
}

/** Why a rule was not asked at an event. */
export type NotJudged =
  /** Older than the reorder buffer: added to its own window, judged by nobody. */
  | { readonly type: 'late' }
  | { readonly type: 'ignored'; readonly network: Network }
  /** The rule counts events of other kinds. */
  | { readonly type: 'kind'; readonly kinds: readonly string[] }
  /** The kind is right, but `where`, the family or a missing field leaves the event out. */
  | { readonly type: 'not-counted' }
  | { readonly type: 'phase'; readonly at: string }
  | { readonly type: 'network'; readonly network: Network }
  | { readonly type: 'domain'; readonly domain: string };

export interface ExplainedRule {
  readonly name: string;
  /** Verb of the verdict. */
  readonly verdict: string;
  readonly fired: boolean;
  /** Undefined: the rule was asked. Else everything below is empty. */
  readonly notJudged: NotJudged | undefined;
  /** The block or text that is counted. */
  readonly key: string;
  /** The node that is counted alone (`scope: node`). */
  readonly node: string | undefined;
  readonly conditions: readonly ExplainedCondition[];
  /** The nearest settings that change the answer, each with everything else as it is. */
  readonly changes: readonly SettingChange[];
  readonly lines: SourceLines;
}

/** The events that the first condition of a rule counted. */
export interface SourceLines {
  readonly total: number;
  /** The newest of them, the newest first. */
  readonly newest: readonly SourceLine[];
}

export interface ExplainedCondition {
  readonly form: 'count' | 'ratio' | 'surge';
  readonly holds: boolean;
  readonly count: number;
  /** What the count has to exceed. */
  readonly limit: number;
  /** How many more of what is counted it would have taken; undefined where it holds. */
  readonly missing: number | undefined;
  /** Of a ratio: the least that `to` has to be. Of a surge: the least that window 0 has to be. */
  readonly min: number | undefined;
  /** Of a surge: the log does not cover the windows of `before` yet. */
  readonly silent: boolean;
  /** What is counted; of a ratio `of` and `to`, of a surge `now` and `before`. */
  readonly parts: readonly [CountedPart, ...CountedPart[]];
  /** Who makes up the first part; undefined where no addresses are counted. */
  readonly contributors: Contributors | undefined;
}

export interface Contributors {
  /** Addresses that count something. */
  readonly total: number;
  /** The highest, highest first. */
  readonly top: readonly { readonly key: string; readonly count: number }[];
}

export interface CountedPart {
  readonly role: 'count' | 'of' | 'to' | 'now' | 'before';
  readonly what: Counted;
  /** This, the range and `presentMs` are undefined for sessions, which have no windows. */
  readonly monitor: Monitor | undefined;
  readonly range: WindowRange | undefined;
  /** The engine's count. */
  readonly sum: number;
  /** When window 0 began. */
  readonly presentMs: number | undefined;
  /** Windows of the range that hold something, the newest first. Each has its own values. */
  readonly windows: readonly CountedWindow[];
  /** The different values, the first by their bytes. */
  readonly values: { readonly total: number; readonly first: readonly string[] } | undefined;
}

export type Counted =
  | { readonly type: 'metric' | 'series'; readonly name: string }
  | {
      readonly type: 'sessions';
      readonly service: string;
      readonly listener: string | undefined;
    }
  | { readonly type: 'distinct'; readonly field: string; readonly on: readonly string[] };

export interface CountedWindow {
  /** Number of the window, 0 being the present one. */
  readonly number: number;
  readonly startMs: number;
  readonly count: number;
}

export interface SettingChange {
  /** A key of a condition, or a prefix length of the rule. */
  readonly setting: 'above' | 'times' | 'min' | 'windows' | 'before' | 'ipv4' | 'ipv6';
  /** Which condition, from 0; undefined for a prefix length, which all of them share. */
  readonly condition: number | undefined;
  readonly from: number | WindowRange;
  readonly to: number | WindowRange;
  /** What the condition would count then, or the first one. */
  readonly count: number;
}
