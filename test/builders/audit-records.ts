import type { AuditSink, ClosedWindow } from '../../src/engine/port.ts';
import type { SeriesSnapshot } from '../../src/model/series-snapshot.ts';

/** A sink that keeps what an engine hands out, in order. */
export class AuditRecords implements AuditSink {
  readonly windows: ClosedWindow[] = [];
  readonly journals: SeriesSnapshot[] = [];

  windowClosed(window: ClosedWindow): void {
    this.windows.push(window);
  }

  journal(snapshot: SeriesSnapshot): void {
    this.journals.push(snapshot);
  }
}
