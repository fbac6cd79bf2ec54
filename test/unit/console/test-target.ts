import { AuditConsole } from '../../../src/console/audit-console.ts';
import type { ConsoleTarget } from '../../../src/console/target.ts';
import { AuditEngine } from '../../../src/engine/audit-engine.ts';
import type { SeriesPlan } from '../../../src/engine/port.ts';
import { NetworkSet } from '../../../src/model/address.ts';
import { Vocabulary } from '../../../src/model/vocabulary.ts';
import type { OpenSession } from '../../../src/simulate/replay.ts';
import { AuditRecords } from '../../builders/audit-records.ts';
import { batchOf, NOON_MS, type EventRow } from '../../builders/event-batches.ts';

/** Two windows ago, one window ago and now, in windows of 300 s. */
const EVENTS: readonly EventRow[] = [
  { timeMs: NOON_MS - 600_000, kind: 'connect', ip: '192.0.2.1' },
  { timeMs: NOON_MS - 600_000, kind: 'connect', ip: '2001:db8::7', node: 'mx1' },
  { timeMs: NOON_MS - 300_000, kind: 'connect', ip: '192.0.2.1' },
  { timeMs: NOON_MS - 300_000, kind: 'reception', ip: '192.0.2.129', node: 'mx2' },
  { timeMs: NOON_MS, kind: 'connect', ip: '198.51.100.7' },
  { timeMs: NOON_MS, kind: 'rejection', ip: '192.0.2.1', user: 'alice' },
  { timeMs: NOON_MS + 3000, kind: 'rejection', ip: '192.0.2.1', user: 'alice' },
];

const OPEN: readonly OpenSession[] = [
  { node: 'mx1', service: 'SMTP', ip: '2001:db8::7' },
  { node: 'mx1', service: 'SMTP', ip: '192.0.2.1' },
  { node: '', service: 'SMTP', ip: '192.0.2.129' },
  { node: 'mx1', service: 'Submission', ip: '198.51.100.7' },
  { node: '', service: 'SMTP', ip: '192.0.2.1' },
];

/** The engine after the events, with series of every type that count rejections. */
function engineOf(rows: readonly EventRow[]): AuditEngine {
  const vocabulary = new Vocabulary();
  const batch = batchOf(rows, vocabulary);
  const kinds = [vocabulary.kinds.id('rejection')!];
  const monitor = { intervalMs: 300_000, windows: 12 };
  const plan = (name: string, type: SeriesPlan['type']): SeriesPlan => {
    const key = type === 'string' ? 'user' : 'ip';
    const counts = { filter: undefined, amount: 1, serialize: false, replicate: 'none' } as const;
    return { name, type, monitor, kinds, key, ...counts };
  };
  const engine = new AuditEngine(
    {
      monitors: [
        { intervalMs: 300_000, windows: 2 },
        { intervalMs: 1_800_000, windows: 1 },
      ],
      series: [
        plan('bad_rcpt', 'cidr'),
        plan('six', 'cidr_ipv6'),
        plan('both', 'ip'),
        plan('logins', 'string'),
      ],
      ignore: new NetworkSet([]),
      vocabulary,
      top: 1,
      sink: new AuditRecords(),
    },
    batch,
  );
  rows.forEach(({ timeMs }, row) => {
    engine.start(timeMs);
    engine.shift(timeMs);
    engine.take(batch, row);
  });
  return engine;
}

export class TestConsole extends AuditConsole {
  readonly written: { out: string; err: string };

  constructor(
    target: Partial<ConsoleTarget> = {},
    rows: readonly EventRow[] = EVENTS,
    isRead = true,
  ) {
    const written = { out: '', err: '' };
    const clockMs = rows.at(-1)?.timeMs;
    super(
      {
        engine: engineOf(rows),
        clockMs,
        openSessions: () => OPEN,
        seriesDir: '.',
        ...target,
      },
      {
        out: (text) => {
          written.out += text;
          return isRead;
        },
        err: (text) => {
          written.err += text;
        },
      },
    );
    this.written = written;
  }

  /** What one command prints. */
  async answer(line: string): Promise<string> {
    this.written.out = '';
    await this.run(line);
    return this.written.out;
  }
}
