import { placeOf } from '../model/diagnostic.ts';
import type { EventBatch } from '../model/event-batch.ts';
import type { AuditView } from '../engine/port.ts';
import type { Vocabulary } from '../model/vocabulary.ts';
import type { Coverage } from './coverage.ts';
import type { Place } from './mistakes.ts';
import { RuleEvaluator, type OnHit } from './rule-evaluator.ts';
import type { RulePolicy } from './rule-policy.ts';

/** Where a rule stands in its policy. */
export interface RulePlaces {
  /** Its beginning. */
  readonly rule: Place;
  /** Where the rule says what it counts. */
  readonly counted: Place;
  /** Where each condition says what it counts. */
  readonly conditions: readonly Place[];
  /** Undefined: nothing is exempt. */
  readonly except: Place | undefined;
}

/** A policy's text, and by rule name the places in it. */
export interface PlacedRules {
  readonly text: string;
  readonly places: ReadonlyMap<string, RulePlaces>;
}

/** Numbers of the branches of a rule. */
interface RuleBranches {
  readonly judged: number;
  readonly conditions: readonly { readonly holds: number; readonly fails: number }[];
  readonly exempt: number | undefined;
  readonly fires: number;
}

/** The branches of a policy's rules: what they can come to at an event. */
export class RuleCoverage {
  readonly #coverage: Coverage;
  readonly #rules: readonly RuleBranches[];

  constructor({ file, rules }: RulePolicy, { text, places }: PlacedRules, coverage: Coverage) {
    this.#coverage = coverage;
    this.#rules = rules.map(({ name }) => {
      const own = places.get(name)!;
      const declare = ({ start }: Place, what: string): number => {
        return coverage.declare({ file, ...placeOf(text, start) }, `rule '${name}'${what}`);
      };
      const judged = declare(own.rule, ' is judged');
      const conditions = own.conditions.map((place, index) => {
        const of = own.conditions.length === 1 ? 'the condition' : `condition ${index + 1}`;
        const holds = declare(place, `: ${of} holds`);
        return { holds, fails: declare(place, `: ${of} does not hold`) };
      });
      const exempt = own.except && declare(own.except, ' passes over what it excepts');
      return { judged, conditions, exempt, fires: declare(own.rule, ' fires') };
    });
  }

  /**
   * Marks what the rules come to at the event at hand. A condition counts where those above it
   * hold, and what is exempt where all of them do.
   */
  see(evaluator: RuleEvaluator, batch: EventBatch, row: number): void {
    this.#rules.forEach((own, rule) => {
      const { due, exempt, checks } = evaluator.stateOf(rule, batch, row);
      if (!due) return;
      this.#coverage.reach(own.judged);
      for (const [index, { holds }] of checks.entries()) {
        const { holds: held, fails } = own.conditions[index];
        this.#coverage.reach(holds ? held : fails);
        if (!holds) return;
      }
      this.#coverage.reach(exempt === undefined ? own.fires : own.exempt!);
    });
  }
}

/** What one run of a policy marks. */
export interface RunCoverage {
  /** Undefined: the policy has no rules. */
  readonly rules: RuleCoverage | undefined;
  /** Takes the branches of scripts, which are known when they are compiled. */
  readonly scripts: Coverage;
}

/** Marks the branches of the rules, each at every event that it is judged at, and evaluates them. */
class CoveredEvaluator extends RuleEvaluator {
  readonly #coverage: RuleCoverage;

  constructor(coverage: RuleCoverage, ...parts: ConstructorParameters<typeof RuleEvaluator>) {
    super(...parts);
    this.#coverage = coverage;
  }

  override evaluate(batch: EventBatch, row: number, onHit: OnHit): void {
    this.#coverage.see(this, batch, row);
    super.evaluate(batch, row, onHit);
  }
}

/** @param coverage undefined: nobody asks which branches are reached, and nothing is spent on it */
export function evaluatorOf(
  coverage: RuleCoverage | undefined,
  policy: RulePolicy,
  audit: AuditView,
  vocabulary: Vocabulary,
  accepted: AuditView = audit,
): RuleEvaluator {
  return coverage === undefined
    ? new RuleEvaluator(policy, audit, vocabulary, accepted)
    : new CoveredEvaluator(coverage, policy, audit, vocabulary, accepted);
}
