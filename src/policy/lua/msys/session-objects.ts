import { fieldValue, peerText } from '../../../model/field-value.ts';
import { bytesOf, textOf } from '../bytes.ts';
import { libraryTable, type Arguments, type LibraryFunction } from '../library/arguments.ts';
import {
  LuaUserdata,
  NativeFunction,
  type LuaHost,
  type LuaTable,
  type LuaValue,
} from '../value.ts';
import { sessionCount } from './audit.ts';
import { CONTEXT_TYPES, type ContextType } from './constants.ts';
import { placeOf, tell, type MsysWorld } from './world.ts';

/** A property of one of our objects, asked at each event. */
type Property = () => LuaValue;

/** Methods, properties, and what takes assignments. */
type HostParts = readonly [
  methods: Readonly<Record<string, LibraryFunction>>,
  properties?: Readonly<Record<string, Property>>,
  assigns?: (key: string, value: LuaValue) => boolean,
];

/**
 * An object with methods and properties. Scripts cannot see or change its metatable.
 *
 * @param parts without an `assigns` no property can be assigned
 */
export function hostObject(
  host: LuaHost,
  type: string,
  ...[methods, properties = {}, assigns]: HostParts
): LuaUserdata {
  const functions = libraryTable(host, type, methods);
  const metatable = host.newTable();
  const index = new NativeFunction(`${type}.__index`, (_, [, key]) => {
    const method = functions.get(key);
    if (method !== undefined) return [method];
    const property = typeof key === 'string' ? properties[key] : undefined;
    return [Object.hasOwn(properties, String(key)) ? property?.() : undefined];
  });
  const newIndex = new NativeFunction(`${type}.__newindex`, (_, [, key, value]) => {
    if (typeof key === 'string' && assigns?.(key, value) === true) return [];
    return host.fail(`${type}.${host.toText(key)} cannot be assigned`);
  });
  metatable.set('__index', index);
  metatable.set('__newindex', newIndex);
  metatable.set('__metatable', type);
  return new LuaUserdata(type, undefined, metatable);
}

/** `ac`: the connection (momentum, 2.3). */
export function acceptConstruct(msys: () => MsysWorld): HostParts {
  const noOp: LibraryFunction = () => {
    tell(msys(), 'not-simulated', 'EHLO capabilities');
    return [];
  };
  const methods: Record<string, LibraryFunction> = {
    inbound_session_count: (_, given) => [sessionCount(msys(), given.at(2), given.at(3))],
    pbp_inbound_session_count_service: (_, given) => [
      sessionCount(msys(), given.at(3), given.at(2)),
    ],
    esmtp_capability_add: noOp,
    esmtp_capability_remove: noOp,
  };
  const properties: Record<string, Property> = {
    remote_addr: () => remoteAddress(msys()),
    conn_id: () => field(msys(), 'session'),
  };
  return [methods, properties];
}

type TextField = Parameters<typeof fieldValue>[2];

function field({ world }: MsysWorld, name: TextField): string {
  const { batch, row } = world.event;
  return bytesOf(fieldValue(batch, row, name));
}

/** `192.0.2.7:0` and `2001:db8::7.0`: with a port, which no log tells. */
function remoteAddress({ host, world }: MsysWorld): LuaValue {
  const { batch, row } = world.event;
  const peer = peerText(batch, row);
  const text = peer.includes(':') ? `${peer}.0` : `${peer}:0`;
  const address = hostObject(host, 'sockaddr', {});
  address.metatable?.set('__tostring', new NativeFunction('tostring', () => [text]));
  return address;
}

/** `vctx`: the reply of the phase and the contexts of connection and message. */
export function validateContext(msys: () => MsysWorld): HostParts {
  const reply = (given: Arguments, disconnects: boolean): void => {
    const { reply: own, host } = msys();
    const code = given.number(2);
    if (!Number.isInteger(code) || code < 200 || code > 599) host.fail(`${code} is no reply code`);
    own.code = code;
    own.disconnect ||= disconnects;
    own.place = placeOf(msys());
  };
  const contextOf = (type: LuaValue): Map<string, string> => contextNamed(msys(), type);
  const methods: Record<string, LibraryFunction> = {
    set_code: (_, given) => (reply(given, false), []),
    disconnect: (_, given) => (reply(given, true), []),
    pbp_action: (_, given) => (reply(given, false), [1]),
    pbp_disconnect: (_, given) => (reply(given, true), [1]),
    tarpit: (_, given) => {
      if (given.number(2) > 0) msys().act('tarpit', placeOf(msys()));
      return [];
    },
    get: (_, given) => [bytesOf(contextOf(given.at(2)).get(textOf(given.text(3))) ?? '')],
    set: (_, given) => {
      contextOf(given.at(2)).set(textOf(given.text(3)), textOf(given.text(4)));
      return [];
    },
    exists: (_, given) => [contextOf(given.at(2)).has(textOf(given.text(3))) ? 1 : 0],
    recipient_list: () => [recipients(msys())],
    add_recipient: () => (tell(msys(), 'not-simulated', 'vctx:add_recipient'), []),
    remove_recipient: () => (tell(msys(), 'not-simulated', 'vctx:remove_recipient'), []),
  };
  const assigns = (key: string, value: LuaValue): boolean => {
    if (key !== 'disconnect') return false;
    const { reply: own } = msys();
    own.disconnect = value !== undefined && value !== false && value !== 0;
    own.place = placeOf(msys());
    return true;
  };
  return [methods, {}, assigns];
}

/** Of several recipients of one event only the first has an address. */
export function recipients({ host, world }: MsysWorld): LuaTable {
  const table = host.newTable();
  const { batch, row, session } = world.event;
  const known = fieldValue(batch, row, 'recipient') || session.message.recipient;
  if (known !== '') table.set(1, bytesOf(known));
  return table;
}

function contextNamed({ host, world }: MsysWorld, type: LuaValue): Map<string, string> {
  const { session } = world.event;
  const named = [...CONTEXT_TYPES].find(([, value]) => value === type)?.[0];
  if (named === undefined) return host.fail('expected msys.core.VCTX_CONN or msys.core.VCTX_MESS');
  return isMessage(named) ? session.message.context : session.context;
}

const isMessage = (type: ContextType): boolean => type.endsWith('MESS');

/** `msg`: the message at hand. */
export function message(msys: () => MsysWorld): HostParts {
  const sender = (): string => {
    const { batch, row, session } = msys().world.event;
    return bytesOf(fieldValue(batch, row, 'sender') || session.message.sender);
  };
  const recipient = (): string => {
    if (msys().recipient > 0) return '';
    const { batch, row, session } = msys().world.event;
    return bytesOf(fieldValue(batch, row, 'recipient') || session.message.recipient);
  };
  const contextOf = (type: LuaValue): Map<string, string> => contextNamed(msys(), type);
  const methods: Record<string, LibraryFunction> = {
    mailfrom: () => [sender()],
    rcptto: () => [recipient()],
    get_message_size: () => {
      const { batch, row } = msys().world.event;
      return [batch.size[row] < 0 ? 0 : batch.size[row]];
    },
    context_get: (_, given) => [bytesOf(contextOf(given.at(2)).get(textOf(given.text(3))) ?? '')],
    context_set: (_, given) => {
      contextOf(given.at(2)).set(textOf(given.text(3)), textOf(given.text(4)));
      return [];
    },
    context_exists: (_, given) => [contextOf(given.at(2)).has(textOf(given.text(3))) ? 1 : 0],
    context_delete: (_, given) => {
      contextOf(given.at(2)).delete(textOf(given.text(3)));
      return [];
    },
    context_exists_and_get: (_, given) => {
      const value = contextOf(given.at(2)).get(textOf(given.text(3)));
      return value === undefined ? [0] : [1, bytesOf(value)];
    },
    discard: () => {
      msys().act('discard', placeOf(msys()));
      return [];
    },
  };
  for (const name of CONTENT) {
    methods[name] = () => (tell(msys(), 'not-simulated', `msg:${name}`), []);
  }
  const properties: Record<string, Property> = {
    id: () => field(msys(), 'queue_id'),
    conn_id: () => field(msys(), 'session'),
    batch_id: () => field(msys(), 'queue_id'),
  };
  return [methods, properties];
}

/** What needs the content of the message, which no log has. */
const CONTENT = [
  'header',
  'address_header',
  'body',
  'text',
  'raw',
  'makeBoundary',
  'forward',
  'binding',
  'binding_group',
  'priority',
  'routing_domain',
  'disclaim',
];
