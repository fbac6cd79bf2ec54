import { placeOf } from '../../model/diagnostic.ts';
import type { Command } from './tree.ts';

/** Commands that make their place a rule of the report. */
const ACTING =
  /^(?:ec_action|ec_disconnect|(?:ec_)?(?:reject|discard)|ec_tarpit|ec_(?:shared_)?throttle_tarpit)$/;

export interface ActionLines {
  /** Lines on which an action stands, in order. */
  readonly lines: readonly number[];
  /** It runs other scripts, whose places only a run tells. */
  readonly includes: boolean;
}

export function actionLinesOf(commands: readonly Command[], text: string): ActionLines {
  const calls = callsIn(commands);
  const acting = calls.filter(({ name }) => ACTING.test(name));
  return {
    lines: [...new Set(acting.map(({ start }) => placeOf(text, start).line))],
    includes: calls.some(({ name }) => name === 'ec_include'),
  };
}

/** Calls anywhere in a tree, in small letters, in the order of the script. */
function callsIn(node: unknown): { readonly name: string; readonly start: number }[] {
  if (typeof node !== 'object' || node === null) return [];
  const inner = Object.values(node).flatMap((one) => callsIn(one));
  const { type, name, start } = node as {
    readonly type?: unknown;
    readonly name?: { readonly text?: unknown };
    readonly start?: number;
  };
  if (type !== 'call') return inner;
  return [{ name: String(name?.text).toLowerCase(), start: start ?? 0 }, ...inner];
}
