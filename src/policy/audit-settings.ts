import type { Monitor } from '../model/monitor.ts';

/** Five minutes, as Momentum's `inbound_audit` has it. */
export const DEFAULT_MAINTENANCE_INTERVAL_MS = 300_000;

/** A setting, and where it stands as `file:line:column`: a message may be about another file. */
export interface Given<Value> {
  readonly value: Value;
  readonly at: string;
}

/** What a configuration says of the audit engine; undefined where it says nothing. */
export interface AuditSettings {
  /** Never empty. */
  readonly monitors: Given<readonly Monitor[]> | undefined;
  readonly maintenanceIntervalMs: Given<number> | undefined;
}
