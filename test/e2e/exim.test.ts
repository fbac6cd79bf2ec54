// Goal: the numbers that independent counts gave for recordings of Exim, and what its clients saw in
// the same minutes, are what a user gets.
// Method: every form of its logs through `inspect` and `convert`, held against fixtures/logs/exim.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { outputKept } from './kept-hindcast.ts';
import { FIXTURES, readCsv, tally } from './run-hindcast.ts';

type Counts = Record<string, number>;
type Row = Record<string, string>;
interface Expected {
  readonly lines: number;
  readonly events: Counts;
  readonly addresses: Counts;
  readonly top: Record<string, Counts>;
  /** By phase: refused for good, and for now. */
  readonly rejections: Record<string, readonly [number, number]>;
  readonly rejected_recipients: { readonly addresses: number; readonly top: Counts };
}
interface Inspected {
  readonly events: Counts;
  readonly lines: Counts;
  readonly files: readonly { readonly file: string; readonly repeated: number }[];
}
/** What one client saw: Unix seconds, and the replies to its messages and those that refused. */
interface Client {
  readonly connected: number;
  readonly ended: number;
  readonly src: string;
  readonly port: number;
  /** Through a proxy that tells whom it speaks for. */
  readonly proxied: boolean;
  readonly replies: readonly (readonly [command: string, code: number])[];
}

const LOGS = path.join(FIXTURES, 'logs', 'exim');
const BERLIN = ['--tz', 'Europe/Berlin'];
const expected = JSON.parse(readFileSync(path.join(LOGS, 'expected.json'), 'utf8')) as Record<
  string,
  Expected
>;
const NAMES = Object.keys(expected);
const log = (name: string): string => path.join(LOGS, `${name}.gz`);

async function inspect(...names: string[]): Promise<Inspected> {
  const json = await outputKept(['inspect', ...names.map(log), '--format', 'json', ...BERLIN]);
  return JSON.parse(json) as Inspected;
}

async function eventsOf(name: string, ...options: string[]): Promise<Row[]> {
  return readCsv(await outputKept(['convert', log(name), '--to', 'csv', ...BERLIN, ...options]));
}

describe.each(NAMES)('mainlog.%s', (name) => {
  const numbers = expected[name];

  test('events by kind, every line in one class', async () => {
    const { events, lines, files } = await inspect(`mainlog.${name}`);
    expect({ connect: 0, ...events }).toMatchObject(numbers.events);
    expect(lines).toMatchObject({ lines: numbers.lines, unparsed: 0 });
    expect(files).toMatchObject([{ dialect: 'exim', late: 0, quarantined: 0, shapes: [] }]);
  });

  test('addresses and stages', async () => {
    const rows = await eventsOf(`mainlog.${name}`);
    for (const [kind, top] of Object.entries(numbers.top)) {
      const addresses = tally(rows.filter((row) => row['kind'] === kind).map((row) => row['ip']));
      expect([kind, Object.keys(addresses).length]).toEqual([kind, numbers.addresses[kind]]);
      expect(addresses).toMatchObject(top);
    }
    const refused = rows.filter((row) => row['kind'] === 'rejection');
    for (const [phase, [lasting, passing]] of Object.entries(numbers.rejections)) {
      const codes = refused.filter((row) => row['phase'] === phase).map((row) => row['code']);
      const ofAcl = codes.filter((code) => code === '550').length;
      expect([phase, ofAcl, codes.filter((code) => code === '451').length]).toEqual([
        phase,
        lasting,
        passing,
      ]);
    }
    const recipients = tally(
      refused
        .filter((row) => row['phase'] === 'rcptto' && row['code'] === '550')
        .map((row) => row['ip']),
    );
    expect(Object.keys(recipients).length).toBe(numbers.rejected_recipients.addresses);
    expect(recipients).toMatchObject(numbers.rejected_recipients.top);
    const injected = rows.filter((row) => /^192\.0\.2\.9[789]$/.test(row['ip']));
    expect(injected).toEqual([]);
  });

  test('deliveries have the client of their message', async () => {
    const rows = await eventsOf(`mainlog.${name}`);
    const clients = new Map(
      rows.filter((row) => row['kind'] === 'reception').map((row) => [row['queue_id'], row['ip']]),
    );
    const kinds = ['delivery', 'deferral', 'bounce'];
    const delivered = rows.filter((row) => kinds.includes(row['kind']));
    expect(delivered.length).toBeGreaterThan(400);
    for (const row of delivered) expect(row['ip']).toBe(clients.get(row['queue_id']) ?? '');
  });
});

test('a rejectlog beside its mainlog counts nothing twice, one alone counts', async () => {
  const alone = await inspect('mainlog.default');
  for (const names of [
    ['mainlog.default', 'rejectlog.default'],
    ['rejectlog.default', 'mainlog.default'],
  ]) {
    const both = await inspect(...names);
    expect(both.events).toEqual(alone.events);
    expect(both.lines['irrelevant']).toBe(alone.lines['irrelevant'] + 400);
    expect(both.files.map(({ file, repeated }) => [file, repeated])).toEqual([
      ['mainlog.default.gz', 0],
      ['rejectlog.default.gz', 285],
    ]);
  }
  // 285 entries of the mainlog, of which 4 have no event; 4 that only the rejectlog has have none.
  const { events } = await inspect('rejectlog.default');
  expect(events).toEqual({ auth_failure: 31, rejection: 250 });
});

test('over syslog the events are those of the file, at its very times', async () => {
  const over = await eventsOf('syslog.full.log', '--year', '2026');
  const own = await eventsOf('mainlog.full');
  const shown = (row: Row): string => [row['time'], row['kind'], row['ip'], row['reason']].join();
  expect(over.length).toBeGreaterThan(1200);
  // Two processes that write at once may reach syslog in the other order.
  const left = tally(own.map(shown));
  for (const row of over) {
    const key = shown(row);
    expect([key, left[key] ?? 0]).not.toEqual([key, 0]);
    left[key]--;
  }
  expect(new Set(over.map((row) => row['node']))).toEqual(new Set(['mx2']));
});

const clientsOf = (name: string): Client[] =>
  gunzipSync(readFileSync(log(`truth.${name}.jsonl`)))
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Client);
const seconds = (row: Row): number => Date.parse(row['time']) / 1000;

/** Replies that are refusals: not the end of silence, VRFY, a failed login. */
const refusalsOf = ({ replies }: Client): Client['replies'] =>
  replies.filter(
    ([command, code]) => code >= 400 && code !== 421 && command !== 'VRFY' && code !== 535,
  );

// The default log_selector shows no connections, so nothing ties lines to one of several sessions:
// what is held against the clients is all that the log shows of an address.
test('what the clients of mainlog.default saw: messages and refusals of each address', async () => {
  const rows = await eventsOf('mainlog.default');
  const end = Math.max(...rows.map(seconds));
  const sessions = new Map<string, Client[]>();
  for (const client of clientsOf('default')) {
    sessions.set(client.src, [...(sessions.get(client.src) ?? []), client]);
  }
  const wrong: unknown[] = [];
  let addresses = 0;
  let messages = 0;
  let refused = 0;
  for (const [ip, own] of sessions) {
    // Some of what it did is behind the end of the log.
    if (own.some(({ ended }) => ended > end - 1)) continue;
    addresses++;
    const shown = rows.filter((row) => row['ip'] === ip);
    const receptions = shown.filter(({ kind }) => kind === 'reception');
    const accepted = own.flatMap(({ replies }) => replies.filter(([, code]) => code === 250));
    if (receptions.length !== accepted.length) wrong.push(['messages', ip]);
    messages += accepted.length;
    // What is no error of the protocol (500 to 504), which this log_selector leaves out.
    const refusals = own.flatMap(refusalsOf).filter(([, code]) => code < 500 || code > 504);
    const rejections = shown.filter(
      ({ kind, code }) => kind === 'rejection' && (Number(code) < 500 || Number(code) > 504),
    );
    if (rejections.length !== refusals.length) {
      wrong.push(['refusals', ip, rejections.length, refusals]);
    }
    refused += refusals.length;
    for (const row of shown.filter(({ kind }) => kind === 'reception' || kind === 'rejection')) {
      const at = seconds(row);
      const holds = own.some(({ connected, ended }) => at > connected - 1 && at < ended + 1);
      if (!holds) wrong.push(['time', ip, row['line']]);
    }
  }
  expect(wrong).toEqual([]);
  expect({ addresses, messages, refused }).toEqual({ addresses: 417, messages: 328, refused: 604 });
});

describe.each(['mid', 'full'])('what the clients of mainlog.%s saw', (name) => {
  test('peers, starts, ends, messages and refusals', async () => {
    const rows = await eventsOf(`mainlog.${name}`);
    const end = Math.max(...rows.map(seconds));
    const opens = new Map<string, Row>();
    // The port of a client stands in the log, but not in an event that `Ci=` names.
    const text = gunzipSync(readFileSync(log(`mainlog.${name}`))).toString('latin1');
    const logged = text.split('\n');
    for (const row of rows) {
      if (row['kind'] !== 'connect') continue;
      const [, port] = /SMTP connection from \[[^\]]+\]:(\d+)/.exec(
        logged[Number(row['line']) - 1],
      )!;
      opens.set(`${row['ip']} ${port}`, row);
    }
    const counted: Counts = {};
    const wrong: unknown[] = [];
    const count = (what: string): void => {
      counted[what] = (counted[what] ?? 0) + 1;
    };
    for (const client of clientsOf(name)) {
      const check = (what: string, holds: boolean): void => {
        if (!holds) wrong.push([what, client]);
      };
      const open = opens.get(`${client.src} ${client.port}`);
      if (open === undefined) {
        // Begun when the slice of the log was over.
        check('no connect', client.connected > end - 0.5);
        count('after the log');
        continue;
      }
      count('shown');
      check('start', Math.abs(seconds(open) - client.connected) < 1);
      const session = rows.filter((row) => row['session'] === open['session']);
      // Without a connection id nothing ties the lines of a client to its proxy's connection.
      if (client.proxied && name === 'mid') {
        check('proxied', session.length === 1);
        count('behind a proxy');
        continue;
      }
      const done = session.find(({ kind }) => kind === 'disconnect');
      if (done === undefined) {
        // The server waits for eight seconds before it gives up a client that is gone.
        check('no end', client.ended > end - 8.5);
        count('open at the end of the log');
        continue;
      }
      // Where a client hung up inside AUTH, the server ended the connection eight seconds later.
      const apart = seconds(done) - client.ended;
      if (apart > 1) count('hung up inside AUTH');
      check('end', Math.abs(apart) < 1 || Math.abs(apart - 8) < 0.5);
      const of = (kind: string): number => session.filter((row) => row['kind'] === kind).length;
      const replies = client.replies.map(([command, code]) => ({ command, code }));
      check('messages', of('reception') === replies.filter(({ code }) => code === 250).length);
      let refusals = refusalsOf(client).length;
      // A message that was too big: its line names no connection id.
      if (name === 'full' && replies.some(({ code }) => code === 552) && of('reception') === 0) {
        const tooBig = replies.filter(({ command, code }) => command === '.' && code === 552);
        if (tooBig.length > 0) count('too big');
        refusals -= tooBig.length;
      }
      const failures = session.filter(
        (row) => row['kind'] === 'auth_failure' && row['code'] !== '535',
      );
      const refused = of('rejection') + failures.length;
      // Who speaks HTTP sends several lines and reads one reply.
      const isHttp = replies.some(({ command }) => command === 'GET');
      check('refusals', isHttp ? refused >= refusals : refused === refusals);
    }
    expect(wrong).toEqual([]);
    expect(counted).toEqual(
      name === 'mid'
        ? {
            'after the log': 20,
            shown: 471,
            'behind a proxy': 10,
            'open at the end of the log': 7,
            'hung up inside AUTH': 3,
          }
        : {
            'after the log': 10,
            shown: 451,
            'open at the end of the log': 8,
            'hung up inside AUTH': 1,
            'too big': 1,
          },
    );
  }, 30_000);
});
