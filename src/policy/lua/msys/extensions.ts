import { parseNetwork } from '../../../model/address.ts';
import { parseDnsFixture, nameOf, typeOf, type DnsAnswers } from '../../sieve/dns-fixture.ts';
import { macroOf } from '../../sieve/macros.ts';
import { regExpOf } from '../../sieve/pcre.ts';
import { parseNetworkList, type NetworkList } from '../../sieve/rbldnsd.ts';
import { TimedCache } from '../../sieve/timed-cache.ts';
import { unquote, partsOf } from '../../sieve/strings.ts';
import { bytesOf, textOf } from '../bytes.ts';
import { libraryTable, type Arguments } from '../library/arguments.ts';
import type { LuaTable, LuaValue } from '../value.ts';
import { placeOf, tell, type MsysWorld } from './world.ts';

const WHITELIST = 'dp_whitelist_';

/** `msys.expandMacro`: the macros of Sieve strings. */
export function expandMacro(msys: MsysWorld, given: Arguments): LuaValue {
  const text = textOf(given.text(1));
  const { world, recipient } = msys;
  const moment = { world, event: world.event, recipient };
  const parts = partsOf(
    unquote(text.replaceAll('\\', '\\\\'), 0, text.replaceAll('\\', '\\\\').length),
  );
  const place = placeOf(msys);
  const shown = parts.map((part) => {
    if (part.type === 'literal') return part.text;
    if (part.type === 'variable') return `\${${part.name}}`;
    return macroOf(part.text, place, world)(moment);
  });
  return bytesOf(shown.join(''));
}

/** `msys.dnsLookup(name, type)` answers from the fixture: a list, or nil and the status. */
export function dnsLookup(msys: MsysWorld): (given: Arguments) => readonly LuaValue[] {
  const { files, host } = msys;
  let answers: DnsAnswers | undefined;
  if (files.dnsFixture !== undefined) {
    answers = parseDnsFixture(files.dnsFixture.text, files.dnsFixture.file).answers;
  }
  return (given) => {
    const name = textOf(given.text(1));
    const type = typeOf(given.text(2));
    if (type === undefined) return host.fail(`unknown record type '${given.text(2)}'`);
    if (answers === undefined) {
      tell(msys, 'not-simulated', 'msys.dnsLookup without --dns-fixture');
      return [undefined, 'NXDOMAIN'];
    }
    const found = answers.get(nameOf(name))?.get(type);
    if (found === undefined) return [undefined, 'NXDOMAIN'];
    return [listOf(msys, found.map(bytesOf))];
  };
}

function listOf({ host }: MsysWorld, values: readonly LuaValue[]): LuaTable {
  const table = host.newTable();
  values.forEach((value, index) => table.set(index + 1, value));
  return table;
}

/** `msys.pcre.match(text, pattern)`: captures by number and name, or nil. */
export function pcreTable(msys: MsysWorld): LuaTable {
  const { host } = msys;
  return libraryTable(host, 'msys.pcre', {
    match: (_, given) => {
      const text = textOf(given.text(1));
      let pattern: RegExp;
      try {
        pattern = regExpOf(textOf(given.text(2)), false);
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        return [undefined, bytesOf(message), 1];
      }
      const match = pattern.exec(text);
      if (match === null) return [undefined, undefined, 0];
      const table = host.newTable();
      match.forEach((group, index) => table.set(index, bytesOf(group ?? '')));
      for (const [name, group] of Object.entries(match.groups ?? {})) {
        table.set(bytesOf(name), bytesOf(group ?? ''));
      }
      return [table];
    },
  });
}

/** `msys.cidr`: lists of networks from rbldnsd files. */
export function cidrTable(msys: MsysWorld): LuaTable {
  const { host, files } = msys;
  const lists = new Map<string, NetworkList>();
  return libraryTable(host, 'msys.cidr', {
    define: (_, given) => {
      const options = given.table(1);
      const option = (key: string): string => {
        const value = options.get(key);
        return typeof value === 'string' ? textOf(value) : '';
      };
      const name = option('name') || option('cidrname');
      const query = option('query') || option('source');
      if (name === '') host.fail('msys.cidr.define needs a name');
      try {
        const file = query.replace(/^file:\/\//, '').split('?')[0];
        lists.set(name, parseNetworkList(files.read(file, host.where(1)?.name ?? '').text));
      } catch (error) {
        host.fail(`msys.cidr.define '${name}': ${error instanceof Error ? error.message : ''}`);
      }
      return [true];
    },
    query: (_, given) => {
      const list = lists.get(textOf(given.text(1)));
      if (list === undefined) return host.fail(`no list '${given.text(1)}' is defined`);
      const { batch, row } = msys.world.event;
      const ip = given.isMissing(2) ? undefined : parseNetwork(textOf(given.text(2)));
      const entry =
        ip === undefined
          ? list.entries.find(batch.family[row], batch.ip, row * 4)
          : list.entries.find(ip.family, ip.words, 0);
      return [entry?.a === undefined ? undefined : bytesOf(entry.txt || entry.a)];
    },
    reload: () => [true],
  });
}

/** `msys.gauge_cache`: keyed counts that die some time after their last change. */
export function gaugeTable(msys: MsysWorld): LuaTable {
  const { host, world } = msys;
  const gauges = new Map<string, { ttlSeconds: number; counts: TimedCache<number> }>();
  const gaugeOf = (given: Arguments): { ttlSeconds: number; counts: TimedCache<number> } => {
    const gauge = gauges.get(textOf(given.text(1)));
    return gauge ?? host.fail(`no gauge cache '${given.text(1)}' is defined`);
  };
  const change = (given: Arguments, sign: number): LuaValue => {
    const { counts, ttlSeconds } = gaugeOf(given);
    const { nowMs } = world.event;
    const key = given.text(2);
    const amount = given.isMissing(3) ? 1 : given.number(3);
    const count = (counts.get(key, nowMs) ?? 0) + sign * Math.trunc(amount);
    counts.set(key, count, ttlSeconds === 0 ? Infinity : ttlSeconds * 1000, nowMs);
    return count;
  };
  return libraryTable(host, 'msys.gauge_cache', {
    define: (_, given) => {
      const name = textOf(given.text(1));
      const most = given.whole(2);
      if (most < 1) return given.reject(2, '1 or more expected');
      if (!gauges.has(name)) {
        gauges.set(name, { ttlSeconds: given.wholeOr(3, 0), counts: new TimedCache(most) });
      }
      return [true];
    },
    inc: (_, given) => [change(given, 1)],
    dec: (_, given) => [change(given, -1)],
    get: (_, given) => [gaugeOf(given).counts.get(given.text(2), world.event.nowMs) ?? 0],
    remove_item: (_, given) => (gaugeOf(given).counts.delete(given.text(2)), []),
  });
}

/** `msys.pbp`: what the vendor's own policies are made of. */
export function pbpTable(msys: MsysWorld): LuaTable {
  const { host, world } = msys;
  const context = (): Map<string, string> => world.event.session.context;
  return libraryTable(host, 'msys.pbp', {
    set_whitelist: (_, given) => {
      // Samples leave out the type of the context.
      const name = given.count > 3 ? given.text(3) : given.text(2);
      const value = given.at(given.count);
      if (value === false || value === undefined) context().delete(WHITELIST + name);
      else context().set(WHITELIST + name, '1');
      return [];
    },
    check_whitelist: (_, given) => {
      const names = given.at(2);
      const all: LuaValue[] = [];
      if (typeof names === 'object' && names.kind === 'table') {
        for (let i = 1; i <= names.length; i++) all.push(names.get(i));
      } else all.push(names);
      return [all.some((name) => context().has(WHITELIST + host.toText(name)))];
    },
    fcdns_check: () => {
      tell(msys, 'not-simulated', 'msys.pbp.fcdns_check');
      return [true];
    },
    size_in_bytes: (_, given) => [sizeInBytes(given)],
  });
}

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** `30m` is 31457280. */
function sizeInBytes(given: Arguments): number {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([kmg]?)b?\s*$/i.exec(given.text(1));
  if (match === null) return given.reject(1, 'a size such as "30m" expected');
  return Math.trunc(Number(match[1]) * UNITS[match[2].toLowerCase()]);
}
