import path from 'node:path';
import { UserError } from '../../model/errors.ts';
import { Vocabulary } from '../../model/vocabulary.ts';
import { needsOf } from '../../policy/needs.ts';
import { phaseJson, phaseTable } from '../../report/phase-table.ts';
import { phaseShifts } from '../../simulate/phase-shifts.ts';
import { closingNote } from '../closing-note.ts';
import { durationOption } from '../input-options.ts';
import type { AskingPolicy } from '../missing-facts.ts';
import { openLogs } from '../open-logs.ts';
import type { PhaseFlags } from '../phase-option.ts';
import type { CommandContext } from '../program.ts';
import { showProgress } from '../progress.ts';
import { jsonText } from '../replay-logs.ts';
import { refuseUnusable } from '../unusable-logs.ts';
import { VERSION } from '../version.ts';

const DEFAULT_STEPS = '8';
const MOST_STEPS = 64;

/** Shows how the firings of a policy move when windows begin later. */
export async function checkPhases(
  { policy, placed }: AskingPolicy,
  logs: readonly string[],
  flags: PhaseFlags,
  context: CommandContext,
): Promise<void> {
  const { stdio, signal } = context;
  const steps = stepsOption(flags.steps);
  const sessionTimeoutMs = durationOption('--session-timeout', flags.sessionTimeout);
  if (policy.rules.length === 0) {
    throw new UserError(`${policy.file} has no rules, so no shift can change what fires`);
  }
  const vocabulary = new Vocabulary();
  const needs = needsOf(policy);
  const policies = [{ policy, placed }];
  const demands = { vocabulary, needs, gapMs: Infinity, signal, policies };
  const opened = await openLogs(logs, flags, demands);
  for (const note of opened.notes) stdio.err(`${note}\n`);
  const hideProgress = showProgress(stdio, opened.progress);
  try {
    const { sources, fileOf } = opened;
    const shifts = await phaseShifts({
      sources,
      vocabulary,
      needs,
      policy,
      steps,
      sessionTimeoutMs,
      fileOf,
    });
    hideProgress();
    const files = opened.reports(shifts.bySource);
    refuseUnusable(files);
    const report = { version: VERSION, policy: path.basename(policy.file), files, shifts };
    stdio.out(flags.format === 'json' ? jsonText(phaseJson(report)) : phaseTable(report));
    closingNote(files, undefined, context);
  } finally {
    hideProgress();
    opened.close();
  }
}

function stepsOption(text = DEFAULT_STEPS): number {
  const steps = Number(text);
  if (/^\d+$/.test(text) && steps >= 2 && steps <= MOST_STEPS) return steps;
  throw new UserError(`--steps ${text}: expected a whole number from 2 to ${MOST_STEPS}`);
}
