import { Composer, isAlias, isMap, isScalar, isSeq, Parser } from 'yaml';
import type { CST, Document, Node, Pair, Scalar, YAMLError, YAMLMap, YAMLSeq } from 'yaml';

import type { Place } from '../mistakes.ts';
import type { ShapeMistakes } from './shape-codes.ts';

/** A value of the document with its place; aliases are followed and merge keys merged. */
export type Value = TextValue | NumberValue | BooleanValue | NothingValue | ListValue | MapValue;

export interface TextValue extends Place {
  readonly type: 'text';
  readonly text: string;
}
export interface NumberValue extends Place {
  readonly type: 'number';
  readonly value: number;
  /** As written: `550`, `0x1F`. */
  readonly text: string;
}
export interface BooleanValue extends Place {
  readonly type: 'boolean';
  readonly value: boolean;
  /** As written. */
  readonly text: string;
}
export interface NothingValue extends Place {
  readonly type: 'nothing';
}
export interface ListValue extends Place {
  readonly type: 'list';
  readonly items: readonly Value[];
}
export interface MapValue extends Place {
  readonly type: 'map';
  readonly members: ReadonlyMap<string, Member>;
}
export interface Member {
  readonly key: TextValue;
  readonly value: Value;
}

/** No policy needs more; thousands of levels would end the process inside the composer. */
const MAX_LEVELS = 32;

/** Reads one YAML document. Undefined when it is empty or cannot be read; `mistakes` says why. */
export function readTree(text: string, mistakes: ShapeMistakes): Value | undefined {
  const tokens = [...new Parser().parse(text)];
  const deep = deepPlace(tokens);
  if (deep !== undefined) {
    mistakes.add(deep, 'yaml-deep', [String(MAX_LEVELS)]);
    return undefined;
  }
  // Duplicate keys are found here instead, where both their places are at hand.
  const options = { merge: true, uniqueKeys: false, stringKeys: true, logLevel: 'silent' } as const;
  const documents = [...new Composer(options).compose(tokens, true, text.length)];
  for (const document of documents.slice(0, 2)) {
    for (const error of [...document.errors, ...document.warnings]) addSyntax(error, mistakes);
  }
  if (documents.length > 1) {
    const start = documents[1].range[0];
    mistakes.add({ start, end: start + 3 }, 'yaml-documents', []);
  }
  if (mistakes.errors > 0) return undefined;
  const { contents } = documents[0] as Document.Parsed;
  if (contents === null) return undefined;
  return new Growth(mistakes).value(contents, { start: 0, end: 0 });
}

function addSyntax(error: YAMLError, mistakes: ShapeMistakes): void {
  const [start, end] = error.pos;
  const words = error.message.split('\n', 1)[0];
  const hint =
    error.code === 'TAB_AS_INDENT'
      ? 'indent with spaces, the same number at each level'
      : undefined;
  mistakes.add({ start, end }, 'yaml-syntax', [words], hint);
}

/** Something deeper than `MAX_LEVELS`. No recursion here: the input sets the depth. */
function deepPlace(tokens: readonly CST.Token[]): Place | undefined {
  const open: { token: CST.Token; level: number }[] = tokens.map((token) => ({ token, level: 0 }));
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { token, level } = next;
    if (level > MAX_LEVELS) return { start: token.offset, end: token.offset + 1 };
    if (token.type === 'document' && token.value !== undefined) {
      open.push({ token: token.value, level });
    }
    if (!('items' in token)) continue;
    for (const item of token.items) {
      for (const inner of [item.key, item.value]) {
        if (inner) open.push({ token: inner, level: level + 1 });
      }
    }
  }
  return undefined;
}

/** Grows values from nodes in the order of the text, so that an alias finds the anchor above it. */
class Growth {
  readonly #mistakes: ShapeMistakes;
  readonly #anchors = new Map<string, Value>();

  constructor(mistakes: ShapeMistakes) {
    this.#mistakes = mistakes;
  }

  /** @param near the place that stands for a node that is not written out, as in `{ key }` */
  value(node: Node | null, near: Place): Value {
    if (node === null) return { type: 'nothing', ...near };
    const place = placeOfNode(node, near);
    if (isAlias(node)) {
      const target = this.#anchors.get(node.source);
      if (target !== undefined) return target;
      this.#mistakes.add(place, 'yaml-alias', [node.source]);
      return { type: 'nothing', ...place };
    }
    if (isMap(node)) return this.#map(node as YAMLMap<Node, Node | null>, place);
    if (isSeq(node)) return this.#list(node as YAMLSeq<Node | null>, place);
    return this.#keep(node, scalarValue(node, place));
  }

  #keep<Grown extends Value>(node: Node, value: Grown): Grown {
    // Before the children grow: an alias may point to a collection that holds it.
    if ('anchor' in node && node.anchor !== undefined) this.#anchors.set(node.anchor, value);
    return value;
  }

  #list(node: YAMLSeq<Node | null>, place: Place): ListValue {
    const items: Value[] = [];
    const list = this.#keep(node, { type: 'list', items, ...place });
    for (const item of node.items) items.push(this.value(item, place));
    return list;
  }

  #map(node: YAMLMap<Node, Node | null>, place: Place): MapValue {
    const members = new Map<string, Member>();
    const map = this.#keep(node, { type: 'map', members, ...place });
    const merged: Value[] = [];
    for (const pair of node.items as Pair<Node, Node | null>[]) {
      const key = keyOf(pair, place);
      const value = this.value(pair.value, key);
      if (isMergeKey(pair)) merged.push(value);
      else if (members.has(key.text)) this.#mistakes.add(key, 'key-twice', [key.text]);
      else members.set(key.text, { key, value });
    }
    for (const value of merged) this.#merge(members, value);
    return map;
  }

  /** What the map says itself wins over what it merges, and the first merged over the next. */
  #merge(members: Map<string, Member>, value: Value): void {
    for (const source of value.type === 'list' ? value.items : [value]) {
      if (source.type !== 'map') {
        this.#mistakes.add(source, 'type-wrong', ["'<<'", 'a mapping', seenOf(source)]);
        continue;
      }
      for (const [name, member] of source.members) {
        if (!members.has(name)) members.set(name, member);
      }
    }
  }
}

function placeOfNode(node: Node, near: Place): Place {
  return node.range ? { start: node.range[0], end: node.range[1] } : near;
}

function keyOf(pair: Pair<Node, Node | null>, near: Place): TextValue {
  const place = placeOfNode(pair.key, near);
  const text = isScalar(pair.key) ? String(pair.key.value) : '';
  return { type: 'text', text, ...place };
}

function isMergeKey(pair: Pair<Node, Node | null>): boolean {
  return isScalar(pair.key) && pair.key.value === '<<' && pair.key.type === 'PLAIN';
}

function scalarValue(node: Scalar, place: Place): Value {
  const { value } = node;
  const text = node.source ?? '';
  if (value === null) return { type: 'nothing', ...place };
  if (typeof value === 'number') return { type: 'number', value, text, ...place };
  if (typeof value === 'boolean') return { type: 'boolean', value, text, ...place };
  return { type: 'text', text: typeof value === 'string' ? value : text, ...place };
}

const SEEN_LENGTH = 40;

/** The value as messages name it: `the number 5`, `a list`. */
export function seenOf(value: Value): string {
  switch (value.type) {
    case 'text': {
      const line = value.text.split('\n', 1)[0];
      return line.length > SEEN_LENGTH ? `'${line.slice(0, SEEN_LENGTH)}…'` : `'${line}'`;
    }
    case 'number':
      return `the number ${value.text}`;
    case 'boolean':
      return value.text;
    case 'nothing':
      return 'nothing';
    case 'list':
      return 'a list';
    default:
      return 'a mapping';
  }
}
