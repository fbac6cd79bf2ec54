import { textAt } from '../arguments.ts';
import { dumpOf } from '../dump.ts';
import { matchOf } from '../match.ts';
import type { Run } from '../run.ts';
import { fail, type CommandBinder, type CommandSet, type Site, type TestBinder } from '../site.ts';
import { isTrue, itemsOf, leadingNumber, textOf, typeOf, type Hash } from '../value.ts';

function hashAt(site: Site): (run: Run) => Hash {
  const { get } = site.positional[0];
  return (run) => {
    const value = get(run);
    return value instanceof Map ? value : fail(site, `${site.name}: its first argument is no hash`);
  };
}

const set: CommandBinder = (site) => {
  const hash = hashAt(site);
  const key = textAt(site, 1);
  const value = site.positional[2];
  return (run) => {
    hash(run).set(key(run), value.get(run) ?? '');
    return undefined;
  };
};

const get: CommandBinder = (site) => {
  const hash = hashAt(site);
  const key = textAt(site, 1);
  return (run) => hash(run).get(key(run));
};

const keys: CommandBinder = (site) => {
  const hash = hashAt(site);
  return (run) => [...hash(run).keys()];
};

/** In the order of the keys, one for each: of a list its first item, of a hash an empty text. */
const values: CommandBinder = (site) => {
  const hash = hashAt(site);
  return (run) =>
    Array.from(hash(run).values(), (value) => (typeof value === 'number' ? value : textOf(value)));
};

const dump: CommandBinder = (site, { world }) => {
  const hash = hashAt(site);
  return (run) => {
    const text = dumpOf(hash(run));
    if (!site.isAssigned) world.log(site, '', text);
    return text;
  };
};

const isSet: TestBinder = (site) => {
  const of = site.positional[0];
  const key = textAt(site, 1);
  return (run) => {
    const value = of.get(run);
    const wanted = key(run);
    if (value instanceof Map) return value.has(wanted);
    const index = leadingNumber(wanted) ?? -1;
    return Number.isInteger(index) && index >= 0 && index < itemsOf(value).length;
  };
};

const hasType: TestBinder = (site) => {
  const match = matchOf(site);
  const value = site.positional[0];
  const type = site.positional[1];
  return (run) => match(typeOf(value.get(run)), type.get(run), run);
};

const holdsTrue: TestBinder = (site) => {
  const value = site.positional[0];
  return (run) => isTrue(value.get(run));
};

export const HASHES: CommandSet = {
  commands: {
    hash_create: () => () => new Map(),
    hash_set: set,
    hash_get: get,
    hash_keys: keys,
    hash_values: values,
    hash_dump: dump,
  },
  tests: { isset: isSet, type: hasType, is_true: holdsTrue },
};
