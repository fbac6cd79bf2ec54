import { parseNetwork } from '../../../model/address.ts';
import { peerText } from '../../../model/field-value.ts';
import { hashOf } from '../question.ts';
import { parseNetworkList, type ListEntry, type NetworkList } from '../../momentum/rbldnsd.ts';
import type { Run } from '../run.ts';
import { fail, type Binding, type CommandBinder, type CommandSet, type Site } from '../site.ts';
import { textOf, type Hash } from '../value.ts';

/** What `define_cidr` has said of a list. */
interface Definition {
  /** The values of `SAYING`. */
  readonly said: readonly string[];
  readonly type: string;
  /** Which record of an entry a list with values tells. */
  readonly want: 'a' | 'txt' | undefined;
  readonly interpolates: boolean;
  /** What it says of a network without such a record. */
  readonly whenSilent: string;
  /** Undefined: it comes from a data source, which is not simulated. */
  readonly list: NetworkList | undefined;
}

/** Keys of the hash that say what a list answers. */
const SAYING = ['dstype', 'query', 'type', 'interpolate', 'default_value'] as const;

/** The lists of a policy, by name, and the files that they were read from. */
class Lists {
  readonly byName = new Map<string, Definition>();
  /** By including script and name; a text: why it cannot be read. */
  readonly #files = new Map<string, NetworkList | string>();

  /** Reads a file when it is first defined. */
  read(run: Run, site: Site, { files }: Binding, name: string): NetworkList {
    const key = `${site.file}\0${name}`;
    let list = this.#files.get(key);
    if (list === undefined) this.#files.set(key, (list = load(files, name, site.file)));
    if (typeof list === 'string') return fail(site, `define_cidr '${name.slice(0, 64)}': ${list}`);
    const { badLines } = list;
    if (badLines.length > 0) {
      const lines = badLines.length === 1 ? '1 line is' : `${badLines.length} lines are`;
      run.world.note(
        site,
        'doubt',
        `${lines} no entry of a list, the first is line ${badLines[0]}`,
      );
    }
    return list;
  }
}

function load(files: Binding['files'], name: string, fromScript: string): NetworkList | string {
  let text: string;
  try {
    ({ text } = files.read(name, fromScript));
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return parseNetworkList(text);
}

/** `define_cidr $hash`; the form `name datasource query [refresh]` asks a database. */
const define: CommandBinder = (site, binding) => {
  const lists = binding.shared(Lists);
  const [first] = site.positional;
  if (first === undefined || site.positional.length === 2) {
    return () => fail(site, 'define_cidr takes a hash, or name, datasource and query');
  }
  return (run) => {
    if (site.positional.length > 1) {
      run.world.note(site, 'not-simulated', 'a list from a data source: empty');
      lists.byName.set(textOf(first.get(run)), unsimulated('boolean'));
      return undefined;
    }
    const hash = hashOf(site, first, run);
    const name = textOf(hash.get('cidrname'));
    if (name === '') fail(site, 'define_cidr: cidrname is empty');
    if (isNew(lists.byName.get(name), hash)) {
      lists.byName.set(name, definitionOf(run, site, binding, lists, hash));
    }
    return undefined;
  };
};

function unsimulated(type: string): Definition {
  return { said: [], type, want: undefined, interpolates: false, whenSilent: '', list: undefined };
}

/** Scripts define their lists at every event, mostly as before. */
function isNew(known: Definition | undefined, hash: Hash): boolean {
  if (known?.list === undefined) return true;
  return SAYING.some((key, index) => known.said[index] !== textOf(hash.get(key)));
}

function definitionOf(
  run: Run,
  site: Site,
  binding: Binding,
  lists: Lists,
  hash: Hash,
): Definition {
  const type = textOf(hash.get('type'));
  if (textOf(hash.get('dstype')) !== 'rbldnsd') {
    run.world.note(site, 'not-simulated', 'a list from a data source: empty');
    return unsimulated(type);
  }
  const query = textOf(hash.get('query'));
  const [file] = query.replace(/^file:\/\//, '').split('?');
  const want = wantOf(query);
  if (type === 'value' && want === undefined) {
    fail(site, 'define_cidr: the query of a list with values must end with ?want=a or ?want=txt');
  }
  return {
    said: SAYING.map((key) => textOf(hash.get(key))),
    type,
    want,
    interpolates: textOf(hash.get('interpolate')) === 'true',
    whenSilent: textOf(hash.get('default_value')),
    list: lists.read(run, site, binding, file),
  };
}

function wantOf(query: string): 'a' | 'txt' | undefined {
  const want = /[?&]want=(a|txt)(?:&|$)/.exec(query)?.[1];
  return want === 'a' || want === 'txt' ? want : undefined;
}

/** A definition and what it says of the address: `:ip`, or the peer. */
interface Answer {
  readonly definition: Definition;
  readonly entry: ListEntry | undefined;
  readonly address: string;
}

function answerAt(run: Run, site: Site, lists: Lists): Answer | undefined {
  const [name] = site.positional;
  const definition = lists.byName.get(textOf(name?.get(run)));
  if (definition === undefined) {
    run.world.note(site, 'doubt', 'no define_cidr has run for this list: no match');
    return undefined;
  }
  const found = (entry: ListEntry | undefined, address: string): Answer => {
    return { definition, entry: entry?.a === undefined ? undefined : entry, address };
  };
  const { list } = definition;
  if (list === undefined) {
    run.world.note(site, 'not-simulated', 'a list from a data source: no match');
    return found(undefined, '');
  }
  const ip = site.tags.get('ip');
  const { batch, row } = run.event;
  if (ip === undefined) {
    const entry = list.entries.find(batch.family[row], batch.ip, row * 4);
    return found(entry, peerText(batch, row));
  }
  const text = textOf(ip.get(run)).trim();
  const network = text.includes('/') ? undefined : parseNetwork(text);
  if (network === undefined) {
    run.world.note(site, 'doubt', ':ip is no address: no match');
    return found(undefined, text);
  }
  return found(list.entries.find(network.family, network.words, 0), text);
}

const query: CommandBinder = (site, binding) => {
  const lists = binding.shared(Lists);
  return (run) => {
    const answer = answerAt(run, site, lists);
    if (answer === undefined) return 'false';
    const { definition, entry, address } = answer;
    if (definition.type !== 'value') return String(entry !== undefined);
    if (entry === undefined) return '';
    const value = (definition.want === 'txt' ? entry.txt : entry.a) || '';
    if (value === '') return definition.whenSilent;
    return definition.interpolates ? value.replaceAll('$', () => address) : value;
  };
};

export const LISTS: CommandSet = {
  commands: {
    define_cidr: define,
    query_cidr: query,
    // The file is what it is: a replay has no later state of it.
    reload_cidr: () => () => undefined,
  },
  tests: {
    check_cidr: (site, binding) => {
      const lists = binding.shared(Lists);
      return (run) => {
        const answer = answerAt(run, site, lists);
        return answer?.entry !== undefined && answer.definition.type !== 'value';
      };
    },
  },
};
