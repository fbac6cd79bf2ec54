import type { ConfigurationSource } from './includes.ts';
import type { ConfigurationFile } from './mistakes.ts';
import { textOf } from './option-values.ts';
import type { PlacedStanza, StanzaBody } from './stanza-body.ts';
import { shownStanza, type TextValue } from './tree.ts';

/** A stanza whose name says when a script runs, and whose `source` says which one. */
export interface NamedSource {
  readonly name: TextValue;
  readonly path: TextValue;
  /** Where the path stands, which may be a file that the stanza includes. */
  readonly pathFile: ConfigurationFile;
}

/** `source` has another name in some versions. */
export const SOURCE_ALIASES: ReadonlyMap<string, 'source'> = new Map([['script', 'source']]);

/** Undefined when the name or the source is missing, which is told. */
export function readNamedSource(
  { mistakes }: ConfigurationSource,
  { stanza, file }: PlacedStanza,
  body: StanzaBody<'source'>,
): NamedSource | undefined {
  const { keyword, name } = stanza;
  const unnamed = name === undefined || name.text === '';
  if (unnamed) {
    const words = keyword.text.toLowerCase();
    mistakes.add(keyword, 'name-missing', [words], `write ${words} "name" { … }`, file.name);
  }
  const read = body.read('source', (at) => ({ path: textOf(at), pathFile: at.file }));
  if (read === undefined) {
    const hint = 'write source = "file"';
    mistakes.add(keyword, 'source-missing', [shownStanza(stanza)], hint, file.name);
  }
  if (unnamed || read?.path === undefined) return undefined;
  return { name, path: read.path, pathFile: read.pathFile };
}
