import type { Prefix } from '../../model/address.ts';
import { UserError } from '../../model/errors.ts';
import {
  renderSeriesBlocks,
  seriesBlocksCsv,
  seriesBlocksJson,
} from '../../report/series-table.ts';
import { sumBlocks } from '../../series/blocks.ts';
import { readSeriesFile } from '../../series/store.ts';
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

/** `24`, `24,64` or `/24,/64`; the length of the other family is that of an address. */
function readPer(text: string): Prefix {
  const match = /^\/?(\d{1,3})(?:,\/?(\d{1,3}))?$/.exec(text);
  const first = Number(match?.[1]);
  const second = match?.[2] === undefined ? undefined : Number(match[2]);
  const alone = first > 32 ? { ipv4: 32, ipv6: first } : { ipv4: first, ipv6: 128 };
  const per = second === undefined ? alone : { ipv4: first, ipv6: second };
  if (match === null || per.ipv4 > 32 || per.ipv6 > 128) {
    throw new UserError(
      `--per ${text}: not a prefix length`,
      '--per 24, or --per 24,64 for both families',
    );
  }
  return per;
}
