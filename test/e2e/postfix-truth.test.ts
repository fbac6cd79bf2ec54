// Goal: every connection that a log can show comes out with its peer, start, end, messages and
// refusals as the client at the other end saw them.
// Method: the clients' own records of the same minutes, paired with the sessions of the converted
// log; whatever remains on either side has to fall under a rule that says why, and is counted.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import {
  type ClientSession,
  loggedSessions,
  type LoggedSession,
  pairSessions,
  queuedAs,
  readTruth,
  unpairedRefusals,
} from '../builders/client-truth.ts';
import { outputKept } from './kept-hindcast.ts';
import { FIXTURES, readCsv, tally } from './run-hindcast.ts';

const LOGS = path.join(FIXTURES, 'logs', 'postfix');
const NEAR_MS = 1000;

interface Recording {
  readonly lines: readonly string[];
  readonly sessions: readonly LoggedSession[];
}

async function read(log: string, options: readonly string[]): Promise<Recording> {
  const file = path.join(LOGS, log);
  const lines = gunzipSync(readFileSync(file)).toString('latin1').trimEnd().split('\n');
  const rows = readCsv(await outputKept(['convert', file, '--to', 'csv', ...options]));
  // The port is in no column: postscreen's is in the session, smtpd's, if anywhere, in the line.
  const portOf = (row: Record<string, string>): number => {
    const screened = /^\[.*\]:(\d+)$/.exec(row['session']);
    const named = /connect from [^ ]+\]:(\d+)/.exec(lines[Number(row['line']) - 1]);
    return Number((screened ?? named)?.[1] ?? Number.NaN);
  };
  return { lines, sessions: loggedSessions(rows, portOf) };
}

/** Behind HAProxy the log shows the client that the proxy names; XCLIENT comes after the connect. */
function peerOf({ proxied, log, src, sport }: ClientSession): readonly [string, number] {
  const announcedLater = log.some(([command]) => command.startsWith('XCLIENT'));
  return proxied === null || announcedLater ? [src, sport] : proxied;
}

const near = (aMs: number, bMs: number): boolean => Math.abs(aMs - bMs) <= NEAR_MS;

/** Whether both can be the same connection; the server's clock is `aheadMs` ahead of the clients'. */
function fits(seen: ClientSession, session: LoggedSession, aheadMs: number): boolean {
  const [ip, port] = peerOf(seen);
  if (ip !== session.ip) return false;
  if (!Number.isNaN(session.port) && port !== session.port) return false;
  const [startMs, endMs] = [seen.tconn * 1000 + aheadMs, seen.t2 * 1000 + aheadMs];
  if (!session.endOnly && !near(session.startMs, startMs)) return false;
  const open = Number.isNaN(session.endMs);
  if (!open && !near(session.endMs, endMs)) return false;
  const ids = queuedAs(seen);
  if (!session.received.every((id) => ids.includes(id))) return false;
  const { ofClient, ofLog } = unpairedRefusals(seen, session);
  return ofLog.every(byMilter) && (open || ofClient.every(([, , reply]) => leavesNoEvent(reply)));
}

/** A milter that refuses CONNECT or EHLO is logged there, and again where the client hears of it. */
const byMilter = (row: Record<string, string>): boolean =>
  row['phase'] === 'mailfrom' && /^(Command rejected|milter: )/.test(row['reason']);

/** Replies for which Postfix writes no line of a refusal (formats, section 4.1). */
const WITHOUT_EVENT: readonly [string, RegExp][] = [
  ['421 errors', /^421 4\.7\.0 .* too many errors/],
  ['421 timeout', /^421 4\.4\.2 .* timeout exceeded/],
  ['500 command', /^500 5\.5\.2 Error: (command not recognized|bad UTF-8 syntax)/],
  ['501 recipient', /^501 5\.1\.3 Bad recipient address syntax/],
  ['503 no HELO', /^503 5\.5\.1 Error: send HELO\/EHLO first/],
  ['521 not SMTP', /^521 5\.7\.0 Error: I can break rules/],
  ['552 too big', /^552 5\.3\.4 Error: message file too big/],
  ['554 synchronization', /^554 5\.5\.0 Error: SMTP protocol synchronization/],
  ['554 no recipients', /^554 5\.5\.1 Error: no valid recipients/],
  ['555 option', /^555 5\.5\.4 Unsupported option/],
];
const leavesNoEvent = (reply: string): boolean =>
  WITHOUT_EVENT.some(([, pattern]) => pattern.test(reply));
const ruleOf = (reply: string): string =>
  WITHOUT_EVENT.find(([, pattern]) => pattern.test(reply))?.[0] ?? 'after the last line';

test('the first half minute of a server with postscreen, proxies and milters', async () => {
  const { lines, sessions } = await read('recorded.rfc3339.log.gz', []);
  const truth = readTruth(path.join(LOGS, 'truth.jsonl.gz'));
  expect(truth).toHaveLength(729);
  const { pairs, unlogged, unseen } = pairSessions(truth, sessions, (seen, session) =>
    fits(seen, session, 0),
  );
  expect(pairs).toHaveLength(713);

  // What no client saw are the connections of the servers themselves.
  expect(tally(unseen.map(({ ip }) => ip))).toEqual({ '192.0.2.25': 39, '192.0.2.40': 11 });

  // What the log does not show happened after its last line: the end, and the start as well
  // but for the port where postscreen leaves no more than the end of a session.
  const lastMs = Date.parse(lines[lines.length - 1].split(' ')[0]);
  const later = (seen: ClientSession): string => {
    if (seen.t2 * 1000 <= lastMs) return 'in the log';
    if (seen.tconn * 1000 > lastMs) return 'connected later';
    return seen.dst === '192.0.2.25' && seen.port === 25 ? 'postscreen ends it later' : 'open';
  };
  expect(tally(unlogged.map(later))).toEqual({
    'connected later': 2,
    'postscreen ends it later': 14,
  });
  const open = pairs.filter(([, { endMs }]) => Number.isNaN(endMs));
  expect(open.every(([{ t2 }]) => (t2 + 1) * 1000 > lastMs)).toBe(true);
  expect(open).toHaveLength(7);
  expect(pairs.filter(([, { endOnly }]) => endOnly)).toHaveLength(91);

  // Accepted messages: all but those set aside or thrown away, which never become active.
  const received = pairs.reduce((sum, [, session]) => sum + session.received.length, 0);
  const without = pairs.flatMap(([seen, session]) =>
    queuedAs(seen).flatMap((id) => (session.received.includes(id) ? [] : [[id, session.ip]])),
  );
  const why = ([id, ip]: string[]): string => {
    const said = lines.map((line) =>
      /: (\w+): (?:milter-)?(hold|discard): .* from [^ ]*\[(.*?)\]/.exec(line),
    );
    return said.find((m) => m?.[3] === ip && (m[1] === id || m[1] === 'NOQUEUE'))?.[2] ?? id;
  };
  expect([received, tally(without.map(why))]).toEqual([380, { hold: 7, discard: 6 }]);

  // Refusals: all but the replies that Postfix does not log, and those after the last line.
  const refusals = pairs.flatMap(([, session]) => session.refusals);
  expect(refusals).toHaveLength(851);
  const left = pairs.map(([seen, session]) => unpairedRefusals(seen, session));
  const unloggedReplies = left.flatMap(({ ofClient }) =>
    ofClient.map(([, , reply]) => ruleOf(reply)),
  );
  expect(tally(unloggedReplies)).toEqual({
    '421 errors': 22,
    '421 timeout': 34,
    '500 command': 15,
    '501 recipient': 3,
    '503 no HELO': 4,
    '521 not SMTP': 3,
    '552 too big': 6,
    '554 no recipients': 6,
    '554 synchronization': 13,
    '555 option': 7,
    'after the last line': 4,
  });
  expect(left.flatMap(({ ofLog }) => ofLog)).toHaveLength(6);

  // Inside a session the peer of a refusal is that of the session; XCLIENT announces another.
  const strangers = pairs.filter(([, { ip, refusals: rows }]) =>
    rows.some((row) => row['ip'] !== ip),
  );
  expect(strangers.length).toBeGreaterThan(0);
  expect(strangers.every(([{ proxied }]) => proxied !== null)).toBe(true);
});

test('a server whose clock stood elsewhere, with the ports of its clients', async () => {
  const { sessions } = await read('newyear.log.gz', ['--year', '2026']);
  const truth = readTruth(path.join(LOGS, 'truth.newyear.jsonl.gz'));
  // The server's clock was set to the last minutes of the year for the recording.
  const aheadMs = 3_563_540_500;
  const { pairs, unlogged, unseen } = pairSessions(truth, sessions, (seen, session) =>
    fits(seen, session, aheadMs),
  );
  expect([truth.length, pairs.length, unlogged.length]).toEqual([74, 74, 0]);
  expect(tally(unseen.map(({ ip }) => ip))).toEqual({ '192.0.2.40': 12 });
  for (const [seen, session] of pairs) {
    expect([...session.received].sort()).toEqual(queuedAs(seen).sort());
    expect(unpairedRefusals(seen, session)).toEqual({ ofClient: [], ofLog: [] });
  }
});
