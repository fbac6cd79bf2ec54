import type { BlockQuestion, MetricName } from '../../../engine/port.ts';
import { ADDRESS, type Prefix } from '../../../model/address.ts';
import { SERVICES } from '../../../model/event.ts';
import { formatMonitor, parseMonitor, type Monitor } from '../../../model/monitor.ts';
import { libraryTable, type Arguments, type LibraryFunction } from '../library/arguments.ts';
import { askedBlock, type AskedBlock } from './block.ts';
import type { LuaTable, LuaValue } from '../value.ts';
import { isUserdata, tell, type MsysWorld } from './world.ts';

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
  const value = given.at(1);
  const text = typeof value === 'number' ? host.toText(value) : given.text(1);
  const written = parseMonitor(text);
  const wanted = written && formatMonitor(written);
  const found = /^\d+$/.test(text)
    ? monitors.at(Number(text))
    : monitors.find((monitor) => formatMonitor(monitor) === wanted);
  if (found !== undefined) return found;
  const shown = monitors.map((monitor) => `"${formatMonitor(monitor)}"`).join(' ');
  return host.fail(`no monitor '${text}' is configured; there are ${shown}`);
}

/** `msys.audit.connections(monitor[, options])`; options that are no table are the cidr. */
function metric(msys: MsysWorld, name: MetricName, given: Arguments): number {
  const monitor = monitorOf(msys, given);
  const options = given.at(2);
  const isTable = typeof options === 'object' && options.kind === 'table';
  const option = (key: string): LuaValue => (isTable ? options.get(key) : undefined);
  const { start, end } = windowsOf(msys, monitor, option('startv'), option('endv'));
  if (start > end) return 0;
  const block = askedBlock(msys, isTable ? option('cidr') : options);
  const asked = msys.world.audit.metric(name, monitor).over(block.prefix, { start, end });
  return countFor(msys, block, asked);
}

/** The windows that are kept of those asked; a start behind the end: none (momentum, 3.6, row 8). */
export function windowsOf(
  msys: MsysWorld,
  monitor: Monitor,
  first: LuaValue,
  last: LuaValue,
): { readonly start: number; readonly end: number } {
  const { host } = msys;
  const whole = (value: LuaValue, missing: number): number => {
    if (value === undefined) return missing;
    const number = host.toNumber(value);
    return number === undefined ? host.fail('a window must be a number') : Math.trunc(number);
  };
  const start = whole(first, 0);
  const end = whole(last, start);
  const most = monitor.windows - 1;
  if (start >= 0 && start <= end && end <= most) return { start, end };
  tell(
    msys,
    'doubt',
    `windows ${start} to ${end} of "${formatMonitor(monitor)}", which keeps 0 to ${most}`,
  );
  return { start: Math.max(0, start), end: Math.min(most, end) };
}

/** The answer for the block, or for the peer's. */
export function countFor(
  { world }: MsysWorld,
  { address }: AskedBlock,
  asked: BlockQuestion,
): number {
  if (address !== undefined) return asked.count(address.family, address.words, 0);
  const { batch, row } = world.event;
  return asked.count(batch.family[row], batch.ip, row * 4);
}

/**
 * Open sessions of a block. Without arguments those of the session's listener, with one those of a
 * service, SMTP unless it is named (momentum, 3.6, row 18).
 */
export function sessionCount(msys: MsysWorld, cidr: LuaValue, service: LuaValue): number {
  const { host, world } = msys;
  const { batch, row } = world.event;
  if (cidr === undefined && service === undefined) {
    const listener = batch.vocabulary.listeners.name(batch.listener[row]);
    return countFor(msys, PEER, world.audit.sessions(undefined, listener, ADDRESS));
  }
  const name = service === undefined ? 'SMTP' : host.toText(service);
  const known = SERVICES.find((one) => one === name);
  if (known === undefined) host.fail(`unknown service '${name}'; there are ${SERVICES.join(', ')}`);
  const block = askedBlock(msys, isUserdata(cidr, 'accept_construct') ? undefined : cidr);
  const asked = world.audit.sessions(
    known === 'inbound_cidr' ? 'SMTP' : known,
    undefined,
    block.prefix,
  );
  return countFor(msys, block, asked);
}

const PEER: AskedBlock = { address: undefined, prefix: ADDRESS as Prefix };
