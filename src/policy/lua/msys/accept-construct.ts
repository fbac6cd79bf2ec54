import { fieldValue, peerText } from '../../../model/field-value.ts';
import { bytesOf } from '../bytes.ts';
import type { LibraryFunction } from '../library/arguments.ts';
import { LuaUserdata, NativeFunction, type LuaHost, type LuaTable } from '../value.ts';
import { sessionCount } from './audit.ts';
import { FAMILIES } from './constants.ts';
import type { HostParts } from './host-object.ts';
import { isUserdata, tell, type MsysWorld } from './world.ts';

/** `ac`: the connection (momentum, 2.3). */
export function acceptConstruct(msys: () => MsysWorld, host: LuaHost): HostParts {
  const sockaddr = sockaddrMetatable(host);
  const capability: LibraryFunction = () => {
    tell(msys(), 'not-simulated', 'capabilities in the reply to EHLO');
    return [];
  };
  return {
    methods: {
      inbound_session_count: (_, given) => [sessionCount(msys(), given.at(1), given.at(2))],
      // The order of the arguments is the other one.
      pbp_inbound_session_count_service: (_, given) => [
        sessionCount(msys(), given.at(2), given.at(1)),
      ],
      esmtp_capability_add: capability,
      esmtp_capability_remove: capability,
    },
    properties: {
      remote_addr: () => new LuaUserdata('sockaddr', remoteText(msys()), sockaddr),
      conn_id: () => connectionId(msys()),
    },
  };
}

/** The session as the log names it; empty where it does not. */
export function connectionId({ event: { batch, row } }: MsysWorld): string {
  return bytesOf(fieldValue(batch, row, 'session'));
}

/** `192.0.2.7:0` and `2001:db8::7.0`: with a port, which no log tells. */
function remoteText(msys: MsysWorld): string {
  const { batch, row } = msys.event;
  const peer = peerText(batch, row);
  if (peer.includes(':')) return `${peer}.0`;
  if (peer !== '') return `${peer}:0`;
  tell(msys, 'doubt', 'the log does not name the peer: 0.0.0.0');
  return '0.0.0.0:0';
}

function sockaddrMetatable(host: LuaHost): LuaTable {
  const metatable = host.newTable();
  const text = new NativeFunction('tostring', (_, [address]) => [
    isUserdata(address, 'sockaddr') ? (address.held as string) : undefined,
  ]);
  metatable.set('__tostring', text);
  metatable.set('__metatable', 'sockaddr');
  return metatable;
}

/** `msys.core.ec_sockaddr_family(ac.remote_addr)` */
export const sockaddrFamily: LibraryFunction = (_, given) => {
  const address = given.at(1);
  if (!isUserdata(address, 'sockaddr')) return given.mistype(1, 'sockaddr');
  const isIpv6 = /:.*:/.test(address.held as string);
  return [isIpv6 ? FAMILIES.AF_INET6 : FAMILIES.AF_INET];
};
