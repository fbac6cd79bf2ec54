// Goal: scripts find the contexts and facts of the session and message that an event is about, and
// those of no other.
// Method: random lines of a few processes and queue ids through a replay whose policy marks each
// context that it sees, and through plain objects; marks and facts are compared at every event.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { ALL_NEEDS, PHASES as PHASE_NAMES, type PhaseName } from '../../src/model/event.ts';
import { Vocabulary } from '../../src/model/vocabulary.ts';
import type { ScriptEvent, ScriptPolicy, ScriptWorld } from '../../src/policy/script-policy.ts';
import { replay, ReplayRun } from '../../src/simulate/replay.ts';
import { anyGrainMs, definedOf, orUndefined } from '../builders/audit-histories.ts';
import { correlate, type CorrelatedEvent } from '../builders/correlated-events.ts';
import { NOON_MS, type EventRow } from '../builders/event-batches.ts';
import { releaseOf, RowSource } from '../builders/event-sources.ts';

const TIMEOUT_MS = 60_000;

/** Lines that stand in a session, about a message, in either, or in neither. */
const SHAPES = [
  { kind: 'connect', has: ['session'] },
  { kind: 'disconnect', has: ['session'] },
  { kind: 'transaction', has: ['session', 'id'] },
  { kind: 'transaction', has: ['session', 'id'] },
  { kind: 'transaction', has: ['session'] },
  { kind: 'rejection', has: ['session'] },
  { kind: 'rejection', has: ['session'] },
  { kind: 'rejection', has: ['id'] },
  { kind: 'rejection', has: [] },
  { kind: 'queued', has: ['id'] },
  { kind: 'queued', has: ['id'] },
  { kind: 'reception', has: ['session'] },
  { kind: 'removed', has: ['id'] },
  { kind: 'delivery', has: ['id'] },
  { kind: 'auth_failure', has: ['session'] },
  { kind: 'honeypot_hit', has: ['session'] },
] as const;

const anyLine = fc.record({
  gapMs: fc.oneof(
    { weight: 60, arbitrary: fc.nat(5000) },
    { weight: 1, arbitrary: fc.constantFrom(TIMEOUT_MS - 1000, TIMEOUT_MS) },
  ),
  lateMs: fc.oneof(
    { weight: 12, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.constant(1000) },
  ),
  shape: fc.oneof(
    { weight: 120, arbitrary: fc.constantFrom(...SHAPES) },
    { weight: 1, arbitrary: fc.constant({ kind: 'restart', has: [] } as const) },
  ),
  node: fc.constantFrom('mx1', 'mx1', 'mx1', 'mx2'),
  /** Undefined: a session without a name. */
  pid: fc.option(fc.nat(1), { nil: undefined, freq: 12 }),
  id: fc.constantFrom('A', 'B', 'C'),
  ip: fc.constantFrom('192.0.2.1', '192.0.2.2', '192.0.2.1', '2001:db8::1', '127.0.0.1', undefined),
  phase: fc.constantFrom(...PHASE_NAMES.slice(1, 6), undefined),
  reinjected: fc.oneof(
    { weight: 8, arbitrary: fc.constant(false) },
    { weight: 1, arbitrary: fc.constant(true) },
  ),
  recipients: fc.constantFrom(1, 3),
  helo: orUndefined(fc.constantFrom('a.example', 'b.example')),
  sender: orUndefined(fc.constantFrom('x@a.example', 'y@a.example')),
  recipient: orUndefined(fc.constantFrom('z@b.example', 'w@b.example')),
});

const history = fc.record({
  /** From which line on events are judged. */
  from: fc.option(fc.nat(60), { nil: undefined, freq: 2 }),
  grainMs: anyGrainMs,
  lines: fc.array(anyLine, { minLength: 20, maxLength: 200, size: 'max' }),
});
type History = typeof history extends fc.Arbitrary<infer T> ? T : never;

function rowsOf({ lines, grainMs }: History): EventRow[] {
  let nowMs = NOON_MS;
  return lines.map((given, index) => {
    const { gapMs, lateMs, shape, pid, id, phase, reinjected, helo, sender, recipient } = given;
    const { kind } = shape;
    const has: readonly string[] = shape.has;
    nowMs += gapMs - (gapMs % grainMs);
    const named = has.includes('session') && pid !== undefined;
    const isTold = kind !== 'restart' && kind !== 'removed';
    return definedOf({
      line: index + 1,
      kind,
      timeMs: nowMs - lateMs,
      releaseMs: lateMs === 0 ? undefined : nowMs,
      node: given.node,
      listener: 'postfix',
      session: named ? `postfix/smtpd[${pid}]` : undefined,
      queue_id: has.includes('id') ? id : undefined,
      ip: has.includes('session') || has.length === 0 ? given.ip : undefined,
      phase: kind === 'rejection' ? (phase as PhaseName | undefined) : undefined,
      recipients: given.recipients,
      reinjected: reinjected && kind === 'transaction',
      ...(isTold ? { helo, sender, recipient } : {}),
    }) as EventRow;
  });
}

/** What a script finds at an event. */
interface Found {
  readonly line: number;
  /** Lines of the events that first saw the contexts. */
  readonly session: number;
  readonly message: number;
  readonly helo: string;
  readonly sender: string;
  readonly recipient: string;
}

/** Marks contexts at their first event, and notes what it finds. */
class MarkingPolicy implements ScriptPolicy {
  readonly needs = ALL_NEEDS;
  readonly keepsSessions = true;
  readonly found: Found[] = [];

  bind({ event }: ScriptWorld): ReturnType<ScriptPolicy['bind']> {
    return { phases: 0, orderOf: () => 0, judge: () => this.#note(event), ended: () => {} };
  }

  #note({ batch, row, session }: ScriptEvent): void {
    if (batch.phases[row] === 0) return;
    const line = batch.line[row];
    const markOf = (context: Map<string, string>): number => {
      if (!context.has('mark')) context.set('mark', String(line));
      return Number(context.get('mark'));
    };
    const { context, helo, message } = session;
    const { sender, recipient } = message;
    const marks = { session: markOf(context), message: markOf(message.context) };
    this.found.push({ line, ...marks, helo, sender, recipient });
  }
}

class Message {
  mark: number | undefined;
  sender = '';
  recipient = '';
}

class Session {
  mark: number | undefined;
  helo = '';
  message = new Message();
  lastMs = 0;
}

/** Sessions and messages as objects, each known by what a line has. */
class PlainSessions {
  readonly found: Found[] = [];
  readonly #open = new Map<string, Session>();
  readonly #ofIds = new Map<string, { session: Session; message: Message | undefined }>();

  /** @param judged whether scripts run at the event */
  take(row: EventRow, event: CorrelatedEvent, judged: boolean): void {
    const nowMs = releaseOf(row);
    for (const [name, { lastMs }] of this.#open) {
      if (lastMs + TIMEOUT_MS <= nowMs) this.#open.delete(name);
    }
    const { node, queue_id: id, session: name } = row;
    const idKey = id === undefined ? undefined : `${node} ${id}`;
    const nameKey = name === undefined ? undefined : `${node} ${name}`;
    if (row.kind === 'removed') this.#ofIds.delete(idKey!);
    if (row.kind === 'restart') {
      for (const key of this.#open.keys()) if (key.startsWith(`${node} `)) this.#open.delete(key);
    }
    if (row.kind === 'disconnect') this.#open.delete(nameKey!);
    if (row.kind === 'connect' && nameKey !== undefined) this.#open.set(nameKey, new Session());
    const own = this.#open.get(nameKey!);
    if (own !== undefined) own.lastMs = nowMs;
    const known = this.#ofIds.get(idKey!);
    const isOfMessage = row.kind === 'queued' || (row.kind === 'rejection' && own === undefined);
    const { session, message } = this.#about(own, isOfMessage ? known : undefined);
    if (row.kind === 'queued' && known !== undefined) known.message = undefined;
    let about = message ?? session.message;
    if (event.phases.split(' ').includes('mailfrom')) {
      about = new Message();
      // A refusal of a message by its id is no MAIL of what the session sends now.
      if (message === undefined) session.message = about;
    }
    if (row.kind !== 'delivery') {
      session.helo = row.helo ?? session.helo;
      about.sender = row.sender ?? about.sender;
      about.recipient = row.recipient ?? about.recipient;
    }
    if (row.kind === 'transaction' && idKey !== undefined) {
      this.#ofIds.set(idKey, { session, message: row.reinjected === true ? undefined : about });
    }
    if (judged && event.phases !== '') this.#find(row.line!, session, about);
  }

  /** Of an accepted message only the session is left, as long as it is open. */
  #about(
    own: Session | undefined,
    known: { readonly session: Session; readonly message: Message | undefined } | undefined,
  ): { readonly session: Session; readonly message: Message | undefined } {
    if (known?.message !== undefined) return { session: known.session, message: known.message };
    const isOpen = known !== undefined && [...this.#open.values()].includes(known.session);
    const session = own ?? (isOpen ? known.session : new Session());
    return { session, message: undefined };
  }

  #find(line: number, session: Session, about: Message): void {
    session.mark ??= line;
    about.mark ??= line;
    const { helo } = session;
    const { sender, recipient } = about;
    const marks = { session: session.mark, message: about.mark };
    this.found.push({ line, ...marks, helo, sender, recipient });
  }
}

async function findings(plan: History): Promise<{ found: Found[]; expected: Found[] }> {
  const rows = rowsOf(plan);
  const { events } = correlate(rows, TIMEOUT_MS);
  const fromMs = plan.from === undefined ? undefined : NOON_MS + plan.from * 2500;
  const plain = new PlainSessions();
  rows.forEach((row, index) => {
    const event = events[index];
    if (event.kind === 'dropped') return;
    const isIgnored = event.ip.startsWith('127.');
    // Before `--from` scripts run as behind it; only the report does not show it.
    plain.take(row, event, row.releaseMs === undefined && !isIgnored);
  });
  const vocabulary = new Vocabulary();
  const sources = [new RowSource(rows, { vocabulary, batchSizes: [7, 1, 30] })];
  const scripts = new MarkingPolicy();
  const common = { needs: ALL_NEEDS, sessionTimeoutMs: TIMEOUT_MS, fileOf: () => 'log' };
  await replay({ ...common, sources, vocabulary, scripts, fromMs });
  return { found: scripts.found, expected: plain.found };
}

test('contexts and facts are those of the session and of the message', async () => {
  const seen = { shared: 0, afterwards: 0 };
  await fc.assert(
    fc.asyncProperty(history, async (plan) => {
      const { found, expected } = await findings(plan);
      expect(found).toEqual(expected);
      for (const { line, session, message } of found) {
        if (line !== session) seen.shared++;
        if (message < line && session !== message) seen.afterwards++;
      }
    }),
    { numRuns: 500 },
  );
  expect(seen.shared).toBeGreaterThan(2000);
  expect(seen.afterwards).toBeGreaterThan(250);
});

// Goal: memory follows the sessions that are open, not those that were.
// Method: many sessions one after another, in few processes; contexts are looked for once all
// garbage has been collected.
test('contexts of ended sessions are gone', async () => {
  const sessions = 3000;
  const rows = Array.from({ length: sessions }, (_, index): EventRow[] => {
    const at = { timeMs: NOON_MS + index * 1000, node: 'mx1', listener: 'postfix' };
    const own = { ...at, session: `postfix/smtpd[${index % 5}]`, ip: '192.0.2.1' };
    const of = { ...at, queue_id: `Q${index % 7}` };
    const isAccepted = index % 3 !== 0;
    // Every other one ends when its process connects again.
    const isLogged = index % 2 === 0;
    return [
      { ...own, kind: 'connect' },
      { ...own, ...of, kind: 'transaction' },
      ...(isAccepted ? [{ ...of, kind: 'queued' }] : []),
      ...(isLogged ? [{ ...own, kind: 'disconnect' }] : []),
      { ...of, kind: 'removed' },
    ];
  }).flat();
  const contexts: WeakRef<object>[] = [];
  const scripts: ScriptPolicy = {
    needs: ALL_NEEDS,
    keepsSessions: true,
    bind: ({ event }) => {
      const judge = (): void => {
        const { context, message } = event.session;
        contexts.push(new WeakRef(context), new WeakRef(message.context));
      };
      return { phases: 0, orderOf: () => 0, judge, ended: () => {} };
    },
  };
  const vocabulary = new Vocabulary();
  const sources = [new RowSource(rows, { vocabulary })];
  const common = { needs: ALL_NEEDS, fileOf: () => 'log' };
  const run = new ReplayRun({ ...common, sources, vocabulary, scripts });
  await run.advance(Infinity);
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  await new Promise((resolve) => setImmediate(resolve));
  collect();
  const alive = contexts.filter((context) => context.deref() !== undefined);
  expect(contexts.length).toBeGreaterThan(sessions * 4);
  expect(alive.length).toBeLessThan(100);
  expect(run.finish().tally.sessions.opened).toBe(sessions);
});
