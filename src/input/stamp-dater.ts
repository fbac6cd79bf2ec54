import type { SyslogHeader } from './syslog-header.ts';

/** Gives the stamps of one file their year and zone. */
export interface StampDater {
  /**
   * UTC milliseconds of the header's stamp; NaN when the date does not exist (29 February in a
   * common year). Called once for every line with a header, in the order of the file.
   */
  toUtc(header: SyslogHeader): number;
  /** Whether every second of the minute of the stamp read last is as far from UTC as that stamp. */
  readonly steady: boolean;
  /** Takes note of a line of that minute, `utcMs`, which was dated without its header. */
  follow(utcMs: number): void;
}
