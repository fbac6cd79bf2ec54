import {
  renderSeriesSummary,
  seriesSummaryCsv,
  seriesSummaryJson,
} from '../../report/series-table.ts';
import { UserError } from '../../model/errors.ts';
import { findSeriesFile, readSeriesFile } from '../../series/store.ts';
import type { CommandContext } from '../program.ts';

interface LoadFlags {
  readonly dir?: string;
  readonly format?: 'table' | 'json' | 'csv';
}

/** `hindcast load`: verifies a series file and says what it holds. */
export function runLoad(
  series: string,
  file: string | undefined,
  flags: LoadFlags,
  { stdio }: CommandContext,
): void {
  const found = file ?? findSeriesFile(flags.dir ?? '.', series);
  const snapshot = readSeriesFile(found);
  if (snapshot.name !== series) {
    throw new UserError(`${found} holds the series '${snapshot.name}', not '${series}'`);
  }
  const render = { table: renderSeriesSummary, json: seriesSummaryJson, csv: seriesSummaryCsv };
  stdio.out(render[flags.format ?? 'table'](snapshot));
}
