/** Which lines of which daemon hold events. */
export const DAEMON = {
  /** Not Postfix's. */
  foreign: 0,
  /** Postfix's, without events. */
  quiet: 1,
  smtpd: 2,
  postscreen: 3,
  cleanup: 4,
  qmgr: 5,
  /** smtp, lmtp, local and the other delivery agents. */
  delivery: 6,
  master: 7,
  postsuper: 8,
  /** Postfix's, but the tag was cut at its first `/`: only the text shows which daemon it was. */
  hidden: 9,
} as const;
export type Daemon = (typeof DAEMON)[keyof typeof DAEMON];

const BY_NAME: ReadonlyMap<string, Daemon> = new Map<string, Daemon>([
  ['smtpd', DAEMON.smtpd],
  ['postscreen', DAEMON.postscreen],
  ['cleanup', DAEMON.cleanup],
  ['qmgr', DAEMON.qmgr],
  ['oqmgr', DAEMON.qmgr],
  ['nqmgr', DAEMON.qmgr],
  ['smtp', DAEMON.delivery],
  ['lmtp', DAEMON.delivery],
  ['local', DAEMON.delivery],
  ['virtual', DAEMON.delivery],
  ['pipe', DAEMON.delivery],
  ['error', DAEMON.delivery],
  ['retry', DAEMON.delivery],
  ['discard', DAEMON.delivery],
  ['master', DAEMON.master],
  ['postsuper', DAEMON.postsuper],
  ['anvil', DAEMON.quiet],
  ['bounce', DAEMON.quiet],
  ['defer', DAEMON.quiet],
  ['dnsblog', DAEMON.quiet],
  ['flush', DAEMON.quiet],
  ['pickup', DAEMON.quiet],
  ['postfix-script', DAEMON.quiet],
  ['proxymap', DAEMON.quiet],
  ['proxywrite', DAEMON.quiet],
  ['scache', DAEMON.quiet],
  ['showq', DAEMON.quiet],
  ['spawn', DAEMON.quiet],
  ['tlsmgr', DAEMON.quiet],
  ['tlsproxy', DAEMON.quiet],
  ['trace', DAEMON.quiet],
  ['trivial-rewrite', DAEMON.quiet],
  ['verify', DAEMON.quiet],
]);

/** The daemon that a tag such as `postfix/submission/smtpd` names. */
export function daemonOfTag(tag: string): Daemon {
  const slash = tag.lastIndexOf('/');
  if (slash < 0) return tag.startsWith('postfix') ? DAEMON.hidden : DAEMON.foreign;
  return BY_NAME.get(tag.slice(slash + 1)) ?? DAEMON.foreign;
}

/** The instance or service that a tag names: all but the daemon, or all of a cut tag. */
export function listenerOfTag(tag: string): string {
  const slash = tag.lastIndexOf('/');
  return slash < 0 ? tag : tag.slice(0, slash);
}
