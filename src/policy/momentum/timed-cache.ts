/** An entry and when it dies. */
interface Kept<Content> {
  readonly content: Content;
  readonly lifetimeMs: number;
  readonly diesMs: number;
}

/**
 * What scripts keep by name: each entry dies a lifetime after it was put in, and a full cache loses
 * the entry that was not used for longest. Time is the simulated clock and never runs backwards.
 */
export class TimedCache<Content> {
  readonly #most: number;
  /** In order of use, the oldest first. */
  readonly #entries = new Map<string, Kept<Content>>();
  /** By lifetime, each in order of death; scripts know few lifetimes. */
  readonly #dying = new Map<number, Map<string, Kept<Content>>>();

  /** @param most entries, from 1 */
  constructor(most: number) {
    this.#most = most;
  }

  /** What is kept by the name, which is a use; undefined: nothing, or it is dead. */
  get(name: string, nowMs: number): Content | undefined {
    const entry = this.#entries.get(name);
    if (entry === undefined) return undefined;
    if (entry.diesMs <= nowMs) {
      this.delete(name);
      return undefined;
    }
    this.#entries.delete(name);
    this.#entries.set(name, entry);
    return entry.content;
  }

  /** @param lifetimeMs from now; `Infinity`: it does not die by itself */
  set(name: string, content: Content, lifetimeMs: number, nowMs: number): void {
    this.delete(name);
    this.#bury(nowMs);
    if (this.#entries.size >= this.#most) {
      const [oldest] = this.#entries.keys();
      this.delete(oldest);
    }
    const entry = { content, lifetimeMs, diesMs: nowMs + lifetimeMs };
    this.#entries.set(name, entry);
    const dying = this.#dying.get(lifetimeMs);
    if (dying === undefined) this.#dying.set(lifetimeMs, new Map([[name, entry]]));
    else dying.set(name, entry);
  }

  delete(name: string): void {
    const entry = this.#entries.get(name);
    if (entry === undefined) return;
    this.#entries.delete(name);
    const dying = this.#dying.get(entry.lifetimeMs);
    dying?.delete(name);
    if (dying?.size === 0) this.#dying.delete(entry.lifetimeMs);
  }

  /** Takes the dead out, so that they hold no place. */
  #bury(nowMs: number): void {
    for (const dying of this.#dying.values()) {
      for (const [name, { diesMs }] of dying) {
        if (diesMs > nowMs) break;
        this.delete(name);
      }
    }
  }
}
