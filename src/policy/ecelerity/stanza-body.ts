import { didYouMean } from '../../model/suggest.ts';
import { unfold, type ConfigurationSource, type PlacedStatement } from './includes.ts';
import { shownPlace, type ConfigurationFile } from './mistakes.ts';
import { isNamed, shownStanza, type Option, type Stanza } from './tree.ts';

export interface PlacedStanza {
  readonly stanza: Stanza;
  readonly file: ConfigurationFile;
}

/** An option, with the file in which it stands and where its mistakes go. */
export interface PlacedOption {
  readonly option: Option;
  readonly file: ConfigurationFile;
  readonly source: Pick<ConfigurationSource, 'mistakes'>;
}

/** What a stanza may hold. */
interface BodyWords<Name extends string> {
  readonly options: readonly Name[];
  /** Other names of the same options. */
  readonly aliases?: ReadonlyMap<string, Name>;
  readonly stanzas?: readonly string[];
  /** Whether it holds much that means nothing here and is passed over without a warning. */
  readonly open?: true;
}

export interface StanzaBody<Name extends string> {
  /** What the reader makes of an option, undefined when the stanza has none of this name. */
  read<Result>(name: Name, reader: (at: PlacedOption) => Result): Result | undefined;
  /** In order; a keyword may come several times. */
  readonly stanzas: readonly PlacedStanza[];
}

/** Reads what is in a stanza and the files that it includes. Of two options the later counts. */
export function readBody<Name extends string>(
  source: ConfigurationSource,
  { stanza, file: stanzaFile }: PlacedStanza,
  words: BodyWords<Name>,
): StanzaBody<Name> {
  const options = new Map<Name, PlacedOption>();
  const stanzas: PlacedStanza[] = [];
  for (const placed of unfold(source, stanzaFile, stanza.body)) {
    const { statement, file } = placed;
    if (statement.type === 'stanza') {
      const known = words.stanzas?.some((keyword) => isNamed(statement.keyword, keyword));
      if (known === true) stanzas.push({ stanza: statement, file });
      else addUnknown(source, stanza, placed, words);
      continue;
    }
    const name = optionName(words, statement.name.text);
    if (name === undefined) {
      addUnknown(source, stanza, placed, words);
      continue;
    }
    const earlier = options.get(name);
    if (earlier !== undefined) {
      const first = shownPlace(earlier.file, earlier.option);
      source.mistakes.add(statement.name, 'option-twice', [name, first], undefined, file.name);
    }
    options.set(name, { option: statement, file, source });
  }
  return {
    read(name, reader) {
      const at = options.get(name);
      return at && reader(at);
    },
    stanzas,
  };
}

function optionName<Name extends string>(
  { options, aliases }: BodyWords<Name>,
  written: string,
): Name | undefined {
  const folded = written.toLowerCase();
  return options.find((name) => name === folded) ?? aliases?.get(folded);
}

function addUnknown<Name extends string>(
  { mistakes }: ConfigurationSource,
  stanza: Stanza,
  { statement, file }: PlacedStatement,
  words: BodyWords<Name>,
): void {
  const { options, stanzas = [], open } = words;
  const written = statement.type === 'stanza' ? statement.keyword : statement.name;
  const option = optionName(words, written.text);
  const keyword = stanzas.find((known) => isNamed(written, known));
  if (open === true && option === undefined && keyword === undefined) return;
  let hint = didYouMean(written.text, [...options, ...stanzas]);
  if (option !== undefined) hint = `write ${option} = …`;
  if (keyword !== undefined) hint = `write ${keyword} "name" { … }`;
  const details = [stanza.keyword.text.toLowerCase(), written.text] as const;
  mistakes.add(written, 'option-unknown', [...details], hint, file.name);
}

/** @param effect what two stanzas of one name mean */
export function tellTwice(
  { mistakes }: ConfigurationSource,
  { stanza, file }: PlacedStanza,
  earlier: PlacedStanza,
  effect: string,
): void {
  const first = shownPlace(earlier.file, earlier.stanza);
  const details = [shownStanza(stanza), first, effect] as const;
  mistakes.add(stanza.keyword, 'stanza-twice', [...details], undefined, file.name);
}
