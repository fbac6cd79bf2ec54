import { availableParallelism } from 'node:os';
import type { EventSource } from '../clock/event-source.ts';
import { discoverInputs, inputOf, type Input, type TextInput } from '../input/discover.ts';
import { NOTHING_READ, type LogFacts } from '../input/log-facts.ts';
import type { LogFile } from '../input/open-inputs.ts';
import { readRotationName } from '../input/rotation.ts';
import { UserError } from '../model/errors.ts';
import type { FileReport } from '../model/file-report.ts';
import { compareText } from '../model/order.ts';
import type { SourceTally } from '../simulate/tally.ts';
import type { LogOptions } from './input-options.ts';
import { refuseMissingFacts, type AskingPolicy } from './missing-facts.ts';
import type { ReadDemands } from './reading/read-here.ts';

/** An input that is read, wherever that happens. */
export interface LogReader extends EventSource {
  readonly input: Input;
  /** Bytes taken from the file so far, before they were unpacked. */
  readonly bytesRead: number;
  /** What was read so far. */
  readonly facts: LogFacts;
  close(): void;
}

export interface OpenLogs {
  readonly sources: readonly LogReader[];
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
export interface LogDemands extends ReadDemands {
  /** Logs that are no files, beside those named. */
  readonly texts?: readonly TextInput[] | undefined;
  /** Those that will judge what the inputs hold. */
  readonly policies?: readonly AskingPolicy[] | undefined;
}

/** Two threads warm up for as long as one reads this much (docs/performance.md). */
const LARGE_BYTES = 256 * 1024 * 1024;
/** About as many bytes come of one that is packed. */
const PACKED = 10;
const PACKED_NAME = /\.(?:gz|xz|bz2|zst)$/i;

/**
 * Finds, detects, dates and ranks the inputs that a user named. Large ones are read in a thread of
 * their own where the machine has two processors; nobody can tell from what they hold.
 *
 * @throws {UserError} for a mistake in the options, an input that is missing, one that nothing dates,
 *   or rules that count what no input logs
 */
export async function openLogs(
  logs: readonly string[],
  options: LogOptions,
  demands: LogDemands,
): Promise<OpenLogs> {
  const inputs = [...(await discoverInputs(logs)), ...(demands.texts ?? []).map(inputOf)];
  const open = isWorthThread(inputs, options) ? inThread : here;
  const { files, sources } = await open(inputs, options, demands);
  const close = (): void => {
    for (const source of sources) source.close();
  };
  let notes: readonly string[];
  try {
    notes = refuseMissingFacts(files, demands.policies ?? []);
    if (files.every(({ dialect }) => !HAVE_COLUMNS.has(dialect))) refuseColumnOptions(options);
  } catch (error) {
    close();
    throw error;
  }
  const total = files.some(({ input }) => input.stream)
    ? 0
    : sources.reduce((sum, { input }) => sum + input.sizeBytes, 0);
  return {
    sources,
    fileOf: (source) => sources[source].input.name,
    progress: () => ({ bytes: sources.reduce((sum, { bytesRead }) => sum + bytesRead, 0), total }),
    reports: (bySource) => {
      const facts = sources.map((source) => source.facts);
      const reports = files.map((file) => reportOf(file, files, facts, bySource));
      return reports.sort((a, b) => compareText(a.file, b.file));
    },
    openings: new Map(
      files.flatMap(({ rank, input, opening }) => {
        return rank === undefined ? [] : [[input.name, opening] as const];
      }),
    ),
    notes,
    readTwice: files.every(({ input }) => !input.stream),
    close,
  };
}

type Open = (
  inputs: readonly Input[],
  options: LogOptions,
  demands: ReadDemands,
) => Promise<{ readonly files: readonly LogFile[]; readonly sources: readonly LogReader[] }>;

// Loaded when they are needed: what reads in a thread of its own is loaded there.
const here: Open = async (...asked) => (await import('./reading/read-here.ts')).openHere(...asked);
const inThread: Open = async (...asked) =>
  (await import('./reading/read-in-thread.ts')).openInThread(...asked);

/** Whether another thread is to read the inputs: as the user says, or where it pays. */
function isWorthThread(inputs: readonly Input[], { threads }: LogOptions): boolean {
  // Standard input belongs to this thread, and what is no file is here already.
  if (inputs.some(({ stream, bytes }) => stream || bytes !== undefined)) return false;
  if (threads !== undefined) return threads > 1;
  const bytes = inputs.reduce(
    (sum, { name, sizeBytes }) => sum + sizeBytes * (PACKED_NAME.test(name) ? PACKED : 1),
    0,
  );
  return bytes >= LARGE_BYTES && availableParallelism() > 1;
}

/** Dialects whose records have named fields. */
const HAVE_COLUMNS: ReadonlySet<string> = new Set(['csv', 'ndjson']);

/** Options that speak of columns would be ignored in silence. */
function refuseColumnOptions({ map, kind }: LogOptions): void {
  const option = (map ?? []).length > 0 ? '--map' : kind === undefined ? undefined : '--kind';
  if (option === undefined) return;
  throw new UserError(`${option} is for CSV, TSV and NDJSON, and none of the inputs is one`);
}

function reportOf(
  file: LogFile,
  files: readonly LogFile[],
  allFacts: readonly LogFacts[],
  bySource: readonly (SourceTally | undefined)[],
): FileReport {
  const { input, year, rank } = file;
  const facts = rank === undefined ? undefined : allFacts[rank];
  const { report, usedZone } = facts ?? NOTHING_READ;
  const tally = rank === undefined ? undefined : bySource[rank];
  const dropped = tally?.dropped ?? 0;
  return {
    ...report,
    file: input.name,
    dialect: report.dialect ?? file.dialect,
    sizeBytes: input.sizeBytes,
    archive: report.archive ?? file.archive,
    lacks: facts === undefined ? file.lacks : report.lacks,
    event: report.event - dropped,
    irrelevant: report.irrelevant + dropped,
    repeatedIn: repeatedIn(file, facts ?? NOTHING_READ),
    year:
      year.firstYear === undefined || year.source === 'stamp'
        ? undefined
        : { first: year.firstYear, source: year.source },
    zone: usedZone ? file.zone : undefined,
    tooLate: tally?.tooLate ?? 0,
    duplicateOf: file.duplicateOf,
    overlaps: overlapsOf(file, files, allFacts),
  };
}

/** The inputs that hold lines of this one too, by name. */
function repeatedIn({ mainlogs }: LogFile, facts: LogFacts): string[] {
  const { repeated } = facts.report;
  if (repeated === 0) return [];
  const entries = repeated > facts.repeatedInRotation ? mainlogs : [];
  return [...facts.foundIn, ...entries].sort(compareText);
}

/** Other files of the same rotation whose times overlap: lines may stand in both. */
function overlapsOf(
  file: LogFile,
  files: readonly LogFile[],
  allFacts: readonly LogFacts[],
): string[] {
  if (file.rank === undefined) return [];
  const own = allFacts[file.rank].report;
  const { rotation } = readRotationName(file.input.name);
  return files
    .filter((other) => {
      if (other === file || other.rank === undefined) return false;
      if (readRotationName(other.input.name).rotation !== rotation) return false;
      const { report } = allFacts[other.rank];
      return isBefore(report.firstMs, own.lastMs) && isBefore(own.firstMs, report.lastMs);
    })
    .map((other) => other.input.name)
    .sort(compareText);
}

/** No time is before any other, nor behind it. */
function isBefore(firstMs: number | undefined, secondMs: number | undefined): boolean {
  return firstMs !== undefined && secondMs !== undefined && firstMs < secondMs;
}
