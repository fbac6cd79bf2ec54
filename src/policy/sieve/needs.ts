import { ALL_NEEDS, TEXT, type Needs, type TextFieldName } from '../../model/event.ts';
import type { Command } from './tree.ts';

/** What reports show of every event that a script stops; any script may, by a runtime error. */
const STOPPED: readonly TextFieldName[] = ['sender', 'recipient', 'queue_id'];

/** Commands that ask more of an event than its peer, or keep something for later phases. */
const ASKING = /^(?:envelope|ec_get_message_.*|ec_include|vctx.*)$/;

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
  if (scripts.some((commands) => asks(commands))) return { needs: ALL_NEEDS, keepsSessions: true };
  const textFields = STOPPED.reduce((bits, name) => bits | (1 << TEXT[name]), 0);
  return { needs: { textFields }, keepsSessions: false };
}

/** Looks at every node of a tree, whatever holds it. */
function asks(node: unknown): boolean {
  if (typeof node !== 'object' || node === null) return false;
  const { type, name } = node as { readonly type?: unknown; readonly name?: { text?: unknown } };
  if (type === 'macro') return true;
  if (type === 'call' && ASKING.test(String(name?.text).toLowerCase())) return true;
  return Object.values(node).some((inner) => asks(inner));
}
