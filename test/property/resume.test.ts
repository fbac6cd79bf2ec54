// Goal: a log cut into pieces and replayed one after another with --state gives what one replay of
// all pieces gives: rows, series files, totals, and the state that is left, byte for byte.
// Method: recorded logs cut at random lines, through the parsers and a policy with every kind of
// rule; the state is written to the disk and read back between the runs.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { replay, type ReplayLogsOptions } from '../../src/cli/replay-logs.ts';
import { scratchFolder } from '../builders/scratch-folder.ts';

const FIXTURES = path.join(import.meta.dirname, '..', '..', 'fixtures');
const POLICY = readFileSync(path.join(FIXTURES, 'replay', 'resume.yaml'), 'utf8');
const CSV = ['windows.csv', 'keys.csv', 'firings.csv', 'stopped.csv'];

const folder = scratchFolder();
let runs = 0;

/** Lines replayed in one run of the property. */
const LINES = 2500;

interface Recording {
  readonly name: string;
  readonly lines: readonly string[];
  readonly dating: Partial<ReplayLogsOptions>;
}

function recording(name: string, dating: Partial<ReplayLogsOptions>): Recording {
  const bytes = gunzipSync(readFileSync(path.join(FIXTURES, 'logs', 'postfix', name)));
  const lines = bytes.toString('latin1').split('\n').slice(0, -1);
  return { name, lines, dating };
}

const RECORDINGS = [
  recording('recorded.log.gz', { year: 2026, tz: ['Europe/Berlin'] }),
  // Milliseconds, so that fewer lines have equal times.
  recording('recorded.rfc5424.log.gz', {}),
  recording('newyear.log.gz', { year: ['Dec-*=2026', 'Jan-*=2027'] }),
];

/** What a series of runs has left in the end. */
interface Left {
  readonly csv: Record<string, string>;
  readonly journals: Record<string, string>;
  readonly managerJournals: Record<string, string>;
  readonly persisted: Record<string, string>;
  readonly states: readonly string[];
  readonly totals: unknown;
}

const filesIn = (directory: string): Record<string, string> => {
  const read: Record<string, string> = {};
  try {
    for (const name of readdirSync(directory).sort()) {
      read[name] = readFileSync(path.join(directory, name), 'utf8');
    }
  } catch {
    // A report without series has no such folder.
  }
  return read;
};

/** Totals of a summary; what speaks of the inputs of one run is left out. */
function totalsOf(summary: unknown): unknown {
  const { files, lines, state, ...totals } = summary as Record<string, unknown>;
  for (const ofOneRun of [files, lines, state]) expect(ofOneRun).toBeDefined();
  return totals;
}

/** Replays groups of files one after another, then closes the windows. */
async function leftBy(
  groups: readonly (readonly string[])[],
  options: Partial<ReplayLogsOptions>,
): Promise<Left> {
  const root = path.join(folder, `run${runs++}`);
  mkdirSync(root);
  const state = path.join(root, 'state');
  const csv: Record<string, string> = Object.fromEntries(CSV.map((name) => [name, '']));
  const journals: Record<string, string> = {};
  const managerJournals: Record<string, string> = {};
  const states: string[] = [];
  let totals: unknown;
  for (const [index, logs] of [...groups, []].entries()) {
    const out = path.join(root, `out${index}`);
    const final = index === groups.length;
    const policy = { text: POLICY };
    const { summary } = await replay({ ...options, logs, out, state, final, policy });
    totals = totalsOf(summary);
    for (const name of CSV) {
      const text = readFileSync(path.join(out, name), 'utf8');
      csv[name] += text.slice(text.indexOf('\n') + 1);
    }
    const written = [
      ['log', journals],
      ['manager', managerJournals],
    ] as const;
    for (const [place, all] of written) {
      for (const [name, text] of Object.entries(filesIn(path.join(out, 'series', place)))) {
        expect(all[name], `${name} is written once`).toBeUndefined();
        all[name] = text;
      }
    }
    if (index >= groups.length - 1) {
      states.push(readFileSync(path.join(state, 'hindcast.state'), 'utf8'));
    }
  }
  const persisted = filesIn(path.join(root, `out${groups.length}`, 'series', 'state'));
  for (const [name, text] of Object.entries(persisted)) {
    expect(readFileSync(path.join(state, name), 'utf8')).toBe(text);
  }
  rmSync(root, { recursive: true });
  return { csv, journals, managerJournals, persisted, states, totals };
}

const stampOf = (line: string): string => /\d\d:\d\d:\d\d/.exec(line)![0];

/** Some lines moved back by a few, as syslog does when daemons write at the same time. */
function strewn(lines: readonly string[], moves: readonly (readonly [number, number])[]): string[] {
  const moved = [...lines];
  for (const [place, by] of moves) {
    const at = Math.floor((place / 10_000) * moved.length);
    const [line] = moved.splice(at, 1);
    moved.splice(Math.min(at + by, moved.length), 0, line);
  }
  return moved;
}

/** How far, in whole seconds, a line stands at most behind a newer one. */
function disorder(lines: readonly string[]): number {
  let newest = 0;
  let most = 0;
  for (const line of lines) {
    const stamp = /\d\d:\d\d:\d\d(?:\.\d+)?/.exec(line)![0];
    const [hours, minutes, seconds] = stamp.split(':').map(Number);
    // Past midnight is later.
    const at = ((hours + 12) % 24) * 3600 + minutes * 60 + seconds;
    newest = Math.max(newest, at);
    most = Math.max(most, newest - at);
  }
  return Math.ceil(most);
}

/** Pieces of a log, cut before the lines given; pieces of one moment have no order and are joined. */
function cut({ lines }: Recording, places: readonly number[]): string[][] {
  const pieces: string[][] = [];
  let from = 0;
  for (const place of [...places.toSorted((a, b) => a - b), lines.length]) {
    const piece = lines.slice(from, place);
    if (piece.length === 0) continue;
    if (place < lines.length && stampOf(piece[0]) === stampOf(piece.at(-1)!)) continue;
    pieces.push(piece);
    from = place;
  }
  return pieces;
}

test('a log that is cut and resumed equals the whole', async () => {
  const plan = fc.record({
    recording: fc.nat(RECORDINGS.length - 1),
    from: fc.noBias(fc.nat(3500)),
    places: fc.array(fc.noBias(fc.nat(9999)), { minLength: 1, maxLength: 5 }),
    /** Which lines stand behind later ones, and behind how many. */
    stray: fc.array(fc.tuple(fc.noBias(fc.nat(9999)), fc.integer({ min: 1, max: 20 })), {
      maxLength: 100,
      size: 'max',
    }),
  });
  let journals = 0;
  let rows = 0;
  const run = fc.asyncProperty(plan, async ({ recording: index, from, places, stray }) => {
    const { lines, ...recorded } = RECORDINGS[index];
    const part = lines.length < LINES ? lines : lines.slice(from, from + LINES);
    const whole = { ...recorded, lines: strewn(part, stray) };
    // What is cut apart must not overlap by more than the reorder buffer spans.
    const reorder = `${disorder(whole.lines)}s`;
    const at = places.map((place) => Math.floor((place / 10_000) * whole.lines.length));
    const logs = path.join(folder, `logs${runs}`);
    mkdirSync(logs);
    const files = cut(whole, at).map((piece, number) => {
      const month = piece[0].slice(0, 3).replaceAll(/\W/g, '');
      const file = path.join(logs, `${month}-${number}`);
      writeFileSync(file, `${piece.join('\n')}\n`, 'latin1');
      return file;
    });
    const options = { ...whole.dating, reorder };
    const together = await leftBy([files], options);
    const apart = await leftBy(
      files.map((file) => [file]),
      options,
    );
    expect(apart).toEqual(together);
    journals += Object.keys(together.journals).length;
    rows += together.csv['firings.csv'].length;
    rmSync(logs, { recursive: true });
  });
  await fc.assert(run, { numRuns: 24 });
  expect(journals).toBeGreaterThan(10);
  expect(rows).toBeGreaterThan(1000);
}, 180_000);

// Goal: the same for several hosts, whose logs are cut at the same moments, and for events that a
// log seldom shows: sessions without a name, custom kinds, late lines, days without any event.
// Method: random events as CSV, one file for each host and day.
test('logs of two hosts, cut at the same moments, resume as the whole', async () => {
  const event = fc.record({
    stepMs: fc.oneof(
      { weight: 30, arbitrary: fc.integer({ min: 1, max: 900 }) },
      { weight: 1, arbitrary: fc.constantFrom(20_000, 700_000) },
    ),
    /** How far the line stands behind its place. */
    backMs: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.nat(1500)),
    host: fc.nat(1),
    kind: fc.constantFrom(
      'connect',
      'connect',
      'disconnect',
      'rejection',
      'rejection',
      'reception',
      'auth_failure',
      'delivery',
      'seen',
    ),
    ip: fc.constantFrom('192.0.2.1', '192.0.2.2', '198.51.100.3', '2001:db8::1', '2001:db8::2', ''),
    session: fc.constantFrom('', '', 's1', 's2'),
    sender: fc.constantFrom('', 'a@example.com', '"b, c"@example.com'),
    user: fc.constantFrom('', 'ann', 'bob', 'cyd'),
    code: fc.constantFrom('550', '450'),
    size: fc.constantFrom('', '900', '5000000000'),
  });
  const events = fc.array(event, { minLength: 50, maxLength: 400, size: 'max' });
  const cuts = fc.array(fc.noBias(fc.nat(400)), { minLength: 1, maxLength: 4 });
  const config = path.join(folder, 'cluster.conf');
  const settings = 'inbound_audit { } as_logger { log_interval = 7 series_include_default = all }';
  const delay = fc.constantFrom('', 'max_delay = 0.3', 'max_delay = 30');
  let rows = 0;
  let journals = 0;
  const run = fc.asyncProperty(events, cuts, delay, async (all, places, late) => {
    const replicas = ['metrics', 'eccmgr_metrics'].map((name) => {
      return `Replicate "${name}" { parameters = "connect;audit_series" ${late} }`;
    });
    writeFileSync(config, `${settings} cluster { ${replicas.join(' ')} }`);
    const logs = path.join(folder, `logs${runs}`);
    mkdirSync(logs);
    const days = daysOf(all, new Set(places)).map((hosts, day) =>
      hosts.flatMap((lines, host) => {
        if (lines.length === 0) return [];
        const file = path.join(logs, `mx${host}-${day}.csv`);
        writeFileSync(file, `${CSV_COLUMNS}\n${lines.join('\n')}\n`);
        return [file];
      }),
    );
    const groups = days.filter((files) => files.length > 0);
    const options = { reorder: '2s', config };
    const together = await leftBy([groups.flat()], options);
    expect(await leftBy(groups, options)).toEqual(together);
    rows += together.csv['firings.csv'].length;
    journals += Object.keys(together.managerJournals).length;
    rmSync(logs, { recursive: true });
  });
  await fc.assert(run, { numRuns: 25 });
  expect(rows).toBeGreaterThan(1000);
  expect(journals).toBeGreaterThan(100);
}, 180_000);

const CSV_COLUMNS = 'time,kind,ip,node,session,sender,user,code,size,phase';

interface CsvEvent {
  readonly stepMs: number;
  readonly backMs: number;
  readonly host: number;
  readonly kind: string;
  readonly ip: string;
  readonly session: string;
  readonly sender: string;
  readonly user: string;
  readonly code: string;
  readonly size: string;
}

/** Lines by day and host; no line of a day is older than the newest of the day before. */
function daysOf(events: readonly CsvEvent[], cuts: ReadonlySet<number>): string[][][] {
  const days: string[][][] = [[[], []]];
  let nowMs = Date.UTC(2026, 10, 20, 23, 59);
  let dayMs = nowMs;
  events.forEach(({ stepMs, backMs, host, kind, ip, session, sender, user, code, size }, index) => {
    nowMs += stepMs;
    if (cuts.has(index)) {
      days.push([[], []]);
      dayMs = nowMs;
    }
    const time = new Date(Math.max(nowMs - backMs, dayMs)).toISOString();
    const quoted = sender.includes('"') ? `"${sender.replaceAll('"', '""')}"` : sender;
    const phase = kind === 'rejection' ? 'rcptto' : '';
    const fields = [time, kind, ip, `mx${host}`, session, quoted, user, code, size, phase];
    days.at(-1)![host].push(fields.join(','));
  });
  return days;
}
