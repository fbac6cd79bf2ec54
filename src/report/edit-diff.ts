import { applyEdits, lineStart, nextLine, sortedEdits, type TextEdit } from '../model/text-edit.ts';
import { visible } from '../model/visible.ts';

interface Region {
  readonly start: number;
  end: number;
  readonly edits: TextEdit[];
}

/** Lines that take the place of others; those of two edits in a row are one hunk. */
interface Hunk {
  /** Number of the first line before, from 0. */
  readonly first: number;
  readonly cut: string[];
  readonly put: string[];
}

/** What edits change in a file, as a unified diff without lines around. */
export function editDiff(file: string, text: string, edits: readonly TextEdit[]): string {
  const name = visible(file);
  let diff = `--- ${name}\n+++ ${name}\n`;
  let added = 0;
  for (const { first, cut, put } of hunksOf(text, edits)) {
    diff += `@@ -${range(first, cut.length)} +${range(first + added, put.length)} @@\n`;
    for (const line of cut) diff += `-${visible(line)}\n`;
    for (const line of put) diff += `+${visible(line)}\n`;
    added += put.length - cut.length;
  }
  return diff;
}

function hunksOf(text: string, edits: readonly TextEdit[]): Hunk[] {
  const hunks: Hunk[] = [];
  let line = 0;
  let at = 0;
  for (const { start, end, edits: own } of regionsOf(text, edits)) {
    line += linesOf(text.slice(at, start)).length;
    const before = linesOf(text.slice(start, end));
    at = end;
    const shifted = own.map((edit) => {
      return { ...edit, start: edit.start - start, end: edit.end - start };
    });
    const after = linesOf(applyEdits(text.slice(start, end), shifted));
    const same = sameLines(before, after);
    const tail = sameLines(before.slice(same).reverse(), after.slice(same).reverse());
    const [cut, put] = [before, after].map((lines) => lines.slice(same, lines.length - tail));
    const first = line + same;
    line += before.length;
    const last = hunks.at(-1);
    if (last !== undefined && last.first + last.cut.length === first) {
      last.cut.push(...cut);
      last.put.push(...put);
    } else hunks.push({ first, cut, put });
  }
  return hunks;
}

/** The whole lines that edits touch; those that touch one line are one region. */
function regionsOf(text: string, edits: readonly TextEdit[]): Region[] {
  const regions: Region[] = [];
  for (const edit of sortedEdits(edits)) {
    const start = lineStart(text, edit.start);
    const isWhole = edit.end > edit.start && text[edit.end - 1] === '\n';
    const end = isWhole ? edit.end : nextLine(text, edit.end);
    const last = regions.at(-1);
    if (last !== undefined && start < last.end) {
      last.end = Math.max(last.end, end);
      last.edits.push(edit);
    } else regions.push({ start, end, edits: [edit] });
  }
  return regions;
}

function linesOf(text: string): string[] {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

function sameLines(before: readonly string[], after: readonly string[]): number {
  const shorter = Math.min(before.length, after.length);
  for (let index = 0; index < shorter; index++) if (before[index] !== after[index]) return index;
  return shorter;
}

/** A range without lines stands behind the line that it names. */
function range(first: number, count: number): string {
  return count === 0 ? `${first},0` : `${first + 1},${count}`;
}
