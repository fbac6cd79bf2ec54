import type { BlockQuestion, MetricName } from '../../../engine/port.ts';
import { ADDRESS } from '../../../model/address.ts';
import { SERVICES } from '../../../model/event.ts';
import {
  formatMonitor,
  parseMonitor,
  type Monitor,
  type WindowRange,
} from '../../../model/monitor.ts';
import { didYouMean } from '../../../model/suggest.ts';
import { notReplicated } from '../../momentum/by-node.ts';
import { textOf } from '../bytes.ts';
import { libraryTable, type Arguments, type LibraryFunction } from '../library/arguments.ts';
import { isTrue } from '../runtime.ts';
import { typeName } from '../type-name.ts';
import type { LuaTable, LuaValue } from '../value.ts';
import { askedBlock, type AskedBlock } from './block.ts';
import { isAtEvent, tell, type MsysWorld } from './world.ts';

const METRICS: readonly MetricName[] = ['connections', 'receptions', 'rejections'];

/** `msys.audit`: the metrics of configured monitors, and open sessions. */
export function auditTable(msys: MsysWorld): LuaTable {
  const functions: Record<string, LibraryFunction> = {
    inbound_session_count: (_, given) => [sessionCount(msys, given.at(1), given.at(2))],
  };
  for (const name of METRICS) functions[name] = (_, given) => [metric(msys, name, given)];
  return libraryTable(msys.host, 'msys.audit', functions);
}

function monitorOf({ host, world }: MsysWorld, given: Arguments): Monitor {
  const { monitors } = world.audit;
  const text = textOf(given.text(1));
  const written = parseMonitor(text);
  const wanted = written && formatMonitor(written);
  const found = monitors.find((monitor) => formatMonitor(monitor) === wanted);
  if (found !== undefined) return found;
  const shown = monitors.map((monitor) => `"${formatMonitor(monitor)}"`).join(' ');
  return host.fail(`no monitor '${text}' is configured; there are ${shown}`);
}

/** `msys.audit.connections(monitor[, options])`; options that are no table are the cidr. */
function metric(msys: MsysWorld, name: MetricName, given: Arguments): number {
  const monitor = monitorOf(msys, given);
  const option = optionsOf(given, 'cidr');
  const windows = windowsOf(msys, monitor, option('startv'), option('endv'));
  const block = askedBlock(msys, option('cidr'));
  const scope = isTrue(option('cluster')) ? 'cluster' : 'node';
  if (windows === undefined || !isAtEvent(msys, `msys.audit.${name}`)) return 0;
  const { audit } = msys.world;
  if (scope === 'cluster' && audit.replication[name] === undefined) {
    tell(msys, 'doubt', notReplicated(name));
  }
  return countFor(block, audit.metric(name, monitor, scope).over(block.prefix, windows));
}

/** The second argument: a table of options, else the value of the main one. */
export function optionsOf(given: Arguments, main: string): (key: string) => LuaValue {
  const options = given.at(2);
  if (typeof options === 'object' && options.kind === 'table') return (key) => options.get(key);
  return (key) => (key === main ? options : undefined);
}

/**
 * The windows that are kept of those asked; undefined: none, as of a start behind its end. The end
 * is the start where it is missing (momentum, 3.6, rows 7 and 8).
 */
export function windowsOf(
  msys: MsysWorld,
  monitor: Monitor,
  first: LuaValue,
  last: LuaValue,
): WindowRange | undefined {
  const start = windowOf(msys, 'startv', first, 0);
  const end = windowOf(msys, 'endv', last, start);
  const most = monitor.windows - 1;
  if (start >= 0 && start <= end && end <= most) return { start, end };
  const shown = formatMonitor(monitor);
  tell(msys, 'doubt', `windows ${start} to ${end} of "${shown}", which has 0 to ${most}`);
  const kept = { start: Math.max(0, start), end: Math.min(most, end) };
  return kept.start <= kept.end ? kept : undefined;
}

function windowOf({ host }: MsysWorld, name: string, value: LuaValue, missing: number): number {
  if (value === undefined) return missing;
  const number = host.toNumber(value);
  if (number === undefined || Number.isNaN(number)) {
    return host.fail(`${name} must be the number of a window, not a ${typeName(value)}`);
  }
  return Math.trunc(number);
}

export function countFor({ family, words, at }: AskedBlock, asked: BlockQuestion): number {
  return asked.count(family, words, at);
}

/**
 * Open sessions of a block. Without arguments those of the session's listener, with one those of a
 * service, SMTP unless it is named (momentum, 3.6, row 18).
 */
export function sessionCount(msys: MsysWorld, cidr: LuaValue, service: LuaValue): number {
  const { audit } = msys.world;
  const { batch, row } = msys.event;
  const block = askedBlock(msys, cidr);
  const name = serviceOf(msys, service);
  if (!isAtEvent(msys, 'inbound_session_count')) return 0;
  if (cidr === undefined && service === undefined) {
    const listener = batch.vocabulary.listeners.name(batch.listener[row]);
    return countFor(block, audit.sessions(undefined, listener, ADDRESS, 'node'));
  }
  if (name !== 'inbound_cidr') {
    return countFor(block, audit.sessions(name, undefined, block.prefix, 'node'));
  }
  if (audit.replication.sessions === undefined) tell(msys, 'doubt', notReplicated(name));
  // It is SMTP on all nodes.
  return countFor(block, audit.sessions('SMTP', undefined, block.prefix, 'cluster'));
}

function serviceOf({ host }: MsysWorld, value: LuaValue): string {
  if (value === undefined) return 'SMTP';
  const name = textOf(host.toText(value));
  const known = SERVICES.find((one) => one === name);
  if (known !== undefined) return known;
  const hint = didYouMean(name, SERVICES) ?? `there are ${SERVICES.join(', ')}`;
  return host.fail(`unknown service '${name}'; ${hint}`);
}
