import type { EventBatch } from '../../model/event-batch.ts';
import type { KindName } from '../../model/event.ts';
import { CsvTime } from '../csv-time.ts';
import type { ParserSetting } from '../dialects.ts';
import { LINE, type LineClass, type LogParser } from '../port.ts';
import { ColumnMap, type ExchangeLog } from './columns.ts';
import { ReceiveReader } from './receive.ts';
import { ExchangeRecord } from './record.ts';
import { readTracking } from './tracking.ts';

const HASH = 35;
const FIELDS = '#Fields:';
const LOG_TYPE = '#Log-type:';
const LACKS: Readonly<Record<ExchangeLog, readonly KindName[]>> = {
  tracking: ['connect', 'disconnect', 'rejection', 'auth_failure', 'auth_success', 'auth_aborted'],
  receive: ['reception', 'delivery', 'deferral', 'bounce', 'auth_aborted'],
  other: [],
};

/** A parser of message tracking logs and of the protocol logs of receive connectors. */
export function createExchangeParser(setting: ParserSetting): LogParser {
  return new ExchangeParser(setting);
}

class ExchangeParser implements LogParser {
  readonly dialect = 'exchange';
  lineTime = Number.NaN;
  reason = '';
  readonly #record: ExchangeRecord;
  readonly #receive: ReceiveReader;
  readonly #time = new CsvTime(() => 0);
  readonly #columns = new ColumnMap();
  #logType = '';
  #log: ExchangeLog = 'other';
  /** Fields that a record of a protocol log must have: what the client says comes behind them. */
  #reach = 0;

  constructor({ vocabulary, needs, node }: ParserSetting) {
    this.#record = new ExchangeRecord(vocabulary, needs, node);
    this.#receive = new ReceiveReader(this.#record);
  }

  get lacks(): readonly KindName[] {
    return LACKS[this.#log];
  }

  parseLine(batch: EventBatch, start: number, end: number, line: number): LineClass {
    const { bytes } = batch;
    this.lineTime = Number.NaN;
    if (bytes[start] === HASH && end > start) return this.#readHeader(bytes, start, end);
    const record = this.#record;
    if (this.#columns.count === 0) return this.#unparsed('no column names before');
    const { fields } = record;
    fields.split(bytes, start, end);
    const time = this.#columns.of('date-time');
    if (time < 0 || time >= fields.count) return this.#unparsed('no time stamp');
    this.lineTime = this.#time.read(bytes, fields.starts[time], fields.ends[time]);
    if (Number.isNaN(this.lineTime)) return this.#unparsed('no time stamp');
    if (this.#log === 'other') return LINE.irrelevant;
    record.batch = batch;
    record.bytes = bytes;
    record.lineNumber = line;
    record.start = start;
    record.end = end;
    record.timeMs = this.lineTime;
    const result = this.#log === 'receive' ? this.#readReceive() : this.#readTracking();
    if (result === LINE.unparsed) this.reason = record.reason;
    return result;
  }

  /** What a client says stands at the end and is quoted where it must be; the rest is the server's. */
  #readReceive(): LineClass {
    if (this.#record.fields.count < this.#reach) return this.#record.unparsed('too few fields');
    return this.#receive.read(this.#columns);
  }

  #readTracking(): LineClass {
    const { fields } = this.#record;
    if (fields.malformed) return this.#record.unparsed('quotes do not match');
    if (fields.count !== this.#columns.count) {
      return this.#record.unparsed('wrong number of fields');
    }
    return readTracking(this.#record, this.#columns);
  }

  /** `#Fields: date-time,…`, `#Log-type: …` and other lines of a header, which may come again. */
  #readHeader(bytes: Buffer, start: number, end: number): LineClass {
    const text = bytes.toString('latin1', start, end);
    if (text.startsWith(LOG_TYPE)) this.#logType = text.slice(LOG_TYPE.length);
    if (text.startsWith(FIELDS)) {
      this.#columns.read(text.slice(FIELDS.length));
      this.#reach = 1 + Math.max(this.#columns.of('event'), this.#columns.of('remote-endpoint'));
    }
    this.#log = this.#columns.log(this.#logType);
    return LINE.irrelevant;
  }

  #unparsed(reason: string): LineClass {
    this.reason = reason;
    return LINE.unparsed;
  }
}
