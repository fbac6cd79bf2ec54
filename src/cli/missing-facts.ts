import type { LogFile } from '../input/open-inputs.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { KindName } from '../model/event.ts';
import type { PlacedRules } from '../policy/rule-coverage.ts';
import type { Condition, Quantity, RulePolicy } from '../policy/rule-policy.ts';
import { mistakesIn, shownDiagnostics } from './policy-file.ts';

/** A policy that is about to judge what inputs hold. */
export interface AskingPolicy {
  readonly policy: RulePolicy;
  /** Where its rules stand; undefined: it has none. */
  readonly placed: PlacedRules | undefined;
  /** Scripts answer beside its rules: what they will ask is not known before. */
  readonly hasScripts?: boolean;
}

/** What an input shows, as far as its front tells. */
export type InputFacts = Pick<LogFile, 'dialect' | 'lacks' | 'hints' | 'isDated'> & {
  readonly input: { readonly name: string };
};

/**
 * Facts that some logs never hold, though a policy may build on them. The end comes first: where
 * both are missing, an option that brings the beginning helps nobody who asks for sessions.
 */
const SESSION_KINDS: readonly KindName[] = ['disconnect', 'connect'];
const NAMED_INPUTS = 3;

/**
 * Refuses rules that count connections or sessions where no input logs them: they would count 0 and
 * never fire (semantics, section 4). Returns what a reader should know where only some lack them, or
 * where scripts may ask.
 *
 * @throws {UserError} with every such rule, where it says what it counts
 */
export function refuseMissingFacts(
  files: readonly InputFacts[],
  policies: readonly AskingPolicy[],
): string[] {
  const inputs = files.filter(({ isDated }) => isDated);
  const notes = new Set<string>();
  const diagnostics: Diagnostic[] = [];
  const texts = new Map<string, string>();
  for (const { policy, placed, hasScripts } of policies) {
    for (const rule of policy.rules) {
      rule.conditions.forEach((condition, index) => {
        const { what, kinds } = askedBy(condition, policy);
        for (const kind of kinds) {
          const lacking = inputs.filter(({ lacks }) => lacks.includes(kind));
          if (lacking.length === 0) continue;
          const place = placed?.places.get(rule.name)?.conditions[index];
          if (lacking.length < inputs.length || place === undefined || placed === undefined) {
            notes.add(
              `rule ${rule.name} counts ${what}: ${namesOf(lacking)} ${logNo(lacking)} ${kind}`,
            );
            continue;
          }
          texts.set(policy.file, placed.text);
          diagnostics.push(missing(policy.file, place, rule.name, what, kind, lacking));
          return;
        }
      });
    }
    if (hasScripts !== true) continue;
    const lacking = inputs.filter(({ lacks }) =>
      SESSION_KINDS.some((kind) => lacks.includes(kind)),
    );
    if (lacking.length === 0) continue;
    const missed = SESSION_KINDS.filter((kind) =>
      lacking.some(({ lacks }) => lacks.includes(kind)),
    );
    notes.add(
      `scripts count no ${missed.includes('connect') ? 'connections and sessions' : 'sessions'} of ` +
        `${namesOf(lacking)}, which ${logNo(lacking)} ${missed.join(' or ')}`,
    );
  }
  if (diagnostics.length === 0) return [...notes];
  const sorted = diagnostics.sort((a, b) => a.start - b.start);
  throw mistakesIn(sorted, shownDiagnostics(sorted, texts));
}

function missing(
  file: string,
  { start, end }: { readonly start: number; readonly end: number },
  rule: string,
  what: string,
  kind: KindName,
  inputs: readonly InputFacts[],
): Diagnostic {
  const message = `rule ${rule} counts ${what}, and ${namesOf(inputs)} ${logNo(inputs)} ${kind}`;
  const hints = new Set(inputs.flatMap((input) => input.hints[kind] ?? []));
  const found: Diagnostic = { severity: 'error', code: 'facts-missing', message, file, start, end };
  return hints.size === 0 ? found : { ...found, hint: [...hints].join('; ') };
}

/** `mainlog.ec (momentum) and 3 more` */
function namesOf(inputs: readonly InputFacts[]): string {
  const named = inputs
    .slice(0, NAMED_INPUTS)
    .map(({ input, dialect }) => `${input.name} (${dialect})`);
  const more = inputs.length - named.length;
  return more === 0 ? named.join(', ') : `${named.join(', ')} and ${more} more`;
}

function logNo({ length }: readonly InputFacts[]): string {
  return length === 1 ? 'logs no' : 'log no';
}

/** What a condition counts, and the kinds of event without which it counts nothing. */
function askedBy(
  condition: Condition,
  policy: RulePolicy,
): { readonly what: string; readonly kinds: readonly KindName[] } {
  const asked = [condition.of, ...(condition.type === 'ratio' ? [condition.to] : [])];
  const found = asked.map((quantity) => ({
    what: nameOf(quantity),
    kinds: kindsOf(quantity, policy),
  }));
  return found.find(({ kinds }) => kinds.length > 0) ?? { what: '', kinds: [] };
}

function nameOf(quantity: Quantity): string {
  switch (quantity.type) {
    case 'metric':
      return quantity.metric;
    case 'series':
      return `series ${quantity.series}`;
    case 'sessions':
      return 'sessions';
    case 'distinct':
      return `distinct ${quantity.field}`;
  }
}

function kindsOf(quantity: Quantity, { series }: RulePolicy): readonly KindName[] {
  switch (quantity.type) {
    case 'metric':
      return quantity.metric === 'connections' ? ['connect'] : [];
    case 'sessions':
      return SESSION_KINDS;
    case 'series':
      return alone(series.find(({ name }) => name === quantity.series)?.on ?? []);
    case 'distinct':
      return alone(quantity.on);
  }
}

/** Where other kinds are counted, too, the missing one does not leave the count empty. */
function alone(on: readonly string[]): readonly KindName[] {
  return on.every((kind) => SESSION_KINDS.some((own) => own === kind))
    ? SESSION_KINDS.filter((own) => on.includes(own))
    : [];
}
