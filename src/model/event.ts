/** The words of an event (semantics, section 1), as small numbers for the columns of a batch. */

/**
 * The kinds that we know. A CSV input may bring any other word; those are numbered from
 * `FIRST_CUSTOM_KIND` in the vocabulary of the run.
 *
 * The last six are facts that tie lines together and are counted by no metric:
 * `transaction` is Postfix's `client=` line, `queued` every `queue active` line (the correlator
 * makes the first of a known queue id a `reception`), `removed` frees a queue id, and `restart`
 * ends every session of a listener's instance. `reinjection` is a `client=` line or reception of a
 * message that a filter handed back (`orig_client=`): counted apart. `clock` tells the time of a
 * line without an event, where a converted late event needs it.
 */
export const KINDS = [
  'connect',
  'disconnect',
  'reception',
  'rejection',
  'delivery',
  'deferral',
  'bounce',
  'auth_failure',
  'auth_success',
  'auth_aborted',
  'transaction',
  'queued',
  'removed',
  'restart',
  'reinjection',
  'clock',
] as const;

export type KindName = (typeof KINDS)[number];

/** Those that tie lines together: who reads a report does not ask for them. */
export const TYING_KINDS: readonly KindName[] = KINDS.slice(KINDS.indexOf('transaction'));

/** `KIND.connect` and so on: the number of a known kind. */
export const KIND = Object.fromEntries(KINDS.map((name, index) => [name, index])) as Readonly<
  Record<KindName, number>
>;

export const FIRST_CUSTOM_KIND = 32;
/** A row that the correlator took out of the stream. */
export const KIND_DROPPED = 0xffff;
export const KIND_PATTERN = /^[a-z][a-z0-9_]*$/;

/** The phases a policy answers at, in order; 0 stands for none. */
export const PHASES = ['', 'connect', 'ehlo', 'mailfrom', 'rcptto', 'data', 'spool'] as const;
export type PhaseName = Exclude<(typeof PHASES)[number], ''>;
export const PHASE = {
  none: 0,
  connect: 1,
  ehlo: 2,
  mailfrom: 3,
  rcptto: 4,
  data: 5,
  spool: 6,
} as const;

/** How the running system judged an event, where logged; 0 stands for not logged. */
export const LOGGED = ['', 'accepted', 'rejected', 'spam', 'virus', 'greylisted'] as const;
export const LOGGED_AS = {
  none: 0,
  accepted: 1,
  rejected: 2,
  spam: 3,
  virus: 4,
  greylisted: 5,
} as const;

/** Fields of an event that are text: spans into the bytes of their batch, decoded when asked. */
export const TEXT_FIELDS = [
  'session',
  'queue_id',
  'sender',
  'recipient',
  'helo',
  'user',
  'enhanced',
  'reason',
  'file',
] as const;
export type TextFieldName = (typeof TEXT_FIELDS)[number];
export const TEXT = Object.fromEntries(TEXT_FIELDS.map((name, index) => [name, index])) as Readonly<
  Record<TextFieldName, number>
>;

/** The columns of converted events, in order; also the names a policy uses for fields. */
export const EVENT_COLUMNS = [
  'time',
  'kind',
  'ip',
  'node',
  'service',
  'listener',
  'session',
  'queue_id',
  'phase',
  'sender',
  'recipient',
  'helo',
  'user',
  'code',
  'enhanced',
  'reason',
  'size',
  'recipients',
  'verdict',
  'file',
  'line',
] as const;
export type EventField = (typeof EVENT_COLUMNS)[number];

/** `service` is one of Momentum's names; SMTP unless the log says otherwise. */
export const SERVICES = [
  'ECStream',
  'SMTP',
  'Control',
  'ECmmove2',
  'ECCluster',
  'inbound_cidr',
] as const;

/**
 * What a run needs from its parsers, so that they leave out the rest. `connect`, `disconnect`,
 * `transaction`, `queued`, `removed`, `session` and `queue_id` are always read: they tie lines
 * together.
 */
export interface Needs {
  /** Bit n: text field n (see `TEXT`) is wanted. */
  readonly textFields: number;
}

export const ALL_NEEDS: Needs = { textFields: (1 << TEXT_FIELDS.length) - 1 };
