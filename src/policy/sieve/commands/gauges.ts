import { wholeOf } from '../question.ts';
import type { Run } from '../run.ts';
import { fail, type CommandBinder, type CommandSet, type Site } from '../site.ts';
import { TimedCache } from '../../momentum/timed-cache.ts';
import { textOf } from '../value.ts';

interface Gauge {
  readonly most: number;
  /** 0: its entries do not die by themselves. */
  readonly ttlSeconds: number;
  readonly counts: TimedCache<number>;
}

/** The gauge caches of a policy, by name. */
class Gauges {
  readonly byName = new Map<string, Gauge>();
}

const init: CommandBinder = (site, binding) => {
  const { byName } = binding.shared(Gauges);
  const [name, max, ttl] = site.positional;
  return (run) => {
    const key = textOf(name.get(run));
    const most = wholeOf(site, 'max', max.get(run), 0);
    const ttlSeconds = wholeOf(site, 'ttl', ttl.get(run), 0);
    if (most < 1) fail(site, `${site.name}: max must be 1 or more`);
    if (ttlSeconds < 0) fail(site, `${site.name}: ttl must be 0 or more`);
    const known = byName.get(key);
    if (known === undefined) {
      byName.set(key, { most, ttlSeconds, counts: new TimedCache(most) });
    } else if (known.most !== most || known.ttlSeconds !== ttlSeconds) {
      run.world.note(site, 'doubt', 'the cache has other limits already, which stay');
    }
    return undefined;
  };
};

/** The gauge that a command names; undefined, and told, where none was made. */
function gaugeOf(run: Run, site: Site, { byName }: Gauges): Gauge | undefined {
  const [name] = site.positional;
  const gauge = byName.get(textOf(name?.get(run)));
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
