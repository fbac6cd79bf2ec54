import type { Condition, Rule } from '../../src/policy/rule-policy.ts';
import type { ExplainedRule, SettingChange } from '../../src/simulate/explain/explanation.ts';

/** A rule with one setting changed, and whether it is to fire. */
export interface Variant {
  readonly rule: Rule;
  readonly fires: boolean;
}

const WIDTHS = { ipv4: 32, ipv6: 128 } as const;
const LONG_IPV6 = [0, 1, 32, 33, 47, 48, 56, 63, 64, 65, 127, 128];

function withCondition(rule: Rule, index: number, change: object): Rule {
  const conditions = rule.conditions.map((condition, at) =>
    at === index ? ({ ...condition, ...change } as Condition) : condition,
  );
  return { ...rule, conditions: conditions as [Condition, ...Condition[]] };
}

function withPrefix(rule: Rule, family: 'ipv4' | 'ipv6', bits: number): Rule {
  if (rule.per.type === 'field') throw new Error('a text has no prefix length');
  return { ...rule, per: { type: 'prefix', prefix: { ...rule.per.prefix, [family]: bits } } };
}

function withChange(rule: Rule, { setting, condition, to }: SettingChange): Rule {
  if (setting === 'ipv4' || setting === 'ipv6') return withPrefix(rule, setting, to as number);
  return withCondition(rule, condition!, { [setting]: to });
}

const distanceOf = ({ from, to }: SettingChange): number =>
  typeof from === 'number' || typeof to === 'number'
    ? Math.abs((from as number) - (to as number))
    : Math.abs(from.end - to.end);

/**
 * What an explanation says of other settings: those that it names change the answer, and those that
 * are nearer do not, nor any where it names none.
 *
 * @param keptOf number of windows that a condition may ask
 */
export function variantsOf(
  rule: Rule,
  explained: ExplainedRule,
  family: 'ipv4' | 'ipv6' | undefined,
  keptOf: (condition: Condition) => number,
): Variant[] {
  const { fired, changes } = explained;
  const variants: Variant[] = changes.map((change) => {
    return { rule: withChange(rule, change), fires: !fired };
  });
  const stays = (own: Rule): void => void variants.push({ rule: own, fires: fired });
  for (const change of changes) {
    const { setting, condition, to } = change;
    if (condition === undefined || typeof to !== 'number' || setting === 'min') continue;
    const step = rule.conditions[condition].type === 'count' ? 1 : 0.001;
    // Back towards the setting that the rule has.
    const nearer = Math.round((to + (fired ? -step : step)) * 1000) / 1000;
    if (nearer >= 0) stays(withCondition(rule, condition, { [setting]: nearer }));
  }
  rule.conditions.forEach((condition, index) => {
    if (condition.type === 'count' && condition.of.type === 'sessions') return;
    const setting = condition.type === 'surge' ? 'before' : 'windows';
    const range = condition.type === 'surge' ? condition.before : condition.windows;
    const claim = changes.find((one) => one.setting === setting && one.condition === index);
    const reach = claim === undefined ? Infinity : distanceOf(claim);
    for (let end = range.start; end < keptOf(condition); end++) {
      if (end === range.end || Math.abs(end - range.end) >= reach) continue;
      stays(withCondition(rule, index, { [setting]: { start: range.start, end } }));
    }
  });
  if (rule.per.type === 'prefix' && family !== undefined) {
    const own = rule.per.prefix[family];
    const claim = changes.find(({ setting }) => setting === family);
    const reach = claim === undefined ? Infinity : distanceOf(claim);
    for (let bits = 0; bits <= WIDTHS[family]; bits++) {
      const near = Math.abs(bits - own) <= 2;
      if (family === 'ipv6' && !near && !LONG_IPV6.includes(bits)) continue;
      if (bits !== own && Math.abs(bits - own) < reach) stays(withPrefix(rule, family, bits));
    }
  }
  return variants;
}
