import type { HashFacts, HashValues } from './check-hashes.ts';
import type { Mistakes } from './mistakes.ts';
import { wholeOf, type Call } from './tree.ts';

/**
 * Finds an `audit_series_add` that a server of a single node may not count. It is told once for a
 * script, at the first: a cluster has many of them, and none is wrong.
 *
 * @param adds every `audit_series_add`, by place
 */
export function checkSerialize(
  adds: readonly Call[],
  { values, created }: Pick<HashFacts, 'values' | 'created'>,
  mistakes: Mistakes,
): void {
  for (const { name, arguments: given } of adds) {
    const [first] = given;
    const hash = given.length === 1 && first.type === 'variable' ? first.name : undefined;
    if (hash !== undefined) {
      const set = values.get(hash);
      if (set === undefined || !created.has(hash)) continue;
      // An add that goes to other nodes is none of a single one.
      if (mayDiffer(set, 'serialize') || mayDiffer(set, 'replicate')) continue;
    }
    const hint =
      hash === undefined ? 'only the form with a hash has it' : `hash_set $${hash} "serialize" 1;`;
    mistakes.add(name, 'serialize-missing', [name.text], hint);
    return;
  }
}

/** Whether a key is set to something other than 0, or to what is only known at run time. */
function mayDiffer(set: HashValues, key: string): boolean {
  return set.has(key) && wholeOf(set.get(key)) !== 0;
}
