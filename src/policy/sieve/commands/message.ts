import { fieldValue } from '../../../model/field-value.ts';
import { partOf, recipientOf, senderOf } from '../../momentum/envelope.ts';
import { matchOf } from '../match.ts';
import type { Run } from '../run.ts';
import { fail, type CommandBinder, type CommandSet, type Site, type TestBinder } from '../site.ts';
import { itemsOf, leadingNumber, textOf } from '../value.ts';

const PARTS = ['localpart', 'domain', 'user', 'detail'];

function addressNamed(run: Run, site: Site, name: string): string {
  switch (name.toLowerCase()) {
    case 'from':
      return senderOf(run);
    case 'to':
      return recipientAt(run, site);
    default:
      return fail(site, `${site.name}: '${name.slice(0, 64)}' is neither "from" nor "to"`);
  }
}

/** Further recipients of a message are a number in the log, without their addresses. */
function recipientAt(run: Run, site: Site): string {
  if (run.recipient > 0) {
    run.world.note(site, 'doubt', 'the log does not name further recipients: empty');
  }
  return recipientOf(run);
}

/** `envelope [:part] "from"` as a function: the address or that part of it. */
const envelope: CommandBinder = (site) => {
  const part = PARTS.find((one) => site.tags.has(one)) ?? 'all';
  const [name] = site.positional;
  return (run) => partOf(addressNamed(run, site, textOf(name?.get(run))), part) ?? '';
};

/** `envelope [match] [:part] names keys`; an address without a detail has nothing to compare. */
const envelopeTest: TestBinder = (site) => {
  const match = matchOf(site);
  const part = PARTS.find((one) => site.tags.has(one)) ?? 'all';
  const counts = site.tags.has('count');
  const [names, keys] = site.positional;
  if (keys === undefined) return () => fail(site, `${site.name}, as a test, takes names and keys`);
  return (run) => {
    const parts = itemsOf(names.get(run)).flatMap((name) => {
      const address = addressNamed(run, site, String(name));
      if (counts && address === '') return [];
      return partOf(address, part) ?? [];
    });
    return match(parts, keys.get(run), run);
  };
};

/** `size :over 1M`; a size that the log does not tell is neither over nor under. */
const size: TestBinder = (site) => {
  const [limit] = site.positional;
  const isOver = site.tags.has('over');
  return (run) => {
    const bytes = leadingNumber(textOf(limit.get(run)));
    if (bytes === undefined) fail(site, 'size: the limit is no number');
    const { batch, row } = run.event;
    const known = batch.size[row];
    if (known < 0) run.world.note(site, 'doubt', 'the log does not tell the size: no match');
    if (known < 0) return false;
    return isOver ? known > bytes : known < bytes;
  };
};

function codeOf({ event: { batch, row } }: Run): string {
  const words = (['code', 'enhanced', 'reason'] as const).map((field) =>
    fieldValue(batch, row, field),
  );
  return words[0] === '' ? '' : words.filter((word) => word !== '').join(' ');
}

/** Momentum's words for how a message came in, by service. */
const PROTOCOL: Readonly<Record<string, string>> = { SMTP: 'ESMTP', ECStream: 'ECSTREAM' };

type Fact = (run: Run, site: Site) => string;
const field =
  (name: Parameters<typeof fieldValue>[2]): Fact =>
  ({ event: { batch, row } }) =>
    fieldValue(batch, row, name);

/** Ports and the server's own address: no log that is read here has them. */
const unlogged: Fact = (run, site) => {
  run.world.note(site, 'not-simulated', site.name);
  return '';
};

/** As the manual shows both; empty where the log does not tell the address, and for `<>`. */
function command(verb: string, address: string): string {
  return address === '' ? '' : `${verb}:<${address}>`;
}

const FACTS: Readonly<Record<string, Fact>> = {
  ec_get_message_code: codeOf,
  ec_get_message_mailfrom: (run) => command('MAIL FROM', senderOf(run)),
  ec_get_message_rcptto: (run, site) => command('RCPT TO', recipientAt(run, site)),
  ec_get_message_size: field('size'),
  ec_get_message_id: field('queue_id'),
  ec_get_message_protocol: (run, site) => PROTOCOL[field('service')(run, site)] ?? '',
  ec_get_message_creation_time: ({ event }) => String(Math.floor(event.nowMs / 1000)),
  ec_get_message_received_from: field('ip'),
  ec_get_message_received_from_port: unlogged,
  ec_get_message_received_via: unlogged,
  ec_get_message_received_via_port: unlogged,
};

function factCommand(fact: Fact): CommandBinder {
  return (site) => (run) => fact(run, site);
}

export const MESSAGE: CommandSet = {
  commands: {
    envelope,
    ...Object.fromEntries(Object.entries(FACTS).map(([name, fact]) => [name, factCommand(fact)])),
  },
  tests: { envelope: envelopeTest, size },
};
