import type { Refusal } from '../../policy/rule-policy.ts';
import type { ScriptEffect, ScriptVerdict } from '../../policy/script-policy.ts';
import type { Answer } from './made-rejection.ts';

/** What is done with an event that a rule takes. */
export interface Reply extends Answer {
  /** Whether the connection is closed. */
  readonly closes: boolean;
  /** Whether the client is told that all is well, and the message is gone. */
  readonly discards: boolean;
}

/** What a block answers whose rule has no answer of its own. */
export const BLOCKED: Reply = {
  code: 554,
  text: '5.7.1 blocked',
  closes: true,
  discards: false,
};

/** What answers a client that is cut off behind a yes: it could not go on. */
const CUT_OFF = 421;
/** Longest that a tarpit of a script holds: beyond any log, and sums of it stay exact. */
const LONGEST_TARPIT_S = 2 ** 31 - 1;

export function replyOf({ type, code, text }: Refusal): Reply {
  return { code, text, closes: type === 'disconnect', discards: false };
}

/** @param verdict no tarpit */
export function replyOfScript(
  verdict: ScriptVerdict,
  { code, text }: Extract<ScriptEffect, { readonly code: number }>,
): Reply {
  return {
    code: code < 400 ? CUT_OFF : code,
    text: text(),
    closes: verdict === 'disconnect',
    discards: verdict === 'discard',
  };
}

/** How long a tarpit of a script delays the end of its session, in milliseconds. */
export function delayOf({ seconds }: Extract<ScriptEffect, { readonly seconds: number }>): number {
  return Math.round(Math.min(seconds, LONGEST_TARPIT_S) * 1000);
}
