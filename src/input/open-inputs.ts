import type { UserError } from '../model/errors.ts';
import type { EventField, KindName, Needs } from '../model/event.ts';
import { Vocabulary } from '../model/vocabulary.ts';
import { BatchPool, BLOCK_BYTES } from './batch-pool.ts';
import { blocksOf, openBlocks, type BlockReader } from './blocks.ts';
import { gzipHeaderTime } from './compression.ts';
import { FileDater } from './dating.ts';
import { HEAD_BYTES, isConverted, type Format } from './detect.ts';
import type { Input } from './discover.ts';
import {
  dayMissing,
  inferYears,
  yearFollowing,
  yearUnknown,
  type YearFacts,
  type YearOrigin,
} from './infer-years.ts';
import { countRepeatedEntries, type RepeatedEntries } from './exim/repeated-entries.ts';
import type { LackHints } from './dialects.ts';
import type { FormatName } from './format-names.ts';
import { lackHintsOf } from './lack-hints.ts';
import { LogSource } from './log-source.ts';
import { lastLines, rankInputs, type Contender } from './ranking.ts';
import { chooseFormat, createParser, preambleBytes } from './registry.ts';
import { Rotation, type Repeats } from './repeats.ts';
import { readRotationName } from './rotation.ts';
import { scanHead, scanStamps, type StampScan } from './stamp-scan.ts';
import type { Archive } from './unpack/archive.ts';
import type { Zone } from './zones.ts';

const DEFAULT_REORDER_MS = 10_000;

export interface InputOptions {
  readonly vocabulary: Vocabulary;
  readonly needs: Needs;
  /** Undefined: 10 s, and 0 for a converted file, which is in order by construction. */
  readonly reorderMs?: number | undefined;
  /** Longer stretches without a line are reported as gaps. */
  readonly gapMs: number;
  /** Year of the first line of the oldest file of each rotation of yearless logs. */
  readonly year?: number | undefined;
  /** Year of the first line of one input, by its name. */
  readonly yearFor?: ((name: string) => number | undefined) | undefined;
  /** Where the logs of an earlier run ended, milliseconds UTC: these follow. */
  readonly afterMs?: number | undefined;
  readonly zoneFor: (name: string) => Zone;
  readonly nodeFor?: ((name: string) => string | undefined) | undefined;
  readonly inputFormat?: FormatName | undefined;
  /** CSV: the column that holds a field, where it has another name. */
  readonly map?: ReadonlyMap<EventField, string> | undefined;
  /** CSV: the kind of events without a `kind` column. */
  readonly defaultKind?: string | undefined;
  /** Whether the first line of a connection whose beginning is not logged brings a connect. */
  readonly inferConnections?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Stands for standard input in tests. */
  readonly stdin?: NodeJS.ReadableStream | undefined;
  /** Whether other threads are to see the batches. */
  readonly isShared?: boolean | undefined;
}

/** One input, as far as it is known before it is read: plain values, which threads can pass on. */
export interface LogFile {
  readonly input: Input;
  /** As far as its front tells. */
  readonly dialect: string;
  readonly archive: Archive | undefined;
  /** Kinds of event that it does not show, as far as its front tells. */
  readonly lacks: readonly KindName[];
  /** What would make such a log show them. */
  readonly hints: LackHints;
  /** It has a line with a time. */
  readonly isDated: boolean;
  /** The first line, of a CSV the first two: what a file that goes on has in common with itself. */
  readonly opening: Buffer;
  /** Where the year came from; the source is `stamp` when no stamp lacked it. */
  readonly year: YearOrigin;
  readonly zone: string;
  readonly node: string | undefined;
  readonly reorderMs: number;
  /** Place of its source; undefined for a duplicate, which is not read. */
  readonly rank: number | undefined;
  /** Of a rejectlog of Exim: the mainlogs whose entries it repeats. */
  readonly mainlogs: readonly string[];
  /** Name of the input whose content this one repeats. */
  readonly duplicateOf: string | undefined;
}

export interface LogInputs {
  /** Every input, duplicates behind what they repeat. */
  readonly files: readonly LogFile[];
  /** Those that are read, by rank. */
  readonly sources: readonly LogSource[];
}

/**
 * Tells the formats and years of inputs, and ranks them. Nothing here depends on the
 * order of the arguments, the present folder or day, the locale or the machine's zone.
 *
 * @throws UserError for inputs whose year nothing tells, DiskError,
 *     InterruptedError
 */
export async function openInputs(
  inputs: readonly Input[],
  options: InputOptions,
): Promise<LogInputs> {
  const looks: FirstLook[] = [];
  for (const input of inputs) looks.push(await lookAt(input, options));
  const years = await findYears(looks, options);
  const prober = new Prober(options);
  const drafts: Draft[] = [];
  for (const look of looks) drafts.push(await draftOf(look, years.get(look)!, options, prober));

  const rotations = new Rotations(options);
  const pool = new BatchPool(options.vocabulary, BLOCK_BYTES, options.isShared);
  const files: LogFile[] = [];
  const sources: LogSource[] = [];
  const ranked = await rankInputs(drafts, options);
  const read = ranked.filter(({ duplicateOf }) => duplicateOf === undefined);
  const eximLogs = read.filter(({ contender }) => contender.look.format.dialect === 'exim');
  const rejectlogs = await countRepeatedEntries(
    eximLogs.map(({ contender }) => contender),
    options,
  );
  for (const { contender, duplicateOf } of ranked) {
    const draft = { ...contender, entries: rejectlogs.get(contender.input) };
    if (duplicateOf !== undefined) {
      files.push(fileOf(draft, undefined, duplicateOf.input.name));
      continue;
    }
    const rank = sources.length;
    const repeats = rotations.add(contender, () => sources[rank]);
    sources.push(sourceOfFile(draft, rank, pool, options, repeats));
    files.push(fileOf(draft, rank, undefined));
  }
  return { files, sources };
}

/** The files that may share lines, gathered by rotation and format in the order of rank. */
class Rotations {
  readonly #options: InputOptions;
  readonly #rotations = new Map<string, Rotation>();

  constructor(options: InputOptions) {
    this.#options = options;
  }

  /** Undefined for what can be read once only, and for what is not made of lines alone. */
  add(draft: Draft, source: () => LogSource): Repeats | undefined {
    const { look, input, firstMs } = draft;
    const firstLine = look.head.subarray(0, look.head.indexOf(10) + 1);
    if (input.stream || Number.isNaN(firstMs) || firstLine.length === 0) return undefined;
    if (preambleBytes(look.format, look.head) > 0) return undefined;
    const key = `${look.format.dialect} ${readRotationName(input.name).rotation}`;
    const rotation = this.#rotations.get(key) ?? new Rotation();
    this.#rotations.set(key, rotation);
    return rotation.add({
      name: input.name,
      firstMs,
      firstLine,
      open: () => openBlocks(input, this.#options),
      lastMs: () => draft.lastMs(),
      reaches: (timeMs) => source().reaches(timeMs),
    });
  }
}

/** What the first bytes of an input tell. */
interface FirstLook {
  readonly input: Input;
  /** The first lines: few, because a run may have thousands of files. */
  readonly head: Buffer;
  /** The dates in the first `HEAD_BYTES`. */
  readonly front: StampScan;
  /** The front is the whole input. */
  readonly whole: boolean;
  /** How it is packed, as far as the front tells. */
  readonly archive: Archive | undefined;
  readonly format: Format;
  readonly converted: boolean;
  /** Of a stream, which cannot be opened again. */
  readonly blocks: BlockReader | undefined;
}

async function lookAt(input: Input, options: InputOptions): Promise<FirstLook> {
  const blocks = await openBlocks(input, options);
  try {
    const front = await blocks.peek(HEAD_BYTES);
    const whole = front.length < HEAD_BYTES;
    const lines = whole ? front : wholeLines(front, front.length);
    return {
      input,
      head: Buffer.from(input.stream ? lines : wholeLines(lines, KEPT_BYTES)),
      front: scanHead(lines),
      whole,
      archive: blocks.archive,
      format: chooseFormat(lines, options.inputFormat, options.map),
      converted: isConverted(lines),
      blocks: input.stream ? blocks : undefined,
    };
  } finally {
    if (!input.stream) blocks.close();
  }
}

const KEPT_BYTES = 4096;

/** The lines in the first `length` bytes, none cut in two, which would be misread. */
function wholeLines(bytes: Buffer, length: number): Buffer {
  if (bytes.length < length) return bytes;
  const lastLineEnd = bytes.lastIndexOf(10, length - 1);
  return lastLineEnd === -1 ? bytes : bytes.subarray(0, lastLineEnd + 1);
}

const DATED: YearOrigin = { firstYear: undefined, source: 'stamp' };

async function findYears(
  looks: readonly FirstLook[],
  options: InputOptions,
): Promise<Map<FirstLook, YearOrigin>> {
  const origins = new Map<FirstLook, YearOrigin>();
  const rotations = new Map<string, FirstLook[]>();
  for (const look of looks) {
    origins.set(look, DATED);
    if (look.format.dialect !== 'syslog') continue;
    if (look.input.stream) {
      origins.set(look, yearOfStream(look, options));
      continue;
    }
    const { rotation } = readRotationName(look.input.name);
    const members = rotations.get(rotation);
    if (members === undefined) rotations.set(rotation, [look]);
    else members.push(look);
  }
  for (const members of rotations.values()) {
    const facts = await factsOf(members, options);
    inferYears(facts, options.year, options.afterMs).forEach((origin, index) =>
      origins.set(members[index], origin),
    );
  }
  return origins;
}

function yearOfStream({ input, front }: FirstLook, options: InputOptions): YearOrigin {
  const given = options.yearFor?.(input.name) ?? options.year;
  const { first, startsDated } = front;
  if (given !== undefined) return { firstYear: given, source: startsDated ? 'stamp' : '--year' };
  if (first === undefined || startsDated) return DATED;
  if (options.afterMs === undefined) throw yearUnknown(input.name);
  return { firstYear: yearFollowing(first, options.afterMs), source: 'state' };
}

/** Reads the files of one rotation through where a year depends on more than their fronts. */
async function factsOf(members: readonly FirstLook[], options: InputOptions): Promise<YearFacts[]> {
  const given = members.map(({ input }) => options.yearFor?.(input.name));
  const fronts: StampScan[] = [];
  for (const look of members) {
    const blank = look.front.first === undefined && !look.whole;
    fronts.push(blank ? await scanStamps(look.input, options) : look.front);
  }
  const open = fronts.filter(
    ({ first, firstYear }, index) =>
      first !== undefined && firstYear === undefined && given[index] === undefined,
  );
  const alone = members.length === 1 && options.year !== undefined;
  const facts: YearFacts[] = [];
  for (const [index, look] of members.entries()) {
    const { input } = look;
    const readThrough = open.length > 0 && !alone && !look.whole;
    facts.push({
      name: input.name,
      scan: readThrough ? await scanStamps(input, options) : fronts[index],
      year: given[index],
      gzipTimeMs: look.archive?.kind === 'gzip' ? gzipHeaderTime(input.path)?.mtimeMs : undefined,
      mtimeMs: input.mtimeMs,
    });
  }
  return facts;
}

/** An input ready to be ranked. */
interface Draft extends Contender {
  readonly look: FirstLook;
  readonly year: YearOrigin;
  readonly zone: Zone;
  readonly node: string | undefined;
  readonly reorderMs: number;
  /** Of a rejectlog of Exim beside its mainlogs. */
  readonly entries?: RepeatedEntries | undefined;
  readonly facts: FrontFacts;
}

/** What the first lines of an input tell beside their times. */
interface FrontFacts {
  readonly dialect: string;
  readonly lacks: readonly KindName[];
}

async function draftOf(
  look: FirstLook,
  year: YearOrigin,
  options: InputOptions,
  prober: Prober,
): Promise<Draft> {
  const { input } = look;
  const base: Base = {
    look,
    input,
    year,
    zone: options.zoneFor(input.name),
    node: options.nodeFor?.(input.name),
    reorderMs: options.reorderMs ?? (look.converted ? 0 : DEFAULT_REORDER_MS),
  };
  const firstMs = await prober.firstTime(base);
  const facts = await prober.facts(base);
  return { ...base, firstMs, facts, lastMs: () => prober.lastTime(base) };
}

type Base = Omit<Draft, 'firstMs' | 'lastMs' | 'facts'>;
/** Few kinds are so rare that none is in as much. */
const FACTS_BYTES = 256 * 1024;

/** Reads a few lines of a file for their times; their words do not enter the run's vocabulary. */
class Prober {
  readonly #options: InputOptions;
  readonly #pool: BatchPool;

  constructor(options: InputOptions) {
    this.#options = { ...options, vocabulary: new Vocabulary() };
    this.#pool = new BatchPool(this.#options.vocabulary);
  }

  /** Time of the first dated line, milliseconds UTC; NaN when there is none. */
  async firstTime(base: Base): Promise<number> {
    const { look, input, year } = base;
    const time = await this.#firstTimeIn(base, blocksOf(look.head), year.firstYear);
    if (!Number.isNaN(time) || input.stream) return time;
    return this.#firstTimeIn(base, await openBlocks(input, this.#options), year.firstYear);
  }

  /** Time of the last dated line near the end of a file; NaN when there is none. */
  async lastTime(base: Base): Promise<number> {
    const { look, input, year } = base;
    let lastYear = year.firstYear;
    if (lastYear !== undefined && look.format.dialect === 'syslog') {
      lastYear += (await scanStamps(input, this.#options)).last?.yearsOn ?? 0;
    }
    const header = look.head.subarray(0, preambleBytes(look.format, look.head));
    for (const line of await lastLines(input, look.archive !== undefined, this.#options)) {
      const text = blocksOf(Buffer.concat([header, line]));
      const time = await this.#firstTimeIn(base, text, lastYear);
      if (!Number.isNaN(time)) return time;
    }
    return Number.NaN;
  }

  /** The kinds of event that no line near the front shows. */
  async facts(base: Base): Promise<FrontFacts> {
    const { look, input } = base;
    const facts = await this.#factsIn(base, blocksOf(look.head));
    if (facts.lacks.length === 0 || input.stream) return facts;
    if (look.archive === undefined && look.head.length === input.sizeBytes) return facts;
    return this.#factsIn(base, await openBlocks(input, this.#options));
  }

  async #factsIn(base: Base, blocks: BlockReader): Promise<FrontFacts> {
    const source = this.#sourceOver(base, blocks, base.year.firstYear);
    try {
      let left = FACTS_BYTES;
      let lacking = true;
      while (left > 0 && lacking) {
        const batch = await source.nextBatch();
        if (batch === undefined) break;
        left -= batch.bytes.length;
        source.recycle(batch);
        lacking = source.lacks.length > 0;
      }
      return { dialect: source.dialect ?? base.look.format.dialect, lacks: source.lacks };
    } finally {
      source.close();
    }
  }

  #sourceOver(base: Base, blocks: BlockReader, year: number | undefined): LogSource {
    const draft = { ...base, firstMs: Number.NaN };
    const open = (): Promise<BlockReader> => Promise.resolve(blocks);
    return sourceOf(draft, daterOf(base, year), 0, this.#pool, this.#options, open);
  }

  async #firstTimeIn(base: Base, blocks: BlockReader, year: number | undefined): Promise<number> {
    const source = this.#sourceOver(base, blocks, year);
    try {
      while (Number.isNaN(source.firstTime)) {
        const batch = await source.nextBatch();
        if (batch === undefined) break;
        source.recycle(batch);
      }
      return source.firstTime;
    } finally {
      source.close();
    }
  }
}

function sourceOfFile(
  draft: Draft,
  rank: number,
  pool: BatchPool,
  options: InputOptions,
  repeats: Repeats | undefined,
): LogSource {
  const { blocks } = draft.look;
  const open =
    blocks === undefined ? () => openBlocks(draft.input, options) : () => Promise.resolve(blocks);
  const dater = daterOf(draft, draft.year.firstYear);
  return sourceOf(draft, dater, rank, pool, options, open, repeats);
}

function fileOf(draft: Draft, rank: number | undefined, duplicateOf: string | undefined): LogFile {
  const { look, input, year, zone, node, reorderMs, facts, firstMs } = draft;
  return {
    input,
    dialect: facts.dialect,
    lacks: facts.lacks,
    hints: lackHintsOf(facts.dialect),
    isDated: !Number.isNaN(firstMs),
    archive: look.archive,
    opening: openingOf(look),
    year,
    zone: zone.name,
    node,
    reorderMs,
    rank,
    mainlogs: draft.entries?.mainlogs ?? [],
    duplicateOf,
  };
}

function openingOf({ head, format }: FirstLook): Buffer {
  const end = head.indexOf(10, preambleBytes(format, head)) + 1;
  return end === 0 ? head : head.subarray(0, end);
}

function daterOf({ zone, reorderMs }: Base, firstYear: number | undefined): FileDater {
  return new FileDater({ zone, firstYear, reorderMs });
}

function sourceOf(
  draft: Omit<Draft, 'lastMs' | 'facts'>,
  dater: FileDater,
  rank: number,
  pool: BatchPool,
  options: InputOptions,
  open: () => Promise<BlockReader>,
  repeats?: Repeats,
): LogSource {
  const { look, input, node, reorderMs, firstMs, entries } = draft;
  const { vocabulary, needs, map, defaultKind, gapMs, inferConnections } = options;
  const setting = {
    name: input.name,
    vocabulary,
    needs,
    dater,
    node,
    map,
    defaultKind,
    inferConnections,
    repeated: entries?.lines,
  };
  return new LogSource({
    input,
    rank,
    lowerBound: Number.isNaN(firstMs) ? -Infinity : firstMs - reorderMs,
    createParser: () => createParser(look.format, setting),
    openBlocks: open,
    pool,
    reorderMs,
    gapMs,
    repeats,
    usedZone: () => dater.usedZone,
    undatable: (line) => mistakeOf(dater, input.name, line),
  });
}

function mistakeOf(dater: FileDater, name: string, line: number): UserError | undefined {
  switch (dater.problem) {
    case undefined:
      return undefined;
    case 'year unknown':
      return yearUnknown(name);
    case 'no 29 February':
      return dayMissing(name, { month: 2, day: 29, weekday: -1, yearsOn: 0, line }, dater.year);
  }
}
