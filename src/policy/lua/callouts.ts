import { didYouMean } from '../../model/suggest.ts';
import type { Phase } from '../script-slots.ts';

/** What a hook is called with, behind the module's own table. */
type Given = 'string' | 'recipients' | 'ac' | 'vctx' | 'message';

/** A hook of modules, in the phase that it belongs to. */
export interface Callout {
  readonly name: string;
  readonly phase: Phase;
  readonly given: readonly Given[];
}

/** In the order of a session (momentum, 2.2). */
export const CALLOUTS: readonly Callout[] = [
  { name: 'core_validate_accept', phase: 'accept', given: ['ac', 'vctx'] },
  { name: 'validate_connect', phase: 'connect', given: ['ac', 'vctx'] },
  { name: 'validate_ehlo', phase: 'ehlo', given: ['string', 'ac', 'vctx'] },
  { name: 'validate_mailfrom', phase: 'mailfrom', given: ['string', 'ac', 'vctx'] },
  { name: 'validate_rcptto', phase: 'rcptto', given: ['message', 'string', 'ac', 'vctx'] },
  { name: 'validate_rcptto_list', phase: 'data', given: ['recipients', 'vctx'] },
  { name: 'validate_rcptto_list_final', phase: 'data', given: ['recipients', 'vctx'] },
  { name: 'validate_data', phase: 'data', given: ['message', 'ac', 'vctx'] },
  { name: 'validate_data_spool', phase: 'spool', given: ['message', 'ac', 'vctx'] },
  {
    name: 'validate_data_spool_each_rcpt',
    phase: 'each_rcpt',
    given: ['message', 'ac', 'vctx'],
  },
  { name: 'validate_set_binding', phase: 'set_binding', given: ['message'] },
];

/** Called when a module is loaded; it must return true. */
export const INIT = 'init';
/** Called when a session ends in which the module ran. */
export const DEALLOC = 'validate_dealloc';

/** All functions of a module that a replay calls. */
export const RUN: readonly string[] = [...CALLOUTS.map(({ name }) => name), INIT, DEALLOC];

/**
 * Why a function of a module that is named like a hook never runs; undefined: it is not named so,
 * or it runs.
 */
export function whyUnreached(name: string): string | undefined {
  if (RUN.includes(name) || !/^(?:core_|validate_|msg_gen_)/.test(name)) return undefined;
  const hint = didYouMean(name, RUN) ?? 'no event of a log stands for it';
  return `the hook ${name} never runs: ${hint}`;
}
