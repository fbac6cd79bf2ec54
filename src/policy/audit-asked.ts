import type { Command } from './sieve/tree.ts';

/** The commands that the module `inbound_audit` brings. */
const ASKING = /^(?:audit_|ec_ip_)/i;

/** Whether a Sieve script asks the audit engine or adds to it; what it includes is not known. */
export function asksAudit(commands: readonly Command[]): boolean {
  const open: unknown[] = [...commands];
  for (const node of open) {
    if (typeof node !== 'object' || node === null) continue;
    const { type, name } = node as { readonly type?: unknown; readonly name?: { text?: unknown } };
    if (type === 'call' && ASKING.test(String(name?.text))) return true;
    for (const inner of Object.values(node)) open.push(inner);
  }
  return false;
}
