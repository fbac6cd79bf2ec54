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
import { ObviousCluster, type ClusterWindow } from './obvious-cluster.ts';
import type { Counted } from './obvious-counts.ts';
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
  /** Answers that what other nodes have counted is a part of. */
  fromOthers = 0;
  readonly #face: Face;
  readonly #policy: ClusterPolicy;
  readonly #steps: readonly ClusterStep[];
  readonly #metrics: readonly Counted[];
  readonly #series: readonly Counted[];

  constructor(policy: ClusterPolicy, face: Face) {
    this.#policy = policy;
    this.#face = face;
    this.#steps = stepsOf(policy);
    this.cluster = new ObviousCluster(
      policy.replication,
      policy.clampNegative,
      policy.log.intervalMs,
    );
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
      else if (step.type === 'remove') this.#remove(step, asker, index);
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

  #remove(
    step: ClusterStep & { readonly type: 'remove' },
    { node, ip }: Asker,
    index: number,
  ): void {
    if (this.#face === 'sieve') return;
    const of = this.#series[step.series];
    const asked =
      of.type === 'string' ? { key: textKey(index) } : { key: ip, prefix: prefixOf(step.mask) };
    const { replicate } = this.#policy.series[step.series];
    if (holds(of, asked.key)) this.cluster.remove(of, replicate, node, asked);
  }

  /** Judges each rule where its phase is implied, or else where it counts. */
  #judge(asker: Asker, event: CorrelatedEvent, row: EventRow, counted: Set<Counted>): void {
    this.#steps.forEach((step, index) => {
      if (step.type === 'add' || step.type === 'remove') return;
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
  #told(step: AskStep, asker: Asker, text: string): number {
    if (step.type === 'sessions') return this.#sessions(step, asker);
    return this.#counts(step, asker, text);
  }

  #sessions(step: AskStep & { readonly type: 'sessions' }, { node, ip, listener }: Asker): number {
    if (ip === '') return 0;
    const isListener = this.#face !== 'yaml' && step.of === 'listener';
    const asked = isListener
      ? // Lua asks the address alone there.
        { prefix: prefixOf(this.#face === 'lua' ? undefined : step.mask), listener }
      : { prefix: prefixOf(step.mask), service: serviceOf(step.of) };
    const open = (view: 'node' | 'cluster' | 'all'): number =>
      this.cluster.openSessions(node, view, ip, asked);
    if (this.#face === 'yaml') return this.#noted(open(step.scope), open('node'));
    return this.#noted(open(step.of === 'inbound_cidr' ? 'cluster' : 'node'), open('node'));
  }

  #counts(
    step: AskStep & { readonly type: 'series' | 'metric' },
    { node, ip }: Asker,
    text: string,
  ): number {
    const { cluster } = this;
    const of = this.#countedBy(step);
    const windows = windowsOf(this.#policy, step);
    const asked = of.type === 'string' ? { key: text } : { key: ip, prefix: prefixOf(step.mask) };
    if (!holds(of, asked.key)) return 0;
    const own = cluster.nodeMetric(node, of, asked, windows);
    if (this.#face === 'yaml' && step.scope === 'all') {
      return this.#noted(cluster.allCount(of, asked, windows), own);
    }
    if (step.type === 'series')
      return this.#noted(cluster.nodeCount(node, of, asked, windows), own);
    if (this.#face === 'yaml' || step.view === 'node') return own;
    return this.#noted(cluster.clusterMetric(node, of, asked, windows), own);
  }

  #noted(answer: number, own: number): number {
    if (answer !== own) this.fromOthers++;
    return answer;
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
