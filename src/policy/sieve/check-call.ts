import { factsOf, meantName } from './command-table.ts';
import { checkFamily } from './check-masks.ts';
import { monitorOf } from './check-monitors.ts';
import { checkPatterns } from './check-patterns.ts';
import { checkTags } from './check-tags.ts';
import { checkValue } from './check-values.ts';
import { checkWindows } from './check-windows.ts';
import type { Mistakes } from './mistakes.ts';
import { RELATIONS, type CommandFacts, type Parameter } from './signature.ts';
import { literalOf, type Argument, type Call, type Variable } from './tree.ts';

/** How a call is used: as a command of its own, for its value, or as a test. */
export type Use = 'statement' | 'value' | 'test';

/** A call in the form that names its arguments in a hash. */
export interface HashUse {
  readonly call: Call;
  readonly facts: CommandFacts;
  readonly hash: Variable;
}

/**
 * Holds a call against what is known of its name.
 *
 * @returns the hash in which the arguments are, to be checked when the whole script was seen
 */
export function checkCall(call: Call, use: Use, mistakes: Mistakes): HashUse | undefined {
  const { name } = call;
  const facts = factsOf(name.text);
  const wanted = roleOf(use);
  if (facts === undefined) {
    const code = use === 'test' ? 'test-unknown' : 'command-unknown';
    mistakes.add(name, code, [name.text.slice(0, 64)], meantName(name.text, wanted));
    return undefined;
  }
  if (!isUsable(facts, use)) {
    tellRole(call, facts, use, mistakes);
    return undefined;
  }
  if (facts.status === 'no') {
    mistakes.add(name, 'not-simulated', [name.text]);
    return undefined;
  }
  if (use === 'value' && !facts.returns) {
    mistakes.add(name, 'value-missing', [name.text], `write ${name.text} …; alone`);
  }
  if (call.block !== undefined) {
    mistakes.add(name, 'block-unexpected', [name.text]);
  }
  return checkArguments(call, facts, mistakes);
}

function roleOf(use: Use): 'command' | 'test' {
  return use === 'test' ? 'test' : 'command';
}

export function isUsable({ role }: CommandFacts, use: Use): boolean {
  return role === 'either' || role === roleOf(use);
}

function tellRole(
  { name, block }: Call,
  { returns }: CommandFacts,
  use: Use,
  mistakes: Mistakes,
): void {
  const { text } = name;
  if (use === 'test') {
    const assigned = `assign it, $x = ${text} …; and compare "\${x}" with ec_test`;
    const hint = returns ? assigned : 'it returns nothing that could be tested';
    mistakes.add(name, 'command-as-test', [text], hint);
    return;
  }
  const hint = block === undefined ? `write if ${text} … { … }` : 'is an if missing before it?';
  mistakes.add(name, 'test-as-command', [text], hint);
}

function checkArguments(call: Call, facts: CommandFacts, mistakes: Mistakes): HashUse | undefined {
  const { rest, tags, sound } = checkTags(call, facts, mistakes);
  const { positional, hash } = facts;
  if (sound) checkPatterns(call, rest, mistakes);
  if (positional === undefined || !sound) return undefined;
  if (hash !== undefined && rest.length === 1) {
    const [only] = rest;
    if (only.type === 'variable') return { call, facts, hash: only };
  }
  if (rest.length === 0 && facts.bare) {
    mistakes.add(call.name, 'reply-missing', [call.name.text], `write ${usageOf(call, facts)}`);
    return undefined;
  }
  const least = positional.filter((one) => !one.optional).length;
  if (rest.length < least || (rest.length > positional.length && !facts.more)) {
    tellCount(call, facts, rest, mistakes);
    return undefined;
  }
  const values = new Map(tags);
  for (const [index, value] of rest.entries()) {
    const parameter = positional.at(index);
    if (parameter === undefined) break;
    values.set(parameter.name, value);
    checkValue({ ...parameter, value }, mistakes);
  }
  const [start, end] = [values.get('start'), values.get('end')];
  const monitor = monitorOf(values.get('monitor'));
  checkWindows({ monitor, configured: false, start, end }, mistakes);
  checkFamily(values.get('ip'), values.get('mask'), mistakes);
  return undefined;
}

function tellCount(
  call: Call,
  facts: CommandFacts,
  rest: readonly Argument[],
  mistakes: Mistakes,
): void {
  const { positional = [], more } = facts;
  const least = positional.filter((one) => !one.optional).length;
  const most = positional.length;
  const words = (count: number): string => {
    if (count === 0) return 'no arguments';
    return count === 1 ? '1 argument' : `${count} arguments`;
  };
  let expected = least === most ? words(most) : `${least} to ${words(most)}`;
  if (more) expected = `at least ${words(least)}`;
  const relation = rest.map((one) => literalOf(one)).find((text) => isRelation(text));
  const forgotten = relation !== undefined && facts.tags?.includes('value') === true;
  const hint = forgotten ? `is :value missing before "${relation}"?` : usageHint(call, facts);
  const details = [call.name.text, expected, rest.length === 0 ? 'none' : String(rest.length)];
  mistakes.add(call.name, 'count-wrong', details as [string, string, string], hint);
}

function isRelation(text: string | undefined): boolean {
  return RELATIONS.some((one) => one === text);
}

function usageHint(call: Call, facts: CommandFacts): string | undefined {
  const { positional = [], hash } = facts;
  if (positional.length === 0) return undefined;
  const other = hash === undefined ? '' : `, or ${call.name.text} $hash`;
  return `write ${usageOf(call, facts)}${other}`;
}

function usageOf({ name }: Call, { positional = [] }: CommandFacts): string {
  const shown = positional.map((one: Parameter) => (one.optional ? `[${one.name}]` : one.name));
  return [name.text, ...shown].join(' ');
}
