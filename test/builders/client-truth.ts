import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** What a client saw of one connection; times in Unix seconds. */
export interface ClientSession {
  /** When the client began to connect, when it had, and when the connection ended. */
  readonly t0: number;
  readonly tconn: number;
  readonly t2: number;
  readonly src: string;
  readonly sport: number;
  readonly dst: string;
  readonly port: number;
  /** The client that a proxy announced to the server, and its port. */
  readonly proxied: readonly [string, number] | null;
  readonly connected: boolean;
  /** Command, reply code (null: none came) and reply. */
  readonly log: readonly (readonly [string, number | null, string])[];
}

/** What a log says of one connection; times in milliseconds. */
export interface LoggedSession {
  readonly ip: string;
  readonly listener: string;
  /** NaN where the log does not have it. */
  readonly port: number;
  readonly startMs: number;
  /** NaN while it is open. */
  endMs: number;
  /** The log shows only that it ended, as postscreen does: `startMs` is `endMs`. */
  readonly endOnly: boolean;
  /** Queue ids of the messages that were received. */
  readonly received: string[];
  /** Events of refusals and of failed or aborted logins. */
  readonly refusals: Record<string, string>[];
}

export function readTruth(file: string): ClientSession[] {
  const lines = gunzipSync(readFileSync(file)).toString().trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as ClientSession);
}

const REFUSALS = new Set(['rejection', 'auth_failure', 'auth_aborted']);

/**
 * The connections that converted events tell of, in the order of their connects.
 *
 * @param rows events in the order of the stream
 * @param portOf the peer's port at a `connect`, NaN where its line has none
 */
export function loggedSessions(
  rows: readonly Record<string, string>[],
  portOf: (connect: Record<string, string>) => number,
): LoggedSession[] {
  const sessions: LoggedSession[] = [];
  const open = new Map<string, LoggedSession>();
  const byQueueId = new Map<string, LoggedSession>();
  /** Refusals of sessions whose connect comes with their end. */
  const early = new Map<string, Record<string, string>[]>();
  for (const row of rows) {
    const { kind, session: name, queue_id: queueId } = row;
    const timeMs = Date.parse(row['time']);
    if (kind === 'connect') {
      const session: LoggedSession = {
        ip: row['ip'],
        listener: row['listener'],
        port: portOf(row),
        startMs: timeMs,
        endMs: Number.NaN,
        endOnly: name.startsWith('['),
        received: [],
        refusals: early.get(name) ?? [],
      };
      early.delete(name);
      sessions.push(session);
      open.set(name, session);
      continue;
    }
    const session = open.get(name) ?? byQueueId.get(queueId);
    if (kind === 'disconnect') {
      if (session !== undefined) session.endMs = timeMs;
      open.delete(name);
    } else if (kind === 'transaction') {
      if (session !== undefined) byQueueId.set(queueId, session);
    } else if (kind === 'reception') {
      session?.received.push(queueId);
    } else if (REFUSALS.has(kind)) {
      if (session !== undefined) session.refusals.push(row);
      else early.set(name, [...(early.get(name) ?? []), row]);
    }
  }
  return sessions;
}

/** The queue ids that the server's answers named. */
export function queuedAs(session: ClientSession): string[] {
  return session.log.flatMap(([, code, reply]) => {
    const id = /\bqueued as (\w+)/.exec(reply)?.[1];
    return code === 250 && id !== undefined ? [id] : [];
  });
}

/**
 * Pairs as many sessions of the two sides as possible: what `fits` says can be one and the same.
 * The rest stays with its side.
 */
export function pairSessions(
  truth: readonly ClientSession[],
  logged: readonly LoggedSession[],
  fits: (seen: ClientSession, session: LoggedSession) => boolean,
): {
  readonly pairs: readonly (readonly [ClientSession, LoggedSession])[];
  readonly unlogged: readonly ClientSession[];
  readonly unseen: readonly LoggedSession[];
} {
  const candidates = truth.map((seen) =>
    logged.flatMap((session, place) => (fits(seen, session) ? [place] : [])),
  );
  const takenBy = new Map<number, number>();
  // Kuhn's augmenting paths; a client has few connections that could be mistaken for each other.
  const assign = (index: number, tried: Set<number>): boolean => {
    for (const place of candidates[index]) {
      if (tried.has(place)) continue;
      tried.add(place);
      const other = takenBy.get(place);
      if (other === undefined || assign(other, tried)) {
        takenBy.set(place, index);
        return true;
      }
    }
    return false;
  };
  const unlogged = truth.filter((_, index) => !assign(index, new Set()));
  return {
    pairs: Array.from(takenBy, ([place, index]) => [truth[index], logged[place]] as const),
    unlogged,
    unseen: logged.filter((_, place) => !takenBy.has(place)),
  };
}

/** The refusals of a pair that the other side does not have; a code that the log lacks fits by its first digit. */
export function unpairedRefusals(
  seen: ClientSession,
  session: LoggedSession,
): {
  readonly ofClient: ClientSession['log'];
  readonly ofLog: readonly Record<string, string>[];
} {
  const ofClient = seen.log.filter(([, code]) => code !== null && code >= 400);
  const ofLog = session.refusals.filter(({ code, enhanced }) => {
    const same = ([, reply]: ClientSession['log'][number]): boolean =>
      code === '' ? enhanced.startsWith(String(reply).charAt(0)) : code === String(reply);
    const place = ofClient.findIndex(same);
    if (place >= 0) ofClient.splice(place, 1);
    return place < 0;
  });
  return { ofClient, ofLog };
}
