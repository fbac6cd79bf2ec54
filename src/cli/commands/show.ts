import {
  renderSeriesBlocks,
  seriesBlocksCsv,
  seriesBlocksJson,
} from '../../report/series-table.ts';
import { sumBlocks } from '../../series/blocks.ts';
import { readSeriesFile } from '../../series/store.ts';
import { readPer } from '../prefix-option.ts';
import type { CommandContext } from '../program.ts';

interface ShowFlags {
  readonly per?: string;
  readonly format?: 'table' | 'json' | 'csv';
}

/** `hindcast show`: a series file per block and window. */
export function runShow(file: string, flags: ShowFlags, { stdio }: CommandContext): void {
  const per = readPer(flags.per ?? '32,128');
  const snapshot = readSeriesFile(file);
  const blocks = sumBlocks(snapshot, per);
  if (flags.format === 'csv') stdio.out(seriesBlocksCsv(blocks));
  else if (flags.format === 'json') stdio.out(seriesBlocksJson(snapshot, per, blocks));
  else stdio.out(renderSeriesBlocks(snapshot, per, blocks));
}
