import type { AuditEngine } from '../../engine/audit-engine.ts';
import { EnforcedReplay } from '../enforce/enforce.ts';
import { BARE_POLICY } from '../policy-run.ts';
import { ReplayRun, type ReplayOptions } from '../replay.ts';
import type { Tally } from '../tally.ts';
import { BEFORE_ALL, bind, type Answer, type MomentQuestion } from './moment-question.ts';

export interface QuestionAt {
  /** Asked before the events of this moment, milliseconds UTC. */
  readonly atMs: number;
  readonly question: MomentQuestion;
}

export interface WatchOptions extends ReplayOptions {
  /** Undefined: the policy observes. */
  readonly enforce: { readonly retryMs: number | undefined } | undefined;
  readonly questions: readonly QuestionAt[];
}

export interface WatchedRun {
  readonly tally: Tally;
  /** In the order of the questions. */
  readonly answers: readonly Answer[];
}

/** What is watched: a policy that observes or one in force. */
interface Watched {
  readonly engine: AuditEngine;
  reach(untilMs: number): Promise<boolean>;
  finish(): { readonly tally: Tally };
}

/**
 * Replays inputs and asks questions on the way. A question behind the last event moves the clock
 * on, so that windows and sessions are what they are then; one before the first event is answered
 * by 0 and moves nothing.
 */
export async function watch(options: WatchOptions): Promise<WatchedRun> {
  const { questions } = options;
  const run = watchedOf(options);
  const asks = questions.map(({ question }) => bind(run.engine, question));
  const answers: Answer[] = questions.map(() => BEFORE_ALL);
  const inOrder = [...questions.keys()].sort((a, b) => questions[a].atMs - questions[b].atMs);
  for (const index of inOrder) {
    if (await run.reach(questions[index].atMs)) answers[index] = asks[index]();
  }
  await run.reach(Infinity);
  return { tally: run.finish().tally, answers };
}

function watchedOf(options: WatchOptions): Watched {
  const { enforce, policy = BARE_POLICY } = options;
  if (enforce === undefined) return new ReplayRun(options);
  return new EnforcedReplay({ ...options, policy, retryMs: enforce.retryMs });
}
