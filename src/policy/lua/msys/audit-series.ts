import type { DefinedSeries } from '../../../engine/port.ts';
import { ADDRESS } from '../../../model/address.ts';
import {
  formatMonitor,
  MAX_INTERVAL_S,
  parseMonitor,
  type Monitor,
} from '../../../model/monitor.ts';
import { REPLICATES, type Replicate, type Replication } from '../../../model/replication.ts';
import type { SeriesType } from '../../../model/series-snapshot.ts';
import { didYouMean, nearest } from '../../../model/suggest.ts';
import type { ScriptPlace } from '../../script-policy.ts';
import { textOf } from '../bytes.ts';
import { libraryTable, type Arguments } from '../library/arguments.ts';
import { isTrue } from '../runtime.ts';
import { typeName } from '../type-name.ts';
import type { LuaTable, LuaValue } from '../value.ts';
import { countFor, optionsOf, windowsOf } from './audit.ts';
import { askedBlock, networkOf, type AskedBlock } from './block.ts';
import { ALONE, isAtEvent, placeOf, tell, type MsysWorld } from './world.ts';

const TYPES: readonly SeriesType[] = ['cidr', 'cidr_ipv6', 'string'];
/** Far beyond any policy; each event looks at all of them. */
const MAX_SERIES = 1000;
/** The server counts in 32 bits. */
const MAX_AMOUNT = 2 ** 31 - 1;

/** A series that a module has defined. */
interface LuaSeries {
  readonly name: string;
  readonly type: SeriesType;
  readonly monitor: Monitor;
  /** Where it was defined first: what is told once for a series is told of there. */
  readonly place: ScriptPlace;
  readonly counts: DefinedSeries;
  /** The server would count nothing of it: it has no cluster. */
  readonly isDead: boolean;
}

type AllSeries = Map<string, LuaSeries>;

/** `msys.audit_series`: named series of one type (momentum, 2.4). */
export function auditSeriesTable(msys: MsysWorld): LuaTable {
  const all: AllSeries = new Map();
  return libraryTable(msys.host, 'msys.audit_series', {
    define: (_, given) => {
      define(msys, all, given);
      return [true];
    },
    add: (_, given) => {
      add(msys, seriesOf(msys, all, given, 'add'), given);
      return [];
    },
    count: (_, given) => [count(msys, seriesOf(msys, all, given, 'count'), given)],
    remove_item: (_, given) => {
      removeItem(msys, seriesOf(msys, all, given, 'remove_item'), given);
      return [];
    },
  });
}

/** The same definition again is nothing new; another one is an error (momentum, 3.6, row 29). */
function define(msys: MsysWorld, all: AllSeries, given: Arguments): void {
  const { host } = msys;
  const name = textOf(given.text(1));
  if (name === '') host.fail('the name of the series is empty');
  const type = typeOf(msys, given, name);
  const monitor = monitorOf(given);
  const options = given.isMissing(5) ? host.newTable() : given.table(5);
  const wanted = options.get('replicate') ?? 'none';
  const replicate = REPLICATES.find((one) => one === wanted);
  if (replicate === undefined) {
    return host.fail(`replicate of series '${name}' must be "none", "cluster" or "manager"`);
  }
  const before = all.get(name);
  const shown = formatMonitor(monitor);
  if (before !== undefined && (before.type !== type || formatMonitor(before.monitor) !== shown)) {
    const { type: ownType, monitor: own } = before;
    host.fail(`series '${name}' is already defined as ${ownType} "${formatMonitor(own)}"`);
  }
  if (before === undefined && all.size === MAX_SERIES) host.fail(`more than ${MAX_SERIES} series`);
  const serialize = isTrue(options.get('serialize'));
  const persist = isTrue(options.get('persist'));
  const { audit } = msys.world;
  const isDead = replicate === 'cluster' && audit.replication.isSingleNode === true;
  const counts = audit.define({ name, type, monitor, serialize, persist, replicate });
  if (counts === undefined) {
    host.fail(`series '${name}' "${shown}" is already there with another type`);
  } else if (before === undefined) {
    all.set(name, { name, type, monitor, place: placeOf(msys), counts, isDead });
  }
  const doubt = doubtOf(replicate, audit.replication);
  if (doubt !== undefined) tell(msys, 'doubt', `series '${name}' is replicated ${doubt}`);
}

/** What becomes of a replicated series where nothing replicates it (semantics, section 7). */
function doubtOf(replicate: Replicate, replication: Replication): string | undefined {
  const { isSingleNode, series, manager } = replication;
  if (replicate === 'manager') return manager === undefined ? `to the manager ${ALONE}` : undefined;
  if (replicate === 'none') return undefined;
  if (isSingleNode === true) return 'to a cluster that is not configured: its adds count nothing';
  if (series === undefined) return `to the cluster ${ALONE}`;
  if (isSingleNode === false) return undefined;
  return 'to the cluster: a server that is a single node would count nothing';
}

function typeOf({ host }: MsysWorld, given: Arguments, name: string): SeriesType {
  const text = textOf(given.text(2));
  const type = TYPES.find((one) => one === text);
  if (type !== undefined) return type;
  const hint = didYouMean(text, TYPES) ?? `there are ${TYPES.join(', ')}`;
  return host.fail(`unknown type '${text}' of series '${name}'; ${hint}`);
}

function monitorOf(given: Arguments): Monitor {
  const [interval, windows] = [countFrom1(given, 3), countFrom1(given, 4)];
  const monitor = parseMonitor(`${interval},${windows}`);
  if (monitor !== undefined) return monitor;
  if (interval > MAX_INTERVAL_S) return given.reject(3, `at most ${MAX_INTERVAL_S} seconds`);
  return given.reject(4, 'too many windows');
}

/** A whole number from 1 on. */
function countFrom1(given: Arguments, position: number): number {
  const value = given.number(position);
  if (Number.isInteger(value) && value >= 1) return value;
  return given.reject(position, 'a whole number from 1 on expected');
}

/** The series that the first argument names. */
function seriesOf(msys: MsysWorld, all: AllSeries, given: Arguments, called: string): LuaSeries {
  const { host } = msys;
  if (given.at(1) === undefined) return failUnnamed(msys, all, called);
  const name = textOf(given.text(1));
  const found = all.get(name);
  if (found !== undefined) return found;
  const hint = didYouMean(name, all.keys());
  return host.fail(`series '${name}' is not defined${hint === undefined ? '' : `; ${hint}`}`);
}

/** A name without its quotes is a variable that has no value (momentum, 3.6, row 4). */
function failUnnamed(msys: MsysWorld, all: AllSeries, called: string): never {
  const { script, line } = placeOf(msys);
  const text = msys.textOf(script)?.split('\n')[line - 1] ?? '';
  const written = new RegExp(`\\b${called}\\s*\\(\\s*([A-Za-z_]\\w*)`).exec(text)?.[1];
  const [only, other] = all.keys();
  const close = written === undefined ? undefined : nearest(written, all.keys());
  const meant = close ?? (other === undefined ? only : undefined);
  const what = written === undefined || written === 'nil' ? 'it' : `'${written}'`;
  const hint = meant === undefined ? '' : `; did you mean "${meant}"?`;
  return msys.host.fail(`the name of the series is nil, ${what} has no value${hint}`);
}

function add(msys: MsysWorld, series: LuaSeries, given: Arguments): void {
  const option = optionsOf(given, 'key');
  const amount = amountOf(msys, option('count'));
  if (series.type === 'string') {
    const key = textKey(msys, series, option('key'));
    if (isAtEvent(msys, 'msys.audit_series.add') && !series.isDead) {
      series.counts.addText(key, amount);
    }
    return;
  }
  const block = askedBlock(msys, option('key'));
  const whole = block.family === 4 ? ADDRESS.ipv4 : ADDRESS.ipv6;
  if (block.family !== 0 && block.bits !== whole) {
    msys.host.fail('add takes an address: the count of a block is that of its addresses');
  }
  if (!isAtEvent(msys, 'msys.audit_series.add') || !holds(msys, series, block)) return;
  if (!series.isDead) series.counts.add(block.family, block.words, block.at, amount);
}

function amountOf({ host }: MsysWorld, value: LuaValue): number {
  if (value === undefined) return 1;
  const amount = host.toNumber(value);
  if (amount === undefined || Number.isNaN(amount)) {
    return host.fail(`count must be a number, not a ${typeName(value)}`);
  }
  if (Math.abs(amount) > MAX_AMOUNT) host.fail(`a count of ${host.toText(value)} is too large`);
  return Math.trunc(amount);
}

function count(msys: MsysWorld, series: LuaSeries, given: Arguments): number {
  const option = optionsOf(given, 'key');
  const { monitor, counts } = series;
  const windows = windowsOf(msys, monitor, option('startv'), option('endv'));
  if (series.type === 'string') {
    const key = textKey(msys, series, option('key'));
    if (windows === undefined || !isAtEvent(msys, 'msys.audit_series.count')) return 0;
    return counts.countText(key, windows);
  }
  const block = askedBlock(msys, option('key'));
  if (windows === undefined || !isAtEvent(msys, 'msys.audit_series.count')) return 0;
  return holds(msys, series, block) ? countFor(block, counts.over(block.prefix, windows)) : 0;
}

/** An address or a block, out of all windows (momentum, 3.6, row 20). */
function removeItem(msys: MsysWorld, series: LuaSeries, given: Arguments): void {
  const key = optionsOf(given, 'key')('key');
  const isText = series.type === 'string';
  const text = isText ? textKey(msys, series, key) : '';
  const block = isText ? undefined : askedBlock(msys, key);
  if (!isAtEvent(msys, 'msys.audit_series.remove_item')) return;
  if (block === undefined) series.counts.remove(text);
  else if (holds(msys, series, block)) series.counts.remove(networkOf(block));
}

function textKey({ host }: MsysWorld, { name }: LuaSeries, key: LuaValue): string {
  if (typeof key === 'string' || typeof key === 'number') return textOf(host.toText(key));
  const what = key === undefined ? 'none is given' : `not a ${typeName(key)}`;
  return host.fail(`series '${name}' needs a string as its key, ${what}`);
}

/** Whether a series holds a family; where not, nothing is counted, which is told (momentum, 2.4). */
function holds({ world }: MsysWorld, series: LuaSeries, { family }: AskedBlock): boolean {
  const { name, type, place } = series;
  if (family !== 0 && (type === 'cidr') === (family === 4)) return true;
  const peer = family === 0 ? 'a peer that the log does not name' : `an IPv${family} address`;
  world.note(place, 'doubt', `series '${name}' is of type ${type}: ${peer} counts nothing there`);
  return false;
}
