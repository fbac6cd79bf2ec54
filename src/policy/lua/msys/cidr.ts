import { parseNetworkList, type ListEntry, type NetworkList } from '../../momentum/rbldnsd.ts';
import { formatWords } from '../../../model/address.ts';
import { didYouMean } from '../../../model/suggest.ts';
import { bytesOf, textOf } from '../bytes.ts';
import { libraryTable, type Arguments } from '../library/arguments.ts';
import { isTrue } from '../runtime.ts';
import type { LuaTable, LuaValue } from '../value.ts';
import { askedBlock, type AskedBlock } from './block.ts';
import { placeOf, tell, type MsysWorld } from './world.ts';

/** A list of networks and what it says of those in it. */
interface CidrList {
  /** Undefined: nothing is in it. */
  readonly list: NetworkList | undefined;
  readonly record: 'a' | 'txt';
  readonly interpolates: boolean;
  /** What it says of all others. */
  readonly otherwise: LuaValue;
}

const TYPES = ['rbldnsd', 'datasource', 'empty'];

/** `msys.cidr`: lists of networks from files of rbldnsd. */
export function cidrTable(msys: MsysWorld): LuaTable {
  const lists = new Map<string, CidrList>();
  const listOf = (given: Arguments): CidrList => {
    const name = textOf(given.text(1));
    const list = lists.get(name);
    if (list !== undefined) return list;
    const hint = didYouMean(name, lists.keys());
    return msys.host.fail(`no list '${name}' is defined${hint === undefined ? '' : `; ${hint}`}`);
  };
  return libraryTable(msys.host, 'msys.cidr', {
    define: (_, given) => {
      lists.set(textOf(given.text(1)), definitionOf(msys, given));
      return [true];
    },
    query: (_, given) => [answer(listOf(given), askedBlock(msys, given.at(2)))],
    // The file is what it is: a replay has no later state of it.
    reload: (_, given) => {
      listOf(given);
      return [true];
    },
  });
}

/** `define(name, options)`; options that are no table are the type. */
function definitionOf(msys: MsysWorld, given: Arguments): CidrList {
  const { host } = msys;
  const name = textOf(given.text(1));
  const options = given.at(2);
  const isTable = typeof options === 'object' && options.kind === 'table';
  const option = (key: string): LuaValue =>
    isTable ? options.get(key) : key === 'type' ? options : undefined;
  const type = textOf(host.toText(option('type')));
  if (!TYPES.includes(type)) {
    const hint = didYouMean(type, TYPES) ?? `there are ${TYPES.join(', ')}`;
    host.fail(`unknown type '${type}' of list '${name}'; ${hint}`);
  }
  const otherwise = option('default_value');
  const empty: CidrList = { list: undefined, record: 'a', interpolates: false, otherwise };
  if (type === 'datasource')
    tell(msys, 'not-simulated', `list '${name}' from a data source: empty`);
  if (type !== 'rbldnsd') return empty;
  const source = option('source');
  if (typeof source !== 'string') return host.fail(`list '${name}' needs a source`);
  const record = option('value') ?? option('record_type') ?? 'a';
  return {
    list: read(msys, name, textOf(source)),
    record: textOf(host.toText(record)).toLowerCase() === 'txt' ? 'txt' : 'a',
    interpolates: isTrue(option('interpolate')),
    otherwise,
  };
}

function read(msys: MsysWorld, name: string, source: string): NetworkList {
  const [file] = source.replace(/^file:\/\//, '').split('?');
  let text: string;
  try {
    ({ text } = msys.files.read(file, placeOf(msys).script));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return msys.host.fail(`list '${name}': ${why}`);
  }
  const list = parseNetworkList(text);
  const [first] = list.badLines;
  if (first !== undefined) {
    const lines = list.badLines.length;
    tell(msys, 'doubt', `${file}: lines that are no entry: ${lines}, the first is line ${first}`);
  }
  return list;
}

function answer(definition: CidrList, { family, words, at }: AskedBlock): LuaValue {
  const { list, record, interpolates, otherwise } = definition;
  const entry: ListEntry | undefined = list?.entries.find(family, words, at);
  if (entry?.a === undefined) return otherwise;
  const value = record === 'txt' ? entry.txt : entry.a;
  const shown = interpolates ? value.replaceAll('$', () => formatWords(family, words, at)) : value;
  return bytesOf(shown);
}
