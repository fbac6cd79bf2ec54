/** Edits of a YAML text that leave everything but the values in question as it is written. */
import { stringify } from 'yaml';
import { lineStart, nextLine, type TextEdit } from '../model/text-edit.ts';
import type { Place } from '../policy/mistakes.ts';
import type { MapValue, Member } from '../policy/yaml/tree.ts';

/** Whether a value is written inside another one: what is behind an alias stands elsewhere. */
export function isWithin(inner: Place, outer: Place): boolean {
  return inner.start >= outer.start && inner.end <= outer.end;
}

export function isFlow(text: string, { start }: Place): boolean {
  return text[start] === '{' || text[start] === '[';
}

export function lineEndOf(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n';
}

/** Blanks as wide as what stands before an offset in its line. */
export function indentOf(text: string, at: number): string {
  return ' '.repeat(at - lineStart(text, at));
}

/** `{ rule: busy, firings: 3 }` */
export function flowText(value: object): string {
  const style = { collectionStyle: 'flow', lineWidth: 0, singleQuote: true } as const;
  return stringify(value, style).trimEnd();
}

/** The one member of a mapping as an item of a block list. */
export function blockItem(value: object): string {
  return `- ${flowText(value).slice(1, -1).trim()}`;
}

/**
 * Puts another number in the place of a value.
 *
 * @param member what is between its key and its value: an anchor or a tag bars the edit
 */
export function scalarEdit(
  text: string,
  { key, value }: Member,
  number: number,
): TextEdit | undefined {
  const between = text.slice(key.end, value.start);
  if (!/^\s*:(?:\s|#.*\n)*$/.test(between) || /[|>]/.test(text[value.start])) return undefined;
  return { start: value.start, end: value.end, text: String(number) };
}

/** Whole lines below that of an offset, or at it where it begins a line. */
export function linesBelow(text: string, end: number, lines: readonly string[]): TextEdit {
  const eol = lineEndOf(text);
  const at = text[end - 1] === '\n' ? end : nextLine(text, end);
  const isOpen = text[at - 1] !== '\n';
  const put = lines.map((line) => (isOpen ? eol + line : line + eol)).join('');
  return { start: at, end: at, text: put };
}

/** More members or items behind one of a flow collection: on lines of their own where it is. */
export function flowAppend(text: string, last: Place, parts: readonly string[]): TextEdit {
  const before = text.slice(lineStart(text, last.start), last.start);
  const after = text.slice(last.end, nextLine(text, last.end));
  const breaks = before.trim() === '' && /^,?\s*$/.test(after);
  const glue = breaks ? `,${lineEndOf(text)}${before}` : ', ';
  return { start: last.end, end: last.end, text: parts.map((part) => glue + part).join('') };
}

/** The members in the order of the text; undefined: one stands elsewhere. */
function membersInText(map: MapValue): Member[] | undefined {
  const members = [...map.members.values()];
  if (!members.every(({ key, value }) => isWithin(key, map) && isWithin(value, map))) {
    return undefined;
  }
  return members.sort((a, b) => a.key.start - b.key.start);
}

/** One more member of a mapping. */
export function memberAppend(text: string, map: MapValue, part: string): TextEdit | undefined {
  const last = membersInText(map)?.at(-1);
  if (last === undefined) return undefined;
  const { key, value } = last;
  if (isFlow(text, map)) return flowAppend(text, { start: key.start, end: value.end }, [part]);
  if (/[|>]/.test(text[value.start])) return undefined;
  return linesBelow(text, value.end, [indentOf(text, key.start) + part]);
}

/** Members that go, with their commas; undefined where they cannot be told from the rest. */
export function memberCuts(
  text: string,
  map: MapValue,
  goes: (name: string) => boolean,
): TextEdit[] | undefined {
  const members = membersInText(map);
  if (members === undefined) return undefined;
  const isInFlow = isFlow(text, map);
  const cuts: Place[] = [];
  let kept: Member | undefined;
  let comma: Place | undefined;
  for (const member of members) {
    const { key, value } = member;
    const own = isInFlow ? commaBehind(text, value.end) : undefined;
    if (!goes(key.text)) {
      kept = member;
      comma = own;
      continue;
    }
    if (!/^\s*:\s*$/.test(text.slice(key.end, value.start))) return undefined;
    if (own === undefined && isInFlow && member !== members.at(-1)) return undefined;
    cuts.push({ start: key.start, end: own?.end ?? value.end });
  }
  const last = members.at(-1)!;
  // The comma in front of what was last goes too, unless the style is one behind each.
  const isLoose = isInFlow && goes(last.key.text) && text[cuts.at(-1)!.end - 1] !== ',';
  if (isLoose && kept !== undefined && comma !== undefined) cuts.push(comma);
  return joined(text, cuts).map((cut) => ({ ...tidied(text, cut), text: '' }));
}

function commaBehind(text: string, end: number): Place | undefined {
  const blanks = /^\s*,/.exec(text.slice(end, end + 80));
  return blanks === null ? undefined : { start: end, end: end + blanks[0].length };
}

/** Cuts with nothing but blanks between them are one. */
function joined(text: string, cuts: readonly Place[]): Place[] {
  const found: { start: number; end: number }[] = [];
  for (const cut of [...cuts].sort((a, b) => a.start - b.start)) {
    const last = found.at(-1);
    if (last !== undefined && text.slice(last.end, cut.start).trim() === '') last.end = cut.end;
    else found.push({ ...cut });
  }
  return found;
}

/** A cut with the blanks that it would leave, or with the line. */
function tidied(text: string, { start, end }: Place): Place {
  const lineFrom = lineStart(text, start);
  const before = text.slice(lineFrom, start);
  const after = text.slice(end, nextLine(text, end));
  const isFirst = before.trim() === '';
  if (isFirst && after.trim() === '') return { start: lineFrom, end: end + after.length };
  if (isFirst || text[start - 1] === '{') {
    return { start, end: end + (after.length - after.trimStart().length) };
  }
  return { start: start - (before.length - before.trimEnd().length), end };
}
