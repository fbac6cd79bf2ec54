import type { SyslogHeader } from './syslog-header.ts';

/** Gives the stamps of one file their year and zone. */
export interface StampDater {
  /**
   * UTC milliseconds of the header's stamp; NaN when the date does not exist (29 February in a
   * common year). Called once for every line with a header, in the order of the file.
   */
  toUtc(header: SyslogHeader): number;
}
