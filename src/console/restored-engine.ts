import { AuditEngine } from '../engine/audit-engine.ts';
import type { AuditState, FeedState } from '../engine/audit-state.ts';
import type { SeriesPlan } from '../engine/port.ts';
import { NetworkSet } from '../model/address.ts';
import { EventBatch } from '../model/event-batch.ts';
import { DEFAULT_MONITOR, parseMonitor, type Monitor } from '../model/monitor.ts';
import { Vocabulary } from '../model/vocabulary.ts';
import type { ReplayState } from '../simulate/replay-state.ts';
import type { OpenSession } from '../simulate/replay.ts';

/** An engine that holds the counts of a state, and nothing that only rules ask. */
export function restoredEngine(audit: AuditState | null): AuditEngine {
  const vocabulary = new Vocabulary();
  const feeds = audit?.feeds ?? [];
  const monitors = feeds.filter(({ name, isMetric }) => isMetric && name === 'connections');
  const engine = new AuditEngine(
    {
      monitors:
        audit === null ? [DEFAULT_MONITOR] : monitors.map((feed) => monitorOf(feed.monitor)),
      series: feeds.filter(({ isMetric }) => !isMetric).map(planOf),
      ignore: new NetworkSet([]),
      vocabulary,
      top: 1,
      sink: { windowClosed: () => undefined, journal: () => undefined },
    },
    new EventBatch(vocabulary, Buffer.alloc(0)),
  );
  // The first gauge is that of all sessions; the others belong to rules.
  if (audit !== null) {
    engine.restore({ ...audit, gauges: audit.gauges.slice(0, 1), distinct: [] });
  }
  return engine;
}

/** The open sessions of a state, whose gauge of all sessions has no address that was ignored. */
export function restoredSessions({ correlator, audit }: ReplayState): OpenSession[] {
  const counted = new Set(audit?.gauges[0].levels.flatMap(({ keys }) => keys));
  return correlator.sessions.filter(({ ip }) => counted.has(ip));
}

/** No event will come, so what the series counts does not matter. */
function planOf({ name, type, monitor }: FeedState): SeriesPlan {
  const key = type === 'string' ? 'user' : 'ip';
  const counts = {
    kinds: [],
    filter: undefined,
    key,
    amount: 1,
    serialize: false,
    replicate: 'none',
  } as const;
  return { name, type, monitor: monitorOf(monitor), ...counts };
}

function monitorOf(text: string): Monitor {
  return parseMonitor(text)!;
}
