import type { SeriesSnapshot } from '../../src/model/series-snapshot.ts';
import {
  METRICS,
  prefixOf,
  seriesName,
  stepsOf,
  windowsOf,
  type AskStep,
  type ClusterPolicy,
  type ClusterStep,
  type StepPlace,
} from './cluster-plans.ts';
import { serviceOf, textKey } from './cluster-texts.ts';
import { correlate, type CorrelatedEvent } from './correlated-events.ts';
import type { EventRow } from './event-batches.ts';
import { releaseOf } from './event-sources.ts';
import { ObviousCluster, type ClusterWindow, type Counted } from './obvious-cluster.ts';
import { blockOf } from './obvious-rules.ts';

/** How the policy is written. */
export type Face = 'sieve' | 'lua' | 'yaml';

const KIND_OF = { connections: 'connect', receptions: 'reception', rejections: 'rejection' };

/** Who asks, and of whom. */
interface Asker {
  readonly node: string;
  readonly ip: string;
  readonly listener: string;
  readonly recipient: string;
}

/** What a policy must be told over a history of several nodes, by section 7 read word for word. */
export class ClusterTruth {
  /** What scripts log, in order. */
  readonly logs: string[] = [];
  /** `rule key time count` of each firing, in order. */
  readonly firings: string[] = [];
  readonly cluster: ObviousCluster;
  readonly #face: Face;
  readonly #policy: ClusterPolicy;
  readonly #steps: readonly ClusterStep[];
  readonly #metrics: readonly Counted[];
  readonly #series: readonly Counted[];

  constructor(policy: ClusterPolicy, face: Face) {
    this.#policy = policy;
    this.#face = face;
    this.#steps = stepsOf(policy);
    this.cluster = new ObviousCluster(policy.replication, false, policy.log.intervalMs);
    this.#metrics = METRICS.flatMap((name) =>
      policy.monitors.map((monitor): Counted => {
        return { name, type: 'ip', monitor, kept: monitor.windows + 1 };
      }),
    );
    this.#series = policy.series.map(({ type, monitor }, index) => {
      const own = face === 'sieve' ? 'ip' : type;
      return { name: seriesName(index), type: own, monitor, kept: monitor.windows };
    });
  }

  /** @param stream rows of all inputs in the order of the stream */
  run(stream: readonly EventRow[], sessionTimeoutMs: number): this {
    correlate(stream, sessionTimeoutMs).events.forEach((event, index) => {
      const row = stream[index];
      const asker = {
        node: row.node ?? '',
        ip: event.ip,
        listener: event.listener,
        recipient: row.recipient ?? '',
      };
      for (const { change, timeMs, ...session } of event.changes) {
        this.cluster.advance(timeMs);
        if (change < 0) this.#script('end', { ...session, ip: known(session.ip), recipient: '' });
        if (session.ip !== 'unknown') this.cluster.session(session, change);
      }
      this.cluster.advance(releaseOf(row));
      const counted = this.#count(asker, row);
      if (row.releaseMs !== undefined) return;
      if (this.#face === 'yaml') this.#judge(asker, event, row, counted);
      else for (const place of placesOf(event)) this.#script(place, asker);
    });
    this.cluster.advance(Infinity);
    return this;
  }

  journals(): SeriesSnapshot[] {
    const included = this.#policy.log.included.map((index) => seriesName(index));
    return this.cluster.managerJournals((name) => included.includes(name));
  }

  windows(): ClusterWindow[] {
    return [...this.#metrics, ...this.#series].flatMap((of) => this.cluster.allWindows(of));
  }

  /** @returns what counted the event */
  #count({ node, ip, recipient }: Asker, row: EventRow): Set<Counted> {
    const counted = new Set<Counted>();
    for (const of of this.#metrics) {
      if (row.kind !== KIND_OF[of.name as 'connections'] || ip === '') continue;
      if (this.cluster.event(of, node, ip, row.timeMs)) counted.add(of);
    }
    this.#policy.series.forEach(({ kinds, amount, replicate }, index) => {
      if (this.#face !== 'yaml' || !kinds.some((kind) => kind === row.kind)) return;
      const of = this.#series[index];
      const key = of.type === 'string' ? recipient : ip;
      if (!holds(of, key)) return;
      const added = { of, replicate, node, key, amount, timeMs: row.timeMs };
      if (this.cluster.add(added)) counted.add(of);
    });
    return counted;
  }

  #script(place: StepPlace, asker: Asker): void {
    if (this.#face === 'yaml' || (place === 'end' && this.#face === 'sieve')) return;
    this.#steps.forEach((step, index) => {
      if (step.at !== place) return;
      if (step.type === 'add') this.#add(step, asker, index);
      else this.logs.push(`${index} ${this.#told(step, asker, textKey(index))}`);
    });
  }

  #add(step: ClusterStep & { readonly type: 'add' }, { node, ip }: Asker, index: number): void {
    const isLua = this.#face === 'lua';
    const of = this.#series[step.series];
    const key = of.type === 'string' ? textKey(index) : ip;
    if (!holds(of, key)) return;
    const { replicate } = isLua ? this.#policy.series[step.series] : step;
    this.cluster.add({ of, replicate, node, key, amount: step.amount, isLua });
  }

  /** Judges each rule where its phase is implied, or else where it counts. */
  #judge(asker: Asker, event: CorrelatedEvent, row: EventRow, counted: Set<Counted>): void {
    this.#steps.forEach((step, index) => {
      if (step.type === 'add') return;
      const at = step.type === 'sessions' ? 'connect' : step.at;
      const isDue =
        step.at === 'end'
          ? counted.has(this.#countedBy(step))
          : event.phases.split(' ').includes(at);
      if (!isDue) return;
      const of = step.type === 'series' ? this.#series[step.series] : undefined;
      const isText = of?.type === 'string';
      const count = this.#told(step, asker, isText ? asker.recipient : '');
      if (count <= step.above) return;
      const key = isText ? asker.recipient : blockOf(asker.ip, prefixOf(step.mask));
      this.firings.push(`r${index} ${key} ${row.timeMs} ${count}`);
    });
  }

  #countedBy(step: AskStep): Counted {
    if (step.type === 'series') return this.#series[step.series];
    if (step.type === 'sessions') throw new Error('sessions are asked at connects');
    const monitor = this.#policy.monitors[step.monitor];
    return this.#metrics.find((one) => one.name === step.metric && one.monitor === monitor)!;
  }

  /** The answer to a step. */
  #told(step: AskStep, { node, ip, listener }: Asker, text: string): number {
    const { cluster } = this;
    const isYaml = this.#face === 'yaml';
    const prefix = prefixOf(step.mask);
    if (step.type === 'sessions') {
      if (ip === '') return 0;
      if (isYaml) {
        const service = serviceOf(step.of);
        return cluster.openSessions(node, step.scope, ip, { prefix, service });
      }
      if (step.of === 'listener') {
        // Lua asks the address alone there.
        const own = this.#face === 'lua' ? prefixOf(undefined) : prefix;
        return cluster.openSessions(node, 'node', ip, { prefix: own, listener });
      }
      const view = step.of === 'inbound_cidr' ? 'cluster' : 'node';
      return cluster.openSessions(node, view, ip, { prefix, service: serviceOf(step.of) });
    }
    const of = this.#countedBy(step);
    const windows = windowsOf(this.#policy, step);
    const asked = of.type === 'string' ? { key: text } : { key: ip, prefix };
    if (!holds(of, asked.key)) return 0;
    if (isYaml && step.scope === 'all') return cluster.allCount(of, asked, windows);
    if (step.type === 'series') return cluster.nodeCount(node, of, asked, windows);
    return !isYaml && step.view === 'cluster'
      ? cluster.clusterMetric(node, of, asked, windows)
      : cluster.nodeMetric(node, of, asked, windows);
  }
}

/** Whether a key can be in a series. */
function holds({ type }: Counted, key: string): boolean {
  if (key === '') return false;
  if (type === 'cidr') return !key.includes(':');
  return type !== 'cidr_ipv6' || key.includes(':');
}

function placesOf({ phases }: CorrelatedEvent): StepPlace[] {
  const all = phases.split(' ');
  return (['connect', 'rcptto'] as const).filter((phase) => all.includes(phase));
}

const known = (ip: string): string => (ip === 'unknown' ? '' : ip);
