// Goal: every script runs when the log shows its phase, as often as the table in semantics,
// section 5, says, and in the order of a session; the replies of scripts decide who comes next.
// Method: scripts in random slots that log and end in random ways, over random lines of few
// sessions; what they log is compared with a list made from the table, event by event.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import type { PhaseName } from '../../src/model/event.ts';
import { Vocabulary } from '../../src/model/vocabulary.ts';
import { readScript } from '../../src/policy/sieve/read.ts';
import { SievePolicy, type SlottedScript } from '../../src/policy/sieve/sieve-policy.ts';
import {
  PHASES,
  SCRIPT_SLOTS,
  type Phase,
  type ScriptSlot,
} from '../../src/policy/script-slots.ts';
import { replay } from '../../src/simulate/replay.ts';
import { SILENT_SINK } from '../../src/simulate/silent-sink.ts';
import type { ReplaySink } from '../../src/simulate/tally.ts';
import { definedOf } from '../builders/audit-histories.ts';
import { correlate } from '../builders/correlated-events.ts';
import { NOON_MS, type EventRow } from '../builders/event-batches.ts';
import { releaseOf, RowSource } from '../builders/event-sources.ts';

const TIMEOUT_MS = 600_000;

/** How a script ends. */
const ENDS = {
  goesOn: '',
  stop: 'stop;',
  keep: 'keep;',
  accept: 'ec_action 250 "fine";',
  reject: 'ec_action 550 "no";',
  disconnect: 'ec_disconnect 250 "bye";',
  tarpit: 'ec_tarpit 3;',
  /** Fails: a hash is wanted. */
  fails: '$h = "text"; hash_set $h "a" "b";',
} as const;
type End = keyof typeof ENDS;
const TERMINAL: ReadonlySet<End> = new Set(['keep', 'accept', 'reject', 'disconnect', 'fails']);

const anyEnd = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom<End>('goesOn', 'stop', 'tarpit') },
  { weight: 2, arbitrary: fc.constantFrom(...(Object.keys(ENDS) as End[])) },
);
const anyScript = fc.record({
  slot: fc.constantFrom(...SCRIPT_SLOTS),
  end: anyEnd,
  runtimeError: fc.constantFrom('fail', 'continue'),
});

type Script = typeof anyScript extends fc.Arbitrary<infer T> ? T : never;
const EVERYWHERE = SCRIPT_SLOTS.map((slot): Script => {
  return { slot, end: 'goesOn', runtimeError: 'fail' };
});

const anyLine = fc.record({
  gapMs: fc.oneof(
    { weight: 60, arbitrary: fc.nat(5000) },
    { weight: 1, arbitrary: fc.constant(TIMEOUT_MS) },
  ),
  isLate: fc.oneof(
    { weight: 12, arbitrary: fc.constant(false) },
    { weight: 1, arbitrary: fc.constant(true) },
  ),
  kind: fc.constantFrom(
    ...(['connect', 'connect', 'disconnect', 'transaction', 'transaction', 'transaction'] as const),
    ...(['queued', 'queued', 'queued', 'removed', 'reception', 'auth_failure'] as const),
    ...(['rejection', 'rejection', 'rejection', 'rejection', 'refused message'] as const),
    ...(['delivery', 'auth_success', 'honeypot_hit', 'bounce'] as const),
  ),
  pid: fc.nat(1),
  isNamed: fc.oneof(
    { weight: 12, arbitrary: fc.constant(true) },
    { weight: 1, arbitrary: fc.constant(false) },
  ),
  id: fc.constantFrom('A', 'B'),
  ip: fc.constantFrom('192.0.2.1', '192.0.2.1', '2001:db8::1', '127.0.0.1', undefined),
  phase: fc.constantFrom<PhaseName | undefined>(
    ...(['connect', 'ehlo', 'mailfrom', 'rcptto', 'rcptto', 'data', undefined] as const),
  ),
  recipients: fc.constantFrom(undefined, 1, 2, 4),
});

const history = fc.record({
  scripts: fc.oneof(
    fc.constant(EVERYWHERE),
    fc.array(anyScript, { minLength: 1, maxLength: 30, size: 'max' }),
  ),
  lines: fc.array(anyLine, { minLength: 10, maxLength: 80, size: 'max' }),
});
type History = typeof history extends fc.Arbitrary<infer T> ? T : never;

function rowsOf({ lines }: History): EventRow[] {
  let nowMs = NOON_MS;
  return lines.map((given, index) => {
    const { gapMs, isLate, pid, isNamed, id, ip, phase, recipients } = given;
    nowMs += gapMs;
    const isOfMessage = ['queued', 'removed', 'refused message', 'delivery', 'bounce'].includes(
      given.kind,
    );
    const kind = given.kind === 'refused message' ? 'rejection' : given.kind;
    return definedOf({
      line: index + 1,
      kind,
      timeMs: nowMs - (isLate ? 1000 : 0),
      releaseMs: isLate ? nowMs : undefined,
      node: 'mx1',
      listener: 'postfix',
      session: isNamed && !isOfMessage ? `postfix/smtpd[${pid}]` : undefined,
      queue_id: isOfMessage || kind === 'transaction' ? id : undefined,
      ip: isOfMessage ? undefined : ip,
      phase: kind === 'rejection' ? (isOfMessage ? 'data' : phase) : undefined,
      recipients,
      // Every line tells it but that of the queue.
      recipient: kind === 'queued' ? undefined : 'z@b.example',
    }) as EventRow;
  });
}

/** A session, as far as its phases go. */
interface Session {
  lastMs: number;
  ehlo: boolean;
  mail: 'none' | 'refused' | 'queued';
}

interface Message {
  readonly session: Session | undefined;
  received: boolean;
}

type Ran = readonly (readonly [phase: PhaseName, times: number])[];

/** The table in semantics, section 5: a phase and how often it runs, for each event. */
class Table {
  readonly #open = new Map<string, Session>();
  readonly #ofIds = new Map<string, Message>();

  take(row: EventRow): Ran {
    const nowMs = releaseOf(row);
    for (const [name, { lastMs }] of this.#open) {
      if (lastMs + TIMEOUT_MS <= nowMs) this.#open.delete(name);
    }
    const { kind, session: name = '', queue_id: id = '' } = row;
    if (kind === 'connect') {
      if (name !== '') this.#open.set(name, { lastMs: nowMs, ehlo: false, mail: 'none' });
      return [['connect', 1]];
    }
    if (kind === 'disconnect') this.#open.delete(name);
    const session = this.#open.get(name);
    if (session !== undefined) session.lastMs = nowMs;
    const message = this.#ofIds.get(id);
    if (kind === 'removed') this.#ofIds.delete(id);
    if (kind === 'auth_failure') return this.#ehlo(session);
    if (kind === 'transaction') {
      this.#ofIds.set(id, { session, received: false });
      const isOpen = session?.mail === 'refused';
      if (session !== undefined) session.mail = 'queued';
      return [...this.#ehlo(session), ...(isOpen ? [] : MAIL), ['rcptto', 1]];
    }
    if (kind === 'queued') return this.#received(row, message!);
    if (kind === 'reception') {
      if (session !== undefined) session.mail = 'none';
      const times = row.recipients ?? 1;
      return [...this.#ehlo(session), ...MAIL, ['rcptto', times], ['data', 1], ['spool', 1]];
    }
    return kind === 'rejection' ? this.#refused(row, session, message) : [];
  }

  #received({ recipients = 1 }: EventRow, message: Message): [PhaseName, number][] {
    message.received = true;
    const { session } = message;
    if (session !== undefined && this.#isOpen(session)) session.mail = 'none';
    const further: [PhaseName, number][] = recipients > 1 ? [['rcptto', recipients - 1]] : [];
    return [...further, ['data', 1], ['spool', 1]];
  }

  #refused(
    { phase }: EventRow,
    own: Session | undefined,
    message: Message | undefined,
  ): (readonly [PhaseName, number])[] {
    if (phase === undefined) return [];
    const client = own === undefined ? message?.session : undefined;
    const session = own ?? (client !== undefined && this.#isOpen(client) ? client : undefined);
    const isKnown = session === undefined && message !== undefined;
    const at = ['connect', 'ehlo', 'mailfrom', 'rcptto', 'data'].indexOf(phase);
    const ran: (readonly [PhaseName, number])[] = [];
    if (at === 1 && session !== undefined) session.ehlo = true;
    if (at > 1 && !isKnown) ran.push(...this.#ehlo(session));
    const isOpen = session !== undefined && session.mail !== 'none';
    if (at > 2 && !isKnown && !isOpen) ran.push(...MAIL);
    if (at > 3 && !isKnown && !isOpen) ran.push(['rcptto', 1]);
    if (session !== undefined && at === 3 && !isOpen) session.mail = 'refused';
    if (session !== undefined && (at === 2 || at === 4)) session.mail = 'none';
    return [...ran, [phase, 1]];
  }

  #ehlo(session: Session | undefined): (readonly [PhaseName, number])[] {
    if (session?.ehlo === true) return [];
    if (session !== undefined) session.ehlo = true;
    return [['ehlo', 1]];
  }

  #isOpen(session: Session): boolean {
    return [...this.#open.values()].includes(session);
  }
}

const MAIL = [['mailfrom', 1]] as const;

/** Phases of scripts that stand beside one of a session. */
const BESIDE: Partial<Record<Phase, PhaseName>> = {
  accept: 'connect',
  each_rcpt: 'spool',
  set_binding: 'spool',
};

interface Outcome {
  readonly logged: readonly string[];
  /** `line rule verdict` */
  readonly stopped: readonly string[];
  /** Events at which a place acted: `rule verdict`. */
  readonly acted: Readonly<Record<string, number>>;
  /** Every action: `slot counter class`. */
  readonly stats: Readonly<Record<string, number>>;
  /** Commands that failed, by place. */
  readonly failed: Readonly<Record<string, number>>;
}

const nameOf = (index: number): string => `s${index}.siv`;

const VERDICTS: Partial<Record<End, string>> = {
  reject: 'reject',
  disconnect: 'disconnect',
  tarpit: 'tarpit',
  fails: 'reject',
};
const CLASSES: Partial<Record<End, string>> = {
  accept: 'informational',
  reject: '5xx',
  disconnect: 'informational',
  tarpit: 'informational',
  fails: '4xx',
};

/** What scripts do, as the semantics tell it. */
class PlainScripts {
  readonly outcome = {
    logged: [] as string[],
    stopped: [] as string[],
    acted: {} as Record<string, number>,
    stats: {} as Record<string, number>,
    failed: {} as Record<string, number>,
  };
  readonly #scripts: History['scripts'];
  /** Messages that were stopped at their `client=` line, by queue id. */
  readonly #stopped = new Set<string>();

  constructor(scripts: History['scripts']) {
    this.#scripts = scripts;
  }

  judge(row: EventRow, ran: Ran): void {
    const acted: string[] = [];
    const times = new Map(ran);
    for (const phase of PHASES) {
      const shown = BESIDE[phase] ?? (phase as PhaseName);
      const isForEach = phase === 'each_rcpt' || phase === 'set_binding';
      const often = isForEach && times.has(shown) ? (row.recipients ?? 1) : (times.get(shown) ?? 0);
      for (let time = 0; time < often; time++) {
        // The recipient of the `client=` line was the first.
        const isFurther = time > 0 || (phase === 'rcptto' && row.kind === 'queued');
        this.#run(phase, `${row.line}`, isFurther ? 'further' : 'first', acted);
      }
    }
    const places = new Set(acted);
    for (const place of places) count(this.outcome.acted, place);
    const stop = acted.find((place) => !place.endsWith('tarpit'));
    const { kind, queue_id: id = '' } = row;
    if (stop === undefined || (kind === 'queued' && this.#stopped.has(id))) return;
    this.outcome.stopped.push(`${row.line} ${stop}`);
    if (kind === 'transaction') this.#stopped.add(id);
  }

  /** A `client=` line begins another message. */
  begin(id: string): void {
    this.#stopped.delete(id);
  }

  /** A phase: scripts of the first turn, then those of the second, until one ends it. */
  #run(phase: Phase, line: string, recipient: string, acted: string[]): void {
    const { logged, stats, failed } = this.outcome;
    for (const slot of [`${phase}_phase1`, `${phase}_phase2`]) {
      for (const [index, script] of this.#scripts.entries()) {
        if (script.slot !== slot) continue;
        const place = `${nameOf(index)}:2`;
        const { end, runtimeError } = script;
        logged.push(`${line} ${nameOf(index)} ${recipient}`);
        if (end === 'fails') count(failed, place);
        if (end === 'fails' && runtimeError === 'continue') continue;
        if (CLASSES[end] !== undefined) count(stats, `${slot} ${place} ${CLASSES[end]}`);
        if (VERDICTS[end] !== undefined) acted.push(`${place} ${VERDICTS[end]}`);
        if (TERMINAL.has(end)) return;
      }
    }
  }
}

function count(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}

function obvious(rows: readonly EventRow[], { scripts }: History): Outcome {
  const table = new Table();
  const plain = new PlainScripts(scripts);
  const { events } = correlate(rows, TIMEOUT_MS);
  rows.forEach((row, index) => {
    const { kind, ip } = events[index];
    if (kind === 'dropped') return;
    const ran = table.take(row);
    if (kind === 'transaction') plain.begin(row.queue_id!);
    if (row.releaseMs === undefined && !ip.startsWith('127.')) plain.judge(row, ran);
  });
  return plain.outcome;
}

/** It logs the recipient at hand: only the first has an address. */
function scriptOf({ slot, end, runtimeError }: Script, index: number): SlottedScript {
  const name = nameOf(index);
  const { commands, text } = readScript(`ec_log "%{rcptto_string}";\n${ENDS[end]}`, name);
  return { slot, runtimeError, commands: commands!, file: name, name, text };
}

async function outcomeOf(rows: readonly EventRow[], { scripts }: History): Promise<Outcome> {
  const logged: string[] = [];
  const stopped: string[] = [];
  const sink: ReplaySink = {
    ...SILENT_SINK,
    stopped: ({ line, rule, verdict }) => stopped.push(`${line} ${rule} ${verdict}`),
    logged: ({ line, place, text }) =>
      logged.push(`${line} ${place.replace(/:.*/, '')} ${text === '' ? 'further' : 'first'}`),
  };
  const files = { read: () => ({ file: '', text: '' }), dnsFixture: undefined };
  const policy = new SievePolicy(scripts.map(scriptOf), { files, sliding: 'rate' });
  const vocabulary = new Vocabulary();
  const sources = [new RowSource(rows, { vocabulary, batchSizes: [20, 3] })];
  const common = { needs: policy.needs, sessionTimeoutMs: TIMEOUT_MS, fileOf: () => 'log' };
  const { tally } = await replay({ ...common, sources, vocabulary, scripts: policy, sink });
  const fired = tally.rules.filter(({ firings }) => firings > 0);
  const acted = fired.map(({ name, verdict, firings }) => [`${name} ${verdict}`, firings] as const);
  const { stats, notes } = tally.scripts!;
  const counted = stats.map(({ phase, counter, kind, count: times }) => {
    return [`${phase} ${counter} ${kind}`, times] as const;
  });
  // A server's console shows them in the order of a session.
  const order = stats.map(({ phase }) => SCRIPT_SLOTS.indexOf(phase as ScriptSlot));
  expect(order).toEqual(order.toSorted((a, b) => a - b));
  const failed = notes.map(({ place, times }) => [place, times] as const);
  return {
    logged,
    stopped,
    acted: Object.fromEntries(acted),
    stats: Object.fromEntries(counted),
    failed: Object.fromEntries(failed),
  };
}

test('scripts run as the table says', async () => {
  const seen = { logged: 0, further: 0, stopped: 0 };
  await fc.assert(
    fc.asyncProperty(history, async (plan) => {
      const rows = rowsOf(plan);
      const outcome = await outcomeOf(rows, plan);
      expect(outcome).toEqual(obvious(rows, plan));
      seen.logged += outcome.logged.length;
      seen.further += outcome.logged.filter((text) => text.endsWith('further')).length;
      seen.stopped += outcome.stopped.length;
    }),
    { numRuns: 500 },
  );
  expect(seen.further).toBeGreaterThan(1000);
  expect(seen.stopped).toBeGreaterThan(500);
});

/** A replay of one script at connects. */
function connected(lines: readonly EventRow[], written: string): ReturnType<typeof replay> {
  const name = 'a.siv';
  const { commands, text } = readScript(written, name);
  const script = { slot: 'connect_phase1', runtimeError: 'fail', commands: commands! } as const;
  const files = { read: () => ({ file: '', text: '' }), dnsFixture: undefined };
  const own = [{ ...script, file: name, name, text }];
  const scripts = new SievePolicy(own, { files, sliding: 'rate' });
  const vocabulary = new Vocabulary();
  const sources = [new RowSource(lines, { vocabulary })];
  return replay({ needs: scripts.needs, fileOf: () => 'log', sources, vocabulary, scripts });
}

test('the steps of one event are not those of the next', async () => {
  const lines = Array.from({ length: 400 }, (_, index): EventRow => {
    return { timeMs: NOON_MS + index, kind: 'connect', ip: '192.0.2.1', session: `s${index}` };
  });
  const { tally } = await connected(lines, 'ec_inc_counter "x";\n'.repeat(300));
  expect(tally.scripts).toMatchObject({ notes: [], stats: [{ count: 120_000 }] });
});

test('each peer has counts of its own', async () => {
  const lines = ['192.0.2.1', '192.0.2.2', '2001:db8::1', '192.0.2.2'].map((ip, index) => {
    return { timeMs: NOON_MS + index, kind: 'connect', ip, session: `s${index}` };
  });
  const { tally } = await connected(
    lines,
    'audit_series_add "s" "60,2"; $x = audit_series "s" "60,2" "32"; ec_log "${x}";',
  );
  expect(tally.scripts!.firstLogged.map(({ text }) => text)).toEqual(['1', '1', '1', '2']);
});

test('what accepts in any case is no rule of the report', async () => {
  const lines = [{ timeMs: NOON_MS, kind: 'connect', ip: '192.0.2.1' }];
  const { tally } = await connected(lines, 'ec_action 250 "fine";');
  expect(tally.rules).toEqual([]);
});
