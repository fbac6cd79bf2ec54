import { UserError } from '../model/errors.ts';
import type { OpenLogs } from './open-logs.ts';

/** @throws {UserError} when standard input is among the logs of an option that reads them twice */
export function refuseStdin(logs: readonly string[], option: string, hint: string): void {
  if (!logs.includes('-')) return;
  throw new UserError(`${option} reads the logs twice, which standard input cannot do`, hint);
}

/** @throws {UserError} when a pipe is among them */
export function refusePipes({ readTwice }: OpenLogs, option: string): void {
  if (readTwice) return;
  throw new UserError(`${option} reads the logs twice, which a pipe cannot do`);
}
