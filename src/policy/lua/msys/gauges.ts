import { didYouMean } from '../../../model/suggest.ts';
import { TimedCache } from '../../momentum/timed-cache.ts';
import { textOf } from '../bytes.ts';
import { libraryTable, type Arguments } from '../library/arguments.ts';
import type { LuaTable } from '../value.ts';
import type { MsysWorld } from './world.ts';

interface Gauge {
  readonly lifetimeMs: number;
  readonly counts: TimedCache<number>;
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
  const change = (given: Arguments, step: number): number => {
    const { counts, lifetimeMs } = gaugeOf(given);
    const { nowMs } = msys.event;
    const key = given.text(2);
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
      const lifetimeMs = ttl === 0 ? Infinity : ttl * 1000;
      if (!gauges.has(name)) gauges.set(name, { lifetimeMs, counts: new TimedCache(most) });
      return [true];
    },
    inc: (_, given) => [change(given, 1)],
    dec: (_, given) => [change(given, -1)],
    get: (_, given) => [gaugeOf(given).counts.get(given.text(2), msys.event.nowMs) ?? 0],
    remove_item: (_, given) => {
      gaugeOf(given).counts.delete(given.text(2));
      return [];
    },
  });
}
