import type { Monitor } from '../../model/monitor.ts';
import type { ScriptSlot } from '../script-slots.ts';

/** What is known of a script beside its text. What is left out is not checked. */
export interface ScriptContext {
  readonly slot?: ScriptSlot | undefined;
  /** Those of the configuration, in its order; never empty. */
  readonly monitors?: readonly Monitor[] | undefined;
}
