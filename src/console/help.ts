import type { AuditConsole } from './audit-console.ts';
import type { Word } from './words.ts';

/** As Momentum's manual has it, word for word. */
const DOCUMENTED = `show ip <ip[/mask]>
    Display verbose statistics for the specified ip or cidr block
delete_ip <ip> <series> <parameters>
    Delete an IP from a defined named series
count_cidr <ip[/mask]> <series> <parameters> <period_start> <period_end>
    Count a CIDR in a named series
add <series> <parameters> <ip> <increment>
    Add a value to a CIDR in a named series
subtract <series> <parameters> <ip> <decrement>
    Subtract a value from a CIDR in a named series
show all
    Display verbose statistics for all domains as a CSV list
load <series> <filename>
    Load a series from a file.  The the filename can be omitted if
    the file has the same name as the series
`;

const OWN = `
Also, in hindcast:
cluster shared list
    Name the counts that nodes share
cluster shared show inbound_cidr [from <node>]
    Display open inbound sessions by block, of all nodes or of one
at [<time>]
    Say the simulated time, or move the clock over the logs to
    2026-11-20T17:30:00Z, 17:30, +10m, -1h or end
load <series> [<filename>] --add
    Add what a file holds to a series instead of replacing it
save
    Write the changes back to the state
help
    Show this text
quit, exit
    Leave; so does Ctrl-D
`;

/** `help`: the documented commands, then ours. */
export function showHelp(_words: readonly Word[], console: AuditConsole): void {
  console.out(DOCUMENTED + OWN);
}
