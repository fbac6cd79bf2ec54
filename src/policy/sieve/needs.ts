import { ALL_NEEDS, TEXT, type Needs, type TextFieldName } from '../../model/event.ts';
import type { Command } from './tree.ts';

/** What reports show of every event that a script stops; any script may, by a runtime error. */
const STOPPED: readonly TextFieldName[] = ['sender', 'recipient', 'queue_id'];

/** Commands that ask more of an event than its peer, or keep something for later phases. */
const ASKING = /^(?:envelope$|ec_get_message_|ec_include$|vctx)/i;
/** Commands that the module `inbound_audit` brings. */
const AUDIT = /^(?:audit_|ec_ip_)/i;

export interface ScriptNeeds {
  readonly needs: Needs;
  /** Whether sessions must remember something between their events. */
  readonly keepsSessions: boolean;
}

/**
 * The fields of events that scripts may ask: all of them where they look at envelopes or macros,
 * or include scripts that are not known yet; else only what reports show.
 */
export function needsOfScripts(scripts: readonly (readonly Command[])[]): ScriptNeeds {
  const isAsking = calls(scripts, ASKING) || holds(scripts, ({ type }) => type === 'macro');
  if (isAsking) return { needs: ALL_NEEDS, keepsSessions: true };
  const textFields = STOPPED.reduce((bits, name) => bits | (1 << TEXT[name]), 0);
  return { needs: { textFields }, keepsSessions: false };
}

/** Whether a script asks the audit engine or adds to it; what it includes is not known. */
export function asksAudit(commands: readonly Command[]): boolean {
  return calls(commands, AUDIT);
}

function calls(tree: object, names: RegExp): boolean {
  return holds(tree, ({ type, name }) => type === 'call' && names.test(String(name?.text)));
}

interface TreeNode {
  readonly type?: unknown;
  readonly name?: { readonly text?: unknown };
}

/** Looks at every node of a tree, whatever holds it. */
function holds(tree: object, isMeant: (node: TreeNode) => boolean): boolean {
  return Object.values(tree).some((inner: unknown) => {
    if (typeof inner !== 'object' || inner === null) return false;
    return isMeant(inner) || holds(inner, isMeant);
  });
}
