import { didYouMean } from '../../model/suggest.ts';
import { checkValue } from './check-values.ts';
import type { Mistakes } from './mistakes.ts';
import { TAGS, type CommandFacts, type TagGroup } from './signature.ts';
import type { Argument, Call, Tag } from './tree.ts';

/** The arguments of a call. */
interface SortedArguments {
  /** Without tags and what stands behind them. */
  readonly rest: readonly Argument[];
  /** What stands behind tags, by their name. */
  readonly tags: ReadonlyMap<string, Argument>;
  /** False when tags were wrong. */
  readonly sound: boolean;
}

/** Holds the tags of a call against those that its command takes. */
export function checkTags(call: Call, facts: CommandFacts, mistakes: Mistakes): SortedArguments {
  const rest: Argument[] = [];
  const tags = new Map<string, Argument>();
  const groups = new Map<TagGroup, Tag>();
  let sound = true;
  for (let at = 0; at < call.arguments.length; at++) {
    const tag = call.arguments[at];
    if (tag.type !== 'tag') {
      rest.push(tag);
      continue;
    }
    const known = TAGS.get(tag.name.toLowerCase());
    const allowed = facts.tags ?? [...TAGS.keys()];
    if (known === undefined || !allowed.includes(tag.name.toLowerCase())) {
      sound = false;
      const details = [call.name.text, tag.name.slice(0, 64)] as const;
      mistakes.add(tag, 'tag-unknown', [...details], didYouMean(tag.name, allowed));
      continue;
    }
    const first = groups.get(known.group);
    if (first !== undefined && known.group !== 'other') {
      mistakes.add(tag, 'tag-twice', [tag.name, first.name]);
    }
    groups.set(known.group, tag);
    if (known.value === undefined) continue;
    const value = call.arguments.at(at + 1);
    if (value === undefined || value.type === 'tag') {
      sound = false;
      mistakes.add(tag, 'tag-incomplete', [tag.name, WANTED_BEHIND[known.value]]);
      continue;
    }
    checkValue({ name: `:${tag.name}`, kind: known.value, value }, mistakes);
    tags.set(tag.name.toLowerCase(), value);
    at++;
  }
  if (sound && facts.needs !== undefined && !groups.has(facts.needs)) {
    tellMissing(call, facts.needs, mistakes);
  }
  return { rest, tags, sound };
}

function tellMissing({ name }: Call, group: TagGroup, mistakes: Mistakes): void {
  const fitting = [...TAGS].filter(([, one]) => one.group === group);
  const shown = fitting.map(([tag]) => `:${tag}`);
  mistakes.add(name, 'tag-missing', [name.text, shown.join(' or ')]);
}

const WANTED_BEHIND = {
  relation: 'a relation, such as "gt",',
  comparator: 'a comparator, such as "i;ascii-numeric",',
  address: 'an address',
} as const;
