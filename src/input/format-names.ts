/** The names of `--input-format`. Those of programs stand for the syslog that they write to. */
export const FORMAT_NAMES = [
  'syslog',
  'postfix',
  'sendmail',
  'opensmtpd',
  'dovecot',
  'momentum',
  'exchange',
  'journald',
  'rsyslog-json',
  'kumomta',
  'haraka',
  'exim',
  'ndjson',
  'csv',
  'tsv',
] as const;
export type FormatName = (typeof FORMAT_NAMES)[number];
