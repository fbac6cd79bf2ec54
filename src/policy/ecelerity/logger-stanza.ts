import { MAX_INTERVAL_S } from '../../model/monitor.ts';
import type { ConfigurationSource } from './includes.ts';
import { choiceOf, switchedOff, textOf, textsOf, wholeNumberOf } from './option-values.ts';
import { readBody, tellTwice, type PlacedOption, type PlacedStanza } from './stanza-body.ts';
import { seenOf } from './tree.ts';

/** `as_logger { … }`: how a cluster manager keeps journals of replicated series. */
export interface AsLogger {
  readonly logIntervalMs: number | undefined;
  readonly baseDir: string | undefined;
  /** Whether a series is kept that no pattern matches. */
  readonly includeByDefault: boolean;
  /** Regular expressions as they are written; each may match any part of a name. */
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

const OPTIONS = [
  'log_interval',
  'base_dir',
  'series_include_default',
  'series_include',
  'series_exclude',
  'enabled',
] as const;
const DEFAULTS = ['all', 'none'] as const;

/** The only stanza; of several the last counts. Undefined when there is none that is switched on. */
export function readLoggerStanzas(
  source: ConfigurationSource,
  stanzas: readonly PlacedStanza[],
): AsLogger | undefined {
  const [first, ...others] = stanzas;
  for (const placed of others) tellTwice(source, placed, first, 'the later one counts');
  return stanzas.map((placed) => readLoggerStanza(source, placed)).at(-1);
}

function readLoggerStanza(source: ConfigurationSource, placed: PlacedStanza): AsLogger | undefined {
  const body = readBody(source, placed, { options: OPTIONS });
  if (body.read('enabled', (at) => switchedOff(at, 'as_logger')) === true) return undefined;
  const interval = body.read('log_interval', (at) => ({
    seconds: wholeNumberOf(at, 1, MAX_INTERVAL_S, 'whole seconds'),
  }));
  if (interval === undefined) {
    const { stanza, file } = placed;
    const hint = 'write log_interval = 60';
    source.mistakes.add(stanza.keyword, 'interval-missing', [], hint, file.name);
  }
  const given = body.read('series_include_default', (at) => ({ choice: choiceOf(at, DEFAULTS) }));
  const byDefault = given === undefined ? 'none' : given.choice;
  if (byDefault === 'all') body.read('series_include', (at) => tellIdle(at, 'all', 'none'));
  if (byDefault === 'none') body.read('series_exclude', (at) => tellIdle(at, 'none', 'all'));
  return {
    logIntervalMs: interval?.seconds && interval.seconds * 1000,
    baseDir: body.read('base_dir', (at) => textOf(at)?.text),
    includeByDefault: byDefault === 'all',
    include: body.read('series_include', readPatterns) ?? [],
    exclude: body.read('series_exclude', readPatterns) ?? [],
  };
}

function tellIdle({ source, option, file }: PlacedOption, byDefault: string, other: string): void {
  const details = [option.name.text, byDefault] as const;
  const hint = `write series_include_default = ${other}`;
  source.mistakes.add(option, 'option-idle', [...details], hint, file.name);
}

function readPatterns(at: PlacedOption): readonly string[] {
  const texts = textsOf(at) ?? [];
  for (const text of texts) {
    if (patternOf(text.text) !== undefined) continue;
    at.source.mistakes.add(text, 'pattern-wrong', [seenOf(text)], undefined, at.file.name);
  }
  return texts.map(({ text }) => text);
}

/** Undefined for one that JavaScript cannot read. */
export function patternOf(text: string): RegExp | undefined {
  try {
    return new RegExp(text);
  } catch {
    return undefined;
  }
}
