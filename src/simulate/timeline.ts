import type { EventSource } from '../clock/event-source.ts';
import { KeyTable } from '../engine/key-table.ts';
import { NetworkSet, type Network } from '../model/address.ts';
import { FLAG, grown, type EventBatch } from '../model/event-batch.ts';
import type { Needs } from '../model/event.ts';
import type { Vocabulary } from '../model/vocabulary.ts';
import { streamEvents } from './events.ts';
import { SourceTallies } from './source-tallies.ts';
import type { SourceTally } from './tally.ts';

export interface TimelineOptions {
  readonly sources: readonly EventSource[];
  readonly vocabulary: Vocabulary;
  readonly needs: Needs;
  /** Whose events are counted; a peer in several of them counts once. */
  readonly networks: readonly Network[];
  readonly windowMs: number;
  /** Half open; compared with the event's own time. Reading stops when the clock reaches `toMs`. */
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
  /** Told each event that is counted, in the order of the stream; false ends the run. */
  readonly onEvent?:
    | ((batch: EventBatch, row: number, windowStartMs: number) => boolean)
    | undefined;
}

/** One window in which the block did something. */
export interface TimelineWindow {
  readonly startMs: number;
  readonly events: number;
  /** Different addresses. */
  readonly addresses: number;
  /** Events by kind, as far as there are any. */
  readonly counts: ReadonlyMap<string, number>;
}

export interface Timeline {
  readonly windowMs: number;
  /** In order of time; only windows with an event. */
  readonly windows: readonly TimelineWindow[];
  readonly events: number;
  readonly addresses: number;
  /** Own times of the first and the last event of the block; undefined when there is none. */
  readonly firstMs: number | undefined;
  readonly lastMs: number | undefined;
  /** Clock at the first and last event of anyone. */
  readonly logFirstMs: number | undefined;
  readonly logLastMs: number | undefined;
  readonly bySource: readonly SourceTally[];
}

/**
 * What some blocks did, window by window (semantics, section 10). Memory follows the windows and
 * addresses of the blocks.
 */
export async function timeline(options: TimelineOptions): Promise<Timeline> {
  const run = new TimelineRun(options);
  await streamEvents(
    {
      sources: options.sources,
      needs: options.needs,
      toMs: options.toMs,
      onDropped: (batch, row) => run.sources.addDropped(batch, row),
    },
    (batch, row) => run.take(batch, row),
  );
  return run.finish();
}

const FIRST_ADDRESSES = 4;

class WindowCounts {
  readonly startMs: number;
  readonly serial: number;
  /** By number of the kind. */
  readonly kinds: number[] = [];
  events = 0;
  addresses = 0;
  /** Entries of the addresses; those of IPv6 negative. */
  #entries = new Int32Array(FIRST_ADDRESSES);
  /** The same, made when a late event first asks. */
  #known: Set<number> | undefined;

  constructor(startMs: number, serial: number) {
    this.startMs = startMs;
    this.serial = serial;
  }

  has(entry: number): boolean {
    this.#known ??= new Set(this.#entries.subarray(0, this.addresses));
    return this.#known.has(entry);
  }

  addAddress(entry: number): void {
    const { length } = this.#entries;
    if (this.addresses === length) {
      this.#entries = grown(new Int32Array(length * 2), this.#entries);
    }
    this.#entries[this.addresses++] = entry;
    this.#known?.add(entry);
  }
}

class TimelineRun {
  readonly sources = new SourceTallies();
  readonly #options: TimelineOptions;
  readonly #networks: NetworkSet;
  readonly #fromMs: number;
  readonly #toMs: number;
  readonly #windows = new Map<number, WindowCounts>();
  /** State of a key: serial of the newest window that has its address. */
  readonly #v4 = new KeyTable(1);
  readonly #v6 = new KeyTable(4);
  readonly #v4State = this.#v4.reserve(1);
  readonly #v6State = this.#v6.reserve(1);
  #window = new WindowCounts(Number.NaN, 0);
  #events = 0;
  #firstMs = Infinity;
  #lastMs = -Infinity;
  #logFirstMs = -Infinity;
  #logLastMs = -Infinity;

  constructor(options: TimelineOptions) {
    this.#options = options;
    this.#networks = new NetworkSet(options.networks);
    this.#fromMs = options.fromMs ?? -Infinity;
    this.#toMs = options.toMs ?? Infinity;
  }

  readonly take = (batch: EventBatch, row: number): boolean => {
    const nowMs = batch.release[row];
    if (this.#logLastMs === -Infinity) this.#logFirstMs = nowMs;
    this.#logLastMs = nowMs;
    const late = (batch.flags[row] & FLAG.late) !== 0;
    if (late) this.sources.addLate(batch);
    const family = batch.family[row];
    if (!this.#networks.has(family, batch.ip, row * 4)) return true;
    const timeMs = batch.time[row];
    if (timeMs < this.#fromMs || timeMs >= this.#toMs) return true;
    const { windowMs, onEvent } = this.#options;
    const { startMs } = this.#window;
    if (!(timeMs >= startMs && timeMs < startMs + windowMs)) this.#enter(timeMs);
    const window = this.#window;
    window.events++;
    const kind = batch.kind[row];
    window.kinds[kind] = (window.kinds[kind] ?? 0) + 1;
    // The clock has left the window of such an event: only late ones will still come to it.
    this.#noteAddress(batch, row, late && nowMs >= window.startMs + windowMs);
    this.#events++;
    if (timeMs < this.#firstMs) this.#firstMs = timeMs;
    if (timeMs > this.#lastMs) this.#lastMs = timeMs;
    return onEvent === undefined || onEvent(batch, row, window.startMs);
  };

  #enter(timeMs: number): void {
    const { windowMs } = this.#options;
    const number = Math.floor(timeMs / windowMs);
    let window = this.#windows.get(number);
    if (window === undefined) {
      window = new WindowCounts(number * windowMs, this.#windows.size + 1);
      this.#windows.set(number, window);
    }
    this.#window = window;
  }

  #noteAddress({ family, ip }: EventBatch, row: number, belated: boolean): void {
    const window = this.#window;
    const v4 = family[row] === 4;
    const keys = v4 ? this.#v4 : this.#v6;
    const at = row * 4;
    const entry = keys.locate(ip[at], ip[at + 1], ip[at + 2], ip[at + 3]);
    const { cells } = keys;
    const state = entry + (v4 ? this.#v4State : this.#v6State);
    const signed = v4 ? entry : -entry;
    if (cells[state] === 0) keys.use(entry);
    if (cells[state] === window.serial) return;
    // An address that another window has since may stand here already.
    if (belated && window.has(signed)) return;
    if (!belated || cells[state] === 0) cells[state] = window.serial;
    window.addAddress(signed);
  }

  finish(): Timeline {
    const { kinds } = this.#options.vocabulary;
    const { windowMs } = this.#options;
    const windows = [...this.#windows.values()]
      .sort((a, b) => a.startMs - b.startMs)
      .map(({ startMs, events, addresses, kinds: byKind }): TimelineWindow => {
        const counts = new Map<string, number>();
        byKind.forEach((count, kind) => counts.set(kinds.name(kind), count));
        return { startMs, events, addresses, counts };
      });
    const known = (timeMs: number): number | undefined =>
      Number.isFinite(timeMs) ? timeMs : undefined;
    return {
      windowMs,
      windows,
      events: this.#events,
      addresses: this.#v4.size + this.#v6.size,
      firstMs: known(this.#firstMs),
      lastMs: known(this.#lastMs),
      logFirstMs: known(this.#logFirstMs),
      logLastMs: known(this.#logLastMs),
      bySource: this.sources.tallies,
    };
  }
}
