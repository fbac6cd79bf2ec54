import { didYouMean } from '../model/suggest.ts';
import type { TestMistakes } from './codes.ts';
import type { TestPolicy } from './test-replay.ts';
import type { PolicyTest } from './test-file.ts';

/**
 * Reports rules that the policy does not have: nothing would ever fire, and `never` would hold for
 * ever. The rules of scripts are places that only a run tells, so any name may be one.
 */
export function checkRules(
  mistakes: TestMistakes,
  { expectations, policy: named, place: ofTest, enforce }: PolicyTest,
  { policy, scripts }: Pick<TestPolicy, 'policy' | 'scripts'>,
): void {
  const place = named?.place ?? ofTest;
  if (enforce !== undefined && scripts === undefined && !policy?.rules.length) {
    mistakes.add(place, 'run-refused', ["'enforce' needs a policy with rules, or scripts"]);
  }
  if (scripts !== undefined) return;
  const names = policy?.rules.map(({ name }) => name) ?? [];
  for (const { subject, place: at } of expectations) {
    const rule = 'rule' in subject ? subject.rule : undefined;
    if (rule === undefined || names.includes(rule)) continue;
    const known = names.length === 0 ? 'the policy has no rules' : `rules: ${names.join(', ')}`;
    mistakes.add(at, 'rule-unknown', [rule], didYouMean(rule, names) ?? known);
  }
}
