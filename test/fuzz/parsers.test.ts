import { describe, expect, test } from 'vitest';
import { BatchPool } from '../../src/input/batch-pool.ts';
import { blocksOf } from '../../src/input/blocks.ts';
import { FileDater } from '../../src/input/dating.ts';
import type { ParserSetting } from '../../src/input/dialects.ts';
import { LogSource } from '../../src/input/log-source.ts';
import { LINE, type LogParser } from '../../src/input/port.ts';
import { chooseFormat, createParser } from '../../src/input/registry.ts';
import { createZone } from '../../src/input/zones.ts';
import { peerText } from '../../src/model/field-value.ts';
import { EventBatch } from '../../src/model/event-batch.ts';
import { ALL_NEEDS, TEXT, TEXT_FIELDS } from '../../src/model/event.ts';
import { Vocabulary } from '../../src/model/vocabulary.ts';
import { FUZZED_LOGS, type FuzzedLog } from './fuzzed-logs.ts';
import { chosenWords, FORGED, mutant } from './mutants.ts';
import { Random } from './random.ts';

// What mutated logs may do: become an event, be irrelevant or unparsed. Never an exception, a hang,
// a line that is not counted, a row that points elsewhere, or a peer that a client made up.
// `npm run fuzz -- INPUTS SEED` runs more of them.

const INPUTS = Number(process.env['HINDCAST_FUZZ_INPUTS'] ?? 10_000);
const SEED = Number(process.env['HINDCAST_FUZZ_SEED'] ?? 20_261_120);
const TIMEOUT_MS = 60_000 + INPUTS;
const LINES_A_FILE = 250;
const UTC = createZone('UTC')!;
const BATCH = new EventBatch(new Vocabulary(), Buffer.alloc(0));

type CreateParser = (setting: ParserSetting) => LogParser;

function settingOf(vocabulary: Vocabulary): ParserSetting {
  const dater = new FileDater({ zone: UTC, firstYear: 2026, reorderMs: 0 });
  const others = { node: undefined, map: undefined, defaultKind: undefined };
  return { name: 'fuzzed', vocabulary, needs: ALL_NEEDS, dater, ...others };
}

/** Reads a file of mutants as a run does, and checks every row and the sum of the lines. */
async function readFile(
  text: string,
  createOwn: CreateParser,
  blockBytes: number,
): Promise<number> {
  const bytes = Buffer.from(text, 'latin1');
  const vocabulary = new Vocabulary();
  const parser = createOwn(settingOf(vocabulary));
  const runsOn = 'findRecordEnd' in parser;
  // Converted events may tell the line that they were.
  const namesLines = ['csv', 'ndjson'].includes(parser.dialect);
  const source = new LogSource({
    input: { path: '/x', name: 'x', sizeBytes: bytes.length, mtimeMs: 0, stream: false },
    rank: 0,
    lowerBound: -Infinity,
    createParser: () => createOwn(settingOf(vocabulary)),
    openBlocks: () => Promise.resolve(blocksOf(bytes)),
    pool: new BatchPool(vocabulary, blockBytes),
    reorderMs: 0,
    gapMs: Infinity,
  });
  for (;;) {
    const batch = await source.nextBatch();
    if (batch === undefined) break;
    for (let row = 0; row < batch.rows; row++)
      checkRow(batch, row, namesLines ? Infinity : source.accounting.lines, runsOn);
    source.recycle(batch);
  }
  const { lines, event, irrelevant, unparsed } = source.accounting;
  if (event + irrelevant + unparsed !== lines)
    throw new Error(`${event}+${irrelevant}+${unparsed} of ${lines}`);
  return lines;
}

/**
 * @param lines how many were read; Infinity where a row may name any
 * @param runsOn whether a record may run over several lines
 */
function checkRow(batch: EventBatch, row: number, lines: number, runsOn: boolean): void {
  if (!Number.isFinite(batch.time[row])) throw new Error('a row without a time');
  if (batch.line[row] > lines || (batch.line[row] < 1 && lines < Infinity)) {
    throw new Error('a row of no line');
  }
  if (![0, 4, 6].includes(batch.family[row])) throw new Error('a row of no family');
  for (let field = 0; field < TEXT_FIELDS.length; field++) {
    const start = batch.spanStart(row, field);
    if (start < 0) continue;
    const end = batch.spanEnd(row, field);
    if (end <= start || end > batch.bytes.length) throw new Error(`${TEXT_FIELDS[field]} outside`);
    const { bytes } = batch;
    // A repetition points at the line that it repeats.
    const isOwn = start >= batch.start[row] || batch.lineText(row).includes('message repeated');
    const lineEnd = bytes.indexOf(10, start);
    if (!isOwn || (!runsOn && lineEnd !== -1 && end > lineEnd)) {
      throw new Error(`${TEXT_FIELDS[field]} is not of its line`);
    }
  }
}

/** A line of the dialect, a field of it that the client chose, and who its peer is. */
interface Target {
  readonly line: string;
  readonly field: string;
  readonly start: number;
  readonly end: number;
  readonly peers: ReadonlySet<string>;
}

const CHOSEN_BY_CLIENTS = ['sender', 'recipient', 'helo', 'user'] as const;

/** What a fresh parser makes of one line. The batch is the same one every time. */
function rowsOf(log: FuzzedLog, line: string, createOwn: CreateParser): EventBatch {
  const front = Buffer.from(log.preamble ?? '', 'latin1');
  const batch = BATCH;
  batch.clear();
  batch.bytes = Buffer.concat([front, Buffer.from(line, 'latin1')]);
  const parser = createOwn(settingOf(batch.vocabulary));
  let number = 1;
  for (let at = 0; at < front.length; number++) {
    const end = front.indexOf(10, at);
    parser.parseLine(batch, at, end, number);
    at = end + 1;
  }
  const before = batch.rows;
  const result = parser.parseLine(batch, front.length, batch.bytes.length, number);
  if ((result === LINE.event) !== batch.rows > before) throw new Error('rows of no event');
  return batch;
}

function targetsOf(log: FuzzedLog, createOwn: CreateParser): Target[] {
  const front = (log.preamble ?? '').length;
  return log.lines.flatMap((line) => {
    const batch = rowsOf(log, line, createOwn);
    const rows = Array.from({ length: batch.rows }, (_, row) => row);
    const peers = new Set(rows.map((row) => peerText(batch, row)).filter((peer) => peer !== ''));
    return CHOSEN_BY_CLIENTS.flatMap((field) => {
      const start = batch.spanStart(0, TEXT[field]) - front;
      if (start < 0) return [];
      return [{ line, field, start, end: batch.spanEnd(0, TEXT[field]) - front, peers }];
    });
  });
}

describe.each(FUZZED_LOGS)('$name', (log) => {
  const head = Buffer.from(
    `${log.preamble ?? ''}${log.lines.slice(0, 200).join('\n')}\n`,
    'latin1',
  );
  const format = chooseFormat(head, undefined, undefined);
  const createOwn = (setting: ParserSetting): LogParser => createParser(format, setting);

  test(
    'mutated lines are counted, and their rows are sound',
    async () => {
      for (let done = 0, file = 0; done < INPUTS; done += LINES_A_FILE, file++) {
        const random = new Random(SEED + file);
        const mutants = Array.from({ length: LINES_A_FILE }, () => mutant(random, log.lines));
        const text = `${log.preamble ?? ''}${mutants.join('\n')}`;
        const lines = await readFile(text, createOwn, random.of([8192, 16_384, 131_072])).catch(
          (error: unknown) => {
            throw new Error(`seed ${SEED + file}: ${String(error)}\n${text}`, { cause: error });
          },
        );
        expect(lines).toBeGreaterThan(0);
      }
    },
    TIMEOUT_MS,
  );

  const { written } = log;
  if (written === undefined) return;
  test(
    'what clients choose never becomes a peer',
    () => {
      const targets = targetsOf(log, createOwn);
      expect(targets.length).toBeGreaterThan(0);
      const random = new Random(SEED);
      for (let done = 0; done < INPUTS; done++) {
        const { line, field, start, end, peers } = random.of(targets);
        const words = written(chosenWords(random), field);
        const forged = line.slice(0, start) + words + line.slice(end);
        const batch = rowsOf(log, forged, createOwn);
        for (let row = 0; row < batch.rows; row++) {
          const peer = peerText(batch, row);
          if (peer === '' || (peers.has(peer) && !FORGED.includes(peer))) continue;
          throw new Error(
            `${peer} is blamed for ${field} (seed ${SEED}, input ${done}): ${forged}`,
          );
        }
      }
    },
    TIMEOUT_MS,
  );
});
