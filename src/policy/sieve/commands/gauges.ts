import { wholeOf } from '../question.ts';
import type { Run } from '../run.ts';
import { fail, type CommandBinder, type CommandSet, type Site } from '../site.ts';
import { ByNode, notReplicated } from '../../momentum/by-node.ts';
import { TimedCache } from '../../momentum/timed-cache.ts';
import { textOf } from '../value.ts';

interface Limits {
  readonly most: number;
  /** 0: entries do not die by themselves. */
  readonly ttlSeconds: number;
}

interface Gauge extends Limits {
  readonly counts: TimedCache<number>;
}

type NamedGauges = Map<string, Gauge>;

/** The gauge caches of a policy: what a node has made, those of the cluster among it. */
class Gauges {
  readonly made = new ByNode((): NamedGauges => new Map());
}

const init: CommandBinder = (site, binding) => {
  const { made } = binding.shared(Gauges);
  const [name, max, ttl, replicate] = site.positional;
  const { gauges: isTold } = binding.world.audit.replication;
  return (run) => {
    const key = textOf(name.get(run));
    const most = wholeOf(site, 'max', max.get(run), 0);
    const ttlSeconds = wholeOf(site, 'ttl', ttl.get(run), 0);
    if (most < 1) fail(site, `${site.name}: max must be 1 or more`);
    if (ttlSeconds < 0) fail(site, `${site.name}: ttl must be 0 or more`);
    const isReplicated = wholeOf(site, 'replicate', replicate?.get(run), 0) !== 0;
    if (isReplicated && !isTold) run.world.note(site, 'doubt', notReplicated('gauge_cache'));
    const own = made.at(run.event);
    let gauge = own.get(key);
    if (gauge === undefined) {
      const scope = isReplicated && isTold ? 'cluster' : 'node';
      gauge = gaugeIn(made.at(run.event, scope), key, { most, ttlSeconds });
      own.set(key, gauge);
    }
    if (gauge.most !== most || gauge.ttlSeconds !== ttlSeconds) {
      run.world.note(site, 'doubt', 'the cache has other limits already, which stay');
    }
    return undefined;
  };
};

/** The gauge of this name, with these limits if it is new. */
function gaugeIn(gauges: NamedGauges, name: string, limits: Limits): Gauge {
  const known = gauges.get(name);
  if (known !== undefined) return known;
  const gauge = { ...limits, counts: new TimedCache<number>(limits.most) };
  gauges.set(name, gauge);
  return gauge;
}

/** The gauge that a command names; undefined, and told, where the node has made none. */
function gaugeOf(run: Run, site: Site, { made }: Gauges): Gauge | undefined {
  const [name] = site.positional;
  const gauge = made.at(run.event).get(textOf(name?.get(run)));
  if (gauge === undefined) {
    run.world.note(site, 'doubt', 'no ec_gauge_cache_init has run for this cache: it counts 0');
  }
  return gauge;
}

function change(by: 1 | -1): CommandBinder {
  return (site, binding) => {
    const gauges = binding.shared(Gauges);
    const [, key] = site.positional;
    return (run) => {
      const gauge = gaugeOf(run, site, gauges);
      if (gauge === undefined) return undefined;
      const { counts, ttlSeconds } = gauge;
      const { nowMs } = run.event;
      const text = textOf(key?.get(run));
      const lifetimeMs = ttlSeconds === 0 ? Infinity : ttlSeconds * 1000;
      counts.set(text, (counts.get(text, nowMs) ?? 0) + by, lifetimeMs, nowMs);
      return undefined;
    };
  };
}

const get: CommandBinder = (site, binding) => {
  const gauges = binding.shared(Gauges);
  const [, key] = site.positional;
  return (run) => {
    const counts = gaugeOf(run, site, gauges)?.counts;
    return String(counts?.get(textOf(key?.get(run)), run.event.nowMs) ?? 0);
  };
};

export const GAUGES: CommandSet = {
  commands: {
    ec_gauge_cache_init: init,
    ec_gauge_cache_inc: change(1),
    ec_gauge_cache_dec: change(-1),
    ec_gauge_cache_get: get,
  },
};
