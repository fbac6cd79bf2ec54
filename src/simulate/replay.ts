import type { EventSource } from '../clock/event-source.ts';
import type { AuditEngine } from '../engine/audit-engine.ts';
import { formatWords, NetworkSet } from '../model/address.ts';
import { TEXT, type Needs } from '../model/event.ts';
import type { SeriesSnapshot } from '../model/series-snapshot.ts';
import { EventStream } from './event-stream.ts';
import { HeldEvents, saveEvent, type HeldEvent } from './held-events.ts';
import { BARE_POLICY, PolicyRun, type PolicyRunOptions } from './policy-run.ts';
import type { ReplayState } from './replay-state.ts';
import type { Tally } from './tally.ts';

export interface ReplayOptions extends PolicyRunOptions {
  readonly sources: readonly EventSource[];
  readonly needs: Needs;
  readonly sessionTimeoutMs?: number | undefined;
  /** Where an earlier replay of the same policy stands: this one goes on from there. */
  readonly state?: ReplayState | undefined;
  /**
   * Whether a later replay is to go on from here: windows that are open stay open, and events that
   * its files may precede are held back.
   */
  readonly pauses?: boolean | undefined;
  /** Whether `ReplayResult.state` is wanted, also of a replay that has closed its windows. */
  readonly keepsState?: boolean | undefined;
}

export interface ReplayResult {
  readonly tally: Tally;
  /** What a named series of the policy holds at the end; made when asked. */
  readonly snapshot: (series: string) => SeriesSnapshot;
  /** Names of the series that are kept at the end: those of the policy, then those of scripts. */
  readonly persisted: readonly string[];
  /** Where the replay stands, for the next one or for questions; undefined unless wanted. */
  readonly state: ReplayState | undefined;
}

/** A session that is open, of a peer that the policy does not ignore. */
export interface OpenSession {
  /** Name of the node. */
  readonly node: string;
  readonly service: string;
  /** The address at connect, as text. */
  readonly ip: string;
}

/**
 * Streams dated inputs through the simulated clock into the audit engine and judges every event by
 * the policy's rules. Observe mode: verdicts are recorded and change nothing.
 *
 * @throws {CheckError} when `maxKeys` is reached
 */
export async function replay(options: ReplayOptions): Promise<ReplayResult> {
  const run = new ReplayRun(options);
  await run.advance(Infinity);
  return run.finish();
}

/** A replay that can stand still at any moment of the simulated clock. */
export class ReplayRun {
  readonly #options: ReplayOptions;
  readonly #run: PolicyRun;
  readonly #stream: EventStream;

  constructor(options: ReplayOptions) {
    this.#options = options;
    const { vocabulary, needs, sessionTimeoutMs, toMs, state, pauses } = options;
    this.#run = new PolicyRun(options);
    const sources: EventSource[] = [...options.sources];
    if (state !== undefined) {
      sources.push(new HeldEvents(state.held, vocabulary, options.sources.length));
    }
    const bounds = { floorMs: state?.clockMs ?? -Infinity, holds: pauses ?? false };
    const takers = [this.#run];
    this.#stream = new EventStream({ sources, needs, takers, sessionTimeoutMs, toMs, bounds });
    if (state !== undefined) this.#restore(state);
  }

  /** The audit engine; whoever changes its counts changes what the rest of the replay finds. */
  get engine(): AuditEngine {
    return this.#run.engine;
  }

  /** The moment that the windows stand at, milliseconds UTC; -Infinity before the first event. */
  get clockMs(): number {
    return this.#stream.nowMs;
  }

  /** Sessions open now whose peer is known, in any order. */
  openSessions(): OpenSession[] {
    const { vocabulary, policy = BARE_POLICY } = this.#options;
    const { nodes, services } = vocabulary;
    const ignore = new NetworkSet(policy.ignore);
    const sessions: OpenSession[] = [];
    for (const slot of this.#stream.slotsOf(this.#run)) {
      const { family, words, at, node, service } = this.#stream.factsOf(slot);
      if (family === 0 || ignore.has(family, words, at)) continue;
      const ip = formatWords(family, words, at);
      sessions.push({ node: nodes.name(node), service: services.name(service), ip });
    }
    return sessions;
  }

  /**
   * Lets all events before `untilMs` happen and moves the windows there, if the clock stands earlier.
   * Infinity: to the end of the inputs, where the clock stays at the last event.
   *
   * @throws {CheckError} when `maxKeys` is reached
   */
  async advance(untilMs: number): Promise<void> {
    await this.#stream.advance(untilMs);
  }

  /** As `advance`, but the clock begins with the first event and not before. False: none yet. */
  async reach(untilMs: number): Promise<boolean> {
    return this.#stream.reach(untilMs);
  }

  finish(): ReplayResult {
    const run = this.#run;
    const { pauses, keepsState } = this.#options;
    run.finish(pauses === true);
    return {
      tally: run.tally,
      snapshot: (series) => run.engine.snapshot(series),
      persisted: run.persisted,
      state: keepsState === true ? this.#save() : undefined,
    };
  }

  #save(): ReplayState {
    const { vocabulary, fileOf } = this.#options;
    const stream = this.#stream;
    const held: HeldEvent[] = [];
    stream.takeHeld((batch, row) => {
      const file = batch.text(row, TEXT.file) || fileOf(batch.source);
      held.push(saveEvent(batch, row, file));
    });
    const { seenKinds, tally, ledger, stopped, audit } = this.#run.save();
    return {
      clockMs: stream.nowMs > -Infinity ? stream.nowMs : null,
      seenKinds,
      tally,
      ledger,
      stopped,
      correlator: stream.correlator.save(vocabulary),
      audit,
      held,
    };
  }

  #restore(state: ReplayState): void {
    this.#stream.correlator.restore(state.correlator, this.#options.vocabulary);
    this.#run.restore(state);
    if (state.clockMs !== null) this.#stream.resume(state.clockMs);
  }
}
