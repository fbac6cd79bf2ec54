/**
 * hindcast as a library: `import { replay } from 'hindcast'`.
 *
 * @packageDocumentation
 */
export { replay, type ReplayLogsOptions, type ReplayLogsResult } from './cli/replay-logs.ts';
export type { LogOptions } from './cli/input-options.ts';
export type { PolicySource } from './cli/policy-file.ts';
export { BugError, CheckError, DiskError, InterruptedError, UserError } from './model/errors.ts';
export type { Diagnostic } from './model/diagnostic.ts';
export type { FileReport, UnparsedShape } from './model/file-report.ts';
export type { Monitor } from './model/monitor.ts';
export type { SeriesRow, SeriesSnapshot, SeriesType } from './model/series-snapshot.ts';
export type { ReplayReport } from './report/summary.ts';
export type {
  Episode,
  NodeTotals,
  RuleTally,
  SeriesNote,
  SeriesTally,
  SourceTally,
  StoppedCounts,
  Tally,
  WindowRow,
} from './simulate/tally.ts';
