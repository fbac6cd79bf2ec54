import { parse, stringify } from 'yaml';

interface Plain {
  readonly monitors?: readonly string[];
  readonly series?: object;
  readonly rules: readonly { readonly name: string }[];
}

/** A policy in which someone has put the rule that a sweep suggests in place of its own. */
export function pastedInto(policy: string, suggested: string): string {
  const plain = parse(policy, { merge: true }) as Plain;
  const { monitors, series, rules } = parse(suggested) as Plain;
  return stringify({
    ...plain,
    ...(monitors === undefined ? {} : { monitors }),
    ...(series === undefined ? {} : { series: { ...plain.series, ...series } }),
    rules: plain.rules.map((rule) => rules.find(({ name }) => name === rule.name) ?? rule),
  });
}
