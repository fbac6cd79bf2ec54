import { lineStart, type TextEdit } from '../model/text-edit.ts';
import type { Member, Value } from '../policy/yaml/tree.ts';
import type { PolicyTest } from './test-file.ts';
import {
  blockItem,
  flowAppend,
  flowText,
  indentOf,
  isFlow,
  isWithin,
  lineEndOf,
  linesBelow,
} from './yaml-edits.ts';

/**
 * Writes the expectations of a test that has none; undefined where its `expect:` stands elsewhere.
 *
 * @param items mappings of one key each
 */
export function fillEdits(
  text: string,
  { map, expect }: PolicyTest,
  items: readonly object[],
): TextEdit[] | undefined {
  const flow = `[${items.map(flowText).join(', ')}]`;
  const isInFlow = isFlow(text, map);
  if (expect !== undefined) {
    return isWithin(expect.key, map) ? fillEmpty(text, expect, items, isInFlow) : undefined;
  }
  const own = [...map.members.values()].filter(({ key }) => isWithin(key, map));
  own.sort((a, b) => a.key.start - b.key.start);
  const [first, last] = [own[0], own.at(-1)!];
  if (!isWithin(last.value, map)) return undefined;
  const { start } = last.key;
  if (isInFlow) return [flowAppend(text, { start, end: last.value.end }, [`expect: ${flow}`])];
  const indent = indentOf(text, first.key.start);
  const lines = [`${indent}expect:`, ...items.map((item) => `${indent}  ${blockItem(item)}`)];
  return [linesBelow(text, endOf(text, last.value), lines)];
}

/** Items behind an `expect:` without any. */
function fillEmpty(
  text: string,
  { key, value }: Member,
  items: readonly object[],
  isInFlow: boolean,
): TextEdit[] | undefined {
  const flow = items.map(flowText).join(', ');
  const below = `${indentOf(text, key.start)}  `;
  const lines = items.map((item) => below + blockItem(item));
  if (value.type === 'nothing') {
    const colon = text.indexOf(':', key.end) + 1;
    const isWritten = /^\s*(?:~|null)/i.test(text.slice(colon, value.end));
    if (isWritten) return [{ start: value.start, end: value.end, text: `[${flow}]` }];
    if (isInFlow) return [{ start: colon, end: colon, text: ` [${flow}]` }];
    return [linesBelow(text, key.end, lines)];
  }
  const written = text.slice(value.start, value.end);
  if (value.start < key.end || !written.startsWith('[')) return undefined;
  const between = text.slice(key.end, value.start);
  if (!isInFlow && /^\[\s*\]$/.test(written)) {
    if (/^: *$/.test(between)) {
      const start = key.end + 1;
      return [{ start, end: value.end, text: '' }, linesBelow(text, value.end, lines)];
    }
    const indent = text.slice(lineStart(text, value.start), value.start);
    if (indent.trim() === '') {
      const rows = items.map(blockItem).join(lineEndOf(text) + indent);
      return [{ start: value.start, end: value.end, text: rows }];
    }
  }
  return [{ start: value.end - 1, end: value.end - 1, text: flow }];
}

/** Where a value of a block mapping ends, without blank lines unless they are part of a text. */
function endOf(text: string, value: Value): number {
  const written = text.slice(value.start, value.end);
  if (/[|>]\d?\+/.test(written)) return value.end;
  return value.start + written.trimEnd().length;
}

/** More items behind the last expectation; undefined where that stands elsewhere. */
export function appendEdits(
  text: string,
  { expect }: PolicyTest,
  items: readonly object[],
): TextEdit[] | undefined {
  const list = expect!.value;
  const flow = items.map(flowText);
  if (list.type === 'map') {
    const { start, end } = list;
    if (isFlow(text, list)) {
      const close = `, ${flow.join(', ')}]`;
      return [
        { start, end: start, text: '[' },
        { start: end, end, text: close },
      ];
    }
    const indent = indentOf(text, start);
    const lines = items.map((item) => indent + blockItem(item));
    return [{ start, end: start, text: '- ' }, linesBelow(text, end, lines)];
  }
  const last = list.type === 'list' ? list.items.at(-1) : undefined;
  if (last === undefined) return undefined;
  if (isFlow(text, list)) return isWithin(last, list) ? [flowAppend(text, last, flow)] : undefined;
  const indent = indentOf(text, list.start);
  const lines = items.map((item) => indent + blockItem(item));
  return [linesBelow(text, endOf(text, list), lines)];
}
