// Goal: the numbers that independent counts gave for a recording of a mail server reach the user
// unchanged, whatever header its syslog wrote.
// Method: every rendering through every command that reads logs, held against one table.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { outputKept } from './kept-hindcast.ts';
import { FIXTURES, outputOf, readCsv, tally } from './run-hindcast.ts';

type Counts = Record<string, number>;
interface Expected {
  readonly lines: number;
  readonly first: string;
  readonly last: string;
  readonly events: Counts;
}
interface ExpectedRecording extends Expected {
  readonly sessions: Record<string, unknown>;
  readonly recipients: number;
  readonly rejections: Record<string, Counts>;
  readonly codes: Counts;
  readonly addresses: Counts;
  readonly top: Record<string, Counts>;
}
interface Read {
  readonly lines: Counts;
  readonly events: Counts;
  readonly first: string;
  readonly last: string;
  readonly sessions: Record<string, unknown>;
  readonly files: readonly Record<string, unknown>[];
}

const LOGS = path.join(FIXTURES, 'logs', 'postfix');
const { recorded, newyear } = JSON.parse(
  readFileSync(path.join(LOGS, 'expected.json'), 'utf8'),
) as { recorded: ExpectedRecording; newyear: Expected };

const BERLIN = ['--tz', 'Europe/Berlin'];
const RENDERINGS: [string, readonly string[]][] = [
  ['recorded.log.gz', ['--year', '2026', ...BERLIN]],
  ['recorded.pri.log.gz', ['--year', '2026', ...BERLIN]],
  // The name tells the year.
  ['maillog-20261120.gz', BERLIN],
  // Full dates with an offset.
  ['recorded.rfc3339.log.gz', []],
  ['recorded.rfc5424.log.gz', []],
  // A JSON template of the syslog server.
  ['recorded.jsonl.gz', []],
];

const conversions = new Map<string, Promise<Record<string, string>[]>>();

/** The events of one rendering, in the order of its lines. */
function eventsOf(name: string, dating: readonly string[]): Promise<Record<string, string>[]> {
  const known = conversions.get(name);
  if (known !== undefined) return known;
  const events = outputKept(['convert', path.join(LOGS, name), '--to', 'csv', ...dating])
    .then(readCsv)
    // Fractions of a second, where a rendering has them, order lines that others leave as they are.
    .then((rows) => rows.sort((a, b) => Number(a['line']) - Number(b['line'])));
  conversions.set(name, events);
  return events;
}

const toSecond = (time: string): string => time.replace(/(\.\d+)?Z$/, 'Z');
const ofPostscreen = (row: Counts | Record<string, string>): boolean =>
  String(row['session']).startsWith('[');

/** Which of Postfix's programs refused, as far as an event shows it. */
function refuser(row: Record<string, string>): string {
  if (ofPostscreen(row)) return 'postscreen';
  return row['phase'] === 'data' ? 'cleanup' : 'smtpd';
}

describe.each(RENDERINGS)('%s', (name, dating) => {
  const log = path.join(LOGS, name);

  test('replay: events by kind, sessions, lines', async () => {
    const json = await outputKept(['replay', log, '--format', 'json', ...dating]);
    const summary = JSON.parse(json) as Read;
    expect(summary.events).toEqual(recorded.events);
    const { lines, unparsed } = summary.lines;
    expect([lines, unparsed]).toEqual([recorded.lines, 0]);
    expect(toSecond(summary.first)).toBe(recorded.first);
    expect(toSecond(summary.last)).toBe(recorded.last);
    const { sessions } = summary;
    const peak = toSecond(String(sessions['peak_at']));
    expect({ ...sessions, peak_at: peak }).toMatchObject(recorded.sessions);
  });

  test('inspect: no line unparsed, every line in one class', async () => {
    const json = await outputKept(['inspect', log, '--format', 'json', ...dating]);
    const { events, lines, files } = JSON.parse(json) as Read;
    expect(events).toEqual(recorded.events);
    expect(lines['event'] + lines['irrelevant']).toBe(recorded.lines);
    expect(files).toHaveLength(1);
    expect(files[0]).toMatchObject({
      file: name,
      dialect: 'postfix',
      lines: recorded.lines,
      unparsed: 0,
      shapes: [],
      late: 0,
      quarantined: 0,
    });
  });

  test('convert: kinds, stages, codes and addresses', async () => {
    const rows = await eventsOf(name, dating);
    expect(tally(rows.map((row) => row['kind']))).toEqual(recorded.events);
    const of = (kind: string): Record<string, string>[] =>
      rows.filter((row) => row['kind'] === kind);

    const rejections = of('rejection');
    for (const [program, phases] of Object.entries(recorded.rejections)) {
      const refused = rejections.filter((row) => refuser(row) === program);
      expect([program, tally(refused.map((row) => row['phase'] || 'none'))]).toEqual([
        program,
        phases,
      ]);
    }
    const smtpd = rejections.filter(
      (row) => refuser(row) === 'smtpd' && row['reason'] !== 'Illegal address syntax',
    );
    expect(tally(smtpd.map((row) => `${row['code']} ${row['enhanced']}`))).toMatchObject(
      recorded.codes,
    );

    const screened = (kind: string): Record<string, string>[] => of(kind).filter(ofPostscreen);
    const plain = (kind: string): Record<string, string>[] =>
      of(kind).filter((row) => !ofPostscreen(row));
    const groups: Record<string, Record<string, string>[]> = {
      connect: plain('connect'),
      disconnect: plain('disconnect'),
      reception: of('reception'),
      transaction: of('transaction'),
      auth_failure: of('auth_failure'),
      rejection: smtpd,
      postscreen_connect: screened('connect'),
      postscreen_rejection: screened('rejection'),
    };
    for (const [group, top] of Object.entries(recorded.top)) {
      const addresses = tally(groups[group].map((row) => row['ip']));
      expect([group, Object.keys(addresses).length]).toEqual([group, recorded.addresses[group]]);
      expect(addresses).toMatchObject(top);
    }
    const recipients = of('reception').reduce((sum, row) => sum + Number(row['recipients']), 0);
    expect(recipients).toBe(recorded.recipients);
  });
});

test('all renderings convert to the same events', async () => {
  const [[first, datingOfFirst], ...others] = RENDERINGS;
  const wanted = (await eventsOf(first, datingOfFirst)).map(essence);
  expect(wanted).toHaveLength(Object.values(recorded.events).reduce((sum, n) => sum + n));
  for (const [name, dating] of others) {
    const got = (await eventsOf(name, dating)).map(essence);
    const at = wanted.findIndex((event, index) => event !== got[index]);
    expect([name, got.length, got[at]]).toEqual([name, wanted.length, wanted[at]]);
  }
});

/** The event without what a rendering leaves out: the syslog server of the RFC 5424 one cut names
 * at the slash, `postfix/submission/smtpd` to `postfix`. */
function essence(row: Record<string, string>): string {
  const cut = (name: string): string => name.replace(/\/[^[]*/, '');
  return JSON.stringify({
    ...row,
    time: toSecond(row['time']),
    listener: cut(row['listener']),
    session: cut(row['session']),
    file: '',
  });
}

test('NDJSON holds the same events as CSV', async () => {
  const log = path.join(LOGS, 'recorded.rfc3339.log.gz');
  const csv = await eventsOf('recorded.rfc3339.log.gz', []);
  const json = (await outputOf(['convert', log, '--to', 'ndjson'])).trimEnd().split('\n');
  const parsed = json.map((line) => JSON.parse(line) as Record<string, string | number>);
  parsed.sort((a, b) => Number(a['line']) - Number(b['line']));
  const set = (row: Record<string, string | number>): [string, string][] =>
    Object.entries(row).flatMap(([field, value]) => (value === '' ? [] : [[field, String(value)]]));
  expect(parsed.map(set)).toEqual(csv.map(set));
});

test('newyear.log.gz ends in the year after', async () => {
  const log = path.join(LOGS, 'newyear.log.gz');
  const json = await outputOf(['replay', log, '--format', 'json', '--year', '2026']);
  const summary = JSON.parse(json) as Read;
  expect(summary).toMatchObject({ events: newyear.events, first: newyear.first });
  expect(summary.last).toBe(newyear.last);
  expect(summary.lines).toMatchObject({ lines: newyear.lines, unparsed: 0 });
});
