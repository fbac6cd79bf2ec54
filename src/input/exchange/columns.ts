/** The columns that we read of either log, as `#Fields` names them (formats, section 12). */
export const COLUMNS = [
  'date-time',
  // message tracking
  'client-ip',
  'client-hostname',
  'server-hostname',
  'source-context',
  'connector-id',
  'source',
  'event-id',
  'internal-message-id',
  'recipient-address',
  'recipient-status',
  'total-bytes',
  'recipient-count',
  'sender-address',
  'return-path',
  'original-client-ip',
  'custom-data',
  // SMTP protocol
  'session-id',
  'remote-endpoint',
  'event',
  'data',
] as const;
export type Column = (typeof COLUMNS)[number];

/** What a file holds: its header says so. */
export type ExchangeLog = 'tracking' | 'receive' | 'other';

/** Where the columns stand in the records that follow a `#Fields` line; they differ by version. */
export class ColumnMap {
  /** How many columns there are; 0 before the first `#Fields`. */
  count = 0;
  readonly #places = new Map<Column, number>();

  /** @param list the names as `#Fields` lists them: `date-time,client-ip,…` */
  read(list: string): void {
    const names = list.split(',').map((name) => name.trim().toLowerCase());
    this.count = names.length;
    this.#places.clear();
    for (const column of COLUMNS) {
      const place = names.indexOf(column);
      if (place >= 0) this.#places.set(column, place);
    }
  }

  /** -1 when there is no such column. */
  of(column: Column): number {
    return this.#places.get(column) ?? -1;
  }

  /** Send connectors write the same columns, so `#Log-type` decides where it is there. */
  log(logType: string): ExchangeLog {
    if (this.of('event-id') >= 0 && this.of('source') >= 0) return 'tracking';
    if (this.of('session-id') < 0 || this.of('event') < 0) return 'other';
    return /send/i.test(logType) ? 'other' : 'receive';
  }
}
