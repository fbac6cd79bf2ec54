import { FORMAT_NAMES, type FormatName } from '../input/format-names.ts';
import type { TextInput } from '../input/discover.ts';
import { openInputs, type LogFile } from '../input/open-inputs.ts';
import type { LogSource } from '../input/log-source.ts';
import { readRotationName } from '../input/rotation.ts';
import { createZone, type Zone } from '../input/zones.ts';
import { UserError } from '../model/errors.ts';
import type { Needs } from '../model/event.ts';
import type { FileReport } from '../model/file-report.ts';
import { compareText } from '../model/order.ts';
import type { Vocabulary } from '../model/vocabulary.ts';
import type { SourceTally } from '../simulate/tally.ts';
import {
  durationOption,
  kindOption,
  nodeFor,
  readColumnMap,
  valueFor,
  yearOption,
  type LogOptions,
} from './input-options.ts';
import { refuseMissingFacts, type AskingPolicy } from './missing-facts.ts';

export interface OpenLogs {
  readonly sources: readonly LogSource[];
  /** Name of an input by rank. */
  readonly fileOf: (source: number) => string;
  /** Bytes read so far and of how many; total 0 when standard input hides its size. */
  readonly progress: () => { bytes: number; total: number };
  /** What was read from each input, by name; complete once the sources were read. */
  readonly reports: (bySource: readonly (SourceTally | undefined)[]) => FileReport[];
  /** What each input that is read begins with, by name. */
  readonly openings: ReadonlyMap<string, Buffer>;
  /** Whether they can be opened again: not standard input or a pipe. */
  readonly readTwice: boolean;
  /** What a reader should know of facts that some inputs lack. */
  readonly notes: readonly string[];
  readonly close: () => void;
}

/** What the run asks of its inputs. */
export interface LogDemands {
  readonly vocabulary: Vocabulary;
  readonly needs: Needs;
  /** Longer silences are reported as gaps. */
  readonly gapMs: number;
  readonly signal: AbortSignal | undefined;
  /** Where the logs of an earlier run ended: it tells the year of those that follow. */
  readonly afterMs?: number | undefined;
  /** Logs that are no files, beside those named. */
  readonly texts?: readonly TextInput[] | undefined;
  /** Those that will judge what the inputs hold. */
  readonly policies?: readonly AskingPolicy[] | undefined;
}

/**
 * Finds, detects, dates and ranks the inputs that a user named.
 *
 * @throws {UserError} for a mistake in the options, an input that is missing, one that nothing dates,
 *   or rules that count what no input logs
 */
export async function openLogs(
  logs: readonly string[],
  options: LogOptions,
  demands: LogDemands,
): Promise<OpenLogs> {
  const years = yearOption(options.year);
  const { files, sources } = await openInputs(logs, {
    ...demands,
    inferConnections: options.inferConnections,
    reorderMs: durationOption('--reorder', options.reorder),
    year: years.plain,
    yearFor: years.yearFor,
    zoneFor: zoneFinder(options.tz ?? []),
    nodeFor: (name) => nodeFor(options.node ?? [], name),
    inputFormat: formatOption(options.inputFormat),
    map: readColumnMap(options.map ?? []),
    defaultKind: kindOption(options.kind),
  });
  const notes = refuseMissingFacts(files, demands.policies ?? []);
  if (files.every(({ dialect }) => !HAVE_COLUMNS.has(dialect))) refuseColumnOptions(options);
  const total = files.some(({ input }) => input.stream)
    ? 0
    : sources.reduce((sum, { input }) => sum + input.sizeBytes, 0);
  return {
    sources,
    fileOf: (source) => sources[source].input.name,
    progress: () => ({ bytes: sources.reduce((sum, { bytesRead }) => sum + bytesRead, 0), total }),
    reports: (bySource) => {
      const reports = files.map((file) => reportOf(file, files, bySource));
      return reports.sort((a, b) => compareText(a.file, b.file));
    },
    openings: new Map(
      files.flatMap(({ source, input, opening }) => {
        return source === undefined ? [] : [[input.name, opening] as const];
      }),
    ),
    notes,
    readTwice: files.every(({ input }) => !input.stream),
    close: () => {
      for (const source of sources) source.close();
    },
  };
}

export function formatOption(name: string | undefined): FormatName | undefined {
  if (name === undefined) return undefined;
  const known = FORMAT_NAMES.find((own) => own === name);
  if (known !== undefined) return known;
  const formats = `formats: ${FORMAT_NAMES.join(', ')}`;
  throw new UserError(`--input-format ${name}: no such format`, formats);
}

/** Dialects whose records have named fields. */
const HAVE_COLUMNS: ReadonlySet<string> = new Set(['csv', 'ndjson']);

/** Options that speak of columns would be ignored in silence. */
function refuseColumnOptions({ map, kind }: LogOptions): void {
  const option = (map ?? []).length > 0 ? '--map' : kind === undefined ? undefined : '--kind';
  if (option === undefined) return;
  throw new UserError(`${option} is for CSV, TSV and NDJSON, and none of the inputs is one`);
}

function zoneFinder(settings: readonly string[]): (name: string) => Zone {
  const zones = new Map<string, Zone>();
  const named = (zoneName: string): Zone => {
    const known = zones.get(zoneName) ?? createZone(zoneName);
    if (known === undefined) {
      throw new UserError(
        `--tz ${zoneName}: no such zone`,
        'an IANA name such as Europe/Berlin or UTC',
      );
    }
    zones.set(zoneName, known);
    return known;
  };
  for (const setting of settings) named(setting.slice(setting.lastIndexOf('=') + 1));
  return (name) => named(valueFor(settings, name) ?? 'UTC');
}

function reportOf(
  file: LogFile,
  files: readonly LogFile[],
  bySource: readonly (SourceTally | undefined)[],
): FileReport {
  const { source, input, year } = file;
  const accounting = source?.accounting;
  const clock = source?.clock;
  const tally = source && bySource[source.rank];
  const dropped = tally?.dropped ?? 0;
  const reasons = [...(accounting?.reasons ?? [])].map(([reason, lines]) => ({ reason, lines }));
  return {
    file: input.name,
    dialect: source?.dialect ?? file.dialect,
    sizeBytes: input.sizeBytes,
    archive: source?.archive ?? file.archive,
    lacks: source?.lacks ?? file.lacks,
    infers: source?.infers ?? [],
    lines: accounting?.lines ?? 0,
    event: (accounting?.event ?? 0) - dropped,
    irrelevant: (accounting?.irrelevant ?? 0) + dropped,
    unparsed: accounting?.unparsed ?? 0,
    repeated: source?.repeated ?? 0,
    repeatedIn: repeatedIn(file),
    reasons: reasons.sort((a, b) => b.lines - a.lines || compareText(a.reason, b.reason)),
    shapes: accounting?.shapes.top ?? [],
    otherShapes: accounting?.shapes.others ?? 0,
    firstMs: timeOrNone(source?.firstTime),
    lastMs: timeOrNone(source?.lastTime),
    year:
      year.firstYear === undefined || year.source === 'stamp'
        ? undefined
        : { first: year.firstYear, source: year.source },
    zone: file.dater.usedZone ? file.zone : undefined,
    late: clock?.lateLines ?? 0,
    tooLate: tally?.tooLate ?? 0,
    quarantined: clock?.quarantinedCount ?? 0,
    quarantinedLines: clock?.quarantined ?? [],
    gaps: clock?.gapCount ?? 0,
    longestGaps: clock?.gaps ?? [],
    duplicateOf: file.duplicateOf,
    overlaps: overlapsOf(file, files),
  };
}

function timeOrNone(timeMs: number | undefined): number | undefined {
  return timeMs === undefined || Number.isNaN(timeMs) ? undefined : timeMs;
}

/** The inputs that hold lines of this one too, by name. */
function repeatedIn({ source, mainlogs }: LogFile): string[] {
  if (source === undefined || source.repeated === 0) return [];
  const entries = source.repeated > source.accounting.repeated ? mainlogs : [];
  return [...(source.repeats?.foundIn ?? []), ...entries].sort(compareText);
}

/** Other files of the same rotation whose times overlap: lines may stand in both. */
function overlapsOf(file: LogFile, files: readonly LogFile[]): string[] {
  const { source } = file;
  if (source === undefined) return [];
  const { rotation } = readRotationName(file.input.name);
  return files
    .filter(
      (other) =>
        other !== file &&
        other.source !== undefined &&
        readRotationName(other.input.name).rotation === rotation &&
        other.source.firstTime < source.lastTime &&
        source.firstTime < other.source.lastTime,
    )
    .map((other) => other.input.name)
    .sort(compareText);
}
