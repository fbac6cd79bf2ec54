import type { CommandFacts } from './signature.ts';

interface UnsimulatedRow {
  /** Separated by spaces. */
  readonly names: string;
  readonly role: CommandFacts['role'];
}

const either = (names: string): UnsimulatedRow => ({ names, role: 'either' });

/**
 * Commands that parse and are not simulated: content, delivery, and what only the outside world
 * can answer. Where nothing says whether one is a test, it may be used as either.
 */
export const UNSIMULATED: readonly UnsimulatedRow[] = [
  either('ec_host_fingerprint'),
  either('advertize_esmtp_capability disable_esmtp_capability'),
  either('ec_config'),
  either('smtp_callback_verify'),
  either('ds_execute ds_fetch ds_fetch_flat ds_fetch_hash'),
  { names: 'header exists address body ec_mime_parts', role: 'test' },
  either('ec_header_get ec_header_add ec_header_delete ec_header_prefix ec_header_postfix'),
  either('ec_valid_mime ec_mime_boundary_create'),
  either('antivirus f_secure_avscan clamav_avscan csapi_avscan'),
  either(
    'beik_scan brightmail_* cloudmark_score commtouch_scan eleven_scan ec_url_ripper ' +
      'disclaimer_add',
  ),
  either(
    'ec_dk_sign ec_dkim_sign ec_dk_responsible_domain ec_dkim_responsible_domain ec_dkim_domains',
  ),
  either(
    'ec_set_binding ec_set_binding_group ec_valid_binding ec_valid_binding_group ' +
      'ec_set_routing_gateway',
  ),
  either(
    'redirect ec_redirect add_recipient ec_forward ec_rewrite_mailfrom generate_mail_raw ' +
      'ec_maildir',
  ),
  either(
    'ec_bounce_classify ec_rfc3464_delivery_status ec_rfc2047_encode_addresses ' +
      'ec_rfc2047_encode_header qp_encode ec_base64_encode ec_base64_decode',
  ),
  either('ec_get_message_num_retries ec_get_message_spool_name ec_trace_context'),
  either(
    'ec_mem_usage ec_spool_space ec_interfaces ec_thread_pool_get_queue_size thread_pool_stats ' +
      'snmp_trap',
  ),
  either('pe2_mark_bounced pe2_mark_unsubscribed'),
];
