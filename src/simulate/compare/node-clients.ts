import { METRICS } from '../../engine/audit-engine.ts';
import { KeyTable } from '../../engine/key-table.ts';
import { grown, type EventBatch } from '../../model/event-batch.ts';
import { FIRST_CUSTOM_KIND, KIND } from '../../model/event.ts';
import { COUNTED, countsOf, type ClientCounts } from '../../model/client-counts.ts';

/** By number of the kind: its place in `COUNTED`, -1 for all others. */
const PLACES = new Int8Array(FIRST_CUSTOM_KIND).fill(-1);
for (const { name, kind } of METRICS) PLACES[kind] = COUNTED.indexOf(name);
PLACES[KIND.auth_failure] = COUNTED.indexOf('auth_failure');

const FIRST_CLIENTS = 64;

/** The clients of one node and family; memory follows the clients, not their events. */
export class FamilyClients {
  readonly family: 4 | 6;
  size = 0;
  readonly #keys: KeyTable;
  /** Where in its row a client's counts begin; each is below 2^31. */
  readonly #countsAt: number;
  #entries = new Int32Array(FIRST_CLIENTS);

  constructor(family: 4 | 6) {
    this.family = family;
    this.#keys = new KeyTable(family === 4 ? 1 : 4);
    this.#countsAt = this.#keys.reserve(COUNTED.length);
  }

  /** Counts an event of the address at `ip[at .. at+3]`. */
  add(ip: Int32Array, at: number, place: number): void {
    const keys = this.#keys;
    const entry = keys.locate(ip[at], ip[at + 1], ip[at + 2], ip[at + 3]);
    const { cells, keyWords } = keys;
    if (cells[entry + keyWords] === 0) this.#begin(entry);
    cells[entry + this.#countsAt + place]++;
  }

  /** Word `word` of the address of the client that came as number `client`. */
  word(client: number, word: number): number {
    const keys = this.#keys;
    return word < keys.keyWords ? keys.key(this.#entries[client], word) : 0;
  }

  count(client: number, place: number): number {
    return this.#keys.cells[this.#entries[client] + this.#countsAt + place];
  }

  #begin(entry: number): void {
    this.#keys.use(entry);
    if (this.size === this.#entries.length) {
      this.#entries = grown(new Int32Array(this.size * 2), this.#entries);
    }
    this.#entries[this.size++] = entry;
  }
}

/** What one node saw. */
export class NodeClients {
  readonly v4 = new FamilyClients(4);
  readonly v6 = new FamilyClients(6);
  /** Events by place in `COUNTED`, those without an address included. */
  readonly #totals = new Float64Array(COUNTED.length);

  add(batch: EventBatch, row: number): void {
    const kind = batch.kind[row];
    const place = kind < PLACES.length ? PLACES[kind] : -1;
    if (place === -1) return;
    this.#totals[place]++;
    const family = batch.family[row];
    if (family === 4) this.v4.add(batch.ip, row * 4, place);
    else if (family === 6) this.v6.add(batch.ip, row * 4, place);
  }

  get totals(): ClientCounts {
    return countsOf((place) => this.#totals[place]);
  }
}
