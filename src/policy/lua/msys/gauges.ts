import type { Scope } from '../../../engine/port.ts';
import { didYouMean } from '../../../model/suggest.ts';
import { ByNode } from '../../momentum/by-node.ts';
import { TimedCache } from '../../momentum/timed-cache.ts';
import { textOf } from '../bytes.ts';
import { libraryTable, type Arguments } from '../library/arguments.ts';
import { isTrue } from '../runtime.ts';
import type { LuaTable } from '../value.ts';
import { ALONE, isAtEvent, tell, type MsysWorld } from './world.ts';

interface Gauge {
  readonly lifetimeMs: number;
  readonly counts: ByNode<TimedCache<number>>;
  readonly scope: Scope;
}

/** `msys.gauge_cache`: keyed counts that die some time after their last change. */
export function gaugeTable(msys: MsysWorld): LuaTable {
  const { host } = msys;
  const gauges = new Map<string, Gauge>();
  const gaugeOf = (given: Arguments): Gauge => {
    const name = textOf(given.text(1));
    const gauge = gauges.get(name);
    if (gauge !== undefined) return gauge;
    const hint = didYouMean(name, gauges.keys());
    return host.fail(`no gauge '${name}' is defined${hint === undefined ? '' : `; ${hint}`}`);
  };
  /** Undefined, and told, while there is no event: then no node is at hand either. */
  const countsOf = ({ counts, scope }: Gauge, called: string): TimedCache<number> | undefined => {
    const isCounted = isAtEvent(msys, `msys.gauge_cache.${called}`);
    return isCounted ? counts.at(msys.event, scope) : undefined;
  };
  const change = (given: Arguments, called: string, step: number): number => {
    const gauge = gaugeOf(given);
    const { lifetimeMs } = gauge;
    const { nowMs } = msys.event;
    const key = given.text(2);
    const counts = countsOf(gauge, called);
    if (counts === undefined) return 0;
    const count = (counts.get(key, nowMs) ?? 0) + step;
    counts.set(key, count, lifetimeMs, nowMs);
    return count;
  };
  return libraryTable(host, 'msys.gauge_cache', {
    define: (_, given) => {
      const name = textOf(given.text(1));
      const most = given.whole(2);
      const ttl = given.number(3);
      if (most < 1) given.reject(2, 'a number from 1 on expected');
      if (!(ttl >= 0)) given.reject(3, 'a number from 0 on expected');
      const isReplicated = isTrue(given.at(4));
      const isTold = msys.world.audit.replication.gauges;
      if (isReplicated && !isTold) tell(msys, 'doubt', `gauge '${name}' is replicated ${ALONE}`);
      if (gauges.has(name)) return [true];
      gauges.set(name, {
        lifetimeMs: ttl === 0 ? Infinity : ttl * 1000,
        counts: new ByNode(() => new TimedCache(most)),
        scope: isReplicated && isTold ? 'cluster' : 'node',
      });
      return [true];
    },
    inc: (_, given) => [change(given, 'inc', 1)],
    dec: (_, given) => [change(given, 'dec', -1)],
    get: (_, given) => {
      const [gauge, key] = [gaugeOf(given), given.text(2)];
      return [countsOf(gauge, 'get')?.get(key, msys.event.nowMs) ?? 0];
    },
    remove_item: (_, given) => {
      const [gauge, key] = [gaugeOf(given), given.text(2)];
      countsOf(gauge, 'remove_item')?.delete(key);
      return [];
    },
  });
}
