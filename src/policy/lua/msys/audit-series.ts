import { ADDRESS, parseNetwork, type Network } from '../../../model/address.ts';
import { formatMonitor, MAX_INTERVAL_S, type Monitor } from '../../../model/monitor.ts';
import type { SeriesType } from '../../../model/series-snapshot.ts';
import { peerText } from '../../../model/field-value.ts';
import { didYouMean } from '../../../model/suggest.ts';
import { libraryTable, type Arguments } from '../library/arguments.ts';
import { typeName } from '../type-name.ts';
import { textOf } from '../bytes.ts';
import type { LuaTable, LuaValue } from '../value.ts';
import { countFor, windowsOf } from './audit.ts';
import { askedBlock } from './block.ts';
import { isUserdata, tell, type LuaSeries, type MsysWorld } from './world.ts';

const TYPES: readonly SeriesType[] = ['cidr', 'cidr_ipv6', 'string'];
const REPLICATED = ['none', 'cluster', 'manager'];

/** `msys.audit_series`: named series of one type (momentum, 2.4). */
export function auditSeriesTable(msys: MsysWorld): LuaTable {
  return libraryTable(msys.host, 'msys.audit_series', {
    define: (_, given) => [define(msys, given)],
    add: (_, given) => [add(msys, given)],
    count: (_, given) => [count(msys, given)],
    remove_item: (_, given) => [removeItem(msys, given)],
  });
}

function define(msys: MsysWorld, given: Arguments): LuaValue {
  const { host, series } = msys;
  const name = textOf(given.text(1));
  const typeText = given.text(2);
  const type = TYPES.find((one) => one === typeText);
  if (type === undefined) {
    return host.fail(
      `unknown type '${typeText}' of series '${name}'; there are ${TYPES.join(', ')}`,
    );
  }
  const monitor = { intervalMs: whole(given, 3) * 1000, windows: whole(given, 4) };
  if (monitor.intervalMs > MAX_INTERVAL_S * 1000)
    host.fail(`the interval of '${name}' is too long`);
  const options = given.isMissing(5) ? host.newTable() : given.table(5);
  const replicate = options.get('replicate') ?? 'none';
  if (!REPLICATED.some((one) => one === replicate)) {
    host.fail(`replicate of '${name}' must be "none", "cluster" or "manager"`);
  }
  if (replicate === 'cluster') {
    tell(
      msys,
      'doubt',
      `series '${name}' is replicated: a server that is a single node counts nothing`,
    );
  }
  const serialize = options.get('serialize') === true;
  const before = series.get(name);
  if (before !== undefined && !isSame(before, type, monitor)) {
    const { monitor: own } = before;
    return host.fail(
      `series '${name}' is defined as ${before.type} "${formatMonitor(own)}" already`,
    );
  }
  const counts = msys.world.audit.define({ name, type, monitor, serialize });
  if (counts === undefined) {
    return host.fail(`series '${name}' "${formatMonitor(monitor)}" is of another type elsewhere`);
  }
  series.set(name, { name, type, monitor, counts });
  return true;
}

function isSame(before: LuaSeries, type: SeriesType, { intervalMs, windows }: Monitor): boolean {
  const { monitor } = before;
  return before.type === type && monitor.intervalMs === intervalMs && monitor.windows === windows;
}

/** A whole number from 1 on. */
function whole(given: Arguments, position: number): number {
  const value = given.number(position);
  if (Number.isInteger(value) && value >= 1 && value <= 1_000_000_000) return value;
  return given.reject(position, 'a whole number from 1 on expected');
}

/** The series that the first argument names. */
function seriesOf({ host, series }: MsysWorld, given: Arguments): LuaSeries {
  const value = given.at(1);
  if (value === undefined) {
    const [only, other] = series.keys();
    const meant = only !== undefined && other === undefined ? `; did you mean "${only}"?` : '';
    return host.fail(`the name of the series is nil: a name stands in quotes${meant}`);
  }
  const name = textOf(given.text(1));
  const found = series.get(name);
  if (found !== undefined) return found;
  const hint = didYouMean(name, [...series.keys()]);
  return host.fail(`series '${name}' is not defined${hint === undefined ? '' : `; ${hint}`}`);
}

/** Options as a table; anything else is the key. */
function optionsOf(given: Arguments): (key: string) => LuaValue {
  const options = given.at(2);
  if (typeof options === 'object' && options.kind === 'table') return (key) => options.get(key);
  return (key) => (key === 'key' ? options : undefined);
}

function add(msys: MsysWorld, given: Arguments): LuaValue {
  const { host, world } = msys;
  const series = seriesOf(msys, given);
  const option = optionsOf(given);
  const countValue = option('count');
  const amount = countValue === undefined ? 1 : host.toNumber(countValue);
  if (amount === undefined || !Number.isFinite(amount)) {
    return host.fail(`count must be a number, not ${typeName(countValue)}`);
  }
  if (series.type === 'string') {
    series.counts.addText(textKey(msys, series, option('key')), Math.trunc(amount));
    return undefined;
  }
  const { address } = askedBlock(msys, addressOnly(msys, option('key')));
  const { batch, row } = world.event;
  const family = address?.family ?? batch.family[row];
  if (!holds(msys, series, family)) return undefined;
  const words = address?.words ?? batch.ip;
  series.counts.add(family, words, address === undefined ? row * 4 : 0, Math.trunc(amount));
  return undefined;
}

function count(msys: MsysWorld, given: Arguments): LuaValue {
  const series = seriesOf(msys, given);
  const option = optionsOf(given);
  const { monitor, counts } = series;
  const { start, end } = windowsOf(msys, monitor, option('startv'), option('endv'));
  if (start > end) return 0;
  if (series.type === 'string') {
    return counts.countText(textKey(msys, series, option('key')), { start, end });
  }
  const block = askedBlock(msys, option('key'));
  const { batch, row } = msys.world.event;
  if (!holds(msys, series, block.address?.family ?? batch.family[row])) return 0;
  return countFor(msys, block, counts.over(block.prefix, { start, end }));
}

function removeItem(msys: MsysWorld, given: Arguments): LuaValue {
  const series = seriesOf(msys, given);
  const key = optionsOf(given)('key');
  if (series.type === 'string') {
    series.counts.remove(textKey(msys, series, key));
    return undefined;
  }
  const network = networkOf(msys, key);
  if (network !== undefined && holds(msys, series, network.family)) series.counts.remove(network);
  return undefined;
}

/** A block or address, or the peer; undefined where the log does not name the peer. */
function networkOf(msys: MsysWorld, key: LuaValue): Network | undefined {
  const { batch, row } = msys.world.event;
  const isPeer = key === undefined || isUserdata(key, 'accept_construct');
  const text = isPeer ? peerText(batch, row) : textOf(msys.host.toText(key));
  if (text === '') return undefined;
  const whole = text.startsWith('/') ? `${peerText(batch, row)}${text}` : text;
  const network = parseNetwork(whole);
  if (network === undefined) msys.host.fail(`'${text}' is no address or block`);
  return network;
}

/** Adding takes an address, no block: a block is the sum of its addresses. */
function addressOnly({ host }: MsysWorld, key: LuaValue): LuaValue {
  if (typeof key !== 'string' || !key.includes('/')) return key;
  const network = parseNetwork(key);
  const whole = network?.family === 4 ? ADDRESS.ipv4 : ADDRESS.ipv6;
  if (network?.bits === whole) return key.slice(0, key.lastIndexOf('/'));
  return host.fail(`'${key}' is a block; add takes an address`);
}

function textKey({ host }: MsysWorld, { name }: LuaSeries, key: LuaValue): string {
  if (typeof key === 'string' || typeof key === 'number') return textOf(host.toText(key));
  return host.fail(`series '${name}' is of strings and needs a key`);
}

/** Whether a series holds a family; where not, nothing is counted, which is told (momentum, 2.4). */
function holds(msys: MsysWorld, { name, type }: LuaSeries, family: number): boolean {
  if (family === 0) {
    tell(msys, 'doubt', `the log does not name the peer: series '${name}' counts nothing`);
    return false;
  }
  if ((type === 'cidr') === (family === 4)) return true;
  tell(msys, 'doubt', `series '${name}' is of type ${type}: an IPv${family} peer counts nothing`);
  return false;
}
