import { UserError } from '../model/errors.ts';
import { isRefusal } from '../policy/rule-policy.ts';
import type { Labels } from '../simulate/collateral.ts';
import { durationOption } from './input-options.ts';
import { loadLabels, type LabelOptions, type LoadedLabels } from './label-lists.ts';
import type { RunPolicy } from './run-policy.ts';

/** What is asked of a policy beside what it would have done. */
export interface WhatIfOptions extends LabelOptions {
  /** Whether the policy is in force: what its verdicts stop no longer happens. */
  readonly enforce?: boolean | undefined;
  /** With `enforce`: after how long a client comes back that was refused with 4xx, `15m`. */
  readonly retry?: string | undefined;
  readonly state?: string | undefined;
}

export interface WhatIf {
  /** Undefined: the policy observes. */
  readonly enforce: { readonly retryMs: number | undefined } | undefined;
  /** Undefined: what rules take is not counted. */
  readonly collateral: { readonly labels: Labels | undefined } | undefined;
  /** Of the lists of labels. */
  readonly texts: readonly string[];
}

const LONGEST_RETRY_MS = 5 * 86_400_000;

/**
 * Reads the options and the lists that they name.
 *
 * @throws {UserError} for a mistake in them, or where they would change nothing
 */
export function readWhatIf(options: WhatIfOptions, run: RunPolicy): WhatIf {
  const { state, retry, good, bad } = options;
  const enforces = options.enforce === true;
  if (retry !== undefined && !enforces) {
    throw new UserError('--retry goes with --enforce: nobody is refused without');
  }
  if (enforces) refuseUnenforceable(run, state);
  const refuses = mayRefuse(run);
  if ((good ?? bad ?? []).length > 0 && state !== undefined) {
    const list = listOption(options);
    throw new UserError(`${list} does not go with --state: what rules take is not stored`);
  }
  const { labels, texts } = readLabels(options, [run]);
  return {
    enforce: enforces ? { retryMs: retryOption(retry) } : undefined,
    collateral: refuses && state === undefined ? { labels } : undefined,
    texts,
  };
}

/**
 * Reads the lists of labels.
 *
 * @param runs policies of which at least one must have a use for them
 * @throws {UserError} for a mistake in them, or where they would change nothing
 */
export function readLabels(options: LabelOptions, runs: readonly RunPolicy[]): LoadedLabels {
  const { good, bad } = options;
  if ((good ?? bad ?? []).length > 0 && !runs.some(mayRefuse)) {
    throw new UserError(`${listOption(options)} labels what rules refuse, and none refuses`);
  }
  return loadLabels(options);
}

/** The option that named a list first. */
export const listOption = ({ good }: LabelOptions): string =>
  good?.at(0) === undefined ? '--bad' : '--good';

function mayRefuse({ scripts, policy }: RunPolicy): boolean {
  return (
    scripts !== undefined ||
    policy.rules.some(({ verdict, blockMs }) => isRefusal(verdict) || blockMs !== undefined)
  );
}

function refuseUnenforceable({ policy, scripts }: RunPolicy, state: string | undefined): void {
  if (state !== undefined) {
    throw new UserError(
      '--enforce does not go with --state: blocks and what was refused are not stored',
      'replay all logs in one run',
    );
  }
  if (policy.rules.length > 0 || scripts !== undefined) return;
  throw new UserError('--enforce needs a --policy with rules, or scripts: nothing would change');
}

function retryOption(text: string | undefined): number | undefined {
  const retryMs = durationOption('--retry', text);
  if (retryMs === undefined || (retryMs >= 1000 && retryMs < LONGEST_RETRY_MS)) return retryMs;
  throw new UserError(
    `--retry ${text}: expected from 1s to less than 5d`,
    'a client gives up 5 days after it was refused first',
  );
}
