/**
 * What ties the lines of the next run to those of this one, as plain values: names instead of
 * numbers of the run's vocabulary, keys as one character for each byte.
 */
export interface CorrelatorState {
  /** Disconnects whose connect the log does not show. */
  readonly unopened: number;
  /** Open sessions, the one silent longest first. */
  readonly sessions: readonly SessionState[];
  /** How many messages the table has room for; ids are forgotten when it is about to grow. */
  readonly capacity: number;
  /** Messages by node, instance and queue id. */
  readonly messages: readonly MessageState[];
}

export interface SessionState {
  readonly node: string;
  /** Null: told apart by its peer. */
  readonly name: string | null;
  readonly ip: string;
  readonly service: string;
  readonly listener: string;
  readonly ehlo: number;
  readonly mail: number;
  readonly lastMs: number;
}

export interface MessageState {
  readonly node: string;
  readonly instance: string;
  readonly id: string;
  readonly ip: string;
  readonly service: string;
  readonly listener: string;
  /** Index of its open session in `sessions`; -1 when it has ended. */
  readonly session: number;
  readonly accepted: number;
  readonly reinjected: number;
  readonly lastMs: number;
  /** Recipients without a final result, where the log has one line for each. */
  readonly unsettled?: number | undefined;
  /** Only where the run keeps these fields. */
  readonly user?: string | undefined;
  readonly sessionName?: string | undefined;
  /** Of a message whose first line was its reception. */
  readonly sender?: string | undefined;
}
