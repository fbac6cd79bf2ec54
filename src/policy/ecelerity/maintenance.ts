import type { Diagnostic } from '../../model/diagnostic.ts';
import { MAX_DAYS } from '../../model/maintenance.ts';
import { didYouMean } from '../../model/suggest.ts';
import { Mistakes, shownPlace, type ConfigurationFile } from './mistakes.ts';
import { flagOf, textOf, wholeNumberOf } from './option-values.ts';
import type { PlacedOption } from './stanza-body.ts';
import { readTokens, type SignToken, type TextToken } from './tokens.ts';
import { seenOf, type TextValue } from './tree.ts';

/** What a `cidr_maintain.conf` says; undefined: it does not. */
export interface MaintenanceSettings {
  /** Undefined: all series that are found. */
  readonly series: readonly string[] | undefined;
  readonly retentionDays: number | undefined;
  readonly condenseDays: number | undefined;
  /** As written; a relative one is beside the file. */
  readonly baseDir: string | undefined;
}

export interface MaintenanceReading {
  /** Absent when any diagnostic is an error. */
  readonly settings?: MaintenanceSettings;
  readonly diagnostics: readonly Diagnostic[];
}

const OPTIONS = ['auto', 'series', 'retention', 'condense', 'basedir'] as const;
type OptionName = (typeof OPTIONS)[number];

/** An option whose value may be several words. */
interface WordedOption extends PlacedOption {
  readonly words: readonly TextValue[];
}

/**
 * Reads a `cidr_maintain.conf`: the tokens of an `ecelerity.conf`, and an option on each line.
 * Never throws on what a user wrote; every mistake becomes a diagnostic.
 */
export function readMaintenance(text: string, name: string): MaintenanceReading {
  const mistakes = new Mistakes(name);
  const options = readOptions({ name, text }, mistakes);
  const daysOf = (option: OptionName, least: number): number | undefined => {
    const at = options.get(option);
    return at && wholeNumberOf(at, least, MAX_DAYS, 'whole days');
  };
  const settings = {
    series: readSeries(options, mistakes),
    retentionDays: daysOf('retention', 1),
    condenseDays: daysOf('condense', 0),
    baseDir: readFolder(options.get('basedir'), mistakes),
  };
  const diagnostics = mistakes.sorted();
  return mistakes.errors > 0 ? { diagnostics } : { settings, diagnostics };
}

function readFolder(basedir: PlacedOption | undefined, mistakes: Mistakes): string | undefined {
  const value = basedir && textOf(basedir);
  if (value?.text === '') {
    mistakes.add(value, 'type-wrong', ['basedir', 'the path of a folder', seenOf(value)]);
  }
  return value?.text;
}

function readSeries(
  options: ReadonlyMap<OptionName, WordedOption>,
  mistakes: Mistakes,
): readonly string[] | undefined {
  const [auto, series] = [options.get('auto'), options.get('series')];
  const isAuto = auto && flagOf(auto);
  if (series === undefined) {
    const hint = 'write series = …, with the names of some';
    const isNone = isAuto === false && mistakes.errors === 0;
    if (isNone) mistakes.add(auto!.option, 'maintain-none', [], hint);
    return undefined;
  }
  const names = series.words.flatMap(({ text }) => text.split(/[\s,]+/)).filter((one) => one);
  const { option } = series;
  if (names.length === 0) mistakes.add(option.value, 'list-empty', ['series']);
  if (isAuto === true) {
    const hint = 'write auto = false, or leave series away';
    mistakes.add(option, 'maintain-series', [], hint);
  }
  return names;
}

/** The options by their names. Of two the later counts. */
function readOptions(
  file: ConfigurationFile,
  mistakes: Mistakes,
): ReadonlyMap<OptionName, WordedOption> {
  const options = new Map<OptionName, WordedOption>();
  for (const line of linesOf(file, mistakes)) {
    const option = readLine(line, mistakes);
    if (option === undefined) continue;
    const { name, words } = option;
    const known = OPTIONS.find((one) => one === name.text.toLowerCase());
    if (known === undefined) {
      mistakes.add(name, 'maintain-unknown', [name.text], didYouMean(name.text, OPTIONS));
      continue;
    }
    const [value, second] = words;
    if (known !== 'series' && second !== undefined) {
      const expected = `the end of the line behind ${seenOf(value)}`;
      mistakes.add(second, 'token-unexpected', [expected, seenOf(second)]);
      continue;
    }
    const earlier = options.get(known);
    if (earlier !== undefined) {
      mistakes.add(name, 'option-twice', [known, shownPlace(file, earlier.option)]);
    }
    const [start, end] = [name.start, words.at(-1)!.end];
    const placed = { type: 'option', name, value, start, end } as const;
    options.set(known, { option: placed, words, file, source: { mistakes } });
  }
  return options;
}

type LineToken = TextToken | SignToken;

/**
 * The tokens line by line, without lines in which a string or comment runs on: nobody can tell what
 * is behind it.
 */
function linesOf(file: ConfigurationFile, mistakes: Mistakes): LineToken[][] {
  const lines: LineToken[][] = [];
  const tokens = readTokens(file, mistakes);
  const isCut = tokens.some((token) => token.type === 'end' && token.cut);
  let lineEnd = 0;
  for (const token of tokens) {
    if (token.type === 'end') break;
    if (lines.length === 0 || file.text.slice(lineEnd, token.start).includes('\n')) lines.push([]);
    lineEnd = token.end;
    if (token.type === 'text' && token.text.includes('\n')) {
      const quote = { start: token.start, end: token.start + 1 };
      if (!isCut) mistakes.add(quote, 'string-open', [], 'close it on its line');
      return lines.slice(0, -1);
    }
    lines.at(-1)!.push(token);
  }
  return isCut ? lines.slice(0, -1) : lines;
}

/** `name = word word …`; undefined when it is something else, which is told. */
function readLine(
  line: readonly LineToken[],
  mistakes: Mistakes,
): { readonly name: TextValue; readonly words: readonly TextValue[] } | undefined {
  const [name, equals, ...words] = line;
  if (name.type !== 'text') return addUnexpected(line, 0, 'an option', mistakes);
  const shown = seenOf(valueOf(name));
  const isSet = line.length > 1 && equals.type === 'sign' && equals.sign === '=';
  if (!isSet) return addUnexpected(line, 1, `= behind ${shown}`, mistakes);
  const values = words.filter((word) => word.type === 'text');
  if (values.length === 0 || values.length < words.length) {
    const wrong = line.findIndex((token, at) => at > 1 && token.type === 'sign');
    return addUnexpected(line, wrong === -1 ? 2 : wrong, `a value for ${shown}`, mistakes);
  }
  return { name: valueOf(name), words: values.map(valueOf) };
}

/** @param at of the token in its line; behind the last one the line ends */
function addUnexpected(
  line: readonly LineToken[],
  at: number,
  expected: string,
  mistakes: Mistakes,
): undefined {
  const token = line.at(at);
  const { end } = line.at(-1)!;
  const place = token ?? { start: end, end };
  let seen = 'the end of the line';
  if (token !== undefined) seen = token.type === 'sign' ? token.sign : seenOf(valueOf(token));
  mistakes.add(place, 'token-unexpected', [expected, seen]);
}

function valueOf({ text, start, end }: TextToken): TextValue {
  return { type: 'text', text, start, end };
}
