import type { Run } from '../run.ts';
import { fail, type CommandBinder, type CommandSet, type Site } from '../site.ts';
import { ByNode, notReplicated } from '../../momentum/by-node.ts';
import { TimedCache } from '../../momentum/timed-cache.ts';
import { textOf, type Value } from '../value.ts';

/** Entries of one cache; without a limit one whose values never die would grow with the log. */
const MOST_ENTRIES = 1_000_000;

type Cache = TimedCache<string>;

/** The caches of a policy, by name; any name is a cache. */
class ClusterCaches {
  readonly #byName = new Map<string, ByNode<Cache>>();

  /** That of the cluster, or of the node where nothing replicates the cache. */
  at(run: Run, name: string): Cache {
    let cache = this.#byName.get(name);
    if (cache === undefined) {
      cache = new ByNode((): Cache => new TimedCache(MOST_ENTRIES));
      this.#byName.set(name, cache);
    }
    return cache.at(run.event, isReplicated(run, name) ? 'cluster' : 'node');
  }
}

function isReplicated({ world }: Run, name: string): boolean {
  const { caches } = world.audit.replication;
  return caches === 'all' || caches.has(name);
}

const UNIT_MS: Readonly<Record<string, number>> = { '': 1000, M: 60_000, H: 3_600_000 };

/** `90`, `5M` or `2H`; without one, and with 0, the value does not expire. */
function lifetimeOf(site: Site, value: Value | undefined): number {
  const text = textOf(value).trim();
  if (text === '') return Infinity;
  const match = /^(\d{1,12})([MH]?)$/i.exec(text);
  if (match === null) fail(site, `${site.name}: '${text.slice(0, 64)}' is no time to live`);
  const lifetimeMs = Number(match[1]) * UNIT_MS[match[2].toUpperCase()];
  return lifetimeMs === 0 ? Infinity : lifetimeMs;
}

const set: CommandBinder = (site, binding) => {
  const caches = binding.shared(ClusterCaches);
  const [name, key, value, ttl] = site.positional;
  if (value === undefined) return () => fail(site, `${site.name} takes name, key, value and ttl`);
  return (run) => {
    const cacheName = textOf(name.get(run));
    if (!isReplicated(run, cacheName)) {
      run.world.note(site, 'doubt', notReplicated(`cache '${cacheName.slice(0, 64)}'`));
    }
    const cache = caches.at(run, cacheName);
    const text = textOf(value.get(run));
    cache.set(textOf(key.get(run)), text, lifetimeOf(site, ttl?.get(run)), run.event.nowMs);
    return undefined;
  };
};

const get: CommandBinder = (site, binding) => {
  const caches = binding.shared(ClusterCaches);
  const [name, key] = site.positional;
  if (key === undefined) return () => fail(site, `${site.name} takes name and key`);
  return (run) =>
    caches.at(run, textOf(name.get(run))).get(textOf(key.get(run)), run.event.nowMs) ?? '';
};

export const CACHES: CommandSet = {
  commands: { ec_cluster_cache_get: get, ec_cluster_cache_set: set },
};
