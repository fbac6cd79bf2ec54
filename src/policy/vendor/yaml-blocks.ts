import { visible } from '../../model/visible.ts';
import type { EntryComments } from './lua-comments.ts';

/** One line of YAML, not indented, and the comments that belong to it. */
export interface YamlLine {
  readonly text: string;
  readonly comments: EntryComments;
}

/** Lines of YAML that belong together under comments; no lines: comments alone. */
export interface YamlBlock {
  readonly above: readonly string[];
  readonly lines: readonly YamlLine[];
}

/** A plain scalar that YAML can read as nothing but a text. */
const PLAIN = /^[A-Za-z_][A-Za-z0-9_-]*$/;
const WORDS_OF_YAML = /^(?:true|false|null|yes|no|on|off|y|n)$/i;

/** A text without control characters, in quotes where YAML needs them. */
export function yamlText(text: string): string {
  if (PLAIN.test(text) && !WORDS_OF_YAML.test(text)) return text;
  return `'${text.replaceAll("'", "''")}'`;
}

/**
 * A section such as `rules:`. Where no block has a line the section is left out, because an empty
 * one is no YAML list; its comments stay.
 *
 * @param dashed the blocks are the items of a list
 */
export function section(name: string, blocks: readonly YamlBlock[], dashed: boolean): string[] {
  if (blocks.length === 0) return [];
  const empty = blocks.every((block) => block.lines.length === 0);
  const rows = empty ? [''] : ['', `${name}:`];
  const indent = empty ? '' : '  ';
  for (const [index, { above, lines }] of blocks.entries()) {
    if (dashed && index > 0) rows.push('');
    rows.push(...commentRows(above, indent));
    for (const [at, { text, comments }] of lines.entries()) {
      // What stands above a list's item belongs above its dash.
      const deeper = dashed ? '  ' : at === 0 ? '' : '  ';
      rows.push(...commentRows(comments.above, indent + (at === 0 ? '' : deeper)));
      const [behind, ...more] = comments.behind;
      rows.push(...commentRows(more, indent + (at === 0 ? '' : deeper)));
      const head = dashed && at === 0 ? '- ' : deeper;
      rows.push(`${indent}${head}${text}${behind === undefined ? '' : ` ${comment(behind)}`}`);
    }
  }
  return rows;
}

export function commentRows(lines: readonly string[], indent: string): string[] {
  return lines.map((line) => `${indent}${comment(line)}`);
}

const comment = (line: string): string => `# ${visible(line).replaceAll('\t', ' ')}`.trimEnd();
