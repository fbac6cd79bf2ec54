import { Mistakes } from '../policy/yaml/mistakes.ts';
import { readListText, type ListContent } from '../policy/yaml/lists.ts';
import type { Labels } from '../simulate/collateral.ts';
import { mistakesIn, readNamedFile, shownDiagnostics } from './policy-file.ts';

/** Files that say who is known to be good or bad. */
export interface LabelOptions {
  /** Lists as in a policy: an address, network or domain a line. */
  readonly good?: readonly string[] | undefined;
  readonly bad?: readonly string[] | undefined;
}

export interface LoadedLabels {
  readonly labels: Labels | undefined;
  /** Of the lists, those of `good` first. */
  readonly texts: readonly string[];
}

/**
 * Reads the lists of labels.
 *
 * @throws {UserError} with all mistakes of the first file that has any
 * @throws {DiskError} when a file cannot be read
 */
export function loadLabels({ good = [], bad = [] }: LabelOptions): LoadedLabels {
  const texts: string[] = [];
  const read = (files: readonly string[]): ListContent | undefined => {
    if (files.length === 0) return undefined;
    const lists = files.map((file) => {
      const text = readNamedFile(file, 'list');
      texts.push(text);
      return readLabelList(text, file);
    });
    return {
      networks: lists.flatMap(({ networks }) => networks),
      domains: lists.flatMap(({ domains }) => domains),
    };
  };
  const labels = { good: read(good), bad: read(bad) };
  return { labels: texts.length === 0 ? undefined : labels, texts };
}

function readLabelList(text: string, file: string): ListContent {
  const mistakes = new Mistakes(file);
  const list = readListText(mistakes, text, file);
  if (mistakes.errors === 0) return list;
  const diagnostics = mistakes.sorted();
  throw mistakesIn(diagnostics, shownDiagnostics(diagnostics, new Map([[file, text]])));
}
