import { fieldValue } from '../../../model/field-value.ts';
import { recipientOf, senderOf } from '../../momentum/envelope.ts';
import { bytesOf, textOf } from '../bytes.ts';
import type { Arguments, LibraryFunction } from '../library/arguments.ts';
import type { LuaValue } from '../value.ts';
import { connectionId } from './accept-construct.ts';
import { contextMethods } from './contexts.ts';
import type { HostParts } from './host-object.ts';
import { getEnvelope } from './server-string.ts';
import { placeOf, tell, type MsysWorld } from './world.ts';

/** Methods that need the content of the message, which no log has, or its delivery. */
const UNSIMULATED = (
  'binding binding_group body body_match body_replace build code disclaim forward ' +
  'get_delivery_method inject listener_addr makeBoundary makeContainer makePart ' +
  'mime priority raw raw_match raw_replace reception_peer routing_domain text text_match ' +
  'text_replace'
).split(' ');

/** The same, of those that return lists: empty ones, so that scripts find nothing in them. */
const UNSIMULATED_LISTS = ['header', 'address_header'];

/** `msg`: the message at hand (momentum, 2.3). */
export function message(msys: () => MsysWorld): HostParts {
  const contexts = contextMethods(msys);
  const queueId = (): LuaValue => {
    const { batch, row } = msys().event;
    return bytesOf(fieldValue(batch, row, 'queue_id'));
  };
  const methods: Record<string, LibraryFunction> = {
    mailfrom: (_, given) => [addressOf(msys(), given, 'mailfrom', senderOf)],
    rcptto: (_, given) => [addressOf(msys(), given, 'rcptto', recipientOf)],
    get_message_size: () => {
      const { batch, row } = msys().event;
      if (batch.size[row] >= 0) return [batch.size[row]];
      tell(msys(), 'doubt', 'the size of the message is not known: 0');
      return [0];
    },
    get_envelope2: (_, given) => {
      getEnvelope(msys(), given);
      return [];
    },
    context_get: contexts.get,
    context_set: contexts.set,
    context_exists: contexts.exists,
    context_delete: contexts.delete,
    context_exists_and_get: contexts.exists_and_get,
    discard: () => {
      msys().act('discard', placeOf(msys()), { code: 250, text: () => '' });
      return [];
    },
  };
  for (const name of UNSIMULATED) {
    methods[name] = () => (tell(msys(), 'not-simulated', `msg:${name}`), []);
  }
  for (const name of UNSIMULATED_LISTS) {
    methods[name] = () => (tell(msys(), 'not-simulated', `msg:${name}`), [msys().host.newTable()]);
  }
  return {
    methods,
    properties: { id: queueId, batch_id: queueId, conn_id: () => connectionId(msys()) },
  };
}

/** Without an argument it asks; with one it would change the envelope. */
function addressOf(
  msys: MsysWorld,
  given: Arguments,
  name: string,
  ask: (moment: MsysWorld) => string,
): string {
  if (given.isMissing(1)) return bytesOf(ask(msys));
  const value = textOf(given.text(1));
  tell(msys, 'not-simulated', `msg:${name} that changes the envelope`);
  return bytesOf(value);
}
