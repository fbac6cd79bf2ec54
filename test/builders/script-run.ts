import type { ScriptAudit } from '../../src/engine/port.ts';
import { formatDiagnostic } from '../../src/model/diagnostic.ts';
import { ALL_REPLICATED } from '../../src/model/replication.ts';
import type { ScriptEvent, ScriptSession, ScriptWorld } from '../../src/policy/script-policy.ts';
import { compileScript, VariableNames, type Step } from '../../src/policy/sieve/compile.ts';
import { Includes } from '../../src/policy/sieve/includes.ts';
import { readScript } from '../../src/policy/sieve/read.ts';
import { Run, ScriptFailure } from '../../src/policy/sieve/run.ts';
import type { Binding } from '../../src/policy/sieve/site.ts';
import type { Value } from '../../src/policy/sieve/value.ts';
import { batchOf, NOON_MS, type EventRow } from './event-batches.ts';

/** Around the script; whatever is left out is empty. */
export interface Stand {
  /** Default: `connect_phase1`. */
  readonly slot?: string;
  readonly onError?: 'fail' | 'continue';
  /** What scripts may read, by name. */
  readonly files?: Readonly<Record<string, string>>;
  readonly dnsFixture?: string;
  /** Answers the audit commands; by default whoever asks one fails the test. */
  readonly audit?: ScriptAudit;
}

/** The event that a script runs for, and what its session knows by then. */
export interface RunEvent extends Partial<Omit<EventRow, 'session'>> {
  readonly session?: ScriptSession;
  /** Number of the recipient at hand, from 0. */
  readonly nth?: number;
}

/** What one execution did. */
export interface Outcome {
  /** By name, without those that were not set. */
  readonly variables: Readonly<Record<string, Value>>;
  /** `line:file:text`; the paniclog has no name. */
  readonly logs: readonly string[];
  /** `kind line: text`, as often as the script said it. */
  readonly notes: readonly string[];
  /** `verdict line` */
  readonly actions: readonly string[];
  /** `slot:counter (kind)` */
  readonly counts: readonly string[];
  readonly code: number;
  /** Why the script could not go on. */
  readonly failure: string | undefined;
}

/** A session as it begins. */
export function sessionOf(
  facts: { readonly helo?: string; readonly sender?: string; readonly recipient?: string } = {},
): ScriptSession {
  const { helo = '', sender = '', recipient = '' } = facts;
  return {
    context: new Map(),
    memory: { own: undefined },
    helo,
    message: { context: new Map(), sender, recipient },
  };
}

/** A compiled script that keeps what commands share, such as throttles, from event to event. */
export class ScriptStand {
  readonly #names = new VariableNames();
  readonly #used: readonly string[];
  readonly #world = new FakeWorld();
  readonly #run: Run;
  readonly #step: Step;
  readonly #stand: Stand;

  /** @throws Error when the script has mistakes */
  constructor(script: string, stand: Stand = {}) {
    const { commands, diagnostics, text } = readScript(script, 'x.siv');
    if (commands === undefined) {
      throw new Error(diagnostics.map((one) => formatDiagnostic(one, text)).join('\n'));
    }
    if (stand.audit !== undefined) this.#world.audit = stand.audit;
    this.#stand = stand;
    this.#used = [...new Set([...text.matchAll(/\$\{?([A-Za-z_]\w*)/g)].map(([, name]) => name))];
    this.#run = new Run(this.#world);
    const source = { file: 'x.siv', name: 'x.siv', text };
    this.#step = compileScript(commands, source, this.#names, this.#binding());
  }

  run({ session = sessionOf(), nth = 0, ...row }: RunEvent = {}): Outcome {
    const event = { timeMs: NOON_MS, kind: 'connect', ip: '192.0.2.7', ...row };
    const world = this.#world;
    world.begin({ batch: batchOf([event]), row: 0, nowMs: event.timeMs, session });
    const run = this.#run;
    run.steps = 0;
    run.code = 250;
    run.terminal = false;
    run.recipient = nth;
    run.begin(this.#stand.slot ?? 'connect_phase1', this.#stand.onError ?? 'fail');
    let failure: string | undefined;
    try {
      this.#step(run);
    } catch (error) {
      if (!(error instanceof ScriptFailure)) throw error;
      failure = error.message;
    }
    const { logs, notes, actions, counts } = world;
    return { variables: this.#variables(), logs, notes, actions, counts, code: run.code, failure };
  }

  #variables(): Record<string, Value> {
    const values = this.#used.map(
      (name) => [name, this.#run.variables[this.#names.number(name)]] as const,
    );
    return Object.fromEntries(
      values.filter((entry): entry is readonly [string, Value] => entry[1] !== undefined),
    );
  }

  #binding(): Binding {
    const { files: texts = {}, dnsFixture } = this.#stand;
    const files = {
      read: (name: string) => {
        const text = texts[name];
        if (text === undefined) throw new Error('no such file');
        return { file: name, text };
      },
      dnsFixture: dnsFixture === undefined ? undefined : { file: 'dns.txt', text: dnsFixture },
    };
    const shared = new Map<unknown, unknown>();
    const binding: Binding = {
      world: this.#world,
      files,
      sliding: 'average',
      shared: <Kind>(Made: new () => Kind) => {
        if (!shared.has(Made)) shared.set(Made, new Made());
        return shared.get(Made) as Kind;
      },
      include: (run, site, name) => includes.run(run, site, name),
    };
    const includes = new Includes(
      files,
      (commands, source) => compileScript(commands, source, this.#names, binding),
      [],
    );
    return binding;
  }
}

/** Runs a script for one event. */
export function runScript(script: string, event: RunEvent = {}, stand: Stand = {}): Outcome {
  return new ScriptStand(script, stand).run(event);
}

/** What `$x` holds behind a script that must not fail. */
export function xOf(script: string, event: RunEvent = {}): Value | undefined {
  const { variables, failure } = runScript(script, event);
  if (failure !== undefined) throw new Error(failure);
  return variables['x'];
}

/** Whether a test holds. */
export function holds(test: string, before = '', event: RunEvent = {}): boolean {
  return xOf(`${before} $x = "no"; if ${test} { $x = "yes"; }`, event) === 'yes';
}

const unasked = (): never => {
  throw new Error('the script asks the audit engine');
};

class FakeWorld implements ScriptWorld {
  audit: ScriptAudit = {
    monitors: [{ intervalMs: 60_000, windows: 2 }],
    replication: ALL_REPLICATED,
    metric: unasked,
    series: unasked,
    define: unasked,
    sessions: unasked,
  };
  /** One object, changed for each event. */
  readonly event = {} as ScriptEvent;
  logs: string[] = [];
  notes: string[] = [];
  actions: string[] = [];
  counts: string[] = [];
  readonly #rules: string[] = [];

  begin(event: ScriptEvent): void {
    Object.assign(this.event, event);
    this.logs = [];
    this.notes = [];
    this.actions = [];
    this.counts = [];
  }

  declare: ScriptWorld['declare'] = ({ line }, verdict) =>
    this.#rules.push(`${verdict} ${line}`) - 1;

  act: ScriptWorld['act'] = (rule) => {
    this.actions.push(this.#rules[rule]);
  };

  count: ScriptWorld['count'] = (phase, counter, kind) => {
    this.counts.push(`${phase}:${counter} (${kind})`);
  };

  log: ScriptWorld['log'] = ({ line }, file, text) => {
    this.logs.push(`${line}:${file}:${text}`);
  };

  note: ScriptWorld['note'] = ({ line }, kind, text) => {
    this.notes.push(`${kind} ${line}: ${text}`);
  };
}
