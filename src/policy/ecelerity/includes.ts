import type { ConfigurationFile, Mistakes } from './mistakes.ts';
import { parseConfiguration } from './parser.ts';
import type { Include, Option, Stanza, Statement, TextValue } from './tree.ts';

/** Files that a configuration names. The caller knows the disk. */
export interface ConfigurationPort {
  /**
   * The file of this path; of a folder its own files in lexical order, those whose names begin
   * with a dot left out. One file has one name, however the path to it is written.
   *
   * @param path as the configuration writes it, relative to the folder of `fromFile`
   * @throws Error whose message says why it cannot be read
   */
  readInclude(path: string, fromFile: string): readonly ConfigurationFile[];
  /** A script, named as it is opened; the rest as for an include. */
  readScript(path: string, fromFile: string): ConfigurationFile;
  /** What a user can do when a path that begins at the root of the server's disk is not there. */
  readonly absoluteHint?: string | undefined;
}

export interface ConfigurationSource {
  readonly mistakes: Mistakes;
  readonly port: ConfigurationPort;
  /** Gets the text of every file that is read, by the name under which mistakes are reported. */
  readonly texts: Map<string, string>;
  /** Files that were included so far, one that is included twice counted twice. */
  included: number;
}

export interface PlacedStatement {
  readonly statement: Stanza | Option;
  readonly file: ConfigurationFile;
}

/** Files that include others several times each would be read for ever, without any circle. */
const MAX_INCLUDED = 1000;

/**
 * The statements of a body in their order, with those of included files in place of the include.
 * Bodies of stanzas stay as they are: what they include is read when somebody wants it.
 *
 * @param hint what to do about an include that cannot be read
 * @param above the names of the files that are open, outermost first, `file` the last
 */
export function* unfold(
  source: ConfigurationSource,
  file: ConfigurationFile,
  statements: readonly Statement[],
  hint?: string,
  above: readonly string[] = [file.name],
): Generator<PlacedStatement> {
  for (const statement of statements) {
    if (statement.type !== 'include') {
      yield { statement, file };
      continue;
    }
    for (const included of openInclude(source, file, statement, hint, above)) {
      const inner = parseConfiguration(included, source.mistakes);
      yield* unfold(source, included, inner, hint, [...above, included.name]);
    }
  }
}

function* openInclude(
  source: ConfigurationSource,
  file: ConfigurationFile,
  { path }: Include,
  hint: string | undefined,
  above: readonly string[],
): Generator<ConfigurationFile> {
  const { mistakes, port, texts } = source;
  let found: readonly ConfigurationFile[];
  try {
    found = port.readInclude(path.text, file.name);
  } catch (error) {
    const details = [path.text, reasonOf(error)] as const;
    const advice = absoluteHint(path, port) ?? hint;
    mistakes.add(path, 'include-unreadable', [...details], advice, file.name);
    return;
  }
  for (const one of found) {
    if (above.includes(one.name)) {
      mistakes.add(path, 'include-circle', [one.name], undefined, file.name);
      continue;
    }
    source.included++;
    if (source.included === MAX_INCLUDED + 1) {
      mistakes.add(path, 'include-many', [String(MAX_INCLUDED)], undefined, file.name);
    }
    if (source.included <= MAX_INCLUDED) {
      texts.set(one.name, one.text);
      yield one;
    }
  }
}

/** The script of this path; undefined when it cannot be read, which is told. */
export function openScript(
  { mistakes, port }: ConfigurationSource,
  file: ConfigurationFile,
  path: TextValue,
): ConfigurationFile | undefined {
  try {
    return port.readScript(path.text, file.name);
  } catch (error) {
    const details = [path.text, reasonOf(error)] as const;
    mistakes.add(path, 'script-unreadable', [...details], absoluteHint(path, port), file.name);
    return undefined;
  }
}

function absoluteHint({ text }: TextValue, port: ConfigurationPort): string | undefined {
  return text.startsWith('/') ? port.absoluteHint : undefined;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
