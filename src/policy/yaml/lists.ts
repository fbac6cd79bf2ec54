import { parseNetwork, type Network } from '../../model/address.ts';
import {
  either,
  itemsSchema,
  mapping,
  matching,
  namedValues,
  shared,
  TEXT,
  WORD,
  type KeyTable,
} from './key-table.ts';
import type { Mistakes, Place } from './mistakes.ts';
import { checkKeys, itemsOf, mapOf, textOf, valueAt, wordOf } from './shape.ts';
import { didYouMean } from '../../model/suggest.ts';
import type { MapValue, Value } from './tree.ts';

/** Files that a policy names. The caller knows the disk. */
export interface ListPort {
  /**
   * The text of a list file.
   *
   * @param path as the policy writes it, relative to the folder of `fromFile`
   * @throws Error whose message says why it cannot be read
   */
  readList(path: string, fromFile: string): string;
}

export interface ListContent {
  readonly networks: readonly Network[];
  /** Lower case, without a trailing dot. */
  readonly domains: readonly string[];
}

/** By name; undefined for a list that is declared but wrong. */
export type Lists = ReadonlyMap<string, ListContent | undefined>;

export const NAME_PATTERN = /^[A-Za-z0-9_.-]+$/;
export const NAME_WORDS = 'only letters, digits and _ . - can stand in it';

const FILE_KEYS: KeyTable = {
  file: {
    about: 'A file with one address, network or domain on each line, found beside the policy.',
    value: TEXT,
    required: true,
  },
};

export const NAME_SCHEMA = matching(NAME_PATTERN);
/** Networks and names of lists. */
export const NETWORKS_SCHEMA = shared('networks', itemsSchema(WORD));
export const LISTS_SCHEMA = namedValues(NAME_SCHEMA, either(NETWORKS_SCHEMA, mapping(FILE_KEYS)));

/** Bad lines of one file that are reported each; a file of another kind has thousands. */
const MAX_BAD_LINES = 20;

export interface ListSource {
  readonly mistakes: Mistakes;
  readonly port: ListPort;
  /** The policy file. */
  readonly file: string;
  /** Gets the text of every list file, by the name under which mistakes in it are reported. */
  readonly texts: Map<string, string>;
}

export function readLists(source: ListSource, value: Value): Lists {
  const lists = new Map<string, ListContent | undefined>();
  const map = mapOf(source.mistakes, value, "'lists'");
  for (const [name, { key, value: content }] of map?.members ?? []) {
    if (!NAME_PATTERN.test(name)) {
      source.mistakes.add(key, 'name-wrong', ['a list', name, NAME_WORDS]);
    } else if (parseNetwork(name) !== undefined) {
      source.mistakes.add(key, 'name-wrong', ['a list', name, 'it is an address']);
    }
    lists.set(
      name,
      content.type === 'map'
        ? readListFile(source, content, name)
        : readInline(source, content, name),
    );
  }
  return lists;
}

function readInline(source: ListSource, value: Value, name: string): ListContent {
  const content = new Gathered();
  for (const item of itemsOf(value)) {
    const text = wordOf(source.mistakes, item, `an entry of list '${name}'`);
    if (text === undefined || content.take(text)) continue;
    source.mistakes.add(item, 'list-line', [text], entryHint(text));
  }
  return content;
}

function readListFile(source: ListSource, map: MapValue, name: string): ListContent | undefined {
  const { mistakes, port, file, texts } = source;
  checkKeys(mistakes, map, FILE_KEYS, `list '${name}'`);
  const value = valueAt(map, 'file');
  const path = value && textOf(mistakes, value, "'file'");
  if (value === undefined || path === undefined) return undefined;
  let text: string;
  try {
    text = port.readList(path, file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    mistakes.add(value, 'list-unreadable', [path, reason]);
    return undefined;
  }
  const shownFile = besidePolicy(path, file);
  texts.set(shownFile, text);
  return readListText(mistakes, text, shownFile);
}

/** The list file as messages name it: its path from where the policy's own path starts. */
function besidePolicy(path: string, policyFile: string): string {
  if (/^(?:[/\\]|[A-Za-z]:)/.test(path)) return path;
  const folder = Math.max(policyFile.lastIndexOf('/'), policyFile.lastIndexOf('\\'));
  return policyFile.slice(0, folder + 1) + path;
}

/** A list file: an entry on each line, comments behind `#`. Lines that are none are mistakes. */
export function readListText(mistakes: Mistakes, text: string, file: string): ListContent {
  const content = new Gathered();
  const bad: (Place & { text: string })[] = [];
  let lineStart = 0;
  for (const line of text.split('\n')) {
    const entry = line
      .replace(/#.*$/s, '')
      .replace(/^\uFEFF/, '')
      .trim();
    if (entry !== '' && !content.take(entry)) {
      const start = lineStart + line.indexOf(entry);
      bad.push({ start, end: start + entry.length, text: entry });
    }
    lineStart += line.length + 1;
  }
  const unsaid = bad.length - MAX_BAD_LINES;
  for (const [index, one] of bad.slice(0, MAX_BAD_LINES).entries()) {
    const last = index === MAX_BAD_LINES - 1 && unsaid > 0;
    const hint = last ? `${unsaid} more lines of this file cannot be read` : entryHint(one.text);
    mistakes.add(one, 'list-line', [one.text], hint, file);
  }
  return content;
}

function entryHint(text: string): string | undefined {
  if (/^(?:\*?\.|@)/.test(text)) return 'write the bare domain; it stands for those below it too';
  if (/\s/.test(text)) return 'one entry a line; comments start with #';
  return undefined;
}

/** Labels of letters, digits, - and _; the last one has a letter, so that 10.1 is no domain. */
const DOMAIN = /^(?:[\p{L}\p{N}_](?:[\p{L}\p{N}_-]{0,61}[\p{L}\p{N}_])?\.)+[\p{L}\p{N}-]{1,63}$/u;
const MAX_DOMAIN_LENGTH = 253;

class Gathered implements ListContent {
  readonly networks: Network[] = [];
  readonly domains: string[] = [];

  /** False when the text is no address, network or domain. */
  take(text: string): boolean {
    const network = parseNetwork(text);
    if (network !== undefined) {
      this.networks.push(network);
      return true;
    }
    const domain = text.toLowerCase().replace(/\.$/, '');
    if (domain.length > MAX_DOMAIN_LENGTH || !DOMAIN.test(domain)) return false;
    if (!/\p{L}/u.test(domain.slice(domain.lastIndexOf('.')))) return false;
    this.domains.push(domain);
    return true;
  }
}

/** Whether a text that is no network was meant as one, not as the name of a list. */
function looksLikeNetwork(text: string): boolean {
  return /[:/]/.test(text) || /^[\d.]+$/.test(text);
}

/**
 * Networks, or the content of the list that has this name. Undefined when it is neither.
 */
function networkOrList(
  mistakes: Mistakes,
  lists: Lists,
  place: Place,
  text: string,
): ListContent | undefined {
  const network = parseNetwork(text);
  if (network !== undefined) return { networks: [network], domains: [] };
  if (lists.has(text)) return lists.get(text);
  if (looksLikeNetwork(text)) {
    mistakes.add(place, 'network-wrong', [text]);
  } else {
    const hint = text.includes('.')
      ? 'domains are exempt through a list that holds them: declare one under lists:'
      : 'declare it under lists:';
    mistakes.add(place, 'list-unknown', [text], didYouMean(text, lists.keys()) ?? hint);
  }
  return undefined;
}

/** Only the networks of `networkOrList`; a list of domains is a mistake here. */
export function networksOnly(
  mistakes: Mistakes,
  lists: Lists,
  place: Place,
  text: string,
): readonly Network[] | undefined {
  const content = networkOrList(mistakes, lists, place, text);
  if (content !== undefined && content.domains.length > 0) {
    mistakes.add(place, 'list-domains', [text, content.domains[0]]);
  }
  return content?.networks;
}

/** `ignore:`, where a connection has no domain yet. */
export function readIgnore(mistakes: Mistakes, lists: Lists, value: Value): readonly Network[] {
  return itemsOf(value).flatMap((item) => {
    const text = wordOf(mistakes, item, "an entry of 'ignore'");
    return text === undefined ? [] : (networksOnly(mistakes, lists, item, text) ?? []);
  });
}

/** `except:` of a rule. */
export function readExcept(mistakes: Mistakes, lists: Lists, value: Value): ListContent {
  const contents = itemsOf(value).flatMap((item) => {
    const text = wordOf(mistakes, item, "an entry of 'except'");
    return (text !== undefined && networkOrList(mistakes, lists, item, text)) || [];
  });
  return {
    networks: contents.flatMap((content) => content.networks),
    domains: contents.flatMap((content) => content.domains),
  };
}
