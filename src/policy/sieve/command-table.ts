import { didYouMean } from '../../model/suggest.ts';
import type { Phase } from '../script-slots.ts';
import { parametersOf, TAG_SETS, type CommandFacts, type Status } from './signature.ts';
import { UNSIMULATED } from './unsimulated.ts';

/** The facts of a row; what is left out is not documented, or does not apply. */
interface Row {
  readonly role?: CommandFacts['role'];
  /** Parameters in the short form of `parametersOf`. */
  readonly takes?: string;
  readonly more?: true;
  readonly hash?: string;
  readonly tags?: readonly string[];
  readonly terminal?: true;
  readonly bare?: true;
  readonly needs?: CommandFacts['needs'];
  readonly returns?: false;
  readonly phases?: readonly Phase[];
  readonly refused?: readonly Phase[];
  readonly ofMessage?: true;
}

function facts(status: Status, names: string, row: Row): CommandFacts {
  const positional = row.takes === undefined ? undefined : parametersOf(row.takes);
  return {
    names: names.split(' '),
    status,
    role: row.role ?? 'command',
    positional,
    more: row.more ?? positional === undefined,
    hash: row.hash === undefined ? undefined : parametersOf(row.hash),
    tags: row.tags ?? (positional === undefined ? undefined : []),
    terminal: row.terminal ?? false,
    bare: row.bare ?? false,
    needs: row.needs,
    returns: row.returns ?? true,
    phases: row.phases,
    refused: row.refused ?? [],
    ofMessage: row.ofMessage ?? false,
  };
}
const must = (names: string, row: Row): CommandFacts => facts('must', names, row);
const should = (names: string, row: Row): CommandFacts => facts('should', names, row);
const no = (names: string, row: Row): CommandFacts => facts('no', names, row);

const BEFORE_RECIPIENT = ['accept', 'connect', 'ehlo', 'mailfrom'] as const;
const OF_MESSAGE = ['rcptto', 'data', 'spool', 'each_rcpt'] as const;
const PERIOD = '[period_start=window] [period_end=window] [mask=mask]';

/** Audit commands and what no script can do without. */
const NEEDED: readonly CommandFacts[] = [
  must('audit_series', {
    takes: 'series=series monitor=monitor mask=mask [start=window] [end=window]',
    hash: `series=series monitor=monitor ${PERIOD} [ip=address]`,
    tags: ['ip'],
  }),
  must('audit_series_add', {
    takes: 'series=series monitor=monitor [amount=number]',
    hash: 'series=series monitor=monitor [count=number] [replicate=number] [ip=address] [serialize=number]',
    returns: false,
  }),
  must('audit_service', { takes: 'service=service block=block' }),
  must('audit_connections_on_service audit_connections_on_listener', { takes: 'block=block' }),
  must(
    'ec_ip_connections ec_ip_receptions ec_ip_rejections ec_ip_connections_cluster ' +
      'ec_ip_receptions_cluster ec_ip_rejections_cluster',
    { takes: 'index=index [mask=mask]', hash: `[monitor=configured] ${PERIOD}` },
  ),
  must('ec_test', { role: 'test', takes: 'left right', tags: TAG_SETS.match }),
  must('ec_tarpit', { takes: 'seconds=number [counter=text]', returns: false }),
  must('hash_create', { takes: '' }),
  must('hash_set', { takes: 'hash=hash key=text value', returns: false }),
  must('if elsif else', {}),
  must('not anyof allof', { role: 'test' }),
  must('true false', { role: 'test', takes: '' }),
  must('require', { takes: 'extensions', returns: false }),
  must('stop', { takes: '', terminal: true, returns: false }),
];

const WANTED: readonly CommandFacts[] = [
  should('hash_get', { takes: 'hash=hash key=text' }),
  should('hash_keys hash_values', { takes: 'hash=hash' }),
  should('hash_dump', { takes: 'hash=hash', returns: false }),
  should('isset', { role: 'test', takes: 'list-or-hash index-or-key' }),
  should('type', { role: 'test', takes: 'value type', tags: TAG_SETS.match }),
  should('is_true', { role: 'test', takes: 'value' }),
  should('ec_action ec_disconnect', {
    takes: 'code=code reason=text [counter=text]',
    terminal: true,
    bare: true,
    returns: false,
  }),
  should('keep ec_keep', { terminal: true, returns: false }),
  should('reject ec_reject', {
    takes: 'reason=text',
    more: true,
    terminal: true,
    bare: true,
    returns: false,
  }),
  should('discard ec_discard', {
    terminal: true,
    returns: false,
    phases: OF_MESSAGE,
    refused: BEFORE_RECIPIENT,
  }),
  should('ec_log', { takes: 'text=text', returns: false }),
  should('ec_log_file', { returns: false, phases: ['spool', 'each_rcpt', 'set_binding'] }),
  should('ec_inc_counter', { takes: 'counter', more: true, returns: false }),
  should('ec_throttle_create ec_shared_throttle_create', {
    takes: 'name=text quota=quota',
    more: true,
  }),
  should('ec_throttle_inc ec_throttle_dec ec_throttle_check ec_throttle_tarpit', {
    takes: 'name=text',
    more: true,
  }),
  should('ec_shared_throttle_inc ec_shared_throttle_check ec_shared_throttle_tarpit', {
    takes: 'name=text',
    more: true,
  }),
  should('ec_gauge_cache_init', {
    takes: 'name=text max=number ttl=number [replicate]',
  }),
  should('ec_gauge_cache_inc ec_gauge_cache_dec ec_gauge_cache_get', {}),
  should('ec_cluster_cache_get ec_cluster_cache_set', {
    phases: [...BEFORE_RECIPIENT, 'rcptto', 'data'],
  }),
  should('ec_add ec_sub ec_mul ec_div ec_mod', { takes: 'left=number right=number', more: true }),
  should('ec_ceil ec_floor ec_round ec_trunc ec_nearbyint', { takes: 'number=number' }),
  should('ec_rand', { takes: 'number-or-list' }),
  should('ec_include', { takes: 'file', more: true }),
  should('ec_error_mode', { takes: 'mode=text', returns: false }),
  should('vctx vctx_conn', { role: 'test', takes: 'keys values', tags: TAG_SETS.match }),
  should('vctx_mess', {
    role: 'test',
    takes: 'keys values',
    tags: TAG_SETS.match,
    ofMessage: true,
  }),
  should('vctx_conn_get vctx_conn_delete', { takes: 'key', more: true }),
  should('vctx_mess_get vctx_mess_delete', { takes: 'key', more: true, ofMessage: true }),
  should('vctx_conn_set', { takes: 'key value', more: true }),
  should('vctx_mess_set', { takes: 'key value', more: true, ofMessage: true }),
  should('envelope', { role: 'either', tags: TAG_SETS.envelope, ofMessage: true }),
  should('define_cidr query_cidr reload_cidr', {}),
  should('check_cidr', { role: 'test', takes: 'name=text', tags: ['ip'] }),
  should('ec_dns_lookup', { takes: 'name=text type=text', more: true }),
  should('is_valid_ip is_rfc821_ip', { role: 'test', takes: 'ip' }),
  should('split ec_explode reverse_delim', { takes: 'delimiter text' }),
  should('join', { takes: 'delimiter list' }),
  should('reverse ec_tolower', { takes: 'value' }),
  should('ec_pcre_match', { role: 'either', takes: 'text pattern' }),
  should(
    'ec_get_message_code ec_get_message_mailfrom ec_get_message_rcptto ec_get_message_size ' +
      'ec_get_message_id ec_get_message_protocol ec_get_message_creation_time',
    { phases: [...OF_MESSAGE, 'set_binding'] },
  ),
  should(
    'ec_get_message_received_from ec_get_message_received_from_port ' +
      'ec_get_message_received_via ec_get_message_received_via_port',
    { phases: [...OF_MESSAGE, 'set_binding'] },
  ),
  should('size', {
    role: 'test',
    takes: 'bytes=number',
    tags: ['over', 'under'],
    needs: 'limit',
    ofMessage: true,
  }),
];

/** Every command and test of the language, in the order of the coverage list. */
export const COMMANDS: readonly CommandFacts[] = [
  ...NEEDED,
  ...WANTED,
  ...UNSIMULATED.map(({ names, role }) => no(names, { role })),
];

const BY_NAME: ReadonlyMap<string, CommandFacts> = new Map(
  COMMANDS.flatMap((one) => one.names.map((name) => [name, one] as const)),
);

/** What is known of a name, in any letter case (RFC 5228, section 2.4.2). */
export function factsOf(name: string): CommandFacts | undefined {
  const folded = name.toLowerCase();
  const family = folded.startsWith('brightmail_') ? BY_NAME.get('brightmail_*') : undefined;
  return BY_NAME.get(folded) ?? family;
}

/** `did you mean 'ec_test'?` among commands, or among tests. */
export function meantName(name: string, role: 'command' | 'test'): string | undefined {
  const fitting = COMMANDS.filter((one) => one.role === role || one.role === 'either');
  return didYouMean(
    name,
    fitting.flatMap((one) => one.names),
  );
}
