import type { Place } from '../mistakes.ts';
import { NO_COMMENTS, type EntryComments } from './lua-comments.ts';

/** Keys from a table down to one of its entries; strings are bytes, as in the machine. */
export type EntryPath = readonly (string | number)[];

export type LinePlace = Place & { readonly line: number };

/** One setting as the text of a file shows it. */
export interface Entry {
  readonly place: LinePlace;
  comments: EntryComments;
  readonly members: Map<string | number, Entry>;
  /** What it was assigned from, where that was a name. */
  from: EntryPath | undefined;
}

export const newEntry = (place: LinePlace): Entry => ({
  place,
  comments: NO_COMMENTS,
  members: new Map(),
  from: undefined,
});

/** Where in a path the settings begin that an import reads. */
const HEADS: readonly (string | number)[] = [
  'audit_series',
  'concurrent_connection_limits',
  'whitelist',
];

/** The settings of a file below `dp_config`, whatever the file calls that. */
export class EntryTree {
  readonly root: Entry;
  /** Local names for other tables. */
  readonly #names = new Map<string, EntryPath>();

  /** @param place what stands for all that the text does not show */
  constructor(place: LinePlace) {
    this.root = newEntry(place);
  }

  /** The path as an import asks for it. */
  settle(path: EntryPath): EntryPath {
    const known = this.#names.get(String(path[0]));
    const whole = known === undefined ? path : [...known, ...path.slice(1)];
    const config = whole.indexOf('dp_config');
    if (config === 0 || (config === 1 && whole[0] === 'msys')) return whole.slice(config + 1);
    const head = whole.findIndex((key) => HEADS.includes(key));
    return head === -1 ? whole : whole.slice(head);
  }

  /** The entry at a settled path, made new: what stood there before was replaced by the script. */
  make(path: EntryPath, place: LinePlace): Entry {
    let entry = this.root;
    for (const [index, key] of path.entries()) {
      let next = entry.members.get(key);
      if (next === undefined || index === path.length - 1) {
        next = newEntry(place);
        entry.members.set(key, next);
      }
      entry = next;
    }
    return entry;
  }

  /** From here on the name stands for another table. */
  rename(name: string | number, from: EntryPath): void {
    this.#names.set(String(name), from);
  }

  /** The entry at a path, or the innermost one around it that the text shows. */
  find(path: EntryPath): { readonly entry: Entry; readonly whole: boolean } {
    let entry = this.root;
    for (const key of path) {
      const next = entry.members.get(key) ?? this.#source(entry)?.members.get(key);
      if (next === undefined) return { entry, whole: false };
      entry = next;
    }
    return { entry, whole: true };
  }

  #source(entry: Entry): Entry | undefined {
    let found: Entry | undefined = entry.from && this.root;
    for (const key of entry.from ?? []) found = found?.members.get(key);
    return found;
  }

  /** Settings that the file keeps in a table of its own count as those of `dp_config`. */
  gather(): void {
    const { members } = this.root;
    const holders = [...members.values()].filter((one) =>
      HEADS.some((key) => one.members.has(key)),
    );
    for (const holder of holders) {
      for (const [key, member] of holder.members) if (!members.has(key)) members.set(key, member);
    }
  }
}
