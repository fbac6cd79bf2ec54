import type { LackHints } from '../dialects.ts';

const SETTING = 'log_selector = +smtp_connection makes Exim log connections';

/** What makes Exim show its connections, in a log of its own and in a syslog. */
export const EXIM_HINTS: LackHints = { connect: SETTING, disconnect: SETTING };
