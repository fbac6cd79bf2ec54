import type { Needs } from '../model/event.ts';
import type { Coverage } from './coverage.ts';
import type { ScriptPolicy, ScriptRunner, ScriptWorld } from './script-policy.ts';

/** Policies that all judge, one behind the other: those of a configuration. */
export class JoinedScripts implements ScriptPolicy {
  readonly needs: Needs;
  readonly keepsSessions: boolean;
  readonly #policies: readonly ScriptPolicy[];

  constructor(policies: readonly ScriptPolicy[]) {
    this.#policies = policies;
    const textFields = policies.reduce((bits, { needs }) => bits | needs.textFields, 0);
    this.needs = { textFields };
    this.keepsSessions = policies.some((policy) => policy.keepsSessions);
  }

  bind(world: ScriptWorld, coverage?: Coverage): ScriptRunner {
    const runners = this.#policies.map((policy) => policy.bind(world, coverage));
    return {
      phases: runners.reduce((bits, { phases }) => bits | phases, 0),
      judge: () => {
        for (const runner of runners) runner.judge();
      },
      ended: (session) => {
        for (const runner of runners) runner.ended(session);
      },
      orderOf: (phase) => Math.max(...runners.map((runner) => runner.orderOf(phase))),
    };
  }
}
