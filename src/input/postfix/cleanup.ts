import { LINE, type LineClass } from '../port.ts';
import { DAEMON } from './daemons.ts';
import type { ProgramLine } from '../syslog/program-line.ts';
import { readRemoved } from './queue.ts';
import { behindReject, readReject } from './reject.ts';

/** Reads a line of cleanup: rejects by content or milter, and `removed (canceled)`. */
export function readCleanup(line: ProgramLine): LineClass {
  const verb = line.readQueueId(line.at);
  if (verb < 0) return LINE.irrelevant;
  const reject = behindReject(line, verb);
  return reject < 0 ? readRemoved(line, verb) : readReject(line, reject, DAEMON.cleanup);
}
