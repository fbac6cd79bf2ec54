import type { BlockQuestion } from '../../../engine/port.ts';
import type { Prefix } from '../../../model/address.ts';
import { SERVICES } from '../../../model/event.ts';
import { notReplicated } from '../../momentum/by-node.ts';
import { blockOf } from '../asked-block.ts';
import { askForPeer, madeAhead } from '../question.ts';
import type { Run } from '../run.ts';
import {
  fail,
  type BoundArgument,
  type CommandBinder,
  type CommandSet,
  type Getter,
  type Site,
} from '../site.ts';
import { textOf } from '../value.ts';

/** Open sessions of a service or listener in blocks of a prefix length. */
type Asked = (prefix: Prefix) => BlockQuestion;

/** The answer for a block, as a list of one string; `ahead` is what is known before the first event. */
function openSessions(
  site: Site,
  block: BoundArgument,
  ahead: Asked | undefined,
  asked: (run: Run) => Asked,
): Getter {
  const { literal } = block;
  const known =
    literal === undefined
      ? undefined
      : madeAhead(() => {
          const found = blockOf(site, textOf(literal));
          return { ...found, question: ahead?.(found.prefix) };
        });
  return (run) => {
    const { address, prefix, bits } = known ?? blockOf(site, textOf(block.get(run)));
    const question = known?.question ?? asked(run)(prefix);
    const open =
      address === undefined
        ? askForPeer(run, site, bits, question)
        : question.count(address.family, address.words, 0);
    return [String(open)];
  };
}

/** Service names are a closed list and have case. */
function serviceOf(site: Site, name: string): string {
  const known = SERVICES.find((service) => service === name);
  if (known === undefined) fail(site, `${site.name}: unknown service '${name.slice(0, 64)}'`);
  return known;
}

const auditService: CommandBinder = (site, { world: { audit } }) => {
  const [service, block] = site.positional;
  const of = (name: string): Asked => {
    const known = serviceOf(site, name);
    // It is SMTP, summed over all nodes.
    if (known === 'inbound_cidr') {
      return (prefix) => audit.sessions('SMTP', undefined, prefix, 'cluster');
    }
    return (prefix) => audit.sessions(known, undefined, prefix, 'node');
  };
  const { literal } = service;
  const ahead = literal === undefined ? undefined : madeAhead(() => of(textOf(literal)));
  const asked = openSessions(site, block, ahead, (run) => of(textOf(service.get(run))));
  if (audit.replication.sessions !== undefined) return asked;
  return (run) => {
    const name = textOf(service.get(run));
    if (name === 'inbound_cidr') run.world.note(site, 'doubt', notReplicated(name));
    return asked(run);
  };
};

const onService: CommandBinder = (site, { world: { audit } }) => {
  const of: Asked = (prefix) => audit.sessions('SMTP', undefined, prefix, 'node');
  return openSessions(site, site.positional[0], of, () => of);
};

/** The listener that the session at hand came in by. */
const onListener: CommandBinder = (site, { world: { audit } }) =>
  openSessions(site, site.positional[0], undefined, ({ event: { batch, row } }) => {
    const listener = batch.vocabulary.listeners.name(batch.listener[row]);
    return (prefix) => audit.sessions(undefined, listener, prefix, 'node');
  });

export const SESSIONS: CommandSet = {
  commands: {
    audit_service: auditService,
    audit_connections_on_service: onService,
    audit_connections_on_listener: onListener,
  },
};
